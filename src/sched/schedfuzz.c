/* schedfuzz.c: GODEBUG=schedfuzz=SEED: the scheduler decides by lot, and can do it again. room: sched
 *
 * An ordering bug in a program shows when goroutines meet in an order that they seldom take. The
 * scheduler's habits make most orders seldom: a woken goroutine runs next, the ring is a queue, a
 * slice is long. With a seed each of these habits is dropped for a draw, within what any program
 * must expect anyway:
 *
 *   which G is next       runnext may lose its place, the ring is turned, the global queue comes
 *                         first, and for a while some Gs are held back      schedfuzzRound
 *   when it gives way     at any end of an entry into the runtime            schedfuzzYields
 *   who is woken          any waiter of a semaphore or condition, not the one that came first; a
 *                         mutex starves by lot and not by the clock          sync/sema.c, syncmutex.c
 *   select                its order of polling is a draw already; with a seed, one that comes back
 *   timers                up to FUZZ_LATE late                               event/timer.c
 *   other Ps              whom to steal from, whether at all, whether a runnext too; an M may not
 *                         spin; a P in a call is taken early or late         schedule.c, sysmon.c
 *
 * The draws come from the M's ordinary random state (m->rand), which is set anew at the beginning
 * of each round of schedule() from the stream of its P, p->fuzz. That stream is a function of the
 * seed and the number of the round alone. So with GOMAXPROCS=1, where no other P has a say, a
 * program that does not look at clocks and does not wait for the world outside runs in the same
 * order each time, whichever threads it happens to run on. Three things that go by the clock are
 * held back for this, only with a seed and GOMAXPROCS=1: a slice ends after a second instead of
 * 10 ms, the collector's helpers are not woken, and (with any number) mutexes do not starve by
 * time.
 *
 * Each seed also draws how often it does what (struct weights): bugs differ in whether many
 * switches or few bring them out, and no one mixture finds all.
 *
 * What it costs when it is off. Nothing is asked where goroutines switch: the byte p->preempt has a
 * second bit, PREEMPT_FUZZ, that is always set with a seed and never without one. It sends parks
 * through schedule() and ends of entries into rtleaveSlow, as a request to give way does, and there
 * it is found. The rest are branches in slow paths.
 *
 * Rejected: choosing inside findrunnable. It would be read by everybody who wants to understand
 * the scheduler; arranging the queues before it comes to choose leaves it alone. */
#include "core/bits.h"
#include "sched/internal.h"

/* How often a seed does what, in 1/64. Written at boot. */
static struct weights {
	uint8_t yield;  /* give way at an end of an entry */
	uint8_t kick;   /* runnext to the ring */
	uint8_t global; /* the global queue first */
	uint8_t turn;   /* turn the ring by any number of places */
	uint8_t slow;   /* hold a G back for an epoch */
	uint8_t steal;  /* leave a victim alone, or take its runnext early */
} weights;

/* Rounds in which the same Gs are held back. */
enum { EPOCH = 64 };

static uint64_t
mix(uint64_t a, uint64_t b)
{
	uint64_t s = a ^ (b * 0x9e3779b97f4a7c15ULL);
	return wyrand(&s);
}

void
schedfuzzInit(void)
{
	if (debug.schedfuzz == 0)
		return;
	/* A third of the seeds yields often, a third now and then, a third almost never. */
	static const uint8_t yields[] = {24, 6, 1};
	uint64_t s = mix(0x5eed, (uint64_t)debug.schedfuzz);
	weights.yield = yields[randn(&s, nelem(yields))];
	weights.kick = (uint8_t)(8 + randn(&s, 48));
	weights.global = (uint8_t)(4 + randn(&s, 32));
	weights.turn = (uint8_t)(8 + randn(&s, 56));
	weights.slow = (uint8_t)(randn(&s, 2) * 16);
	weights.steal = (uint8_t)(4 + randn(&s, 32));
	/* Until the first round; hash keys were drawn before and stay secret. */
	m0.rand[0] = mix((uint64_t)debug.schedfuzz, 0);
}

/* pp begins: it asks for the way through schedule(). */
void
schedfuzzStart(struct p *pp)
{
	if (debug.schedfuzz == 0)
		return;
	if (pp->fuzz == 0)
		pp->fuzz = mix((uint64_t)debug.schedfuzz, (uint64_t)pp->id + 1) | 1;
	fetch_or(&pp->preempt, (uint8_t)PREEMPT_FUZZ);
}

uint32_t
schedfuzzDraw(uint32_t n)
{
	return randn(&getg()->m->rand[0], n);
}

static inline bool
lot(uint64_t *rand, uint32_t weight)
{
	return randn(rand, 64) < weight;
}

static uint32_t
ringlen(struct p *pp)
{
	return pp->runqtail - load_acq(&pp->runqhead);
}

/* The first n Gs of the ring go to its end. A thief may take some meanwhile. */
static void
turnRing(struct p *pp, uint32_t n)
{
	for (; n > 0; n--) {
		struct g *next = load_rlx(&pp->runnext);
		bool inherit;
		/* runqget would take it first. */
		if (next != NULL && cas(&pp->runnext, next, (struct g *)NULL)) {
			runqput(pp, next, false);
			continue;
		}
		struct g *gp = runqget(pp, &inherit);
		if (gp == NULL)
			return;
		runqput(pp, gp, false);
	}
}

/* Is gp one of those that wait in this epoch? */
static bool
heldBack(struct p *pp, struct g *gp)
{
	uint64_t h = mix(pp->fuzzrounds / EPOCH + (uint64_t)debug.schedfuzz, gp->goid);
	return (h & 63) < weights.slow;
}

/* schedfuzzRound: g0, in schedule(), before findrunnable looks: what it will find first. */
void
schedfuzzRound(struct p *pp)
{
	struct m *mp = pp->m;
	fetch_or(&pp->preempt, (uint8_t)PREEMPT_FUZZ);
	if (!load_rlx(&sched.mainStarted))
		return; /* the bootstrap's order is not a matter of luck */
	uint64_t rand = pp->fuzz = mix((uint64_t)debug.schedfuzz, pp->fuzz);
	mp->rand[0] = mix(rand, ++pp->fuzzrounds);
	/* Each round is a slice: what runnext inherits would end by the clock. */
	store_rlx(&pp->slicetick, pp->slicetick + 1);

	if (lot(&rand, weights.kick))
		runqkicknext(pp);
	if (lot(&rand, weights.global) && !mp->spinning && load_rlx(&sched.runq.n) != 0) {
		lock(&sched.lock);
		struct g *gp = globrunqpop();
		unlock(&sched.lock);
		if (gp != NULL)
			runqput(pp, gp, true);
	}
	uint32_t n = ringlen(pp);
	if (load_rlx(&pp->runnext) != NULL || n < 2)
		return;
	if (lot(&rand, weights.turn))
		turnRing(pp, randn(&rand, n));
	if (weights.slow == 0)
		return;
	for (uint32_t i = 0; i < n; i++) {
		bool inherit;
		struct g *gp = runqget(pp, &inherit);
		if (gp == NULL)
			break;
		bool held = heldBack(pp, gp);
		runqput(pp, gp, !held);
		if (!held)
			break;
	}
}

/* schedfuzzYields: at the end of an entry, nobody has asked for anything else. */
bool
schedfuzzYields(struct m *mp)
{
	return load_rlx(&sched.mainStarted) && lot(&mp->rand[0], weights.yield);
}

/* schedfuzzSteals: something that stealing could do or leave. */
bool
schedfuzzSteals(struct m *mp)
{
	return lot(&mp->rand[0], weights.steal);
}
