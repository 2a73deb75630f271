/* ctypes_test.c: types and interfaces of C programs: registered at start, or later, as those of a
 * library that is loaded later are. tests/capi/iface.c has the macros. */
#include "gort/iface.h"
#include "lang/lang.h"
#include "test.h"

#include <string.h>

static int
one(void *self)
{
	(void)self;
	return 1;
}

static int
two(void *self)
{
	(void)self;
	return 2;
}

static const gort_method reads[] = {{"read", "int (void *)"}};
static const gort_method both[] = {{"write", "int (void *)"}, {"read", "int (void *)"}};
static const gort_method wide[] = {{"read", "long (void *)"}};
static gort_interface Reader = {{0}, "reader", reads, 1, 0};
static gort_interface Writer = {{0}, "writer", both, 1, 0};
static gort_interface Both = {{0}, "both", both, 2, 0};
static gort_interface Wide = {{0}, "wide", wide, 1, 0};
static gort_dyntype File;
static struct {
	const void *type;
	int (*fn)(void *);
} reader = {&File, one}, writer = {&File, two};
static gort_implementation readerOf = {&Reader, &File, "struct file", &reader, NULL};
static gort_implementation writerOf = {&Writer, &File, "struct file", &writer, NULL};

TEST_G(lang, ctypes, later)
{
	implementationRegister(&readerOf);
	CHECK(gort_iface_find(&Reader, &reader) == &reader);
	/* The second method is not there yet, and that is remembered. */
	CHECK(gort_iface_find(&Writer, &reader) == NULL);
	CHECK(gort_iface_find(&Wide, &reader) == NULL);
	implementationRegister(&writerOf);
	CHECK(gort_iface_find(&Writer, &reader) == &writer);
	CHECK(gort_iface_assert(&Reader, &writer) == &reader);
	/* Of two, in the order that the interface has. */
	const struct itab *tab = gort_iface_find(&Both, &writer);
	CHECK(tab != NULL && tab->type == (void *)&File);
	CHECK(tab->methods[0] == (void *)two && tab->methods[1] == (void *)one);
	CHECK(gort_iface_find(&Wide, &reader) == NULL && gort_iface_find(&Both, NULL) == NULL);
	const struct type *t = (const struct type *)&File;
	CHECK(t->size == 8 && t->uncommon->nmethods == 2 && (t->kind & KindDirectIface));
}

TEST_G(lang, ctypes, both_at_once)
{
	implementationRegister(&readerOf);
	implementationRegister(&writerOf);
	CHECK(gort_iface_find(&Both, &writer) != NULL);
	struct gostring name = toTypeString((const struct type *)&File);
	CHECK(name.len == 11 && memcmp(name.str, "struct file", 11) == 0);
}

TEST_DIES_G(lang, ctypes, signature,
	"panic: interface conversion: struct file is not wide: missing method read", 2)
{
	implementationRegister(&readerOf);
	CHECK(gort_iface_find(&Reader, &reader) != NULL);
	gort_iface_assert(&Wide, &reader);
}
