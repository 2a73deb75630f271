/* parked.c: what a goroutine costs that only waits.
 *
 * N goroutines announce themselves, then block on one channel. The figure is the growth of
 * resident memory and page tables, as the kernel counts them (VmRSS and VmPTE), divided by N;
 * beside it the time to start one and the time to release one.
 */
#include "bench.h"

#include <string.h>

static int64_t
resident(void)
{
	FILE *f = fopen("/proc/self/status", "r");
	char line[256];
	int64_t total = 0;
	if (!f) {
		perror("/proc/self/status");
		exit(1);
	}
	while (fgets(line, sizeof line, f))
		if (strncmp(line, "VmRSS:", 6) == 0 || strncmp(line, "VmPTE:", 6) == 0)
			total += strtoll(line + 6, NULL, 10) * 1024;
	fclose(f);
	return total;
}

struct crowd {
	gort_waitgroup here, gone;
	gort_chan *gate;
};

static void
wait_at_gate(void *arg)
{
	struct crowd *k = arg;
	int64_t v;
	gort_waitgroup_done(&k->here);
	gort_recv(k->gate, &v);
	gort_waitgroup_done(&k->gone);
}

static void
park(const char *name, int64_t n, size_t stack)
{
	struct crowd k = {.gate = gort_chan_make(int64_t, 0)};
	gort_go_options options = {.stack = stack};
	int64_t before = resident();
	int64_t t0 = gort_now();
	gort_waitgroup_add(&k.here, (int)n);
	gort_waitgroup_add(&k.gone, (int)n);
	for (int64_t i = 0; i < n; i++) {
		int err = gort_go_opt(wait_at_gate, &k, &options);
		if (err < 0) {
			fprintf(stderr, "measures: %s: goroutine %" PRId64 ": %s\n", name, i,
				gort_strerror(err));
			exit(1);
		}
	}
	gort_waitgroup_wait(&k.here);
	int64_t t1 = gort_now();
	int64_t after = resident();
	int64_t t2 = gort_now();
	gort_close(k.gate);
	gort_waitgroup_wait(&k.gone);
	int64_t t3 = gort_now();
	printf("%s %.1f\n", name, (double)(after - before) / (double)n);
	printf("%s_start %.1f\n", name, (double)(t1 - t0) / (double)n);
	printf("%s_release %.1f\n", name, (double)(t3 - t2) / (double)n);
}

static void
parked_100k(int64_t n)
{
	park("parked_100k", n, 0);
}

static void
parked_1m(int64_t n)
{
	park("parked_1m", n, 0);
}

/* Other stack sizes: what changes is the page tables. */
static void
parked_stack64k(int64_t n)
{
	park("parked_stack64k", n, 64 << 10);
}

static void
parked_stack1m(int64_t n)
{
	park("parked_stack1m", n, 1 << 20);
}

const struct measure parked_measures[] = {
	{"parked_100k", parked_100k},
	{"parked_1m", parked_1m},
	{"parked_stack64k", parked_stack64k},
	{"parked_stack1m", parked_stack1m},
	{NULL, NULL},
};
