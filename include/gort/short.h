/* short.h: the verbs without the prefix, for those who want them.
 *
 * Since 0.1. Not included by gort.h. Include it last: send, recv and select are also names of
 * sockets and of POSIX, whose headers break when they come after. Each is exactly the gort_ name.
 *
 *	#include <gort.h>
 *	#include <gort/short.h>
 *
 *	chan *c = make_chan(int, 0);
 *	go(count, c);
 *	send(c, 42);
 */
#ifndef GORT_SHORT_H
#define GORT_SHORT_H

#include "gort.h"

typedef gort_chan chan;

#define go(fn, arg)            gort_go(fn, arg)
#define go_copy(fn, p, size)   gort_go_copy(fn, p, size)
#define make_chan(T, capacity) gort_chan_make(T, capacity)
#define send(c, ...)           gort_send(c, __VA_ARGS__)
#define recv(c, v)             gort_recv(c, v)
#define try_send(c, ...)       gort_try_send(c, __VA_ARGS__)
#define try_recv(c, v)         gort_try_recv(c, v)
#define close_chan(c)          gort_close(c)
#define select(...)            gort_select(__VA_ARGS__)
#define RECV(c, v)             GORT_RECV(c, v)
#define RECV_OK(c, v, ok)      GORT_RECV_OK(c, v, ok)
#define SEND(c, ...)           GORT_SEND(c, __VA_ARGS__)
#define AFTER(ns)              GORT_AFTER(ns)
#define DEFAULT                GORT_DEFAULT
#define yield()                gort_gosched()
#define sleep_for(ns)          gort_sleep(ns)
#define new_object(T)          gort_new(T)
#define make_array(T, n)       gort_make(T, n)

#endif
