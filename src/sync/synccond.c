/* synccond.c: condition variables over notification lists (sema.c).                  room: sync
 *
 * The ticket is drawn before the mutex is released: a signal by whoever holds the mutex afterwards
 * cannot miss this waiter. */
#include "sync/internal.h"

void
synccondWait(struct synccond *c, struct syncmutex *m)
{
	uint32_t t = notifyListAdd(&c->l);
	syncmutexUnlock(m);
	notifyListWait(&c->l, t);
	syncmutexLock(m);
}

void
synccondSignal(struct synccond *c)
{
	notifyListNotifyOne(&c->l);
}

void
synccondBroadcast(struct synccond *c)
{
	notifyListNotifyAll(&c->l);
}
