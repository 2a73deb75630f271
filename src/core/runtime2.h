/* runtime2.h: the cast: g, m, p, sudog, and the scheduler's globals. Layouts only.   room: core
 *
 *   G  a goroutine. It lives at the top of its own stack slot (mem/stack.c), so that parking one
 *      costs one page. An all-zero g reads as Gdead and is on no list: the pages of a pooled
 *      slot can be given back to the kernel. What must outlive that is in its allgs entry.
 *   M  a thread. It runs Gs when it holds a P, and the scheduler on its g0.
 *   P  the right to run: a queue of Gs, a memory cache, timers. There are GOMAXPROCS of them.
 *
 * Every field names its guard. "owner M" or "owner P" means: plain access by the thread that
 * runs as that M or holds that P, nobody else, except with the world stopped. "atomic" means
 * through core/atomic.h with the stated readers. A queue's link fields belong to whoever owns
 * or locks the queue that the object is on.
 */
#ifndef GORT_CORE_RUNTIME2_H
#define GORT_CORE_RUNTIME2_H

#include "core/atomic.h"
#include "core/compiler.h"
#include "core/type.h"
#include "core/types.h"

struct g;
struct m;
struct p;
struct hchan;
struct locals;
struct mcache;
struct gcwork;
struct allocablock;
struct deferrec;
struct panicrec;

/* ---- locks and notes (base/lock_futex.c, base/note.c) ------------------------------------- */

/* key: 0 unlocked, 1 locked, 2 locked and a thread may sleep on it. rank: base/lockrank.def,
 * set once by lockInit; 0 is a leaf. Short sections only: a lock is never held across a park. */
struct mutex {
	uint32_t key;
	uint32_t rank;
};

/* One-shot: noteclear, then any number of notesleep and at most one notewakeup.
 * key: 0 clear, 1 signalled. */
struct note {
	uint32_t key;
};

/* ---- G ------------------------------------------------------------------------------------ */

enum gstatus {
	Gdead = 0,      /* unused: on a free list, or just created; zero on purpose, see above */
	Grunnable = 1,  /* on a run queue, not running; its stack is owned by the queue */
	Grunning = 2,   /* runs on an M with a P; the stack is its own */
	Gsyscall = 3,   /* in an announced system call: has an M, no P counts on it */
	Gwaiting = 4,   /* parked; some wait queue or timer holds it */
	Gpreempted = 5, /* its thread is parked by a signal and queues for a P: asyncpark.c */
	/* If you add one: gstatusName, traceback, and the collector's scan must learn it. */
};

enum waitReason {
	waitReasonZero,
	waitReasonChanReceive,
	waitReasonChanSend,
	waitReasonChanReceiveNilChan,
	waitReasonChanSendNilChan,
	waitReasonSelect,
	waitReasonSelectNoCases,
	waitReasonSleep,
	waitReasonTimerStop,
	waitReasonSemacquire,
	waitReasonSyncCondWait,
	waitReasonSyncMutexLock,
	waitReasonSyncRWMutexRLock,
	waitReasonSyncRWMutexLock,
	waitReasonSyncWaitGroupWait,
	waitReasonForceGCIdle,
	waitReasonGCSweepWait,
	waitReasonGCScavengeWait,
	waitReasonGCWorkerIdle,
	waitReasonGCAssistWait,
	waitReasonFinalizerWait,
	waitReasonStoppingTheWorld,
	waitReasonGoroutineDone, /* goexit: never printed */
	waitReasonPreempted,
	waitReasonIOWait,
	waitReasonPanicWait,
	waitReasonCount
};
extern const char *const waitReasonStrings[waitReasonCount]; /* Go's words; sched/park.c */

struct stack {
	uintptr_t lo; /* first usable byte, above the guard */
	uintptr_t hi;
};

/* Where a G that does not run will continue. Callee-saved registers lie on the stack at sp
 * (arch/amd64/switch.S has the picture). */
struct gobuf {
	uintptr_t sp;
};

/* A G on a wait queue. A G can be on many (select), and many Gs on one. Guard: the lock of the
 * channel or semaphore root it is queued on, unless said otherwise. */
struct sudog {
	struct g *g;
	struct sudog *next;
	struct sudog *prev;
	void *elem; /* data element: points into a stack or the heap */

	int64_t acquiretime;
	int64_t releasetime;
	uint32_t ticket;
	bool isSelect; /* g takes part in a select: win g->selectDone before waking it */
	bool success;  /* woken by a value, not by close */

	struct sudog *parent;   /* semaphore tree */
	struct sudog *waitlink; /* g.waiting list, or semaphore root list: owned by the G */
	struct sudog *waittail; /* semaphore root list */
	struct hchan *c;
};

#define GNAME_MAX 15

struct g {
	/* Part 1: read by assembly. Do not move: arch/amd64/offsets.h is asserted against this. */
	struct stack stack;    /* set when the slot is bound; constant while alive */
	struct gobuf sched;    /* owner: whoever may run the G (its M, or its queue's holder) */
	struct m *m;           /* current M; written by the M that runs it */
	uintptr_t stackguard0; /* split stacks: the guard word while the G does not run */

	/* Part 2: scheduling. What a goroutine's birth, switches and death touch lies in g's first two
	 * cache lines: a G is seldom in the cache when its turn comes. */
	uint32_t atomicstatus; /* atomic; written only by the owner of the G, see sched/park.c */
	uint32_t id;           /* index in allgs: constant while the slot is bound */
	uint64_t goid;         /* constant while alive */
	struct m *lockedm;     /* LockOSThread */
	void (*startfn)(void *);
	void *startarg;
	uintptr_t startpc; /* for tracebacks: what "created by" calls the function */
	uintptr_t gopc;    /* pc of the gort_go call */
	uint64_t parentGoid;
	int64_t waitsince;   /* nanotime when the dump or sysmon first saw it waiting */
	uint32_t selectDone; /* atomic: cas 0 -> 1 wins the race to wake a select */
	uint8_t waitreason;  /* enum waitReason, valid in Gwaiting */
	bool issystem;       /* runtime's own: not counted by deadlock detection and dumps */
	bool copied;         /* startarg points into this G's stack (gort_go_copy) */
	bool sizedslot;      /* stack is not of the default order */
	uint8_t stackkind;   /* core/splitstack.h; set when the stack is bound */
	uint8_t sudog0busy;  /* sudog0 is in use; owner G */
	bool haslocals;      /* locals != NULL */
	bool named;          /* name is this life's */
	bool longcall;       /* its last announced call was long: sched/syscall.c; owner M */
	bool paniconfault;   /* a fault at any address is a panic; owner G */

	/* Split stacks: the 256 KiB and the 1 GiB stack that this life has needed so far, and memory
	 * that alloca found no room for (mem/split/). Owner G; the first is read by assembly. */
	struct stack hop[2];
	struct allocablock *allocas;

	/* Part 3: waiting. All NULL while the G waits for nothing, and so from life to life. */
	struct g *schedlink;   /* next on a run queue or Glist */
	void *param;           /* the waker's message to the woken: the sudog, or NULL */
	struct sudog *waiting; /* sudogs this G waits on, in lock order; owner G */

	/* The stack as an announced call saw it, or as the signal found it that stopped the thread:
	 * for scans and tracebacks. syscallsp is 0 while the G runs. Owner M. */
	uintptr_t syscallsp;
	uintptr_t syscallpc;
	uintptr_t syscallfp;

	/* A fault being turned into a panic; owner M, written by the signal handler. */
	int32_t sig;
	int32_t sigcode0;
	uintptr_t sigaddr;
	uintptr_t sigpc;
	uintptr_t sigsp; /* the stack pointer at the fault */

	struct locals *locals; /* goroutine-local variables: sched/local.c; a root; owner G */
	/* Deferred calls and panics, newest first: lang/defer.c, lang/panic.c. Roots; owner G. */
	struct deferrec *deferNewest; /* not on the list yet, or NULL */
	struct deferrec *deferred;
	struct panicrec *panicking;
	void *exception; /* what a landing pad of Go code was entered with, until checkdefer */
	bool foreignexception; /* it is not ours */
	struct sudog sudog0;   /* the one sudog that most waits need: no allocation, same page */
#if GORT_ASAN || GORT_TSAN
	void *tsanfiber; /* core/track.h */
	void *asanfake;
#endif
	char name[GNAME_MAX + 1]; /* option of gort_go_opt; valid if named */
};

_Static_assert(offsetof(struct g, named) < 2 * CACHE_LINE, "the hot part of g is two cache lines");

/* ---- M ------------------------------------------------------------------------------------ */

/* The C++ ABI's __cxa_eh_globals: exceptions that are being handled, or are on their way. */
struct ehglobals {
	void *caught; /* the innermost exception whose catch block runs; a chain */
	unsigned int uncaught;
};

struct m {
	/* Part 1: read by assembly. */
	struct g *g0;    /* scheduling stack; constant */
	struct g *curg;  /* owner M; others read it racily for dumps: gs are never unmapped */
	struct p *p;     /* owner M, NULL when it may not run Gs; sysmon compares only */
	uint32_t ragged; /* atomic: the last sched.ragged that it has passed; hosted/ragged.c */

	/* Raised by every entry that touches per-P state, lowered when it leaves: rtenter/rtleave
	 * in sched/sched.h. While it is above 0 an asynchronous request is declined; it is honoured
	 * when the count returns to 0. Owner M; its signal handler and, after a membarrier, sysmon
	 * read it. Gs switch only at a count of exactly 1, so the count belongs to the M. */
	uint32_t inrt;
	uint32_t revoked; /* atomic, enum revocation: sysmon takes the P of a sleeper; revoke.c */

	/* Part 2 */
	bool spinning; /* out of work and looking; owner M */
	bool blocked;  /* asleep on park; owner M */
	bool throwing;
	uint8_t dying;     /* 0..3: how deep this M is in the fatal ladder (base/fatal.c) */
	int32_t mallocing; /* owner M: a malloc inside malloc is a bug */
	int32_t locks;     /* owner M: debug count of held runtime locks */
	bool ending;       /* sched.lock: its thread is about to end */
	bool forking;      /* owner M: its G is in fork, as in an announced call; hosted/fork.c */
	bool wokensoon;    /* owner M: its last sleep in findrunnable was short */
	bool gcstall;      /* owner M: its G waits for a collection when it leaves the runtime */
	int64_t id;        /* constant */
	uint64_t tid;      /* kernel thread id; written once by the thread itself */
	uintptr_t thread;  /* os handle (pthread_t or the clone record); constant after start */
	struct g *gsignal; /* signal stack's G: its stack bounds only; constant */
	struct p *nextp;   /* P handed over before the wakeup; written before notewakeup(park) */
	struct p *oldp;    /* P held before the announced system call; owner M */
	struct note park;
	int32_t helps;     /* a stopper's helper, and its number; written before notewakeup(park) */
	struct m *alllink; /* allm list: appended under sched.lock, read without */
	struct m *schedlink; /* idle list: sched.lock */
	struct g *lockedg;   /* LockOSThread; owner M, stopped Ms under sched.lock */
	uint32_t lockedExt;  /* owner M: calls of gort_lock_os_thread outstanding */
	uint32_t lockedInt;
	uint64_t rand[2];     /* wyrand state; owner M */
	uint32_t syscalltick; /* copy of p->syscalltick at entersyscall */
	int64_t callstart;    /* nanotime at entersyscall, if somebody waited for the P; owner M */
	uint32_t parkedafter; /* its G is parked: whose turn on sched.runq is before; sched.lock */
	void (*mstartfn)(void);
	/* The commit of a park: runs after the parking G's registers are saved. */
	bool (*waitunlockf)(struct g *, void *);
	void *waitlock;
	/* A thread of the program's own: sched/hosted/foreign.c. */
	bool isforeign; /* constant */
	bool outside;   /* owner M: the thread runs the program's code, between two calls; no P */
	/* It may go to user code without a P: set while it has one still, cleared when it has one again, or
	 * will not go there without; read under a stop. Atomic; written by its thread. */
	bool mayleave;
	/* Where the collector finds what user code on this thread had in registers and on its stack while
	 * the thread has no P: the kernel's frame while a signal holds it, or from scansp upwards,
	 * registers included, while it is inside the runtime. 0: neither, yet. Atomic; owner M. */
	void *stopctx;
	uintptr_t scansp;
	struct stack
		ownstack; /* isforeign, and it attached on another stack than libc gave it: that one */
	uintptr_t tls;    /* the thread pointer: osThreadVars; counts while tid is not 0 */
	void *sigaltstack; /* base of the signal stack */
	uintptr_t sigaltsize;
	/* What libraries keep of a thread and goroutines carry with them (sched/park.c): set by
	 * osThreadVars, constant. */
	int *errnop;
	struct ehglobals *eh;
	int noerrno;                       /* what errnop points to where there is no libc */
	struct ehglobals noeh;             /* what eh points to where there is no C++ library */
	const struct mutex *heldlocks[16]; /* lock rank checker: debug builds */
	int32_t moreheld; /* the same: a select's channels that found no room there */
	/* Fresh pages, which its G touches when it leaves the runtime (mem/arena.c). Owner M. */
	uint32_t nfresh;
	struct stack fresh[4];
};

/* ---- P ------------------------------------------------------------------------------------ */

enum pstatus {
	Pidle,    /* on sched.pidle, or about to change; owner: the idle list or the changer */
	Prunning, /* held by an M */
	Psyscall, /* its M is in an announced call: whoever CASes it out of here owns it */
	Pgcstop,  /* stopped for a stop-the-world */
	Pdead     /* GOMAXPROCS shrank */
};

#if GORT_HARD
#	define RUNQ_SIZE 4
#	define GFREE_MAX 4
#else
#	define RUNQ_SIZE 256
#	define GFREE_MAX 64
#endif

#define GFREE_KINDS (1 + GORT_SPLIT)

/* A free G as its pool remembers it; its page may have been given back. */
struct gfreeent {
	struct g *g;
	uint32_t id;
};

/* An element of a timer heap. t: a struct timer *, or a parked struct g * with bit 0 set. */
struct timerent {
	int64_t when;
	uintptr_t t;
};

/* 4-ary heap of timers: event/timer.c. */
struct timers {
	struct mutex lock;
	struct timerent *heap; /* lock */
	uint32_t len, cap;     /* lock; len is also read racily */
	int64_t when0;         /* atomic: earliest deadline, 0 when empty; written under lock */
	uint64_t adds, dels, fired;
};

#define SUDOGCACHE 32

enum preemptbits { PREEMPT_ASKED = 1, PREEMPT_FUZZ = 2 };

/* What scheddetail and the tests count; owner P, read racily by dumps. */
struct pstats {
	uint64_t ngo;      /* goroutines created */
	uint64_t nsteal;   /* Gs stolen from other Ps */
	uint64_t nhandoff; /* times this P was handed off from a blocked M */
	uint64_t npreempt; /* Gs that gave way to a request */
	uint64_t ndirect;  /* G to G switches without g0 */
	uint64_t nsched;   /* rounds of schedule() on g0 */
};

struct p {
	int32_t id;            /* constant */
	uint32_t status;       /* atomic, enum pstatus */
	struct p *link;        /* idle list: sched.lock; sched.resume: atomic */
	uint32_t schedtick;    /* owner P: moves at every switch, direct ones too */
	uint32_t syscalltick;  /* owner P: moves at every announced call */
	struct m *m;           /* owner P: back-link, NULL if idle; sysmon reads it racily */
	struct mcache *mcache; /* owner P */
	uint32_t slicetick;    /* owner P: moves when a fresh time slice starts; sysmon reads it */
	int64_t timerlook;     /* owner P: cputicks when checkTimers last ran on this P */

	/* atomic, bits: somebody wants this P to stop or to change goroutine at the next entry's
	 * end (PREEMPT_ASKED); schedfuzz wants every park and end of an entry to take the slow way */
	uint8_t preempt;

	/* Runnable Gs. The ring is single producer (owner P), many consumers (head by CAS):
	 * sched/runq.c has the protocol. runnext: owner stores into an empty slot; anybody may
	 * CAS it out. */
	uint32_t runqhead aligned_to(CACHE_LINE); /* atomic */
	uint32_t runqtail;                        /* atomic; owner writes */
	struct g *runnext;                        /* atomic */
	struct g *runq[RUNQ_SIZE];

	/* owner P: dead Gs with a default slot; split stacks: in [1] those with a 2 KiB segment */
	struct gfreeent gfree[GFREE_KINDS][GFREE_MAX];
	uint32_t ngfree[GFREE_KINDS];
	uint64_t goidcache, goidcacheend; /* owner P */
	int64_t ngalive; /* owner P: born here less died here; the sum over the Ps counts */

	struct sudog *sudogcache[SUDOGCACHE]; /* owner P */
	uint32_t nsudog;
	uint32_t ndefer;
	struct deferrec *deferpool; /* records of deferproc that lie ready; owner P */

	struct timers timers;
	struct gcwork *gcw;      /* gc/work.c; owner P */
	void *wbBuf;             /* write-barrier buffer, once a barrier exists; owner P */
	void *pcache;            /* page cache of mem/pagealloc.c; owner P */
	uint32_t runSafePointFn; /* atomic: forEachP's request, taken by CAS 1 -> 0 */
	bool startspinning;      /* startm to newm: the new M is counted as spinning */
	/* A stop found it in user code with this P: gets it back. sched.lock; from the start of the world
	 * on of whoever has taken the P off sched.resume. */
	struct m *stoppedm;

	struct pstats stats;

	/* GODEBUG=schedfuzz: the stream and how many rounds it has served; owner P */
	uint64_t fuzz, fuzzrounds;

	/* sysmon's view: sysmon only */
	struct {
		uint32_t schedtick;
		int64_t schedwhen;
		uint32_t syscalltick;
		int64_t syscallwhen;
		uint32_t usertick; /* schedtick at the look below */
		struct m *userm;   /* the M that was in user code then, and */
		int64_t usercpu;   /* what its thread had used of a CPU */
		int64_t usersince; /* since when both are unchanged */
		int64_t signalled; /* when the M was last sent a signal */
	} sysmontick;
} aligned_to(CACHE_LINE);

#define MAXPROCS 1024

/* ---- the scheduler's globals -------------------------------------------------------------- */

struct gqueue {
	struct g *head, *tail;
	uint32_t n;
};

/* A queue that does not touch the Gs on it: each lies on a page of its own. A ring that doubles
 * when it is full; sched/runq.c. */
struct grunq {
	struct g **ring;
	uint32_t cap;  /* a power of two */
	uint32_t head; /* free-running; tail is head + n */
	uint32_t n;
};

struct schedt {
	struct mutex lock;

	/* sched.lock */
	struct m *midle;
	int32_t nmidle;
	int32_t nmidlelocked; /* locked Ms that wait for their G */
	bool spareAsked;      /* a spare M is being made */
	int64_t mnext;        /* Ms ever created = next id */
	int32_t maxmcount;    /* fatal above this: 10,000 */
	int32_t nmsys;        /* system Ms, not counted for deadlock: sysmon */
	int64_t nmfreed;
	int32_t nmspare;   /* Ms that had a foreign thread, and wait for another; not running */
	int32_t nmforeign; /* those that have one; also read racily */
	struct p *pidle;
	struct grunq runq;    /* global run queue; n is also read racily (atomic) */
	uint32_t runqtaken;   /* sched.lock: how many have been taken from it; goes round */
	struct gqueue parked; /* Gs whose threads a signal has parked; n is also read racily */
	struct p *resume;     /* atomic; by link: Ps whose stoppedm goes on after a stop */
	uint32_t ragged; /* atomic: grows when all goroutines are to come by; hosted/ragged.c */
	uint32_t parkedturns; /* how many of them ran since another G did; atomic */

	/* atomic */
	uint32_t npidle;
	uint32_t nmspinning; /* sched/schedule.c has the protocol */
	uint64_t goidgen;
	int64_t lastpoll;  /* nanotime of the last poll; 0 while a thread is polling */
	int64_t pollUntil; /* when the polling thread wakes by itself */
	uint32_t ngsys;    /* system goroutines */
	int64_t ngalive;   /* what Ps that are gone had counted; world stopped */

	/* idle bit masks, one bit a P; atomic */
	uint64_t idlepMask[MAXPROCS / 64];
	uint64_t timerpMask[MAXPROCS / 64]; /* Ps that may have timers */

	struct mutex gFreeLock;
	uint32_t gFreeN[GFREE_KINDS]; /* gFreeLock; read without it as a hint */

	/* stop the world: sched/stw.c */
	uint32_t gcwaiting; /* atomic: a stop is wanted */
	int32_t stopwait;   /* sched.lock: Ps still to stop */
	struct note stopnote;
	uint32_t stopThreads; /* atomic: Ps are stopped, threads without one are to stop as well */
	uint32_t threadstops; /* atomic, futex: moves when such a thread has stopped */
	uint32_t worldgen;    /* atomic, futex: moves when stopThreads falls */
	bool worldstopped;    /* written with all Ps stopped, or during boot */

	/* forEachP; sched.lock */
	void (*safePointFn)(struct p *);
	int32_t safePointWait;
	struct note safePointNote;

	/* sysmon */
	uint32_t sysmonwait;   /* atomic */
	uint32_t callhandoffs; /* atomic: moves when a call gives its P away itself (syscall.c) */
	struct note sysmonnote;

	bool mainStarted; /* atomic: the bootstrap is over, other Ms may be woken (gcenable's end) */
	bool exiting;     /* atomic: the process is on its way out */
	bool foreign;     /* atomic: a foreign thread has attached: no deadlock report */
	int64_t procresizetime;
	int64_t totaltime;
	int64_t starttime; /* nanotime when schedinit ran */
};

extern struct schedt sched;
extern struct g g0; /* the first thread's scheduling G */
extern struct m m0; /* the first thread */
extern struct p *allp[MAXPROCS];
extern int32_t gomaxprocs; /* world stopped */
extern int32_t ncpu;       /* osinit */
extern struct m *allm;     /* atomic head; links never change */
extern uint32_t nallgs;    /* atomic; entries below it are complete */
/* 64 Ki entries a chunk, 64 Ki chunks: more than there is room for stacks. */
#define ALLGS_CHUNK (1u << 16)
extern struct allgschunk *allgschunks[ALLGS_CHUNK]; /* sched/newproc.c's */

/* Facts of the machine, written once by osinit/args before any second thread. */
extern uintptr_t physPageSize;

#endif
