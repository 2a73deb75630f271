/* syncrwmutex.c: many readers or one writer.                                         room: sync
 *
 * readerCount counts the readers that hold the lock or wait for it. A writer takes the mutex w
 * against other writers, then makes readerCount negative by a large constant: readers who come now
 * see that and wait on readerSem, so that writers do not starve. The writer moves the number of
 * readers that were there to readerWait, and waits on writerSem until the last of them has left.
 * Unlock adds the constant again and wakes all readers who had come meanwhile: so a reader never
 * waits for more than one writer. */
#include "sync/internal.h"

#define MAX_READERS (1 << 30)

void
syncrwmutexRLock(struct syncrwmutex *rw)
{
	if (xadd(&rw->readerCount, 1) < 0)
		semacquire(&rw->readerSem, false, waitReasonSyncRWMutexRLock);
}

bool
syncrwmutexTryRLock(struct syncrwmutex *rw)
{
	int32_t c;
	while ((c = load_rlx(&rw->readerCount)) >= 0)
		if (cas(&rw->readerCount, c, c + 1))
			return true;
	return false;
}

void
syncrwmutexRUnlock(struct syncrwmutex *rw)
{
	int32_t r = xadd(&rw->readerCount, -1);
	if (likely(r >= 0))
		return;
	if (r + 1 == 0 || r + 1 == -MAX_READERS)
		fatal("sync: RUnlock of unlocked RWMutex");
	/* A writer waits; the last of the readers before it lets it go on. */
	if (xadd(&rw->readerWait, -1) == 0)
		semrelease(&rw->writerSem, false);
}

void
syncrwmutexLock(struct syncrwmutex *rw)
{
	syncmutexLock(&rw->w);
	int32_t r = xadd(&rw->readerCount, -MAX_READERS) + MAX_READERS;
	/* Readers may have left between the two additions: then readerWait is back at 0. */
	if (r != 0 && xadd(&rw->readerWait, r) != 0)
		semacquire(&rw->writerSem, false, waitReasonSyncRWMutexLock);
}

bool
syncrwmutexTryLock(struct syncrwmutex *rw)
{
	if (!syncmutexTryLock(&rw->w))
		return false;
	if (!cas(&rw->readerCount, 0, -MAX_READERS)) {
		syncmutexUnlock(&rw->w);
		return false;
	}
	return true;
}

void
syncrwmutexUnlock(struct syncrwmutex *rw)
{
	int32_t r = xadd(&rw->readerCount, MAX_READERS);
	if (unlikely(r >= MAX_READERS))
		fatal("sync: Unlock of unlocked RWMutex");
	for (int32_t i = 0; i < r; i++)
		semrelease(&rw->readerSem, false);
	syncmutexUnlock(&rw->w);
}
