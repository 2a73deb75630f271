/* nocollect.c (freestanding): programs without libc do not collect yet.              room: gc */
#define GORT_GC_IMPL
#include "gc/internal.h"

void
gcCollectorInit(void)
{
}

void
gcCollectorEnable(void)
{
}

void
gcCollect(void)
{
	gcReleaseCycle();
}

int32_t
gcSetPercent(int32_t percent)
{
	int32_t old = gcpacer.gcPercent;
	gcpacer.gcPercent = percent < 0 ? -1 : percent;
	return old;
}

bool
gcRootAdd(uintptr_t p unused_ok, uintptr_t n unused_ok)
{
	return true;
}

bool
gcRootRemove(uintptr_t p unused_ok)
{
	return true;
}
