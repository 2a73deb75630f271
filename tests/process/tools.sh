# The checks find what they are there to find.

toy() {
	only opt
	mkdir -p tools src/core src/base src/mem src/sched
	cp "$TOP/tools/check-layers.sh" tools/
	echo 'ROOMS := core base mem sched' >Makefile
	echo 'void up(void);' >src/core/upcalls.h
	echo '#include "core/upcalls.h"' >src/base/base.c
	echo '#include "base/base.h"' >src/mem/malloc.c
	: >src/base/base.h
	: >src/mem/internal.h
	: >src/sched/sched.h
}

test_layers() {
	toy
	tools/check-layers.sh
	printf '#include "mem/internal.h"\n' >>src/mem/malloc.c
	tools/check-layers.sh
	printf '\n#  include "sched/sched.h"\n' >>src/mem/malloc.c
	run tools/check-layers.sh
	want_status 1
	want_out 'src/mem/malloc.c:4: includes upward'
	printf '#include "mem/internal.h"\n' >src/sched/a.c
	run tools/check-layers.sh
	want_out 'src/sched/a.c:1: reaches into another room'
	printf 'extern void hidden(int);\n' >src/sched/b.c
	run tools/check-layers.sh
	want_out 'src/sched/b.c:1: a prototype belongs into a header'
	printf '#include "mem/malloc.c"\n' >src/sched/c.c
	run tools/check-layers.sh
	want_out 'src/sched/c.c:1: includes a source file'
}

test_layers_symbols() {
	toy
	mkdir -p o/obj/base o/obj/sched
	echo 'void up(void); void below(void) { up(); }' | gcc -x c -c -o o/obj/base/a.o -
	echo 'void below(void); void up(void) { below(); } void high(void) { }' | gcc -x c -c -o o/obj/sched/b.o -
	tools/check-layers.sh o
	echo 'void high(void); void sneaks(void) { high(); }' | gcc -x c -c -o o/obj/base/c.o -
	run tools/check-layers.sh o
	want_status 1
	want_out 'o/obj/base/c.o: needs from above: high'
}

test_symbols() {
	only opt
	mkdir -p tools b tests/abi
	cp "$TOP/tools/check-symbols.sh" tools/
	echo 'int gort_a(void) { return 1; }' >a.c
	lib() {
		gcc -fPIC -c a.c -o b/gort.o
		rm -f b/libgort.a
		ar rcs b/libgort.a b/gort.o
		gcc -shared -o b/libgort.so b/gort.o
	}
	lib
	tools/check-symbols.sh --update b
	tools/check-symbols.sh b
	echo 'int gort_b(void) { return 1; }' >>a.c
	lib
	run tools/check-symbols.sh b
	want_status 1
	want_out '+gort_b'
	tools/check-symbols.sh --update b
	echo 'int schedule(void) { return 1; }' >>a.c
	lib
	run tools/check-symbols.sh --update b
	want_status 1
	want_out '+schedule'
}

test_format() {
	only opt
	need clang-format
	mkdir -p tools src/core
	cp "$TOP/tools/check-format.sh" tools/
	cp "$TOP/.clang-format" .
	printf '/* a.c: a mechanism.  room: core */\nint a;\n' >src/core/a.c
	run tools/check-format.sh
	want_status 0
	printf '/* a.c: a mechanism.  room: core */\nint  a;\n' >src/core/a.c
	run tools/check-format.sh
	want_status 1
	printf '/* a.c: a mechanism. */\nint a;\n' >src/core/a.c
	run tools/check-format.sh
	want_status 1
	want_out 'src/core/a.c: its first line'
	printf '/* a.c: a mechanism.  room: core */\nint a; /* TO''DO */\n' >src/core/a.c
	run tools/check-format.sh
	want_status 1
	want_out 'marks of unfinished work'
}
