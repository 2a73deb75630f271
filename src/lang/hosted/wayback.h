/* wayback.h: from a recovered panic to its frame, without the unwinder.              room: lang */
#ifndef GORT_LANG_HOSTED_WAYBACK_H
#define GORT_LANG_HOSTED_WAYBACK_H

#include "lang/panicrec.h"

#include "arch/this/unwindregs.h"

#include <unwind.h>

enum { UNWIND_OURS, UNWIND_LIBGCC, UNWIND_COMPARE }; /* debug.unwind */

/* Goes from here to the frame of d, which is Go's or a try. Returns if the unwinder must do it. */
void goBackTo(struct deferrec *d);

/* Throws unless libgcc steps from r through the same frames as we do, as far as d's. framecheck.c */
void framesCheck(const struct unwindregs *r, const struct deferrec *d);

/* unwind.c: an exception object, and its end. */
struct _Unwind_Exception *newException(const struct tryrec *target);
void freeException(_Unwind_Reason_Code reason, struct _Unwind_Exception *e);

#endif
