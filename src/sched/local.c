/* local.c: goroutine-local variables.                                                room: sched
 *
 * The cast: a variable, a static object of the program's, the same for all goroutines; a cell, one
 * goroutine's value of it; a table, which a goroutine has once it has a cell.
 *
 *	g.locals -> | n | newest | ended | value[0] | value[1] ... value[n-1] |
 *	                                              |
 *	                   cell: | next | var | pad | value of the program's ... |
 *
 *   - A variable gets its index, its place in every table, when it is first used, from a counter
 *     that only grows. Index 0 is nobody's: value[0] is always NULL, so one compare tells a
 *     variable that has no index yet and one that this goroutine has not used.
 *   - Reading one is four loads, and needs no lock and no P: a table belongs to its goroutine.
 *   - A cell never moves, since the program keeps its address; the table does when it grows.
 *
 * The end. goexit1 calls localsEnd on the goroutine, while it is still one. Cells end in the order
 * of a stack, newest first. A cell that has ended is cleared and stays in the table until all have
 * ended, so that an end function which uses another variable finds zeros and not freed memory;
 * one that is used for the first time then is the newest and ends, too. Each cell leaves the list
 * before its function runs: if that ends the goroutine itself, the rest is taken up from there.
 *
 * The collector: cells are conservative objects, reached through the table, which g.locals
 * reaches.
 *
 * Rejected: values side by side in one block per goroutine (cheaper by a load, but then every
 * goroutine pays for every variable of the program, and the block must move when a library with
 * more of them is loaded). A key that the program makes at run time, as pthread_key_create (who
 * makes it, and who sees it first?). Inheriting values (Go's answer is the context). */
#include "sched/internal.h"

#define FIRST_LOCALS 7 /* with the table's head, an object of 80 bytes */

struct localcell {
	struct localcell *next;
	const struct localvar *var;
	/* The value follows; aligned to 16 if it is so large. */
};
_Static_assert(sizeof(struct localcell) == 16, "values are aligned to 16");

static uint32_t nlocalvars; /* atomic: indices given away */

/* Threads may race to give one variable its index; a loser's is never used. */
static uint32_t
localIndex(struct localvar *v)
{
	uint32_t i = load_rlx(&v->index);
	if (i != 0)
		return i;
	i = xadd(&nlocalvars, 1u);
	return cas(&v->index, 0u, i) ? i : load_rlx(&v->index);
}

static struct locals *
tableFor(struct g *gp, uint32_t index)
{
	struct locals *old = gp->locals;
	if (old != NULL && index < old->n)
		return old;
	uint32_t n = old != NULL ? old->n : FIRST_LOCALS;
	while (n <= index)
		n = 2 * n + 1;
	struct locals *l = mallocConservative(sizeof *l + n * sizeof l->value[0]);
	if (old != NULL)
		memmove(l, old, sizeof *old + old->n * sizeof old->value[0]);
	l->n = n;
	gp->locals = l;
	gp->haslocals = true;
	gcfree(old);
	return l;
}

void *
localMake(struct g *gp, struct localvar *v)
{
	uint32_t index = localIndex(v);
	struct locals *l = tableFor(gp, index);
	if (l->value[index] == NULL) {
		struct localcell *c = mallocConservative(sizeof *c + v->size);
		c->var = v;
		c->next = l->newest;
		l->newest = c;
		l->value[index] = c + 1;
	}
	return l->value[index];
}

static void
cellEnd(struct g *gp, struct localcell *c)
{
	const struct localvar *v = c->var;
	if (v->end != NULL) {
		rtleave(gp);
		v->end(c + 1);
		rtenter();
	}
	memclr(c + 1, v->size);
	/* The function may have made the table grow. */
	c->next = gp->locals->ended;
	gp->locals->ended = c;
}

void
localsEnd(struct g *gp)
{
	struct locals *l;
	while ((l = gp->locals)->newest != NULL) {
		struct localcell *c = l->newest;
		l->newest = c->next;
		cellEnd(gp, c);
	}
	for (struct localcell *c = l->ended, *next; c != NULL; c = next) {
		next = c->next;
		gcfree(c);
	}
	gp->locals = NULL;
	gp->haslocals = false;
	gcfree(l);
}
