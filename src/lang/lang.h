/* lang.h: what the language needs at run time. Overview of the room.                 room: lang
 *
 *   alg.c       hashes and comparisons of plain memory; alginit picks the hash
 *   algtype.c   == and hash of every kind of value
 *   modules.c   which packages each loaded object (executable, shared library) brings
 *   type.c      type descriptors that objects registered; their names; looking one up by name
 *   iface.c     the table of itabs: (interface, type) -> methods
 *   ctypes.c    interfaces and types of C programs
 *   ifaceconv.c conversions to interfaces and back, type assertions
 *   string.c    strings: joining, comparing, conversions to and from bytes and runes
 *   slice.c     slices: making, growing, copying, clearing
 *   printval.c  print and println of every kind of value
 *   inittask.c  packages' variables and init functions, in the order of their dependencies
 *   panic.c     panics: what the program did wrong, in Go's words
 *
 * Registration happens before there is a runtime: constructors of each object, run by libc or by
 * the freestanding start, link records of static storage into lists. They neither allocate nor
 * lock. The steps of schedinit then turn the lists into tables.
 */
#ifndef GORT_LANG_LANG_H
#define GORT_LANG_LANG_H

#include "base/base.h"
#include "core/compiler.h"
#include "core/type.h"
#include "mem/mem.h"

struct gort_package; /* include/gort/package.h */
struct gort_init_fn;
struct gort_interface; /* include/gort/iface.h */
struct gort_implementation;

/* ---- alg.c -------------------------------------------------------------------------------- */

void alginit(void); /* after cpuinit; no hash before it */
/* Hashes n bytes. Different in every process; equal bytes and seeds give equal hashes in one. */
uint64_t memhash(const void *p, uint64_t seed, uintptr_t n);
bool memequal(const void *a, const void *b, uintptr_t n);
bool usesAeshash(void);

/* ---- algtype.c ---------------------------------------------------------------------------- */

/* Each has a closure, NAME_f, for descriptors. */
#define LANG_EQUALS(F)                                                                             \
	F(memequal0)                                                                               \
	F(memequal8)                                                                               \
	F(memequal16)                                                                              \
	F(memequal32)                                                                              \
	F(memequal64)                                                                              \
	F(memequal128)                                                                             \
	F(strequal)                                                                                \
	F(f32equal)                                                                                \
	F(f64equal)                                                                                \
	F(c64equal)                                                                                \
	F(c128equal)                                                                               \
	F(interequal)                                                                              \
	F(nilinterequal)                                                                           \
	F(pointerequal)
#define LANG_HASHES(F)                                                                             \
	F(memhash0)                                                                                \
	F(memhash8)                                                                                \
	F(memhash16)                                                                               \
	F(memhash32)                                                                               \
	F(memhash64)                                                                               \
	F(memhash128)                                                                              \
	F(strhash)                                                                                 \
	F(f32hash)                                                                                 \
	F(f64hash)                                                                                 \
	F(c64hash)                                                                                 \
	F(c128hash)                                                                                \
	F(interhash)                                                                               \
	F(nilinterhash)
#define LANG_EQUAL_DECL(name)                                                                      \
	bool name(const void *a, const void *b);                                                   \
	extern const struct funcval name##_f;
#define LANG_HASH_DECL(name)                                                                       \
	uintptr_t name(const void *p, uintptr_t seed);                                             \
	extern const struct funcval name##_f;
LANG_EQUALS(LANG_EQUAL_DECL)
LANG_HASHES(LANG_HASH_DECL)

/* The value at p, of type t, as a map would hash it. Panics "hash of unhashable type T". */
uintptr_t typehash(const struct type *t, const void *p, uintptr_t seed);

bool efaceeq(struct eface a, struct eface b);
bool ifaceeq(struct iface a, struct iface b);
bool ifaceefaceeq(struct iface a, struct eface b);
/* p: the value, or the word itself if t is stored directly. */
bool efacevaleq(struct eface a, const struct type *t, const void *p);
bool ifacevaleq(struct iface a, const struct type *t, const void *p);

/* Calls through a closure: the static chain is the closure. */
static always_inline bool
callEqual(const struct funcval *f, const void *a, const void *b)
{
	bool (*fn)(const void *, const void *) = (bool (*)(const void *, const void *))f->fn;
	return CALL_CLOSURE(fn(a, b), f);
}

static always_inline uintptr_t
callHash(const struct funcval *f, const void *p, uintptr_t seed)
{
	uintptr_t (*fn)(const void *, uintptr_t) = (uintptr_t(*)(const void *, uintptr_t))f->fn;
	return CALL_CLOSURE(fn(p, seed), f);
}

/* ---- modules.c ---------------------------------------------------------------------------- */

/* A loaded object: the executable or a shared library that brings packages. */
struct module {
	const void *object; /* its identity: an address in it, the same for all its packages */
	uint32_t npackages;
	struct module *next;
};

/* From constructors, before the boot, once each; p and f must live for ever. The doors of
 * gort_package_register and gort_package_add_init. */
void packageRegister(struct gort_package *p);
void packageAddInit(struct gort_package *p, struct gort_init_fn *f);
void modulesinit(void);
extern struct module *modules;         /* in the order their first package was registered */
extern struct gort_package **packages; /* sorted by name; constant after modulesinit */
extern uint32_t npackages;

/* What the link of a compiled Go program laid out (gccgo/tables.c). packages: how many, and the object
 * that they are in; types registers theirs, of typelinksinit; itabs: how many tables the compiler has made;
 * itab: the next of them for t with n methods, after one or NULL; NULL: no more. */
struct gotables {
	uint32_t (*packages)(const void **object);
	void (*types)(void);
	uint32_t (*itabs)(void);
	const struct itab *(*itab)(const struct itab *after, const struct type *t, intgo n);
};
#if GORT_FREESTANDING /* where there is no Go, and size counts */
#	define gotables ((const struct gotables *)NULL)
#else
extern const struct gotables *gotables; /* set before the boot; NULL: none */
#endif

/* ---- type.c ------------------------------------------------------------------------------- */

/* One type descriptor in an object. Static storage of the object that registers it. */
struct typelink {
	const struct type *type;
	struct typelink *next;
};
void typelinkRegister(struct typelink *l);
void typelinksinit(void);
extern uint32_t ntypelinks;

/* Compiled packages' lists; they are kept. Those that are known already are not added again.
 * In the boot, or inrt > 0. */
void typelistsAdd(intgo n, const struct typelist *const *lists);
/* The same, from the program's init function. Goroutine, inrt == 0. */
void registerTypeDescriptors(intgo n, const struct typelist *const *lists);
/* The registered type of that name, with or without the paths of packages in it; NULL: none.
 * Named with them it is that one. Goroutine, inrt == 0. */
const struct type *lookupType(struct gostring name);

/* A descriptor's string holds the paths of packages between tabs. typeString puts the name that
 * people read into buf, at most n bytes, and returns its whole length; buf may be NULL. */
uintptr_t typeString(const struct type *t, char *buf, uintptr_t n);
/* The same in the heap; a string without tabs is returned as it is. */
struct gostring toTypeString(const struct type *t);
struct gostring pkgPath(const struct type *t); /* empty: of no package */
/* Identity is that of addresses: linkers unify descriptors, and reflection looks before it makes. */
bool eqtype(const struct type *a, const struct type *b);

static always_inline bool
isDirectIface(const struct type *t)
{
	return (t->kind & KindDirectIface) != 0;
}

/* ---- iface.c ------------------------------------------------------------------------------ */

/* A method table that an object brings ready-made. */
struct itablink {
	const void *inter; /* the interface's descriptor */
	const struct itab *tab;
	struct itablink *next;
};
void itablinkRegister(struct itablink *l);
void itabsinit(void);
/* NULL: not in the table. Any thread, no lock. */
const struct itab *itabFind(const void *inter, const struct type *t);
/* Adds tab unless the pair is there already; returns the one that is. */
const struct itab *itabAdd(const void *inter, const struct itab *tab);
uint32_t itabCount(void);
/* The itab, made if need be. NULL: t lacks a method, *missing is its name (missing may be NULL).
 * inter has methods, t is not NULL. Goroutine, inrt == 0. */
const struct itab *
getitab(const struct interfacetype *inter, const struct type *t, const struct gostring **missing);

/* ---- ctypes.c ----------------------------------------------------------------------------- */

void implementationRegister(struct gort_implementation *i); /* from constructors; i is kept */
/* Takes what was registered; of itabsinit. NULL: nothing was. */
extern void (*ctypesinit)(void);
/* Its descriptor; what was registered since the last call is taken first. inrt == 0. */
const struct interfacetype *interfaceOf(struct gort_interface *i);

/* ---- ifaceconv.c -------------------------------------------------------------------------- */

/* The text of a failed assertion, "interface conversion: ...", in the heap. inter and concrete may
 * be NULL, missing empty. (panicTypeAssertion raises it.) */
struct gostring typeAssertionText(const struct type *inter, const struct type *concrete,
	const struct type *asserted, struct gostring missing);

/* Conversion to a non-empty interface. t NULL: NULL. A missing method panics. */
const struct itab *requireitab(const struct type *inter, const struct type *t);
/* Assertion: t NULL panics. An empty interface's first word is t itself. */
const void *assertitab(const struct type *inter, const struct type *t);
struct efaceok ifaceE2E2(struct eface e);
struct efaceok ifaceI2E2(struct iface i);
struct ifaceok ifaceE2I2(const struct type *inter, struct eface e);
struct ifaceok ifaceI2I2(const struct type *inter, struct iface i);
struct ptrok ifaceE2T2P(const struct type *t, struct eface e);
struct ptrok ifaceI2T2P(const struct type *t, struct iface i);
bool ifaceE2T2(const struct type *t, struct eface e, void *out); /* zeroes out on failure */
bool ifaceI2T2(const struct type *t, struct iface i, void *out);
bool ifaceT2Ip(const struct type *inter, const struct type *t); /* does t implement it? */
/* reflect's: e as the non-empty interface inter. Panics. */
void ifaceE2I(const struct type *inter, struct eface e, struct iface *out);
_Noreturn void
panicdottype(const struct type *want, const struct type *have, const struct type *iface);

/* ---- string.c ----------------------------------------------------------------------------- */

/* buf is NULL or the caller's, of 32 bytes (runes for stringtoslicerune, 4 bytes for intstring):
 * used where the result fits and does not outlive the caller. */
struct gostring concatstrings(void *buf, const struct gostring *a, intgo n);
intgo cmpstring(struct gostring a, struct gostring b); /* -1, 0, 1 */
struct gostring intstring(void *buf, int64_t v);
struct gostring slicebytetostring(void *buf, const uint8_t *p, intgo n);
struct gostring slicerunetostring(void *buf, struct goslice runes);
struct goslice stringtoslicebyte(void *buf, struct gostring s);
struct goslice stringtoslicerune(int32_t *buf, struct gostring s);
/* The rune at s[k], not ASCII or perhaps not, and the index behind it. */
struct runenext decoderune(struct gostring s, intgo k);
uintptr_t encoderune(uint8_t *p, int32_t r); /* at most 4 bytes; returns how many */
intgo findnull(const char *s);
struct gostring gostringnocopy(const char *s);

/* ---- slice.c ------------------------------------------------------------------------------ */

void *makeslice(const struct type *elem, intgo len, intgo cap);
uintptr_t checkMakeSlice(const struct type *elem, intgo len, intgo cap); /* bytes */
/* needed: the length that is wanted, more than oldcap; the result has it. */
struct goslice
growslice(const struct type *elem, void *old, intgo oldlen, intgo oldcap, intgo needed);
/* The capacity that growslice gives, and its bytes. */
intgo growcap(uintptr_t size, intgo oldcap, intgo needed, uintptr_t *bytes);
void typedmemmove(const struct type *t, void *dst, const void *src);
intgo typedslicecopy(const struct type *elem, void *dst, intgo dlen, void *src, intgo slen);
void typedmemclr(const struct type *t, void *p);
void memclrHasPointers(void *p, uintptr_t n);
void unsafeslice(const struct type *elem, void *p, intgo len);
_Noreturn void panicmakeslicelen(void);
_Noreturn void panicmakeslicecap(void);
/* A zeroed object, or an array of n; inrt == 0. */
void *newobject(const struct type *t);
void *newarray(const struct type *elem, intgo n);

/* ---- printval.c: to stderr, between printlock and printunlock ----------------------------- */

void printstring(struct gostring s);
void printint(int64_t v);
void printuint(uint64_t v);
void printhex(uint64_t v);
void printfloat(double v);
void printcomplex(_Complex double v);
void printbool(bool v);
void printpointer(const void *p);
void printslice(struct goslice s);
void printeface(struct eface e);
void printiface(struct iface i);
void printsp(void);
void printnl(void);
/* A panic's value as Go prints it after "panic: ". */
void printpanicval(struct eface e);

/* ---- inittask.c --------------------------------------------------------------------------- */

struct inittask {
	const char *name;
	void (*vars)(void);               /* or NULL */
	const struct gort_init_fn *inits; /* or NULL */
};
/* Runs one task; t0 is the time that inittrace counts from. */
void doInit(const struct inittask *t, int64_t t0);
/* What inittrace measures: begin, the work, end, print. t0 as above. */
struct initspan {
	int64_t start, end;
	uint64_t bytes, allocs;
};
void initSpanBegin(struct initspan *span);
void initSpanEnd(struct initspan *span);
void initSpanPrint(const struct initspan *span, const char *name, int64_t t0);
/* Runs every package's task. A missing dependency or a cycle ends the process before any of
 * them has run. Returns how many there were. */
int doPackageInits(int64_t t0);

/* ---- defer.c, panic.c, recover.c: docs/panic.md ------------------------------------------- */

/* panicPlain, panicError, panicString, gopanic: core/upcalls.h. All of these run as user code: on a
 * goroutine, inrt == 0, no lock held. */

struct panicrec;

/* A deferred call, or a place to go back to. 64 bytes, because compiled Go code sets so many aside in
 * its frames; it never looks inside. Owner G. */
struct deferops;
struct deferrec {
	struct deferrec *link;
	bool *frame; /* Go: a byte in the deferring function's frame, its identity */
	const struct deferops *ops;
	struct panicrec *panic; /* valid if fn is NULL: the panic that runs the call, or NULL */
	void (*fn)(void *);     /* NULL: it runs, or has run */
	void *arg;
	uintptr_t
		retaddr; /* Go: valid in a call that a panic runs, see canrecover. A try: its frame */
	uintptr_t unused;
};
_Static_assert(sizeof(struct deferrec) == 64, "what compiled code sets aside");

/* What gccgo's code calls; the ABI's prototypes. */
void deferproc(bool *frame, void (*fn)(void *), void *arg);
void deferprocStack(struct deferrec *d, bool *frame, void (*fn)(void *), void *arg);
void deferreturn(bool *frame);
void checkdefer(bool *frame); /* from a landing pad; returns if the unwinding ends there */
bool setdeferretaddr(uintptr_t retaddr); /* false, always */
bool canrecover(uintptr_t retaddr);
struct eface gorecover(void);
struct eface deferredrecover(void); /* defer recover() */
void makefuncfficanrecover(struct goslice locations);
void makefuncreturning(void);
_Noreturn void Goexit(void); /* runs the deferred calls; inrt == 0 */
/* How many goroutines run deferred calls because of a panic; atomic. */
extern uint32_t runningPanicDefers;

/* The newest record, or NULL. */
static always_inline struct deferrec *
deferNewest(const struct g *gp)
{
	struct deferrec *d = gp->deferNewest;
	return d != NULL ? d : gp->deferred;
}

/* d is the newest from here on; what was newer is not looked at. */
static always_inline void
deferSet(struct g *gp, struct deferrec *d)
{
	gp->deferNewest = NULL;
	gp->deferred = d;
}

/* Takes d off, and what is newer than it. */
static always_inline void
deferPop(struct g *gp, const struct deferrec *d)
{
	if (unlikely(gp->deferNewest != d))
		gp->deferred = d->link;
	gp->deferNewest = NULL;
}

/* What C programs use. d: theirs, until deferEnd or tryCall. */
static always_inline void
deferPush(struct g *gp, struct deferrec *d, void (*fn)(void *), void *arg)
{
	if (gp->deferNewest != NULL)
		gp->deferred = gp->deferNewest;
	d->link = gp->deferred;
	gp->deferNewest = d;
	d->frame = NULL;
	d->fn = fn;
	d->arg = arg;
}

extern const struct deferops deferredC;

static always_inline void
deferBegin(struct deferrec *d, void (*fn)(void *), void *arg)
{
	d->ops = &deferredC;
	deferPush(getg(), d, fn, arg);
}

/* Runs it, unless a panic or Goexit has: then it is off the list. */
static always_inline void
deferEnd(struct deferrec *d)
{
	void (*fn)(void *) = d->fn;
	if (fn == NULL)
		return;
	deferPop(getg(), d);
	d->fn = NULL;
	fn(d->arg);
}

/* Calls fn(arg). False: it panicked, and *v is the panic's value. */
bool tryCall(void (*fn)(void *), void *arg, struct eface *v);
/* In a deferred call that a panic runs: the panic ends, *v is its value, and once the deferred
 * calls in between have run the innermost tryCall returns true; without one the goroutine ends. */
bool recoverInDeferred(struct eface *v);

/* ---- runtimeerror.c ----------------------------------------------------------------------- */

enum runtimeErrorKind {
	RTE_ERROR,   /* "runtime error: " and the text */
	RTE_PLAIN,   /* the text alone */
	RTE_ADDRESS, /* as RTE_ERROR, with an address: SetPanicOnFault */
	RTE_CSTRING, /* as RTE_ERROR; NewErrorCString's */
};

/* How runtime errors become values, and values text. The default makes values of types of the
 * library's own (kind string, "runtime.errorString" and so on); the door for Go puts those of
 * its shim in their place, before the first goroutine runs. text need not live on. */
struct runtimeErrors {
	struct eface (*make)(enum runtimeErrorKind kind, struct gostring text, uintptr_t addr);
	/* *runtime.TypeAssertionError; NULL: one of ours. inter and concrete may be NULL, missing empty. */
	struct eface (*typeAssertion)(const struct type *inter, const struct type *concrete,
		const struct type *asserted, struct gostring missing);
	/* If v is an error or a Stringer: calls the method, *text is the result. User code: it may
	 * panic. */
	bool (*text)(struct eface v, struct gostring *text);
	/* The same for the report of a panic that nobody recovered: a method that panics is fatal. */
	bool (*lastText)(struct eface v, struct gostring *text);
	/* What stands after "panic: ". The default knows the types that C programs meet; Go's is
	 * printpanicval. Calls no user code: the process is dying. */
	void (*print)(struct eface v);
	const struct type *string; /* of the values of panicString, and of texts */
};
extern struct runtimeErrors runtimeErrors;

_Noreturn void panicTypeAssertion(const struct type *inter, const struct type *concrete,
	const struct type *asserted, struct gostring missing);
_Noreturn void panicdivide(void);
_Noreturn void panicshift(void);
_Noreturn void panicoverflow(void);
/* Indexes and slices out of range; U: x is unsigned. */
_Noreturn void goPanicIndex(intgo x, intgo y);
_Noreturn void goPanicIndexU(uintptr_t x, intgo y);
_Noreturn void goPanicSliceAlen(intgo x, intgo y);
_Noreturn void goPanicSliceAlenU(uintptr_t x, intgo y);
_Noreturn void goPanicSliceAcap(intgo x, intgo y);
_Noreturn void goPanicSliceAcapU(uintptr_t x, intgo y);
_Noreturn void goPanicSliceB(intgo x, intgo y);
_Noreturn void goPanicSliceBU(uintptr_t x, intgo y);
_Noreturn void goPanicSlice3Alen(intgo x, intgo y);
_Noreturn void goPanicSlice3AlenU(uintptr_t x, intgo y);
_Noreturn void goPanicSlice3Acap(intgo x, intgo y);
_Noreturn void goPanicSlice3AcapU(uintptr_t x, intgo y);
_Noreturn void goPanicSlice3B(intgo x, intgo y);
_Noreturn void goPanicSlice3BU(uintptr_t x, intgo y);
_Noreturn void goPanicSlice3C(intgo x, intgo y);
_Noreturn void goPanicSlice3CU(uintptr_t x, intgo y);
_Noreturn void goPanicSliceConvert(intgo x, intgo y);
/* The values of panicdivide and panicoverflow. */
struct eface divideError(void);
struct eface overflowError(void);
void NewErrorCString(uintptr_t cstr, struct eface *out);

/* A value of type string with a copy of the text. */
struct eface stringValue(struct gostring text);

/* ---- unwind.c: hosted only ---------------------------------------------------------------- */

/* The personality of compiled Go code: __gccgo_personality_v0's prototype. */
int goPersonality(int version, int actions, uint64_t class, void *exception, void *context) __asm__(
	"__gccgo_personality_v0");

#endif
