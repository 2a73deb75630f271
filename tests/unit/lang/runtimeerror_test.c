/* runtimeerror_test.c: the texts, as Go prints them. */
#include "core/upcalls.h"
#include "lang/lang.h"
#include "test.h"

static struct {
	void (*fn)(intgo x, intgo y);
	intgo x, y;
} call;

static void
callIt(void *unused unused_ok)
{
	call.fn(call.x, call.y);
}

static void
wants(const char *what, void (*fn)(intgo, intgo), intgo x, intgo y, const char *text)
{
	struct eface v;
	struct gostring s;
	call.fn = fn;
	call.x = x;
	call.y = y;
	CHECK(!tryCall(callIt, NULL, &v));
	CHECK(runtimeErrors.text(v, &s));
	CHECKF(rtstreq(text, (const char *)s.str, (uintptr_t)s.len), "%s: %.*s", what, (int)s.len,
		(const char *)s.str);
}

#define SIGNED(name, x, y, text) wants(#name, goPanic##name, x, y, "runtime error: " text)
#define UNSIGNED(name, x, y, text)                                                                 \
	wants(#name, (void (*)(intgo, intgo))(void (*)(void))goPanic##name, x, y,                  \
		"runtime error: " text)

TEST_G(lang, runtimeerror, bounds)
{
	SIGNED(Index, 5, 3, "index out of range [5] with length 3");
	SIGNED(Index, -1, 3, "index out of range [-1]");
	UNSIGNED(IndexU, -1, 3, "index out of range [18446744073709551615] with length 3");
	SIGNED(SliceAlen, 5, 3, "slice bounds out of range [:5] with length 3");
	SIGNED(SliceAlen, -5, 3, "slice bounds out of range [:-5]");
	UNSIGNED(SliceAlenU, 5, 3, "slice bounds out of range [:5] with length 3");
	SIGNED(SliceAcap, 5, 3, "slice bounds out of range [:5] with capacity 3");
	SIGNED(SliceAcap, -5, 3, "slice bounds out of range [:-5]");
	UNSIGNED(SliceAcapU, 5, 3, "slice bounds out of range [:5] with capacity 3");
	SIGNED(SliceB, 5, 3, "slice bounds out of range [5:3]");
	SIGNED(SliceB, -5, 3, "slice bounds out of range [-5:]");
	UNSIGNED(SliceBU, 5, 3, "slice bounds out of range [5:3]");
	SIGNED(Slice3Alen, 5, 3, "slice bounds out of range [::5] with length 3");
	SIGNED(Slice3Alen, -5, 3, "slice bounds out of range [::-5]");
	UNSIGNED(Slice3AlenU, 5, 3, "slice bounds out of range [::5] with length 3");
	SIGNED(Slice3Acap, 5, 3, "slice bounds out of range [::5] with capacity 3");
	SIGNED(Slice3Acap, -5, 3, "slice bounds out of range [::-5]");
	UNSIGNED(Slice3AcapU, 5, 3, "slice bounds out of range [::5] with capacity 3");
	SIGNED(Slice3B, 5, 3, "slice bounds out of range [:5:3]");
	SIGNED(Slice3B, -5, 3, "slice bounds out of range [:-5:]");
	UNSIGNED(Slice3BU, 5, 3, "slice bounds out of range [:5:3]");
	SIGNED(Slice3C, 5, 3, "slice bounds out of range [5:3:]");
	SIGNED(Slice3C, -5, 3, "slice bounds out of range [-5::]");
	UNSIGNED(Slice3CU, 5, 3, "slice bounds out of range [5:3:]");
}

static void
mem(intgo x unused_ok, intgo y unused_ok)
{
	panicmem();
}

static void
divide(intgo x unused_ok, intgo y unused_ok)
{
	panicdivide();
}

static void
shift(intgo x unused_ok, intgo y unused_ok)
{
	panicshift();
}

static void
overflow(intgo x unused_ok, intgo y unused_ok)
{
	panicoverflow();
}

static void
cstring(intgo x unused_ok, intgo y unused_ok)
{
	struct eface v;
	NewErrorCString((uintptr_t) "ffi_prep_closure_loc failed", &v);
	gopanic(v);
}

TEST_G(lang, runtimeerror, texts)
{
	SIGNED(SliceConvert, 4, 2, /* what is wanted, what there is */
		"cannot convert slice with length 2 to pointer to array with length 4");
	wants("mem", mem, 0, 0, "runtime error: invalid memory address or nil pointer dereference");
	wants("divide", divide, 0, 0, "runtime error: integer divide by zero");
	wants("shift", shift, 0, 0, "runtime error: negative shift amount");
	wants("overflow", overflow, 0, 0, "runtime error: integer overflow");
	wants("cstring", cstring, 0, 0, "runtime error: ffi_prep_closure_loc failed");
}

#define TYPE(var, text)                                                                            \
	static const struct gostring var##Name = {(const uint8_t *)(text), sizeof(text) - 1};      \
	static const struct type var = {.string = &var##Name}
TYPE(iface, "io.Reader");
TYPE(concrete, "main.T");
TYPE(asserted, "main.U");

static void
assertion(intgo which, intgo y unused_ok)
{
	struct gostring none = {0}, read = {(const uint8_t *)"Read", 4};
	switch (which) {
	case 0:
		panicTypeAssertion(&iface, NULL, &asserted, none);
	case 1:
		panicTypeAssertion(NULL, NULL, &asserted, none);
	case 2:
		panicTypeAssertion(&iface, &concrete, &asserted, none);
	case 3:
		panicTypeAssertion(&iface, &concrete, &asserted, read);
	}
}

TEST_G(lang, runtimeerror, type_assertion)
{
	wants("nil", assertion, 0, 0, "interface conversion: io.Reader is nil, not main.U");
	wants("nil, unknown", assertion, 1, 0,
		"interface conversion: interface is nil, not main.U");
	wants("other", assertion, 2, 0, "interface conversion: io.Reader is main.T, not main.U");
	wants("missing", assertion, 3, 0,
		"interface conversion: main.T is not main.U: missing method Read");
}
