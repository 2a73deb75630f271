/* api_chan.c: channels.                                                              room: capi
 *
 * A gort_chan is a struct hchan. The macros of gort/chan.h pass the size of the value; here it is
 * held against the channel's, because in C nothing else would. */
#include "capi/capi.h"

static struct hchan *
hchanOf(const gort_chan *c)
{
	return (struct hchan *)c;
}

static cold _Noreturn void
wrongSize(const char *verb, size_t size, const struct hchan *c)
{
	panicFormat("%s of %lu byte%s on a channel of %u-byte elements", verb, size,
		size == 1 ? "" : "s", c->elemsize);
}

static always_inline void
checkSend(const struct hchan *c, size_t size)
{
	if (unlikely(c != NULL && c->elemsize != size))
		wrongSize("send", size, c);
}

static always_inline void
checkRecv(const struct hchan *c, const void *elem, size_t size)
{
	if (unlikely(c != NULL && c->elemsize != size && elem != NULL))
		wrongSize("receive", size, c);
}

gort_chan *
gort_chan_make_sized(size_t elemsize, ptrdiff_t capacity, enum gort_scan scan)
{
	if (unlikely(elemsize > UINT32_MAX))
		panicPlain("makechan: size out of range");
	struct g *gp = rtenter();
	struct hchan *c = makechan(elemsize,
		scan == GORT_SCAN_NOTHING ? CHANELEM_NOSCAN : CHANELEM_CONSERVATIVE, NULL,
		capacity);
	rtleave(gp);
	return (gort_chan *)c;
}

void
gort_chan_send(gort_chan *c, const void *elem, size_t size)
{
	checkSend(hchanOf(c), size);
	struct g *gp = rtenter();
	chansend(hchanOf(c), elem, true);
	rtleave(gp);
}

bool
gort_chan_recv(gort_chan *c, void *elem, size_t size)
{
	bool received;
	checkRecv(hchanOf(c), elem, size);
	struct g *gp = rtenter();
	chanrecv(hchanOf(c), elem, true, &received);
	rtleave(gp);
	return received;
}

bool
gort_chan_try_send(gort_chan *c, const void *elem, size_t size)
{
	checkSend(hchanOf(c), size);
	struct g *gp = rtenter();
	bool sent = chansend(hchanOf(c), elem, false);
	rtleave(gp);
	return sent;
}

int
gort_chan_try_recv(gort_chan *c, void *elem, size_t size)
{
	bool received = false;
	checkRecv(hchanOf(c), elem, size);
	struct g *gp = rtenter();
	bool selected = chanrecv(hchanOf(c), elem, false, &received);
	rtleave(gp);
	return !selected ? 0 : received ? 1 : GORT_ECLOSED;
}

void
gort_close(gort_chan *c)
{
	struct g *gp = rtenter();
	closechan(hchanOf(c));
	rtleave(gp);
}

ptrdiff_t
gort_len(const gort_chan *c)
{
	return chanlen(hchanOf(c));
}

ptrdiff_t
gort_cap(const gort_chan *c)
{
	return chancap(hchanOf(c));
}

size_t
gort_chan_elemsize(const gort_chan *c)
{
	return c == NULL ? 0 : hchanOf(c)->elemsize;
}
