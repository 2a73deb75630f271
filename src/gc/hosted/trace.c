/* trace.c: GODEBUG=gctrace=1, gcpacertrace=1.                                        room: gc
 *
 * Go's line, so that tools read it. The three times of a cycle are Go's: the stop that begins it,
 * the concurrent mark, the stop that ends it. If the world stands still for the whole mark the second is
 * 0 and the third has the mark. Of pages that are tracked (track.c) there are lines that begin with gctrack:
 * one when that begins or is refused; with gctrace=2 one after each collection.
 */
#define GORT_GC_IMPL
#include "gc/hosted/collect.h"

/* ns as milliseconds, three digits, as Go prints them. */
static const char *
ms(char buf[24], int64_t ns)
{
	uint64_t x = ns < 0 ? 0 : (uint64_t)ns / 1000;
	if (ns >= 10 * MS) {
		rtsnprintf(buf, 24, "%lu", (unsigned long)(ns / MS));
		return buf;
	}
	if (x == 0)
		return "0";
	uint32_t dec = 3, unit = 1000;
	while (x >= 100) {
		x /= 10;
		dec--;
		unit /= 10;
	}
	rtsnprintf(buf, 24,
		dec == 3   ? "%lu.%03lu"
		: dec == 2 ? "%lu.%02lu"
			   : "%lu.%01lu",
		(unsigned long)(x / unit), (unsigned long)(x % unit));
	return buf;
}

static unsigned long
mb(uint64_t n)
{
	return (unsigned long)(n >> 20);
}

void
gctracePrint(uint64_t n, const struct cycletimes *t)
{
	char s[8][24];
	int64_t since = t->end - sched.starttime;
	/* Of a collection that the program did not run during: the stop, and the rest. */
	bool ran = t->running != 0;
	int64_t sweepterm = (ran ? t->running : t->stopped) - t->start;
	int64_t mark = ran ? t->again - t->running : 0;
	int64_t markterm = t->end - (ran ? t->again : t->stopped);
	uint64_t all = (uint64_t)(since > 0 ? since : 1) * (uint64_t)t->procs;
	uint64_t goal = t->goal == UINT64_MAX ? 0 : t->goal;
	printlock();
	rtprintf("gc %lu @%lu.%03lus %lu%%: %s+%s+%s ms clock, %s+%s/%s/%s+%s ms cpu, ",
		(unsigned long)n, (unsigned long)(since / SEC), (unsigned long)(since / MS % 1000),
		(unsigned long)(gcstats.cpu * 100 / all), ms(s[0], sweepterm), ms(s[1], mark),
		ms(s[2], markterm), ms(s[3], sweepterm * t->procs),
		ms(s[4], (int64_t)t->mark.assist), ms(s[5], (int64_t)t->mark.share),
		ms(s[6], (int64_t)t->mark.idle), ms(s[7], markterm * t->procs));
	rtprintf("%lu->%lu->%lu MB, %lu MB goal, %lu MB stacks, %lu MB globals, %d P%s\n",
		mb(t->heapBefore), mb(t->heapAfter), mb(t->live), mb(goal), mb(t->stacks),
		mb(t->globals), t->procs, t->forced ? " (forced)" : "");
	if (debug.gctrace > 1 && t->tracked) {
		rtprintf("gctrack: wp, %s ms to begin, pages written:", ms(s[0], tracktimes.clean));
		for (uint32_t r = 0; r < tracktimes.rounds; r++)
			rtprintf(" %lu", (unsigned long)tracktimes.round[r]);
		rtprintf(" in %u rounds, %lu at the end, found in %s ms\n", tracktimes.rounds,
			(unsigned long)tracktimes.last, ms(s[1], tracktimes.look));
	}
	printunlock();
}

static unsigned long
percent(uint64_t part, uint64_t of)
{
	return (unsigned long)(part * 100 / (of != 0 ? of : 1));
}

/* Go's two lines, of a collection that the program ran beside; both at its end. The ratios have three
 * digits after the point. cons/mark: how fast a processor of the program allocates, to how fast one of the
 * collector marks. */
void
gcpacertracePrint(const struct cycletimes *t)
{
	const struct pacerwas *was = &pacerwas;
	if (t->running == 0)
		return;
	uint64_t all = (uint64_t)(t->again - t->running) * (uint64_t)t->procs;
	uint64_t paid = t->mark.share + t->mark.assist, marking = paid + t->mark.idle;
	uint64_t running = all > marking ? all - marking : 1;
	uint64_t born = t->heapAfter > was->heap ? t->heapAfter - was->heap : 0;
	uint64_t marked = t->live > born ? t->live - born : 1;
	/* In thousandths; bytes in KiB, so that nothing overflows. */
	uint64_t cons = born / KiB * 1000 / (running / US + 1),
		 rate = marked / KiB * 1000 / (marking / US + 1);
	uint64_t consmark = cons * 1000 / (rate != 0 ? rate : 1);
	int64_t over = (int64_t)t->heapAfter - (int64_t)was->goal;
	if (was->goal == UINT64_MAX)
		over = 0;
	printlock();
	rtprintf("pacer: assist ratio=%lu.%03lu (scan %lu MB in %lu->%lu MB) workers=%d%%\n",
		(unsigned long)(was->ratio / 1000), (unsigned long)(was->ratio % 1000),
		mb(was->live), mb(was->heap), was->goal == UINT64_MAX ? 0 : mb(was->goal), 25);
	rtprintf("pacer: %lu%% CPU (25 exp.) for %lu+%lu+%lu B work (%lu B exp.) in %lu B -> %lu B "
		 "(∆goal %ld, cons/mark %lu.%03lu)\n",
		percent(paid, all), (unsigned long)marked, (unsigned long)t->stacks,
		(unsigned long)t->globals, (unsigned long)(was->live + was->roots),
		(unsigned long)was->heap, (unsigned long)t->heapAfter, (long)over,
		(unsigned long)(consmark / 1000), (unsigned long)(consmark % 1000));
	printunlock();
}
