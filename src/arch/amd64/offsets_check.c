/* offsets_check.c (amd64): offsets.h agrees with runtime2.h, or does not compile.   room: arch */
#include "arch/amd64/offsets.h"
#include "core/runtime2.h"

_Static_assert(offsetof(struct g, stack.lo) == G_STACK_LO, "G_STACK_LO");
_Static_assert(offsetof(struct g, stack.hi) == G_STACK_HI, "G_STACK_HI");
_Static_assert(offsetof(struct g, sched.sp) == G_SCHED_SP, "G_SCHED_SP");
_Static_assert(offsetof(struct g, m) == G_M, "G_M");
_Static_assert(offsetof(struct g, stackguard0) == G_STACKGUARD0, "G_STACKGUARD0");
_Static_assert(offsetof(struct g, stackkind) == G_STACKKIND, "G_STACKKIND");
_Static_assert(offsetof(struct g, hop[0].lo) == G_HOP0_LO, "G_HOP0_LO");
_Static_assert(offsetof(struct g, hop[0].hi) == G_HOP0_HI, "G_HOP0_HI");
_Static_assert(offsetof(struct g, hop[1].lo) == G_HOP1_LO, "G_HOP1_LO");
_Static_assert(offsetof(struct g, hop[1].hi) == G_HOP1_HI, "G_HOP1_HI");
_Static_assert(offsetof(struct m, g0) == M_G0, "M_G0");
_Static_assert(offsetof(struct m, curg) == M_CURG, "M_CURG");
_Static_assert(offsetof(struct m, p) == M_P, "M_P");
_Static_assert(offsetof(struct m, ragged) == M_RAGGED, "M_RAGGED");
