/* type_test.c: typelinksinit counts the descriptors and refuses wrong ones, by name; names as people
 * read them; types found by name. */
#include "descr.h"
#include "test.h"

static const uint8_t mask[] = {1};
static const struct gostring name = {(const uint8_t *)"struct pair", 11};

static struct type
good(void)
{
	return (struct type){.size = 16,
		.ptrdata = 8,
		.align = 8,
		.fieldAlign = 8,
		.kind = KindStruct,
		.gcdata = mask,
		.string = &name};
}

static void
with(struct type t)
{
	static struct type type;
	static struct typelink link;
	type = t;
	link.type = &type;
	typelinkRegister(&link);
	typelinksinit();
}

TEST_G(lang, type, counts)
{
	uint32_t before = ntypelinks;
	with(good());
	CHECK_EQ(ntypelinks, before + 1);
}

TEST_DIES_G(lang, type, alignment, "bad type descriptor struct pair: its size", 2)
{
	struct type t = good();
	t.size = 12;
	with(t);
}

TEST_DIES_G(lang, type, ptrdata, "bad type descriptor struct pair: its pointers", 2)
{
	struct type t = good();
	t.ptrdata = 24;
	with(t);
}

TEST_DIES_G(lang, type, no_map, "bad type descriptor struct pair: it has pointers and no map", 2)
{
	struct type t = good();
	t.gcdata = NULL;
	with(t);
}

TEST_DIES_G(lang, type, kind, "bad type descriptor (no name): its kind", 2)
{
	struct type t = good();
	t.kind = 0;
	t.string = NULL;
	with(t);
}

/* ---- names and lookup --------------------------------------------------------------------- */

STRING(s_a, "map[string]*\texample.com/one/p\tp.T");
STRING(s_b, "map[string]*\texample.com/two/p\tp.T");
STRING(s_plain, "[]int");
STRING(s_pkg, "example.com/one/p");

static struct type
word(const struct gostring *string)
{
	struct type t = good();
	t.string = string;
	return t;
}

TEST_G(lang, type, names)
{
	struct type a = word(&s_a), plain = word(&s_plain);
	CHECK(isStr(toTypeString(&a), "map[string]*p.T"));
	CHECK(isStr(toTypeString(&plain), "[]int"));
	CHECK(toTypeString(&plain).str == s_plain.str); /* nothing to drop, nothing to copy */
	char buf[6] = "......";
	CHECK_EQ(typeString(&a, buf, 5), 15);
	CHECK(memcmp(buf, "map[s.", 6) == 0);
	CHECK_EQ(pkgPath(&a).len, 0);
	struct uncommontype u = {0};
	a.uncommon = &u;
	CHECK_EQ(pkgPath(&a).len, 0);
	u.pkgPath = &s_pkg;
	CHECK(isStr(pkgPath(&a), "example.com/one/p"));
	CHECK(eqtype(&a, &a) && !eqtype(&a, &plain));
}

#define LIST(id, n)                                                                                \
	static struct {                                                                            \
		intgo count;                                                                       \
		const struct type *types[n];                                                       \
	} id

TEST_G(lang, type, lookup)
{
	static struct type a, b, plain, many[500];
	static struct gostring names[500];
	static char text[500][8];
	LIST(one, 2);
	LIST(two, 1);
	LIST(rest, 500);
	a = word(&s_a), b = word(&s_b), plain = word(&s_plain);
	one.count = 2, one.types[0] = &plain, one.types[1] = &a;
	two.count = 1, two.types[0] = &b;
	const struct typelist *first[] = {(struct typelist *)&one, (struct typelist *)&two};
	uint32_t before = ntypelinks;
	CHECK(lookupType(STR("[]int")) == NULL);
	registerTypeDescriptors(2, first);
	CHECK_EQ(ntypelinks, before + 3);
	registerTypeDescriptors(2, first); /* known */
	CHECK_EQ(ntypelinks, before + 3);
	CHECK(lookupType(STR("[]int")) == &plain);
	CHECK(lookupType(STR("[]in")) == NULL && lookupType(STR("[]int ")) == NULL);
	CHECK(lookupType(STR("")) == NULL);
	/* With the path it is that one, without it one of the two. */
	CHECK(lookupType(s_a) == &a && lookupType(s_b) == &b);
	const struct type *either = lookupType(STR("map[string]*p.T"));
	CHECK(either == &a || either == &b);
	CHECK(lookupType(STR("map[string]*\texample.com/three/p\tp.T")) == NULL);
	/* More come later. */
	rest.count = 500;
	for (int i = 0; i < 500; i++) {
		names[i] = (struct gostring){(uint8_t *)text[i],
			(intgo)rtsnprintf(text[i], sizeof text[i], "[%d]int", i)};
		many[i] = word(&names[i]);
		rest.types[i] = &many[i];
	}
	const struct typelist *second[] = {(struct typelist *)&rest};
	registerTypeDescriptors(1, second);
	for (int i = 0; i < 500; i++)
		CHECK(lookupType(names[i]) == &many[i]);
	CHECK(lookupType(s_b) == &b && lookupType(STR("[500]int")) == NULL);
}

TEST_DIES_G(lang, type, go_list, "bad type descriptor [0]int: its pointers end", 2)
{
	static struct type t;
	static const struct gostring string = {(const uint8_t *)"[0]int", 6};
	LIST(one, 1);
	t = word(&string);
	t.ptrdata = 24;
	one.count = 1, one.types[0] = &t;
	const struct typelist *lists[] = {(struct typelist *)&one};
	registerTypeDescriptors(1, lists);
}
