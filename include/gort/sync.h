/* sync.h: locks and counters that park goroutines instead of threads.
 *
 * Since 0.1. These are small structs to put into the data they protect. The zero value is ready to
 * use, and so is static storage; GORT_MUTEX_INIT and its like say it out loud. None needs to be
 * destroyed, none may be copied or moved once used. A goroutine may unlock what another locked.
 * They are not signal safe, and not for threads outside the runtime.
 *
 *	static gort_mutex lock;
 *	gort_mutex_lock(&lock);
 *	total += n;
 *	gort_mutex_unlock(&lock);
 *
 * Breaking the rules of one is fatal, with Go's words: exit status 2.
 */
#ifndef GORT_SYNC_H
#define GORT_SYNC_H

#include "gort/export.h"

/* Mutual exclusion. Fair after a waiter has waited 1 ms. */
typedef struct gort_mutex {
	uint32_t state_, sema_;
} gort_mutex;

/* Many readers or one writer. A waiting writer holds new readers off. */
typedef struct gort_rwmutex {
	gort_mutex w_;
	uint32_t writersem_, readersem_;
	int32_t readercount_, readerwait_;
} gort_rwmutex;

/* Counts work that is under way. */
typedef struct gort_waitgroup {
	uint64_t state_;
	uint32_t sema_, pad_;
} gort_waitgroup;

/* Runs something the first time only. */
typedef struct gort_once {
	uint32_t done_;
	gort_mutex m_;
} gort_once;

/* A condition, waited for under a gort_mutex of the caller's choice. */
typedef struct gort_cond {
	uint32_t wait_, notify_;
	uintptr_t lock_;
	void *head_, *tail_;
} gort_cond;

/* A counting semaphore: so many may be inside at once. */
typedef struct gort_sema {
	uint32_t count_;
} gort_sema;

/* Initialisers, for those who do not like to rely on zero. */
/* clang-format off */
#define GORT_MUTEX_INIT       {0, 0}
#define GORT_RWMUTEX_INIT     {GORT_MUTEX_INIT, 0, 0, 0, 0}
#define GORT_WAITGROUP_INIT   {0, 0, 0}
#define GORT_ONCE_INIT        {0, GORT_MUTEX_INIT}
#define GORT_COND_INIT        {0, 0, 0, NULL, NULL}
#define GORT_SEMA_INIT(count) {(count)}
/* clang-format on */

GORT_BEGIN

/* Locks m; parks while another holds it. Not recursive: locking twice waits for ever. since 0.1
 * [goroutine; parks] */
GORT_API void gort_mutex_lock(gort_mutex *m) GORT_NONNULL(1);
/* True: m was free and is now locked.                                                 since 0.1
 * [goroutine; never parks] */
GORT_API bool gort_mutex_trylock(gort_mutex *m) GORT_NONNULL(1) GORT_NODISCARD;
/* Fatal "sync: unlock of unlocked mutex".                                             since 0.1
 * [goroutine; never parks] */
GORT_API void gort_mutex_unlock(gort_mutex *m) GORT_NONNULL(1);

/* For writing.                                                                        since 0.1
 * [goroutine; parks] */
GORT_API void gort_rwmutex_lock(gort_rwmutex *rw) GORT_NONNULL(1);
/* Fatal "sync: Unlock of unlocked RWMutex".                                           since 0.1
 * [goroutine; never parks] */
GORT_API void gort_rwmutex_unlock(gort_rwmutex *rw) GORT_NONNULL(1);
/* For reading. A reader must not lock again: a writer may have come in between.       since 0.1
 * [goroutine; parks] */
GORT_API void gort_rwmutex_rlock(gort_rwmutex *rw) GORT_NONNULL(1);
/* Fatal "sync: RUnlock of unlocked RWMutex".                                          since 0.1
 * [goroutine; never parks] */
GORT_API void gort_rwmutex_runlock(gort_rwmutex *rw) GORT_NONNULL(1);
/* True: the lock is now held.                                                         since 0.1
 * [goroutine; never parks] */
GORT_API bool gort_rwmutex_trylock(gort_rwmutex *rw) GORT_NONNULL(1) GORT_NODISCARD;
GORT_API bool gort_rwmutex_tryrlock(gort_rwmutex *rw) GORT_NONNULL(1) GORT_NODISCARD;

/* Adds delta, which may be negative, to the counter. Add before starting the goroutine that will
 * call done, not in it. Panics "sync: negative WaitGroup counter".                    since 0.1
 * [goroutine; never parks; panics] */
GORT_API void gort_waitgroup_add(gort_waitgroup *wg, int delta) GORT_NONNULL(1);
/* Takes 1 off.                                                                        since 0.1
 * [goroutine; never parks; panics] */
GORT_API void gort_waitgroup_done(gort_waitgroup *wg) GORT_NONNULL(1);
/* Parks until the counter is 0.                                                       since 0.1
 * [goroutine; parks] */
GORT_API void gort_waitgroup_wait(gort_waitgroup *wg) GORT_NONNULL(1);
/* Add 1, start fn(arg) as a goroutine, done when it ends, by gort_goexit too: the three in one. wg
 * must live until then. A NULL fn is fatal, as for gort_go.                           since 0.1
 * [goroutine; never parks; allocates] */
GORT_API void
gort_waitgroup_go(gort_waitgroup *wg, void (*fn)(void *arg), void *arg) GORT_NONNULL(1);

/* Calls fn(arg) if this is the first call for o. Others who come meanwhile wait until fn has
 * returned, so that after the call, by whomever, the work is done. If fn panics, or ends the
 * goroutine, it has been called all the same. Panics if fn is NULL.                   since 0.1
 * [goroutine; parks; panics] */
GORT_API void gort_once_do(gort_once *o, void (*fn)(void *arg), void *arg) GORT_NONNULL(1);

/* Unlocks m, parks until signalled, locks m again. The condition may no longer hold then: test it
 * in a loop.                                                                          since 0.1
 * [goroutine; parks] */
GORT_API void gort_cond_wait(gort_cond *c, gort_mutex *m) GORT_NONNULL(1, 2);
/* Wakes one waiter, the longest waiting; all of them. The caller need not hold m.     since 0.1
 * [goroutine; never parks] */
GORT_API void gort_cond_signal(gort_cond *c) GORT_NONNULL(1);
GORT_API void gort_cond_broadcast(gort_cond *c) GORT_NONNULL(1);

/* Takes 1 off the count, parking while it is 0.                                       since 0.1
 * [goroutine; parks] */
GORT_API void gort_sema_acquire(gort_sema *s) GORT_NONNULL(1);
/* True: 1 was taken off.                                                              since 0.1
 * [goroutine; never parks] */
GORT_API bool gort_sema_tryacquire(gort_sema *s) GORT_NONNULL(1) GORT_NODISCARD;
/* Adds 1 and wakes one who waits.                                                     since 0.1
 * [goroutine; never parks] */
GORT_API void gort_sema_release(gort_sema *s) GORT_NONNULL(1);

GORT_END

#endif
