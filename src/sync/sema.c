/* sema.c: semaphores by address, and notification lists.                             room: sync
 *
 * A semaphore is any uint32 of the program's. Its waiters are found through a table of roots,
 * hashed by address: a semaphore that nobody waits for costs four bytes. This is the sleep and
 * wake-up of sync's mutexes, wait groups and so on; the meaning of the count is theirs.
 *
 * semacquire waits until *addr > 0 and takes one off; semrelease adds one and wakes a waiter.
 *
 * The lost wake-up. Acquirer: (1) root->nwait++; (2) is *addr > 0 after all? (3) park.
 * Releaser: (1) ++*addr; (2) is nwait 0? Both pairs are sequentially consistent, so at least one
 * sees the other's step 1: the acquirer finds the count, or the releaser comes to the lock and
 * finds the waiter.
 *
 * A woken waiter competes for the count with whoever comes by, and queues again if it loses.
 * With handoff the releaser takes the count on its behalf (ticket 1) and yields its time slice
 * to it.
 *
 * A root's waiters: a treap (a binary tree ordered by address, a heap by random priority), one node
 * for each address; further waiters of an address hang on the node's sudog in a list, oldest
 * first, linked by waitlink. Of a node's sudog: prev, next = children, ticket = priority, waittail =
 * last of the list, elem = address. Rejected: one list a root, as it was in Go before 1.10: with
 * thousands of waiters on one address, those of a neighbour in the same bucket walk over them
 * all. */
#include "core/rand.h"
#include "sync/internal.h"

#define SEMTAB_SIZE 251 /* prime, so that strides of the addresses spread */

struct semaRoot {
	struct mutex lock;
	struct sudog *treap; /* lock */
	uint32_t nwait;      /* atomic: waiters; read without the lock by semrelease */
} aligned_to(CACHE_LINE);

static struct semaRoot semtable[SEMTAB_SIZE];

static inline struct semaRoot *
semroot(const uint32_t *addr)
{
	return &semtable[((uintptr_t)addr >> 3) % SEMTAB_SIZE];
}

static inline uintptr_t
semaKey(const struct sudog *s)
{
	return (uintptr_t)s->elem;
}

/* The link that points to addr's node, or to NULL if it has none. */
static struct sudog **
semaFind(struct semaRoot *root, const uint32_t *addr)
{
	struct sudog **ps = &root->treap;
	while (*ps != NULL && (*ps)->elem != (void *)(uintptr_t)addr)
		ps = (uintptr_t)addr < semaKey(*ps) ? &(*ps)->prev : &(*ps)->next;
	return ps;
}

/* A node for a new address: it goes where the priorities say, and the subtree that stood there is
 * split by address into its two children. */
static void
semaInsert(struct semaRoot *root, struct sudog *s)
{
	struct sudog **ps = &root->treap;
	uintptr_t key = semaKey(s);
	s->ticket = (uint32_t)wyrand(&getg()->m->rand[0]) | 1;
	s->waittail = NULL;
	s->waitlink = NULL;
	while (*ps != NULL && (*ps)->ticket <= s->ticket)
		ps = key < semaKey(*ps) ? &(*ps)->prev : &(*ps)->next;
	struct sudog *t = *ps, **left = &s->prev, **right = &s->next;
	*ps = s;
	while (t != NULL) {
		if (semaKey(t) < key) {
			*left = t;
			left = &t->next;
			t = t->next;
		} else {
			*right = t;
			right = &t->prev;
			t = t->prev;
		}
	}
	*left = NULL;
	*right = NULL;
}

/* The node *ps goes; its children are merged in its place. */
static void
semaDelete(struct sudog **ps)
{
	struct sudog *a = (*ps)->prev, *b = (*ps)->next;
	while (a != NULL && b != NULL) {
		if (a->ticket <= b->ticket) {
			*ps = a;
			ps = &a->next;
			a = *ps;
		} else {
			*ps = b;
			ps = &b->prev;
			b = *ps;
		}
	}
	*ps = a != NULL ? a : b;
}

/* s stands for old as the address's node. */
static void
semaReplace(struct sudog **ps, struct sudog *old, struct sudog *s)
{
	s->ticket = old->ticket;
	s->prev = old->prev;
	s->next = old->next;
	*ps = s;
	old->prev = NULL;
	old->next = NULL;
	old->ticket = 0;
}

static void
semaQueue(struct semaRoot *root, uint32_t *addr, struct sudog *s, bool lifo)
{
	struct sudog **ps = semaFind(root, addr), *head = *ps;
	s->elem = addr;
	if (head == NULL) {
		semaInsert(root, s);
	} else if (lifo) {
		semaReplace(ps, head, s);
		s->waitlink = head;
		s->waittail = head->waittail != NULL ? head->waittail : head;
		head->waittail = NULL;
	} else {
		if (head->waittail == NULL)
			head->waitlink = s;
		else
			head->waittail->waitlink = s;
		head->waittail = s;
		s->waitlink = NULL;
	}
}

/* The first waiter for addr, off the tree and clean; NULL if there is none. */
static struct sudog *
semaDequeue(struct semaRoot *root, const uint32_t *addr)
{
	struct sudog **ps = semaFind(root, addr), *s = *ps;
	if (s == NULL)
		return NULL;
	struct sudog *heir = s->waitlink;
	if (heir != NULL) {
		semaReplace(ps, s, heir);
		heir->waittail = heir == s->waittail ? NULL : s->waittail;
	} else {
		semaDelete(ps);
	}
	s->elem = NULL;
	s->prev = NULL;
	s->next = NULL;
	s->waitlink = NULL;
	s->waittail = NULL;
	s->ticket = 0;
	return s;
}

/* With a seed: the first waiters for addr go to the end, so that any may be the one woken. The rules
 * promise no order; starving mutexes, which do, are left alone. */
static cold void
semaTurn(struct semaRoot *root, uint32_t *addr)
{
	for (uint32_t n = schedfuzzDraw(4); n > 0; n--) {
		struct sudog *s = semaDequeue(root, addr);
		if (s == NULL)
			return;
		semaQueue(root, addr, s, false);
	}
}

static inline bool
cansemacquire(uint32_t *addr)
{
	uint32_t v;
	while ((v = load_seq(addr)) != 0)
		if (cas(addr, v, v - 1))
			return true;
	return false;
}

void
semacquire(uint32_t *addr, bool lifo, enum waitReason reason)
{
	if (cansemacquire(addr))
		return;
	struct g *gp = getg();
	struct semaRoot *root = semroot(addr);
	struct sudog *s = acquireSudog();
	s->g = gp;
	s->ticket = 0;
	for (;;) {
		lock(&root->lock);
		xadd(&root->nwait, 1u);
		if (!BROKEN(SEMA) && cansemacquire(addr)) {
			xadd(&root->nwait, -1u);
			unlock(&root->lock);
			break;
		}
		semaQueue(root, addr, s, lifo);
		gp->waiting = s;
		goparkunlock(&root->lock, reason);
		gp->waiting = NULL;
		if (s->ticket != 0 || cansemacquire(addr))
			break;
	}
	s->ticket = 0;
	releaseSudog(s);
}

bool
semtryacquire(uint32_t *addr)
{
	return cansemacquire(addr);
}

void
semrelease(uint32_t *addr, bool handoff)
{
	struct semaRoot *root = semroot(addr);
	xadd(addr, 1u);
	if (load_seq(&root->nwait) == 0)
		return;
	lock(&root->lock);
	if (load_rlx(&root->nwait) == 0) {
		unlock(&root->lock);
		return; /* the count was taken by somebody else */
	}
	if (unlikely(debug.schedfuzz != 0) && !handoff)
		semaTurn(root, addr);
	struct sudog *s = semaDequeue(root, addr);
	if (s != NULL)
		xadd(&root->nwait, -1u);
	unlock(&root->lock);
	if (s == NULL)
		return;
	bool direct = handoff && cansemacquire(addr);
	if (direct)
		s->ticket = 1;
	goready(s->g);
	/* The woken G is next on this P. Only mutexes in starvation ask for this: otherwise it
	 * would often run just to find the count gone. */
	if (direct && getg()->m->inrt == 1)
		Gosched();
}

/* ---- notification lists -------------------------------------------------------------------- */

/* Tickets in the order of arrival: notifyListAdd draws one, still under the caller's own lock;
 * notifyListWait parks until it has been called up. Notifying advances `notify`: a waiter whose
 * ticket is below it when it comes to park does not park at all. The counters wrap; fewer than
 * 2^31 goroutines can wait at a time. */
static inline bool
less(uint32_t a, uint32_t b)
{
	return (int32_t)(a - b) < 0;
}

uint32_t
notifyListAdd(struct notifyList *l)
{
	return xadd(&l->wait, 1u) - 1;
}

void
notifyListWait(struct notifyList *l, uint32_t t)
{
	struct g *gp = getg();
	struct sudog *s = acquireSudog();
	lock(&l->lock);
	if (less(t, l->notify)) {
		unlock(&l->lock);
		releaseSudog(s);
		return;
	}
	s->g = gp;
	s->ticket = t;
	s->next = NULL;
	if (l->tail == NULL)
		l->head = s;
	else
		l->tail->next = s;
	l->tail = s;
	gp->waiting = s;
	goparkunlock(&l->lock, waitReasonSyncCondWait);
	gp->waiting = NULL;
	s->ticket = 0;
	releaseSudog(s);
}

void
notifyListNotifyAll(struct notifyList *l)
{
	if (load_seq(&l->wait) == load_seq(&l->notify))
		return;
	lock(&l->lock);
	struct sudog *s = l->head;
	l->head = NULL;
	l->tail = NULL;
	/* Tickets up to here are on the list, or will see this. */
	store_seq(&l->notify, load_seq(&l->wait));
	unlock(&l->lock);
	for (bool first = true; s != NULL; first = false) {
		struct sudog *next = s->next;
		s->next = NULL;
		if (first)
			goready(s->g);
		else
			goreadytail(s->g);
		s = next;
	}
}

void
notifyListNotifyOne(struct notifyList *l)
{
	if (load_seq(&l->wait) == load_seq(&l->notify))
		return;
	lock(&l->lock);
	uint32_t t = l->notify;
	if (t == load_seq(&l->wait)) {
		unlock(&l->lock);
		return;
	}
	store_seq(&l->notify, t + 1);
	/* The list is nearly in the order of tickets: they are drawn before the lock is taken.
	 * If t's owner is not there yet, it will not park. */
	struct sudog *prev = NULL, *s = l->head;
	for (; s != NULL && s->ticket != t; s = s->next)
		prev = s;
	if (unlikely(debug.schedfuzz != 0) && s != NULL && s->next != NULL &&
		schedfuzzDraw(2) == 0) {
		/* Two waiters change places: any may be woken. */
		struct sudog *other = s->next;
		s->ticket = other->ticket;
		other->ticket = t;
		prev = s;
		s = other;
	}
	if (s != NULL) {
		if (prev != NULL)
			prev->next = s->next;
		else
			l->head = s->next;
		if (l->tail == s)
			l->tail = prev;
		s->next = NULL;
	}
	unlock(&l->lock);
	if (s != NULL)
		goready(s->g);
}

void
syncinit(void)
{
	for (uint32_t i = 0; i < SEMTAB_SIZE; i++)
		lockInitZeroed(&semtable[i].lock, LOCKRANK_SEMAROOT);
}
