/* select.c: waiting for the first of several channel operations.                     room: sync
 *
 * Two orders over the cases with a channel (the others never proceed):
 *   poll order  a random permutation. The first ready case in it is taken, which makes the choice
 *               uniform among the ready ones.
 *   lock order  by the channels' addresses: locks of several channels are always taken in it.
 *
 * Protocol
 *   1. In poll order, try each case as a non-blocking operation: a look without the lock, and only
 *      if that promises something, the channel's own lock. A case that proceeds is a right choice
 *      at that instant, whatever the others do.
 *   2. Nothing was ready. With a default: it may be taken only if all cases were not ready at one
 *      and the same instant; see below.
 *   3. Else lock all channels and try again, in poll order. If nothing is ready, queue a sudog on
 *      each channel and park; the park's commit drops the locks (selparkcommit).
 *   4. Who serves one of the sudogs first wins g->selectDone (waitq_dequeue) and wakes us with
 *      g->param = that sudog. A deadline does the same with param NULL (event/timer.c: waker).
 *   5. Take the losers off their queues, each under its own lock, then the deadline.
 * selectDone goes back to 0 in step 3 of the next select, with all locks held: as long as one of
 * our sudogs is on a queue, it stays 1.
 *
 * All not ready at one instant. Looks at several channels happen one after the other, and a value
 * might move from one that we have not yet seen to one that we have. Each channel counts its
 * changes in state. We add up the counts while we look, and look at all of them again: if every
 * channel is still not ready and the sum is the same, none has changed between its first look and
 * its second, so in the instant between the two rounds all were not ready. The counts only grow: an
 * equal sum means equal counts. (32 bits: 2^31 changes during one select would be missed.)
 * If the sum differs, the locks decide.
 *
 * selparkcommit against step 5. The commit drops the locks in lock order, and from the first one
 * on we may be woken and begin step 5 on another thread. It walks the same list of sudogs in the
 * same order, and needs for each loser the lock that the commit has not dropped yet; the winner's
 * was dropped before it could win. So what the commit is still to read is untouched, if it reads
 * an element's link before it drops the lock.
 *
 * tests/model/select.pml checks 3 to 5, and what each order of theirs is for.
 *
 * One channel may stand in several cases, for sending and for receiving too: it is locked once,
 * and a goroutine never meets itself, because it looks before it queues.
 *
 * Rejected: locking all channels for every select, as the textbook has it: a ready case then costs
 * two locks too many, and a default all of them. */
#include "core/rand.h"
#include "sync/internal.h"

struct sel {
	struct scase *cases;
	uint16_t *pollorder, *lockorder;
	uint32_t n; /* cases with a channel */
	uint32_t nsends;
};

/* Multiply and keep the rest: one random word serves several small draws. 2^64 is more than
 * 10^11 times larger than the number of permutations of 8. */
#define DRAWS_PER_WORD 8

static inline uint32_t
pollOrder(struct sel *s, uint32_t ncases)
{
	uint64_t *rand = &getg()->m->rand[0];
	uint64_t word = 0;
	uint32_t n = 0;
	for (uint32_t i = 0; i < ncases; i++) {
		if (s->cases[i].c == NULL)
			continue;
		uint32_t j = 0;
		if (n > 0) {
			if ((n - 1) % DRAWS_PER_WORD == 0)
				word = wyrand(rand);
			__uint128_t draw = (__uint128_t)word * (n + 1);
			j = (uint32_t)(draw >> 64);
			word = (uint64_t)draw;
			s->pollorder[n] = s->pollorder[j];
		}
		s->pollorder[j] = (uint16_t)i;
		n++;
	}
	s->n = n;
	return n;
}

static inline uintptr_t
lockKey(const struct sel *s, uint16_t i)
{
	return (uintptr_t)s->cases[i].c;
}

static void
siftDownKeys(struct sel *s, uint32_t i, uint32_t n, uint16_t e)
{
	uint16_t *o = s->lockorder;
	for (;;) {
		uint32_t child = 2 * i + 1;
		if (child >= n)
			break;
		if (child + 1 < n && lockKey(s, o[child]) < lockKey(s, o[child + 1]))
			child++;
		if (lockKey(s, e) >= lockKey(s, o[child]))
			break;
		o[i] = o[child];
		i = child;
	}
	o[i] = e;
}

/* The k-th of the order, by insertion. Says whether its channel was there before. */
static always_inline bool
insertCase(struct sel *s, uint32_t k, uint16_t i)
{
	uint16_t *o = s->lockorder;
	uintptr_t key = lockKey(s, i);
	for (; k > 0 && lockKey(s, o[k - 1]) > key; k--)
		o[k] = o[k - 1];
	o[k] = i;
	return k > 0 && lockKey(s, o[k - 1]) == key;
}

static void
heapSortCases(struct sel *s)
{
	uint16_t *o = s->lockorder;
	uint32_t n = s->n;
	__builtin_memcpy(o, s->pollorder, n * sizeof *o);
	for (uint32_t i = n / 2; i-- > 0;)
		siftDownKeys(s, i, n, o[i]);
	while (--n > 0) {
		uint16_t e = o[n];
		o[n] = o[0];
		siftDownKeys(s, 0, n, e);
	}
}

/* Few cases: insertion, in the cases' own order, which is the same at each turn of a loop: a branch
 * predictor learns it. Many: heap sort, for its bound and because it needs no stack. Cases of one
 * channel come in a random order, the poll order's: they queue in it, so each is served first as
 * often as the others. */
static void
lockOrder(struct sel *s)
{
	if (s->n > 16) {
		heapSortCases(s);
		return;
	}
	bool twice = false;
	for (uint32_t i = 0, n = 0; n < s->n; i++)
		if (s->cases[i].c != NULL)
			twice |= insertCase(s, n++, (uint16_t)i);
	for (uint32_t n = 0; twice && n < s->n; n++)
		insertCase(s, n, s->pollorder[n]);
}

static void
sellock(struct sel *s)
{
	struct hchan *last = NULL;
	for (uint32_t k = 0; k < s->n; k++) {
		struct hchan *c = s->cases[s->lockorder[k]].c;
		if (c != last)
			lock(&c->lock);
		last = c;
	}
}

static void
selunlock(struct sel *s)
{
	for (uint32_t k = s->n; k-- > 0;) {
		struct hchan *c = s->cases[s->lockorder[k]].c;
		if (k == 0 || c != s->cases[s->lockorder[k - 1]].c)
			unlock(&c->lock);
	}
}

static void
selparkcommit(struct g *gp, void *token)
{
	struct sudog *sg = gp->waiting;
	while (sg != NULL) {
		struct sudog *next = sg->waitlink;
		struct hchan *c = sg->c;
		if (next == NULL || next->c != c)
			unlock(&c->lock); /* after the last one gp is not ours any more */
		if (BROKEN(SELUNLOCK)) {
			brokenPause();
			next = sg->waitlink;
		}
		sg = next;
	}
	if (token != NULL)
		timersRelease(token);
}

/* Step 3's second look, all locks held. The case's index or -1. */
static intgo
selTry(struct sel *s, bool *received, struct sudog **wake, bool *closedsend)
{
	for (uint32_t k = 0; k < s->n; k++) {
		uint32_t i = s->pollorder[k];
		struct scase *cas = &s->cases[i];
		if (i >= s->nsends) {
			if (chanTryRecv(cas->c, cas->elem, received, wake))
				return i;
		} else if ((cas->c->state & CHAN_CLOSED) != 0) {
			*closedsend = true;
			return i;
		} else if (chanTrySend(cas->c, cas->elem, wake)) {
			return i;
		}
	}
	return -1;
}

static void
selEnqueue(struct sel *s, struct g *gp)
{
	store_rlx(&gp->selectDone, 0u);
	gp->param = NULL;
	struct sudog **link = &gp->waiting;
	for (uint32_t k = 0; k < s->n; k++) {
		uint32_t i = s->lockorder[k];
		struct hchan *c = s->cases[i].c;
		struct sudog *sg = acquireSudog();
		sg->g = gp;
		sg->elem = s->cases[i].elem;
		sg->c = c;
		sg->isSelect = true;
		sg->success = false;
		*link = sg;
		link = &sg->waitlink;
		waitq_enqueue(i < s->nsends ? &c->sendq : &c->recvq, sg);
		chanChanged(c);
	}
	*link = NULL;
}

/* Step 5. The served case's index or -1. */
static intgo
selDequeue(struct sel *s, struct g *gp, struct sudog *fired, bool *success)
{
	intgo chosen = -1;
	struct sudog *sg = gp->waiting;
	gp->waiting = NULL;
	for (uint32_t k = 0; k < s->n; k++) {
		uint32_t i = s->lockorder[k];
		struct sudog *next = sg->waitlink;
		if (sg == fired) {
			chosen = i;
			*success = sg->success;
		} else {
			struct hchan *c = s->cases[i].c;
			lock(&c->lock);
			if (sg->next != NULL) { /* nobody has dropped it yet */
				waitq_remove(i < s->nsends ? &c->sendq : &c->recvq, sg);
				chanChanged(c);
			}
			unlock(&c->lock);
			sg->elem = NULL;
		}
		sg->isSelect = false;
		sg->waitlink = NULL;
		sg->c = NULL;
		releaseSudog(sg);
		sg = next;
	}
	if (unlikely((fired != NULL) != (chosen >= 0)))
		throw("select: woken by a stranger");
	return chosen;
}

/* Steps 3 to 5. deadline < 0: none. */
static never_inline intgo
selSlow(struct sel *s, bool block, int64_t deadline, bool *received)
{
	struct g *gp = getg();
	struct sudog *wake = NULL;
	bool closedsend = false;

	lockOrder(s);
	sellock(s);
	intgo i = selTry(s, received, &wake, &closedsend);
	if (i >= 0 || !block) {
		selunlock(s);
		if (closedsend)
			chanClosedSend();
		if (wake != NULL)
			chanWake(wake);
		return i;
	}

	selEnqueue(s, gp);
	struct sudog *fired;
	if (deadline < 0) {
		goparkcommit(selparkcommit, NULL, waitReasonSelect);
		fired = gp->param;
		if (unlikely(fired == NULL))
			throw("select: woken without a case");
	} else {
		struct timer t;
		goparkcommit(selparkcommit, addwaker(&t, gp, deadline), waitReasonSelect);
		fired = gp->param;
		if (fired != NULL)
			deltimer(&t);
	}
	gp->param = NULL;
	bool success = false;
	i = selDequeue(s, gp, fired, &success);
	if (i >= 0 && i < s->nsends) {
		if (!success)
			chanClosedSend();
	} else if (i >= 0) {
		*received = success;
	}
	return i;
}

static always_inline intgo
select1(struct scase *cases, uint16_t *order, intgo nsends, intgo nrecvs, bool block,
	int64_t deadline, bool *received)
{
	intgo ncases = nsends + nrecvs;
	if (unlikely(nsends < 0 || nrecvs < 0 || ncases > SELECT_MAX))
		panicPlain("select: too many cases (max 65536)");
	struct sel s = {
		.cases = cases,
		.pollorder = order,
		.lockorder = order + ncases,
		.nsends = (uint32_t)nsends,
	};
	*received = false;
	uint32_t n = pollOrder(&s, (uint32_t)ncases);

	uint32_t sum = 0;
	for (uint32_t k = 0; k < n; k++) {
		uint32_t i = s.pollorder[k];
		struct hchan *c = cases[i].c;
		sum += load_acq(&c->state);
		if (i < s.nsends) {
			if (chanMaySend(c) && chansend(c, cases[i].elem, false))
				return i;
		} else if (chanMayRecv(c) && chanrecv(c, cases[i].elem, false, received)) {
			return i;
		}
	}
	if (!block) {
		for (uint32_t k = 0; k < n; k++) {
			uint32_t i = s.pollorder[k];
			struct hchan *c = cases[i].c;
			if (i < s.nsends ? chanMaySend(c) : chanMayRecv(c))
				return selSlow(&s, false, -1, received);
			sum -= load_acq(&c->state);
		}
		if (likely(sum == 0))
			return -1;
	} else if (n == 0 && deadline < 0) {
		gopark(NULL, NULL, waitReasonSelect);
		throw("select without channels was woken");
	}
	return selSlow(&s, block, deadline, received);
}

intgo
selectgo(struct scase *cases, uint16_t *order, intgo nsends, intgo nrecvs, bool block,
	bool *received)
{
	return select1(cases, order, nsends, nrecvs, block, -1, received);
}

intgo
selectgoUntil(struct scase *cases, uint16_t *order, intgo nsends, intgo nrecvs, int64_t deadline,
	bool *received)
{
	/* A negative deadline is a sum that overflowed: the end of time, as everywhere. */
	if (deadline < 0)
		deadline = INT64_MAX;
	return select1(cases, order, nsends, nrecvs, true, deadline, received);
}

_Noreturn void
selectblock(void)
{
	gopark(NULL, NULL, waitReasonSelectNoCases);
	throw("select without cases was woken");
}
