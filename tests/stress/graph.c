/* graph.c: a shared graph is rewired while the collector looks at it. Where nothing is collected
 * this tortures nothing but the allocator, within bounds.
 *
 * Every node carries its number and a word made of it; clobberfree=1 spoils both when a node is freed.
 * Whoever comes upon a node looks at them. The only pointer to a node travels, at random, through
 * locals, registers, vector registers, arrays that are copied, other goroutines' stacks, channels, a map,
 * variables, memory that was registered, a buffer that the kernel writes to, threads of the
 * program's own, and calls that are announced; by another's hand into a local of one that is parked.
 *
 * Beside that there are some megabytes of nodes that live as long as the part does, so that a mark takes its
 * time: trees whose subtrees are exchanged, and large objects whose pointers change places in loops
 * without a call. No node of these is ever dropped: at the end they are all there. */
#include "torture.h"

#include <pthread.h>
#include <unistd.h>

struct node {
	struct node *to[4];
	uint64_t id, word;
};
GORT_POINTERS(struct node, to);

/* ThreadSanitizer's programs cannot be stopped by signals. */
#if defined(__SANITIZE_THREAD__)
#	define UNSTOPPABLE 1
#elif defined(__has_feature)
#	define UNSTOPPABLE __has_feature(thread_sanitizer)
#else
#	define UNSTOPPABLE 0
#endif

enum { NTABLE = 512, HOLDS = 8, NADDED = 64 };

static struct node *table[NTABLE]; /* variables; each by exchange */
static struct node **added;        /* malloc's, registered */
static struct node ***heaptable;   /* an array of the heap's, replaced by its copy now and then */
static gort_mutex heaplock, maplock;
static gort_map *map;
static gort_chan *nodes;
static uint64_t ids, seen;
static bool collecting;

enum { TREES = 64, TREE_DEPTH = 5, NLARGE = 60000, NRECORDS = 8000, LENT = 8 };

static struct node *forest[TREES];
static struct node **large;  /* one object */
static struct node *records; /* the same, an array of nodes that are typed */
static gort_mutex forestlock, largelock, lentlock;
static struct node **lent[LENT]; /* lentlock: locals of those who are parked */

static uint64_t
wordOf(uint64_t id)
{
	return id * 0x9e3779b97f4a7c15ull ^ 0x5bd1e995;
}

static void
look(const struct node *n, const char *where)
{
	if (n == NULL)
		return;
	if (n->word != wordOf(n->id))
		wrong("graph", where, (long long)n->word, (long long)n->id);
	__atomic_add_fetch(&seen, 1, __ATOMIC_RELAXED);
}

static struct node *
fresh(struct rng *r)
{
	if (!collecting && !afford(sizeof(struct node)))
		return NULL;
	struct node *n;
	switch (below(r, 3)) {
	case 0:
		n = gort_new(struct node);
		break;
	case 1:
		n = gort_alloc(sizeof *n + below(r, 3) * 100);
		break;
	default:
		n = &gort_make(struct node, 3)[1]; /* in the middle of an array */
	}
	if (n->word != 0)
		wrong("graph", "a new node", (long long)n->word, 0);
	n->id = ADD(&ids, 1);
	n->word = wordOf(n->id);
	return n;
}

static struct node *
swapIn(struct node **place, struct node *n)
{
	return __atomic_exchange_n(place, n, __ATOMIC_ACQ_REL);
}

/* ---- ways to go ------------------------------------------------------------------------------- */

struct carried {
	struct node *n;
	gort_chan *back;
};

static void
carrier(void *arg)
{
	struct carried *c = arg;
	struct node *n = c->n;
	look(n, "an argument");
	gort_gosched();
	look(n, "after a yield");
	gort_send(c->back, n);
}

/* By a goroutine's argument block, its stack, and back by a channel. */
static struct node *
carry(struct node *n)
{
	struct carried c = {n, gort_chan_make(struct node *, 1)};
	gort_chan *back = c.back;
	c.n = NULL;
	struct carried args = {n, back};
	gort_go_copy(carrier, &args, sizeof args);
	args.n = NULL;
	n = NULL;
	gort_recv(back, &n);
	return n;
}

static __attribute__((__noinline__)) struct node *
spin(struct node *n, uint32_t turns)
{
	__asm__ volatile("" : "+r"(n));
	while (turns-- > 0)
		__asm__ volatile("" : "+r"(n), "+r"(turns));
	return n;
}

#if defined(__x86_64__)
static __attribute__((__noinline__)) struct node *
spinVector(struct node *n, uint32_t turns)
{
	typedef long long v2 __attribute__((__vector_size__(16)));
	v2 v = {0, (long long)(uintptr_t)n};
	n = NULL;
	__asm__ volatile("" : "+x"(v), "+r"(n));
	while (turns-- > 0)
		__asm__ volatile("" : "+x"(v), "+r"(turns));
	return (struct node *)(uintptr_t)v[1];
}
#else
#	define spinVector spin
#endif

static void
inCall(void *arg)
{
	struct node **place = arg, *n = *place;
	*place = NULL;
	n = spin(n, 20000);
	usleep(50);
	*place = n;
}

static __attribute__((__noinline__)) struct node *
down(struct node *n, int depth)
{
	volatile char frame[200];
	frame[0] = (char)depth;
	if (depth == 0) {
		gort_gosched();
		return n;
	}
	struct node *m = down(n, depth - 1);
	return frame[0] == (char)depth ? m : NULL;
}

/* The kernel writes the pointer into an object that nobody but this stack knows. Meanwhile a variable
 * keeps it: what is in a pipe is no root. */
static struct node *
throughPipe(struct node *n, const int fd[2])
{
	struct node *volatile keep = n;
	struct node **buf = gort_alloc(sizeof *buf);
	if (write(fd[1], &n, sizeof n) != sizeof n || read(fd[0], buf, sizeof *buf) != sizeof *buf)
		wrong("graph", "a pipe", 0, 1);
	keep = NULL;
	n = keep;
	return *buf;
}

static struct node *
viaHeap(struct rng *r, struct node *n)
{
	gort_mutex_lock(&heaplock);
	struct node **t = *heaptable;
	uint32_t i = below(r, NTABLE);
	struct node *old = t[i];
	t[i] = n;
	if (below(r, 20) == 0) {
		struct node **copy = gort_make(struct node *, NTABLE);
		memcpy(copy, t, NTABLE * sizeof *t);
		memset(t, 0, NTABLE * sizeof *t);
		*heaptable = copy;
	}
	gort_mutex_unlock(&heaplock);
	return old;
}

static struct node *
viaMap(struct rng *r, struct node *n)
{
	int key = (int)below(r, 300);
	struct node *old = NULL;
	gort_mutex_lock(&maplock);
	gort_map_get(map, key, &old);
	if (n != NULL)
		gort_map_set(map, key, n);
	else
		gort_map_delete(map, key);
	gort_mutex_unlock(&maplock);
	return old;
}

static struct node *
viaChannel(struct rng *r, struct node *n)
{
	struct node *old = NULL;
	if (n != NULL && below(r, 2) == 0) {
		if (gort_try_send(nodes, n))
			return NULL;
		return n;
	}
	if (gort_try_recv(nodes, &old) != 1)
		return n;
	return old;
}

/* A local whose address others know: they exchange what is in it while its goroutine is parked. */
static struct node *
lend(struct rng *r, struct node *n)
{
	struct node *local = n;
	uint32_t k = below(r, LENT);
	gort_mutex_lock(&lentlock);
	bool mine = lent[k] == NULL;
	if (mine)
		lent[k] = &local;
	gort_mutex_unlock(&lentlock);
	n = NULL;
	gort_sleep((int64_t)below(r, 300) * GORT_US);
	gort_mutex_lock(&lentlock);
	if (mine)
		lent[k] = NULL;
	gort_mutex_unlock(&lentlock);
	return local;
}

static struct node *
borrow(struct rng *r, struct node *n)
{
	uint32_t k = below(r, LENT);
	gort_mutex_lock(&lentlock);
	if (lent[k] != NULL) {
		struct node *old = *lent[k];
		*lent[k] = n;
		n = old;
	}
	gort_mutex_unlock(&lentlock);
	return n;
}

/* ---- what lives long ----------------------------------------------------------------------- */

static struct node *
ofForest(int depth)
{
	struct node *n = depth % 2 == 0 ? gort_new(struct node) : gort_alloc(sizeof *n);
	n->id = ADD(&ids, 1);
	n->word = wordOf(n->id);
	for (int i = 0; depth > 0 && i < 4; i++)
		n->to[i] = ofForest(depth - 1);
	return n;
}

static uint64_t
countForest(struct node *n, int depth)
{
	uint64_t sum = 1;
	if (n == NULL)
		wrong("graph", "a tree's node", 0, 1);
	look(n, "a tree");
	for (int i = 0; depth > 0 && i < 4; i++)
		sum += countForest(n->to[i], depth - 1);
	return sum;
}

/* An edge to a subtree of the given depth. */
static struct node **
edgeTo(struct rng *r, int depth)
{
	struct node **e = &forest[below(r, TREES)];
	for (int d = TREE_DEPTH; d > depth; d--) {
		look(*e, "a tree");
		e = &(*e)->to[below(r, 4)];
	}
	return e;
}

/* Subtrees change places; while one of them is nowhere but here, time passes. */
static void
graft(struct rng *r)
{
	gort_mutex_lock(&forestlock);
	for (int i = 0; i < 20; i++) {
		int depth = (int)below(r, TREE_DEPTH + 1);
		struct node **a = edgeTo(r, depth), **b = edgeTo(r, depth);
		struct node *x = *a;
		if (below(r, 16) == 0) { /* a new one, of what the old one had below it */
			struct node *n = ofForest(0);
			for (int k = 0; k < 4; k++) {
				n->to[k] = x->to[k];
				x->to[k] = NULL;
			}
			*a = n;
			continue;
		}
		*a = NULL;
		if (i == 0)
			x = below(r, 2) == 0 ? spin(x, below(r, 20000))
					     : spinVector(x, below(r, 20000));
		struct node *y = a == b ? x : *b;
		*b = x;
		x = NULL;
		if (a != b)
			*a = y;
	}
	gort_mutex_unlock(&forestlock);
}

/* Without a call, and with nothing that stops between load and store. */
static void
reverse(struct node **p, uint32_t n)
{
	for (uint32_t i = 0, j = n; i + 1 < j; i++) {
		struct node *x = p[i];
		p[i] = p[--j];
		p[j] = x;
	}
}

static void
turnRecords(struct node *p, uint32_t n)
{
	struct node *first = p[0].to[1];
	for (uint32_t i = 0; i + 1 < n; i++)
		p[i].to[1] = p[i + 1].to[1];
	p[n - 1].to[1] = first;
}

static void
stir(struct rng *r)
{
	uint32_t n = 2 + below(r, 2000);
	gort_mutex_lock(&largelock);
	reverse(&large[below(r, NLARGE - n)], n);
	turnRecords(&records[below(r, NRECORDS - n)], n);
	gort_mutex_unlock(&largelock);
}

static void
plant(void)
{
	for (int i = 0; i < TREES; i++)
		forest[i] = ofForest(TREE_DEPTH);
	large = gort_alloc(NLARGE * sizeof *large);
	for (int i = 0; i < NLARGE; i++)
		large[i] = ofForest(0);
	records = gort_make(struct node, NRECORDS);
	for (int i = 0; i < NRECORDS; i++)
		records[i].to[1] = ofForest(0);
}

static void
fell(void)
{
	uint64_t all = 0, each = 0;
	for (int d = 0; d <= TREE_DEPTH; d++)
		each = 4 * each + 1;
	for (int i = 0; i < TREES; i++)
		all += countForest(forest[i], TREE_DEPTH);
	if (all != TREES * each)
		wrong("graph", "nodes of trees", (long long)all, (long long)(TREES * each));
	for (int i = 0; i < NLARGE; i++)
		countForest(large[i], 0);
	for (int i = 0; i < NRECORDS; i++)
		countForest(records[i].to[1], 0);
	memset(forest, 0, sizeof forest);
	large = NULL;
	records = NULL;
}

/* What is given back by hand, perhaps during a mark. */
static void
discard(struct rng *r)
{
	struct node **p = gort_alloc(below(r, 20) == 0 ? 50000 : 8 + below(r, 500));
	p[0] = (struct node *)p;
	gort_free(p);
}

/* Walks a few steps; on the way it cuts and ties. */
static void
rewire(struct rng *r, struct node *n, struct node *other)
{
	for (int i = 0; n != NULL && i < 6; i++) {
		look(n, "a step");
		struct node **edge = &n->to[below(r, 4)];
		if (below(r, 4) == 0)
			__atomic_store_n(edge, below(r, 3) == 0 ? NULL : other, __ATOMIC_RELEASE);
		n = LOAD(edge);
	}
}

static void
mutator(void *arg)
{
	struct seat *s = sitDown("a mutator");
	struct rng r = newrng();
	struct node *held[HOLDS] = {0};
	int fd[2];
	(void)arg;
	if (pipe(fd) != 0)
		wrong("graph", "pipe", 0, 1);
	while (goingOn(s)) {
		struct node **h = &held[below(&r, HOLDS)];
		look(*h, "a local");
		if (*h == NULL || below(&r, 8) == 0)
			*h = fresh(&r);
		rewire(&r, *h, held[below(&r, HOLDS)]);
		switch (below(&r, collecting ? 32 : 24)) {
		case 0:
			*h = carry(*h);
			break;
		case 1:
			*h = spin(*h, below(&r, 50000));
			break;
		case 2:
			*h = spinVector(*h, below(&r, 50000));
			break;
		case 3:
			gort_block(inCall, h);
			break;
		case 4:
			*h = down(*h, (int)below(&r, 100));
			break;
		case 5:
			if (*h != NULL)
				*h = throughPipe(*h, fd);
			break;
		case 6:
			gort_sleep((int64_t)below(&r, 300) * GORT_US);
			break;
		case 7:
			if (below(&r, 50) == 0)
				gort_gc();
			break;
		case 8:
		case 9:
			*h = viaMap(&r, *h);
			break;
		case 10:
		case 11:
			*h = viaHeap(&r, *h);
			break;
		case 12:
		case 13:
			*h = swapIn(&added[below(&r, NADDED)], *h);
			break;
		case 14:
		case 15:
			*h = viaChannel(&r, *h);
			break;
		case 24:
			*h = lend(&r, *h);
			break;
		case 25:
		case 26:
			*h = borrow(&r, *h);
			break;
		case 27:
		case 28:
			graft(&r);
			break;
		case 29:
		case 30:
			stir(&r);
			break;
		case 31:
			discard(&r);
			break;
		default:
			*h = swapIn(&table[below(&r, NTABLE)], *h);
		}
	}
	close(fd[0]);
	close(fd[1]);
	standUp(s);
}

/* A thread of the program's own, whose stack and thread-local variable hold nodes. */
static __thread struct node *volatile own;

static void *
foreign(void *arg)
{
	struct seat *s = sitDown("a thread with nodes");
	struct rng r = newrng();
	struct node *n = NULL;
	(void)arg;
	while (goingOn(s)) {
		look(n, "a thread's local");
		look(own, "a thread-local");
		struct node *o = own;
		own = swapIn(&table[below(&r, NTABLE)], n);
		n = o;
		if (n == NULL)
			n = fresh(&r);
		n = spin(n, below(&r, 20000));
		if (below(&r, 4) == 0)
			n = viaChannel(&r, n);
		if (below(&r, 16) == 0)
			usleep(below(&r, 500));
	}
	own = NULL;
	gort_thread_detach();
	standUp(s);
	return NULL;
}

static void
join(void *arg)
{
	pthread_join(*(pthread_t *)arg, NULL);
}

static void
runGraph(void *arg)
{
	gort_waitgroup wg = GORT_WAITGROUP_INIT;
	pthread_t t[2];
	struct node *n;
	const char *debug = getenv("GODEBUG");
	(void)arg;
	collecting = debug == NULL || (strstr(debug, "gccollect=0") == NULL &&
					      strstr(debug, "asyncpreemptoff=1") == NULL);
	collecting &= !UNSTOPPABLE;
	if (added == NULL) {
		added = calloc(NADDED, sizeof *added);
		if (gort_root_add(added, NADDED * sizeof *added) != 0)
			wrong("graph", "gort_root_add", 0, 1);
	}
	map = gort_map_make(int, struct node *);
	nodes = gort_chan_make(struct node *, 100);
	heaptable = gort_alloc(sizeof *heaptable);
	*heaptable = gort_make(struct node *, NTABLE);
	for (int i = 0; i < 2; i++)
		if (pthread_create(&t[i], NULL, foreign, NULL) != 0)
			wrong("graph", "a thread", 0, 1);
	if (collecting)
		plant();
	crowd(&wg, 6, mutator, NULL);
	gort_waitgroup_wait(&wg);
	for (int i = 0; i < 2; i++)
		gort_block(join, &t[i]);
	if (collecting)
		fell();
	for (int i = 0; i < NTABLE; i++)
		look(swapIn(&table[i], NULL), "a variable at the end");
	for (int i = 0; i < NTABLE; i++)
		look((*heaptable)[i], "the heap's table at the end");
	while (gort_try_recv(nodes, &n) == 1)
		look(n, "the channel at the end");
}

const struct part graphParts[] = {
	{"graph", runGraph, &seen, "nodes seen", false},
	{NULL, NULL, NULL, NULL, false},
};
