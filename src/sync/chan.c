/* chan.c: channels.                                                                  room: sync
 *
 * A channel is a lock, a ring buffer, and two queues of parked goroutines. A goroutine waits as a
 * sudog, whose elem points to the variable, on its stack as a rule, that the value comes from or
 * goes to.
 *
 * Invariants, under c->lock
 *   1. recvq and sendq are not both non-empty, but for a goroutine that waits on both in one
 *      select.
 *   2. qcount > 0: recvq is empty.  qcount < dataqsiz: sendq is empty.
 *   3. Closed: sendq and recvq are empty, and stay so.
 *   4. qcount elements lie in the ring before sendx; the oldest is at sendx - qcount.
 * (A select's sudog that another case has won counts as absent, see waitq_dequeue.)
 *
 * Send, under the lock: closed: panic. A receiver waits: the value is copied into its variable and
 * it is woken; the buffer is not involved. Room in the buffer: into it. Else the sender parks with
 * elem pointing to its value, and whoever takes it off the queue has copied it before waking it.
 * Receive is the mirror image; a receive from a full buffer with senders waiting takes the oldest
 * element and puts the oldest sender's in its place, so that the order is kept.
 *
 * The parked goroutine's lock is dropped by the scheduler after its registers were saved
 * (goparkunlock): who finds the sudog may run the goroutine at once.
 *
 * Looking without the lock. A non-blocking operation that cannot proceed must not cost a lock:
 *   send     "full" and then "not closed" were seen. Closed channels stay closed, so it was not
 *            closed when it was full either: at that instant the send could not proceed.
 *   receive  "empty", then "not closed": as for send. Empty, closed, and empty again: closed and
 *            drained for good, because nothing is sent any more after closing.
 * What is seen as possible is only a hint, tried again under the lock. The looks are acquire
 * loads of words that are written with release stores. select.c looks at several channels and
 * needs them not ready at one instant: that is what the count of changes in state is for.
 *
 * Contention. Critical sections hold one copy and no call that can block; the woken goroutine is
 * readied after unlock. The words that an operation touches share one cache line, which is why
 * recvx is computed from sendx and qcount, the queues are rings with one pointer, and the header is
 * rounded up to 128 bytes.
 *
 * Rejected: a lock-free ring. Close, select and direct hand-over need the queue and the buffer to
 * change together; the lock costs two atomic operations, a lock-free queue that keeps this order
 * no fewer. */
#include "core/bits.h"
#include "sync/internal.h"

_Static_assert(offsetof(struct hchan, elemtype) == 64, "the hot part is one cache line");

/* More than any address space has to offer. */
#define CHAN_MAXBYTES ((uintptr_t)1 << 47)

/* The header's share of the object: whole cache lines, so that the buffer begins on one. */
#define HCHAN_SIZE alignUp(sizeof(struct hchan), CACHE_LINE)

struct hchan *
makechan(uintptr_t elemsize, enum chanelem kind, const struct type *t, intgo cap)
{
	uintptr_t bytes;
	if (cap < 0 || elemsize > UINT32_MAX ||
		__builtin_mul_overflow((uintptr_t)cap, elemsize, &bytes) || bytes > CHAN_MAXBYTES)
		panicPlain("makechan: size out of range");
	bool noscan = kind == CHANELEM_NOSCAN || (kind == CHANELEM_TYPED && t->ptrdata == 0);
	struct hchan *c;
	if (kind == CHANELEM_TYPED && !noscan && bytes != 0) {
		/* A typed buffer is an object of its own: its type describes it from its start. */
		c = mallocConservative(HCHAN_SIZE);
		c->buf = mallocTyped(bytes, t);
	} else {
		uintptr_t total = alignUp(HCHAN_SIZE + bytes, CACHE_LINE);
		if (noscan || bytes == 0) {
			/* Who waits is kept alive by itself, not by the channel. */
			c = mallocNoscan(total, false);
			memclr(c, sizeof *c);
		} else {
			c = mallocConservative(total);
		}
		c->buf = (uint8_t *)c + HCHAN_SIZE;
	}
	c->dataqsiz = (uintptr_t)cap;
	c->elemsize = (uint32_t)elemsize;
	c->elemtype = t;
	c->noscan = noscan;
	lockInit(&c->lock, LOCKRANK_HCHAN);
	return c;
}

cold _Noreturn void
chanClosedSend(void)
{
	panicPlain("send on closed channel");
}

never_inline bool
chanTrySendCall(struct hchan *c, const void *elem, struct sudog **wake)
{
	return chanTrySend(c, elem, wake);
}

static cold _Noreturn void
parkForEver(enum waitReason reason)
{
	gopark(NULL, NULL, reason);
	throw("a goroutine that waits for ever was woken");
}

/* Parks the caller on q of c, whose lock it holds. Returns, the lock dropped, whether a value was
 * passed; false: closed. */
static bool
chanPark(struct hchan *c, struct waitq *q, void *elem, enum waitReason reason)
{
	struct g *gp = getg();
	struct sudog *sg = acquireSudog();
	sg->g = gp;
	sg->elem = elem;
	sg->c = c;
	sg->isSelect = false;
	sg->success = false;
	gp->waiting = sg;
	gp->param = NULL;
	waitq_enqueue(q, sg);
	chanChanged(c);
	goparkunlock(&c->lock, reason);
	if (unlikely(gp->param != sg || gp->waiting != sg))
		throw("a goroutine on a channel was woken by somebody else");
	gp->waiting = NULL;
	gp->param = NULL;
	bool success = sg->success;
	sg->c = NULL;
	releaseSudog(sg);
	return success;
}

bool
chansend(struct hchan *c, const void *elem, bool block)
{
	if (unlikely(c == NULL)) {
		if (!block)
			return false;
		parkForEver(waitReasonChanSendNilChan);
	}
	if (!block && !chanMaySend(c))
		return false;
	lock(&c->lock);
	if (unlikely((c->state & CHAN_CLOSED) != 0)) {
		unlock(&c->lock);
		chanClosedSend();
	}
	struct sudog *wake;
	if (likely(chanTrySend(c, elem, &wake))) {
		unlock(&c->lock);
		if (wake != NULL)
			chanWake(wake);
		return true;
	}
	if (!block) {
		unlock(&c->lock);
		return false;
	}
	if (!chanPark(c, &c->sendq, (void *)(uintptr_t)elem, waitReasonChanSend))
		chanClosedSend();
	return true;
}

bool
chanrecv(struct hchan *c, void *elem, bool block, bool *received)
{
	if (unlikely(c == NULL)) {
		*received = false;
		if (!block)
			return false;
		parkForEver(waitReasonChanReceiveNilChan);
	}
	if (!block && chanEmpty(c)) {
		if ((load_acq(&c->state) & CHAN_CLOSED) == 0) {
			*received = false;
			return false;
		}
		if (chanEmpty(c)) {
			if (elem != NULL)
				chanClear(c, elem);
			*received = false;
			return true;
		}
	}
	lock(&c->lock);
	struct sudog *wake;
	if (likely(chanTryRecv(c, elem, received, &wake))) {
		unlock(&c->lock);
		if (wake != NULL)
			chanWake(wake);
		return true;
	}
	if (!block) {
		unlock(&c->lock);
		*received = false;
		return false;
	}
	*received = chanPark(c, &c->recvq, elem, waitReasonChanReceive);
	return true;
}

/* sg was dequeued: its G learns that it was not served, and goes to the end of the list. */
static struct g **
closeOne(struct sudog *sg, struct g **tail)
{
	struct g *gp = sg->g;
	sg->elem = NULL;
	sg->success = false;
	gp->param = sg;
	gp->schedlink = NULL;
	*tail = gp;
	return &gp->schedlink;
}

void
closechan(struct hchan *c)
{
	if (c == NULL)
		panicPlain("close of nil channel");
	lock(&c->lock);
	if ((c->state & CHAN_CLOSED) != 0) {
		unlock(&c->lock);
		panicPlain("close of closed channel");
	}
	store_rel(&c->state, (c->state + CHAN_CHANGE) | CHAN_CLOSED);

	/* Everybody goes: receivers get a zero value, senders will panic. */
	struct g *head = NULL, **tail = &head;
	struct sudog *sg;
	while ((sg = waitq_dequeue(&c->recvq)) != NULL) {
		if (sg->elem != NULL)
			chanClear(c, sg->elem);
		tail = closeOne(sg, tail);
	}
	while ((sg = waitq_dequeue(&c->sendq)) != NULL)
		tail = closeOne(sg, tail);
	unlock(&c->lock);
	if (BROKEN(CLOSE) && head != NULL && brokenTurn(50))
		head = head->schedlink;
	for (bool first = true; head != NULL; first = false) {
		struct g *gp = head;
		head = gp->schedlink;
		gp->schedlink = NULL;
		if (first)
			goready(gp);
		else
			goreadytail(gp);
	}
}

intgo
chanlen(struct hchan *c)
{
	return c == NULL ? 0 : load_acq(&c->qcount);
}

intgo
chancap(struct hchan *c)
{
	return c == NULL ? 0 : (intgo)c->dataqsiz;
}
