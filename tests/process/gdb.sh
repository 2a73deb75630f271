# Goroutines in gdb: tools/gort-gdb.py.

program() {
	cat >g.c <<'C'
#include <gort.h>
#include <unistd.h>
static int fds[2];
static gort_chan *c;
static volatile long spins;
static void
receiver(void *arg)
{
	int v;
	(void)arg;
	gort_recv(c, &v);
}
static void
sleeper(void *arg)
{
	(void)arg;
	gort_sleep(3600 * GORT_SEC);
}
static void
reads(void *arg)
{
	char b;
	(void)arg;
	(void)!read(fds[0], &b, 1);
}
static void
caller(void *arg)
{
	gort_block(reads, arg);
	spins++; /* no tail call */
}
static void
burner(void *arg)
{
	(void)arg;
	for (;;)
		spins++;
}
__attribute__((noinline)) void
stop_here(void)
{
	__asm__ volatile("");
}
int
gort_main(int argc, char **argv)
{
	(void)argc, (void)argv;
	if (pipe(fds) != 0)
		return 1;
	c = gort_chan_make(int, 0);
	gort_go(receiver, NULL);
	gort_go(sleeper, NULL);
	gort_go(caller, NULL);
	gort_go(burner, NULL);
	while (spins == 0)
		gort_gosched();
	gort_sleep(20 * GORT_MS);
	stop_here();
	return 17;
}
C
	gort build -o g g.c
}


test_goroutines() { # secs=120
	only opt debug hard
	need gdb
	gdb -batch -ex 'python print(1)' 2>/dev/null | grep -q 1 || skip "gdb has no Python"
	program
	run env GOMAXPROCS=2 gdb -batch -nx -ex 'handle SIGURG nostop noprint pass' \
		-ex "source $TOP/tools/gort-gdb.py" -ex 'break stop_here' -ex run \
		-ex 'info goroutines' -ex 'echo ==receiver\n' -ex 'goroutine 5 bt' \
		-ex 'echo ==sleeper\n' -ex 'goroutine 6 bt' -ex 'echo ==burner\n' -ex 'goroutine 8 bt' \
		-ex 'echo ==locals\n' -ex 'goroutine 5 p $sp > 0' -ex 'echo ==here\n' -ex bt \
		-ex 'goroutine 99 bt' -ex continue ./g
	want_out '5 [chan receive] receiver at ' '6 [sleep] sleeper at ' '7 [syscall] caller at ' \
		'* 1 [running] on thread ' 'exited with code 021'
	for want in 'receiver:gort_chan_recv' 'receiver: in receiver ' 'receiver: in gostart ' \
		'sleeper: in sleeper ' 'sleeper: in gostart ' 'burner:burner ' 'burner: in gostart ' \
		'here:stop_here ' 'here: in gort_main '; do
		sed -n "/^==${want%%:*}\$/,/^==/p" out | grep -qF -e "${want#*:}" || {
			show >&2
			die "${want%%:*}: no ${want#*:}"
		}
	done
	want_err 'no goroutine 99'
}

# The kernel leaves out the pages of guards, and the rest is there.
test_core() { # secs=120
	only opt debug
	need gdb
	[ "$(cat /proc/sys/kernel/core_pattern)" = core ] || skip "core files go elsewhere"
	gdb -batch -ex 'python print(1)' 2>/dev/null | grep -q 1 || skip "gdb has no Python"
	program
	ulimit -c unlimited 2>/dev/null || skip "no core files here"
	sed -i 's/return 17;/__builtin_trap();/' g.c
	gort build -o g g.c
	run env GOMAXPROCS=2 ./g
	core=$(echo core*)
	[ -f "$core" ] || skip "no core file was written"
	run gdb -batch -nx -ex "source $TOP/tools/gort-gdb.py" -ex 'info goroutines' \
		-ex 'goroutine 5 bt' -ex 'goroutine 5 p $sp' ./g "$core"
	want_out '5 [chan receive] receiver at ' '6 [sleep] sleeper at ' ' in receiver at ' \
		' in gort_chan_recv at '
	want_err "a core file's registers cannot be changed"
}
