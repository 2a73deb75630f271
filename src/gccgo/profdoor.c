/* profdoor.c: runtime/debug, runtime/pprof, runtime/trace.                          room: gccgo
 *
 * What the runtime has no machinery for answers as the packages document it: there is no sample
 * (an empty profile; that of the heap is memprofile.c's), tracing is an error that trace.Start returns, marks of tasks and regions are
 * dropped as they are while nobody traces. Profiles of goroutines and threads are real. */
#include "gccgo/std.h"
#include "gccgo/unwind.h"

#include "core/bits.h"
#include "prof/prof.h"

/* ---- runtime/debug ------------------------------------------------------------------------ */

intgo
go_setMaxStack(intgo n)
{
	stackLimitSet((uintptr_t)n);
	return (intgo)__atomic_exchange_n(&maxstacksize, (uintptr_t)n, __ATOMIC_RELAXED);
}

static _Noreturn void
tooManyThreads(intgo n)
{
	rtprintf("runtime: program exceeds %ld-thread limit\n", (long)n);
	fatal("thread exhaustion");
}

intgo
go_setMaxThreads(intgo n)
{
	struct g *gp = rtenter();
	lock(&sched.lock);
	intgo old = sched.maxmcount;
	sched.maxmcount = n > INT32_MAX ? INT32_MAX : (int32_t)n;
	bool toomany = sched.mnext - sched.nmfreed > sched.maxmcount;
	unlock(&sched.lock);
	rtleave(gp);
	if (toomany)
		tooManyThreads(n);
	return old;
}

bool
go_setPanicOnFault(bool on)
{
	struct g *gp = getg();
	bool old = gp->paniconfault;
	gp->paniconfault = on;
	return old;
}

void
go_SetTraceback(struct gostring level)
{
	char buf[32];
	rtsnprintf(buf, sizeof buf, "%.*s", (int)level.len, (const char *)level.str);
	setTraceback(buf);
}

struct gostring
go_modinfo(void)
{
	return gomodinfo;
}

/* A dump in the format of go1.7: the parameters, and no objects. */
void
go_WriteHeapDump(uintptr_t fd)
{
	enum { TAG_EOF = 0, TAG_PARAMS = 6 };
	static const char header[] = "go1.7 heap dump\n";
	static const uint8_t body[] = {TAG_PARAMS, 0 /* little endian */, 8 /* a pointer */, 0,
		0 /* the arena: from, to */, 5, 'a', 'm', 'd', '6', '4', 0 /* experiments */,
		2 /* CPUs */, TAG_EOF};
	rtwrite((int)fd, header, sizeof header - 1);
	rtwrite((int)fd, (const char *)body, sizeof body);
}

/* ---- runtime/pprof ------------------------------------------------------------------------ */

static intgo profilehz; /* atomic: of the profile that the program has asked for */

void
go_SetCPUProfileRate(intgo hz)
{
	if (hz > 0)
		store_rlx(&profilehz, hz > 1000000 ? 1000000 : hz);
}

/* The header, which names the rate, with its tag, and the end: nothing is sampled. */
struct profiledata
go_readProfile(void)
{
	struct g *gp = rtenter();
	uint64_t *data = mallocNoscan(3 * sizeof *data, true);
	rtleave(gp);
	intgo hz = load_rlx(&profilehz);
	data[0] = 3;
	data[2] = hz > 0 ? (uint64_t)hz : 100;
	static void *notag[1];
	return (struct profiledata){.data = {data, 3, 3}, .tags = {notag, 1, 1}, .eof = true};
}

/* The counter's rate, against the clock, since the program began. */
int64_t
go_tickspersecond(void)
{
	static int64_t known; /* atomic */
	int64_t r = load_rlx(&known);
	if (r == 0) {
		int64_t t0 = nanotime();
		uint64_t c0 = (uint64_t)cputicks();
		osusleep(2000);
		int64_t t1 = nanotime();
		uint64_t c1 = (uint64_t)cputicks();
		r = (int64_t)((double)(c1 - c0) * 1e9 / (double)(t1 - t0));
		store_rlx(&known, r);
	}
	return r;
}

int64_t
go_cyclesPerSecond(void)
{
	return go_tickspersecond();
}

/* Callers gives a pc for each inlined function: none is missing at the end. */
struct goslice
go_expandFinalInlineFrame(struct goslice pcs)
{
	return pcs;
}

void
go_SetBlockProfileRate(intgo rate)
{
	store_rlx(&go_blockprofilerate, rate > 0 ? (uint64_t)rate : 0);
}

/* No block profile is kept. */
void
go_blockevent(int64_t cycles, intgo skip)
{
	(void)cycles;
	(void)skip;
}

intgo
go_SetMutexProfileFraction(intgo rate)
{
	uint64_t old = load_rlx(&go_mutexprofilerate);
	if (rate >= 0)
		store_rlx(&go_mutexprofilerate, (uint64_t)rate);
	return (intgo)old;
}

struct goslice
go_CPUProfile(void)
{
	panicString("CPUProfile no longer available");
}

struct intbool
go_BlockProfile(struct goslice records)
{
	(void)records;
	return (struct intbool){0, true};
}

struct intbool
go_MutexProfile(struct goslice records)
{
	(void)records;
	return (struct intbool){0, true};
}

/* A record each; no stack, since threads are made where one is needed, not by a call. */
struct intbool
go_ThreadCreateProfile(struct goslice records)
{
	struct stackrecord *r = records.array;
	intgo n = 0;
	for (struct m *mp = load_acq(&allm); mp != NULL; mp = mp->alllink, n++)
		if (n < records.len)
			r[n] = (struct stackrecord){0};
	return (struct intbool){n, n <= records.len};
}

struct goroutines {
	struct g *self;
	struct unwindregs start;
	struct goslice records;
	void **labels;
	intgo n;
};

struct record {
	struct stackrecord *to;
	uint32_t n;
};

static bool
onPc(void *arg, uintptr_t pc, uintptr_t sp, uintptr_t fp)
{
	struct record *r = arg;
	(void)sp;
	(void)fp;
	r->to->pcs[r->n++] = pc;
	return r->n < nelem(r->to->pcs);
}

static void
profileGoroutine(struct goroutines *p, struct g *gp)
{
	struct stackrecord *records = p->records.array;
	struct record r = {&records[p->n], 0};
	struct unwindregs at = p->start;
	*r.to = (struct stackrecord){0};
	if (gp != p->self) {
		at = (struct unwindregs){
			.pc = gp->syscallpc, .sp = gp->syscallsp, .fp = gp->syscallfp};
		if (at.sp == 0)
			gobufFrame(gp, &at.pc, &at.fp, &at.sp);
	}
	unwind(gp, &at, onPc, &r);
	p->n++;
}

static void
profileOnG0(void *arg)
{
	struct goroutines *p = arg;
	uint32_t n = load_acq(&nallgs);
	profileGoroutine(p, p->self);
	for (uint32_t i = 0; i < n && p->n < p->records.len; i++) {
		struct g *gp = allgsGet(i);
		if (gp == NULL || gp == p->self || gp->issystem)
			continue;
		uint32_t s = load_acq(&gp->atomicstatus);
		if (s != Gdead && s != Grunning)
			profileGoroutine(p, gp);
	}
}

#define CALLER_START(at)                                                                           \
	do {                                                                                       \
		uintptr_t *frame_ = __builtin_frame_address(0);                                    \
		*(at) = (struct unwindregs){                                                       \
			.pc = frame_[1], .sp = (uintptr_t)(frame_ + 2), .fp = frame_[0]};          \
	} while (0)

static struct intbool
profileGoroutines(struct goroutines *p)
{
	struct intbool r;
	p->self = rtenter();
	stopTheWorld();
	r.i = (intgo)gcount();
	r.b = r.i <= p->records.len;
	if (r.b && r.i > 0) {
		systemstack(profileOnG0, p);
		r.i = p->n;
	}
	startTheWorld();
	rtleave(p->self);
	return r;
}

struct intbool
go_GoroutineProfile(struct goslice records)
{
	struct goroutines p = {.records = records};
	CALLER_START(&p.start);
	return profileGoroutines(&p);
}

/* Labels, too: here everybody's are nil. */
struct intbool
go_goroutineProfileWithLabels(struct goslice records, struct goslice labels)
{
	struct goroutines p = {.records = records};
	CALLER_START(&p.start);
	struct intbool r = profileGoroutines(&p);
	if (r.b && labels.len >= r.i)
		memclrHasPointers(labels.array, (uintptr_t)r.i * sizeof(void *));
	return r;
}

/* ---- labels ------------------------------------------------------------------------------- */

static struct localvar labelvar = {.size = sizeof(void *)};

/* pprof.Do sets them; a goroutine starts with those of the one that starts it. */
void
go_setProfLabel(void *labels)
{
	struct g *gp = rtenter();
	*(void **)localMake(gp, &labelvar) = labels;
	rtleave(gp);
}

void
labelsInherit(struct g *from, struct g *to)
{
	void **p = localFind(from, &labelvar);
	if (p != NULL && *p != NULL)
		*(void **)localMake(to, &labelvar) = *p;
}

void *
go_getProfLabel(void)
{
	void **p = localFind(getg(), &labelvar);
	return p != NULL ? *p : NULL;
}

/* ---- runtime/trace ------------------------------------------------------------------------ */

struct iface
go_StartTrace(void)
{
	struct iface err;
	struct eface e = runtimeErrors.make(RTE_PLAIN, GOSTR("tracing is not supported"), 0);
	ifaceE2I(&go_error_type, e, &err);
	return err;
}

void
go_StopTrace(void)
{
}

struct goslice
go_ReadTrace(void)
{
	return (struct goslice){0};
}

void
go_userTaskCreate(uint64_t id, uint64_t parent, struct gostring type)
{
	(void)id;
	(void)parent;
	(void)type;
}

void
go_userTaskEnd(uint64_t id)
{
	(void)id;
}

void
go_userRegion(uint64_t id, uint64_t mode, struct gostring name)
{
	(void)id;
	(void)mode;
	(void)name;
}

void
go_userLog(uint64_t id, struct gostring category, struct gostring message)
{
	(void)id;
	(void)category;
	(void)message;
}
