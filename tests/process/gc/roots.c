/* Each place from which an object can be known, one at a time: it must outlive collections, and what is
 * known from nowhere must not. clobberfree=1 makes a freed object unrecognisable. */
// env: GODEBUG=clobberfree=1
// case: local
// args: local
// stdout: alive
// case: global
// args: global
// stdout: alive
// case: interior
// args: interior
// stdout: alive
// case: past_the_end
// args: past
// stdout: alive
// case: thread_local
// args: tls
// stdout: alive
// case: other_stack
// args: parked
// stdout: alive
// case: deep_stack
// args: deep
// stdout: alive
// case: channel
// args: channel
// stdout: alive
// case: map
// args: map
// stdout: alive
// case: list
// args: list
// stdout: alive
// case: described
// args: described
// stdout: alive
// case: large
// args: large
// stdout: alive
// case: argument
// args: argument
// stdout: alive
// case: timer
// args: timer
// stdout: alive
// case: goroutine_local
// args: local_variable
// stdout: alive
// case: added
// args: added
// stdout: alive
// case: computing
// args: computing
// stdout: alive
// case: vector_register
// args: vector
// stdout: alive
// case: announced_call
// args: block
// stdout: alive
// case: sleeping_call
// args: sleep
// stdout: alive
// case: kernel_write
// args: kernel
// stdout: alive
// case: foreign_thread
// args: foreign
// stdout: alive
// case: foreign_thread_local
// args: foreigntls
// stdout: alive
// case: libc_memory_is_no_root
// args: malloced
// stdout: dead
// case: unreachable
// args: nothing
// stdout: dead
// case: unreachable_cycle
// args: cycle
// stdout: dead
// case: free_early
// args: early
// stdout: alive
#include <gort.h>

#include <immintrin.h>
#include <pthread.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#define NOINLINE __attribute__((__noinline__))
#define MAGIC    0x6c697665206f626aull

struct object {
	struct object *next, *other;
	uint64_t magic, self;
};
GORT_POINTERS(struct object, next, other);

static struct object *volatile global;
static __thread struct object *volatile threadLocal;
static volatile uintptr_t disguised; /* the address, as no address looks */
static volatile int go, there;

static NOINLINE struct object *
make(void)
{
	struct object *o = gort_alloc(sizeof *o);
	o->magic = MAGIC;
	o->self = ~(uint64_t)(uintptr_t)o;
	disguised = ~(uintptr_t)o;
	return o;
}

/* What calls have left on the stack and in registers. */
static NOINLINE void
wipe(void)
{
	volatile char junk[8000];
	for (size_t i = 0; i < sizeof junk; i++)
		junk[i] = 0;
}

static NOINLINE void
collect(void)
{
	wipe();
	gort_gc();
	for (int i = 0; i < 1000; i++) /* the freed slots are used again */
		((struct object *)gort_alloc(sizeof(struct object)))->magic = 1;
	wipe();
	gort_gc();
}

static NOINLINE int
isAlive(const struct object *o)
{
	return o->magic == MAGIC && o->self == ~(uint64_t)(uintptr_t)o;
}

static NOINLINE void
report(int alive)
{
	puts(alive ? "alive" : "dead");
}

static NOINLINE void
reportDisguised(void)
{
	report(isAlive((const struct object *)~disguised));
}

/* ---- this goroutine and variables ----------------------------------------------------------- */

static void
local(void)
{
	struct object *volatile o = make();
	collect();
	report(isAlive(o));
}

static NOINLINE void
setGlobal(void)
{
	global = make();
}

static void
interior(void)
{
	char *volatile p = (char *)make() + 17;
	collect();
	report(isAlive((struct object *)(p - 17)));
}

static void
past(void)
{
	struct object *volatile end = make() + 1;
	collect();
	report(isAlive(end - 1));
}

static NOINLINE void
setLocal(void)
{
	threadLocal = make();
}

static void
tls(void)
{
	gort_lock_os_thread();
	setLocal();
	collect();
	report(isAlive(threadLocal));
}

/* ---- other goroutines ------------------------------------------------------------------------- */

static gort_chan *answer, *begin;

static void
parkedHolder(void *arg)
{
	struct object *volatile o = make();
	int x;
	(void)arg;
	gort_send(answer, 1);
	gort_recv(begin, &x);
	int alive = isAlive(o);
	gort_send(answer, alive);
}

static NOINLINE int
deepHolder(int depth)
{
	volatile char frame[512];
	int x;
	frame[0] = (char)depth;
	if (depth > 0)
		return deepHolder(depth - 1) + frame[1] * 0;
	gort_send(answer, 1);
	gort_recv(begin, &x);
	return x;
}

static NOINLINE void
holdDeep(void *arg)
{
	struct object *volatile o = make();
	(void)arg;
	deepHolder(200);
	int alive = isAlive(o);
	gort_send(answer, alive);
}

static void
askHolder(void (*f)(void *))
{
	int x;
	answer = gort_chan_make(int, 0);
	begin = gort_chan_make(int, 0);
	gort_go(f, NULL);
	gort_recv(answer, &x);
	collect();
	gort_send(begin, 1);
	gort_recv(answer, &x);
	report(x);
}

static NOINLINE void
fill(gort_chan *c)
{
	struct object *o = make();
	gort_send(c, o);
}

static void
channel(void)
{
	gort_chan *c = gort_chan_make(struct object *, 3);
	struct object *o;
	fill(c);
	collect();
	gort_recv(c, &o);
	report(isAlive(o));
}

static NOINLINE void
chain(struct object **head, int n)
{
	for (int i = 0; i < n; i++) {
		struct object *o = make();
		o->next = *head;
		*head = o;
	}
}

static void
list(void)
{
	struct object *volatile head = NULL;
	struct object *h = NULL;
	int n = 0, ok = 1;
	chain(&h, 10000);
	head = h;
	h = NULL;
	collect();
	for (struct object *o = head; o != NULL; o = o->next, n++)
		ok &= isAlive(o);
	report(ok && n == 10000);
}

static NOINLINE struct object *
makeDescribed(void)
{
	struct object *o = gort_make(struct object, 5);
	o[4].other = make();
	return o;
}

static void
described(void)
{
	struct object *volatile o = makeDescribed();
	collect();
	report(isAlive(o[4].other));
}

static NOINLINE void **
makeLarge(void)
{
	void **p = gort_alloc(1 << 20);
	p[131071] = make();
	return p;
}

static void
large(void)
{
	void **volatile p = makeLarge();
	collect();
	report(isAlive(p[131071]));
}

static void
checkArg(void *arg)
{
	int alive = isAlive(arg);
	gort_send(answer, alive);
}

static NOINLINE void
startLater(void)
{
	gort_go(checkArg, make());
}

static void
argument(void)
{
	int x;
	answer = gort_chan_make(int, 0);
	startLater();
	collect();
	gort_recv(answer, &x);
	report(x);
}

static NOINLINE void
later(void)
{
	/* After the collection, on a busy machine, too. */
	gort_after_func(500 * GORT_MS, checkArg, make());
}

static void
timer(void)
{
	int x;
	answer = gort_chan_make(int, 1);
	later();
	collect();
	gort_recv(answer, &x);
	report(x);
}

static NOINLINE gort_map *
makeMap(void)
{
	gort_map *m = gort_map_make(int, struct object *);
	for (int i = 0; i < 1000; i++)
		gort_map_set(m, i, make());
	return m;
}

static void
map(void)
{
	gort_map *volatile m = makeMap();
	int ok = 1;
	collect();
	for (int i = 0; i < 1000; i++) {
		struct object *o = NULL;
		ok &= gort_map_get(m, i, &o) && isAlive(o);
	}
	report(ok);
}

GORT_LOCAL(struct object *, mine);

static NOINLINE void
setMine(void)
{
	*gort_local(mine) = make();
}

static void
local_variable(void)
{
	setMine();
	collect();
	report(isAlive(*gort_local(mine)));
}

static void
added(void)
{
	struct object **p = malloc(100 * sizeof *p);
	memset(p, 0, 100 * sizeof *p);
	if (gort_root_add(p, 100 * sizeof *p) != 0)
		abort();
	p[99] = make();
	collect();
	report(isAlive(p[99]));
	if (gort_root_remove(p) != 0 || gort_root_remove(p) == 0)
		abort();
}

static void
malloced(void)
{
	struct object **p = malloc(100 * sizeof *p);
	p[99] = make();
	*(volatile uintptr_t *)&p[98] = 0;
	uintptr_t hidden = ~(uintptr_t)p;
	p = NULL;
	collect();
	reportDisguised();
	free((void *)~hidden);
}

/* ---- threads that a signal stops -------------------------------------------------------------- */

/* The address is in a register and nowhere else while the loop runs. */
static NOINLINE void
spinWith(struct object *o)
{
	__asm__ volatile("" : "+r"(o));
	there = 1;
	while (!go)
		__asm__ volatile("" : "+r"(o));
	int alive = isAlive(o);
	gort_send(answer, alive);
}

static void
computingHolder(void *arg)
{
	(void)arg;
	spinWith(make());
}

static NOINLINE void
forget(void)
{
	make();
}

/* The address is in the upper half of a vector register while the loop runs: what other registers had
 * of it is gone. */
__attribute__((target("avx2"))) static NOINLINE void
spinVector(void)
{
	__m256i v = _mm256_set_epi64x(0, (long long)~disguised, 0, 0);
	uintptr_t p;
	__asm__ volatile(
		"xorl %%eax, %%eax; xorl %%ecx, %%ecx; xorl %%edx, %%edx; xorl %%esi, %%esi;"
		"xorl %%edi, %%edi; xorl %%r8d, %%r8d; xorl %%r9d, %%r9d;"
		"xorl %%r10d, %%r10d; xorl %%r11d, %%r11d"
		: "+x"(v)
		:
		: "rax", "rcx", "rdx", "rsi", "rdi", "r8", "r9", "r10", "r11", "xmm8", "xmm9");
	there = 1;
	while (!go)
		__asm__ volatile("" : "+x"(v));
	p = (uintptr_t)_mm256_extract_epi64(v, 2);
	int alive = isAlive((struct object *)p);
	gort_send(answer, alive);
}

static void
vectorHolder(void *arg)
{
	(void)arg;
	forget();
	wipe();
	spinVector();
}

static void
sleepHolder(void *arg)
{
	struct object *volatile o = make();
	(void)arg;
	there = 1;
	while (!go)
		usleep(1000);
	int alive = isAlive(o);
	gort_send(answer, alive);
}

static void
inCall(void *arg)
{
	struct object *o = *(struct object **)arg;
	*(struct object **)arg = NULL;
	__asm__ volatile("" : "+r"(o));
	there = 1;
	while (!go)
		__asm__ volatile("" : "+r"(o));
	*(struct object **)arg = o;
}

static void
blockHolder(void *arg)
{
	struct object *o = make();
	(void)arg;
	gort_block(inCall, &o);
	int alive = isAlive(o);
	gort_send(answer, alive);
}

static void
askBusy(void (*f)(void *))
{
	int x;
	answer = gort_chan_make(int, 1);
	gort_go(f, NULL);
	while (!there)
		gort_gosched();
	collect();
	go = 1;
	gort_recv(answer, &x);
	report(x);
}

static int pipefd[2];

static void
kernelHolder(void *arg)
{
	struct object **slot = gort_alloc(sizeof *slot);
	(void)arg;
	there = 1;
	if (read(pipefd[0], slot, sizeof *slot) != sizeof *slot)
		abort();
	int alive = isAlive(*slot);
	gort_send(answer, alive);
}

/* The buffer, which only the kernel and a sleeping thread's stack know. */
static void
kernel(void)
{
	struct object *volatile o = make();
	int x;
	struct object *copy = o;
	if (pipe(pipefd) != 0)
		abort();
	answer = gort_chan_make(int, 1);
	gort_go(kernelHolder, NULL);
	while (!there)
		gort_gosched();
	collect();
	if (write(pipefd[1], &copy, sizeof copy) != sizeof copy)
		abort();
	gort_recv(answer, &x);
	report(x);
}

/* ---- threads of the program's own ------------------------------------------------------------- */

static void *
foreignThread(void *arg)
{
	struct object *volatile o = NULL;
	if (arg != NULL)
		threadLocal = make();
	else
		o = make();
	wipe();
	there = 1;
	while (!go)
		usleep(100);
	int alive = isAlive(arg != NULL ? threadLocal : o);
	gort_send(answer, alive);
	return NULL;
}

static void
askForeign(void *arg)
{
	pthread_t t;
	int x;
	answer = gort_chan_make(int, 1);
	pthread_create(&t, NULL, foreignThread, arg);
	while (!there)
		gort_gosched();
	collect();
	go = 1;
	gort_recv(answer, &x);
	pthread_join(t, NULL);
	report(x);
}

/* ---- what dies -------------------------------------------------------------------------------- */

static NOINLINE void
forgetCycle(void)
{
	struct object *a = make(), *b = make();
	a->next = b;
	b->next = a;
}

static void
early(void)
{
	enum { N = 3000 };
	struct object **p = gort_make(struct object *, N);
	int ok = 1;
	for (int round = 0; round < 20; round++) {
		for (int i = 0; i < N; i++)
			p[i] = make();
		gort_gc();
		for (int i = round % 2; i < N; i += 2) {
			gort_free(p[i]);
			p[i] = NULL;
		}
		for (int i = 0; i < N; i++)
			ok &= p[i] == NULL || isAlive(p[i]);
	}
	report(ok);
}

int
gort_main(int argc, char **argv)
{
	const char *what = argc > 1 ? argv[1] : "";
#define IS(name) (strcmp(what, name) == 0)
	if (IS("local"))
		local();
	else if (IS("global")) {
		setGlobal();
		collect();
		report(isAlive(global));
	} else if (IS("interior"))
		interior();
	else if (IS("past"))
		past();
	else if (IS("tls"))
		tls();
	else if (IS("parked"))
		askHolder(parkedHolder);
	else if (IS("deep"))
		askHolder(holdDeep);
	else if (IS("channel"))
		channel();
	else if (IS("map"))
		map();
	else if (IS("list"))
		list();
	else if (IS("described"))
		described();
	else if (IS("large"))
		large();
	else if (IS("argument"))
		argument();
	else if (IS("timer"))
		timer();
	else if (IS("local_variable"))
		local_variable();
	else if (IS("added"))
		added();
	else if (IS("malloced"))
		malloced();
	else if (IS("computing"))
		askBusy(computingHolder);
	else if (IS("vector")) {
		if (__builtin_cpu_supports("avx2"))
			askBusy(vectorHolder);
		else
			report(1);
	} else if (IS("block"))
		askBusy(blockHolder);
	else if (IS("sleep"))
		askBusy(sleepHolder);
	else if (IS("kernel"))
		kernel();
	else if (IS("foreign"))
		askForeign(NULL);
	else if (IS("foreigntls"))
		askForeign(&pipefd);
	else if (IS("early"))
		early();
	else if (IS("nothing")) {
		forget();
		collect();
		reportDisguised();
	} else if (IS("cycle")) {
		forgetCycle();
		collect();
		reportDisguised();
	} else
		return 1;
	return 0;
}
