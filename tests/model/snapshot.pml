/* snapshot.pml: marking while the program runs: the snapshot, the deletion barrier, the ragged switch of the
 * flag: src/gc/hosted/barrier.c, cycle.c, src/sched/hosted/ragged.c.
 *
 * Modelled: NO objects with one field each, a variable (root), NM mutators with two registers each. A
 * mutator loads, stores, allocates and drops as it likes. It stores by the flag as it has read it at some
 * time since it was last inside the runtime (flag[self]; UNREAD right after that), because a compiler may keep
 * what was read. A store with the barrier is three steps inside the runtime; a stop waits until nobody is there,
 * and may find a mutator between any two other steps. The collector raises the flag, waits for each to
 * come by, stops all and reads the registers and the variable, then reads the objects one by one while all
 * run, stops all again, reads what is left, and frees what is not marked. One cycle.
 *
 * Proves: what a register, the variable or a reachable object's field holds afterwards was not freed. And
 * that there is an end: every run can come to it.
 *
 * Would find
 *   BUG_RAGGED    the snapshot is taken before all have come by
 *   BUG_SIGNAL    a mutator that a signal stops counts as having come by
 *   BUG_INSERT    the barrier marks what is stored instead of what is overwritten
 *   BUG_STOP      a stop does not wait for who is inside the runtime
 *   BUG_WHITE     objects are not born marked
 *   BUG_ROOT      the variable is read after the snapshot, and stores there have no barrier
 */
#ifndef NO
#define NO 3
#endif
#ifndef NM
#define NM 2
#endif
#define UNREAD 2
#define NIL    0

bool flag;                /* the flag of the barrier */
bool marking;             /* gcphase */
byte field[NO + 1];       /* of objects 1..NO */
bool there[NO + 1], mark[NO + 1], read[NO + 1];
byte root;
byte r[2 * NM];           /* registers */
byte seen[NM];            /* what each has read of the flag */
bool inrt[NM], passed[NM];
bool stopped;
bool over;
byte k;

#define X (2 * self)
#define Y (2 * self + 1)

#ifdef BUG_STOP
#define QUIET true
#else
#define QUIET (!inrt[0] && !inrt[NM - 1])
#endif

inline shade(o)
{
	if
	:: o != NIL && marking -> mark[o] = true
	:: else
	fi
}

proctype Mutator(byte self)
{
	byte old;
	do
	:: over -> break
	:: atomic { !stopped && !over -> r[X] = root }
	:: atomic { !stopped && !over && r[X] != NIL -> assert(there[r[X]]); r[Y] = field[r[X]] }
	:: atomic { !stopped && !over -> r[X] = r[Y] }
	:: atomic { !stopped && !over && r[X] != NIL -> r[X] = NIL }
	:: atomic { !stopped && !over && r[Y] != NIL -> r[Y] = NIL }
	:: atomic { !stopped && !over -> root = r[Y] } /* read at the snapshot: no barrier */
	:: atomic { !stopped && !over && seen[self] != flag -> seen[self] = flag }
	:: atomic { !stopped && !over -> passed[self] = true; seen[self] = UNREAD } /* a call of the runtime */
#ifdef BUG_SIGNAL
	:: atomic { !stopped && !over -> passed[self] = true }
#endif
	:: atomic { !stopped && !over -> /* an object is born, inside the runtime */
		k = 1;
		do
		:: k <= NO && there[k] -> k++
		:: else -> break
		od;
		if
		:: k <= NO ->
			there[k] = true;
			field[k] = NIL;
			read[k] = false;
#ifdef BUG_WHITE
			mark[k] = false;
#else
			mark[k] = marking;
#endif
			r[Y] = k
		:: else
		fi;
		k = 0
	   }
	:: atomic { !stopped && !over && seen[self] == 0 && r[X] != NIL -> field[r[X]] = r[Y] }
	:: atomic { !stopped && !over && seen[self] == 1 && r[X] != NIL -> inrt[self] = true };
#ifdef BUG_INSERT
		atomic { old = r[Y]; shade(old) };
#else
		atomic { old = field[r[X]]; shade(old) };
#endif
		field[r[X]] = r[Y];
		atomic { old = NIL; passed[self] = true; seen[self] = UNREAD; inrt[self] = false }
	od
}

inline registers()
{
	k = 0;
	do
	:: k < 2 * NM -> shade(r[k]); k++
	:: else -> break
	od;
	k = 0
}

/* One object that is marked and not read, if there is one. */
inline readOne()
{
	k = 1;
	do
	:: k <= NO && !(there[k] && mark[k] && !read[k]) -> k++
	:: else -> break
	od;
	o = (k <= NO -> k : NIL);
	k = 0
}

active proctype Collector()
{
	byte o, p;
	atomic {
		/* root -> 1 -> 2 */
		there[1] = true;
		there[2] = true;
		root = 1;
		field[1] = 2;
		run Mutator(0);
#if NM > 1
		run Mutator(1)
#endif
	};
	flag = true;
	atomic { passed[0] = false; passed[NM - 1] = false };
#ifndef BUG_RAGGED
	passed[0] && passed[NM - 1];
#endif
	atomic { QUIET -> stopped = true };
	atomic {
		marking = true;
		registers();
#ifndef BUG_ROOT
		shade(root);
#endif
		stopped = false
	};
#ifdef BUG_ROOT
	atomic { shade(root) };
#endif
	do
	:: atomic { readOne(); if :: o == NIL -> break :: else -> read[o] = true; p = field[o] fi };
		atomic { shade(p); p = NIL }
	od;
	atomic { QUIET -> stopped = true };
	atomic {
		do
		:: readOne(); if :: o == NIL -> break :: else -> read[o] = true; shade(field[o]) fi
		od;
		flag = false;
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
			do
			:: o != NIL && p < NO -> assert(there[o]); o = field[o]; p++
			:: else -> break
			od;
			p = 0;
			k++
		:: else -> break
		od;
		o = root;
		do
		:: o != NIL && p < NO -> assert(there[o]); o = field[o]; p++
		:: else -> break
		od;
		stopped = false
	}
}
