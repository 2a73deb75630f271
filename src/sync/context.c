/* context.c: who may stop working, and why.                                          room: sync
 *
 * A context says "go on" until it is done, and then says so for ever, with a reason. It is handed
 * down calls and goroutines; what is derived from it is done when it is.
 *
 * The cast
 *   context    what everybody holds: parent, one key and value, and node: the nearest ancestor
 *              that can be done, itself included. NULL: never done. Constant once made, so looking
 *              values and deadlines up takes no lock.
 *   ctxnode    a place in a tree of cancellation. Two kinds: a cancelctx, and a contextafter,
 *              a leaf, which starts a function when its context is done.
 *   cancelctx  context, node and channel in one object. The channel never carries a value; closed
 *              means done. A timerctx has a deadline of its own besides.
 *
 * A tree is everything below one context whose parent is never done. Contexts with values have no
 * place in it. Its root's lock guards the links and the reasons of all its nodes; it is held for a
 * few loads and stores, except when a subtree is cancelled: then for as long as the walk over it
 * takes. It is a leaf: nothing is locked under it, and nothing allocated.
 *
 * Cancelling, by whoever comes first: the program, the deadline's callback on g0, a scope.
 *   1. Under the lock: if the node is done, stop. Else take it off its parent, walk all below it,
 *      give each its reason (err: acquire/release, for those who look without the lock), and put
 *      it on the root's list of the doomed. The whole subtree is done at this one instant, with
 *      one reason.
 *   2. Without the lock, along the list, descendants before ancestors: stop the timer, close the
 *      channel. Then start the after functions. One at a time does so for a tree (telling). Who
 *      cancels meanwhile leaves his part on the list, and the one who is at it finds it there:
 *      so a child that was cancelled first is told before its parent, whoever is faster.
 *
 * Invariants
 *   1. linked nodes are not done, and hang below nodes that are not done, or are roots.
 *   2. A done node is never linked again, and its links belong to the one who tells.
 *   3. A closed channel: the channels of all descendants are closed as well.
 *   4. A done context's timer is not queued, but from 1 to 2.
 *
 * Between 1 and 2 a context has a reason and an open channel. Nobody is shown that: contextErr and
 * a cancel that leaves the telling to another wait for the channel. They wait for a thread inside the runtime,
 * which is never preempted there, so they do not wait long. Callbacks on g0, which cannot wait, are
 * not interested.
 *
 * Birth. A new node is queued with its timer first and then linked: under the lock it looks
 * whether its timer has made it done meanwhile, and whether its parent is; then it is not linked,
 * and in the second case takes over the parent's reason. So a parent that gets done concurrently
 * finds the child linked, its timer queued, or the child finds the parent done.
 *
 * A child is reachable from its parent until it is done: who derives a context cancels it, or it
 * stays as long as the parent.
 *
 * Rejected: a lock a node. Cancelling a parent and a child at the same time takes locks in both
 * orders, a subtree is done bit by bit, and deep trees recurse. A goroutine a deadline: cancelling
 * parks for nothing, so the timer's callback can do it. A channel made on demand: its header is no
 * larger than what the demand would cost. */
#include "sync/internal.h"

struct context {
	const struct context *parent; /* constant; NULL: the background */
	struct ctxnode *node;         /* constant */
	const void *key;              /* constant; NULL: no value here */
	void *value;                  /* constant */
};

enum ctxkind { CTX_CANCEL, CTX_TIMER, CTX_AFTER };

struct ctxnode {
	struct ctxnode *up;   /* constant: the next node above, NULL for a root */
	struct ctxnode *root; /* constant */
	struct mutex lock;    /* the root's guards the tree */
	enum ctxkind kind;    /* constant */
	bool linked;          /* lock: may still get done; if up: is on its list of children */
	bool telling;         /* lock; of a root: somebody tells the doomed of its tree */
	int32_t err;          /* atomic, written once under lock; 0: not done */
	int32_t cause;        /* written before err */
	struct ctxnode *children;
	struct ctxnode *next, *prev; /* lock: siblings */
	struct ctxnode *doomed;      /* the next to be told; in a ring */
	struct ctxnode *lastDoomed;  /* lock; of a root: the ring's last, its next is the first */
};

struct cancelctx {
	struct context ctx; /* first: a context is cast to it by its node's kind */
	struct ctxnode node;
	int64_t deadline; /* constant: the earliest of its own and those above; INT64_MAX: none */
	struct hchan done;
};

struct timerctx {
	struct cancelctx c;
	struct timer t;
};

struct contextafter {
	struct ctxnode node;
	void (*fn)(void *);
	void *arg;
	uintptr_t pc;
};

static struct context background;

/* ---- starting goroutines -------------------------------------------------------------------- */

void
startGoroutine(void (*fn)(void *), void *arg, uint32_t copy, uintptr_t pc)
{
	const char *why = "";
	struct newprocopt opt = {.copy = copy};
	if (unlikely(newproc(fn, arg, &opt, pc, &why) == NULL)) {
		rtprintf("runtime: cannot start a goroutine: %s\n", why);
		fatal("out of memory (stack of a goroutine)");
	}
}

/* ---- the tree: root's lock held ------------------------------------------------------------- */

static inline struct cancelctx *
cancelctxOf(struct ctxnode *n)
{
	return container_of(n, struct cancelctx, node);
}

static void
ctxLink(struct ctxnode *n)
{
	n->linked = true;
	if (n->up == NULL)
		return;
	n->next = n->up->children;
	if (n->next != NULL)
		n->next->prev = n;
	n->up->children = n;
}

static void
ctxUnlink(struct ctxnode *n)
{
	if (!n->linked)
		return;
	n->linked = false;
	if (n->up == NULL)
		return;
	if (n->prev != NULL)
		n->prev->next = n->next;
	else
		n->up->children = n->next;
	if (n->next != NULL)
		n->next->prev = n->prev;
	n->next = NULL;
	n->prev = NULL;
}

/* n is done, and *list leads to it. */
static void
ctxDoom(struct ctxnode **list, struct ctxnode *n, int32_t err, int32_t cause)
{
	n->linked = false;
	n->cause = cause;
	store_rel(&n->err, err);
	n->doomed = *list;
	*list = n;
}

/* top, which is not done, and all below it. Depth first, by the links alone: a chain of a million
 * contexts takes no stack. The list has each before those above it, and ends with top. */
static struct ctxnode *
ctxDoomTree(struct ctxnode *top, int32_t err, int32_t cause)
{
	struct ctxnode *list = NULL;
	ctxUnlink(top);
	for (struct ctxnode *n = top;;) {
		ctxDoom(&list, n, err, cause);
		if (n->children != NULL) {
			n = n->children;
			continue;
		}
		while (n != top && n->next == NULL)
			n = n->up;
		if (n == top)
			return list;
		n = n->next;
	}
}

/* ---- telling: no lock held, the nodes are ours ---------------------------------------------- */

/* Tells one, but starts no function. */
static void
ctxTell(struct ctxnode *n)
{
	/* A done context keeps none of its tree alive but those above it. */
	n->doomed = NULL;
	n->children = NULL;
	n->next = NULL;
	n->prev = NULL;
	if (n->kind == CTX_AFTER)
		return;
	struct cancelctx *c = cancelctxOf(n);
	if (n->kind == CTX_TIMER)
		deltimer(&container_of(c, struct timerctx, c)->t);
	closechan(&c->done);
}

static void
ctxStart(struct ctxnode *n)
{
	struct contextafter *a = container_of(n, struct contextafter, node);
	startGoroutine(a->fn, a->arg, 0, a->pc);
}

/* All from first to last. */
static void
ctxTellAll(struct ctxnode *first, struct ctxnode *last)
{
	struct ctxnode *afters = NULL;
	for (struct ctxnode *n = first, *next;; n = next) {
		next = n->doomed;
		ctxTell(n);
		if (n->kind == CTX_AFTER) {
			n->doomed = afters;
			afters = n;
		}
		if (n == last)
			break;
	}
	while (afters != NULL) {
		struct ctxnode *n = afters;
		afters = n->doomed;
		n->doomed = NULL;
		ctxStart(n);
	}
}

/* False: it is done already. Either way it may not be told when this returns. On a goroutine or
 * g0. */
static bool
ctxCancel(struct ctxnode *n, int32_t err, int32_t cause)
{
	struct ctxnode *root = n->root;
	lock(&root->lock);
	if (n->err != 0) {
		unlock(&root->lock);
		return false;
	}
	struct ctxnode *first = ctxDoomTree(n, err, cause), *last = root->lastDoomed;
	if (last != NULL) {
		n->doomed = last->doomed;
		last->doomed = first;
	} else {
		n->doomed = first;
	}
	root->lastDoomed = n;
	if (!root->telling) {
		root->telling = true;
		while ((last = root->lastDoomed) != NULL) {
			root->lastDoomed = NULL;
			unlock(&root->lock);
			ctxTellAll(last->doomed, last);
			lock(&root->lock);
		}
		root->telling = false;
	}
	unlock(&root->lock);
	return true;
}

/* The deadline has come. */
static void
ctxFire(struct eface arg, uintptr_t seq)
{
	(void)seq;
	ctxCancel(arg.data, CONTEXT_DEADLINE, CONTEXT_DEADLINE);
}

static const struct funcval ctxFireFn = {(void *)ctxFire};

/* ---- birth ---------------------------------------------------------------------------------- */

static void
ctxnodeInit(struct ctxnode *n, enum ctxkind kind, const struct context *parent)
{
	n->kind = kind;
	n->up = parent->node;
	n->root = n->up == NULL ? n : n->up->root;
	lockInit(&n->lock, LOCKRANK_LEAF);
}

/* Makes n, which only its timer knows, part of its tree, or done. */
static void
ctxJoin(struct ctxnode *n)
{
	struct ctxnode *done = NULL;
	struct mutex *l = &n->root->lock;
	lock(l);
	if (n->err == 0) {
		if (n->up != NULL && n->up->err != 0)
			ctxDoom(&done, n, n->up->err, n->up->cause);
		else
			ctxLink(n);
	}
	unlock(l);
	if (done != NULL) /* nothing is below it: there is no order to keep */
		ctxTellAll(n, n);
}

static struct cancelctx *
newcancelctx(const struct context *parent, uintptr_t size, enum ctxkind kind, int64_t deadline)
{
	struct cancelctx *c = mallocConservative(size);
	c->ctx.parent = parent;
	c->ctx.node = &c->node;
	c->deadline = deadline;
	ctxnodeInit(&c->node, kind, parent);
	c->done.buf = (uint8_t *)(&c->done + 1); /* of no elements of no bytes */
	c->done.noscan = true;
	lockInit(&c->done.lock, LOCKRANK_HCHAN);
	return c;
}

struct context *
contextBackground(void)
{
	return &background;
}

static int64_t
deadlineOf(const struct context *ctx)
{
	return ctx->node == NULL ? INT64_MAX : cancelctxOf(ctx->node)->deadline;
}

struct context *
contextWithCancel(const struct context *parent)
{
	struct cancelctx *c =
		newcancelctx(parent, sizeof(struct cancelctx), CTX_CANCEL, deadlineOf(parent));
	ctxJoin(&c->node);
	return &c->ctx;
}

struct context *
contextWithDeadline(const struct context *parent, int64_t when)
{
	if (when >= deadlineOf(parent)) /* it comes too late to matter */
		return contextWithCancel(parent);
	struct cancelctx *c = newcancelctx(parent, sizeof(struct timerctx), CTX_TIMER, when);
	if (when > nanotime()) {
		struct timer *t = &container_of(c, struct timerctx, c)->t;
		t->when = when;
		t->f = &ctxFireFn;
		t->arg.data = &c->node;
		addtimer(t);
		ctxJoin(&c->node);
	} else {
		ctxJoin(&c->node);
		ctxCancel(&c->node, CONTEXT_DEADLINE, CONTEXT_DEADLINE);
		contextErr(&c->ctx);
	}
	return &c->ctx;
}

struct context *
contextWithValue(const struct context *parent, const void *key, void *value)
{
	struct context *ctx = mallocConservative(sizeof *ctx);
	ctx->parent = parent;
	ctx->node = parent->node;
	ctx->key = key;
	ctx->value = value;
	return ctx;
}

/* ---- asking --------------------------------------------------------------------------------- */

bool
contextCancel(struct context *ctx, int32_t cause)
{
	struct ctxnode *n = ctx->node;
	if (n == NULL || &cancelctxOf(n)->ctx != ctx)
		return false;
	ctxCancel(n, CONTEXT_CANCELED, cause);
	contextErr(ctx);
	return true;
}

struct hchan *
contextDone(const struct context *ctx)
{
	return ctx->node == NULL ? NULL : &cancelctxOf(ctx->node)->done;
}

int32_t
contextErr(const struct context *ctx)
{
	bool received;
	if (ctx->node == NULL)
		return 0;
	int32_t err = load_acq(&ctx->node->err);
	struct hchan *done = contextDone(ctx);
	if (err != 0 && (load_acq(&done->state) & CHAN_CLOSED) == 0)
		chanrecv(done, NULL, true, &received);
	return err;
}

int32_t
contextCause(const struct context *ctx)
{
	return contextErr(ctx) == 0 ? 0 : ctx->node->cause;
}

int64_t
contextDeadline(const struct context *ctx)
{
	return deadlineOf(ctx);
}

void *
contextValue(const struct context *ctx, const void *key)
{
	for (; ctx != NULL; ctx = ctx->parent)
		if (ctx->key == key)
			return ctx->value;
	return NULL;
}

/* ---- after functions ------------------------------------------------------------------------ */

struct contextafter *
contextAfterFunc(const struct context *ctx, void (*fn)(void *), void *arg, uintptr_t pc)
{
	struct contextafter *a = mallocConservative(sizeof *a);
	ctxnodeInit(&a->node, CTX_AFTER, ctx);
	a->fn = fn;
	a->arg = arg;
	a->pc = pc;
	ctxJoin(&a->node);
	return a;
}

bool
contextAfterStop(struct contextafter *a)
{
	struct mutex *l = &a->node.root->lock;
	lock(l);
	bool pending = a->node.linked;
	ctxUnlink(&a->node);
	unlock(l);
	return pending;
}
