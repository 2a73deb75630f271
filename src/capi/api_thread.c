/* api_thread.c: threads of the program's own. They attach by rtenter.                room: capi */
#include "capi/capi.h"

void
gort_thread_detach(void)
{
	struct g *gp = getg();
	if (gp != NULL && !gp->m->isforeign)
		panicPlain("gort_thread_detach on a goroutine");
	if (gp != NULL && !gp->m->outside)
		fatal("gort_thread_detach inside gort_block");
	foreignDetach();
}
