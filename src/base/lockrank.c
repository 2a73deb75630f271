/* lockrank.c: the checker of lock order; debug and hard builds.                      room: base
 *
 * lockrank.def lists the ranks; a lock may be taken while holding only locks of lower rank, and
 * two of one rank (the channels of a select) in the order of their addresses. A LEAF lock may be
 * taken under anything, and nothing under it but SEGMENT: a prologue may ask for stack anywhere. A
 * set of locks that is always taken in one order cannot deadlock; the checker finds a wrong order
 * the first time it is *possible*, not the first time that two threads meet in it.
 *
 * What is held is kept per M, in m->heldlocks[0 .. m->locks), in the order of taking. Only the
 * M itself touches it. A dying thread is not checked: its report matters more. A select locks
 * thousands of channels: those that find no room are only counted.
 */
#include "base/base.h"

#if GORT_DEBUG || GORT_HARD

static const char *const names[] = {
#	define LOCKRANK(name, text) #        name,
#	include "base/lockrank.def"
#	undef LOCKRANK
};

static struct m *
checkedM(void)
{
	struct g *gp = getg();
	if (gp == NULL || gp->m == NULL || gp->m->dying != 0)
		return NULL;
	return gp->m;
}

static const char *
rankName(const struct mutex *l)
{
	return l->rank < LOCKRANK_COUNT ? names[l->rank] : "bad rank";
}

static void
push(struct m *mp, const struct mutex *l)
{
	/* Channels leave room for what is taken under them. */
	if (l->rank == LOCKRANK_HCHAN && (uintptr_t)mp->locks >= nelem(mp->heldlocks) / 2) {
		mp->moreheld++;
		return;
	}
	if ((uintptr_t)mp->locks >= nelem(mp->heldlocks)) {
		rtprintf("runtime: taking %s %p with %d locks held\n", rankName(l), (const void *)l,
			mp->locks);
		throw("too many locks held");
	}
	mp->heldlocks[mp->locks++] = l;
}

static void
wrongOrder(struct m *mp, const struct mutex *l, const struct mutex *h, const char *why)
{
	rtprintf("runtime: taking %s %p while holding %s %p: %s\n", rankName(l), (const void *)l,
		rankName(h), (const void *)h, why);
	for (int32_t i = 0; i < mp->locks; i++)
		rtprintf("\theld: %s %p\n", rankName(mp->heldlocks[i]),
			(const void *)mp->heldlocks[i]);
	throw("lock order");
}

void
lockrankAcquire(const struct mutex *l)
{
	struct m *mp = checkedM();
	if (mp == NULL)
		return;
	if (l->rank >= LOCKRANK_COUNT)
		throw("lock with a bad rank");
	for (int32_t i = 0; i < mp->locks; i++) {
		const struct mutex *h = mp->heldlocks[i];
		if (h == l)
			wrongOrder(mp, l, h, "it is the same lock");
		if (l->rank == LOCKRANK_SEGMENT)
			continue;
		if (h->rank == LOCKRANK_LEAF || h->rank == LOCKRANK_SEGMENT)
			wrongOrder(mp, l, h, "nothing is taken under a leaf");
		if (l->rank == LOCKRANK_LEAF)
			continue;
		if (h->rank > l->rank)
			wrongOrder(mp, l, h, "its rank is lower");
		if (h->rank == l->rank && h > l)
			wrongOrder(mp, l, h, "its address is lower");
	}
	push(mp, l);
}

void
lockrankTaken(const struct mutex *l)
{
	struct m *mp = checkedM();
	if (mp != NULL)
		push(mp, l);
}

void
lockrankRelease(const struct mutex *l)
{
	struct m *mp = checkedM();
	if (mp == NULL)
		return;
	for (int32_t i = mp->locks - 1; i >= 0; i--) {
		if (mp->heldlocks[i] != l)
			continue;
		for (; i + 1 < mp->locks; i++)
			mp->heldlocks[i] = mp->heldlocks[i + 1];
		mp->locks--;
		return;
	}
	if (l->rank == LOCKRANK_HCHAN && mp->moreheld > 0) {
		mp->moreheld--;
		return;
	}
	rtprintf("runtime: releasing %s %p\n", rankName(l), (const void *)l);
	throw("release of a lock that this thread does not hold");
}

void
assertLockHeld(const struct mutex *l)
{
	struct m *mp = checkedM();
	if (mp == NULL)
		return;
	for (int32_t i = 0; i < mp->locks; i++) {
		if (mp->heldlocks[i] == l)
			return;
	}
	rtprintf("runtime: %s %p is not held\n", rankName(l), (const void *)l);
	throw("lock not held");
}

#endif
