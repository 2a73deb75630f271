# Collections in a process that the runtime is only a guest in.

# The sanitizers want to be in the program from its start.
plugin() {
	only opt debug hard
	libs=$(gort env --libs)
	cat >plugin.c <<'C'
#include <gort.h>
static void **volatile kept;
__attribute__((visibility("default"))) void
plugin_touch(void)
{
	if (kept == NULL)
		kept = gort_alloc(100);
	for (int i = 0; i < 100; i++) {
		kept[0] = gort_alloc(1000);
		*(long *)kept[0] = 42;
	}
}
__attribute__((visibility("default"))) long
plugin_kept(void)
{
	return *(long *)kept[0];
}
__attribute__((visibility("default"))) void
plugin_gc(void)
{
	gort_gc();
}
/* How many of 100 objects that nobody knows are gone, as far as collections tell. */
static gort_weak *weak[100];
static __attribute__((__noinline__)) void
lose(void)
{
	for (int i = 0; i < 100; i++)
		weak[i] = gort_weak_make(gort_alloc(64));
}
__attribute__((visibility("default"))) int
plugin_dead(void)
{
	int n = 0;
	for (int i = 0; i < 100; i++)
		n += weak[i] != NULL && gort_weak_get(weak[i]) == NULL;
	lose();
	return n;
}
C
	gcc -g -O1 -fPIC -shared -I"$TOP/include" -o plugin.so plugin.c ${libs%% *} -pthread
	cat >host.h <<'C'
#define _GNU_SOURCE
#include <dlfcn.h>
#include <pthread.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <time.h>
#include <unistd.h>
static void (*touch)(void), (*gc)(void);
static long (*kept)(void);
static int (*dead)(void);
static void
load(void)
{
	void *h = dlopen("./plugin.so", RTLD_NOW | RTLD_LOCAL);
	if (h == NULL) {
		puts(dlerror());
		exit(1);
	}
	touch = (void (*)(void))dlsym(h, "plugin_touch");
	gc = (void (*)(void))dlsym(h, "plugin_gc");
	kept = (long (*)(void))dlsym(h, "plugin_kept");
	dead = (int (*)(void))dlsym(h, "plugin_dead");
}
C
}

# A thread that cannot be stopped, because it blocks all signals, is waited for by nobody.
test_blocked_signals() { # secs=60
	plugin
	cat >host.c <<'C'
#include "host.h"
static volatile int ready, go;
static void *
blocks(void *arg)
{
	sigset_t all, old;
	(void)arg;
	touch();
	sigfillset(&all);
	pthread_sigmask(SIG_SETMASK, &all, &old);
	ready = 1;
	while (!go)
		usleep(1000);
	pthread_sigmask(SIG_SETMASK, &old, NULL);
	ready = 2;
	for (;;)
		pause();
	return NULL;
}
int
main(void)
{
	pthread_t t;
	load();
	pthread_create(&t, NULL, blocks, NULL);
	while (ready != 1)
		usleep(1000);
	dead();
	for (int i = 0; i < 3; i++)
		gc();
	printf("%d,", dead());
	/* Allocation does not stop, either. */
	for (int i = 0; i < 200; i++)
		touch();
	go = 1;
	while (ready != 2)
		usleep(1000);
	gc();
	printf("%d\n", dead() > 50 && kept() == 42);
	return 0;
}
C
	gcc -o host host.c -ldl -pthread
	run ./host
	want_status 0
	want_out "0,1"
	want_err "blocks the runtime's signal"
}

# Objects come and go while others are read, by threads that the runtime knows and by one that it does not.
test_dlclose() { # secs=60
	plugin
	cat >other.c <<'C'
char big[3 << 20] = {1};
char more[5 << 20];
C
	gcc -g -O1 -fPIC -shared -o other.so other.c
	cp other.so another.so
	cat >host.c <<'C'
#include "host.h"
static volatile int stop;
static void *
churn(void *arg)
{
	long n = 0;
	if (arg != NULL)
		touch();
	while (!stop) {
		void *h = dlopen(arg != NULL ? "./other.so" : "./another.so", RTLD_NOW | RTLD_LOCAL);
		if (h == NULL)
			abort();
		*(char *)dlsym(h, "more") = 1;
		dlclose(h);
		n++;
	}
	return (void *)n;
}
int
main(void)
{
	pthread_t t[2];
	void *n[2];
	int died = 0;
	time_t end = time(NULL) + 8;
	load();
	touch();
	pthread_create(&t[0], NULL, churn, NULL);
	pthread_create(&t[1], NULL, churn, "attached");
	while (time(NULL) < end) {
		died |= dead() > 50;
		gc();
		touch();
		if (kept() != 42)
			abort();
	}
	stop = 1;
	pthread_join(t[0], &n[0]);
	pthread_join(t[1], &n[1]);
	printf("%d %d %d\n", (long)n[0] > 10, (long)n[1] > 10, died);
	fprintf(stderr, "%ld %ld\n", (long)n[0], (long)n[1]);
	return 0;
}
C
	gcc -o host host.c -ldl -pthread
	run env GODEBUG=clobberfree=1 ./host
	want_status 0
	want_out "1 1 1"
}
