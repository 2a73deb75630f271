/* api_select.c: select.                                                              room: capi
 *
 * Cases come in the order the program wrote them. selectgo wants the sends first and then the
 * receives, without default and time-out; this file translates there and back.
 *
 *   one channel case alone, or with a default   a plain channel operation
 *   GORT_AFTER                                  selectgoUntil: no channel, no allocation
 *
 * Up to FEW, and up to SMALL, cases are translated on the stack. */
#include "capi/capi.h"

#define FEW       4
#define SMALL     16
#define MAX_CASES 65535

struct sel {
	const gort_case *cases;
	int nsends, nrecvs;
	int dflt;  /* index of the default, -1: none */
	int timer; /* index of the shortest GORT_AFTER, -1: none */
	int64_t after;
	struct scase *scases;
	uint16_t *order; /* two words a scase */
	uint16_t *place; /* scase -> index in cases */
};

static cold _Noreturn void
badCase(const gort_case *k, int i)
{
	if (k->op > GORT_CASE_DEFAULT)
		panicFormat("select: case %d has no known operation (%u)", i, k->op);
	panicFormat("select: case %d: %s of %u byte%s on a channel of %lu-byte elements", i,
		k->op == GORT_CASE_SEND ? "send" : "receive", k->size, k->size == 1 ? "" : "s",
		gort_chan_elemsize(k->chan));
}

static always_inline void
checkCase(const gort_case *k, int i)
{
	if (unlikely(k->op > GORT_CASE_DEFAULT))
		badCase(k, i);
	if (k->op <= GORT_CASE_SEND && k->chan != NULL &&
		unlikely(((struct hchan *)k->chan)->elemsize != k->size) &&
		(k->op == GORT_CASE_SEND || k->elem != NULL))
		badCase(k, i);
}

/* Counts and checks. */
static void
survey(struct sel *s, const gort_case *cases, int n)
{
	*s = (struct sel){.cases = cases, .dflt = -1, .timer = -1};
	for (int i = 0; i < n; i++) {
		const gort_case *k = &cases[i];
		checkCase(k, i);
		switch (k->op) {
		case GORT_CASE_SEND:
			s->nsends++;
			break;
		case GORT_CASE_RECV:
			s->nrecvs++;
			break;
		case GORT_CASE_AFTER:
			if (s->timer < 0 || k->more.after < s->after) {
				s->timer = i;
				s->after = k->more.after;
			}
			break;
		default:
			if (s->dflt < 0)
				s->dflt = i;
		}
	}
}

static void
translate(struct sel *s, int n)
{
	int send = 0, recv = s->nsends;
	for (int i = 0; i < n; i++) {
		const gort_case *k = &s->cases[i];
		int at;
		if (k->op == GORT_CASE_SEND)
			at = send++;
		else if (k->op == GORT_CASE_RECV)
			at = recv++;
		else
			continue;
		s->scases[at] = (struct scase){(struct hchan *)k->chan, k->elem};
		s->place[at] = (uint16_t)i;
	}
}

static always_inline int
chosen(const gort_case *cases, int i, bool received)
{
	const gort_case *k = &cases[i];
	if (k->op == GORT_CASE_RECV && k->more.ok != NULL)
		*k->more.ok = received;
	return i;
}

static int
run(struct sel *s, int n)
{
	bool received = false;
	translate(s, n);
	bool block = s->dflt < 0;
	int at;
	if (s->timer < 0 || !block)
		at = (int)selectgo(s->scases, s->order, s->nsends, s->nrecvs, block, &received);
	else
		at = (int)selectgoUntil(s->scases, s->order, s->nsends, s->nrecvs,
			deadlineAfter(s->after), &received);
	return at >= 0 ? chosen(s->cases, s->place[at], received) : !block ? s->dflt : s->timer;
}

/* Most selects have few cases, and wait: what they take of the stack stays taken. With this frame a
 * goroutine on a segment of 2 KiB stays there. */
static never_inline int
runFew(struct sel *s, int n)
{
	struct scase scases[FEW];
	uint16_t order[2 * FEW], place[FEW];
	s->scases = scases;
	s->order = order;
	s->place = place;
	return run(s, n);
}

static never_inline int
runSmall(struct sel *s, int n)
{
	struct scase scases[SMALL];
	uint16_t order[2 * SMALL], place[SMALL];
	s->scases = scases;
	s->order = order;
	s->place = place;
	return run(s, n);
}

static cold int
runLarge(struct sel *s, int n)
{
	uintptr_t room = (uintptr_t)n;
	s->scases = mallocConservative(room * sizeof *s->scases);
	s->order = mallocNoscan(2 * room * sizeof *s->order, false);
	s->place = mallocNoscan(room * sizeof *s->place, false);
	int i = run(s, n);
	gcfree(s->scases);
	gcfree(s->order);
	gcfree(s->place);
	return i;
}

/* One channel case, alone or with a default. */
static always_inline int
single(const gort_case *cases, int i, int dflt)
{
	const gort_case *k = &cases[i];
	struct hchan *c = (struct hchan *)k->chan;
	bool received = false, selected;
	if (k->op == GORT_CASE_SEND)
		selected = chansend(c, k->elem, dflt < 0);
	else
		selected = chanrecv(c, k->elem, dflt < 0, &received);
	return selected ? chosen(cases, i, received) : dflt;
}

/* A poll that finds nothing, which is what most polls find: the index of the default if no other
 * case was ready at one instant, else -1, which says nothing. Two rounds of looks, and the same
 * counts of changes in both: sync/select.c has the reasoning. */
static int
pollNothing(const gort_case *cases, int n)
{
	int dflt = -1;
	uint32_t sum = 0;
	for (int i = 0; i < n; i++) {
		const gort_case *k = &cases[i];
		struct hchan *c = (struct hchan *)k->chan;
		if (k->op > GORT_CASE_SEND) {
			if (k->op == GORT_CASE_DEFAULT && dflt < 0)
				dflt = i;
			else if (k->op != GORT_CASE_AFTER)
				return -1;
			continue;
		}
		if (c == NULL)
			continue;
		sum += load_acq(&c->state);
		if (c->elemsize != k->size && (k->op == GORT_CASE_SEND || k->elem != NULL))
			return -1;
		if (k->op == GORT_CASE_SEND ? chanMaySend(c) : chanMayRecv(c))
			return -1;
	}
	for (int i = 0; i < n; i++) {
		const gort_case *k = &cases[i];
		struct hchan *c = (struct hchan *)k->chan;
		if (k->op > GORT_CASE_SEND || c == NULL)
			continue;
		if (k->op == GORT_CASE_SEND ? chanMaySend(c) : chanMayRecv(c))
			return -1;
		sum -= load_acq(&c->state);
	}
	return sum == 0 ? dflt : -1;
}

int
gort_select_array(const gort_case *cases, int n)
{
	struct sel s;
	int i;
	if (n > 2 && n <= SMALL &&
		(cases[n - 1].op == GORT_CASE_DEFAULT || cases[0].op == GORT_CASE_DEFAULT)) {
		i = pollNothing(cases, n);
		if (i >= 0 && !GORT_HARD && !preemptAsked())
			return i;
	}
	if (unlikely(n < 0 || n > MAX_CASES))
		panicFormat("select: %d cases, at most %d are possible", n, MAX_CASES);
	for (i = 0; n <= 2 && i < n; i++)
		checkCase(&cases[i], i);
	struct g *gp = rtenter();
	if (n == 1 && cases[0].op <= GORT_CASE_SEND)
		i = single(cases, 0, -1);
	else if (n == 2 && cases[0].op <= GORT_CASE_SEND && cases[1].op == GORT_CASE_DEFAULT)
		i = single(cases, 0, 1);
	else if (n == 2 && cases[1].op <= GORT_CASE_SEND && cases[0].op == GORT_CASE_DEFAULT)
		i = single(cases, 1, 0);
	else if (n == 0)
		selectblock();
	else {
		survey(&s, cases, n);
		i = n <= FEW ? runFew(&s, n) : n <= SMALL ? runSmall(&s, n) : runLarge(&s, n);
	}
	rtleave(gp);
	return i;
}
