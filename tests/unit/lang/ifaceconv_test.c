/* ifaceconv_test.c: types with and without methods seen through interfaces, built by hand as gccgo
 * would: who implements what, what a call through the table reaches, and what failures say. */
#include "descr.h"
#include "test.h"

/* ---- a package: type T int with Read, Write and close; *T; interfaces ---------------------- */

STRING(s_close, "close");
STRING(s_Read, "Read");
STRING(s_Write, "Write");
STRING(s_Flush, "Flush");
STRING(s_pkg, "example.com/a");
STRING(s_other, "example.com/b");
STRING(s_T, "T");
STRING(s_Tstring, "\texample.com/a\ta.T");
STRING(s_Ustring, "\texample.com/b\ta.T");
STRING(s_Rstring, "\texample.com/a\ta.Reader");

/* Descriptors of func() and func(int): only their addresses count. */
static const struct type f_void, f_int;

static int called;
static int
readT(const int64_t *t)
{
	called = 1;
	return (int)*t;
}

static int
writeT(const int64_t *t)
{
	called = 2;
	return (int)*t + 1;
}

static int
closeT(const int64_t *t)
{
	called = 3;
	return (int)*t + 2;
}

/* As the compiler sorts them; the second copy of the names is another address. */
STRING(s_Read2, "Read");
STRING(s_close2, "close");
STRING(s_pkg2, "example.com/a");
static const struct method methods[] = {
	{&s_Read2, NULL, &f_void, &f_void, (void *)readT},
	{&s_Write, NULL, &f_int, &f_int, (void *)writeT},
	{&s_close2, &s_pkg2, &f_void, &f_void, (void *)closeT},
};
static const struct uncommontype uT = {&s_T, &s_pkg, methods, 3, 3};
static const struct uncommontype uU = {&s_T, &s_other, methods, 1, 1};
static const struct uncommontype uNone = {&s_T, &s_pkg, NULL, 0, 0};

#define INT_LIKE(id, str, unc)                                                                     \
	static const struct type id = {.size = 8,                                                  \
		.tflag = TflagRegularMemory,                                                       \
		.align = 8,                                                                        \
		.fieldAlign = 8,                                                                   \
		.kind = KindInt | KindNoPointers,                                                  \
		.equal = &memequal64_f,                                                            \
		.string = &str,                                                                    \
		.uncommon = unc}
INT_LIKE(T, s_Tstring, &uT);    /* has all three */
INT_LIKE(U, s_Ustring, &uU);    /* of another package; reads the same; has Read */
INT_LIKE(V, s_Tstring, &uNone); /* of the same package; local to a function; has none */

#define INTERFACE(id, str, ...)                                                                    \
	static const struct imethod id##_methods[] = {__VA_ARGS__};                                \
	static const struct interfacetype id = {                                                   \
		.typ = {.size = 16, .kind = KindInterface, .string = &str},                        \
		.methods = id##_methods,                                                           \
		.nmethods = nelem(id##_methods),                                                   \
		.capmethods = nelem(id##_methods)}
INTERFACE(Reader, s_Rstring, {&s_Read, NULL, &f_void});
STRING(s_RWstring, "interface { Read(); Write(int) }");
INTERFACE(ReadWriter, s_RWstring, {&s_Read, NULL, &f_void}, {&s_Write, NULL, &f_int});
STRING(s_RCstring, "interface { Read(); a.close() }");
INTERFACE(ReadCloser, s_RCstring, {&s_Read, NULL, &f_void}, {&s_close, &s_pkg, &f_void});
STRING(s_OCstring, "interface { b.close() }");
INTERFACE(OtherCloser, s_OCstring, {&s_close, &s_other, &f_void});
STRING(s_WRstring, "interface { Read(int) }");
INTERFACE(WrongReader, s_WRstring, {&s_Read, NULL, &f_int});
STRING(s_Fstring, "interface { Flush() }");
INTERFACE(Flusher, s_Fstring, {&s_Flush, NULL, &f_void});

static int
call(struct iface i, int method)
{
	int (*fn)(void *) = (int (*)(void *))i.tab->methods[method];
	return fn(i.data);
}

TEST_G(lang, ifaceconv, getitab)
{
	int64_t v = 40;
	struct iface i = {getitab(&ReadWriter, &T, NULL), &v};
	CHECK(i.tab != NULL && i.tab->type == &T);
	CHECK(call(i, 0) == 40 && called == 1);
	CHECK(call(i, 1) == 41 && called == 2);
	i.tab = getitab(&ReadCloser, &T, NULL);
	CHECK(call(i, 0) == 40 && called == 1);
	CHECK(call(i, 1) == 42 && called == 3);
	/* The same pair, the same table. */
	CHECK(getitab(&ReadCloser, &T, NULL) == i.tab);
	CHECK(itabFind(&ReadCloser, &T) == i.tab);
}

TEST_G(lang, ifaceconv, missing)
{
	static const struct {
		const struct interfacetype *inter;
		const struct type *t;
		const char *missing;
	} tests[] = {
		{&Flusher, &T, "Flush"}, {&WrongReader, &T, "Read"}, /* another signature */
		{&OtherCloser, &T, "close"},                         /* another package's close */
		{&ReadWriter, &U, "Write"},                          /* the second one */
		{&Reader, &V, "Read"},                               /* no methods, but a name */
		{&Reader, &t_int, "Read"},                           /* nothing at all */
	};
	for (int round = 0; round < 2; round++) /* made, then remembered */
		for (unsigned k = 0; k < nelem(tests); k++) {
			const struct gostring *m = NULL;
			CHECK(getitab(tests[k].inter, tests[k].t, &m) == NULL);
			CHECK(isStr(*m, tests[k].missing));
			CHECK(!ifaceT2Ip(&tests[k].inter->typ, tests[k].t));
			CHECK(itabFind(tests[k].inter, tests[k].t) == NULL);
		}
	uint32_t n = itabCount();
	CHECK(!ifaceT2Ip(&Flusher.typ, &T) && ifaceT2Ip(&Reader.typ, &U));
	CHECK_EQ(itabCount(), n + 1);
	/* An object that is loaded later may bring a table for what did not exist. */
	static const struct itab late = {&T};
	CHECK(itabAdd(&Flusher, &late) == &late);
	CHECK(getitab(&Flusher, &T, NULL) == &late);
}

/* The order of either list is not relied on. */
TEST_G(lang, ifaceconv, any_order)
{
	static const struct imethod back[] = {
		{&s_close, &s_pkg, &f_void}, {&s_Write, NULL, &f_int}, {&s_Read, NULL, &f_void}};
	static const struct interfacetype all = {
		.typ = {.size = 16, .kind = KindInterface, .string = &s_Rstring},
		.methods = back,
		.nmethods = 3};
	int64_t v = 1;
	struct iface i = {getitab(&all, &T, NULL), &v};
	CHECK(i.tab != NULL);
	CHECK(call(i, 0) == 3 && call(i, 1) == 2 && call(i, 2) == 1);
}

TEST_G(lang, ifaceconv, to_interfaces)
{
	int64_t v = 7;
	struct eface e = {&T, &v}, nil = {0}, u = {&U, &v};
	struct iface inil = {0}, i = {requireitab(&Reader.typ, &T), &v};
	CHECK(requireitab(&Reader.typ, NULL) == NULL);
	CHECK(i.tab == getitab(&Reader, &T, NULL));
	CHECK(assertitab(&Reader.typ, &T) == i.tab);
	CHECK(assertitab(&t_any.typ, &T) == &T);
	struct iface out;
	ifaceE2I(&Reader.typ, e, &out);
	CHECK(out.tab == i.tab && out.data == &v);
	struct efaceok ee = ifaceE2E2(e);
	CHECK(ee.ok && ee.e.type == &T && ee.e.data == &v && !ifaceE2E2(nil).ok);
	ee = ifaceI2E2(i);
	CHECK(ee.ok && ee.e.type == &T && ee.e.data == &v);
	ee = ifaceI2E2(inil);
	CHECK(!ee.ok && ee.e.type == NULL && ee.e.data == NULL);
	struct ifaceok ii = ifaceE2I2(&ReadWriter.typ, e);
	CHECK(ii.ok && ii.i.tab == getitab(&ReadWriter, &T, NULL) && ii.i.data == &v);
	ii = ifaceE2I2(&ReadWriter.typ, u);
	CHECK(!ii.ok && ii.i.tab == NULL && ii.i.data == NULL);
	CHECK(!ifaceE2I2(&Reader.typ, nil).ok);
	ii = ifaceI2I2(&ReadCloser.typ, i);
	CHECK(ii.ok && ii.i.tab->type == &T && ii.i.data == &v);
	CHECK(!ifaceI2I2(&Flusher.typ, i).ok && !ifaceI2I2(&Reader.typ, inil).ok);
	CHECK(ifaceT2Ip(&Reader.typ, &T) && ifaceT2Ip(&t_any.typ, &t_int));
	CHECK(!ifaceT2Ip(&Reader.typ, NULL) && !ifaceT2Ip(&t_any.typ, NULL));
}

TEST_G(lang, ifaceconv, to_types)
{
	int64_t v = 7, out = 1;
	struct eface e = {&T, &v}, nil = {0}, p = {&t_ptr.typ, &v};
	struct iface i = {getitab(&Reader, &T, NULL), &v}, inil = {0};
	CHECK(ifaceE2T2(&T, e, &out) && out == 7);
	CHECK(!ifaceE2T2(&U, e, &out) && out == 0);
	out = 1;
	CHECK(!ifaceE2T2(&T, nil, &out) && out == 0);
	CHECK(ifaceI2T2(&T, i, &out) && out == 7);
	CHECK(!ifaceI2T2(&V, i, &out) && out == 0);
	out = 1;
	CHECK(!ifaceI2T2(&T, inil, &out) && out == 0);
	struct ptrok w = ifaceE2T2P(&t_ptr.typ, p);
	CHECK(w.ok && w.p == &v);
	/* What is stored directly is the word itself: a map, a channel, a function. */
	void *word = NULL;
	CHECK(ifaceE2T2(&t_ptr.typ, p, &word) && word == &v);
	w = ifaceE2T2P(&t_ptr.typ, e);
	CHECK(!w.ok && w.p == NULL);
	w = ifaceI2T2P(&T, i);
	CHECK(w.ok && w.p == &v);
	w = ifaceI2T2P(&U, i);
	CHECK(!w.ok && w.p == NULL && !ifaceI2T2P(&T, inil).ok);
}

TEST_G(lang, ifaceconv, texts)
{
	struct gostring none = {0}, Read = STR("Read");
	const struct {
		const struct type *inter, *have, *want;
		struct gostring missing;
		const char *text;
	} tests[] = {
		{NULL, NULL, &Reader.typ, none, "interface is nil, not a.Reader"},
		{&t_any.typ, NULL, &t_int, none, "interface {} is nil, not int"},
		{&t_any.typ, &t_string, &t_int, none, "interface {} is string, not int"},
		{&Reader.typ, &T, &t_ptr.typ, none, "a.Reader is a.T, not *int"},
		{NULL, &t_int, &Reader.typ, Read, "int is not a.Reader: missing method Read"},
		{&t_any.typ, &T, &U, none,
			"interface {} is a.T, not a.T (types from different packages)"},
		{&t_any.typ, &T, &V, none,
			"interface {} is a.T, not a.T (types from different scopes)"},
	};
	for (unsigned k = 0; k < nelem(tests); k++) {
		struct gostring s = typeAssertionText(
			tests[k].inter, tests[k].have, tests[k].want, tests[k].missing);
		CHECK(s.len > 22 && memcmp(s.str, "interface conversion: ", 22) == 0);
		s.str += 22, s.len -= 22;
		CHECKF(isStr(s, tests[k].text), "%.*s; Go: %s", (int)s.len, (const char *)s.str,
			tests[k].text);
	}
}

static int64_t value = 7;

TEST_DIES_G(lang, ifaceconv, require_dies,
	"panic: interface conversion: int is not a.Reader: missing method Read", 2)
{
	requireitab(&Reader.typ, &t_int);
}

TEST_DIES_G(lang, ifaceconv, assert_dies,
	"panic: interface conversion: interface is nil, not a.Reader", 2)
{
	assertitab(&Reader.typ, NULL);
}

TEST_DIES_G(lang, ifaceconv, reflect_dies,
	"panic: interface conversion: a.T is not interface { Flush() }: missing method Flush", 2)
{
	struct iface out;
	ifaceE2I(&Flusher.typ, (struct eface){&T, &value}, &out);
}

TEST_DIES_G(lang, ifaceconv, dottype_dies,
	"panic: interface conversion: interface {} is string, not int", 2)
{
	panicdottype(&t_int, &t_string, &t_any.typ);
}
