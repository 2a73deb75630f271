/* probe.h (amd64): proof at run time that switch.S and the compiler agree on offsets.  room: arch
 *
 * offsetsProbe, in switch.S's own terms, writes a mark through every offset of offsets.h;
 * base/check.c reads the fields by their names. */
#ifndef GORT_ARCH_AMD64_PROBE_H
#define GORT_ARCH_AMD64_PROBE_H

#define PROBE_G_STACK_LO    0x6701
#define PROBE_G_STACK_HI    0x6702
#define PROBE_G_SCHED_SP    0x6703
#define PROBE_G_M           0x6704
#define PROBE_G_STACKGUARD0 0x6705
#define PROBE_M_G0          0x6d01
#define PROBE_M_CURG        0x6d02
#define PROBE_M_P           0x6d03

#ifndef __ASSEMBLER__
struct g;
struct m;
void offsetsProbe(struct g *gp, struct m *mp);
#endif

#endif
