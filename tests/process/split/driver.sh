# Programs with split stacks: how they are made, and what tells that they are safe to start small.

program() {
	cat >p.c <<'C'
#include <gort.h>
#include <stdint.h>
#include <stdio.h>

static void
waits(void *arg)
{
	/* A segment shares its page with others; the stack of a slot lies on a page of its own. */
	uintptr_t here = (uintptr_t)__builtin_frame_address(0);
	gort_send(arg, here);
}

int
gort_main(int argc, char **argv)
{
	(void)argc;
	(void)argv;
	gort_chan *c = gort_chan_make(uintptr_t, 0);
	uintptr_t at[8], near = 0;
	for (int i = 0; i < 8; i++)
		gort_go(waits, c);
	for (int i = 0; i < 8; i++)
		gort_recv(c, &at[i]);
	for (int i = 0; i < 8; i++)
		for (int j = 0; j < i; j++) {
			uintptr_t d = at[i] > at[j] ? at[i] - at[j] : at[j] - at[i];
			near += d < 64 << 10;
		}
	puts(near > 0 ? "segments" : "slots");
	return 0;
}
C
}

test_linkers() {
	only opt split splitdebug
	program
	gort build --split-stack -o p p.c
	[ "$(./p)" = segments ] || die "goroutines of a program linked by lld do not start small"
	GORT_SPLIT_LD=gold gort build --split-stack -o g p.c
	[ "$(./g)" = segments ] || die "goroutines of a program linked by gold do not start small"
	gort build -o plain p.c
	[ "$(./plain)" = slots ] || [ "$GORT_SETUP" != opt ] || die "no split stacks were asked for"
}

# A link that does not keep the promise is seen in the boot: bfd ld changes no callers, lazy binding
# runs the loader on whatever stack there is.
test_foreign_links() { # secs=120
	only split splitdebug
	program
	lib=$(gort env --libs)
	flags="-O2 -fsplit-stack -fcf-protection=none $(gort env --cflags)"
	# shellcheck disable=SC2086
	gcc $flags -fuse-ld=bfd -Wl,-z,now -o bfd p.c $lib
	[ "$(./bfd)" = slots ] || die "linked by bfd ld, and yet goroutines start small"
	GODEBUG=boottrace=1 ./bfd 2>&1 | grep -qF "no small segments: not linked by lld or gold" ||
		die "the boot trace does not say why"
	# shellcheck disable=SC2086
	gcc $flags -fuse-ld=lld -Wl,-z,lazy -o lazy p.c $lib
	[ "$(./lazy)" = slots ] || die "linked with -z lazy, and yet goroutines start small"
	GODEBUG=boottrace=1 ./lazy 2>&1 | grep -qF "no small segments: not linked with -z now" ||
		die "the boot trace does not say why"
	# shellcheck disable=SC2086
	gcc $flags -fuse-ld=lld -Wl,-z,now -o now p.c $lib
	[ "$(./now)" = segments ] || die "linked by hand as it should be: no small segments"
}

# A function that was not compiled for split stacks runs on a slot, whoever starts it.
test_foreign_functions() {
	only opt split splitdebug
	program
	sed 's/^waits/__attribute__((no_split_stack)) waits/' p.c >q.c
	gort build --split-stack -o q q.c
	[ "$(./q)" = slots ] || die "a function that does not ask for stack was started on a segment"
}

test_refusals() {
	only opt
	program
	run env CC=clang "$TOP/gort" build --split-stack p.c
	want_status 1
	want_lines err 1
	want_err "--split-stack needs gcc"
	run gort build --split-stack --sanitize thread p.c
	want_status 1
	want_lines err 1
	want_err "--split-stack and --sanitize do not go together"
	GORT_SPLIT_LD=bfd
	export GORT_SPLIT_LD
	run gort build --split-stack p.c
	want_status 1
	want_lines err 1
	want_err "needs lld or gold"
}

test_freestanding() { # secs=240
	only opt
	cat >f.c <<'C'
#include <gort.h>

static int
deep(int n)
{
	volatile char b[64];
	b[n & 63] = 1;
	return n == 0 ? 0 : deep(n - 1) + b[n & 63];
}

static void
goes(void *arg)
{
	gort_send(arg, deep(100000));
}

int
gort_main(int argc, char **argv)
{
	(void)argc;
	(void)argv;
	gort_chan *c = gort_chan_make(int, 0);
	int v = 0;
	for (int i = 0; i < 100; i++) {
		gort_go(goes, c);
		gort_recv(c, &v);
		if (v != 100000)
			return 1;
	}
	gort_print("done\n");
	return 0;
}
C
	gort build --freestanding --split-stack -o f f.c
	[ "$(./f)" = done ] || die "status $?"
}
