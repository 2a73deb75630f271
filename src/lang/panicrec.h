/* panicrec.h: what the files about panics share and nobody else may call.            room: lang */
#ifndef GORT_LANG_PANICREC_H
#define GORT_LANG_PANICREC_H

#include "core/upcalls.h"
#include "lang/internal.h"

/* A panic, or a Goexit, that runs deferred calls. Lies in the frame of gopanic or Goexit. Owner G.
 * Functions instead of flags: programs that never recover or exit go without what follows. */
struct panicrec {
	struct panicrec *link; /* the one that it interrupted */
	struct eface arg;
	/* Not NULL: somebody recovered in the deferred call that d is; goes on from there. */
	void (*recovered)(struct g *gp, struct panicrec *p, struct deferrec *d);
	void (*goexit)(void); /* not NULL: it is a Goexit; starts it again */
	bool aborted;         /* a newer one runs the calls that were left */
};

/* What the kinds of deferrec differ in. */
struct deferops {
	/* Takes the record back that is no longer on the list; NULL: nothing to do. */
	void (*free)(struct deferrec *d);
	/* The panic that ran d was recovered: goes on where d's kind says. NULL: where the next
	 * record that is a try says. */
	void (*resume)(struct deferrec *d);
	/* A try: it is where p ends. */
	void (*caught)(struct g *gp, struct panicrec *p, struct deferrec *d);
};

/* The record of a tryCall. */
struct tryrec {
	struct deferrec d;
	struct eface value; /* of the panic that ended here */
	bool panicked;
};

/* Runs what is deferred, newest first, because of p, which is the newest panic. Returns when nothing is
 * left, or does not: somebody recovered. */
void runDeferred(struct g *gp, struct panicrec *p);
/* Takes d, the newest, off the list. */
void deferUnlink(struct g *gp, struct deferrec *d);
/* p, the newest panic, ended in d, the newest record: goes on where d says. */
void panicRecovered(struct g *gp, struct panicrec *p, struct deferrec *d);

/* hosted/unwind.c, freestanding/unwind.c */
void tryResume(struct deferrec *d);
void goResume(struct deferrec *d); /* hosted only */

#endif
