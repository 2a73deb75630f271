# Plug-ins that use gort, loaded by programs that know nothing of it.

# The sanitizers want to be in the program from its start.
plugins() {
	only opt debug hard
	b=$(gort env | sed -n 's/^GORT_LIB=//p')
	libs=$(gort env --libs)
	lib=${libs%% *}
	make -s --no-print-directory -C "$TOP" V="$GORT_SETUP" B="${b#"$TOP"/}" CC="${CC:-gcc}" shared >make.log 2>&1 ||
		die "$(cat make.log)"
	cp "$b/libgort.so" libgort.so
	ln -sf libgort.so libgort.so.0
	cat >plugin.c <<'C'
#include <gort.h>
int plugin_work(int n);
int plugin_alive(void);
#ifdef EAGER
static int early;
__attribute__((constructor)) static void
constructor(void)
{
	early = plugin_work(10);
}
#endif
static gort_chan *c;
static int calls;
static void
adds(void *arg)
{
	int n = *(int *)arg;
	gort_send(c, n);
}
static void
stays(void *arg)
{
	(void)arg;
	for (;;)
		gort_sleep(GORT_MS / 10);
}
__attribute__((visibility("default"))) int
plugin_work(int n)
{
	if (c == NULL) {
		c = gort_chan_make(int, 3);
		gort_go(stays, NULL);
	}
	for (int i = 1; i <= n; i++)
		gort_go_copy(adds, &i, sizeof i);
	int sum = 0, v;
	for (int i = 0; i < n; i++) {
		gort_recv(c, &v);
		sum += v;
	}
	return sum + 10000 * calls++;
}
__attribute__((visibility("default"))) int
plugin_alive(void)
{
	/* Who has sent its number may not be at its end yet. */
	int64_t least = gort_num_goroutine();
	for (int i = 0; i < 100; i++) {
		gort_sleep(GORT_MS / 5);
		if (gort_num_goroutine() < least)
			least = gort_num_goroutine();
	}
	return (int)least;
}
C
	flags="-g -O1 -fPIC -shared -I$TOP/include"
	gcc $flags -o shared1.so plugin.c -L. -lgort -Wl,-rpath,"$PWD"
	gcc $flags -DEAGER -o shared2.so plugin.c -L. -lgort -Wl,-rpath,"$PWD"
	gcc $flags -o static1.so plugin.c "$lib" -pthread
	gcc $flags -DEAGER -o static2.so plugin.c "$lib" -pthread
	cat >host.c <<'C'
#include <dlfcn.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>
struct plugin {
	void *handle;
	int (*work)(int);
	int (*alive)(void);
};
static struct plugin
load(const char *path, int how)
{
	struct plugin p = {.handle = dlopen(path, how)};
	if (p.handle == NULL) {
		printf("%s\n", dlerror());
		exit(1);
	}
	*(void **)&p.work = dlsym(p.handle, "plugin_work");
	*(void **)&p.alive = dlsym(p.handle, "plugin_alive");
	return p;
}
static void *
thread(void *arg)
{
	struct plugin *p = arg;
	for (int i = 0; i < 50; i++)
		if (p->work(1) % 10000 != 1)
			abort();
	return NULL;
}
static int
mapped(const char *name)
{
	char command[200];
	snprintf(command, sizeof command, "grep -q %s /proc/%d/maps", name, (int)getpid());
	return system(command) == 0;
}
int
main(int argc, char **argv)
{
	int how = argv[1][0] == 'l' ? RTLD_NOW | RTLD_LOCAL : RTLD_LAZY | RTLD_GLOBAL;
	for (int i = 2; i < argc; i++) {
		/* Loaded, used, closed, loaded again: it is the same one still. */
		struct plugin p = load(argv[i], how);
		printf("%d ", p.work(100) % 10000);
		dlclose(p.handle);
		struct plugin q = load(argv[i], how);
		printf("%d ", q.work(100));
		pthread_t t;
		pthread_create(&t, NULL, thread, &q);
		pthread_join(t, NULL);
		printf("%d\n", q.alive());
		dlclose(q.handle);
		dlclose(q.handle); /* once too often: nothing */
		usleep(5000);      /* its goroutine runs on */
	}
	for (int i = 2; i < argc; i++)
		printf("%s", mapped(argv[i] + 2) ? "stays " : "gone ");
	return 0;
}
C
	gcc -g -o host host.c -pthread
}

# A goroutine of the plug-in's and the caller are alive.
same() {
	run ./host "$@"
	want_status 0
	want_lines err 0
}

test_static() {
	plugins
	for how in local global; do
		same $how ./static1.so
		want_equal "$(cat out)" "5050 15050 2
stays "
		same $how ./static2.so
		want_equal "$(cat out)" "5050 25050 2
stays "
	done
}

# The plug-in may go if its author said so; the library with the runtime in it stays.
test_shared() {
	plugins
	gcc $flags -o shared1.so plugin.c -L. -lgort -Wl,-rpath,"$PWD" -Wl,-z,nodelete
	for how in local global; do
		same $how ./shared1.so
		want_equal "$(cat out)" "5050 15050 2
stays "
	done
	sed 's/gort_go(stays, NULL);//' plugin.c >quiet.c
	gcc $flags -o quiet.so quiet.c -L. -lgort -Wl,-rpath,"$PWD"
	same local ./quiet.so
	want_equal "$(cat out)" "5050 5050 1
gone "
}

# Two plug-ins: on one library, with a runtime each, and mixed.
test_two() {
	plugins
	gcc $flags -o shared1.so plugin.c -L. -lgort -Wl,-rpath,"$PWD" -Wl,-z,nodelete
	gcc $flags -DEAGER -o shared2.so plugin.c -L. -lgort -Wl,-rpath,"$PWD" -Wl,-z,nodelete
	same local ./shared1.so ./shared2.so
	want_equal "$(cat out)" "5050 15050 2
5050 25050 3
stays stays "
	same local ./static1.so ./static2.so
	want_equal "$(cat out)" "5050 15050 2
5050 25050 2
stays stays "
	same local ./shared1.so ./static2.so
	want_equal "$(cat out)" "5050 15050 2
5050 25050 2
stays stays "
	# The second one's calls go to the first one's runtime: only its own mark keeps it loaded.
	# shellcheck disable=SC2086
	gcc $flags -DEAGER -o static2.so plugin.c $libs
	same global ./static1.so ./static2.so
}

# The program has its own runtime already, as one of its own or as a plain gort program.
test_beside_programs() {
	plugins
	cat >p.c <<'C'
#include <dlfcn.h>
#include <gort.h>
#include <stdio.h>
static gort_chan *c;
static int (*work)(int);
static void
calls(void *arg)
{
	for (int i = 0; i < 100; i++) {
		if (work(3) % 10000 != 6)
			printf("lost\n");
		gort_gosched();
	}
	int one = 1;
	(void)arg;
	gort_send(c, one);
}
int
gort_main(int argc, char **argv)
{
	(void)argc;
	void *h = dlopen(argv[1], RTLD_NOW);
	*(void **)&work = dlsym(h, "plugin_work");
	c = gort_chan_make(int, 0);
	gort_go(calls, NULL);
	int v;
	gort_recv(c, &v);
	printf("%d\n", work(100) % 10000);
	return 0;
}
C
	gort build -o p p.c -ldl
	run ./p ./static1.so
	want_status 0
	want_equal "$(cat out)" 5050
	run ./p ./shared1.so
	want_status 0
	want_equal "$(cat out)" 5050
}

# What dlopen has room for in the static TLS block is little, and shared with others.
test_tls() {
	plugins
	need readelf
	for so in libgort.so static1.so; do
		readelf -lW $so | awk '$1 == "TLS" { print $6 }' >tls
		want_lines tls 1
		[ "$(($(cat tls)))" -le 32 ] || die "$so has $(cat tls) bytes of thread-local storage"
		[ "$(($(cat tls)))" -gt 0 ] || die "$so has no thread-local storage"
	done
}

test_flags() {
	plugins
	need readelf
	readelf -dW libgort.so >d
	grep -q 'FLAGS_1.*NODELETE' d || die "libgort.so can be unloaded"
}
