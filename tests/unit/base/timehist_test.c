/* timehist_test.c: every length of time falls into the class that says so. */
#include "base/base.h"
#include "test.h"

static uint32_t
classFor(int64_t ns)
{
	struct timehist h = {{0}};
	uint32_t found = TIMEHIST_CLASSES;
	timehistAdd(&h, ns);
	for (uint32_t i = 0; i < TIMEHIST_CLASSES; i++) {
		if (h.counts[i] != 0) {
			CHECK_EQ(found, TIMEHIST_CLASSES);
			CHECK_EQ(h.counts[i], 1);
			found = i;
		}
	}
	CHECK(found < TIMEHIST_CLASSES);
	return found;
}

TEST(base, timehist, edges)
{
	for (uint32_t i = 0; i < TIMEHIST_CLASSES; i++) {
		int64_t from = timehistFrom(i), to = timehistFrom(i + 1);
		CHECK(from < to);
		CHECK(from < 8 ? to - from == 1 : to - from <= from / 8);
		CHECK_EQ(classFor(from), i);
		CHECK_EQ(classFor(to - 1), i);
	}
}

TEST(base, timehist, beyond)
{
	CHECK_EQ(classFor(-1), 0);
	CHECK_EQ(classFor(INT64_MIN), 0);
	CHECK_EQ(classFor(timehistFrom(TIMEHIST_CLASSES)), TIMEHIST_CLASSES - 1);
	CHECK_EQ(classFor(INT64_MAX), TIMEHIST_CLASSES - 1);
	CHECK(timehistFrom(TIMEHIST_CLASSES) > (int64_t)7200 * 1000 * 1000 * 1000);
}

TEST(base, timehist, adds)
{
	struct timehist h = {{0}};
	for (int i = 0; i < 1000; i++)
		timehistAdd(&h, i);
	uint64_t all = 0;
	for (uint32_t i = 0; i < TIMEHIST_CLASSES; i++) {
		if (timehistFrom(i + 1) <= 1000)
			CHECK_EQ(h.counts[i], timehistFrom(i + 1) - timehistFrom(i));
		all += h.counts[i];
	}
	CHECK_EQ(all, 1000);
}
