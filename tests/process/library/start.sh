# How a program with its own main comes to a runtime.

test_run_plain_main() {
	cat >plain.c <<'C'
#include <gort.h>
#include <stdio.h>
static void
counts(void *arg)
{
	gort_chan *c = arg;
	for (int i = 0; i < 3; i++)
		gort_send(c, i);
	gort_close(c);
}
int
main(int argc, char **argv)
{
	gort_chan *c = gort_chan_make(int, 0);
	gort_go(counts, c);
	for (int v; gort_recv(c, &v);)
		printf("%d\n", v);
	printf("%d %s\n", argc, argv[argc - 1]);
	return argc;
}
C
	run gort run plain.c -- a b
	want_status 3
	want_equal "$(cat out)" "0
1
2
3 b"
	want_lines err 0
}

# One that uses nothing of the runtime has none.
test_run_without() {
	cat >plain.c <<'C'
#include <dirent.h>
#include <stdio.h>
int
main(void)
{
	int n = 0;
	DIR *d = opendir("/proc/self/task");
	while (readdir(d) != NULL)
		n++;
	printf("%d\n", n - 2);
	return 0;
}
C
	only opt debug hard
	run gort run plain.c
	want_status 0
	want_equal "$(cat out)" 1
}

test_neither() {
	echo 'int x;' >none.c
	run gort run none.c
	want_status 1
	want_err "gort: the program defines neither gort_main nor main"
	want_lines err 1
}

# main and gort_main: main is what runs, gort_main is an ordinary function.
test_both() {
	cat >both.c <<'C'
#include <gort.h>
#include <stdio.h>
int
gort_main(int argc, char **argv)
{
	(void)argv;
	return argc;
}
int
main(void)
{
	gort_init(NULL);
	printf("%d\n", gort_main(5, NULL));
	return 0;
}
C
	run gort run both.c
	want_status 0
	want_equal "$(cat out)" 5
}

test_freestanding() {
	only opt
	cat >plain.c <<'C'
#include <gort.h>
int
main(void)
{
	gort_print("hello\n");
	return 0;
}
C
	run gort build --freestanding -o plain plain.c
	want_status 1
	want_err "gort_main"
	want_lines err 1
}

# The order of the boot is the documented one.
test_order() {
	cat >x.c <<'C'
#include <gort.h>
int
main(void)
{
	return gort_init(NULL);
}
C
	gort build -o x x.c
	run env GODEBUG=boottrace=1 ./x
	want_status 0
	sed -n 's/^### [0-9]*\. \([A-Za-z_0-9]*\) (\(src[^,]*\), \([A-Za-z_0-9]*\))$/\1/p' "$TOP/docs/boot.md" >want
	sed -n 's/^boot: +[0-9]*us \([A-Za-z_0-9]*\): ..*/\1/p' err >got
	diff -u want got || die "the trace is not what docs/boot.md says"
	want_err "checkfds: not looked at: they are the program's"
}

# Arguments and environment are found, also what the program has set before; descriptors are left
# alone; /proc may be missing.
test_surroundings() {
	cat >x.c <<'C'
#include <gort.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>
int
main(void)
{
	static char procs[] = "GOMAXPROCS=3";
	putenv(procs);
	setenv("GOGC", "77", 1);
	close(0);
	gort_init(NULL);
	memset(procs, 'x', sizeof procs - 1);
	printf("%d %d %d\n", gort_gomaxprocs(0), open("/dev/null", O_RDONLY), (int)gort_goid() > 0);
	return 0;
}
C
	gort build -o x x.c
	run env GODEBUG=boottrace=1 ./x one "two words" ''
	want_status 0
	want_equal "$(cat out)" "3 0 1"
	want_err "goargs: 4 arguments" "GOGC=77"
	env -i GODEBUG=boottrace=1 ./x 2>err >out
	want_err "goenvs: 3 variables"
}

# What was started by main cannot be started again by gort_start, nor the other way round.
test_start_after_init() {
	cat >x.c <<'C'
#include <gort.h>
static int
program(int argc, char **argv)
{
	(void)argc, (void)argv;
	return gort_init(NULL) == GORT_EALREADY ? 5 : 6;
}
int
main(int argc, char **argv)
{
	if (argc > 1)
		gort_init(NULL);
	gort_start(argc, argv, program);
}
C
	gort build -o x x.c
	run ./x
	want_status 5
	run ./x first
	want_status 2
	want_err "gort: gort_start: the runtime is running already"
	want_lines err 1
}

# In a program with gort_main, threads of its own are as welcome.
test_threads_of_gort_main() {
	cat >x.c <<'C'
#include <gort.h>
#include <pthread.h>
#include <stdio.h>
static gort_chan *c;
static void *
thread(void *arg)
{
	for (int i = 0; i < 1000; i++)
		gort_send(c, i);
	return arg;
}
GORT_PACKAGE(p);
GORT_INIT(p)
{
	/* Before main_main: goroutines run, so threads may come. */
	pthread_t t;
	c = gort_chan_make(int, 0);
	pthread_create(&t, NULL, thread, NULL);
	pthread_detach(t);
	for (int i = 0, v; i < 1000; i++)
		gort_recv(c, &v);
}
int
gort_main(int argc, char **argv)
{
	pthread_t t[4];
	long sum = 0;
	(void)argc, (void)argv;
	for (int i = 0; i < 4; i++)
		pthread_create(&t[i], NULL, thread, NULL);
	for (int i = 0, v; i < 4000; i++) {
		gort_recv(c, &v);
		sum += v;
	}
	for (int i = 0; i < 4; i++)
		pthread_join(t[i], NULL); /* with the only P: ending needs none */
	printf("%ld\n", sum);
	return 0;
}
C
	gort build -o x x.c
	for procs in 1 2; do
		run env GOMAXPROCS=$procs ./x
		want_status 0
		want_equal "$(cat out)" 1998000
	done
}

# With the shared library, and in C++.
test_shared_library_cxx() {
	only opt debug
	need g++
	b=$(gort env | sed -n 's/^GORT_LIB=//p')
	make -s --no-print-directory -C "$TOP" V="$GORT_SETUP" B="${b#"$TOP"/}" CC="${CC:-gcc}" shared >make.log 2>&1 ||
		die "$(cat make.log)"
	cat >x.cc <<'C'
#include <cstdio>
#include <gort.h>
#include <stdexcept>
#include <thread>
#include <vector>
static gort_chan *c;
struct at_end {
	~at_end()
	{
		int one = 1;
		gort_send(c, one);
	}
};
static thread_local at_end mine;
int
main()
{
	c = gort_chan_make(int, 0);
	std::vector<std::thread> threads;
	for (int i = 0; i < 10; i++)
		threads.emplace_back([] {
			(void)&mine;
			try {
				throw std::runtime_error("x");
			} catch (std::exception &e) {
				gort_sleep(GORT_MS); /* parks inside a catch block */
				if (e.what()[0] != 'x')
					std::abort();
			}
			gort_go([](void *) {
				int one = 1;
				gort_send(c, one);
			}, nullptr);
		});
	int sum = 0, v;
	for (int i = 0; i < 20; i++)
		if (gort_recv(c, &v))
			sum += v;
	for (auto &t : threads)
		t.join();
	std::printf("%d\n", sum);
}
C
	g++ -std=c++17 -Wall -Wextra -Wpedantic -Werror -I"$TOP/include" -o x x.cc -L"$b" -lgort -Wl,-rpath,"$b" -pthread
	run ./x
	want_status 0
	want_equal "$(cat out)" 20
	lib=$(gort env --libs | cut -d' ' -f1)
	g++ -std=c++17 -Wall -Wextra -Wpedantic -Werror -I"$TOP/include" -o y x.cc "$lib" -pthread
	run ./y
	want_status 0
	want_equal "$(cat out)" 20
}
