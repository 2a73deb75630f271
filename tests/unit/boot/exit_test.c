/* exit_test.c: the ends of a process that is not quite one any more. */
#include "base/base.h"
#include "boot/boot.h"
#include "sched/sched.h"
#include "test.h"

#include <unistd.h>

static void
ends(void *unused)
{
	(void)unused;
	alarm(10);
	exitProgram(23);
}

/* The child of a fork ends by gort_exit, whatever lock of the runtime another thread held. */
TEST_G(boot, exit, child_of_fork)
{
	struct g *gp = rtenter();
	lock(&sched.lock);
	int status = testForked(ends, NULL, NULL);
	unlock(&sched.lock);
	rtleave(gp);
	CHECK_EQ(status, 23);
}
