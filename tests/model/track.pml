/* track.pml: marking while C code runs, by the pages that it writes: src/gc/hosted/track.c, cycle.c, markpage.c.
 *
 * Modelled: NO objects with one field each, each on a page of its own or (ONEPAGE) all on one; a variable (root);
 * NM mutators with two registers each. A mutator loads, stores, allocates and drops as it likes, a store being
 * one step, and knows of nothing. A page that is written counts as such (written). The collector makes all
 * pages count as not written, then stops all and reads registers and root, marks what they lead to while all run,
 * takes the written pages and reads the marked objects on them again, in rounds as many as it likes up to
 * ROUNDS; then it stops all, does that once more, reads registers and root again, and marks to the end. What is
 * not marked is freed. A page is taken in two steps: it counts as not written, then it is read, object by object.
 *
 * Proves: what a register, the root or a reachable object's field holds afterwards was not freed. That objects
 * are born marked is not needed for this (it spares marking them), as long as they are born on pages that count
 * as written, or are read when they are marked: -DWHITE. Nor is anything lost because a field that still holds
 * what a round has read in it and marked (seen) is not looked at again.
 *
 * Would find
 *   BUG_ROUND     what a round takes is not read
 *   BUG_LAST      what was written after the last round is not read at the end
 *   BUG_READ      a page is read before it counts as not written
 *   BUG_STACKS    registers are not read at the end
 *   BUG_ROOT      the root is not read at the end
 *   BUG_BEGIN     pages begin to count as not written only when marking is under way
 *   BUG_SEEN      a round notes a field of an object that is not marked yet as read (-DSWAP -DCHAIN: a mutator
 *                 that can exchange its registers, and three objects to begin with)
 *   BUG_NEW       a new object's page counts as not written, whatever is written to it
 */
#ifndef NO
#define NO 3
#endif
#ifndef NM
#define NM 1
#endif
#ifndef ROUNDS
#define ROUNDS 1
#endif
#define NIL 0

#ifdef ONEPAGE
#define PAGE(o) 1
#else
#define PAGE(o) (o)
#endif

bool marking;             /* gcphase */
byte field[NO + 1];       /* of objects 1..NO */
bool there[NO + 1], mark[NO + 1], read[NO + 1];
bool written[NO + 1];     /* pages */
bool taken[NO + 1];       /* pages that a round has taken, and not read */
byte seen[NO + 1];        /* what a round has read in a field, and marked */
#ifdef BUG_NEW
bool unseen[NO + 1];
#endif
byte root;
byte r[2 * NM];           /* registers */
bool stopped, over;
byte k;

#define X (2 * self)
#define Y (2 * self + 1)

inline touch(o)
{
#ifdef BUG_NEW
	if
	:: unseen[PAGE(o)]
	:: else -> written[PAGE(o)] = true
	fi
#else
	written[PAGE(o)] = true
#endif
}

inline shade(o)
{
	if
	:: o != NIL -> mark[o] = true
	:: else
	fi
}

proctype Mutator(byte self)
{
	do
	:: over -> break
	:: atomic { !stopped && !over -> r[X] = root }
	:: atomic { !stopped && !over && r[X] != NIL -> assert(there[r[X]]); r[Y] = field[r[X]] }
	:: atomic { !stopped && !over -> r[X] = r[Y] }
#ifdef SWAP
	:: atomic { !stopped && !over && r[X] != r[Y] -> k = r[X]; r[X] = r[Y]; r[Y] = k; k = 0 }
#endif
	:: atomic { !stopped && !over && r[X] != NIL -> r[X] = NIL }
	:: atomic { !stopped && !over && r[Y] != NIL -> r[Y] = NIL }
	:: atomic { !stopped && !over -> root = r[Y] }
	:: atomic { !stopped && !over && r[X] != NIL -> field[r[X]] = r[Y]; touch(r[X]) }
	:: atomic { !stopped && !over -> /* an object is born */
		k = 1;
		do
		:: k <= NO && there[k] -> k++
		:: else -> break
		od;
		if
		:: k <= NO ->
			there[k] = true;
			field[k] = NIL;
#ifdef BUG_NEW
			unseen[PAGE(k)] = true;
#endif
#ifdef WHITE
			mark[k] = false;
			read[k] = false;
#else
			mark[k] = marking;
			read[k] = marking; /* marked, and on no queue */
#endif
			r[Y] = k
		:: else
		fi;
		k = 0
	   }
	od
}

inline roots()
{
	k = 0;
	do
	:: k < 2 * NM -> shade(r[k]); k++
	:: else -> break
	od;
	k = 0;
	shade(root)
}

/* One object that is marked and not read, if there is one. */
inline pick()
{
	k = 1;
	do
	:: k <= NO && !(there[k] && mark[k] && !read[k]) -> k++
	:: else -> break
	od;
	o = (k <= NO -> k : NIL);
	k = 0
}

/* World running: until nothing is left on the queue. The content is read, then marked. */
inline drain()
{
	do
	:: atomic { pick(); if :: o == NIL -> break :: else -> read[o] = true; p = field[o] fi };
		atomic { shade(p); p = NIL }
	od
}

/* World running: the written pages count as not written, and then the marked objects on them are read. */
inline round()
{
	q = 1;
	do
	:: q <= NO && there[q] && written[PAGE(q)] ->
#ifdef BUG_READ
		atomic { p = (mark[q] -> field[q] : NIL) };
		atomic { shade(p); p = NIL };
		atomic { written[PAGE(q)] = false };
#else
		atomic {
			written[PAGE(q)] = false;
			k = 1;
			do
			:: k <= NO -> taken[k] = taken[k] || PAGE(k) == PAGE(q); k++
			:: else -> break
			od;
			k = 0
		};
#endif
		q++
	:: q <= NO && !(there[q] && written[PAGE(q)]) -> q++
	:: q > NO -> break
	od;
	q = 1;
	do
	:: q <= NO ->
#ifndef BUG_ROUND
		atomic { p = (there[q] && taken[q] && mark[q] && field[q] != seen[q] -> field[q] : NIL) };
#ifdef BUG_SEEN
		atomic {
			if
			:: there[q] && taken[q] && !mark[q] -> seen[q] = field[q]
			:: else
			fi
		};
#endif
#endif
		atomic {
			shade(p);
			if
			:: p != NIL -> seen[q] = p
			:: else
			fi;
			p = NIL;
			taken[q] = false;
			q++
		}
	:: else -> break
	od;
	q = 0
}

active proctype Collector()
{
	byte o, p, q, n;
	atomic {
		there[1] = true;
		there[2] = true;
		written[1] = true;
		written[PAGE(2)] = true;
#ifdef CHAIN
		/* root -> 2 -> 1 -> 3 */
		there[3] = true;
		written[PAGE(3)] = true;
		root = 2;
		field[2] = 1;
		field[1] = 3;
#else
		/* root -> 1 -> 2 */
		root = 1;
		field[1] = 2;
#endif
		run Mutator(0);
#if NM > 1
		run Mutator(1)
#endif
	};
#ifndef BUG_BEGIN
	atomic { k = 1; do :: k <= NO -> written[k] = false; k++ :: else -> break od; k = 0 };
#endif
	atomic { stopped = true };
	atomic {
		marking = true;
		roots();
		stopped = false
	};
	drain();
#ifdef BUG_BEGIN
	atomic { k = 1; do :: k <= NO -> written[k] = false; k++ :: else -> break od; k = 0 };
#endif
	do
	:: n < ROUNDS -> round(); drain(); n++
	:: break
	od;
	atomic { stopped = true };
	atomic {
#ifndef BUG_LAST
		q = 1;
		do
		:: q <= NO ->
			if
			:: there[q] && written[PAGE(q)] && mark[q] && field[q] != seen[q] ->
				shade(field[q])
			:: else
			fi;
			q++
		:: else -> break
		od;
		q = 0;
#endif
#ifndef BUG_STACKS
		k = 0;
		do
		:: k < 2 * NM -> shade(r[k]); k++
		:: else -> break
		od;
		k = 0;
#endif
#ifndef BUG_ROOT
		shade(root);
#endif
		do
		:: pick(); if :: o == NIL -> break :: else -> read[o] = true; shade(field[o]) fi
		od;
		marking = false;
		over = true;
		k = 1;
		do
		:: k <= NO -> there[k] = there[k] && mark[k]; k++
		:: else -> break
		od;
		k = 0;
		do
		:: k < 2 * NM -> o = r[k]; assert(o == NIL || there[o]);
			p = 0;
			do
			:: o != NIL && p < NO -> assert(there[o]); o = field[o]; p++
			:: else -> break
			od;
			k++
		:: else -> break
		od;
		o = root;
		p = 0;
		do
		:: o != NIL && p < NO -> assert(there[o]); o = field[o]; p++
		:: else -> break
		od;
		k = 0
	}
}
