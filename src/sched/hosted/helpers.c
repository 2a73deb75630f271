/* helpers.c: idle threads work for whoever has stopped the world.                    room: sched
 *
 * A stop leaves the threads that had a processor asleep, most of them on the list of idle ones
 * (stopm). The stopper may have some of them call a function, on their scheduling stacks and without a P:
 *
 *	the stopper                          a helper, in stopm
 *	worldHelp: takes it off the list,
 *	    counts it in busy,
 *	    m->helps = its number
 *	    wakes it                         finds helps != 0, not a P: calls fn(number, arg)
 *	worldHelped: waits                   back on the list and off the count in one section of
 *	                                     sched.lock; the last one wakes the stopper
 *	starts the world
 *
 * So the list is whole again before the world starts, and no thread is made because one still helps.
 * Threads that a signal has stopped in the program's code are not on the list and do not help. When
 * there were too few helpers one more thread is made, for the next time.
 */
#include "sched/internal.h"

static struct {
	/* Written before a helper is woken, then constant. */
	void (*fn)(int32_t number, void *arg);
	void *arg;
	int32_t busy; /* sched.lock */
	bool tooFew;  /* the stopper */
	struct note done;
} help;

/* Up to n threads call fn, with numbers from 1 on. World stopped; returns how many were found, and at
 * once. */
int32_t
worldHelp(int32_t n, void (*fn)(int32_t number, void *arg), void *arg)
{
	struct m *list = NULL, *mp;
	int32_t found = 0;
	assertWorldStopped();
	lock(&sched.lock);
	gort_assert(help.busy == 0);
	help.fn = fn;
	help.arg = arg;
	noteclear(&help.done);
	while (found < n && (mp = mget()) != NULL) {
		mp->helps = ++found;
		mp->schedlink = list;
		list = mp;
	}
	help.busy = found;
	unlock(&sched.lock);
	help.tooFew = found < n;
	while ((mp = list) != NULL) {
		list = mp->schedlink;
		mp->schedlink = NULL;
		notewakeup(&mp->park);
	}
	return found;
}

/* All have returned, and are idle. Goes with each worldHelp. */
void
worldHelped(void)
{
	lock(&sched.lock);
	bool wait = help.busy > 0;
	unlock(&sched.lock);
	if (wait)
		notesleep(&help.done);
	if (help.tooFew)
		spareM(true);
}

/* In stopm, off the list of idle Ms. */
void
helpOut(struct m *mp)
{
	help.fn(mp->helps, help.arg);
	mp->helps = 0;
	lock(&sched.lock);
	mput(mp);
	if (--help.busy == 0)
		notewakeup(&help.done);
	unlock(&sched.lock);
}
