/* work.c: objects that are found but not yet scanned.                                room: gc
 *
 * A P works from two buffers of its own, without atomics: it fills and drains wbuf1, and swaps
 * the two when wbuf1 is full or empty, so that a P at a buffer's edge does not go to the global
 * lists at every object. When both are full one goes to the global list of full buffers; when both
 * are empty one is taken from there: that is how work is stolen. gcwork_balance lets a P that has
 * plenty feed others on its own.
 *
 * The global lists, full and empty, are stacks without a lock. A head is a buffer's address and
 * a count that each push moves, in one word: 41 bits of address (47 without the 6 that alignment
 * makes zero) and 23 of count, so that a head that was popped and pushed again in the meantime is
 * not taken for the same. Buffers are never unmapped: reading the link of one that somebody else
 * has just popped is harmless, the CAS fails.
 *
 * Invariant: a buffer is in exactly one place: full, empty, or one P's wbuf1 or wbuf2. Full ones
 * have n > 0, empty ones n == 0.
 */
#define GORT_GC_IMPL
#include "gc/internal.h"
#include "gc/workbuf.h"

#define WORKBUF_BATCH 16 /* made at a time */

static struct {
	uint64_t full aligned_to(CACHE_LINE);  /* atomic */
	uint64_t empty aligned_to(CACHE_LINE); /* atomic */
	uint64_t made;                         /* atomic */
} work;

void
gcworkGlobalInit(void)
{
	_Static_assert(GORT_HARD || sizeof(struct workbuf) == WORKBUF_BYTES, "buffers fill pages");
	work.full = work.empty = 0;
}

/* ---- stacks of buffers -------------------------------------------------------------------- */

static struct workbuf *
unpack(uint64_t head)
{
	return (struct workbuf *)(uintptr_t)((head & (((uint64_t)1 << 41) - 1)) << 6);
}

static void
listPush(uint64_t *list, struct workbuf *b)
{
	b->pushes++;
	uint64_t head = (uint64_t)(uintptr_t)b >> 6 | b->pushes << 41, old;
	gort_assert_internal(unpack(head) == b);
	do {
		old = load_rlx(list);
		store_rlx(&b->next, old);
	} while (!cas(list, old, head));
}

static struct workbuf *
listPop(uint64_t *list)
{
	for (;;) {
		uint64_t old = load_acq(list);
		if (old == 0)
			return NULL;
		struct workbuf *b = unpack(old);
		uint64_t next = load_rlx(&b->next);
		if (cas(list, old, next))
			return b;
	}
}

static struct workbuf *
getempty(void)
{
	struct workbuf *b = listPop(&work.empty);
	if (b != NULL) {
		gort_assert_internal(b->n == 0);
		return b;
	}
	b = persistentallocNoscan(WORKBUF_BATCH * sizeof *b, CACHE_LINE);
	xadd(&work.made, (uint64_t)WORKBUF_BATCH);
	for (int i = 1; i < WORKBUF_BATCH; i++)
		listPush(&work.empty, &b[i]);
	return b;
}

static void
putbuf(struct workbuf *b)
{
	listPush(b->n > 0 ? &work.full : &work.empty, b);
}

/* ---- a P's queue -------------------------------------------------------------------------- */

void
gcworkInit(struct p *pp)
{
	if (pp->gcw == NULL)
		pp->gcw = persistentallocNoscan(sizeof *pp->gcw, CACHE_LINE);
}

/* The P goes away: its work to others. The queue struct stays for the next P of that number. */
void
gcworkDestroy(struct p *pp)
{
	if (pp->gcw != NULL)
		gcwork_dispose(pp->gcw);
}

static void
swap(struct gcwork *w)
{
	struct workbuf *b = w->wbuf1;
	w->wbuf1 = w->wbuf2;
	w->wbuf2 = b;
}

static void
needBuffers(struct gcwork *w)
{
	if (w->wbuf1 == NULL) {
		w->wbuf1 = getempty();
		w->wbuf2 = getempty();
	}
}

void
gcwork_put(struct gcwork *w, uintptr_t obj)
{
	gort_assert_internal(obj != 0);
	needBuffers(w);
	if (w->wbuf1->n == nelem(w->wbuf1->obj)) {
		swap(w);
		if (w->wbuf1->n == nelem(w->wbuf1->obj)) {
			putbuf(w->wbuf1);
			w->wbuf1 = getempty();
		}
	}
	w->wbuf1->obj[w->wbuf1->n++] = obj;
}

uintptr_t
gcwork_tryGet(struct gcwork *w)
{
	needBuffers(w);
	if (w->wbuf1->n == 0) {
		swap(w);
		if (w->wbuf1->n == 0) {
			struct workbuf *b = listPop(&work.full);
			if (b == NULL)
				return 0;
			putbuf(w->wbuf1);
			w->wbuf1 = b;
		}
	}
	return w->wbuf1->obj[--w->wbuf1->n];
}

bool
gcwork_empty(const struct gcwork *w)
{
	return w->wbuf1 == NULL || (w->wbuf1->n == 0 && w->wbuf2->n == 0);
}

void
gcwork_balance(struct gcwork *w)
{
	if (w->wbuf1 == NULL)
		return;
	if (w->wbuf2->n != 0) {
		putbuf(w->wbuf2);
		w->wbuf2 = getempty();
	} else if (w->wbuf1->n > 4 || (GORT_HARD && w->wbuf1->n > 1)) {
		/* Half of the only buffer: the older half, nearer to the roots. */
		struct workbuf *b = w->wbuf1, *rest = getempty();
		uint32_t give = b->n / 2;
		rest->n = b->n - give;
		memmove(rest->obj, &b->obj[give], rest->n * sizeof b->obj[0]);
		b->n = give;
		putbuf(b);
		w->wbuf1 = rest;
	}
}

void
gcwork_dispose(struct gcwork *w)
{
	if (w->wbuf1 == NULL)
		return;
	putbuf(w->wbuf1);
	putbuf(w->wbuf2);
	w->wbuf1 = w->wbuf2 = NULL;
}

bool
gcworkGlobalEmpty(void)
{
	return load_acq(&work.full) == 0;
}

uint64_t
gcworkBuffers(void)
{
	return load_rlx(&work.made);
}
