/* sorted.c: objects that only the array knows that is being sorted, beside collections. */
#include <gort.h>
#include <stdio.h>
#include <stdlib.h>
#include <stdatomic.h>
enum { N = 100000 };
struct o {
	long key, self;
};
static _Atomic int stop;
static int
cmp(const void *a, const void *b)
{
	const struct o *x = *(struct o *const *)a, *y = *(struct o *const *)b;
	return (x->key > y->key) - (x->key < y->key);
}
static void
collector(void *arg)
{
	while (!stop) {
		gort_gc();
		for (int i = 0; i < 20000; i++) {
			struct o *p = gort_alloc(sizeof *p);
			p->key = -1;
		}
	}
	gort_send((gort_chan *)arg, 1);
}
int
gort_main(int argc, char **argv)
{
	gort_chan *done = gort_chan_make(int, 0);
	struct o **v = gort_make(struct o *, N);
	unsigned s = 1;
	for (int i = 0; i < N; i++) {
		v[i] = gort_alloc(sizeof **v);
		v[i]->self = ~(long)v[i];
	}
	gort_go(collector, done);
	long bad = 0;
	for (int r = 0; r < 8 && !bad; r++) {
		for (int i = 0; i < N; i++)
			v[i]->key = (s = s * 1103515245 + 12345) >> 8;
		qsort(v, N, sizeof *v, cmp);
		for (int i = 0; i < N; i++)
			bad += v[i]->self != ~(long)v[i];
	}
	stop = 1;
	int x;
	gort_recv(done, &x);
	printf("%ld lost\n", bad);
	return bad != 0;
}
