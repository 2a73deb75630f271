/* offsets.h (amd64): the struct offsets that switch.S uses; asserted by offsets_check.c and
 * proved again at start by check().                                                  room: arch */
#ifndef GORT_ARCH_AMD64_OFFSETS_H
#define GORT_ARCH_AMD64_OFFSETS_H

#define G_STACK_LO    0
#define G_STACK_HI    8
#define G_SCHED_SP    16
#define G_M           24
#define G_STACKGUARD0 32
#define G_STACKKIND   120
#define G_HOP0_LO     128
#define G_HOP0_HI     136
#define G_HOP1_LO     144
#define G_HOP1_HI     152
#define M_G0          0
#define M_CURG        8
#define M_P           16
#define M_RAGGED      24
#define TRY_SP        48 /* in the record that trycall is given: lang/defer.c asserts it */

#endif
