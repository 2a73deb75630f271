/* api_finalizer.c: finalizers, cleanups, weak pointers.                              room: capi */
#include "capi/capi.h"

#include "gc/finalizer.h"

/* Where addr is instead. */
static const char *
nowhere(uintptr_t addr)
{
	if (stackContains(addr))
		return "lies on a stack";
	return "is no object of the heap, or of one that was freed";
}

static void
callFinalizer(uintptr_t addr, void *const *word)
{
	void (*fn)(void *, void *) = (void (*)(void *, void *))word[0];
	void *arg = word[1];
	rtleave(getg());
	fn((void *)addr, arg);
	rtenter();
}

static void
callCleanup(uintptr_t addr unused_ok, void *const *word)
{
	void (*fn)(void *) = (void (*)(void *))word[0];
	void *arg = word[1];
	rtleave(getg());
	fn(arg);
	rtenter();
}

void
gort_finalizer(void *p, void (*fn)(void *p, void *arg), void *arg)
{
	uintptr_t addr = (uintptr_t)p;
	struct specialcall call = {callFinalizer, {(void *)fn, arg, NULL}};
	struct g *gp = rtenter();
	if (p == NULL)
		throw("runtime.SetFinalizer: first argument is nil");
	enum specialplace place = specialPlace(addr);
	if (place == PLACE_NONE)
		throwf("runtime.SetFinalizer: pointer not in heap", "gort_finalizer: %p %s", p,
			nowhere(addr));
	if (place == PLACE_INSIDE)
		throwf("runtime.SetFinalizer: pointer not at beginning of allocated block",
			"gort_finalizer: %p points into the middle of an object", p);
	if (fn == NULL)
		specialRemoveFinalizer(addr);
	else if (place != PLACE_ZERO && !finalizerSet(addr, &call))
		throwf("runtime.SetFinalizer: finalizer already set", "gort_finalizer: %p", p);
	rtleave(gp);
}

gort_cleanup_ref
gort_cleanup(void *p, void (*fn)(void *arg), void *arg)
{
	uintptr_t addr = (uintptr_t)p;
	struct specialcall call = {callCleanup, {(void *)fn, arg, NULL}};
	gort_cleanup_ref ref = {0, ~addr};
	struct g *gp = rtenter();
	if (p == NULL)
		throw("runtime.AddCleanup: ptr is nil");
	if (p == arg)
		throw("runtime.AddCleanup: ptr is equal to arg, cleanup will never run");
	enum specialplace place = specialPlace(addr);
	if (place == PLACE_NONE)
		throwf("runtime.AddCleanup: ptr not in allocated block", "gort_cleanup: %p %s", p,
			nowhere(addr));
	if (place != PLACE_ZERO)
		ref.id_ = cleanupAdd(addr, &call);
	rtleave(gp);
	return ref;
}

bool
gort_cleanup_stop(gort_cleanup_ref c)
{
	if (c.id_ == 0)
		return false;
	struct g *gp = rtenter();
	bool stopped = specialStopCleanup(~c.at_, c.id_);
	rtleave(gp);
	return stopped;
}

gort_weak *
gort_weak_make(void *p)
{
	if (p == NULL)
		return NULL;
	struct g *gp = rtenter();
	if (specialPlace((uintptr_t)p) == PLACE_NONE)
		throwf("gort_weak_make: pointer not in allocated block", "gort_weak_make: %p %s", p,
			nowhere((uintptr_t)p));
	uintptr_t *handle = specialWeakHandle((uintptr_t)p);
	rtleave(gp);
	return (gort_weak *)handle;
}

void *
gort_weak_get(gort_weak *w)
{
	if (w == NULL)
		return NULL;
	struct g *gp = rtenter();
	uintptr_t addr = weakLoad((uintptr_t *)w);
	rtleave(gp);
	return (void *)addr;
}
