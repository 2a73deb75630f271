/* internal.h: what the files of this room share and nobody else may call.            room: base */
#ifndef GORT_BASE_INTERNAL_H
#define GORT_BASE_INTERNAL_H

#include "base/base.h"

/* fatal.c -> debugvars.c: why the process dies decides what its stacks show. */
enum throwtype { THROW_NONE, THROW_USER, THROW_RUNTIME };
extern uint8_t throwing;

/* debugvars.c -> boottrace.c: whether boottrace is on is known from here on. */
void bootTraceKnown(void);

#endif
