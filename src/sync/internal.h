/* internal.h: channel operations under the channel's lock, for chan.c, select.c, timesleep.c.
 *                                                                                   room: sync */
#ifndef GORT_SYNC_INTERNAL_H
#define GORT_SYNC_INTERNAL_H

#include "core/broken.h"
#include "core/upcalls.h"
#include "gc/barrier.h"
#include "sync/sync.h"

/* ---- waiting queues: c->lock --------------------------------------------------------------- */

static inline void
waitq_enqueue(struct waitq *q, struct sudog *sg)
{
	struct sudog *first = q->first;
	if (first == NULL) {
		sg->next = sg;
		sg->prev = sg;
		store_rel(&q->first, sg);
		return;
	}
	struct sudog *last = first->prev;
	sg->next = first;
	sg->prev = last;
	last->next = sg;
	first->prev = sg;
}

/* A sudog's next is NULL exactly when it is on no queue. */
static inline void
waitq_remove(struct waitq *q, struct sudog *sg)
{
	struct sudog *next = sg->next;
	if (next == sg) {
		store_rel(&q->first, (struct sudog *)NULL);
	} else {
		struct sudog *prev = sg->prev;
		next->prev = prev;
		prev->next = next;
		if (q->first == sg)
			store_rel(&q->first, next);
	}
	sg->next = NULL;
	sg->prev = NULL;
}

/* The oldest waiter that is still to be had, now ours to wake: a select that another channel or
 * its deadline has won is dropped on the way. */
static inline struct sudog *
waitq_dequeue(struct waitq *q)
{
	for (;;) {
		struct sudog *sg = q->first;
		if (sg == NULL)
			return NULL;
		waitq_remove(q, sg);
		if (sg->isSelect && !cas(&sg->g->selectDone, 0u, 1u) && !BROKEN(SELECT))
			continue;
		return sg;
	}
}

/* ---- elements ------------------------------------------------------------------------------ */

/* The common sizes are moved by the instruction, not by a call. */
static always_inline void
chanCopy(const struct hchan *c, void *to, const void *from)
{
	uint32_t n = c->elemsize;
	if (gcBarrierOn() && !c->noscan)
		gcShadeRange(to, n);
	if (likely(n == 8))
		__builtin_memcpy(to, from, 8);
	else if (n == 4)
		__builtin_memcpy(to, from, 4);
	else if (n == 16)
		__builtin_memcpy(to, from, 16);
	else
		memmove(to, from, n);
}

static always_inline void
chanClear(const struct hchan *c, void *p)
{
	if (gcBarrierOn() && !c->noscan)
		gcShadeRange(p, c->elemsize);
	if (likely(c->elemsize == 8))
		__builtin_memset(p, 0, 8);
	else
		memclr(p, c->elemsize);
}

static always_inline void
chanSlotNext(struct hchan *c)
{
	uintptr_t x = c->sendx + 1;
	c->sendx = x == c->dataqsiz ? 0 : x;
}

static always_inline uint8_t *
chanHead(const struct hchan *c)
{
	uintptr_t x = c->sendx - (uintptr_t)c->qcount;
	if ((intptr_t)x < 0)
		x += c->dataqsiz;
	return c->buf + x * c->elemsize;
}

static always_inline void
chanChanged(struct hchan *c)
{
	store_rel(&c->state, c->state + CHAN_CHANGE);
}

/* ---- attempts: c->lock held before and after ------------------------------------------------ */

/* wake: a waiter that was served, NULL if none. Once every lock is dropped: chanWake. */
static always_inline void
chanWake(struct sudog *sg)
{
	struct g *gp = sg->g;
	gp->param = sg;
	goready(gp);
}

/* False: nobody waits and no room. The channel is not closed. */
static always_inline bool
chanTrySend(struct hchan *c, const void *elem, struct sudog **wake)
{
	struct sudog *sg = waitq_dequeue(&c->recvq);
	*wake = sg;
	if (sg != NULL) {
		/* Straight into the receiver's variable, on another goroutine's stack: it is
		 * parked, and only we can wake it. */
		if (sg->elem != NULL) {
			chanCopy(c, sg->elem, elem);
			sg->elem = NULL;
		}
		sg->success = true;
		chanChanged(c);
		return true;
	}
	if ((uintptr_t)c->qcount == c->dataqsiz)
		return false;
	chanCopy(c, c->buf + c->sendx * c->elemsize, elem);
	chanSlotNext(c);
	store_rel(&c->qcount, c->qcount + 1);
	chanChanged(c);
	return true;
}

/* False: nothing to receive and not closed. */
static always_inline bool
chanTryRecv(struct hchan *c, void *elem, bool *received, struct sudog **wake)
{
	*wake = NULL;
	*received = true;
	if (c->qcount > 0) {
		uint8_t *slot = chanHead(c);
		if (elem != NULL)
			chanCopy(c, elem, slot);
		struct sudog *sg = waitq_dequeue(&c->sendq);
		if (sg != NULL) {
			/* The buffer was full: what the oldest sender holds goes to the end of the
			 * queue, which is the slot just emptied. */
			chanCopy(c, slot, sg->elem);
			chanSlotNext(c);
			sg->elem = NULL;
			sg->success = true;
			*wake = sg;
		} else {
			if (!c->noscan)
				chanClear(c, slot);
			store_rel(&c->qcount, c->qcount - 1);
		}
		chanChanged(c);
		return true;
	}
	struct sudog *sg = waitq_dequeue(&c->sendq);
	if (sg != NULL) {
		if (elem != NULL)
			chanCopy(c, elem, sg->elem);
		sg->elem = NULL;
		sg->success = true;
		*wake = sg;
		chanChanged(c);
		return true;
	}
	if ((c->state & CHAN_CLOSED) != 0) {
		*received = false;
		if (elem != NULL)
			chanClear(c, elem);
		return true;
	}
	return false;
}

bool chanTrySendCall(struct hchan *c, const void *elem, struct sudog **wake); /* not inlined */
_Noreturn void chanClosedSend(void); /* panics; no lock held */

#endif
