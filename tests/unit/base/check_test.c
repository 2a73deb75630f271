/* check_test.c: check() passes here. That it fails where it should: tests/process/check.sh. */
#include "base/base.h"
#include "test.h"

TEST(base, check, passes)
{
	check();
	check();
}
