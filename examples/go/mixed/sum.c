/* Called by Go, calls Go, on the goroutine that Go is on; and talks to it over a channel. */
#include <gort.h>

long go_weight(long i) __asm__("main.Weight");

/* []float64 */
struct floats {
	double *p;
	long len, cap;
};

double c_weighted(struct floats v);
void c_count(gort_chan *c, long n);

double
c_weighted(struct floats v)
{
	double sum = 0;
	for (long i = 0; i < v.len; i++)
		sum += v.p[i] * (double)go_weight(i);
	return sum;
}

/* A goroutine of C's that sends to one of Go's. */
struct count {
	gort_chan *c;
	long n;
};

static void
counts(void *arg)
{
	struct count *count = arg;
	for (long i = 0; i < count->n; i++)
		gort_send(count->c, i);
	gort_close(count->c);
}

void
c_count(gort_chan *c, long n)
{
	struct count count = {c, n};
	gort_go_copy(counts, &count, sizeof count);
}
