/* finalizer.h: for the doors: what is called when an object is dead.                 room: gc */
#ifndef GORT_GC_FINALIZER_H
#define GORT_GC_FINALIZER_H

#include "gc/gc.h"
#include "mem/special.h"

/* As specialSetFinalizer and specialAddCleanup, and there is a goroutine that will call it. On a
 * goroutine, inrt > 0. */
bool finalizerSet(uintptr_t addr, const struct specialcall *call);
uint64_t cleanupAdd(uintptr_t addr, const struct specialcall *call);
/* Objects are found dead at all. */
extern bool finalizersRun;

#endif
