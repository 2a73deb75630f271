# Stacks are pooled: once 100,000 goroutines have lived at one time, the next 100,000 cost no call
# of the kernel's memory functions. Nor do rounds of goroutines that are started and forgotten: they
# leave their stacks faster than new ones are cut. (The second round begins while the last goroutines of the first
# are on their way out: the pool has a few stacks more than were ever needed.)

program() {
	cat >x.c <<'C'
#include <gort.h>
#include <unistd.h>
static gort_waitgroup started = GORT_WAITGROUP_INIT, done = GORT_WAITGROUP_INIT;
static void
wait_for_it(void *arg)
{
	gort_waitgroup_done(&started);
	(void)gort_recv((gort_chan *)arg, (int *)0);
	gort_waitgroup_done(&done);
}
static void
round_of(int n)
{
	gort_chan *c = gort_chan_make(int, 0);
	gort_waitgroup_add(&started, n);
	gort_waitgroup_add(&done, n);
	for (int i = 0; i < n; i++)
		gort_go(wait_for_it, c);
	gort_waitgroup_wait(&started);
	gort_close(c);
	gort_waitgroup_wait(&done);
}
int
gort_main(int argc, char **argv)
{
	(void)argc, (void)argv;
	round_of(100000);
	if (write(1, "second\n", 7) != 7)
		return 1;
	round_of(100000);
	return write(1, "end\n", 4) != 4;
}
C
	gort build -o x x.c
}

# Calls between "second" and "end" that are not a new thread's: that is made when it is needed, and
# then the one that makes it, and it itself, map a stack and what libc wants.
quiet_round() {
	awk '/"second/ { on = 1; next }
		/"end/ { exit }
		!on { old[$1] = 1; next }
		/ clone3?\(/ { made[$1] = 1; next }
		!/write\(/ { line[++n] = $0; by[n] = $1 }
		END { for (i = 1; i <= n; i++) if (!(by[i] in made) && by[i] in old) print line[i] }' trace >calls
	want_lines calls 0
}

test_second_round() { # secs=120
	only opt debug
	need strace
	program
	strace -f -o trace -e trace=mmap,munmap,mremap,madvise,mprotect,write,clone,clone3 ./x >out
	grep -q '"end' trace || die "the program did not end"
	# The first round makes them: the trace sees what it is to see.
	[ "$(sed '/"second/,$d' trace | grep -c madvise)" -gt 1000 ] || die "no guards in round one"
	quiet_round
}

test_second_round_mprotect() { # secs=120
	only opt debug
	need strace
	program
	sed -i 's/100000/20000/g' x.c
	gort build -o x x.c
	GODEBUG=stackguard=mprotect strace -f -o trace \
		-e trace=mmap,munmap,mremap,madvise,mprotect,write,clone,clone3 ./x >out
	[ "$(sed '/"second/,$d' trace | grep -c PROT_NONE)" -gt 1000 ] || die "no guards in round one"
	quiet_round
}

# Started and forgotten: how many live at a time is a matter of chance, and small. A later round may
# need some more than the first did, but not stacks by its 100,000.
test_forgotten() { # secs=120
	only opt debug
	need strace
	cat >x.c <<'C'
#include <gort.h>
#include <unistd.h>
static int left;
static gort_chan *done;
static void
leaf(void *arg)
{
	(void)arg;
	if (__atomic_sub_fetch(&left, 1, __ATOMIC_ACQ_REL) == 0)
		gort_send(done, 1);
}
int
gort_main(int argc, char **argv)
{
	(void)argc, (void)argv;
	done = gort_chan_make(int, 1);
	for (int round = 0, v; round < 4; round++) {
		left = 100000;
		for (int i = 0; i < 100000; i++)
			gort_go(leaf, NULL);
		(void)gort_recv(done, &v);
		if (write(1, "round\n", 6) != 6)
			return 1;
	}
	return 0;
}
C
	gort build -o x x.c
	for procs in 1 2 4; do
		GOMAXPROCS=$procs strace -f -o trace -e trace=madvise,write ./x >out
		want_lines out 4
		# MADV_GUARD_INSTALL, which strace may know; a thread that is made late maps its stack.
		sed 's/0x66/GUARD/' trace | grep -e madvise.*GUARD -e '"round' >guards || :
		[ "$(sed '/"round/,$d' guards | grep -c GUARD)" -gt 100 ] || skip "no guards by madvise"
		[ "$(grep -c GUARD guards)" -lt 2000 ] || die "more stacks than are in use at a time"
		n=$(sed '1,/"round/d' guards | grep -c GUARD) || :
		[ "$n" -lt 500 ] || die "$n stacks more in the later rounds"
	done
}
