/* algtype_test.c: == and hash of each kind agree with Go: equal values have one hash, floats have
 * their zeroes and NaNs, interfaces their types, and what cannot be compared is named. */
#include "descr.h"
#include "test.h"

#include <math.h>

TEST_G(lang, algtype, words)
{
	const struct funcval *eq[] = {
		&memequal8_f, &memequal16_f, &memequal32_f, &memequal64_f, &memequal128_f};
	const struct funcval *hash[] = {
		&memhash8_f, &memhash16_f, &memhash32_f, &memhash64_f, &memhash128_f};
	for (int k = 0; k < 5; k++) {
		uintptr_t n = (uintptr_t)1 << k;
		uint8_t a[24], b[24];
		for (int i = 0; i < 24; i++)
			a[i] = (uint8_t)testRand();
		memcpy(b, a, sizeof a);
		/* One byte off alignment, as map slots may be. */
		CHECK(callEqual(eq[k], a + 1, b + 1));
		CHECK_EQ(callHash(hash[k], a + 1, 7), callHash(hash[k], b + 1, 7));
		CHECK(callHash(hash[k], a + 1, 7) == memhash(a + 1, 7, n));
		for (uintptr_t i = 0; i < 23; i++) {
			b[i + 1] ^= 0x10;
			bool inside = i < n;
			CHECK_EQ(callEqual(eq[k], a + 1, b + 1), !inside);
			CHECK_EQ(callHash(hash[k], a + 1, 7) == callHash(hash[k], b + 1, 7),
				!inside);
			b[i + 1] ^= 0x10;
		}
	}
	CHECK(callEqual(&memequal0_f, NULL, &t_int));
	CHECK_EQ(callHash(&memhash0_f, NULL, 99), 99);
	int x, y;
	const void *p = &x, *q = &y;
	CHECK(callEqual(&pointerequal_f, &p, &p));
	CHECK(!callEqual(&pointerequal_f, &p, &q));
}

TEST_G(lang, algtype, strings)
{
	char twice[] = "hello";
	struct gostring a = STR("hello"), b = {(const uint8_t *)twice, 5}, c = STR("hellO"),
			d = STR("hell"), e = {0};
	CHECK(callEqual(&strequal_f, &a, &b));
	CHECK(!callEqual(&strequal_f, &a, &c) && !callEqual(&strequal_f, &a, &d));
	CHECK(!callEqual(&strequal_f, &a, &e) && callEqual(&strequal_f, &e, &e));
	CHECK_EQ(callHash(&strhash_f, &a, 3), callHash(&strhash_f, &b, 3));
	CHECK(callHash(&strhash_f, &a, 3) != callHash(&strhash_f, &c, 3));
	CHECK(callHash(&strhash_f, &a, 3) != callHash(&strhash_f, &a, 4));
}

TEST_G(lang, algtype, floats)
{
	double zero = 0.0, minus = -0.0, nan = NAN, one = 1;
	CHECK(f64equal(&zero, &minus) && f64hash(&zero, 5) == f64hash(&minus, 5));
	CHECK(!f64equal(&nan, &nan) && f64hash(&nan, 5) != f64hash(&nan, 5));
	CHECK(f64equal(&one, &one) && f64hash(&one, 5) == f64hash(&one, 5));
	CHECK(f64hash(&one, 5) != f64hash(&zero, 5));
	float fzero = 0.0f, fminus = -0.0f, fnan = NAN, fone = 1;
	CHECK(f32equal(&fzero, &fminus) && f32hash(&fzero, 5) == f32hash(&fminus, 5));
	CHECK(!f32equal(&fnan, &fnan) && f32hash(&fnan, 5) != f32hash(&fnan, 5));
	CHECK(f32equal(&fone, &fone) && f32hash(&fone, 5) != f32hash(&fzero, 5));
	float c[] = {0, 1}, d[] = {-0.0f, 1}, e[] = {0, 2}, f[] = {1, 0}, g[] = {NAN, 1};
	CHECK(c64equal(c, d) && c64hash(c, 5) == c64hash(d, 5));
	CHECK(!c64equal(c, e) && c64hash(c, 5) != c64hash(e, 5));
	CHECK(!c64equal(c, f) && c64hash(c, 5) != c64hash(f, 5));
	CHECK(!c64equal(g, g) && c64hash(g, 5) != c64hash(g, 5));
	double h[] = {2, 0}, i[] = {2, -0.0}, j[] = {0, 2}, k[] = {2, NAN};
	CHECK(c128equal(h, i) && c128hash(h, 5) == c128hash(i, 5));
	CHECK(!c128equal(h, j) && c128hash(h, 5) != c128hash(j, 5));
	CHECK(!c128equal(k, k) && c128hash(k, 5) != c128hash(k, 5));
}

static const struct itab intTab1 = {&t_int}, intTab2 = {&t_int}, ptrTab = {&t_ptr.typ};

TEST_G(lang, algtype, interfaces)
{
	int64_t one = 1, uno = 1, two = 2;
	struct eface nil = {0}, a = {&t_int, &one}, b = {&t_int, &uno}, c = {&t_int, &two},
		     d = {&t_int64, &one}, p = {&t_ptr.typ, &one}, q = {&t_ptr.typ, &uno};
	CHECK(efaceeq(nil, nil) && efaceeq(a, b));
	CHECK(!efaceeq(a, c) && !efaceeq(a, d) && !efaceeq(a, nil) && !efaceeq(nil, a));
	/* Pointers are the word: equal targets are not enough. */
	CHECK(efaceeq(p, p) && !efaceeq(p, q));
	CHECK(nilinterequal(&a, &b) && !nilinterequal(&p, &q));
	CHECK(nilinterhash(&a, 9) == nilinterhash(&b, 9));
	CHECK(nilinterhash(&a, 9) != nilinterhash(&c, 9));
	CHECK(nilinterhash(&p, 9) != nilinterhash(&q, 9));
	CHECK_EQ(nilinterhash(&nil, 9), 9);
	/* Two tables of one pair are the same. */
	struct iface inil = {0}, i = {&intTab1, &one}, j = {&intTab2, &uno}, k = {&intTab1, &two},
		     ip = {&ptrTab, &one};
	CHECK(ifaceeq(inil, inil) && ifaceeq(i, j) && !ifaceeq(i, k) && !ifaceeq(i, ip));
	CHECK(!ifaceeq(i, inil) && !ifaceeq(inil, i));
	CHECK(interequal(&i, &j) && !interequal(&i, &k) && interhash(&i, 9) == interhash(&j, 9));
	CHECK(interhash(&i, 9) == nilinterhash(&a, 9));
	CHECK_EQ(interhash(&inil, 9), 9);
	CHECK(ifaceefaceeq(i, b) && !ifaceefaceeq(i, c) && !ifaceefaceeq(i, nil));
	CHECK(ifaceefaceeq(inil, nil) && !ifaceefaceeq(inil, a) && ifaceefaceeq(ip, p));
	CHECK(efacevaleq(a, &t_int, &uno) && !efacevaleq(a, &t_int, &two));
	CHECK(!efacevaleq(nil, &t_int, &uno) && !efacevaleq(a, &t_int64, &uno));
	CHECK(efacevaleq(p, &t_ptr.typ, &one) && !efacevaleq(p, &t_ptr.typ, &uno));
	CHECK(ifacevaleq(i, &t_int, &uno) && !ifacevaleq(i, &t_int, &two));
	CHECK(!ifacevaleq(inil, &t_int, &uno) && ifacevaleq(ip, &t_ptr.typ, &one));
}

/* struct { a int32; _ int32; f float64; s string; i interface {} }, and an array of two floats. */
STRING(n_a, "a");
STRING(n_blank, "_");
STRING(n_f, "f");
STRING(n_s, "s");
STRING(n_i, "i");
static const struct structfield fields[] = {
	{&n_a, NULL, &t_int32, NULL, 0 << 1},
	{&n_blank, NULL, &t_int32, NULL, 4 << 1},
	{&n_f, NULL, &t_float64, NULL, 8 << 1},
	{&n_s, NULL, &t_string, NULL, 16 << 1},
	{&n_i, NULL, &t_any.typ, NULL, 32 << 1},
};
static const struct structtype t_struct = {
	.typ = {.size = 48, .kind = KindStruct, .equal = &memequal0_f},
	.fields = fields,
	.nfields = 5};
static const struct arraytype t_array = {
	.typ = {.size = 16, .kind = KindArray, .equal = &memequal0_f},
	.elem = &t_float64,
	.len = 2};

TEST_G(lang, algtype, typehash)
{
	struct {
		int32_t a, blank;
		double f;
		struct gostring s;
		struct eface i;
	} v, w, u;
	int64_t one = 1, uno = 1, two = 2;
	char x[] = "x";
	v.a = w.a = 3, v.blank = 1, w.blank = 2;
	v.f = 0.0, w.f = -0.0;
	v.s = STR("x"), w.s = (struct gostring){(const uint8_t *)x, 1};
	v.i = (struct eface){&t_int, &one}, w.i = (struct eface){&t_int, &uno};
	const struct type *t = &t_struct.typ;
	CHECK_EQ(typehash(t, &v, 1), typehash(t, &w, 1));
	CHECK(typehash(t, &v, 1) != typehash(t, &v, 2));
	u = v, u.a = 4;
	CHECK(typehash(t, &v, 1) != typehash(t, &u, 1));
	u = v, u.f = 1;
	CHECK(typehash(t, &v, 1) != typehash(t, &u, 1));
	u = v, u.s = STR("y");
	CHECK(typehash(t, &v, 1) != typehash(t, &u, 1));
	u = v, u.i.data = &two;
	CHECK(typehash(t, &v, 1) != typehash(t, &u, 1));
	double a[] = {1, 0.0}, b[] = {1, -0.0}, c[] = {0, 1};
	CHECK_EQ(typehash(&t_array.typ, a, 1), typehash(&t_array.typ, b, 1));
	CHECK(typehash(&t_array.typ, a, 1) != typehash(&t_array.typ, c, 1));
	CHECK_EQ(typehash(&t_int, &one, 1), typehash(&t_int, &uno, 1));
	CHECK_EQ(typehash(&t_int, &one, 1), memhash64(&one, 1));
}

static int64_t cell[3];

TEST_DIES_G(
	lang, algtype, uncomparable, "panic: runtime error: comparing uncomparable type []int", 2)
{
	struct eface a = {&t_slice.typ, cell};
	efaceeq(a, a);
}

TEST_DIES_G(lang, algtype, unhashable, "panic: runtime error: hash of unhashable type []int", 2)
{
	struct eface a = {&t_slice.typ, cell};
	nilinterhash(&a, 0);
}

TEST_DIES_G(lang, algtype, unhashable_inside, "hash of unhashable type []int", 2)
{
	typehash(&t_slice.typ, cell, 0);
}

/* The paths between tabs are not printed. */
STRING(t_local_name, "map[string]\texample.com/a/b\tb.T");
static const struct type t_local = {.size = 8, .kind = KindMap, .string = &t_local_name};

TEST_DIES_G(lang, algtype, named, "comparing uncomparable type map[string]b.T\n", 2)
{
	struct eface a = {&t_local, cell};
	efacevaleq(a, &t_local, cell);
}
