/* track.h: what the sanitizers and valgrind are told about our stacks.               room: core
 *
 * Every hook is a call that vanishes in ordinary builds. A stack switch is bracketed:
 * trackSwitchStart on the old stack, the switch, trackSwitchFinish first thing on the new one.
 */
#ifndef GORT_CORE_TRACK_H
#define GORT_CORE_TRACK_H

#include "core/compiler.h"
#include "core/runtime2.h"

#if GORT_ASAN
void __sanitizer_start_switch_fiber(void **fake, const void *bottom, size_t size);
void __sanitizer_finish_switch_fiber(void *fake, const void **bottom, size_t *size);
void __asan_handle_no_return(void);
void __asan_unpoison_memory_region(const volatile void *p, size_t n);
#endif
#if GORT_TSAN
void *__tsan_get_current_fiber(void);
void *__tsan_create_fiber(unsigned flags);
void __tsan_destroy_fiber(void *fiber);
void __tsan_switch_to_fiber(void *fiber, unsigned flags);
#endif

/* from: the G that leaves its stack (dying: for good); to: the G that continues. */
static always_inline no_sanitize void
trackSwitchStart(struct g *from unused_ok, struct g *to unused_ok, bool dying unused_ok)
{
#if GORT_ASAN
	__sanitizer_start_switch_fiber(
		dying ? NULL : &from->asanfake, (void *)to->stack.lo, to->stack.hi - to->stack.lo);
#endif
#if GORT_TSAN
	if (to->tsanfiber == NULL)
		to->tsanfiber = __tsan_create_fiber(0);
	__tsan_switch_to_fiber(to->tsanfiber, 0);
#endif
}

static always_inline no_sanitize void
trackSwitchFinish(struct g *self unused_ok)
{
#if GORT_ASAN
	const void *bottom;
	size_t size;
	__sanitizer_finish_switch_fiber(self->asanfake, &bottom, &size);
#endif
}

/* gp has ended, and another G runs. Its next life is a new fiber: this one may have ended deep in
 * calls that never returned. */
static always_inline void
trackDead(struct g *gp unused_ok)
{
#if GORT_TSAN
	__tsan_destroy_fiber(gp->tsanfiber);
	gp->tsanfiber = NULL;
#endif
}

/* The thread's own stack becomes gp's (g0 of a new M). */
static always_inline no_sanitize void
trackThreadStack(struct g *gp unused_ok)
{
#if GORT_TSAN
	gp->tsanfiber = __tsan_get_current_fiber();
#endif
}

/* The thread's own stack is gp's no more, and its g0 runs nobody. */
static always_inline no_sanitize void
trackThreadGone(struct g *gp unused_ok, struct g *g0_ unused_ok)
{
#if GORT_TSAN
	gp->tsanfiber = NULL;
	if (g0_->tsanfiber != NULL)
		__tsan_destroy_fiber(g0_->tsanfiber);
	g0_->tsanfiber = NULL;
#endif
}

/* Frames of the stack that runs are left by a jump. */
static always_inline no_sanitize void
trackLeave(void)
{
#if GORT_ASAN
	__asan_handle_no_return();
#endif
}

/* A slot is handed to a new goroutine: forget what the last one poisoned. */
static always_inline no_sanitize void
trackStackFresh(uintptr_t lo unused_ok, uintptr_t hi unused_ok)
{
#if GORT_ASAN
	__asan_unpoison_memory_region((void *)lo, hi - lo);
#endif
}

#endif
