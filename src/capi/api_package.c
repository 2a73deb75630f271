/* api_package.c: packages and types register themselves.                             room: capi
 *
 * Both are called from constructors, before there is a runtime: no g, no allocation. */
#include "capi/capi.h"

#include "core/type.h"
#include "lang/lang.h"

void
gort_package_register(gort_package *p)
{
	packageRegister(p);
}

void
gort_package_add_init(gort_package *p, gort_init_fn *f)
{
	packageAddInit(p, f);
}

/* What the runtime makes of a gort_type, in its descriptor_ words. */
struct typewords {
	struct type type;
	struct gostring name;
	struct typelink link;
};
_Static_assert(sizeof(struct typewords) == sizeof((gort_type *)0)->descriptor_, "room for it");

/* Sets a bit for each word of the field. */
static void
maskField(gort_type *t, const gort_field *f, uintptr_t *ptrdata)
{
	if (f->offset > t->size || f->size > t->size - f->offset || f->offset % PTRSIZE != 0 ||
		f->size % PTRSIZE != 0)
		bootfail(2,
			"GORT_POINTERS(%s): a field at offset %lu of %lu bytes is no pointer of it",
			t->name, f->offset, f->size);
	for (uintptr_t w = f->offset / PTRSIZE; w < (f->offset + f->size) / PTRSIZE; w++)
		t->mask[w / 8] |= (uint8_t)(1u << w % 8);
	if (f->offset + f->size > *ptrdata)
		*ptrdata = f->offset + f->size;
}

void
gort_type_register(gort_type *t, gort_type **types)
{
	struct typewords *w = (struct typewords *)t->descriptor_;
	uintptr_t ptrdata = 0;
	for (int i = 0; i < t->nfields; i++)
		maskField(t, &t->fields[i], &ptrdata);
	w->name = (struct gostring){(const uint8_t *)t->name, (intgo)rtstrlen(t->name)};
	w->type = (struct type){
		.size = t->size,
		.ptrdata = ptrdata,
		.align = (uint8_t)t->align,
		.fieldAlign = (uint8_t)t->align,
		.kind = ptrdata == 0 ? KindStruct | KindNoPointers : KindStruct,
		.gcdata = t->mask,
		.string = &w->name,
	};
	w->link.type = &w->type;
	typelinkRegister(&w->link);
	t->next = *types;
	*types = t;
}
