/* What gort_new and GORT_POINTERS make of C types, seen from inside. The programs in tests/capi are
 * the tests of what a user sees. */
#include "capi/capi.h"

#include "core/type.h"
#define GORT_MEM_IMPL
#include "mem/internal.h"
#include "test.h"

struct node {
	struct node *left;
	long key;
	struct node *right;
	void *kids[3];
	int tail;
};
GORT_POINTERS(struct node, left, right, kids);

typedef struct {
	int x, y, z;
} point;
GORT_NO_POINTERS(point);

struct wide {
	long pad[70];
	void *last;
};
GORT_POINTERS(struct wide, last);

struct plain {
	void *p;
};

static const gort_type *
described(const char *name)
{
	for (const gort_type *t = gort_file_types_; t != NULL; t = t->next)
		if (rtstrcmp(t->name, name) == 0)
			return t;
	testFail(__FILE__, __LINE__, "%s is not described", name);
}

static struct mspan *
spanOfObject(void *p)
{
	struct mspan *s = spanOf((uintptr_t)p);
	CHECKF(s != NULL, "%p is not in the heap", p);
	return s;
}

/* Descriptors are made by constructors: they are there without a boot. */
TEST(capi, types, descriptors)
{
	const gort_type *n = described("struct node");
	const struct type *t = (const struct type *)n->descriptor_;
	CHECK_EQ(t->size, sizeof(struct node));
	CHECK_EQ(t->ptrdata, 6 * PTRSIZE);
	CHECK_EQ(t->gcdata[0], 0x3d); /* words 0, 2, 3, 4, 5 */
	CHECK_EQ(t->align, 8);
	CHECK_EQ(t->kind, KindStruct);
	CHECK_EQ(t->string->len, 11);

	t = (const struct type *)described("point")->descriptor_;
	CHECK_EQ(t->size, 12);
	CHECK_EQ(t->align, 4);
	CHECK_EQ(t->ptrdata, 0);
	CHECK_EQ(t->kind, KindStruct | KindNoPointers);

	t = (const struct type *)described("struct wide")->descriptor_;
	CHECK_EQ(t->ptrdata, 71 * PTRSIZE);
	for (int i = 0; i < 8; i++)
		CHECK_EQ(t->gcdata[i], 0);
	CHECK_EQ(t->gcdata[8], 1 << 70 % 8);
}

TEST_G(capi, types, typed)
{
	struct node *n = gort_new(struct node), *array = gort_make(struct node, 5);
	CHECK_EQ(spanKind(spanOfObject(n)), SPAN_TYPED);
	CHECK_EQ(spanKind(spanOfObject(array)), SPAN_TYPED);
	struct mspan *s;
	uintptr_t i;
	CHECK_EQ(findObject((uintptr_t)n, &s, &i), n);
	CHECK_EQ(slotType(s, i), described("struct node")->descriptor_);
	/* Larger than any size class, so with a type of its own. */
	struct node *huge = gort_make(struct node, 10000);
	CHECK_EQ(spanKind(spanOfObject(huge)), SPAN_TYPED);
	CHECK_EQ(slotType(spanOfObject(huge), 0), described("struct node")->descriptor_);
	/* An array beyond the short way's size, within the classes. */
	CHECK_EQ(spanKind(spanOfObject(gort_make(struct node, 100))), SPAN_TYPED);
}

/* Below 16 bytes objects without pointers share blocks of the tiny allocator. */
static void
checkNoscan(void *p)
{
	uint32_t kind = spanKind(spanOfObject(p));
	CHECK(kind == SPAN_NOSCAN || kind == SPAN_TINY);
}

TEST_G(capi, types, noscan)
{
	checkNoscan(gort_new(point));
	checkNoscan(gort_make(point, 20));
	checkNoscan(gort_new(char));
	checkNoscan(gort_make(char, 64));
	checkNoscan(gort_make(double, 100000));
	checkNoscan(gort_make(uint64_t, 2));
	checkNoscan(gort_make(enum gort_scan, 64));
	checkNoscan(gort_alloc_noscan(100));
}

TEST_G(capi, types, conservative)
{
	CHECK_EQ(spanKind(spanOfObject(gort_new(struct plain))), SPAN_CONSERVATIVE);
	CHECK_EQ(spanKind(spanOfObject(gort_make(struct plain, 20))), SPAN_CONSERVATIVE);
	CHECK_EQ(spanKind(spanOfObject(gort_make(char *, 8))), SPAN_CONSERVATIVE);
	CHECK_EQ(spanKind(spanOfObject(gort_make(void *, 100000))), SPAN_CONSERVATIVE);
	CHECK_EQ(spanKind(spanOfObject(gort_alloc(100))), SPAN_CONSERVATIVE);
}

TEST_G(capi, types, channels)
{
	CHECK(((struct hchan *)gort_chan_make(int, 1))->noscan);
	CHECK(((struct hchan *)gort_chan_make(double, 0))->noscan);
	CHECK(!((struct hchan *)gort_chan_make(char *, 1))->noscan);
	CHECK(!((struct hchan *)gort_chan_make(struct plain, 1))->noscan);
}

static uint8_t badMask[2];
static const gort_field badField = {24, 16};
static gort_type bad = {"struct bad", 32, 8, &badField, 1, badMask, NULL, {0}};

TEST_DIES(capi, types, field_outside,
	"gort: GORT_POINTERS(struct bad): a field at offset 24 of 16 bytes is no pointer of it", 2)
{
	static gort_type *list;
	gort_type_register(&bad, &list);
}

/* Many threads meet a gort_new for the first time at once. */
static gort_waitgroup all;
static gort_chan *go;

static void
first(void *arg)
{
	struct node **out = arg;
	gort_recv(go, NULL);
	*out = gort_new(struct node);
}

TEST_OPT(capi, types, first_time_together, .goroutine = true, .env = "GOMAXPROCS=8")
{
	static struct node *made[64];
	go = gort_chan_make(int, 0);
	for (int i = 0; i < 64; i++)
		gort_waitgroup_go(&all, first, &made[i]);
	gort_close(go);
	gort_waitgroup_wait(&all);
	for (int i = 0; i < 64; i++) {
		CHECK_EQ(spanKind(spanOfObject(made[i])), SPAN_TYPED);
		for (int j = 0; j < i; j++)
			CHECK(made[i] != made[j]);
	}
}
