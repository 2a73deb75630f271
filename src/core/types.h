/* types.h: the fixed-width vocabulary. No behaviour.                                 room: core */
#ifndef GORT_CORE_TYPES_H
#define GORT_CORE_TYPES_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

typedef intptr_t intgo; /* Go's int */

#define PTRSIZE ((uintptr_t)sizeof(void *))

#define KiB ((uintptr_t)1 << 10)
#define MiB ((uintptr_t)1 << 20)
#define GiB ((uintptr_t)1 << 30)

/* Durations and instants are int64_t nanoseconds everywhere; instants are nanotime()'s. */
#define US  ((int64_t)1000)
#define MS  ((int64_t)1000 * 1000)
#define SEC ((int64_t)1000 * 1000 * 1000)

#endif
