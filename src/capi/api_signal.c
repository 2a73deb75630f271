/* api_signal.c: the signal that belongs to the runtime.                              room: capi */
#include "capi/capi.h"

int
gort_preempt_signal(void)
{
	enum { SIG_URG = 23 };
	if (getg() == NULL || hostoptions.preemptsig < 0)
		return 0;
	return hostoptions.preemptsig != 0 ? hostoptions.preemptsig : SIG_URG;
}
