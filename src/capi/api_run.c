/* api_run.c: the program starts and ends.                                            room: capi */
#include "capi/capi.h"

#include "boot/boot.h"

_Static_assert(GORT_BOOTED == GORT_EALREADY, "gort/errors.h and boot/boot.h");

/* Signals that cannot be caught, that libc's threads use between themselves, or that mean
 * a fault. */
static bool
canPreempt(int sig)
{
	static const int8_t taken[] = {4, 5, 6, 7, 8, 9, 11, 19, 32, 33};
	for (uint32_t i = 0; i < nelem(taken); i++)
		if (sig == taken[i])
			return false;
	return sig >= -1 && sig <= 64;
}

int
gort_init(const gort_init_options *options)
{
	struct hostoptions opt = {0};
	if (options != NULL) {
		if (!canPreempt(options->preempt_signal))
			return GORT_EINVAL;
		opt.preemptsig = options->preempt_signal;
		opt.deadlock = options->deadlock_report;
		opt.sigquit = options->sigquit_dump;
	}
	int r = libraryInit(&opt);
	if (getg() == NULL)
		rtleave(rtenter());
	return r;
}

void
gort_start(int argc, char **argv, int (*main_fn)(int, char **))
{
	if (!bootBegin())
		bootfail(2, "gort_start: the runtime is running already");
	main_main = main_fn;
	rt0_go(argc, argv);
}

void
gort_exit(int status)
{
	/* On a goroutine: only to be told off where this is not allowed. */
	if (getg() != NULL)
		rtleave(rtenter());
	exitProgram(status);
}
