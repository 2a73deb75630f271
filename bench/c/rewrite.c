/* rewrite.c: a large heap that is rewired while the collector reads it.
 *
 * A table of 4 Mi records of 32 bytes, each with a payload of 96 bytes without pointers: 512 MiB, and the table. An
 * operation replaces a record by a new one with a new payload, whose link leads to another entry's record,
 * and takes the old one's link off, so that what is replaced does not keep what was replaced before it.
 *     gc_rewrite     entries at random
 *     rewrite_all    one entry after the other, as fast as one core can
 * OPS is how many milliseconds that goes on: 8,000; with less the table is smaller by as much. Beside it a
 * goroutine sleeps 1 ms at a time. Figures: NAME, ns an operation; _stop, the longest stop of the program, the
 * building of the table included; _late, by how much the sleeper was late at worst; _size, the most memory that the
 * process had (VmHWM).
 */
#include "bench.h"

#include <string.h>

enum { RECORDS = 4 << 20, FULL = 8000, PAYLOAD = 96, SLEEP = 1000000 };

struct record {
	struct record *link;
	unsigned char *payload;
	int64_t number, version;
};
GORT_POINTERS(struct record, link, payload);

static struct record **table;
static int64_t ntable, nextVersion;
static int64_t end, late;

static struct record *
newRecord(int64_t number)
{
	struct record *r = gort_new(struct record);
	r->payload = gort_make(unsigned char, PAYLOAD);
	r->payload[0] = (unsigned char)number;
	r->number = number;
	r->version = ++nextVersion;
	return r;
}

static void
replace(int64_t i, int64_t to)
{
	struct record *old = table[i], *r = newRecord(i);
	r->link = table[to];
	old->link = NULL;
	table[i] = r;
}

static void
sleepOn(void *arg)
{
	(void)arg;
	while (gort_now() < end) {
		int64_t t0 = gort_now();
		gort_sleep(SLEEP);
		int64_t more = gort_now() - t0 - SLEEP;
		if (more > late)
			late = more;
	}
}

static int64_t
mostMemory(void)
{
	FILE *f = fopen("/proc/self/status", "r");
	char line[256];
	int64_t kb = 0;
	while (f != NULL && fgets(line, sizeof line, f))
		if (strncmp(line, "VmHWM:", 6) == 0)
			kb = strtoll(line + 6, NULL, 10);
	if (f != NULL)
		fclose(f);
	return kb * 1024;
}

static void
checkTable(void)
{
	for (int64_t i = 0; i < ntable; i++) {
		const struct record *r = table[i];
		if (r->number != i || r->payload[0] != (unsigned char)i) {
			fprintf(stderr, "measures: record %" PRId64 " is damaged\n", i);
			exit(1);
		}
	}
}

static void
rewrite(const char *name, int64_t ms, bool inOrder)
{
	gort_waitgroup wg = GORT_WAITGROUP_INIT;
	int64_t n = 0, at = 0;
	uint64_t x = 1;
	ntable = ms < FULL ? RECORDS * ms / FULL : RECORDS;
	table = gort_make(struct record *, ntable);
	for (int64_t i = 0; i < ntable; i++)
		table[i] = newRecord(i);
	int64_t start = gort_now();
	end = start + ms * 1000000;
	gort_waitgroup_go(&wg, sleepOn, NULL);
	do {
		for (int k = 0; k < 64; k++) {
			int64_t i = at, to = at == 0 ? ntable - 1 : at - 1;
			if (!inOrder) {
				x = x * 6364136223846793005u + 1442695040888963407u;
				i = (int64_t)((x >> 33) % (uint64_t)ntable);
				x = x * 6364136223846793005u + 1442695040888963407u;
				to = (int64_t)((x >> 33) % (uint64_t)ntable);
			}
			replace(i, to);
			at = at + 1 == ntable ? 0 : at + 1;
		}
		n += 64;
	} while (gort_now() < end);
	report(name, start, n);
	gort_waitgroup_wait(&wg);
	checkTable();
	gort_memstats m;
	gort_read_memstats(&m);
	printf("%s_stop %" PRIu64 "\n%s_late %" PRId64 "\n%s_size %" PRId64 "\n", name,
		m.gc_pause_max, name, late, name, mostMemory());
}

static void
gc_rewrite(int64_t ms)
{
	rewrite("gc_rewrite", ms, false);
}

static void
rewrite_all(int64_t ms)
{
	rewrite("rewrite_all", ms, true);
}

const struct measure rewrite_measures[] = {
	{"gc_rewrite", gc_rewrite},
	{"rewrite_all", rewrite_all},
	{NULL, NULL},
};
