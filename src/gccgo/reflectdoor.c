/* reflectdoor.c: what packages reflect and internal/reflectlite ask for.            room: gccgo
 *
 * Where a function below has the same arguments it gets its outside name alone (symbols.def); here
 * is the rest. Calls are in reflectcall.c. */
#include "gccgo/std.h"

#include "core/bits.h"
#include "lang/map.h"

/* ---- memory ------------------------------------------------------------------------------- */

intgo
reflect_typedslicecopy(const struct type *elem, struct goslice dst, struct goslice src)
{
	return typedslicecopy(elem, dst.array, dst.len, src.array, src.len);
}

void
reflect_memmove(void *dst, const void *src, uintptr_t n)
{
	__builtin_memmove(dst, src, n);
}

/* An address that a type outside the heap may have. */
bool
reflect_verifyNotInHeapPtr(uintptr_t p)
{
	return spanOf(p) == NULL;
}

/* ---- channels ----------------------------------------------------------------------------- */

struct hchan *
reflect_makechan(const struct chantype *t, intgo n)
{
	return go_makechan(t, n);
}

void
reflect_chanclose(struct hchan *c)
{
	go_closechan(c);
}

bool
reflect_chansend(struct hchan *c, const void *elem, bool nonblocking)
{
	struct g *gp = rtenter();
	bool selected = chansend(c, elem, !nonblocking);
	rtleave(gp);
	return selected;
}

struct twobools
reflect_chanrecv(struct hchan *c, bool nonblocking, void *elem)
{
	struct twobools r = {0};
	struct g *gp = rtenter();
	r.a = chanrecv(c, elem, !nonblocking, &r.b);
	rtleave(gp);
	return r;
}

enum seldir { SEL_SEND = 1, SEL_RECV, SEL_DEFAULT };
enum { FEW = 8 };

/* Sends lie before receives, as selectgo wants them. */
struct intbool
reflect_rselect(struct goslice slice)
{
	const struct runtimeselect *in = slice.array;
	struct scase few[FEW], *cases = few;
	uint16_t feworder[3 * FEW], *order = feworder;
	intgo n = slice.len, nsends = 0, nrecvs = 0, other = -1;
	if (n > SELECT_MAX)
		panicPlain("select: too many cases (max 65536)");
	if (n > FEW) {
		struct g *gp = rtenter();
		cases = mallocConservative((uintptr_t)n * sizeof *cases);
		order = mallocNoscan((uintptr_t)n * 3 * sizeof *order, false);
		rtleave(gp);
	}
	uint16_t *which = order + 2 * n; /* of in, by place in cases */
	for (intgo i = 0; i < n; i++)
		if (in[i].dir == SEL_SEND)
			nsends++;
		else if (in[i].dir == SEL_RECV)
			nrecvs++;
		else
			other = i;
	intgo send = 0, recv = nsends;
	for (intgo i = 0; i < n; i++) {
		if (in[i].dir == SEL_DEFAULT)
			continue;
		intgo at = in[i].dir == SEL_SEND ? send++ : recv++;
		cases[at] = (struct scase){in[i].ch, in[i].val};
		which[at] = (uint16_t)i;
	}
	if (nsends + nrecvs == 0) {
		if (other < 0)
			go_block();
		return (struct intbool){other, false};
	}
	struct intbool r = go_selectgo(cases, order, nsends, nrecvs, other < 0);
	r.i = r.i < 0 ? other : which[r.i];
	return r;
}

/* ---- maps --------------------------------------------------------------------------------- */

struct hmap *
reflect_makemap(const struct maptype *t, intgo n)
{
	return makemap(t, n, NULL);
}

void
reflect_mapassign(const struct maptype *t, struct hmap *m, const void *key, const void *val)
{
	void *p = mapassign(t, m, key);
	typedmemmove(t->elem, p, val);
}

void
reflect_mapassign_faststr(
	const struct maptype *t, struct hmap *m, struct gostring key, const void *val)
{
	void *p = mapassign_faststr(t, m, key);
	typedmemmove(t->elem, p, val);
}

void *
reflect_mapiterkey(struct hiter *it)
{
	return it->key;
}

void *
reflect_mapiterelem(struct hiter *it)
{
	return it->elem;
}
