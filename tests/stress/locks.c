/* locks.c: mutexes, reader-writer locks, conditions, semaphores, once, wait groups, and what is built
 * of them: contexts and scopes. */
#include "torture.h"

/* ---- bank: money that changes accounts; auditors who see all of it or none -------------------- */

enum { ACCOUNTS = 8, CLERKS = 10, FUNDS = 1000 };
static struct {
	gort_mutex lock[ACCOUNTS];
	int64_t sum[ACCOUNTS];
	gort_rwmutex all; /* writers audit, readers transfer */
	gort_mutex qlock;
	gort_cond notempty, notfull;
	int64_t queue[5];
	int n;
	bool closed;
	int64_t qin, qout;
	uint64_t transfers;
	gort_waitgroup wg, readers;
} bank;

static void
clerk(void *arg)
{
	struct seat *s = sitDown("a clerk");
	struct rng r = newrng();
	(void)arg;
	while (goingOn(s)) {
		uint32_t a = below(&r, ACCOUNTS), b = below(&r, ACCOUNTS);
		int64_t n = below(&r, 100);
		if (a == b)
			continue;
		if (a > b) {
			uint32_t t = a;
			a = b;
			b = t;
		}
		gort_rwmutex_rlock(&bank.all);
		if (!gort_mutex_trylock(&bank.lock[a]))
			gort_mutex_lock(&bank.lock[a]);
		if (below(&r, 8) == 0)
			gort_gosched();
		gort_mutex_lock(&bank.lock[b]);
		bank.sum[a] -= n;
		bank.sum[b] += n;
		gort_mutex_unlock(&bank.lock[a]);
		gort_mutex_unlock(&bank.lock[b]);
		gort_rwmutex_runlock(&bank.all);
		if (below(&r, 32) == 0) {
			gort_rwmutex_lock(&bank.all);
			int64_t total = 0;
			for (int i = 0; i < ACCOUNTS; i++)
				total += bank.sum[i];
			EXPECT("bank", "the total", total, ACCOUNTS * FUNDS);
			bank.transfers += 32;
			gort_rwmutex_unlock(&bank.all);
		}
	}
	standUp(s);
}

static void
queuer(void *arg)
{
	struct seat *s = sitDown("a queuer");
	struct rng r = newrng();
	(void)arg;
	while (goingOn(s)) {
		int64_t v = below(&r, 1000);
		gort_mutex_lock(&bank.qlock);
		while (bank.n == 5)
			gort_cond_wait(&bank.notfull, &bank.qlock);
		bank.queue[bank.n++] = v;
		bank.qin += v;
		gort_mutex_unlock(&bank.qlock);
		gort_cond_signal(&bank.notempty);
	}
	standUp(s);
}

static void
dequeuer(void *arg)
{
	(void)arg;
	gort_mutex_lock(&bank.qlock);
	for (;;) {
		while (bank.n == 0 && !bank.closed)
			gort_cond_wait(&bank.notempty, &bank.qlock);
		if (bank.n == 0)
			break;
		bank.qout += bank.queue[--bank.n];
		gort_cond_signal(&bank.notfull);
	}
	gort_mutex_unlock(&bank.qlock);
}

static void
runBank(void *arg)
{
	(void)arg;
	bank.closed = false;
	for (int i = 0; i < ACCOUNTS; i++)
		bank.sum[i] = FUNDS;
	crowd(&bank.wg, CLERKS, clerk, NULL);
	crowd(&bank.wg, 3, queuer, NULL);
	crowd(&bank.readers, 3, dequeuer, NULL);
	gort_waitgroup_wait(&bank.wg);
	gort_mutex_lock(&bank.qlock);
	bank.closed = true;
	gort_mutex_unlock(&bank.qlock);
	gort_cond_broadcast(&bank.notempty);
	gort_waitgroup_wait(&bank.readers);
	int64_t total = 0;
	for (int i = 0; i < ACCOUNTS; i++)
		total += bank.sum[i];
	EXPECT("bank", "the total", total, ACCOUNTS * FUNDS);
	EXPECT("bank", "what left the queue", bank.qout, bank.qin);
}

/* ---- gates: a semaphore lets so many in, a barrier all or none, once one ---------------------- */

enum { VISITORS = 12, ROOMFOR = 3 };
static uint64_t visits;
static struct {
	gort_sema room;
	int inside;
	gort_mutex lock; /* the barrier's */
	gort_cond turn;
	int waiting, members;
	uint64_t generation;
	gort_once once;
	uint64_t onces, secret;
	gort_waitgroup wg;
} gate;

static void
enterRoom(struct rng *r)
{
	if (below(r, 4) == 0) {
		if (!gort_sema_tryacquire(&gate.room))
			return;
	} else {
		gort_sema_acquire(&gate.room);
	}
	int n = ADD(&gate.inside, 1);
	if (n < 1 || n > ROOMFOR)
		wrong("gate", "visitors in the room", n, ROOMFOR);
	if (below(r, 4) == 0)
		gort_gosched();
	ADD(&gate.inside, -1);
	gort_sema_release(&gate.room);
	ADD(&visits, 1);
}

/* All members of a generation come before one goes. Who leaves for good gives notice. */
static void
barrier(bool last)
{
	gort_mutex_lock(&gate.lock);
	uint64_t mine = gate.generation;
	if (last)
		gate.members--;
	else
		gate.waiting++;
	if (gate.waiting >= gate.members) {
		gate.waiting = 0;
		gate.generation++;
		gort_cond_broadcast(&gate.turn);
	} else if (!last) {
		while (gate.generation == mine)
			gort_cond_wait(&gate.turn, &gate.lock);
		EXPECT("gate", "the generation", gate.generation, mine + 1);
	}
	gort_mutex_unlock(&gate.lock);
}

static void
openSecret(void *arg)
{
	(void)arg;
	gort_gosched();
	gate.secret = 4711;
	ADD(&gate.onces, 1);
}

static void
visitor(void *arg)
{
	struct seat *s = sitDown("a visitor");
	struct rng r = newrng();
	(void)arg;
	gort_once_do(&gate.once, openSecret, NULL);
	EXPECT("gate", "what once has set", gate.secret, 4711);
	while (goingOn(s)) {
		for (int i = 0; i < 8; i++)
			enterRoom(&r);
		barrier(false);
	}
	barrier(true);
	standUp(s);
}

static void
runGate(void *arg)
{
	(void)arg;
	gate.members = VISITORS;
	gate.waiting = 0;
	gate.once = (gort_once)GORT_ONCE_INIT;
	gate.onces = gate.secret = 0;
	for (int i = 0; i < ROOMFOR; i++)
		gort_sema_release(&gate.room);
	crowd(&gate.wg, VISITORS, visitor, NULL);
	gort_waitgroup_wait(&gate.wg);
	EXPECT("gate", "how often once ran", gate.onces, 1);
	for (int i = 0; i < ROOMFOR; i++)
		EXPECT("gate", "a free place", gort_sema_tryacquire(&gate.room), true);
	EXPECT("gate", "a place too many", gort_sema_tryacquire(&gate.room), false);
}

/* ---- contexts: a tree that is cancelled anywhere; everybody below hears of it, nobody above ---- */

static uint64_t contexts;
struct subtree {
	const gort_context *ctx;
	gort_waitgroup *wg;
	struct seat *s;
	uint64_t *heard, *after;
};

static void
countAfter(void *arg)
{
	ADD((uint64_t *)arg, 1);
}

static void
listener(void *arg)
{
	struct subtree *t = arg;
	while (gort_select(GORT_RECV(gort_context_done(t->ctx), NULL), GORT_AFTER(GORT_MS)) != 0)
		moved(t->s);
	int err = gort_context_err(t->ctx);
	if (err != GORT_ECANCELED && err != GORT_EDEADLINE)
		wrong("contexts", "the reason", err, GORT_ECANCELED);
	ADD(t->heard, 1);
	gort_waitgroup_done(t->wg);
}

static void
contextUser(void *arg)
{
	struct seat *s = sitDown("a user of contexts");
	struct rng r = newrng();
	(void)arg;
	while (goingOn(s)) {
		if (!afford(6 * 400)) {
			gort_sleep(10 * GORT_MS);
			continue;
		}
		gort_waitgroup wg = GORT_WAITGROUP_INIT;
		uint64_t heard = 0, after = 0;
		gort_context *c[4];
		c[0] = gort_context_with_cancel(gort_context_background());
		for (int i = 1; i < 4; i++) {
			const gort_context *up = c[below(&r, (uint32_t)i)];
			c[i] = below(&r, 2) == 0 ? gort_context_with_cancel(up)
						 : gort_context_with_timeout(
							   up, (int64_t)below(&r, 2000) * GORT_US);
		}
		for (int i = 0; i < 4; i++) {
			gort_waitgroup_add(&wg, 1);
			struct subtree t = {c[i], &wg, s, &heard, &after};
			gort_go_copy(listener, &t, sizeof t);
		}
		gort_context_after *a = gort_context_after_func(c[3], countAfter, &after);
		gort_context_after *b = gort_context_after_func(c[0], countAfter, &after);
		uint64_t stopped = 0;
		if (below(&r, 2) == 0)
			gort_sleep((int64_t)below(&r, 1000) * GORT_US);
		if (below(&r, 2) == 0)
			stopped += gort_context_after_stop(a);
		gort_context_cancel(c[below(&r, 4)]);
		if (below(&r, 2) == 0)
			stopped += gort_context_after_stop(b);
		for (int i = 4; i-- > 0;)
			gort_context_cancel(c[i]);
		gort_waitgroup_wait(&wg);
		EXPECT("contexts", "those who heard", heard, 4);
		/* They are goroutines of their own: wait for them. */
		while (LOAD(&after) + stopped < 2) {
			moved(s);
			gort_gosched();
		}
		EXPECT("contexts", "after functions", LOAD(&after) + stopped, 2);
		ADD(&contexts, 4);
	}
	standUp(s);
}

static void
runContexts(void *arg)
{
	gort_waitgroup wg = GORT_WAITGROUP_INIT;
	(void)arg;
	crowd(&wg, 3, contextUser, NULL);
	gort_waitgroup_wait(&wg);
}

/* ---- scopes: all have ended when the wait returns, and the first error is kept ---------------- */

static uint64_t scopes;
struct task {
	gort_scope *scope;
	uint64_t *ended;
	int err;
	uint32_t us;
};

static int
task(void *arg)
{
	struct task *t = arg;
	if (t->us > 0)
		gort_select(GORT_RECV(gort_context_done(gort_scope_context(t->scope)), NULL),
			GORT_AFTER((int64_t)t->us * GORT_US));
	ADD(t->ended, 1);
	return t->err;
}

static void
scopeUser(void *arg)
{
	struct seat *s = sitDown("a user of scopes");
	struct rng r = newrng();
	(void)arg;
	while (goingOn(s)) {
		if (!afford(1500)) {
			gort_sleep(10 * GORT_MS);
			continue;
		}
		struct task t[12];
		uint64_t ended = 0;
		gort_scope scope = {.limit = (int)below(&r, 4)};
		int n = 1 + (int)below(&r, 12), failing = (int)below(&r, 24);
		for (int i = 0; i < n; i++) {
			t[i] = (struct task){
				&scope, &ended, i == failing ? -77 : 0, below(&r, 300)};
			gort_scope_go(&scope, task, &t[i]);
		}
		EXPECT("scopes", "the error", gort_scope_wait(&scope), failing < n ? -77 : 0);
		EXPECT("scopes", "those that ended", ended, n);
		ADD(&scopes, 1);
	}
	standUp(s);
}

static void
runScopes(void *arg)
{
	gort_waitgroup wg = GORT_WAITGROUP_INIT;
	(void)arg;
	crowd(&wg, 3, scopeUser, NULL);
	gort_waitgroup_wait(&wg);
}

const struct part lockParts[] = {
	{"bank", runBank, &bank.transfers, "transfers", false},
	{"gate", runGate, &visits, "visits", false},
	{"contexts", runContexts, &contexts, "contexts", false},
	{"scopes", runScopes, &scopes, "scopes", false},
	{NULL, NULL, NULL, NULL, false},
};
