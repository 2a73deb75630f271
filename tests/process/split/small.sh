# What a parked goroutine of a program with split stacks costs: no way of parking, and none of the
# functions that compiled code calls by itself, may need so much stack that the goroutine moves off its
# segment; and each of a million that does move has room.

split_or_skip() {
	case $GORT_SETUP in
	opt | split) ;;
	*) skip "memory of set-up $GORT_SETUP is not measured" ;;
	esac
}

# 20,000 goroutines in each kind of wait: memory each.
test_parks() { # secs=240
	split_or_skip
	cat >x.c <<'C'
#include <gort.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
enum { N = 20000 };
static gort_chan *c, *d;
static gort_mutex m = GORT_MUTEX_INIT;
static gort_rwmutex rw = GORT_RWMUTEX_INIT;
static gort_waitgroup wg = GORT_WAITGROUP_INIT;
static gort_cond cond = GORT_COND_INIT;
static gort_sema sema = GORT_SEMA_INIT(0);
static gort_context *ctx;
static gort_mutex cm = GORT_MUTEX_INIT;
static int n;
static char from[100] = "some text", to[100];

/* Each in a function of its own, whose frame is no larger than it needs. */
#define KIND(name, ...)                                                                            \
	static __attribute__((noinline)) void k_##name(void) { __VA_ARGS__ }
static void
never(void *arg)
{
	(void)arg;
}
KIND(recv, int v; gort_recv(c, &v);)
KIND(send, int v = 1; gort_send(c, v);)
KIND(select, int v = 1; gort_select(GORT_RECV(c, &v), GORT_SEND(d, v));)
KIND(select4, int v = 1; gort_select(GORT_RECV(c, &v), GORT_SEND(d, v), GORT_RECV(d, &v), GORT_AFTER(1000 * GORT_SEC));)
KIND(sleep, gort_sleep(1000 * GORT_SEC);)
KIND(mutex, gort_mutex_lock(&m);)
KIND(rwmutex, gort_rwmutex_lock(&rw);)
KIND(rlock, gort_rwmutex_rlock(&rw);)
KIND(waitgroup, gort_waitgroup_wait(&wg);)
KIND(cond, gort_mutex_lock(&cm); gort_cond_wait(&cond, &cm);)
KIND(sema, gort_sema_acquire(&sema);)
KIND(context, gort_recv(gort_context_done(ctx), NULL);)
KIND(yield, for (int i = 0; i < 3; i++) gort_gosched();)
KIND(spawn, gort_go_copy(never, from, sizeof from);)
KIND(alloc, gort_free(gort_alloc(100));)
KIND(copies, memcpy(to, from, sizeof to); memmove(to + 1, to, 50); memset(to, n, 3);
	n += (memcmp(to, from, 20) | (int)strlen(from) | strcmp(from, to) | (strchr(from, 't') != NULL)) * 0;)

static const struct {
	const char *name;
	void (*fn)(void);
} kinds[] = {{"recv", k_recv}, {"send", k_send}, {"select", k_select}, {"select4", k_select4},
	{"sleep", k_sleep}, {"mutex", k_mutex}, {"rwmutex", k_rwmutex}, {"rlock", k_rlock},
	{"waitgroup", k_waitgroup}, {"cond", k_cond}, {"sema", k_sema}, {"context", k_context},
	{"yield", k_yield}, {"spawn", k_spawn}, {"alloc", k_alloc}, {"copies", k_copies}};
static void (*kind)(void);

static void
parks(void *arg)
{
	(void)arg;
	n++; /* one processor */
	kind();
	gort_recv(c, NULL);
}

static long
resident(void)
{
	long size, pages = 0;
	FILE *f = fopen("/proc/self/statm", "r");
	if (f == NULL || fscanf(f, "%ld %ld", &size, &pages) != 2)
		exit(1);
	fclose(f);
	return pages * 4096;
}

int
gort_main(int argc, char **argv)
{
	(void)argc;
	for (unsigned i = 0; i < sizeof kinds / sizeof kinds[0]; i++)
		if (strcmp(argv[1], kinds[i].name) == 0)
			kind = kinds[i].fn;
	c = gort_chan_make(int, 0);
	d = gort_chan_make(int, 0);
	ctx = gort_context_with_cancel(gort_context_background());
	gort_mutex_lock(&m);
	gort_rwmutex_lock(&rw);
	gort_waitgroup_add(&wg, 1);
	long before = resident();
	for (int i = 0; i < N; i++)
		gort_go(parks, NULL);
	while (n < N)
		gort_gosched();
	for (int i = 0; i < 10; i++)
		gort_gosched();
	printf("%ld\n", (resident() - before) / N);
	return 0;
}
C
	gort build --split-stack -o x x.c
	bad=
	for kind in recv send select select4 sleep mutex rwmutex rlock waitgroup cond sema context yield spawn alloc copies; do
		run env GOMAXPROCS=1 ./x $kind
		want_status 0
		# A segment is 2,112 bytes; one that moved has an OS page of 4,096 besides.
		n=$(cat out)
		echo "$kind: $n bytes"
		[ "$n" -gt 2000 ] && [ "$n" -lt 3600 ] || bad="$bad $kind"
	done
	[ -z "$bad" ] || die "too much:$bad"
}

# Many goroutines at once inside a function with 8 KiB of locals. In all 1,000,000 if asked for
# (GORT_TEST_LONG=1: 17 GB of memory); otherwise 100,000.
test_locals() { # secs=600
	split_or_skip
	cat >x.c <<'C'
#include <gort.h>
#include <stdio.h>
#include <stdlib.h>
static gort_chan *c, *sums;
static int n;

__attribute__((noinline)) static int
locals(int k)
{
	volatile char room[8192];
	int v;
	room[0] = (char)k;
	room[8191] = (char)(k + 1);
	__atomic_add_fetch(&n, 1, __ATOMIC_SEQ_CST);
	gort_recv(c, &v); /* closed when all are here */
	return room[0] == (char)k && room[8191] == (char)(k + 1);
}

static void
worker(void *arg)
{
	int ok = locals((int)(long)arg);
	gort_send(sums, ok);
}

int
gort_main(int argc, char **argv)
{
	(void)argc;
	int many = atoi(argv[1]), sum = 0, ok;
	c = gort_chan_make(int, 0);
	sums = gort_chan_make(int, 100);
	for (long i = 0; i < many; i++)
		gort_go(worker, (void *)i);
	while (__atomic_load_n(&n, __ATOMIC_SEQ_CST) < many)
		gort_gosched();
	gort_close(c);
	for (int i = 0; i < many; i++) {
		gort_recv(sums, &ok);
		sum += ok;
	}
	printf("%d\n", sum);
	return 0;
}
C
	gort build --split-stack -o x x.c
	many=100000
	[ "${GORT_TEST_LONG:-0}" = 0 ] || many=1000000
	kb=$(sed -n 's/^MemAvailable: *\([0-9]*\) kB/\1/p' /proc/meminfo)
	[ "$kb" -gt $((many * 18)) ] || skip "needs $((many * 18 / 1000000)) GB of memory"
	run ./x $many
	want_status 0
	want_equal "$(cat out)" $many
}
