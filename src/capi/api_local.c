/* api_local.c: goroutine-local variables.                                            room: capi */
#include "capi/capi.h"

_Static_assert(sizeof(gort_local_var) == sizeof(struct localvar), "layout");
_Static_assert(offsetof(gort_local_var, index_) == offsetof(struct localvar, index), "layout");

static never_inline void *
make(struct localvar *v)
{
	if (unlikely(v->size > MAX_OBJECT))
		panicFormat("gort_local_get: size out of range: %lu bytes", v->size);
	struct g *gp = rtenter();
	void *p = localMake(gp, v);
	rtleave(gp);
	return p;
}

void *
gort_local_get(gort_local_var *var)
{
	struct localvar *v = (struct localvar *)var;
	struct g *gp = getg();
	if (likely(gp != NULL)) {
		void *p = localFind(gp, v);
		if (likely(p != NULL))
			return p;
	}
	return make(v);
}
