/* torture.h: what the parts of the torture share. See torture.c. */
#ifndef TORTURE_H
#define TORTURE_H

#include <gort.h>

#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define LOAD(p)     __atomic_load_n((p), __ATOMIC_ACQUIRE)
#define STORE(p, v) __atomic_store_n((p), (v), __ATOMIC_RELEASE)
#define ADD(p, v)   __atomic_add_fetch((p), (v), __ATOMIC_ACQ_REL)

/* A generator of one's own: splitmix64. */
struct rng {
	uint64_t s;
};
uint64_t rnd(struct rng *r);
uint32_t below(struct rng *r, uint32_t n); /* from [0, n) */
struct rng newrng(void);

/* What is wrong: one line, and the process is over. */
_Noreturn void wrong(const char *part, const char *what, long long got, long long want);
#define EXPECT(part, what, got, want)                                                              \
	do {                                                                                       \
		long long got_ = (long long)(got), want_ = (long long)(want);                      \
		if (got_ != want_)                                                                 \
			wrong((part), (what), got_, want_);                                        \
	} while (0)

/* Every goroutine that is to keep moving has a seat, which the watchdog looks at. */
struct seat {
	uint64_t steps;   /* moves when the goroutine does, or one that it waits for */
	const char *name; /* NULL: free */
};
struct seat *sitDown(const char *name);
void standUp(struct seat *s);

/* Once a turn: true while the epoch lasts. */
bool goingOn(struct seat *s);
static inline void
moved(struct seat *s)
{
	__atomic_add_fetch(&s->steps, 1, __ATOMIC_RELAXED);
}

extern int tortureProcs; /* GOMAXPROCS of this epoch; the part `floor` changes it */
extern bool tortureOver; /* the epoch is: only goingOn looks */

/* Nothing of this is collected, so what cannot be freed is bounded: false once so many bytes were
 * had by all parts together. */
bool afford(size_t bytes);

/* A part: run is called as a goroutine, returns when all its goroutines have ended and its sums are
 * right. Each may run many times in one process, never twice at once. */
struct part {
	const char *name;
	void (*run)(void *);
	uint64_t *done;   /* what it has done, for the line at the end */
	const char *what; /* and what that is */
	bool alone;       /* in an epoch of its own */
};
/* Ended by an empty entry. */
extern const struct part messageParts[], lockParts[], clockParts[], threadParts[], birthParts[],
	graphParts[];

void torture(double seconds, uint64_t seed, int procs, const struct part *more);

/* n goroutines that run f(arg), which sit while they do. */
void crowd(gort_waitgroup *wg, int n, void (*f)(void *), void *arg);

#endif
