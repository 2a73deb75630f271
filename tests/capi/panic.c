/* Panics, deferred calls, gort_try, gort_recover: each function of gort/panic.h, and what gort_goexit
 * and the runtime's own panics have to do with them. */
#include "check.h"

#include <stdlib.h>

/* What happened, a letter an event. One goroutine at a time writes. */
static char trail[64];
static size_t steps;

static void
step(void *letter)
{
	CHECK(steps < sizeof trail - 1);
	trail[steps++] = *(const char *)letter;
	trail[steps] = 0;
}

static void
restart(void)
{
	steps = 0;
	trail[0] = 0;
}

#define TRAIL(s) CHECK(strcmp(trail, s) == 0)
#define DEFER(s) gort_defer(step, (void *)(s))
#define STEP(s)  step((void *)(s))

static void
cleanup(const char **s)
{
	step((void *)*s);
}
#define CLEANUP(s) __attribute__((cleanup(cleanup))) const char *cleaned = s

/* ---- gort_defer --------------------------------------------------------------------------- */

static int
returns_early(int when)
{
	DEFER("a");
	if (when == 0)
		return 0;
	DEFER("b");
	for (int i = 0; i < 3; i++) {
		DEFER("c");
		if (i == when)
			continue;
		STEP(".");
	}
	{
		DEFER("d");
	}
	return 1;
}

static void
blocks(void)
{
	returns_early(0);
	TRAIL("a");
	restart();
	returns_early(1);
	TRAIL(".cc.cdba");
	restart();
}

/* arg is taken at once, what it points to at the end. */
static void
arguments(void)
{
	char c = 'x';
	{
		gort_defer(step, &c);
		c = 'y';
	}
	TRAIL("y");
	restart();
}

static void
bindings(void)
{
	struct gort_deferred d;
	gort_defer_begin(&d, step, (void *)"f");
	TRAIL("");
	gort_defer_end(&d);
	TRAIL("f");
	restart();
}

/* ---- gort_try ----------------------------------------------------------------------------- */

static void
nothing(void *arg)
{
	UNUSED(arg);
	DEFER("n");
}

static void
text(void *arg)
{
	CLEANUP("C");
	DEFER("1");
	DEFER("2");
	UNUSED(cleaned);
	gort_panic("number %d of %s", *(int *)arg, "many");
}

static void
value(void *arg)
{
	gort_panic_value(arg);
}

static void
tries(void)
{
	struct gort_panic p;
	int n = 7;
	CHECK(gort_try(&p, nothing, NULL));
	CHECK(gort_try(NULL, nothing, NULL));
	TRAIL("nn");
	restart();
	CHECK(!gort_try(&p, text, &n));
	CHECK(strcmp(p.text, "number 7 of many") == 0 && p.value == NULL);
#ifdef __EXCEPTIONS
	TRAIL("21C");
#endif
	restart();
	CHECK(!gort_try(NULL, text, &n));
	restart();
	CHECK(!gort_try(&p, value, &n));
	CHECK(p.value == &n && strncmp(p.text, "(unsafe.Pointer) 0x", 19) == 0);
}

static char longtext[5000];

static void
long_text(void *arg)
{
	UNUSED(arg);
	memset(longtext, 'l', sizeof longtext - 1);
	gort_panic("%s", longtext);
}

/* Registers of the caller's are as they were. */
static __attribute__((noinline)) long
many_values(long a, long b, long c, long d, long e, long f)
{
	struct gort_panic p;
	long g = a ^ f, h = b ^ e, i = c ^ d;
	CHECK(!gort_try(&p, value, NULL));
	CHECK(!gort_try(&p, long_text, NULL));
	CHECK(strcmp(p.text, longtext) == 0);
	return a + 10 * b + 100 * c + 1000 * d + 10000 * e + 100000 * f +
	       1000000 * (g + h + i - (a ^ f) - (b ^ e) - (c ^ d));
}

static void
registers(void)
{
	CHECK(many_values(1, 2, 3, 4, 5, 6) == 654321);
}

static void
deep(void *arg)
{
	int n = *(int *)arg - 1;
	struct gort_panic p;
	DEFER("d");
	if (n == 0)
		gort_panic("bottom");
	if (n % 2 == 0) {
		CHECK(!gort_try(&p, deep, &n));
		STEP("t");
		gort_panic_again(&p);
	}
	if (n > 0)
		deep(&n);
}

static void
again(void)
{
	struct gort_panic p;
	int n = 5;
	CHECK(!gort_try(&p, deep, &n));
	CHECK(strcmp(p.text, "bottom") == 0);
	TRAIL("ddtddtd");
	restart();
}

/* ---- panics in deferred calls ------------------------------------------------------------- */

static void
panics(void *arg)
{
	STEP("p");
	gort_panic("%s", (const char *)arg);
}

static void
two(void *arg)
{
	UNUSED(arg);
	DEFER("z");
	gort_defer(panics, (void *)"second");
	DEFER("y");
	gort_panic("first");
}

static void
tries_inside(void *arg)
{
	struct gort_panic p;
	CHECK(!gort_try(&p, two, NULL));
	CHECK(strcmp(p.text, "second") == 0);
	STEP((const char *)arg);
}

static void
outer(void *arg)
{
	UNUSED(arg);
	gort_defer(tries_inside, (void *)"i");
	gort_panic("outer");
}

/* Deferred in a block that ends by itself. */
static void
at_end(void *arg)
{
	UNUSED(arg);
	DEFER("e");
	gort_defer(panics, (void *)"late");
}

static void
nested(void)
{
	struct gort_panic p;
	CHECK(!gort_try(&p, two, NULL));
	CHECK(strcmp(p.text, "second") == 0);
	TRAIL("ypz");
	restart();
	CHECK(!gort_try(&p, outer, NULL));
	CHECK(strcmp(p.text, "outer") == 0);
	TRAIL("ypzi");
	restart();
	CHECK(!gort_try(&p, at_end, NULL));
	CHECK(strcmp(p.text, "late") == 0);
	TRAIL("pe");
	restart();
}

/* ---- gort_recover ------------------------------------------------------------------------- */

static void
recovers(void *arg)
{
	struct gort_panic p;
	memset(&p, 0, sizeof p);
	bool r = gort_recover(arg != NULL ? &p : NULL);
	CHECK(r);
	CHECK(arg == NULL || strcmp(p.text, (const char *)arg) == 0);
	CHECK(!gort_recover(&p));
	STEP("r");
}

static void
does_not(void *arg)
{
	struct gort_panic p;
	UNUSED(arg);
	CHECK(!gort_recover(&p));
	STEP("-");
}

static void
recovering(void *arg)
{
	DEFER("a");
	gort_defer(does_not, NULL);
	gort_defer(recovers, arg);
	DEFER("b");
	gort_panic("oops");
}

static void
calls_recovering(void *arg)
{
	DEFER("c");
	recovering(arg);
	STEP("!"); /* not reached: control is back in gort_try */
}

static void
recovery(void)
{
	struct gort_panic p;
	CHECK(!gort_recover(&p));
	CHECK(gort_try(&p, calls_recovering, (void *)"oops"));
	TRAIL("br-ac");
	restart();
	CHECK(gort_try(&p, calls_recovering, NULL));
	restart();
	{
		gort_defer(does_not, NULL); /* runs, but not because of a panic */
	}
	TRAIL("-");
	restart();
}

/* Without a gort_try the goroutine ends. */
static void
goroutine(void *arg)
{
	gort_defer(step, (void *)"g");
	calls_recovering(arg);
	STEP("!");
}

static gort_waitgroup wg;

static void
finish(void *arg)
{
	UNUSED(arg);
	gort_waitgroup_done(&wg);
}

static void
ends(void *fn)
{
	gort_defer(finish, NULL);
	(*(void (**)(void *))fn)(NULL);
	STEP("!");
}

static void
run(void (*fn)(void *))
{
	gort_waitgroup_add(&wg, 1);
	gort_go(ends, &fn);
	gort_waitgroup_wait(&wg);
}

static void
goroutine_ends(void)
{
	run(goroutine);
	TRAIL("br-acg");
	restart();
}

/* ---- gort_goexit -------------------------------------------------------------------------- */

static void
exits(void *arg)
{
	UNUSED(arg);
	DEFER("x");
	gort_defer(does_not, NULL);
	gort_goexit();
}

static void
exits_in_try(void *arg)
{
	UNUSED(arg);
	DEFER("o");
	if (gort_try(NULL, exits, NULL))
		STEP("!");
	STEP("!");
}

/* A panic in a deferred call takes over, is caught, and the exit goes on. */
static void
exit_with_panic(void *arg)
{
	UNUSED(arg);
	DEFER("w");
	gort_defer(recovers, (void *)"in exit");
	gort_defer(panics, (void *)"in exit");
	exits(NULL);
}

static void
exit_in_panic(void *arg)
{
	UNUSED(arg);
	DEFER("v");
	gort_defer(exits, NULL);
	gort_panic("lost");
}

static void
goexit_runs_deferred(void)
{
	run(exits_in_try);
	TRAIL("-xo");
	restart();
	run(exit_with_panic);
	TRAIL("-xprw");
	restart();
	run(exit_in_panic);
	TRAIL("-xv");
	restart();
}

/* ---- those who wait for a goroutine that ends so ------------------------------------------ */

/* A panic that gort_recover ends, without a try: the goroutine ends. */
static void
ends_recovered(void *arg)
{
	gort_defer(recovers, NULL);
	gort_panic("%s", (const char *)arg);
}

static int
member_exits(void *arg)
{
	exits(arg);
	return GORT_EIO;
}

static int
member_panics(void *arg)
{
	calls_recovering(arg);
	return GORT_EIO;
}

static void
once_exits(void *arg)
{
	gort_once_do((gort_once *)arg, exits, NULL);
	STEP("!");
}

static void
once_panics(void *arg)
{
	gort_once_do((gort_once *)arg, panics, (void *)"in once");
	STEP("!");
}

static void
not_again(void *arg)
{
	UNUSED(arg);
	STEP("!");
}

static void
waiters(void)
{
	struct gort_panic p;
	gort_waitgroup_go(&wg, exits, NULL);
	gort_waitgroup_wait(&wg);
	TRAIL("-x");
	restart();
	gort_waitgroup_go(&wg, ends_recovered, (void *)"in a group");
	gort_waitgroup_wait(&wg);
	TRAIL("r");
	restart();

	gort_scope s = GORT_SCOPE_INIT;
	gort_scope_go(&s, member_exits, NULL);
	CHECK(gort_scope_wait(&s) == 0);
	TRAIL("-x");
	restart();
	gort_scope t = GORT_SCOPE_INIT;
	gort_scope_go(&t, member_panics, NULL);
	CHECK(gort_scope_wait(&t) == 0);
	TRAIL("br-ac");
	restart();

	gort_once o = GORT_ONCE_INIT, q = GORT_ONCE_INIT;
	gort_waitgroup_go(&wg, once_exits, &o);
	gort_waitgroup_wait(&wg);
	gort_once_do(&o, not_again, NULL);
	TRAIL("-x");
	restart();
	CHECK(!gort_try(&p, once_panics, &q));
	CHECK(strcmp(p.text, "in once") == 0);
	gort_once_do(&q, not_again, NULL);
	TRAIL("p");
	restart();
}

/* ---- the runtime's own -------------------------------------------------------------------- */

static volatile int zero;
static int *volatile null;
static void (*volatile no_function)(void);

static void
send_closed(void *arg)
{
	int one = 1;
	gort_send((gort_chan *)arg, one);
}

/* In C++ a function that has to clean up and whose instructions may fault is compiled with
 * -fnon-call-exceptions, or ends in std::terminate. */
#ifdef __cplusplus
#	define IN_C(x)
#else
#	define IN_C(x) x
#endif

static void
divides(void *arg)
{
	IN_C(DEFER("d");)
	UNUSED(arg);
	gort_printf("%d", 100 / zero);
}

static void
follows(void *arg)
{
	IN_C(DEFER("f");)
	UNUSED(arg);
	*null = 1;
}

static void
calls_nothing(void *arg)
{
	DEFER("0");
	UNUSED(arg);
	no_function();
}

static void
negative(void *arg)
{
	gort_waitgroup w = GORT_WAITGROUP_INIT;
	UNUSED(arg);
	gort_waitgroup_done(&w);
}

static void
caught(void (*fn)(void *), void *arg, const char *what)
{
	struct gort_panic p;
	CHECK(!gort_try(&p, fn, arg));
	CHECK(strcmp(p.text, what) == 0);
	CHECK(p.value == NULL);
}

static void
the_runtimes(void)
{
	gort_chan *c = gort_chan_make(int, 0);
	static const char nil[] =
		"runtime error: invalid memory address or nil pointer dereference";
	gort_close(c);
	for (int i = 0; i < 3; i++) {
		caught(send_closed, c, "send on closed channel");
		caught(negative, NULL, "sync: negative WaitGroup counter");
		caught(divides, NULL, "runtime error: integer divide by zero");
		caught(follows, NULL, nil);
		caught(calls_nothing, NULL, nil);
		IN_C(TRAIL("df0");)
		restart();
	}
	restart();
}

/* ---- many at once ------------------------------------------------------------------------- */

static void
yields(void *arg)
{
	UNUSED(arg);
	gort_gosched();
}

/* To ThreadSanitizer two that fault at the same address are a race. */
static __attribute__((noinline, unused, no_sanitize("thread"))) void
writes(int *where)
{
	*where = 1;
}

static void
yielding_panic(void *arg)
{
	gort_defer(yields, NULL);
	gort_defer(yields, NULL);
	IN_C(if (*(int *)arg % 3 == 0) writes(null);)
	gort_panic("%d", *(int *)arg);
}

static void
worker(void *arg)
{
	gort_defer(finish, NULL);
	for (int i = 0; i < 100; i++) {
		struct gort_panic p;
		int n = *(int *)arg + i;
		CHECK(!gort_try(&p, yielding_panic, &n));
		CHECK(strncmp(p.text, "runtime error", 13) == 0 ? n % 3 == 0 : atoi(p.text) == n);
	}
}

static void
crowd(void)
{
	enum { N = 50 };
	gort_waitgroup_add(&wg, N);
	for (int i = 0; i < N; i++)
		gort_go_copy(worker, &i, sizeof i);
	gort_waitgroup_wait(&wg);
}

int
gort_main(int argc, char **argv)
{
	UNUSED(argc);
	UNUSED(argv);
	blocks();
	arguments();
	bindings();
	tries();
	restart();
	registers();
	again();
	nested();
	recovery();
	goroutine_ends();
	goexit_runs_deferred();
	waiters();
	the_runtimes();
	crowd();
	PASSED();
}
