/* mksizeclasses: prints src/mem/sizeclasses.def.
 *   cc -o mksizeclasses tools/mksizeclasses.c && ./mksizeclasses > src/mem/sizeclasses.def
 *
 * A class is an object size and the number of pages of a span of such objects. Three rules make
 * the table (they give Go's numbers):
 *   1. The step from one size to the next is an eighth of the size (rounded down to a power of
 *      two), but 16 from 32 bytes up and never above 256: rounding up wastes at most 12.5%.
 *   2. A span has the fewest pages that leave at most an eighth of it unused at the end.
 *   3. Sizes that give the same number of objects in the same number of pages are one class, the
 *      largest; above 1024 bytes a class takes up what its span would waste, in steps of 128.
 */
#include <stdio.h>
#include <stdlib.h>

#define PAGE      8192
#define MAX_SMALL 32768
#define MAX_CLASS 200

static int size[MAX_CLASS], pages[MAX_CLASS], n = 1; /* class 0: large objects */

static int
stepFor(int bytes)
{
	if (bytes < 32)
		return 8;
	int step = 16;
	while (step < 256 && step * 2 <= bytes / 8)
		step *= 2;
	return step;
}

static int
pagesFor(int bytes)
{
	int p = 1;
	while (p * PAGE % bytes > p * PAGE / 8)
		p++;
	return p;
}

/* The smallest class that holds `bytes` bytes aligned to `align`. */
static int
classFor(int bytes, int align)
{
	int c = 1;
	while (size[c] < bytes || (bytes > 8 && size[c] % align != 0))
		c++;
	return c;
}

static void
table(const char *name, int from, int to, int step, int align)
{
	printf("#ifdef %s\n\t", name);
	int i = 0;
	for (int b = from; b <= to; b += step, i++)
		printf("%d,%s", b == 0 ? 0 : classFor(b, align), i % 20 == 19 ? "\n\t" : " ");
	printf("\n#endif\n");
}

int
main(void)
{
	for (int b = 8; b <= MAX_SMALL; b += stepFor(b)) {
		int p = pagesFor(b);
		if (n > 1 && pages[n - 1] == p && p * PAGE / size[n - 1] == p * PAGE / b)
			n--;
		if (n == MAX_CLASS)
			return EXIT_FAILURE;
		size[n] = b;
		pages[n++] = p;
	}
	for (int c = 1; c < n; c++) {
		int span = pages[c] * PAGE;
		int grown = span / (span / size[c]) & ~127;
		if (size[c] > 1024 && grown > size[c])
			size[c] = grown;
	}
	printf("/* Size classes: made by tools/mksizeclasses.c; do not edit.\n"
	       " * SIZECLASS(class, bytes an object, pages a span, objects a span)\n"
	       " * Class 0 stands for objects above %d bytes: a span each. */\n",
		MAX_SMALL);
	printf("#ifdef SIZECLASS\nSIZECLASS(0, 0, 0, 0)\n");
	for (int c = 1; c < n; c++)
		printf("SIZECLASS(%d, %d, %d, %d)\n", c, size[c], pages[c],
			pages[c] * PAGE / size[c]);
	printf("#endif\n/* Class of a size up to 1024, indexed by (size + 7) / 8. */\n");
	table("SIZE_TO_CLASS8", 0, 1024, 8, 8);
	printf("/* The same for objects that must lie on 16 bytes from 16 bytes up. */\n");
	table("SIZE_TO_CLASS8_RAW", 0, 1024, 8, 16);
	printf("/* Class of a larger size, indexed by (size - 1024 + 127) / 128. */\n");
	table("SIZE_TO_CLASS128", 1024, MAX_SMALL, 128, 8);
	return EXIT_SUCCESS;
}
