/* torture.c: everything that parks, wakes, moves or stops goroutines, at once, on the public
 * interface.
 *
 *	gort run tests/stress/[a-z]*.c -- SECONDS SEED PROCS [PART...]
 *	gort test stress/ --stress SECONDS --seed N --procs N
 *
 * A part is a small program with sums that must come out right: messages that arrive once, money
 * that changes accounts, timers that fire as often as they were not stopped, patterns on stacks and
 * in the heap. The parts share nothing but the scheduler.
 *
 * Time is cut into epochs of one to four seconds. For each the seed draws which parts run, and
 * with how many goroutines; at its end all are joined, the sums are compared, and no goroutine may
 * be left. A mixture of everything all the time would never let a P go idle, and would find what
 * is lost only at the end.
 *
 * The watchdog is a thread that the runtime knows nothing of. Each goroutine of a part has a seat
 * with a count of its turns; one that has not moved for PATIENCE ticks of the watchdog is named,
 * and the process is sent SIGQUIT, so that its goroutines show. The ticks are counted, not read off
 * a clock: on a machine that is too busy for the watchdog itself time stands still.
 *
 * A wrong sum is one line on stderr and exit status 1. The same seed draws the same epochs; what
 * happens in them is the scheduler's, unless that has a seed too (GODEBUG=schedfuzz). */
#include "torture.h"

#include <pthread.h>
#include <signal.h>
#include <time.h>
#include <unistd.h>

enum { SEATS = 4096, TICK_MS = 50, PATIENCE = 400 };

int tortureProcs;
bool tortureOver;
static uint64_t tortureSeed, budget;
static int maxprocs;
static const char *phase = "the beginning";
static struct seat seats[SEATS];
static int nseats; /* those ever used */

void
wrong(const char *part, const char *what, long long got, long long want)
{
	fprintf(stderr, "torture: %s: %s is %lld, not %lld (seed %llu, procs %d)\n", part, what,
		got, want, (unsigned long long)tortureSeed, tortureProcs);
	fflush(stderr);
	_exit(1);
}

/* ---- random numbers ------------------------------------------------------------------------ */

uint64_t
rnd(struct rng *r)
{
	uint64_t z = (r->s += 0x9e3779b97f4a7c15ULL);
	z = (z ^ (z >> 30)) * 0xbf58476d1ce4e5b9ULL;
	z = (z ^ (z >> 27)) * 0x94d049bb133111ebULL;
	return z ^ (z >> 31);
}

uint32_t
below(struct rng *r, uint32_t n)
{
	return (uint32_t)(rnd(r) % n);
}

struct rng
newrng(void)
{
	static uint64_t n;
	return (struct rng){tortureSeed ^ ADD(&n, 1) * 0xd1342543de82ef95ULL};
}

bool
afford(size_t bytes)
{
	return ADD(&budget, bytes) < (uint64_t)1 << 30;
}

/* ---- seats and their watchdog ---------------------------------------------------------------- */

struct seat *
sitDown(const char *name)
{
	for (int i = 0; i < SEATS; i++) {
		const char *nobody = NULL;
		if (LOAD(&seats[i].name) != NULL)
			continue;
		if (!__atomic_compare_exchange_n(&seats[i].name, &nobody, name, false,
			    __ATOMIC_ACQ_REL, __ATOMIC_ACQUIRE))
			continue;
		int n = LOAD(&nseats);
		while (n <= i && !__atomic_compare_exchange_n(&nseats, &n, i + 1, false,
					 __ATOMIC_ACQ_REL, __ATOMIC_ACQUIRE))
			;
		moved(&seats[i]);
		return &seats[i];
	}
	wrong("torture", "seats taken", SEATS, 0);
}

void
standUp(struct seat *s)
{
	moved(s);
	STORE(&s->name, NULL);
}

bool
goingOn(struct seat *s)
{
	moved(s);
	return !__atomic_load_n(&tortureOver, __ATOMIC_ACQUIRE);
}

/* Printed by hand: nothing may be waited for that a goroutine holds. */
static void
bark(const char *name, int seat)
{
	char line[200];
	int n = snprintf(line, sizeof line,
		"torture: %s (seat %d) has not moved for %d s, in %s (seed %llu, procs %d)\n", name,
		seat, TICK_MS * PATIENCE / 1000, LOAD(&phase), (unsigned long long)tortureSeed,
		tortureProcs);
	if (write(2, line, (size_t)n) < 0)
		_exit(3);
	kill(getpid(), SIGQUIT);
	sleep(20);
	_exit(3);
}

static void *
watchdog(void *arg)
{
	static uint64_t last[SEATS];
	static int still[SEATS];
	struct timespec tick = {.tv_nsec = TICK_MS * 1000000L};
	(void)arg;
	for (;;) {
		nanosleep(&tick, NULL);
		int n = LOAD(&nseats);
		for (int i = 0; i < n; i++) {
			uint64_t steps = __atomic_load_n(&seats[i].steps, __ATOMIC_RELAXED);
			const char *name = LOAD(&seats[i].name);
			if (name == NULL || steps != last[i])
				still[i] = 0;
			else if (++still[i] == PATIENCE)
				bark(name, i);
			last[i] = steps;
		}
	}
	return NULL;
}

static void
startWatchdog(void)
{
	sigset_t all, old;
	pthread_t t;
	sigfillset(&all);
	pthread_sigmask(SIG_SETMASK, &all, &old); /* SIGQUIT is for the runtime's threads */
	if (pthread_create(&t, NULL, watchdog, NULL) != 0)
		wrong("torture", "the watchdog", 0, 1);
	pthread_sigmask(SIG_SETMASK, &old, NULL);
}

/* ---- epochs ---------------------------------------------------------------------------------- */

struct member {
	void (*f)(void *);
	void *arg;
	gort_waitgroup *wg;
};

static void
member(void *arg)
{
	struct member *m = arg;
	m->f(m->arg);
	gort_waitgroup_done(m->wg);
}

void
crowd(gort_waitgroup *wg, int n, void (*f)(void *), void *arg)
{
	gort_waitgroup_add(wg, n);
	for (int i = 0; i < n; i++)
		gort_go_copy(member, &(struct member){f, arg, wg}, sizeof(struct member));
}

static void
epoch(struct rng *r, const struct part *const *parts, int n, double seconds)
{
	gort_waitgroup all = GORT_WAITGROUP_INIT;
	static char names[256];
	size_t len = 0;
	names[0] = 0;
	for (int i = 0; i < n && len < sizeof names - 32; i++)
		len += (size_t)snprintf(
			names + len, sizeof names - len, "%s%s", i > 0 ? "+" : "", parts[i]->name);
	STORE(&phase, names);
	tortureProcs = maxprocs > 0 ? maxprocs : 1 + (int)below(r, 8);
	gort_gomaxprocs(tortureProcs);
	if (getenv("TORTURE_SAY") != NULL)
		fprintf(stderr, "torture: %.1f s of %s, procs %d\n", seconds, names, tortureProcs);
	__atomic_store_n(&tortureOver, false, __ATOMIC_RELEASE);
	struct seat *s = sitDown("main");
	for (int i = 0; i < n; i++)
		gort_waitgroup_go(&all, parts[i]->run, NULL);
	for (int64_t end = gort_now() + (int64_t)(seconds * 1e9); gort_now() < end; moved(s))
		gort_sleep(20 * GORT_MS);
	__atomic_store_n(&tortureOver, true, __ATOMIC_RELEASE);
	gort_waitgroup_wait(&all);
	/* Those that were started by timers and contexts come to their end, too. */
	while (gort_num_goroutine() != 1)
		gort_sleep(100 * GORT_US);
	standUp(s);
}

static const struct part *const families[] = {
	messageParts, lockParts, clockParts, threadParts, birthParts, graphParts};
enum { FAMILIES = sizeof families / sizeof families[0], MAXPARTS = 64 };

static bool
asked(const char *name, const char *const *only)
{
	if (only == NULL || *only == NULL)
		return true;
	for (; *only != NULL; only++)
		if (strcmp(*only, name) == 0)
			return true;
	return false;
}

static void
run(double seconds, const struct part *more, const char *const *only)
{
	const struct part *every[MAXPARTS], *chosen[MAXPARTS];
	int nevery = 0, nepochs = 0;
	for (int i = 0; i <= FAMILIES; i++) {
		const struct part *p = i < FAMILIES ? families[i] : more;
		for (; p != NULL && p->name != NULL; p++)
			if (asked(p->name, only))
				every[nevery++] = p;
	}
	struct rng r = {tortureSeed};
	startWatchdog();
	int64_t end = gort_now() + (int64_t)(seconds * 1e9);
	do {
		double left = (double)(end - gort_now()) / 1e9;
		double length = 1 + (double)below(&r, 3000) / 1000;
		int n = 0;
		if (below(&r, 3) == 0) {
			/* One of those that want to be alone. */
			uint32_t first = below(&r, (uint32_t)nevery);
			for (int i = 0; i < nevery && n == 0; i++) {
				const struct part *p =
					every[(first + (uint32_t)i) % (uint32_t)nevery];
				if (p->alone)
					chosen[n++] = p;
			}
		}
		if (n == 0) {
			uint32_t odds = 1 + below(&r, 4); /* in five */
			for (int i = 0; i < nevery; i++)
				if (!every[i]->alone && below(&r, 5) < odds)
					chosen[n++] = every[i];
		}
		if (n == 0)
			chosen[n++] = every[below(&r, (uint32_t)nevery)];
		epoch(&r, chosen, n, length < left ? length : left > 0.05 ? left : 0.05);
		nepochs++;
	} while (gort_now() < end);

	printf("torture: seed %llu, %d epochs", (unsigned long long)tortureSeed, nepochs);
	for (int i = 0; i < nevery; i++)
		if (every[i]->done != NULL)
			printf(", %llu %s", (unsigned long long)*every[i]->done, every[i]->what);
	printf("\n");
	fflush(stdout);
}

void
torture(double seconds, uint64_t seed, int procs, const struct part *more)
{
	tortureSeed = seed;
	maxprocs = procs;
	const char *part = getenv("TORTURE_PART");
	run(seconds, more, (const char *[]){part, NULL});
}

#ifndef TORTURE_AS_TEST
static double
argument(int argc, char **argv, int i, double otherwise)
{
	char *end;
	if (i >= argc)
		return otherwise;
	double v = strtod(argv[i], &end);
	if (*argv[i] == 0 || *end != 0 || v < 0) {
		fprintf(stderr, "usage: torture [SECONDS [SEED [PROCS [PART...]]]]\n"
				"PROCS 0: another number in each epoch. The parts are");
		for (i = 0; i < FAMILIES; i++)
			for (const struct part *p = families[i]; p->name != NULL; p++)
				fprintf(stderr, " %s", p->name);
		fprintf(stderr, "\n");
		gort_exit(2);
	}
	return v;
}

int
gort_main(int argc, char **argv)
{
	double seconds = argument(argc, argv, 1, 1);
	tortureSeed = (uint64_t)argument(argc, argv, 2, (double)time(NULL));
	maxprocs = (int)argument(argc, argv, 3, 0);
	run(seconds, NULL, argc > 4 ? (const char *const *)argv + 4 : NULL);
	return 0;
}
#endif
