/* Finalizers, cleanups and weak pointers for what is no object: Go's words, the stack of the culprit, status 2. */
// status: 2
#include <gort.h>

#include <stdlib.h>
#include <string.h>

static void
fin(void *p, void *arg)
{
	(void)p, (void)arg;
}

static void
clean(void *arg)
{
	(void)arg;
}

int
gort_main(int argc, char **argv)
{
	const char *what = argc > 1 ? argv[1] : "";
	static int global;
	int local = 0;
	char *p = gort_make(char, 100);

	// case: null
	// args: null
	// stderr: fatal error: runtime.SetFinalizer: first argument is nil
	// stderr: misuse/finalizer.c:
	if (strcmp(what, "null") == 0)
		gort_finalizer(NULL, fin, NULL);
	// case: interior
	// args: interior
	// stderr: points into the middle of an object
	// stderr: fatal error: runtime.SetFinalizer: pointer not at beginning of allocated block
	if (strcmp(what, "interior") == 0)
		gort_finalizer(p + 1, fin, NULL);
	// case: stack
	// args: stack
	// stderr: lies on a stack
	// stderr: fatal error: runtime.SetFinalizer: pointer not in heap
	if (strcmp(what, "stack") == 0)
		gort_finalizer(&local, fin, NULL);
	// case: global
	// args: global
	// stderr: is no object of the heap
	// stderr: fatal error: runtime.SetFinalizer: pointer not in heap
	if (strcmp(what, "global") == 0)
		gort_finalizer(&global, fin, NULL);
	// case: malloc
	// args: malloc
	// stderr: fatal error: runtime.SetFinalizer: pointer not in heap
	if (strcmp(what, "malloc") == 0)
		gort_finalizer(malloc(10), fin, NULL);
	// case: freed
	// args: freed
	// stderr: fatal error: runtime.SetFinalizer: pointer not in heap
	if (strcmp(what, "freed") == 0) {
		gort_free(p);
		gort_finalizer(p, fin, NULL);
	}
	// case: twice
	// args: twice
	// stderr: fatal error: runtime.SetFinalizer: finalizer already set
	if (strcmp(what, "twice") == 0) {
		gort_finalizer(p, fin, NULL);
		gort_finalizer(p, fin, NULL);
	}
	// case: cleanup_null
	// args: cleanup_null
	// stderr: fatal error: runtime.AddCleanup: ptr is nil
	if (strcmp(what, "cleanup_null") == 0)
		gort_cleanup(NULL, clean, NULL);
	// case: cleanup_itself
	// args: cleanup_itself
	// stderr: fatal error: runtime.AddCleanup: ptr is equal to arg, cleanup will never run
	if (strcmp(what, "cleanup_itself") == 0)
		gort_cleanup(p, clean, p);
	// case: cleanup_foreign
	// args: cleanup_foreign
	// stderr: fatal error: runtime.AddCleanup: ptr not in allocated block
	if (strcmp(what, "cleanup_foreign") == 0)
		gort_cleanup(&local, clean, NULL);
	// case: weak_foreign
	// args: weak_foreign
	// stderr: lies on a stack
	// stderr: fatal error: gort_weak_make: pointer not in allocated block
	if (strcmp(what, "weak_foreign") == 0)
		gort_weak_make(&local);
	return 0;
}
