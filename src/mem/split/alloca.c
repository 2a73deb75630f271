/* alloca.c: memory of alloca and of arrays of variable length, where the stack has no room.  room: mem
 *
 * Their size is not known when a function's prologue asks for stack. Compiled with
 * -fsplit-stack, the function asks again, and if the memory does not fit between its frame and the
 * guard it calls __morestack_allocate_stack_space, which returns memory from elsewhere. It must
 * stay until the function returns, and nobody tells us when that is. So, as the classic alloca of
 * compilers without one does: a block remembers where its function's frame was, and is
 * given back by a later call from a frame that lies less deep, or when the goroutine ends. Stacks are
 * ordered (stackseg.c), so "less deep" is: an earlier stack, or a higher address on the same one.
 *
 * On a stack that is none of g's (a signal handler's, a coroutine's) depth says nothing: such a
 * block stays until the goroutine ends. A handler may interrupt us: it adds to the list by CAS
 * and takes no lock.
 *
 * Blocks of up to 32 KiB are kept in lists by size; larger ones are mappings.
 *
 * Lock: allocas.lock, a leaf, for the lists.
 */
#define GORT_MEM_IMPL
#include "mem/internal.h"

#include "core/splitstack.h"

#define MIN_SHIFT 10
#define NSIZES    6 /* 1 KiB .. 32 KiB */
#define CHUNK     (256 * KiB)
#define HEADER    64 /* what vectors are aligned to */

struct allocablock {
	struct allocablock *next; /* gp->allocas, or a list of free ones */
	uintptr_t size;           /* all of it, a power of two below CHUNK or whole pages */
	uintptr_t sp;             /* of the function that asked */
	int depth;                /* which of g's stacks that was */
};
_Static_assert(sizeof(struct allocablock) <= HEADER, "struct allocablock");

enum { ON_BASE, ON_SLOT, ON_HUGE, ELSEWHERE };

static struct {
	struct mutex lock;
	struct allocablock *free[NSIZES]; /* lock */
	uintptr_t next, end;              /* lock */
} allocas;

static int
depthOf(const struct g *gp, uintptr_t sp)
{
	const struct stack *st = stackOf(gp, sp);
	return st == &gp->stack    ? ON_BASE
	       : st == &gp->hop[0] ? ON_SLOT
	       : st == &gp->hop[1] ? ON_HUGE
				   : ELSEWHERE;
}

static struct allocablock *
blockSmall(uint32_t k)
{
	uintptr_t size = (uintptr_t)1 << (MIN_SHIFT + k);
	lock(&allocas.lock);
	struct allocablock *b = allocas.free[k];
	if (b != NULL) {
		allocas.free[k] = b->next;
	} else {
		if (allocas.end - allocas.next < size) {
			allocas.next = (uintptr_t)sysAlloc(CHUNK);
			allocas.end = allocas.next == 0 ? 0 : allocas.next + CHUNK;
		}
		if (allocas.next != 0) {
			b = (struct allocablock *)allocas.next;
			allocas.next += size;
			b->size = size;
		}
	}
	unlock(&allocas.lock);
	return b;
}

static struct allocablock *
blockAlloc(uintptr_t n, bool mayLock)
{
	n += HEADER;
	for (uint32_t k = 0; k < NSIZES && mayLock; k++)
		if (n <= (uintptr_t)1 << (MIN_SHIFT + k))
			return blockSmall(k);
	n = alignUp(n, physPageSize);
	struct allocablock *b = sysAlloc(n);
	if (b != NULL)
		b->size = n;
	return b;
}

static void
blockFree(struct allocablock *b)
{
	for (uint32_t k = 0; k < NSIZES; k++) {
		if (b->size == (uintptr_t)1 << (MIN_SHIFT + k)) {
			lock(&allocas.lock);
			b->next = allocas.free[k];
			allocas.free[k] = b;
			unlock(&allocas.lock);
			return;
		}
	}
	sysFree(b, b->size);
}

static void
push(struct g *gp, struct allocablock *first, struct allocablock *last)
{
	struct allocablock *head;
	do {
		head = load_rlx(&gp->allocas);
		last->next = head;
	} while (!cas(&gp->allocas, head, first));
}

/* Gives back the blocks of frames that are gone, seen from sp on the stack depth. */
static void
reclaim(struct g *gp, int depth, uintptr_t sp)
{
	struct allocablock *b = xchg(&gp->allocas, NULL), *first = NULL, *last = NULL;
	while (b != NULL) {
		struct allocablock *next = b->next;
		bool gone = b->depth != ELSEWHERE &&
			    (b->depth > depth || (b->depth == depth && b->sp < sp));
		if (gone) {
			blockFree(b);
		} else if (first == NULL) {
			first = last = b;
		} else {
			last->next = b;
			last = b;
		}
		b = next;
	}
	if (first != NULL)
		push(gp, first, last);
}

const struct allocablock *
allocaNext(const struct allocablock *b, uintptr_t *lo, uintptr_t *hi)
{
	*lo = (uintptr_t)b + HEADER;
	*hi = (uintptr_t)b + b->size;
	return b->next;
}

void
allocaRelease(struct g *gp)
{
	struct allocablock *b = gp->allocas;
	gp->allocas = NULL;
	while (b != NULL) {
		struct allocablock *next = b->next;
		blockFree(b);
		b = next;
	}
}

static cold _Noreturn void
allocaRefused(struct g *gp, uintptr_t n)
{
	rtprintf("runtime: goroutine %lu: no memory for %lu bytes of alloca\n",
		(unsigned long)gp->goid, (unsigned long)n);
	throw("out of memory (stack of a goroutine)");
}

void *
stackAlloca(struct g *gp, uintptr_t n, uintptr_t sp)
{
	int depth = depthOf(gp, sp);
	if (depth != ELSEWHERE)
		reclaim(gp, depth, sp);
	struct allocablock *b = n > STACK_LIMIT ? NULL : blockAlloc(n, depth != ELSEWHERE);
	if (b == NULL)
		allocaRefused(gp, n);
	b->sp = sp;
	b->depth = depth;
	push(gp, b, b);
	return (char *)b + HEADER;
}
