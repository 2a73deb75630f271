/* std.h: the Go door's second half: what the standard library asks for.             room: gccgo
 *
 *   callers.c   Caller, Callers, CallersFrames, FuncForPC, Stack        L
 *   statsdoor.c  ReadMemStats, runtime/debug's numbers                   C, R
 *   findoor.c   SetFinalizer                                            C
 *   polldoor.c  internal/poll                                           P
 *   reflectdoor.c  reflect, internal/reflectlite                        Q
 *   reflectcall.c  calls with arguments that are known at run time      Q
 *   sigqueue.c  os/signal                                               O
 *   execdoor.c  syscall's hooks around fork and exec                    O
 *   profdoor.c  runtime/debug, pprof, trace, metrics                    R
 *   unwind.c    frames of Go code; unwind.h
 *
 * Layouts of types that are Go's: shim/types.go has the other half.
 */
#ifndef GORT_GCCGO_STD_H
#define GORT_GCCGO_STD_H

#include "gccgo/gccgo.h"

/* A constant as a Go string. */
#define GOSTR(s) ((struct gostring){(const uint8_t *)(s), sizeof(s) - 1})
/* The string at s, which lives for ever; NULL: "". */
struct gostring gostringOf(const char *s);
/* A copy of n bytes on the heap. Like all that allocates here: inrt == 0. */
struct gostring gostringCopy(const char *s, uintptr_t n);

/* ---- L. callers.c -------------------------------------------------------------------------- */

struct location {
	uintptr_t pc;
	struct gostring file, function;
	intgo line;
};
struct gofunc {
	struct gostring name;
	uintptr_t entry;
};
struct goframes {
	struct goslice callers; /* of uintptr_t; what has not been returned yet */
	uintptr_t last; /* the pc returned last, and how often: functions inlined into one */
	intgo lastCount;
};
struct goframe {
	uintptr_t pc;
	struct gofunc *func;
	struct gostring function, file;
	intgo line;
	uintptr_t entry;
};
struct callerresult {
	uintptr_t pc;
	struct gostring file;
	intgo line;
	bool ok;
};
struct nextresult {
	struct goframe frame;
	bool more;
};
struct filelineresult {
	struct gostring file;
	intgo line;
};
struct callerresult go_Caller(intgo skip) GO("runtime.Caller");
intgo go_Callers(intgo skip, struct goslice pcs) GO("runtime.Callers");
struct goframes *go_CallersFrames(struct goslice pcs) GO("runtime.CallersFrames");
struct nextresult go_Frames_Next(struct goframes *f) GO("runtime.Frames.Next");
struct gofunc *go_FuncForPC(uintptr_t pc) GO("runtime.FuncForPC");
struct gostring go_Func_Name(struct gofunc *f) GO("runtime.Func.Name");
uintptr_t go_Func_Entry(struct gofunc *f) GO("runtime.Func.Entry");
struct filelineresult go_Func_FileLine(struct gofunc *f, uintptr_t pc) GO("runtime.Func.FileLine");
intgo go_Stack(struct goslice buf, bool all) GO("runtime.Stack");
/* libgo's C code of MakeFunc asks; names as they are in the symbol table. */
int32_t go_runtime_callers(int32_t skip, struct location *to, int32_t max, bool keepthunks)
	GO("runtime_callers");
struct gostring go_gogetenv(struct gostring key) GO("runtime.gogetenv");
/* The environment of the start, a fresh slice of strings. */
struct goslice go_get_envs(void) GO("runtime_get_envs");
struct gostring go_GOROOT(void) GO("runtime.GOROOT");
struct gostring go_Version(void) GO("runtime.Version");
void go_Breakpoint(void) GO("runtime.Breakpoint");
_Noreturn void go_abort(void) GO("runtime.abort"); /* SIGTRAP */

/* ---- C, R. statsdoor.c ---------------------------------------------------------------------- */

struct gomemstats {
	uint64_t Alloc, TotalAlloc, Sys, Lookups, Mallocs, Frees;
	uint64_t HeapAlloc, HeapSys, HeapIdle, HeapInuse, HeapReleased, HeapObjects;
	uint64_t StackInuse, StackSys, MSpanInuse, MSpanSys, MCacheInuse, MCacheSys;
	uint64_t BuckHashSys, GCSys, OtherSys, NextGC, LastGC, PauseTotalNs;
	uint64_t PauseNs[256], PauseEnd[256];
	uint32_t NumGC, NumForcedGC;
	double GCCPUFraction;
	bool EnableGC, DebugGC;
	struct {
		uint32_t Size;
		uint64_t Mallocs, Frees;
	} BySize[61];
};
_Static_assert(
	sizeof(struct gomemstats) == 24 * 8 + 2 * 256 * 8 + 8 + 8 + 8 + 61 * 24, "Go's MemStats");
void go_ReadMemStats(struct gomemstats *m) GO("runtime.ReadMemStats");
void go_SetFinalizer(struct eface obj, struct eface fn) GO("runtime.SetFinalizer"); /* findoor.c */
int32_t go_setGCPercent(int32_t percent) GO("runtime_1debug.setGCPercent");
void go_freeOSMemory(void) GO("runtime_1debug.freeOSMemory");
void go_readGCStats(struct goslice *pauses) GO("runtime_1debug.readGCStats");
struct gometric {
	struct gostring name;
	intgo kind; /* enum metrickind */
	uint64_t scalar;
	void *pointer;
};
void go_readMetrics(struct gometric *samples, intgo len, intgo cap)
	GO("runtime_1metrics.runtime__readMetrics");

/* ---- P. polldoor.c ------------------------------------------------------------------------- */

struct pollopened {
	uintptr_t ctx;
	intgo err;
};
void go_pollServerInit(void) GO("internal_1poll.runtime__pollServerInit");
struct pollopened go_pollOpen(uintptr_t fd) GO("internal_1poll.runtime__pollOpen");
void go_pollClose(uintptr_t ctx) GO("internal_1poll.runtime__pollClose");
intgo go_pollReset(uintptr_t ctx, intgo mode) GO("internal_1poll.runtime__pollReset");
intgo go_pollWait(uintptr_t ctx, intgo mode) GO("internal_1poll.runtime__pollWait");
void go_pollWaitCanceled(uintptr_t ctx, intgo mode) GO("internal_1poll.runtime__pollWaitCanceled");
void go_pollSetDeadline(uintptr_t ctx, int64_t d, intgo mode)
	GO("internal_1poll.runtime__pollSetDeadline");
void go_pollUnblock(uintptr_t ctx) GO("internal_1poll.runtime__pollUnblock");
bool go_isPollServerDescriptor(uintptr_t fd) GO("internal_1poll.runtime__isPollServerDescriptor");

/* ---- Q. reflectdoor.c, reflectcall.c ------------------------------------------------------- */

struct maptype;
struct chantype;
struct functype;
struct hmap;
struct hiter;
struct runtimeselect {
	intgo dir; /* enum seldir */
	const struct type *type;
	struct hchan *ch;
	void *val;
};
intgo reflect_typedslicecopy(const struct type *elem, struct goslice dst, struct goslice src)
	GO("reflect.typedslicecopy");
void reflect_memmove(void *dst, const void *src, uintptr_t n) GO("reflect.memmove");
bool reflect_verifyNotInHeapPtr(uintptr_t p) GO("reflect.verifyNotInHeapPtr");
struct hchan *reflect_makechan(const struct chantype *t, intgo n) GO("reflect.makechan");
void reflect_chanclose(struct hchan *c) GO("reflect.chanclose");
bool reflect_chansend(struct hchan *c, const void *elem, bool nonblocking) GO("reflect.chansend");
struct twobools
reflect_chanrecv(struct hchan *c, bool nonblocking, void *elem) GO("reflect.chanrecv");
struct intbool reflect_rselect(struct goslice cases) GO("reflect.rselect");
struct hmap *reflect_makemap(const struct maptype *t, intgo n) GO("reflect.makemap");
void reflect_mapassign(const struct maptype *t, struct hmap *m, const void *key, const void *val)
	GO("reflect.mapassign");
void reflect_mapassign_faststr(const struct maptype *t, struct hmap *m, struct gostring key,
	const void *val) GO("reflect.mapassign__faststr");
void *reflect_mapiterkey(struct hiter *it) GO("reflect.mapiterkey");
void *reflect_mapiterelem(struct hiter *it) GO("reflect.mapiterelem");

/* libffi's descriptors and the two functions of it that are called; in libgo.a. */
struct ffitype {
	uintptr_t size;
	uint16_t alignment;
	uint16_t type; /* enum ffitypecode */
	struct ffitype **elements;
};
struct fficif {
	int32_t abi;
	uint32_t nargs;
	struct ffitype **args;
	struct ffitype *rtype;
	uint32_t bytes, flags;
};
_Static_assert(sizeof(struct fficif) == 32, "libffi's ffi_cif");
int ffi_prep_cif(
	struct fficif *cif, int abi, unsigned nargs, struct ffitype *rtype, struct ffitype **args);
void ffi_call_go(struct fficif *cif, void (*fn)(void), void *result, void **args, void *closure);
struct fficif *reflect_makeCIF(const struct functype *t) GO("reflect.makeCIF");
/* params and results point to values; results may be NULL. isinterface: fn takes a word first that t
 * does not mention. ismethod: t's first argument is passed by its address. */
void reflectcall(const struct functype *t, const struct funcval *fn, bool isinterface,
	bool ismethod, void **params, void **results) GO("runtime.reflectcall");

/* ---- O. sigqueue.c, execdoor.c ------------------------------------------------------------- */

uint32_t go_signal_recv(void) GO("os_1signal.signal__recv");
void go_signal_enable(uint32_t sig) GO("os_1signal.signal__enable");
void go_signal_disable(uint32_t sig) GO("os_1signal.signal__disable");
void go_signal_ignore(uint32_t sig) GO("os_1signal.signal__ignore");
bool go_signal_ignored(uint32_t sig) GO("os_1signal.signal__ignored");
void go_signalWaitUntilIdle(void) GO("os_1signal.signalWaitUntilIdle");
void go_sigpipe(void) GO("os.sigpipe");
void signalinit(void); /* before the program's first instruction */
void go_BeforeFork(void) GO("syscall.runtime__BeforeFork");
void go_AfterFork(void) GO("syscall.runtime__AfterFork");
void go_AfterForkInChild(void) GO("syscall.runtime__AfterForkInChild");
void go_BeforeExec(void) GO("syscall.runtime__BeforeExec");
void go_AfterExec(void) GO("syscall.runtime__AfterExec");

/* ---- R. profdoor.c ------------------------------------------------------------------------- */

struct stackrecord {
	uintptr_t pcs[32];
};
struct profiledata {
	struct goslice data, tags;
	bool eof;
};
intgo go_setMaxStack(intgo n) GO("runtime_1debug.setMaxStack");
intgo go_setMaxThreads(intgo n) GO("runtime_1debug.setMaxThreads");
bool go_setPanicOnFault(bool on) GO("runtime_1debug.setPanicOnFault");
void go_SetTraceback(struct gostring level) GO("runtime_1debug.SetTraceback");
void go_WriteHeapDump(uintptr_t fd) GO("runtime_1debug.WriteHeapDump");
struct gostring go_modinfo(void) GO("runtime_1debug.modinfo");
struct profiledata go_readProfile(void) GO("runtime_1pprof.readProfile");
int64_t go_cyclesPerSecond(void) GO("runtime_1pprof.runtime__cyclesPerSecond");
struct goslice
go_expandFinalInlineFrame(struct goslice pcs) GO("runtime_1pprof.runtime__expandFinalInlineFrame");
struct intbool go_goroutineProfileWithLabels(struct goslice records, struct goslice labels)
	GO("runtime_1pprof.runtime__goroutineProfileWithLabels");
void go_setProfLabel(void *labels) GO("runtime_1pprof.runtime__setProfLabel");
void *go_getProfLabel(void) GO("runtime_1pprof.runtime__getProfLabel");
void go_userTaskCreate(uint64_t id, uint64_t parent, struct gostring type)
	GO("runtime_1trace.userTaskCreate");
void go_userTaskEnd(uint64_t id) GO("runtime_1trace.userTaskEnd");
void
go_userRegion(uint64_t id, uint64_t mode, struct gostring name) GO("runtime_1trace.userRegion");
void go_userLog(uint64_t id, struct gostring category, struct gostring message)
	GO("runtime_1trace.userLog");
int64_t go_tickspersecond(void) GO("runtime.tickspersecond");
void go_SetCPUProfileRate(intgo hz) GO("runtime.SetCPUProfileRate");
void go_SetBlockProfileRate(intgo rate) GO("runtime.SetBlockProfileRate");
void go_blockevent(int64_t cycles, intgo skip) GO("runtime.blockevent");
intgo go_SetMutexProfileFraction(intgo rate) GO("runtime.SetMutexProfileFraction");
struct goslice go_CPUProfile(void) GO("runtime.CPUProfile");
/* memprofile_member.c, memprofile.c */
struct intbool go_MemProfile(struct goslice records, bool zero) GO("runtime.MemProfile");
void memProfileWanted(void) GO("gort_memprofile_wanted");
struct intbool memProfile(struct goslice records, bool zero) GO("gort_memprofile");
void memProfileStart(void) GO("gort_memprofile_start");
extern const struct funcval go_MemProfileValue GO("runtime.MemProfile..f");
struct intbool go_BlockProfile(struct goslice records) GO("runtime.BlockProfile");
struct intbool go_MutexProfile(struct goslice records) GO("runtime.MutexProfile");
struct intbool go_ThreadCreateProfile(struct goslice records) GO("runtime.ThreadCreateProfile");
struct intbool go_GoroutineProfile(struct goslice records) GO("runtime.GoroutineProfile");
struct iface go_StartTrace(void) GO("runtime.StartTrace");
void go_StopTrace(void) GO("runtime.StopTrace");
struct goslice go_ReadTrace(void) GO("runtime.ReadTrace");
extern const struct type go_error_type __asm__("error..d"); /* every object with Go code has it */

#endif
