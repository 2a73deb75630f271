/* The kernel refuses the n-th request, or all from the n-th on, for every n: the answer is one
 * clear message and status 2, or the heap goes on and is sound. */
#include "fake.h"

#include <stdio.h>
#include <unistd.h>

#if GORT_DEBUG || GORT_HARD
/* os/linux/internal.h is private to its room; this is the value of GORT_FAULT. */
void faultSet(const char *spec);

static void
body(void *arg)
{
	faultSet(arg);
	fakeBoot();
	void *live[60];
	for (uint32_t i = 0; i < nelem(live); i++) {
		uintptr_t n = i % 20 == 13 ? 70 * MiB + i : i % 5 == 3 ? 100 * KiB * i : 24 * i;
		live[i] = i % 2 ? mallocConservative(n) : mallocNoscan(n, true);
		memset(live[i], 1, n < 4096 ? n : 4096);
		const char *why = NULL;
		uintptr_t sp;
		struct g *gp = stackalloc(i % 3 ? 0 : SLOT_MIN << (i % 12), &sp, &why);
		if (gp != NULL)
			*(char *)(sp - 1) = 1;
		else if (why == NULL || strstr(why, "kernel") == NULL)
			_exit(9);
	}
	for (uint32_t i = 0; i < nelem(live); i++)
		gcfree(live[i]);
	mcacheFlush(fakep.mcache);
	mcentral_reclaim();
	mheap_verify();
}

TEST_OPT(mem, refused, every_request, .timeout = 200)
{
	static const char *const kinds[] = {"mmap", "mprotect", "guard"};
	for (uint32_t k = 0; k < nelem(kinds); k++) {
		int refused = 0;
		for (int n = 1; n <= 40; n++) {
			for (int all = 0; all < 2; all++) {
				char spec[32], *out;
				snprintf(spec, sizeof spec, "%s:%d%s", kinds[k], n, all ? "+" : "");
				int status = testForked(body, spec, &out);
				CHECKF(status == 0 ||
						(status == 2 && strstr(out, "cannot allocate") &&
							strstr(out, "fatal error: out of memory")),
					"%s: status %d: %s", spec, status, out);
				refused += status != 0;
				free(out);
			}
		}
		CHECKF(refused > 0 || k == 2, "no refusal of %s was ever fatal", kinds[k]);
	}
}
#endif
