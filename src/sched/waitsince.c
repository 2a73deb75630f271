/* waitsince.c: since when has a goroutine been waiting?                              room: sched
 *
 * A dump says "[chan receive, 12 minutes]". Reading the clock at every park would cost more than
 * the park, so nobody does; parking only clears g->waitsince. Twice a minute sysmon looks at all
 * goroutines and writes the time into those that wait and have none yet. When nothing runs it
 * sleeps a minute at a time, so what a dump shows is short by a minute and a half at most.
 *
 * The owner clears the field as it parks, at any moment: at worst a new wait shows an age that is
 * too old by the time between the load and the store here. (Hence no_sanitize.)
 */
#include "sched/internal.h"

#define LOOK_NS (30 * SEC)

no_sanitize void
noteWaiters(int64_t now)
{
	static int64_t last; /* sysmon only */
	if (last != 0 && now - last < LOOK_NS)
		return;
	last = now;
	uint32_t n = load_acq(&nallgs);
	for (uint32_t i = 0; i < n; i++) {
		struct g *gp = allgsGet(i);
		if (gp == NULL || load_rlx(&gp->waitsince) != 0)
			continue;
		uint32_t s = load_acq(&gp->atomicstatus);
		if (s == Gwaiting || s == Gsyscall)
			store_rlx(&gp->waitsince, now);
	}
}
