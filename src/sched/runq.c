/* runq.c: where runnable goroutines wait.                                            room: sched
 *
 * Each P has a ring of RUNQ_SIZE and a single slot, runnext; the process has one list.
 *
 * The ring is single-producer, multi-consumer. The owner P writes an element, then publishes it
 * by a release store of runqtail. Consumers (the owner, and thieves) read head (acquire), read
 * the element, then claim it by a CAS of head; a failed CAS means that what was read may be
 * stale and is dropped. head and tail are free-running 32-bit counters; tail - head is the
 * length, and the owner never lets it pass RUNQ_SIZE. A thief copies up to half of the ring into
 * its own before the CAS, so its own tail is published only afterwards.
 *
 * runnext holds a G that was just made runnable by the G that runs now, and that should run next
 * on the same P: it finds the caches warm, and a ping-pong pair stays on one P. Only the owner
 * makes it non-NULL, so filling an empty slot is a plain release store; taking a G out, by the
 * owner or a thief, is a CAS to NULL. It inherits the time slice, so that a pair cannot starve
 * the ring: sysmon looks at slicetick.
 *
 * Stealing runnext is a last resort: the P is probably about to run it. The thief sleeps 3 us
 * first, and takes it only if the victim's schedtick did not move meanwhile, i.e. the same
 * goroutine still computes. (Rejected: CAS on the same pointer, as Go does; with a ping-pong
 * pair the pointer comes back, ABA, and the thief tears the pair apart.)
 *
 * The global list is guarded by sched.lock; its length is also read without it.
 *
 * Models: tests/model/steal.pml (no G lost, none run twice), tests/model/park.pml. */
#include "core/bits.h"
#include "core/broken.h"
#include "sched/internal.h"

void
gqueuePushBack(struct gqueue *q, struct g *gp)
{
	gp->schedlink = NULL;
	if (q->tail != NULL)
		q->tail->schedlink = gp;
	else
		q->head = gp;
	q->tail = gp;
	store_rlx(&q->n, q->n + 1);
}

void
gqueuePushFront(struct gqueue *q, struct g *gp)
{
	gp->schedlink = q->head;
	q->head = gp;
	if (q->tail == NULL)
		q->tail = gp;
	store_rlx(&q->n, q->n + 1);
}

struct g *
gqueuePop(struct gqueue *q)
{
	struct g *gp = q->head;
	if (gp != NULL) {
		q->head = gp->schedlink;
		if (q->head == NULL)
			q->tail = NULL;
		gp->schedlink = NULL;
		store_rlx(&q->n, q->n - 1);
	}
	return gp;
}

/* runqempty: true only if the queue was empty at one moment. A G that the owner kicks from
 * runnext to the ring must not be missed between two looks, hence the second read of tail. */
bool
runqempty(struct p *pp)
{
	for (;;) {
		uint32_t head = load_acq(&pp->runqhead);
		uint32_t tail = load_acq(&pp->runqtail);
		struct g *next = load_acq(&pp->runnext);
		if (tail == load_acq(&pp->runqtail))
			return head == tail && next == NULL;
	}
}

/* The ring is full: gp and half of it go to the global list. False if a thief made room. */
static never_inline bool
runqputslow(struct p *pp, struct g *gp, uint32_t h, uint32_t t)
{
	struct g *batch[RUNQ_SIZE / 2 + 1];
	uint32_t n = (t - h) / 2;
	gort_assert(n == RUNQ_SIZE / 2);
	for (uint32_t i = 0; i < n; i++)
		batch[i] = load_rlx(&pp->runq[(h + i) % RUNQ_SIZE]);
	if (!cas(&pp->runqhead, h, h + n))
		return false;
	batch[n] = gp;
	lock(&sched.lock);
	globrunqputbatch(batch, n + 1);
	unlock(&sched.lock);
	return true;
}

/* runqput: owner P. next: into runnext; the G that was there goes to the end of the ring. */
void
runqput(struct p *pp, struct g *gp, bool next)
{
	if (next) {
		if (load_rlx(&pp->runnext) == NULL) {
			store_rel(&pp->runnext, gp);
			return;
		}
		gp = xchg(&pp->runnext, gp);
		if (gp == NULL)
			return;
	}
	for (;;) {
		uint32_t h = load_acq(&pp->runqhead);
		uint32_t t = pp->runqtail;
		if (t - h < RUNQ_SIZE) {
			store_rlx(&pp->runq[t % RUNQ_SIZE], gp);
			store_rel(&pp->runqtail, t + 1);
			return;
		}
		if (runqputslow(pp, gp, h, t))
			return;
	}
}

/* runqget: owner P. *inheritTime: the G comes from runnext. */
struct g *
runqget(struct p *pp, bool *inheritTime)
{
	struct g *next = load_rlx(&pp->runnext);
	if (next != NULL && cas(&pp->runnext, next, (struct g *)NULL)) {
		*inheritTime = true;
		return next;
	}
	*inheritTime = false;
	for (;;) {
		uint32_t h = load_acq(&pp->runqhead);
		if (h == pp->runqtail)
			return NULL;
		struct g *gp = load_rlx(&pp->runq[h % RUNQ_SIZE]);
		/* A G's lines are seldom in the cache: those of the one after this one can come
		 * while this one runs. */
		if (h + 1 != pp->runqtail)
			prefetchG(load_rlx(&pp->runq[(h + 1) % RUNQ_SIZE]));
		if (cas_rel(&pp->runqhead, h, h + 1))
			return gp;
	}
}

void
runqkicknext(struct p *pp)
{
	struct g *next = load_rlx(&pp->runnext);
	if (next != NULL && cas(&pp->runnext, next, (struct g *)NULL))
		runqput(pp, next, false);
}

/* Copies up to half of p2's ring to pp's ring at t, not yet published. Returns how many. */
static uint32_t
runqgrab(struct p *pp, uint32_t t, struct p *p2, bool stealRunNext)
{
	for (;;) {
		uint32_t h = load_acq(&p2->runqhead);
		uint32_t t2 = load_acq(&p2->runqtail);
		uint32_t n = t2 - h;
		n -= n / 2;
		if (n == 0) {
			if (!stealRunNext)
				return 0;
			struct g *next = load_acq(&p2->runnext);
			if (next == NULL)
				return 0;
			if (load_rlx(&p2->status) == Prunning) {
				uint32_t tick = load_acq(&p2->schedtick);
				osusleep(3);
				if (load_acq(&p2->schedtick) != tick)
					return 0;
			}
			if (!cas(&p2->runnext, next, (struct g *)NULL))
				continue;
			store_rlx(&pp->runq[t % RUNQ_SIZE], next);
			return 1;
		}
		if (n > RUNQ_SIZE / 2) /* h and t2 were not read at one moment */
			continue;
		for (uint32_t i = 0; i < n; i++) {
			struct g *gp = load_rlx(&p2->runq[(h + i) % RUNQ_SIZE]);
			store_rlx(&pp->runq[(t + i) % RUNQ_SIZE], gp);
		}
		if (BROKEN(STEAL))
			store_rel(&p2->runqhead, h + n);
		else if (!cas(&p2->runqhead, h, h + n))
			continue;
		return n;
	}
}

/* runqsteal: pp, the caller's, is empty. Returns one G to run now; the rest is in pp's ring. */
struct g *
runqsteal(struct p *pp, struct p *p2, bool stealRunNext)
{
	uint32_t t = pp->runqtail;
	uint32_t n = runqgrab(pp, t, p2, stealRunNext);
	if (n == 0)
		return NULL;
	pp->stats.nsteal += n;
	n--;
	struct g *gp = load_rlx(&pp->runq[(t + n) % RUNQ_SIZE]);
	if (n == 0)
		return gp;
	gort_assert_internal(t - load_acq(&pp->runqhead) + n < RUNQ_SIZE);
	store_rel(&pp->runqtail, t + n);
	return gp;
}

/* ---- the global list: sched.lock ----------------------------------------------------------- */

/* The ring until it is too small. */
large_bss static struct g *globrunqfirst[RUNQ_SIZE * 2];

/* Room for n more. The old ring is given back unless it is the first. */
static never_inline void
globrunqgrow(uint32_t n)
{
	struct grunq *q = &sched.runq;
	if (q->ring == NULL) {
		q->ring = globrunqfirst;
		q->cap = nelem(globrunqfirst);
	}
	if (q->n + n <= q->cap)
		return;
	/* From the first to 1 MiB of address space, touched as it is used: few steps. */
	uint32_t cap = 1u << 17;
	while (cap < q->n + n)
		cap *= 4;
	struct g **ring = sysAlloc(alignUp(cap * sizeof *ring, physPageSize));
	if (ring == NULL)
		throwf("out of memory", "cannot allocate %lu bytes for a run queue\n",
			(unsigned long)(cap * sizeof *ring));
	for (uint32_t i = 0; i < q->n; i++)
		ring[i] = q->ring[(q->head + i) & (q->cap - 1)];
	if (q->ring != globrunqfirst)
		sysFree(q->ring, alignUp(q->cap * sizeof *ring, physPageSize));
	q->ring = ring;
	q->cap = cap;
	q->head = 0;
}

void
globrunqputbatch(struct g **batch, uint32_t n)
{
	struct grunq *q = &sched.runq;
	assertLockHeld(&sched.lock);
	if (unlikely(q->n + n > q->cap))
		globrunqgrow(n);
	for (uint32_t i = 0; i < n; i++)
		q->ring[(q->head + q->n + i) & (q->cap - 1)] = batch[i];
	store_rlx(&q->n, q->n + n);
}

void
globrunqput(struct g *gp)
{
	globrunqputbatch(&gp, 1);
}

void
globrunqputhead(struct g *gp)
{
	struct grunq *q = &sched.runq;
	assertLockHeld(&sched.lock);
	if (unlikely(q->n == q->cap))
		globrunqgrow(1);
	q->ring[--q->head & (q->cap - 1)] = gp;
	store_rlx(&q->n, q->n + 1);
}

struct g *
globrunqpop(void)
{
	struct grunq *q = &sched.runq;
	assertLockHeld(&sched.lock);
	if (q->n == 0)
		return NULL;
	struct g *gp = q->ring[q->head++ & (q->cap - 1)];
	store_rlx(&q->n, q->n - 1);
	sched.runqtaken++;
	if (q->n == 0)
		q->head = 0; /* stay on the same pages */
	return gp;
}

/* globrunqget: one G to run; with max 0 also a fair share for pp's ring. */
struct g *
globrunqget(struct p *pp, int32_t max)
{
	assertLockHeld(&sched.lock);
	uint32_t n = sched.runq.n;
	if (n == 0)
		return NULL;
	uint32_t share = n / (uint32_t)gomaxprocs + 1;
	if (share > n)
		share = n;
	if (max > 0 && share > (uint32_t)max)
		share = (uint32_t)max;
	/* At most half of the ring: runqput of the rest must not come back here for the lock. */
	uint32_t room = RUNQ_SIZE - (pp->runqtail - load_acq(&pp->runqhead));
	if (share > RUNQ_SIZE / 2)
		share = RUNQ_SIZE / 2;
	if (share > room + 1)
		share = room + 1;
	struct g *gp = globrunqpop();
	while (--share > 0)
		runqput(pp, globrunqpop(), false);
	return gp;
}
