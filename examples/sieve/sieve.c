/* sieve: the first primes, by a chain of goroutines: one for each prime, which passes on the
 * numbers that its prime does not divide. What reaches the end of the chain is the next prime. */
#include <gort.h>

#include <stdio.h>

static void
generate(void *arg)
{
	gort_chan *out = arg;
	for (int i = 2;; i++)
		gort_send(out, i);
}

struct filter {
	gort_chan *in, *out;
	int prime;
};

static void
filter(void *arg)
{
	struct filter *f = arg;
	for (;;) {
		int i;
		gort_recv(f->in, &i);
		if (i % f->prime != 0)
			gort_send(f->out, i);
	}
}

int
gort_main(int argc, char **argv)
{
	(void)argc, (void)argv;
	gort_chan *c = gort_chan_make(int, 0);
	gort_go(generate, c);
	for (int n = 0; n < 300; n++) {
		struct filter f = {.in = c, .out = gort_chan_make(int, 0)};
		gort_recv(c, &f.prime);
		printf("%d\n", f.prime);
		gort_go_copy(filter, &f, sizeof f);
		c = f.out;
	}
	return 0; /* the chain ends with the program */
}
