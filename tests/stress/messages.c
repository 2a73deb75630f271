/* messages.c: channels and select: what is sent arrives, once, and in order where order is promised.
 */
#include "torture.h"

/* ---- pipeline: values through stages of workers, in sum and number -------------------------- */

static struct {
	gort_chan *stage[4];
	gort_waitgroup workers[3], sources;
	uint64_t in, out, nin, nout, done;
} pipeline;

static void
source(void *arg)
{
	struct seat *s = sitDown("a source of the pipeline");
	struct rng r = newrng();
	(void)arg;
	uint64_t sum = 0, n = 0;
	while (goingOn(s)) {
		uint64_t v = rnd(&r) >> 8;
		gort_send(pipeline.stage[0], v);
		sum += v;
		n++;
	}
	ADD(&pipeline.in, sum);
	ADD(&pipeline.nin, n);
	standUp(s);
}

static void
stageWorker(void *arg)
{
	int stage = *(int *)arg;
	struct rng r = newrng();
	uint64_t v;
	while (gort_recv(pipeline.stage[stage], &v)) {
		if (below(&r, 64) == 0)
			gort_gosched();
		gort_send(pipeline.stage[stage + 1], v + 1);
	}
	gort_waitgroup_done(&pipeline.workers[stage]);
}

static void
sink(void *arg)
{
	uint64_t v, sum = 0, n = 0;
	(void)arg;
	while (gort_recv(pipeline.stage[3], &v)) {
		sum += v - 3;
		n++;
	}
	pipeline.out = sum;
	pipeline.nout = n;
}

static void
runPipeline(void *arg)
{
	struct rng r = newrng();
	gort_waitgroup sinkdone = GORT_WAITGROUP_INIT;
	(void)arg;
	pipeline.in = pipeline.nin = 0;
	for (int i = 0; i < 4; i++)
		pipeline.stage[i] = gort_chan_make(uint64_t, below(&r, 3) * below(&r, 40));
	gort_waitgroup_go(&sinkdone, sink, NULL);
	for (int s = 0; s < 3; s++) {
		int n = 1 + (int)below(&r, 8);
		gort_waitgroup_add(&pipeline.workers[s], n);
		for (int i = 0; i < n; i++)
			gort_go_copy(stageWorker, &s, sizeof s);
	}
	crowd(&pipeline.sources, 3, source, NULL);
	gort_waitgroup_wait(&pipeline.sources);
	for (int s = 0; s < 3; s++) {
		gort_close(pipeline.stage[s]);
		gort_waitgroup_wait(&pipeline.workers[s]);
	}
	gort_close(pipeline.stage[3]);
	gort_waitgroup_wait(&sinkdone);
	EXPECT("pipeline", "the number", pipeline.nout, pipeline.nin);
	EXPECT("pipeline", "the sum", pipeline.out, pipeline.in);
	for (int i = 0; i < 4; i++)
		gort_free(pipeline.stage[i]);
	pipeline.done += pipeline.nout;
}

/* ---- tokens: passed by select with every kind of case; none gets lost or doubled ------------- */

enum { TOKENCHANS = 4, TOKENS = 24, PASSERS = 16 };
static struct {
	gort_chan *c[TOKENCHANS];
	gort_chan *quit; /* closed at the end: some wait without a time-out */
	uint64_t passed, kept, timeouts;
	gort_waitgroup wg;
} tokens;

static void
passer(void *arg)
{
	struct seat *s = sitDown("a passer of tokens");
	struct rng r = newrng();
	int held = 0;
	(void)arg;
	while (goingOn(s)) {
		int tok = -1, in;
		int a = (int)below(&r, TOKENCHANS), b = (int)below(&r, TOKENCHANS);
		/* NULL: never ready */
		gort_chan *to = held > 0 ? tokens.c[below(&r, TOKENCHANS)] : NULL;
		switch (below(&r, 6)) {
		case 0:
			in = gort_select(GORT_RECV(tokens.c[a], &tok), GORT_RECV(tokens.c[b], &tok),
				GORT_SEND(to, 1), GORT_DEFAULT);
			break;
		case 4:
		case 5:
			in = gort_select(GORT_RECV(tokens.c[a], &tok), GORT_RECV(tokens.c[b], &tok),
				GORT_SEND(to, 1), GORT_RECV(tokens.quit, NULL));
			break;
		case 1:
			in = gort_select(GORT_RECV(tokens.c[a], &tok), GORT_RECV(tokens.c[b], &tok),
				GORT_SEND(to, 1), GORT_AFTER((int64_t)below(&r, 200) * GORT_US));
			break;
		case 2:
			in = gort_select(GORT_SEND(to, 1), GORT_SEND(to, 1), GORT_SEND(to, 1),
				GORT_AFTER((int64_t)below(&r, 50) * GORT_US));
			in = in == 3 ? 3 : 2;
			break;
		default:
			in = gort_select(GORT_RECV(tokens.c[a], &tok), GORT_SEND(to, 1),
				GORT_AFTER(GORT_MS));
			in = in == 0 ? 0 : in == 1 ? 2 : 3;
			break;
		}
		if (in == 3) {
			ADD(&tokens.timeouts, 1);
		} else if (in == 2) {
			held--;
			ADD(&tokens.passed, 1);
		} else {
			EXPECT("tokens", "a token", tok, 1);
			held++;
		}
	}
	ADD(&tokens.kept, (uint64_t)held);
	standUp(s);
}

static void
quitter(void *arg)
{
	struct seat *s = sitDown("the quitter");
	(void)arg;
	while (goingOn(s))
		gort_sleep(10 * GORT_MS);
	gort_close(tokens.quit);
	standUp(s);
}

static void
runTokens(void *arg)
{
	struct rng r = newrng();
	int tok;
	(void)arg;
	tokens.kept = 0;
	for (int i = 0; i < TOKENCHANS; i++)
		tokens.c[i] = gort_chan_make(int, i == 0 ? TOKENS : below(&r, 3));
	for (int i = 0; i < TOKENS; i++)
		gort_send(tokens.c[0], 1);
	tokens.quit = gort_chan_make(int, 0);
	gort_waitgroup_go(&tokens.wg, quitter, NULL);
	crowd(&tokens.wg, PASSERS, passer, NULL);
	gort_waitgroup_wait(&tokens.wg);
	uint64_t left = 0;
	for (int i = 0; i < TOKENCHANS; i++) {
		while (gort_try_recv(tokens.c[i], &tok) == 1)
			left++;
		gort_free(tokens.c[i]);
	}
	gort_free(tokens.quit);
	EXPECT("tokens", "their number", left + tokens.kept, TOKENS);
}

/* ---- rounds: short lives of a channel; every message has a bit of its own -------------------- */

/* Each element size has its own way through the channel; this one is a multiple of no power of two.
 * The words after the first are made of it. */
struct letter {
	uint64_t id, check[4];
};

enum { LETTERS = 4096, SENDERS = 4, READERS = 6 };
static uint64_t rounds;

struct round {
	gort_chan *c, *done;
	uint64_t seen[LETTERS / 64];
	uint32_t next;    /* the next id to be sent */
	uint32_t nids;    /* how many there are */
	uint32_t nclosed; /* readers that saw the end */
	uint32_t nwait;   /* waiters for done that were let go */
	gort_waitgroup senders, readers;
	struct seat *s;
};

static void
roundSender(void *arg)
{
	struct round *k = arg;
	struct rng r = newrng();
	for (;;) {
		uint32_t id = ADD(&k->next, 1) - 1;
		if (id >= k->nids)
			break;
		int tries;
		struct letter l = {id, {~(uint64_t)id, id * 3ull, id * 5ull, id * 7ull}};
		switch (below(&r, 3)) {
		case 0:
			gort_send(k->c, l);
			break;
		case 1:
			/* If all only try, nobody meets. */
			for (tries = 0; !gort_try_send(k->c, l); tries++) {
				gort_gosched();
				if (tries < 20)
					continue;
				gort_send(k->c, l);
				break;
			}
			break;
		default:
			while (gort_select(GORT_SEND(k->c, l), GORT_AFTER(20 * GORT_US)) != 0)
				;
			break;
		}
		moved(k->s);
	}
}

static void
roundReader(void *arg)
{
	struct round *k = arg;
	struct rng r = newrng();
	struct letter l;
	for (;;) {
		bool ok = false;
		switch (below(&r, 3)) {
		case 0:
			ok = gort_recv(k->c, &l);
			break;
		case 1: {
			int got, tries = 0;
			while ((got = gort_try_recv(k->c, &l)) == 0 && tries++ < 20)
				gort_gosched();
			if (got == 0)
				got = gort_recv(k->c, &l) ? 1 : GORT_ECLOSED;
			ok = got == 1;
			if (!ok)
				EXPECT("rounds", "the end", got, GORT_ECLOSED);
		} break;
		default:
			while (gort_select(GORT_RECV_OK(k->c, &l, &ok), GORT_AFTER(20 * GORT_US)) !=
				0)
				;
			break;
		}
		if (!ok)
			break;
		if (l.id >= k->nids || l.check[0] != ~l.id || l.check[3] != l.id * 7)
			wrong("rounds", "a letter", (long long)l.id, (long long)l.check[0]);
		uint64_t bit = 1ull << (l.id % 64);
		uint64_t was = __atomic_fetch_or(&k->seen[l.id / 64], bit, __ATOMIC_ACQ_REL);
		if ((was & bit) != 0)
			wrong("rounds", "a letter that came twice", (long long)l.id, -1);
		moved(k->s);
	}
	ADD(&k->nclosed, 1);
}

/* Who only waits for the end: close wakes all of them. */
static void
roundWaiter(void *arg)
{
	struct round *k = arg;
	struct rng r = newrng();
	gort_chan *never = NULL;
	uint64_t v;
	if (below(&r, 2) == 0)
		gort_recv(k->done, NULL);
	else
		gort_select(GORT_RECV(never, &v), GORT_RECV(k->done, NULL), GORT_SEND(never, 1ull));
	ADD(&k->nwait, 1);
}

static void
roundMaker(void *arg)
{
	struct seat *s = sitDown("a maker of rounds");
	struct rng r = newrng();
	(void)arg;
	while (goingOn(s)) {
		struct round k = {.nids = 1 + below(&r, LETTERS), .s = s};
		if (below(&r, 2) == 0)
			k.nids = 1 + below(&r, 64);
		int senders = 1 + (int)below(&r, SENDERS), readers = 1 + (int)below(&r, READERS);
		int waiters = (int)below(&r, 5);
		k.c = gort_chan_make(struct letter, below(&r, 3) * below(&r, 70));
		k.done = gort_chan_make(uint64_t, 0);
		crowd(&k.readers, readers, roundReader, &k);
		crowd(&k.readers, waiters, roundWaiter, &k);
		crowd(&k.senders, senders, roundSender, &k);
		gort_waitgroup_wait(&k.senders);
		gort_close(k.c);
		gort_close(k.done);
		gort_waitgroup_wait(&k.readers);
		EXPECT("rounds", "readers at the end", k.nclosed, readers);
		EXPECT("rounds", "waiters let go", k.nwait, waiters);
		for (uint32_t id = 0; id < k.nids; id++)
			if ((k.seen[id / 64] >> (id % 64) & 1) == 0)
				wrong("rounds", "a letter that never came", id, k.nids);
		gort_free(k.c);
		gort_free(k.done);
		ADD(&rounds, 1);
	}
	standUp(s);
}

static void
runRounds(void *arg)
{
	gort_waitgroup wg = GORT_WAITGROUP_INIT;
	(void)arg;
	crowd(&wg, 3, roundMaker, NULL);
	gort_waitgroup_wait(&wg);
}

/* ---- order: one sender, one receiver: what is sent first comes first -------------------------- */

static uint64_t ordered;

struct pair {
	gort_chan *there, *back;
};

static void
echo(void *arg)
{
	struct pair *p = arg;
	uint64_t v;
	while (gort_recv(p->there, &v))
		gort_send(p->back, v);
	gort_close(p->back);
}

/* Sends up to as many as the two channels hold before it takes any back. */
static void
orderly(void *arg)
{
	struct seat *s = sitDown("an orderly sender");
	struct rng r = newrng();
	gort_waitgroup wg = GORT_WAITGROUP_INIT;
	(void)arg;
	uint32_t room = below(&r, 20);
	struct pair p = {gort_chan_make(uint64_t, room), gort_chan_make(uint64_t, room)};
	gort_waitgroup_go(&wg, echo, &p);
	uint64_t out = 0, in = 0, v;
	while (goingOn(s)) {
		for (uint32_t n = 1 + below(&r, 2 * room + 1); n > 0; n--)
			gort_send(p.there, out++);
		while (in < out) {
			if (!gort_recv(p.back, &v))
				wrong("order", "a channel closed", 1, 0);
			EXPECT("order", "a number", v, in);
			in++;
		}
	}
	gort_close(p.there);
	EXPECT("order", "the end", gort_recv(p.back, &v), false);
	gort_waitgroup_wait(&wg);
	gort_free(p.there);
	gort_free(p.back);
	ADD(&ordered, in);
	standUp(s);
}

static void
runOrder(void *arg)
{
	gort_waitgroup wg = GORT_WAITGROUP_INIT;
	(void)arg;
	crowd(&wg, 4, orderly, NULL);
	gort_waitgroup_wait(&wg);
}

const struct part messageParts[] = {
	{"pipeline", runPipeline, &pipeline.done, "values", false},
	{"tokens", runTokens, &tokens.passed, "tokens", false},
	{"rounds", runRounds, &rounds, "rounds", false},
	{"order", runOrder, &ordered, "numbers", false},
	{NULL, NULL, NULL, NULL, false},
};
