/* main.c: finds the measure and runs it. See bench.h. */
#include "bench.h"

#include <string.h>

static const struct measure *const families[] = {sched_measures, chan_measures, sync_measures,
	mem_measures, map_measures, parked_measures, system_measures, lang_measures, panic_measures,
	trees_measures, rewrite_measures};
enum { NFAMILIES = sizeof families / sizeof families[0] };

void
report(const char *name, int64_t start, int64_t ops)
{
	const char *suffix = getenv("BENCH_SUFFIX"); /* the same measure for another purpose */
	printf("%s%s %.3f\n", name, suffix != NULL ? suffix : "",
		(double)(gort_now() - start) / (double)ops);
}

void
together(int n, void (*f)(void *arg), void *arg)
{
	gort_waitgroup wg = GORT_WAITGROUP_INIT;
	for (int i = 0; i < n; i++)
		gort_waitgroup_go(&wg, f, arg);
	gort_waitgroup_wait(&wg);
}

static int
usage(void)
{
	fprintf(stderr, "usage: measures NAME OPS, where NAME is one of\n");
	for (int i = 0; i < NFAMILIES; i++)
		for (const struct measure *m = families[i]; m->name; m++)
			fprintf(stderr, "\t%s\n", m->name);
	return 2;
}

int
gort_main(int argc, char **argv)
{
	if (argc != 3)
		return usage();
	char *end;
	long long ops = strtoll(argv[2], &end, 10);
	if (*end != '\0' || ops < 1) {
		fprintf(stderr, "measures: %s: not a number of operations\n", argv[2]);
		return 2;
	}
	for (int i = 0; i < NFAMILIES; i++)
		for (const struct measure *m = families[i]; m->name; m++)
			if (strcmp(m->name, argv[1]) == 0) {
				m->run(ops);
				return 0;
			}
	fprintf(stderr, "measures: %s: no such measure\n", argv[1]);
	return 2;
}
