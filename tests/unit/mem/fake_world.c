#include "fake.h"

#include "gc/gc.h"

#include <fcntl.h>
#include <stdio.h>
#include <unistd.h>

struct p fakep;

void
fakeBoot(void)
{
	g0.m = &m0;
	m0.g0 = &g0;
	m0.curg = &g0;
	setg(&g0);
	sysargs(NULL);
	osinit();
	sched.worldstopped = true;
	debug.madvdontneed = 1;
	envvars.gogc = 100;
	envvars.gomemlimit = INT64_MAX;
	stackinit();
	mallocinit();
#if !GORT_FREESTANDING
	debug.gccollect = 0; /* nobody could stop this world */
#endif
	gcinit();
	gcworkInit(&fakep);
	fakep.mcache = allocmcache();
	fakep.status = Prunning;
	fakep.m = &m0;
	m0.p = &fakep;
}

void
fakeThread(struct m *mp, struct g *gp, struct p *pp)
{
	mp->g0 = mp->curg = gp;
	mp->p = pp;
	gp->m = mp;
	pp->m = mp;
	pp->mcache = allocmcache();
	setg(gp);
}

uintptr_t
residentBytes(void)
{
	char buf[128] = {0};
	int fd = open("/proc/self/statm", O_RDONLY);
	if (fd < 0 || read(fd, buf, sizeof buf - 1) <= 0)
		testFail(__FILE__, __LINE__, "/proc/self/statm");
	close(fd);
	unsigned long size, rss;
	if (sscanf(buf, "%lu %lu", &size, &rss) != 2)
		testFail(__FILE__, __LINE__, "statm: %s", buf);
	return rss * 4096;
}
