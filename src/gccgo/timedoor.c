/* timedoor.c: what package time asks for.                                            room: gccgo
 *
 * A time.Timer holds a struct timer, and its function is one of time's two: one sends the time on a
 * channel without blocking, the other starts a goroutine. The heap of timers calls it on g0 with
 * inrt raised; what it calls enters the runtime a second time there, which rtenterSlow allows. */
#include "gccgo/gccgo.h"

struct gonow
go_now(void)
{
	struct gonow now;
	walltime(&now.sec, &now.nsec);
	now.mono = nanotime();
	return now;
}

void
go_Sleep(int64_t ns)
{
	struct g *gp = rtenter();
	timeSleep(ns);
	rtleave(gp);
}

void
go_startTimer(struct timer *t)
{
	struct g *gp = rtenter();
	addtimer(t);
	rtleave(gp);
}

bool
go_stopTimer(struct timer *t)
{
	struct g *gp = rtenter();
	bool pending = deltimer(t);
	rtleave(gp);
	return pending;
}

bool
go_resetTimer(struct timer *t, int64_t when)
{
	struct g *gp = rtenter();
	bool pending = resettimer(t, when);
	rtleave(gp);
	return pending;
}

void
go_modTimer(struct timer *t, int64_t when, int64_t period, const struct funcval *f,
	struct eface arg, uintptr_t seq)
{
	struct g *gp = rtenter();
	modtimer(t, when, period, f, arg, seq);
	rtleave(gp);
}
