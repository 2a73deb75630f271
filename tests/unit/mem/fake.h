/* fake.h: mem and gc without a scheduler: one thread that is m0 on g0 with a P. */
#ifndef GORT_TESTS_FAKE_H
#define GORT_TESTS_FAKE_H

#ifndef GORT_MEM_IMPL
#	define GORT_MEM_IMPL
#endif
#include "mem/internal.h"
#include "test.h"

#include <stdlib.h>
#include <string.h>

/* Sanitizers: everything is slow, and memory is not what it is. */
#define SLOW_BUILD (GORT_ASAN || GORT_TSAN)

extern struct p fakep;

void fakeBoot(void); /* up to gcinit, with a cache for fakep */
/* On a fresh pthread: an M and a P of its own, so that it can allocate. */
void fakeThread(struct m *mp, struct g *gp, struct p *pp);
uintptr_t residentBytes(void); /* of this process, from /proc/self/statm */

#endif
