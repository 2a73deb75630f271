/* revoke.pml: sysmon takes the P of a thread that sleeps in user code: src/sched/revoke.c (revoke,
 * rtenterSlow), rtenter and rtleave of sched.h.
 *
 * Modelled: one M that enters and leaves the runtime ROUNDS times; sysmon, which finds it asleep
 * whenever it likes, TRIES times; an M that uses the P after it was taken and lets it go. The M's
 * stores of inrt lie in a store buffer until the processor drains it, at any later time;
 * read-modify-writes drain it, as on x86; so does sysmon's membarrier, from outside. A signal that
 * stops the M meanwhile is one more entry.
 *
 * Proves: inside the runtime the M holds the P and nobody else does; it always gets in.
 *
 * Would find
 *   BUG_NO_BARRIER  sysmon reads inrt without a barrier on the M's processor
 *   BUG_KEEP        the M takes ASKED back by a plain store: TAKEN is lost
 *   BUG_TAKE        sysmon writes TAKEN without a compare: the M has taken ASKED back
 *   BUG_LOOK_FIRST  the M looks at revoked before it raises inrt
 */
#ifndef ROUNDS
#define ROUNDS 3
#endif
#ifndef TRIES
#define TRIES 3
#endif

mtype = { none, asked, taken };
mtype revoked = none;
byte inrt = 0;          /* memory */
byte buf[4];            /* the M's store buffer: values for inrt, oldest first */
byte nbuf = 0;
mtype = { theM, other, nobody };
mtype holder = theM;    /* of the P */
bool inside = false;    /* ghost: the M uses the P */
bool over = false;

inline drain()
{
	do
	:: nbuf > 0 ->
		inrt = buf[0];
		buf[0] = buf[1]; buf[1] = buf[2]; buf[2] = buf[3]; buf[3] = 0;
		nbuf--
	:: nbuf == 0 -> break
	od
}

inline storeInrt(v)
{
	atomic {
		nbuf < 4;
		buf[nbuf] = v;
		nbuf++
	}
}

/* The processor empties the buffer when it likes. */
active proctype Processor()
{
end:
	do
	:: atomic {
		nbuf > 0 ->
		inrt = buf[0];
		buf[0] = buf[1]; buf[1] = buf[2]; buf[2] = buf[3]; buf[3] = 0;
		nbuf--
	   }
	od
}

active proctype M()
{
	byte i;
	mtype r;
	for (i : 1 .. ROUNDS) {
#ifdef BUG_LOOK_FIRST
		r = revoked;
		storeInrt(1);
#else
		storeInrt(1);
		r = revoked;
#endif
		if
		:: r == none -> skip
		:: else ->
#ifdef BUG_KEEP
			revoked = none
#else
			if
			:: atomic { revoked == asked -> drain(); revoked = none }
			:: atomic { revoked == none -> drain() } /* sysmon backed off */
			:: atomic { revoked == taken -> drain() }
				revoked = none;
				/* under sched.lock: an idle P, or its turn in the queue */
				atomic { holder == nobody -> holder = theM }
			fi
#endif
		fi;
		assert(holder == theM);
		inside = true;
		assert(holder == theM);
		inside = false;
		storeInrt(0)
	}
	over = true
}

active proctype Sysmon()
{
	byte i;
	for (i : 1 .. TRIES) {
		if
		:: atomic { revoked == none -> revoked = asked }
#ifndef BUG_NO_BARRIER
			atomic { drain() } /* membarrier */
#endif
			if
			:: inrt == 0 && holder == theM ->
#ifdef BUG_TAKE
				revoked = taken;
				assert(!inside);
				holder = other
#else
				if
				:: atomic { revoked == asked -> revoked = taken }
					assert(!inside);
					holder = other
				:: revoked != asked -> skip
				fi
#endif
			:: else ->
				if
				:: atomic { revoked == asked -> revoked = none }
				:: revoked != asked -> skip
				fi
			fi
		:: revoked != none -> skip
		:: over -> skip
		fi
	}
}

/* Whoever has it now runs something and goes idle. */
active proctype Other()
{
end:
	do
	:: holder == other -> holder = nobody
	od
}
