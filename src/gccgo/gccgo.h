/* gccgo.h: the Go door. What programs compiled by gccgo call. Overview of the room.   room: gccgo
 *
 * gccgo compiles Go to objects that call a runtime by the names of Go's package runtime and of
 * the packages that hook into it. Those names are this room's: what libgo's own runtime would
 * define, and the rest of libgo, which is used as it is, asks for. symbols.def lists them all.
 *
 *   start.c     main, __go_go, the lists that packages register        A, I
 *   tables.c    types and method tables, by the linker's order
 *   heap.c      new, make, copies                                      C
 *   hash.c      equality and hash functions as values                  D
 *   channel.c   channels, select                                       H
 *   proc.c      goroutines                                             I
 *   printer.c   print and println                                      K
 *   syncdoor.c  sync, sync/atomic, internal/poll's semaphores          N
 *   osdoor.c    os, syscall, time                                      O
 *   shim/       the types of package runtime, in Go: compiled by gccgo M
 *
 * A function of ours is one of two. Where a room below has it with the same arguments, it gets
 * nothing but its outside name, when the room is sealed (symbols.def: alias). Otherwise it is written
 * here, as thin as the C door's: rtenter, one call, rtleave.
 *
 * Everything runs on the calling goroutine's stack, compiled with -fsplit-stack like the callers.
 * Calling convention: the C one. A value with two words is a struct in registers, several results
 * are a struct, a slice is passed in memory; so plain C declarations do it all.
 */
#ifndef GORT_GCCGO_GCCGO_H
#define GORT_GCCGO_GCCGO_H

#include "core/type.h"
#include "core/upcalls.h"
#include "lang/lang.h"
#include "lang/map.h"
#include "sync/sync.h"

/* An outside name; these stay visible when the room is sealed. */
#define GO(name) __asm__(name) __attribute__((visibility("default")))

/* ---- what the program defines ------------------------------------------------------------- */

void go_init_main(void) __asm__("__go_init_main"); /* initialises every package */
void go_main_main(void) __asm__("main.main");
/* Package internal/cpu's own detection. Every program has the package; nobody else calls it. */
void go_cpu_initialize(struct gostring env) __asm__("internal_1cpu.Initialize");
extern uint8_t go_cpu_debugoptions __asm__("internal_1cpu.DebugOptions");

/* ---- A. start and registration: start.c ---------------------------------------------------- */

int main(int argc, char **argv) __attribute__((__weak__, visibility("default")));
void go_runtime_import(void) GO("runtime..import");

struct gcroot {
	void *addr;
	uintptr_t size, ptrdata;
	const uint8_t *ptrmask;
};
struct gcrootlist {
	struct gcrootlist *next;
	intgo count;
	struct gcroot roots[];
};
void go_registerGCRoots(struct gcrootlist *r) GO("runtime.registerGCRoots");
extern struct gcrootlist *gogcroots; /* last one first; written while packages initialise */

extern const struct gotables gotablesLinked; /* tables.c */

void go_setmodinfo(struct gostring s) GO("runtime.setmodinfo");
extern struct gostring gomodinfo;

extern intgo go_MemProfileRate GO("runtime.MemProfileRate");
extern struct gostring go_buildVersion GO("runtime.buildVersion");
extern struct gostring go_defaultGOROOT GO("runtime.defaultGOROOT");
extern int32_t go_ncpu GO("runtime.ncpu");
extern uint32_t go_expectedSystemGoroutines GO("runtime.expectedSystemGoroutines");
extern uint64_t go_blockprofilerate GO("runtime.blockprofilerate");
extern uint64_t go_mutexprofilerate GO("runtime.mutexprofilerate");
/* Compiled stores of pointers test the first word. */
extern struct gowritebarrier {
	uint32_t enabled;
	uint32_t pad;
	uint64_t alignme;
} go_writeBarrier GO("runtime.writeBarrier");

/* ---- C. memory: heap.c --------------------------------------------------------------------- */

void *go_mallocgc(uintptr_t size, const struct type *t, bool needzero) GO("runtime.mallocgc");
void *go_makeslice64(const struct type *elem, int64_t len, int64_t cap) GO("runtime.makeslice64");
void go_gcWriteBarrier(uintptr_t *dst, uintptr_t val) GO("runtime.gcWriteBarrier");
void go_unsafeslice64(const struct type *elem, void *p, int64_t len) GO("runtime.unsafeslice64");
void go_KeepAlive(struct eface v) GO("runtime.KeepAlive");
void go_GC(void) GO("runtime.GC");

extern const struct type go_unsafePointer GO("unsafe.Pointer..d");
extern const struct type go_string __asm__("string..d"); /* each object that needs it has it */
extern const struct ptrtype go_unsafePointerPtr GO("unsafe.Pointer..p");

/* ---- G. maps: mapdoor.c -------------------------------------------------------------------- */

struct hmap *
go_makemap64(const struct maptype *t, int64_t hint, struct hmap *unused) GO("runtime.makemap64");

/* ---- H. channels: channel.c ---------------------------------------------------------------- */

struct chantype;
struct twobools {
	bool a, b;
};
struct intbool {
	intgo i;
	bool b;
};
struct hchan *go_makechan(const struct chantype *t, intgo n) GO("runtime.makechan");
struct hchan *go_makechan64(const struct chantype *t, int64_t n) GO("runtime.makechan64");
void go_chansend1(struct hchan *c, const void *elem) GO("runtime.chansend1");
void go_chanrecv1(struct hchan *c, void *elem) GO("runtime.chanrecv1");
bool go_chanrecv2(struct hchan *c, void *elem) GO("runtime.chanrecv2");
void go_closechan(struct hchan *c) GO("runtime.closechan");
struct intbool go_selectgo(struct scase *cases, uint16_t *order, intgo nsends, intgo nrecvs,
	bool block) GO("runtime.selectgo");
bool go_selectnbsend(struct hchan *c, const void *elem) GO("runtime.selectnbsend");
struct twobools go_selectnbrecv(void *elem, struct hchan *c) GO("runtime.selectnbrecv");
_Noreturn void go_block(void) GO("runtime.block");

/* ---- I. goroutines: proc.c ----------------------------------------------------------------- */

void *go_go(void (*fn)(void *), void *arg) GO("__go_go");
void labelsInherit(struct g *from, struct g *to); /* profdoor.c: a new goroutine's profile labels */
/* Compiled code asks for nothing but a yield: mcall(gosched_m). */
void go_mcall(const struct funcval *fn) GO("runtime.mcall");
void go_gosched_m(void *gp);
extern const struct funcval go_gosched_m_f GO("runtime.gosched__m..f");
_Noreturn void go_panicgonil(void) GO("runtime.panicgonil");
void go_Gosched(void) GO("runtime.Gosched");
intgo go_GOMAXPROCS(intgo n) GO("runtime.GOMAXPROCS");
intgo go_NumGoroutine(void) GO("runtime.NumGoroutine");
int32_t go_gcount(void) GO("runtime.gcount");
void go_osyield(void) GO("runtime.osyield");
intgo go_NumCPU(void) GO("runtime.NumCPU");
extern int64_t goncgocall; /* atomic */
int64_t go_NumCgoCall(void) GO("runtime.NumCgoCall");
void go_LockOSThread(void) GO("runtime.LockOSThread");
void go_UnlockOSThread(void) GO("runtime.UnlockOSThread");
/* Stubs of an embedded struct in libgo's runtime.gox: every unoptimised importer refers to them. */
struct gogqueue {
	void *head, *tail;
};
bool go_gList_empty(void **l) GO("runtime.gList.empty");
void go_gList_push(void **l, void *gp) GO("runtime.gList.push");
void go_gList_pushAll(void **l, struct gogqueue q) GO("runtime.gList.pushAll");
void *go_gList_pop(void **l) GO("runtime.gList.pop");

/* ---- J. errors: errordoor.c, and the shim's side of it ------------------------------------- */

void errordoorinit(void);
struct gostringok {
	struct gostring s;
	bool ok;
};
/* A runtime.TypeAssertionError, as the shim lays it out. */
struct gotypeAssertionError {
	const struct type *interface, *concrete, *asserted;
	struct gostring missingMethod;
};
struct iface go_mkError(struct gostring text) __asm__("runtime.mkError");
struct iface go_mkPlain(struct gostring text) __asm__("runtime.mkPlain");
struct iface go_mkAddress(struct gostring text, uintptr_t addr) __asm__("runtime.mkAddress");
struct gostringok go_errorText(struct eface v) __asm__("runtime.errorText");
extern const struct type go_error __asm__("error..d");
extern const struct type go_TypeAssertionError __asm__("runtime.TypeAssertionError..d");
extern const struct type go_TypeAssertionErrorPtr __asm__("runtime.TypeAssertionError..p");
struct gostring go_TypeAssertionErrorError(const struct gotypeAssertionError *e)
	GO("runtime.TypeAssertionError.Error");
struct iface go_getDivideError(void) GO("runtime.getDivideError");
struct iface go_getOverflowError(void) GO("runtime.getOverflowError");

/* ---- K. print and println: printer.c ------------------------------------------------------- */

void go_printlock(void) GO("runtime.printlock");
void go_printunlock(void) GO("runtime.printunlock");

/* ---- N. sync, sync/atomic, internal/poll: syncdoor.c --------------------------------------- */

void gosemacquire(uint32_t *addr);
void gosemrelease(uint32_t *addr);
void go_semacquireMutex(uint32_t *addr, bool lifo, intgo skip) GO("sync.runtime__SemacquireMutex");
void go_semrelease(uint32_t *addr, bool handoff, intgo skip) GO("sync.runtime__Semrelease");
uint32_t go_notifyListAdd(struct notifyList *l) GO("sync.runtime__notifyListAdd");
void go_notifyListWait(struct notifyList *l, uint32_t t) GO("sync.runtime__notifyListWait");
void go_notifyListNotifyAll(struct notifyList *l) GO("sync.runtime__notifyListNotifyAll");
void go_notifyListNotifyOne(struct notifyList *l) GO("sync.runtime__notifyListNotifyOne");
void go_notifyListCheck(uintptr_t size) GO("sync.runtime__notifyListCheck");
bool go_canSpin(intgo i) GO("sync.runtime__canSpin");
void go_doSpin(void) GO("sync.runtime__doSpin");
intgo goprocPin(void);
void goprocUnpin(void);
void go_registerPoolCleanup(const struct funcval *fn) GO("sync.runtime__registerPoolCleanup");
void poolCleanup(void);
extern const struct funcval *gopoolcleanup; /* what a collection calls first; NULL: nothing */
_Noreturn void gothrow(struct gostring s);
bool
go_CompareAndSwapPointer(void **p, void *old, void *new) GO("sync_1atomic.CompareAndSwapPointer");
void go_StorePointer(void **p, void *v) GO("sync_1atomic.StorePointer");
void *go_SwapPointer(void **p, void *v) GO("sync_1atomic.SwapPointer");

/* ---- O. os, syscall: osdoor.c -------------------------------------------------------------- */

struct goslice go_args(void) GO("os.runtime__args");
void go_beforeExit(void) GO("os.runtime__beforeExit");
uint32_t gofastrand(void);
void go_Entersyscall(void) GO("syscall.Entersyscall");
void go_Exitsyscall(void) GO("syscall.Exitsyscall");
/* C code that cgo calls, and Go code that it calls back. */
void go_Cgocall(void) GO("syscall.Cgocall");
void go_CgocallDone(void) GO("syscall.CgocallDone");
void go_CgocallBack(void) GO("syscall.CgocallBack");
void go_CgocallBackDone(void) GO("syscall.CgocallBackDone");
extern bool go_iscgo GO("runtime_iscgo");
_Noreturn void go_Exit(intgo code) GO("syscall.Exit");
intgo go_Getpagesize(void) GO("syscall.Getpagesize");
struct goslice go_envs(void) GO("syscall.runtime__envs");
void go_setenv(struct gostring k, struct gostring v) GO("syscall.setenv__c");
void go_unsetenv(struct gostring k) GO("syscall.unsetenv__c");

/* ---- O. time: timedoor.c ------------------------------------------------------------------- */

struct gonow {
	int64_t sec;
	int32_t nsec;
	int64_t mono;
};
struct gonow go_now(void) GO("time.now");
void go_Sleep(int64_t ns) GO("time.Sleep");
void go_startTimer(struct timer *t) GO("time.startTimer");
bool go_stopTimer(struct timer *t) GO("time.stopTimer");
bool go_resetTimer(struct timer *t, int64_t when) GO("time.resetTimer");
void go_modTimer(struct timer *t, int64_t when, int64_t period, const struct funcval *f,
	struct eface arg, uintptr_t seq) GO("time.modTimer");

/* ---- unwind_apart.c -------------------------------------------------------------------------- */

struct _Unwind_Exception;
_Noreturn void
__wrap__Unwind_Resume(struct _Unwind_Exception *e) __attribute__((visibility("default")));
_Noreturn void __real__Unwind_Resume(struct _Unwind_Exception *e);

#endif
