/* sorts.c: qsort and qsort_r put in order, stably, what they are given, and nothing else. */
#define _GNU_SOURCE
#include <gort.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
struct e {
	unsigned key, seq;
};
static size_t size;
static unsigned calls;
static int
by_key(const void *a, const void *b)
{
	unsigned x, y;
	memcpy(&x, a, 4);
	memcpy(&y, b, 4);
	calls++;
	return x < y ? -1 : x > y;
}
static int
by_arg(const void *a, const void *b, void *arg)
{
	int r = by_key(a, b);
	return *(int *)arg ? -r : r;
}
int
gort_main(int argc, char **argv)
{
	(void)argc, (void)argv;
	static const size_t sizes[] = {8, 12, 16, 24, 40, 255, 256, 257, 300, 5000};
	static const size_t counts[] = {0, 1, 2, 3, 7, 8, 9, 127, 128, 129, 130, 1000, 4097};
	unsigned r = 1;
	for (size_t si = 0; si < sizeof sizes / sizeof *sizes; si++)
		for (size_t ci = 0; ci < sizeof counts / sizeof *counts; ci++)
			for (int kind = 0; kind < 5; kind++) {
				size = sizes[si];
				size_t n = counts[ci];
				char *a = malloc(n * size + 1);
				a[n * size] = 77;
				for (size_t i = 0; i < n; i++) {
					struct e e = {0, (unsigned)i};
					r = r * 1664525 + 1013904223;
					e.key = kind == 0   ? r >> 8
						: kind == 1 ? (unsigned)i
						: kind == 2 ? (unsigned)(n - i)
						: kind == 3 ? 5
							    : (r >> 16) % 10;
					memset(a + i * size, (int)i, size);
					memcpy(a + i * size, &e, sizeof e);
				}
				int down = kind == 4;
				if (kind == 4)
					qsort_r(a, n, size, by_arg, &down);
				else
					qsort(a, n, size, by_key);
				unsigned long long sum = 0;
				for (size_t i = 0; i < n; i++) {
					struct e e, p;
					memcpy(&e, a + i * size, sizeof e);
					sum += e.seq;
					for (size_t k = 8; k < size; k++)
						if (a[i * size + k] != (char)e.seq) {
							printf("torn\n");
							return 1;
						}
					if (i == 0)
						continue;
					memcpy(&p, a + (i - 1) * size, sizeof p);
					if (down ? p.key < e.key : p.key > e.key) {
						printf("order\n");
						return 1;
					}
					if (p.key == e.key && p.seq >= e.seq) {
						printf("not stable %zu %zu %d\n", size, n, kind);
						return 1;
					}
				}
				if (n && sum != (unsigned long long)n * (n - 1) / 2) {
					printf("lost\n");
					return 1;
				}
				if (a[n * size] != 77) {
					printf("beyond\n");
					return 1;
				}
				free(a);
			}
	printf("ok\n");
	return 0;
}
