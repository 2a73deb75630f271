/* goro.h: goroutines in the tests of the rooms event and sync.
 *
 * The rooms' functions want to be inside the runtime (inrt 1): RT(call) goes in and out, as a door
 * does. waitParked waits for a state, not for a time: the goroutine has published Gwaiting, and
 * whatever takes the lock that its park drops comes after it. */
#ifndef GORT_TESTS_UNIT_SYNC_GORO_H
#define GORT_TESTS_UNIT_SYNC_GORO_H

#include "sync/sync.h"
#include "test.h"

#define RT(call)                                                                                   \
	do {                                                                                       \
		struct g *rt_gp_ = rtenter();                                                      \
		call;                                                                              \
		rtleave(rt_gp_);                                                                   \
	} while (0)

static inline struct g *
spawn(void (*fn)(void *), void *arg)
{
	const char *why = "";
	struct g *gp;
	RT(gp = newproc(fn, arg, &(struct newprocopt){0}, (uintptr_t)fn, &why));
	CHECKF(gp != NULL, "newproc: %s", why);
	return gp;
}

static inline void
yield(void)
{
	RT(Gosched());
}

static inline void
waitParked(struct g *gp, enum waitReason reason)
{
	while (load_acq(&gp->atomicstatus) != Gwaiting || gp->waitreason != reason)
		yield();
}

/* Waits until *p is v, and gives way meanwhile. */
#define WAIT_UNTIL(cond)                                                                           \
	do {                                                                                       \
		while (!(cond))                                                                    \
			yield();                                                                   \
	} while (0)

static inline struct hchan *
mkchan(uintptr_t size, intgo cap)
{
	struct hchan *c;
	RT(c = makechan(size, CHANELEM_CONSERVATIVE, NULL, cap));
	return c;
}

static inline struct hchan *
intchan(intgo cap)
{
	struct hchan *c;
	RT(c = makechan(sizeof(int64_t), CHANELEM_NOSCAN, NULL, cap));
	return c;
}

static inline void
send(struct hchan *c, int64_t v)
{
	RT(CHECK(chansend(c, &v, true)));
}

static inline bool
trySend(struct hchan *c, int64_t v)
{
	bool ok;
	RT(ok = chansend(c, &v, false));
	return ok;
}

static inline bool
recv(struct hchan *c, int64_t *v)
{
	bool received;
	RT(CHECK(chanrecv(c, v, true, &received)));
	return received;
}

static inline int64_t
recvVal(struct hchan *c)
{
	int64_t v = -1;
	CHECK(recv(c, &v));
	return v;
}

/* 1: a value, 0: closed, -1: nothing there. */
static inline int
tryRecv(struct hchan *c, int64_t *v)
{
	bool received, selected;
	RT(selected = chanrecv(c, v, false, &received));
	return !selected ? -1 : received;
}

static inline void
closeChan(struct hchan *c)
{
	RT(closechan(c));
}

static inline void
wgAdd(struct syncwaitgroup *wg, int32_t n)
{
	RT(syncwaitgroupAdd(wg, n));
}

static inline void
wgWait(struct syncwaitgroup *wg)
{
	RT(syncwaitgroupWait(wg));
}

/* For tests that count on who runs when: the hostile build gives way at random. */
#define NOT_HARD()                                                                                 \
	do {                                                                                       \
		if (GORT_HARD)                                                                     \
			testSkip("the hard build yields anywhere");                                \
	} while (0)

#define GO_ONE_P .goroutine = true, .env = "GOMAXPROCS=1"

#endif
