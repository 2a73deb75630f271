/* printval_test.c: what gccgo 12 prints for the same values. */
#include "descr.h"
#include "sched/sched.h"
#include "test.h"

#include <float.h>
#include <math.h>
#include <stdio.h>
#include <unistd.h>

/* ---- what went to standard error ---------------------------------------------------------- */

static int saved, ends[2];
static char text[4096];

static void
capture(void)
{
	fflush(stderr);
	CHECK_EQ(pipe(ends), 0);
	saved = dup(2);
	dup2(ends[1], 2);
	rtenter();
	printlock();
}

static const char *
captured(void)
{
	printunlock();
	rtleave(getg());
	dup2(saved, 2);
	close(saved);
	close(ends[1]);
	ssize_t n = read(ends[0], text, sizeof text - 1);
	close(ends[0]);
	text[n < 0 ? 0 : n] = 0;
	return text;
}

#define PRINTS(call, want)                                                                         \
	do {                                                                                       \
		capture();                                                                         \
		call;                                                                              \
		const char *got_ = captured();                                                     \
		CHECK_STREQ(got_, want);                                                           \
	} while (0)

static const struct {
	double v;
	const char *text;
} floats[] = {
	{0, "+0.000000e+000"},
	{-0.0, "-0.000000e+000"},
	{1, "+1.000000e+000"},
	{-1, "-1.000000e+000"},
	{0.1, "+1.000000e-001"},
	{9.9999994, "+9.999999e+000"},
	{9.9999995, "+1.000000e+001"},
	{9.9999996, "+1.000000e+001"},
	{99999995, "+1.000000e+008"},
	{1234567.5, "+1.234567e+006"},
	{12345678.5, "+1.234568e+007"},
	{1e100, "+1.000000e+100"},
	{1e-100, "+1.000000e-100"},
	{1e300, "+1.000000e+300"},
	{1e308, "+1.000000e+308"},
	{DBL_MAX, "+1.797693e+308"},
	{DBL_TRUE_MIN, "+4.940656e-324"},
	{DBL_MIN, "+2.225074e-308"},
	{3.141592653589793, "+3.141593e+000"},
	{2.718281828459045e-7, "+2.718282e-007"},
	{1e21, "+1.000000e+021"},
	{123456789012345678.0, "+1.234568e+017"},
	{0.5, "+5.000000e-001"},
	{6.02214076e23, "+6.022141e+023"},
	{-1.602176634e-19, "-1.602177e-019"},
	{INFINITY, "+Inf"},
	{-INFINITY, "-Inf"},
	{NAN, "NaN"},
	{1e-5, "+1.000000e-005"},
	{4.5e15, "+4.500000e+015"},
	{8.5, "+8.500000e+000"},
	{1e23, "+1.000000e+023"},
	{7.2057594037927933e16, "+7.205759e+016"},
};

TEST_G(lang, printval, floats)
{
	for (unsigned i = 0; i < nelem(floats); i++)
		PRINTS(printfloat(floats[i].v), floats[i].text);
	PRINTS(printcomplex(__builtin_complex(1.5, -2.0)), "(+1.500000e+000-2.000000e+000i)");
	PRINTS(printcomplex(__builtin_complex((double)INFINITY, (double)NAN)), "(+InfNaNi)");
}

TEST_G(lang, printval, plain)
{
	PRINTS(printint(0), "0");
	PRINTS(printint(-5), "-5");
	PRINTS(printint(INT64_MIN), "-9223372036854775808");
	PRINTS(printuint(UINT64_MAX), "18446744073709551615");
	PRINTS(printhex(0xfeed), "0xfeed");
	PRINTS(printhex(0), "0x0");
	PRINTS(printpointer(NULL), "0x0");
	PRINTS(printpointer((void *)0xc000), "0xc000");
	PRINTS(printbool(true), "true");
	PRINTS(printbool(false), "false");
	PRINTS(printstring(STR("a%d\0b")), "a%d");
	PRINTS((printsp(), printint(1), printnl()), " 1\n");
	PRINTS(printslice((struct goslice){(void *)0xc010, 2, 4}), "[2/4]0xc010");
	PRINTS(printslice((struct goslice){0}), "[0/0]0x0");
	PRINTS(printeface((struct eface){0}), "(0x0,0x0)");
	PRINTS(printeface((struct eface){(void *)0x10, (void *)0x20}), "(0x10,0x20)");
	PRINTS(printiface((struct iface){(void *)0x10, (void *)0x20}), "(0x10,0x20)");
}

/* Only the writer prints between the two. */
TEST_G(lang, printval, long_string)
{
	static char many[3000];
	memset(many, 'x', sizeof many - 1);
	PRINTS(printstring((struct gostring){(uint8_t *)many, sizeof many - 1}), many);
}

STRING(pkg, "example.com/a");
STRING(name, "T");
static const struct uncommontype named = {.name = &name, .pkgPath = &pkg};
#define NAMED(id, text, base) STRING(id##_string, text)
NAMED(n_int, "\texample.com/a\ta.Code", int);
NAMED(n_text, "\texample.com/a\ta.Text", string);
NAMED(n_struct, "*\texample.com/a\ta.T", ptr);

TEST_G(lang, printval, panics)
{
	int64_t i = -7;
	uint64_t u = 1ull << 63;
	int8_t i8 = -8;
	int16_t i16 = -16;
	int32_t i32 = -32;
	uint8_t u8 = 208;
	uint16_t u16 = 65000;
	uint32_t u32 = 4000000000u;
	bool b = true;
	float f = 1.5f, c64[] = {1, 2};
	double d = 0.25, c128[] = {-1, 0};
	struct gostring s = STR("oh no");
	const struct {
		const struct type *t;
		void *p;
		const char *want;
	} tests[] = {
		{NULL, NULL, "nil"},
		{&t_bool, &b, "true"},
		{&t_int, &i, "-7"},
		{&t_int8, &i8, "-8"},
		{&t_int16, &i16, "-16"},
		{&t_int32, &i32, "-32"},
		{&t_int64, &i, "-7"},
		{&t_uint, &u, "9223372036854775808"},
		{&t_uint8, &u8, "208"},
		{&t_uint16, &u16, "65000"},
		{&t_uint32, &u32, "4000000000"},
		{&t_uint64, &u, "9223372036854775808"},
		{&t_uintptr, &u, "9223372036854775808"},
		{&t_float32, &f, "+1.500000e+000"},
		{&t_float64, &d, "+2.500000e-001"},
		{&t_complex64, c64, "(+1.000000e+000+2.000000e+000i)"},
		{&t_complex128, c128, "(-1.000000e+000+0.000000e+000i)"},
		{&t_string, &s, "oh no"},
		{&t_slice.typ, (void *)0xc0de, "([]int) 0xc0de"},
	};
	for (unsigned k = 0; k < nelem(tests); k++)
		PRINTS(printpanicval((struct eface){tests[k].t, tests[k].p}), tests[k].want);
	struct type t = t_int;
	t.string = &n_int_string;
	t.uncommon = &named;
	PRINTS(printpanicval((struct eface){&t, &i}), "a.Code(-7)");
	t = t_string;
	t.string = &n_text_string;
	t.uncommon = &named;
	PRINTS(printpanicval((struct eface){&t, &s}), "a.Text(\"oh no\")");
	t = t_ptr.typ;
	t.string = &n_struct_string;
	PRINTS(printpanicval((struct eface){&t, (void *)0xc0de}), "(*a.T) 0xc0de");
}
