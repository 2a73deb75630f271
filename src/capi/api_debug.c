/* api_debug.c: looking at a running program.                                         room: capi */
#include "capi/capi.h"

#include "prof/prof.h"

/* The caller's frame is the first one shown: what called us is where our own frame points. */
void
gort_stack_dump(bool all)
{
	uintptr_t *frame = __builtin_frame_address(0);
	struct g *gp = rtenter();
	if (all)
		stopTheWorld();
	printlock();
	goroutineheader(gp);
	traceback(gp, frame[1], (uintptr_t)(frame + 2), frame[0]);
	if (all)
		tracebackothers(gp);
	printunlock();
	if (all)
		startTheWorld();
	rtleave(gp);
}

void
gort_set_traceback(const char *level)
{
	setTraceback(level);
}

void
gort_sched_dump(bool detailed)
{
	struct g *gp = rtenter();
	schedtrace(detailed);
	rtleave(gp);
}
