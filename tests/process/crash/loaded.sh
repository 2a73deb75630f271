# Reports name files and lines of everything that is loaded, however it was.

plugin() {
	cat >plugin.c <<'C'
__attribute__((visibility("default"))) int
plugin_read(volatile int *p)
{
	return *p; /* plugin.c:4 */
}
C
	gcc -g -O1 -fno-omit-frame-pointer -fPIC -shared -o plugin.so plugin.c
	cat >x.c <<'C'
#define _GNU_SOURCE
#include <dlfcn.h>
#include <gort.h>
int
gort_main(int argc, char **argv)
{
	(void)argc;
	void *h = argv[1][0] == 'n' ? dlmopen(LM_ID_NEWLM, "./plugin.so", RTLD_NOW)
				    : dlopen("./plugin.so", RTLD_LAZY);
	int (*plugin_read)(int *);
	if (h == NULL)
		return 1;
	*(void **)&plugin_read = dlsym(h, "plugin_read");
	int v = plugin_read(NULL); /* x.c:14 */
	return v + 1;
}
C
	gort build -o x x.c
}

wants() {
	want_status 2
	want_err "panic: runtime error: invalid memory address or nil pointer dereference" "plugin_read(...)" \
		"plugin.c:4" "gort_main(...)" "x.c:14 +0x"
}

test_dlopen() {
	only opt debug hard ubsan
	plugin
	run ./x dlopen
	wants
	if setarch -R true 2>/dev/null; then
		run setarch -R ./x dlopen
		wants
	fi
}

# A namespace of its own has a list of its own.
test_namespace() {
	only opt debug hard ubsan
	plugin
	run ./x namespace
	wants
}

# Everything in one file, at an address of the kernel's choice or not.
test_static() {
	only opt debug hard
	cat >x.c <<'C'
#include <gort.h>
static __attribute__((noinline)) int
nilread(volatile int *p)
{
	return *p; /* x.c:5 */
}
int
gort_main(int argc, char **argv)
{
	(void)argv;
	int v = nilread((int *)(uintptr_t)(argc - 1));
	return v + 1;
}
C
	lib=$(gort env --libs)
	for how in "-static -no-pie" "-static-pie -fPIE" "-static-pie -fPIE -Wl,-z,noseparate-code" "-pie -fPIE" "-no-pie"; do
		# shellcheck disable=SC2086
		gcc -g -O1 -fno-omit-frame-pointer -I"$TOP/include" $how -o x x.c $lib
		run ./x
		want_status 2
		want_err "goroutine 1 [running]:" "nilread(...)" "x.c:5" "gort_main(...)" "x.c:11 +0x"
	done
}
