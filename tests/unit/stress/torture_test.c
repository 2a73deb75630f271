/* torture_test.c: tests/stress as a test: `gort test stress/ --stress SECONDS --seed N --procs N`. */
#define TORTURE_AS_TEST
#include "../../stress/births.c"
#include "../../stress/clock.c"
#include "../../stress/graph.c"
#include "../../stress/locks.c"
#include "../../stress/messages.c"
#include "../../stress/threads.c"
#include "../../stress/torture.c"

#include "handover.h"

#include "test.h"

TEST_OPT(stress, torture, everything, .goroutine = true, .timeout = 120)
{
	torture(testSeconds(), testSeed(), testProcs(), handoverParts);
}
