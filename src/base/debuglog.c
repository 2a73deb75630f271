/* debuglog.c: a log that works anywhere; debug and hard builds.                      room: base
 *
 * In a handler, under any lock, half-way through a switch: debuglog takes no lock, allocates
 * nothing and writes to no descriptor. It formats into a ring of records; throw prints what the
 * rings hold, oldest first.
 *
 * There are RINGS rings and an M writes to ring id % RINGS, so two threads rarely meet in one. A
 * writer claims a record by adding to the ring's count and owns it alone until the ring has
 * gone round. seq is 0 while a record is being written; the dump skips such ones, and a record
 * that is overwritten while it is printed shows as a torn line, never as a crash.
 */
#include "base/base.h"

#if GORT_DEBUG || GORT_HARD

#	define RINGS   16
#	define RECORDS 64

struct record {
	uint64_t seq; /* atomic; 0: being written or never used */
	int64_t when;
	int64_t mid;
	uint64_t goid;
	char text[96];
};

static struct ring {
	uint64_t count; /* atomic: records ever claimed */
	struct record records[RECORDS];
} aligned_to(CACHE_LINE) rings[RINGS];

static uint64_t logseq; /* atomic: the order over all rings */

void
debuglog(const char *fmt, ...)
{
	struct g *gp = getg();
	struct m *mp = gp != NULL ? gp->m : NULL;
	struct ring *ring = &rings[mp != NULL ? (uint64_t)mp->id % RINGS : 0];
	struct record *r = &ring->records[(xadd(&ring->count, (uint64_t)1) - 1) % RECORDS];
	store_rel(&r->seq, (uint64_t)0);
	r->when = nanotime();
	r->mid = mp != NULL ? mp->id : -1;
	r->goid = gp != NULL ? gp->goid : 0;
	__builtin_va_list ap;
	__builtin_va_start(ap, fmt);
	rtvsnprintf(r->text, sizeof r->text, fmt, ap);
	__builtin_va_end(ap);
	store_rel(&r->seq, xadd(&logseq, (uint64_t)1));
}

void
debuglogDump(void)
{
	/* Selection by sequence number: quadratic, and the process is dying anyway. */
	uint64_t last = 0;
	bool first = true;
	for (;;) {
		struct record *next = NULL;
		uint64_t nextseq = UINT64_MAX;
		for (int i = 0; i < RINGS; i++) {
			for (int j = 0; j < RECORDS; j++) {
				uint64_t seq = load_acq(&rings[i].records[j].seq);
				if (seq > last && seq < nextseq) {
					next = &rings[i].records[j];
					nextseq = seq;
				}
			}
		}
		if (next == NULL)
			return;
		if (first)
			rtprintf("debug log, oldest first:\n");
		first = false;
		rtprintf("\t%ld.%06ld m%ld g%lu %.*s\n", (long)(next->when / SEC),
			(long)(next->when % SEC / US), (long)next->mid, (unsigned long)next->goid,
			(int)sizeof next->text, next->text);
		last = nextseq;
	}
}

#endif
