# The flavour without libc: what is in the file, and what works in it.

binary() {
	cat >x.c
	gort build --freestanding -o x "$@" x.c
}

test_entry() { # secs=120
	gort build --freestanding -o x "$TOP/examples/nothing/nothing.c"
	entry=$(readelf -hW x | sed -n 's/.*Entry point address: *0x0*//p')
	nm x | grep -q "^0*$entry T _rt0_amd64_linux$" || die "the entry $entry is not _rt0_amd64_linux"
	want_equal "$(nm -u x)" ""
	want_equal "$(readelf -lW x | grep -c INTERP || :)" 0
	readelf -lW x | grep 'GNU_STACK' | grep -q 'RW ' || die "the stack is executable"
	run ./x
	want_status 0
}

# Go's program that does nothing has 1.2 MB.
test_size() { # secs=120
	only opt
	gort build --freestanding -o x "$TOP/examples/nothing/nothing.c"
	strip x
	size=$(wc -c <x)
	[ "$size" -le $((96 * 1024)) ] || die "$size bytes"
}

# Thread-local variables of the program: initialised, zeroed, aligned, one set a thread, also where
# they need more room than the runtime's own block has.
test_tls() { # secs=300
	for extra in 1 7 8 9 24 300 100000; do
		for align in "" -DALIGN=8 -DALIGN=16 -DALIGN=256; do
			tls "-DEXTRA=$extra" $align
		done
	done
}

tls() {
	binary "$@" <<'C'
#include <gort.h>
static _Thread_local int set = 42;
static _Thread_local char zero[EXTRA];
#ifdef ALIGN
static _Thread_local __attribute__((aligned(ALIGN))) volatile long aligned = 7;
#else
# define ALIGN 1
static long aligned = 7;
#endif
static int
fresh(void)
{
	int ok = set == 42 && aligned == 7 && ((unsigned long)&aligned & (ALIGN - 1)) == 0;
	for (int i = 0; i < EXTRA; i++)
		ok = ok && zero[i] == 0;
	return ok;
}
static void
other(void *arg)
{
	gort_lock_os_thread(); /* the main goroutine has the first thread: this is another one */
	int ok = fresh();
	set = 2;
	zero[EXTRA - 1] = 2;
	gort_send((gort_chan *)arg, ok);
}
int
gort_main(int argc, char **argv)
{
	(void)argc, (void)argv;
	gort_lock_os_thread();
	if (!fresh())
		return 10;
	set = 1;
	zero[EXTRA - 1] = 1;
	gort_chan *c = gort_chan_make(int, 0);
	gort_go(other, c);
	int ok;
	(void)gort_recv(c, &ok);
	return ok && set == 1 && zero[EXTRA - 1] == 1 ? 0 : 11;
}
C
	run ./x
	want_status 0
	want_lines err 0
}

# Constructors by priority before the runtime boots, destructors after main, indirect functions.
test_constructors() { # secs=120
	binary <<'C'
#include <gort.h>
static int order;
__attribute__((constructor(201))) static void first(void) { order = order * 10 + 1; }
__attribute__((constructor(202))) static void second(void) { order = order * 10 + 2; }
__attribute__((constructor)) static void third(void) { order = order * 10 + 3; }
__attribute__((destructor)) static void last(void) { gort_print("destroyed\n"); }
static int chosen(void) { return 5; }
static int (*resolve(void))(void) { return chosen; }
int indirect(void) __attribute__((ifunc("resolve")));
int
gort_main(int argc, char **argv)
{
	(void)argv;
	return order == 123 && indirect() == 5 ? argc : 9;
}
C
	run ./x a b
	want_status 3
	want_equal "$(cat out)" destroyed
}

# A program may bring its own memcpy; what the compiler makes of loops finds ours.
test_memory_functions() { # secs=120
	binary <<'C'
#include <gort.h>
void *memcpy(void *, const void *, unsigned long);
void *memset(void *, int, unsigned long);
int memcmp(const void *, const void *, unsigned long);
static char a[100000], b[100000];
int
gort_main(int argc, char **argv)
{
	(void)argv;
	for (int i = 0; i < 100000; i++)
		a[i] = (char)(i * 7 + argc);
	memcpy(b, a, sizeof a);
	if (memcmp(a, b, sizeof a) != 0)
		return 1;
	memset(b + 1, 0, 50000);
	if (b[0] != a[0] || b[1] != 0 || b[50000] != 0 || b[50001] != a[50001])
		return 2;
	return memcmp(a, b, sizeof a) > 0 ? 0 : 3;
}
C
	run ./x
	case $status in 0 | 3) ;; *) die "status $status" ;; esac
	binary <<'C'
#include <gort.h>
static int mine;
void *
memset(void *p, int c, unsigned long n)
{
	for (volatile char *q = p; n > 0; n--)
		*q++ = (char)c;
	mine++;
	return p;
}
int
gort_main(int argc, char **argv)
{
	char buf[300];
	(void)argc, (void)argv;
	memset(buf, 1, sizeof buf);
	return mine > 0 && buf[299] == 1 ? 0 : 1;
}
C
	run ./x
	want_status 0
}

# Threads come and go: each unmaps itself.
test_threads() { # secs=120
	binary <<'C'
#include <gort.h>
static void
once(void *arg)
{
	gort_lock_os_thread(); /* never unlocked: the thread ends with the goroutine */
	gort_send((gort_chan *)arg, 1);
}
int
gort_main(int argc, char **argv)
{
	(void)argc, (void)argv;
	gort_chan *c = gort_chan_make(int, 0);
	for (int i = 0; i < 300; i++) {
		gort_go(once, c);
		int v;
		(void)gort_recv(c, &v);
	}
	return 0;
}
C
	run ./x
	want_status 0
	want_lines err 0
}

# No descriptor is open: the runtime opens what it needs for them.
test_closed_fds() { # secs=120
	gort build --freestanding -o x "$TOP/examples/hello/hello.c"
	status=0
	./x <&- >&- 2>&- || status=$?
	want_equal "$status" 0
}

# Panics end in a try, faults too, what is deferred runs, on goroutines and on main; nobody ends it: the
# report. Functions of the cleanup attribute would need libc's unwinder: that is said when it is linked.
test_panics() { # secs=120
	binary -Wall -Wextra <<'C'
#include <gort.h>

static char trail[64];
static int steps;

static void
step(void *s)
{
	trail[steps++] = *(const char *)s;
	trail[steps] = 0;
}

#define DEFER(s) gort_defer(step, (void *)(s))

static int
same(const char *a, const char *b)
{
	while (*a != 0 && *a == *b)
		a++, b++;
	return *a == *b;
}

static void
expect(const char *want)
{
	if (!same(trail, want)) {
		gort_eprintf("%s, expected %s\n", trail, want);
		gort_exit(1);
	}
	steps = trail[0] = 0;
}

static void
caught(void (*fn)(void *), void *arg, const char *text)
{
	struct gort_panic p;
	if (gort_try(&p, fn, arg) || !same(p.text, text)) {
		gort_eprintf("no panic \"%s\"\n", text);
		gort_exit(1);
	}
}

static void
deep(void *arg)
{
	int n = *(int *)arg - 1;
	DEFER("d");
	if (n == 0)
		gort_panic("bottom of %d", 3);
	if (n > 0)
		deep(&n);
}

static void
again(void *arg)
{
	struct gort_panic p;
	DEFER("a");
	if (!gort_try(&p, deep, arg))
		gort_panic_again(&p);
}

static void
second(void *arg)
{
	(void)arg;
	gort_panic("second");
}

static void
nested(void *arg)
{
	(void)arg;
	DEFER("x");
	gort_defer(second, NULL);
	gort_panic("first");
}

static void
recovers(void *arg)
{
	struct gort_panic p;
	(void)arg;
	if (gort_recover(&p) && same(p.text, "oops"))
		step("r");
}

static void
recovering(void *arg)
{
	(void)arg;
	DEFER("o");
	gort_defer(recovers, NULL);
	gort_panic("oops");
}

static int *volatile null;
static volatile int zero;

static void
follows(void *arg)
{
	(void)arg;
	DEFER("f");
	*null = 1;
}

static void
divides(void *arg)
{
	(void)arg;
	DEFER("/");
	zero = 100 / zero;
}

static void
closed(void *arg)
{
	gort_chan *c = gort_chan_make(int, 1);
	(void)arg;
	gort_close(c);
	gort_send(c, 1);
}

static void
leaves(void *arg)
{
	(void)arg;
	DEFER("l");
	gort_goexit();
}

static void
many(void *arg)
{
	int n = *(int *)arg;
	for (int i = 0; i < 100; i++) {
		struct gort_panic p;
		int depth = n % 7 + 1;
		/* step() is one goroutine's at a time: these only panic. */
		if (gort_try(&p, i % 2 == 0 ? second : closed, &depth))
			gort_exit(2);
		gort_gosched();
	}
}

int
gort_main(int argc, char **argv)
{
	(void)argv;
	int three = 3;
	if (argc > 1)
		deep(&three);
	for (int i = 0; i < 3; i++) {
		caught(deep, &three, "bottom of 3");
		expect("ddd");
		caught(again, &three, "bottom of 3");
		expect("ddda");
		caught(nested, NULL, "second");
		expect("x");
		if (!gort_try(NULL, recovering, NULL))
			return 3;
		expect("ro");
		caught(follows, NULL, "runtime error: invalid memory address or nil pointer dereference");
		expect("f");
		caught(divides, NULL, "runtime error: integer divide by zero");
		expect("/");
		caught(closed, NULL, "send on closed channel");
	}
	gort_waitgroup wg = GORT_WAITGROUP_INIT;
	gort_waitgroup_go(&wg, leaves, NULL);
	gort_waitgroup_wait(&wg);
	expect("l");
	static int numbers[20];
	for (int i = 0; i < 20; i++) {
		numbers[i] = i;
		gort_waitgroup_go(&wg, many, &numbers[i]);
	}
	gort_waitgroup_wait(&wg);
	gort_print("ok\n");
	return 0;
}
C
	run ./x
	want_status 0
	want_equal "$(cat out)" ok
	run ./x uncaught
	want_status 2
	want_err "panic: bottom of 3" "goroutine 1 [running]:" "deep(...)" "gort_main(...)"
	run gort build --freestanding -fexceptions -o y x.c
	want_status 1
	want_lines err 1
	want_err "a freestanding program has no libc; it uses: _Unwind_Resume"
}
