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

bool
gort_signal_owned(int sig)
{
	enum { NSIG = 64 };
	return sig > 0 && sig <= NSIG && sigOnlyOurs(sig);
}
