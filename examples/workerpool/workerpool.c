/* workerpool: four workers take jobs from one channel and put results on another. A last goroutine
 * closes the results when all workers are done, which ends main's loop. */
#include <gort.h>

#include <stdio.h>

#define WORKERS 4
#define JOBS    1000

static gort_chan *jobs, *results;
static gort_waitgroup workers;

struct result {
	int job;
	uint64_t collatz; /* steps that the job's number takes to reach 1 */
};

static void
worker(void *arg)
{
	(void)arg;
	int job;
	while (gort_recv(jobs, &job)) {
		struct result r = {job, 0};
		for (uint64_t n = (uint64_t)job; n != 1; r.collatz++)
			n = n % 2 != 0 ? 3 * n + 1 : n / 2;
		gort_send(results, r);
	}
}

static void
close_results(void *arg)
{
	(void)arg;
	gort_waitgroup_wait(&workers);
	gort_close(results);
}

static void
give_jobs(void *arg)
{
	(void)arg;
	for (int job = 1; job <= JOBS; job++)
		gort_send(jobs, job);
	gort_close(jobs);
}

int
gort_main(int argc, char **argv)
{
	(void)argc, (void)argv;
	jobs = gort_chan_make(int, 16);
	results = gort_chan_make(struct result, 16);
	for (int i = 0; i < WORKERS; i++)
		gort_waitgroup_go(&workers, worker, NULL);
	gort_go(give_jobs, NULL);
	gort_go(close_results, NULL);

	struct result r, longest = {0, 0};
	int n = 0;
	for (; gort_recv(results, &r); n++)
		if (r.collatz > longest.collatz)
			longest = r;
	printf("%d jobs; the number %d takes the most steps: %d\n", n, longest.job,
		(int)longest.collatz);
	return 0;
}
