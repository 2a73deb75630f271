/* api_iface.c: interfaces.                                                           room: capi
 *
 * An interface value of C is a struct iface, its table a struct itab. What is in the table of itabs is
 * taken from there at once: an interface that is not known yet, or whose implementations wait to be
 * registered, has nothing there. */
#include "capi/capi.h"

#include "lang/itab.h"
#include "lang/lang.h"

static always_inline const struct type *
typeOf(const void *m)
{
	return m == NULL ? NULL : ((const struct itab *)m)->type;
}

const void *
gort_iface_find(gort_interface *inter, const void *m)
{
	if (m == NULL)
		return NULL;
	const struct itab *tab = itabFast(inter->descriptor_, typeOf(m));
	return likely(tab != NULL) ? tab : getitab(interfaceOf(inter), typeOf(m), NULL);
}

const void *
gort_iface_assert(gort_interface *inter, const void *m)
{
	if (likely(m != NULL)) {
		const struct itab *tab = itabFast(inter->descriptor_, typeOf(m));
		if (likely(tab != NULL))
			return tab;
	}
	return assertitab(&interfaceOf(inter)->typ, typeOf(m));
}

void
gort_iface_type(gort_interface *inter, const void *m, const gort_dyntype *type)
{
	const struct interfacetype *i = interfaceOf(inter);
	panicdottype((const struct type *)type->descriptor_, typeOf(m), &i->typ);
}

void
gort_iface_register(gort_implementation *i)
{
	implementationRegister(i);
}
