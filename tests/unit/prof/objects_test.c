/* objects_test.c: the loader's list, whole and in change. */
#define _GNU_SOURCE
#include "prof/prof.h"

#include <link.h>
#include <string.h>

#include "test.h"

static int objects, ours;

static int
counts(struct dl_phdr_info *info, size_t size, void *wanted)
{
	CHECK_EQ(size, sizeof *info);
	objects++;
	if (wanted != NULL) {
		const struct dl_phdr_info *w = wanted;
		ours += w->dlpi_addr == info->dlpi_addr &&
			strcmp(w->dlpi_name, info->dlpi_name) == 0;
	}
	return 0;
}

/* Called by the loader for each: we must have it, too. */
static int
has(struct dl_phdr_info *info, size_t size, void *n)
{
	(void)size;
	int before = ours;
	CHECK_EQ(loadedObjects(counts, info), 0);
	CHECKF(ours == before + 1, "%s at %#lx", info->dlpi_name, (unsigned long)info->dlpi_addr);
	++*(int *)n;
	return 0;
}

TEST(prof, objects, as_the_loader)
{
	int n = 0;
	dl_iterate_phdr(has, &n);
	CHECK(n > 1);
	CHECK_EQ(objects, n * n);
}

static int
ends(struct dl_phdr_info *info, size_t size, void *arg)
{
	(void)info, (void)size, (void)arg;
	return ++objects == 2 ? 17 : 0;
}

TEST(prof, objects, ended_by_the_callee)
{
	CHECK_EQ(loadedObjects(ends, NULL), 17);
	CHECK_EQ(objects, 2);
}

/* Links into nowhere, and in a circle; names that are none. */
TEST(prof, objects, in_change)
{
	loadedObjects(counts, NULL);
	int n = objects;
	struct link_map *first = _r_debug.r_map, *last = first;
	while (last->l_next != NULL)
		last = last->l_next;
	char *hole = sysReserve(NULL, physPageSize), *name = last->l_name;
	const char none[1] = "";

	last->l_next = (struct link_map *)(hole + 64);
	last->l_name = hole;
	objects = 0;
	struct dl_phdr_info w = {.dlpi_addr = last->l_addr, .dlpi_name = none};
	CHECK_EQ(loadedObjects(counts, &w), 0);
	CHECK_EQ(objects, n);
	CHECK_EQ(ours, 1);
	last->l_name = name;

	last->l_next = first;
	objects = 0;
	CHECK_EQ(loadedObjects(counts, NULL), 0);
	CHECK(objects > n && objects <= 10000);
	last->l_next = NULL;

	/* A name that ends with the last byte that can be read, and one that does not end. */
	char *two = sysAlloc(2 * physPageSize);
	sysFault(two + physPageSize, physPageSize);
	memcpy(two + physPageSize - 4, "abc", 4);
	last->l_name = two + physPageSize - 4;
	w.dlpi_name = "abc";
	ours = 0;
	loadedObjects(counts, &w);
	CHECK_EQ(ours, 1);
	two[physPageSize - 1] = 'd';
	w.dlpi_name = none;
	loadedObjects(counts, &w);
	CHECK_EQ(ours, 2);
	last->l_name = name;
}
