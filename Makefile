# gort: one GNU Makefile. `make` builds the library, `make unit` the tests of its rooms.
# V= picks a set-up, each with its own folder build/$(V):
#
#   opt           what users get (default)
#   debug         lock ranks, internal assertions
#   hard          debug, and tiny queues, yields everywhere, poisoned memory
#   asan tsan ubsan
#   freestanding  no libc, no threads library: programs of `gort build --freestanding`
#   split splitdebug splithard splitfree
#                 opt, debug, hard and freestanding for programs compiled with -fsplit-stack (gcc):
#                 goroutines start on 2 KiB, docs/stacks.md
#
# CC=clang builds into build/$(V)-clang. WERROR=-Werror makes warnings errors. CFLAGS adds flags.
#
# Each room is a folder under src/ and includes only rooms to its left; tools/check-layers.sh
# holds them to it. A port is picked by folder, never by the preprocessor.
ROOMS := core arch os base mem gc event sched sync lang prof boot capi
# The Go door is a room beside capi, of split set-ups only.
DOORROOM := gccgo

V    ?= opt
ARCH ?= amd64
OS   ?= linux
ifeq ($(origin CC),default)
CC := gcc
endif
OBJCOPY ?= objcopy
PREFIX  ?= /usr/local

SPLITVARIANTS := split splitdebug splithard splitfree
VARIANTS := opt debug hard asan tsan ubsan freestanding $(SPLITVARIANTS)
ifeq ($(filter $(V),$(VARIANTS)),)
$(error V=$(V): there is no such set-up; choose of $(VARIANTS))
endif
CCNAME := $(notdir $(firstword $(CC)))
SPLIT  := $(filter $(V),$(SPLITVARIANTS))
ifneq ($(if $(SPLIT),$(findstring clang,$(CCNAME))),)
$(error V=$(V): clang accepts -fsplit-stack and compiles half of it; this set-up needs gcc)
endif
B      ?= build/$(V)$(if $(findstring clang,$(CCNAME)),-$(CCNAME))

# ---- sources ----------------------------------------------------------------------------------

FLAVOUR := $(if $(filter freestanding splitfree,$(V)),freestanding,hosted)
PORTS   := $(FLAVOUR) $(if $(SPLIT),split $(FLAVOUR)/split)
SRCDIRS := $(foreach d,$(ROOMS:%=src/%) src/arch/$(ARCH) src/os/$(OS),$(d) $(PORTS:%=$(d)/%))
SRCS := $(sort $(wildcard $(addsuffix /*.c,$(SRCDIRS)) $(addsuffix /*.S,$(SRCDIRS))))
OBJS := $(patsubst src/%,$(B)/obj/%.o,$(SRCS))
# main is its own archive member, outside the sealed object: a program may bring its own.
MAINOBJ := $(B)/obj/capi/hosted/main.c.o
MAINSHARED := $(B)/obj/capi/hosted/main.shared.o
# So are functions that stand in for libc's, and what programs with split stacks refer to: the
# linker takes those that are called.
APARTOBJS := $(filter %apart.c.o %apart.S.o %/unmarked.S.o,$(OBJS))
LIBOBJS := $(filter-out $(MAINOBJ) $(APARTOBJS),$(OBJS))
MEMBERS := $(APARTOBJS) $(if $(filter hosted,$(FLAVOUR)),$(MAINOBJ))

TESTSRCS := $(sort $(wildcard tests/unit/*.c tests/unit/*/*.c tests/unit/*/*/*.c)) tests/runner.c
UNITAPART := $(filter %/unmarked.S.o %/split/apart.c.o %/sigmask_apart.c.o,$(APARTOBJS))
TESTOBJS := $(patsubst tests/%.c,$(B)/tests/%.c.o,$(TESTSRCS))

# The Go door: one sealed object for programs compiled by gccgo, `make V=split go`. Its types are Go,
# compiled by gccgo. What a linker must find unmarked stays a member by itself.
GCCGO := gccgo-12
DOORSRCS := $(sort $(wildcard src/gccgo/*.c src/gccgo/*.S))
DOOROBJS := $(patsubst src/%,$(B)/obj/%.o,$(filter-out %apart.c %apart.S %member.c,$(DOORSRCS))) $(B)/obj/gccgo/shim.o
# Taken by those who ask for it; that it is there means something.
DOORMEMBERS := $(patsubst src/%,$(B)/obj/%.o,$(filter %member.c,$(DOORSRCS)))
DOORMARK := $(B)/obj/arch/$(ARCH)/split/unmarked.S.o
DOORAPART := $(filter %split/apart.c.o,$(APARTOBJS))
DOORSTUBS := $(filter-out $(DOORMARK) $(DOORAPART),$(APARTOBJS)) $(patsubst src/%,$(B)/obj/%.o,$(filter %apart.c,$(DOORSRCS)))

# ---- flags ------------------------------------------------------------------------------------

WARN := -Wall -Wextra -Wshadow -Wundef -Wvla -Wstrict-prototypes -Wmissing-prototypes \
	-Wold-style-definition -Wredundant-decls -Wnested-externs -Wpointer-arith -Wwrite-strings \
	-Wformat=2 -Wno-format-nonliteral -Wimplicit-fallthrough -Wno-sign-conversion \
	-Werror=implicit-function-declaration -Werror=incompatible-pointer-types \
	-Werror=int-conversion -Werror=return-type
# Tracebacks tell the library's code by where its sources are: absolute, whatever make was given.
NOTHING :=
COMMA := ,
HERE := $(subst $(NOTHING) ,\ ,$(CURDIR))
BASEFLAGS := -std=gnu11 -g -O2 -fPIC -fvisibility=hidden -fno-common -fno-strict-aliasing \
	-fno-omit-frame-pointer -fno-optimize-sibling-calls -ffunction-sections -fdata-sections \
	-fstack-clash-protection -fno-stack-protector -ftls-model=initial-exec $(WARN) \
	-Isrc -I$(B)/gen -Iinclude -DGORT_BUILDING -fdebug-prefix-map=src/=$(HERE)/src/
FLAGS_opt :=
FLAGS_debug := -DGORT_DEBUG=1 -O1
FLAGS_hard := -DGORT_DEBUG=1 -DGORT_HARD=1 -O1
FLAGS_asan := -fsanitize=address -DGORT_DEBUG=1 -O1
FLAGS_tsan := -fsanitize=thread -O1
FLAGS_ubsan := -fsanitize=undefined -fno-sanitize-recover=undefined -DGORT_DEBUG=1 -O1
# Without libc size counts: no unwind tables until something unwinds (tracebacks walk frame
# pointers), and what runs once or only when a program dies is compiled for size.
FLAGS_freestanding := -DGORT_FREESTANDING=1 -ffreestanding -fno-pic -fno-pie \
	-fno-unwind-tables -fno-asynchronous-unwind-tables -fno-ident -foptimize-sibling-calls \
	$(if $(findstring clang,$(CC)),,-fno-align-loops -fno-align-jumps)
FLAGS_splitdebug := $(FLAGS_debug)
FLAGS_splithard := $(FLAGS_hard)
FLAGS_splitfree := $(FLAGS_freestanding)
# The library asks for stack as programs do. Linkers that keep the promise refuse code marked for
# control-flow protection, whose marks would come before the prologue.
SPLITFLAGS := $(if $(SPLIT),-fsplit-stack -DGORT_SPLIT=1 -fcf-protection=none)
SPLITLINK := $(if $(SPLIT),-fsplit-stack -fuse-ld=$(or $(SPLITLD),lld) -Wl$(COMMA)-z$(COMMA)now)
# Freestanding programs are for where size counts: there only these are compiled for speed.
HOTFILES := sched/park sched/newproc sched/runq sync/chan sync/select mem/malloc capi/api_mem \
	capi/api_chan capi/api_select
ALLFLAGS := $(BASEFLAGS) $(FLAGS_$(V)) $(SPLITFLAGS) $(CFLAGS)
# A deferred call is a function's last deed, and so may be a jump: defer.c.
$(B)/obj/lang/defer.c.o: ALLFLAGS += -foptimize-sibling-calls
# The scheduler's functions end in a switch to another stack as often as in a return; told of each
# entry, ThreadSanitizer's record of the call stack would grow without end.
ifeq ($(V),tsan)
$(B)/obj/sched/%.c.o: ALLFLAGS += $(if $(findstring clang,$(CCNAME)),-mllvm -tsan-instr,--param=tsan-instr)ument-func-entry-exit=0
endif
SANITIZE := $(filter -fsanitize=% -fno-sanitize%,$(FLAGS_$(V)))

# libbacktrace comes with gcc and turns addresses into file:line in tracebacks. Its objects become
# part of the sealed object, so that users need nothing. What is loaded it asks us, not the loader
# (src/prof/hosted/objects.c).
ifeq ($(FLAVOUR),hosted)
BACKTRACEA := $(shell gcc -print-file-name=libbacktrace.a 2>/dev/null)
BACKTRACE  := $(B)/gen/libbacktrace.a
BACKTRACEH := $(shell gcc -print-file-name=include/backtrace.h 2>/dev/null)
GENERATED  := $(B)/gen/arch/this $(B)/gen/backtrace.h
else
GENERATED  := $(B)/gen/arch/this
endif

# ---- the library ------------------------------------------------------------------------------

.PHONY: all lib go shared unit check install clean FORCE
.DELETE_ON_ERROR:
all: lib $(if $(SPLIT),,$(if $(filter hosted,$(FLAVOUR)),shared))
lib: $(B)/libgort.a
go: $(B)/libgortgo.a $(B)/libgortstub.a $(B)/gotextbegin.o $(B)/gotextend.o $(B)/gotables.ld
shared: $(B)/libgort.so
unit: $(B)/unit

# What everything was compiled with, and from what: a change rebuilds. (WERROR changes no code.)
FLAGSNOW := $(CC) $(ALLFLAGS)
LISTNOW := $(sort $(LIBOBJS) $(TESTOBJS))
# One short line a file; VERBOSE=1 shows the commands.
Q   := $(if $(VERBOSE),,@)
SAY  = $(if $(VERBOSE),@:,@echo "  $(1) $@")
$(B)/flags: FORCE
	@mkdir -p $(@D)
	@printf '%s\n' '$(FLAGSNOW)' | cmp -s - $@ || printf '%s\n' '$(FLAGSNOW)' >$@
$(B)/list: FORCE
	@mkdir -p $(@D)
	@printf '%s\n' '$(LISTNOW)' | cmp -s - $@ || printf '%s\n' '$(LISTNOW)' >$@

$(B)/gen/arch/this:
	@mkdir -p $(@D) && ln -sfn "$(CURDIR)/src/arch/$(ARCH)" $@
$(B)/gen/backtrace.h:
	@mkdir -p $(@D) && ln -sfn $(BACKTRACEH) $@
$(B)/gen/libbacktrace.a: $(BACKTRACEA)
	@mkdir -p $(@D)
	$(call SAY,OBJCOPY)
	$(Q)$(OBJCOPY) --redefine-sym dl_iterate_phdr=loadedObjects $< $@

$(B)/obj/%.c.o: src/%.c $(B)/flags | $(GENERATED)
	@mkdir -p $(@D)
	$(call SAY,CC)
	$(Q)$(CC) $(ALLFLAGS) $(WERROR) -MMD -MP -c -o $@ $<
$(B)/obj/%.S.o: src/%.S $(B)/flags | $(GENERATED)
	@mkdir -p $(@D)
	$(call SAY,CC)
	$(Q)$(CC) $(ALLFLAGS) $(WERROR) -MMD -MP -c -o $@ $<
# What is written in assembly gets along with a small stack; one object says it does not, on purpose.
ifneq ($(SPLIT),)
$(B)/obj/%.S.o: ALLFLAGS += $(if $(filter unmarked,$(notdir $*)),,-include src/core/splitnote.inc)
endif
ifeq ($(FLAVOUR),freestanding)
$(B)/obj/%.S.o: ALLFLAGS += -include src/core/debugframe.inc
$(filter-out $(HOTFILES:%=$(B)/obj/%.c.o),$(filter %.c.o,$(LIBOBJS))): private ALLFLAGS += -Os
endif
# Tracebacks without libbacktrace know the library's functions by the names of its sources.
$(B)/obj/prof/freestanding/symbolize.c.o: private ALLFLAGS += \
	-DGORT_SOURCES='"$(notdir $(filter %.c,$(SRCS)))"'
# In the shared library gort_main is weak: a program with its own main has none.
$(MAINSHARED): src/capi/hosted/main.c $(B)/flags | $(GENERATED)
	@mkdir -p $(@D)
	$(call SAY,CC)
	$(Q)$(CC) $(ALLFLAGS) $(WERROR) -DGORT_SHARED=1 -MMD -MP -c -o $@ $<

# Sealed: one object in which everything but the API is local, so that a program's own schedule()
# or malloc() never meets ours. Sections stay apart, also those of static functions of one name
# (--unique; ld -r would make one of them, and each keep the other), so that --gc-sections of the
# program's link still drops what it does not use.
SEAL := --localize-hidden
ifeq ($(FLAVOUR),hosted)
SEAL += --wildcard --keep-global-symbol='gort_*' $(if $(SPLIT),--keep-global-symbol='__morestack*')
endif
$(B)/gort.o: $(LIBOBJS) $(BACKTRACE) $(B)/list
	$(call SAY,LD)
	$(Q)$(LD) -r --unique -o $@.tmp $(LIBOBJS) $(BACKTRACE)
	$(Q)$(OBJCOPY) $(SEAL) $@.tmp $@
	@rm -f $@.tmp

ifeq ($(FLAVOUR),hosted)
$(B)/libgort.a: $(B)/gort.o $(MEMBERS)
	@rm -f $@
	$(call SAY,AR)
	$(Q)$(AR) rcs $@ $(B)/gort.o $(MEMBERS)
$(B)/libgort.so: $(B)/gort.o $(MAINSHARED) $(APARTOBJS) gort.map
	$(call SAY,LD)
	$(Q)$(CC) -shared $(SANITIZE) -Wl,-soname,libgort.so.0 -Wl,-z,nodelete \
		-Wl,--version-script=gort.map -Wl,--gc-sections $(if $(SANITIZE),,-Wl,-z,defs) -o $@ \
		$(B)/gort.o $(MAINSHARED) $(APARTOBJS) -pthread
	@ln -sf libgort.so $(B)/libgort.so.0
# Functions of the rooms below that need nothing but their outside names get them here; what the list
# names must be there.
DOORDEF := src/gccgo/symbols.def
GOALIAS := $(B)/gen/goalias
$(GOALIAS): $(DOORDEF) $(LIBOBJS) $(DOOROBJS) $(DOORMEMBERS)
	@mkdir -p $(@D)
	@nm -g --defined-only $(LIBOBJS) $(DOOROBJS) $(DOORMEMBERS) | awk 'NR == FNR { if (NF == 3) have[$$3] = 1; next } \
		/^#/ { next } \
		$$2 == "alias" && $$4 in have { printf "--defsym=%s=%s\n", $$3, $$4; next } \
		$$2 == "alias" { missing = 1; print "symbols.def: no " $$4 " for " $$3 >"/dev/stderr" } \
		$$2 != "alias" && $$2 != "libgo" && !($$3 in have) { missing = 1; print "symbols.def: no " $$3 >"/dev/stderr" } \
		END { exit missing }' - $(DOORDEF) >$@
$(B)/obj/gccgo/shim.o: $(wildcard src/gccgo/shim/*.go)
	@mkdir -p $(@D)
	$(call SAY,GCCGO)
	$(Q)$(GCCGO) -c -O2 -g -fgo-pkgpath=runtime -fcf-protection=none -o $@ $^
GOSEAL := --wildcard --keep-global-symbol='gort_*' --keep-global-symbol='*.*' --keep-global-symbol='__go*' --keep-global-symbol='__gccgo*' \
	--keep-global-symbol='__morestack*' --keep-global-symbol='runtime_*' --keep-global-symbol=main \
	--keep-global-symbol='__wrap_*'
$(B)/gortgo.o: $(LIBOBJS) $(DOOROBJS) $(DOORAPART) $(BACKTRACE) $(GOALIAS) $(B)/list
	$(call SAY,LD)
	$(Q)$(LD) -r --unique -o $@.tmp $(LIBOBJS) $(DOOROBJS) $(DOORAPART) $(BACKTRACE) @$(GOALIAS)
	$(Q)$(OBJCOPY) $(GOSEAL) $@.tmp $@
	@rm -f $@.tmp
$(B)/libgortgo.a: $(B)/gortgo.o $(DOORMARK) $(DOORMEMBERS)
	@rm -f $@
	$(call SAY,AR)
	$(Q)$(AR) rcs $@ $^
$(B)/gotext%.o: $(B)/obj/gccgo/text%_apart.S.o
	$(Q)cp $< $@
$(B)/gotables.ld: src/gccgo/tables.ld
	$(Q)cp $< $@
$(B)/libgortstub.a: $(DOORSTUBS)
	@rm -f $@
	$(call SAY,AR)
	$(Q)$(AR) rcs $@ $^
$(B)/unit: $(TESTOBJS) $(LIBOBJS) $(UNITAPART) $(BACKTRACE) $(B)/list
	$(call SAY,LD)
	$(Q)$(CC) $(SANITIZE) $(SPLITLINK) -o $@ $(TESTOBJS) $(LIBOBJS) $(UNITAPART) $(BACKTRACE) -pthread -lm
else
$(B)/libgort.a: $(B)/gort.o $(MEMBERS)
	@rm -f $@
	$(call SAY,AR)
	$(Q)$(AR) rcs $@ $(B)/gort.o $(MEMBERS)
endif

# A library with one file compiled differently: `make broken SRC=src/boot/rt0_go.c
# BREAK=-DGORT_BREAK_TLS=1 OUT=/tmp/libgort.a`. Tests break a promise each and see it noticed.
.PHONY: broken
broken: $(B)/libgort.a
	$(Q)$(CC) $(ALLFLAGS) $(BREAK) -c -o $(OUT).o $(SRC)
	$(Q)$(LD) -r --unique -o $(OUT).tmp $(filter-out $(SRC:src/%=$(B)/obj/%.o),$(LIBOBJS)) $(OUT).o $(BACKTRACE)
	$(Q)$(OBJCOPY) $(SEAL) $(OUT).tmp $(OUT).o
	@rm -f $(OUT) $(OUT).tmp
	$(Q)$(AR) rcs $(OUT) $(OUT).o $(MEMBERS)

# The unit tests, likewise: `make broken-unit V=debug SRC=src/sched/park.c
# BREAK=-DGORT_BREAK=BREAK_WAKEUP OUT=/tmp/unit`. See src/core/broken.h.
.PHONY: broken-unit
broken-unit: $(B)/unit
	$(Q)$(CC) $(ALLFLAGS) $(if $(SPLIT),$(if $(filter %.S,$(SRC)),-include src/core/splitnote.inc)) $(BREAK) -c -o $(OUT).o $(SRC)
	$(Q)$(CC) $(SANITIZE) $(SPLITLINK) -o $(OUT) $(TESTOBJS) $(filter-out $(SRC:src/%=$(B)/obj/%.o),$(LIBOBJS)) \
		$(UNITAPART) $(OUT).o $(BACKTRACE) -pthread -lm
	@rm -f $(OUT).o

# The Go door, likewise: `make broken-go V=split SRC=... BREAK=... OUT=/tmp/broken.a`, and
# `gort link -o x x.o /tmp/broken.a`.
.PHONY: broken-go
broken-go: $(B)/libgortgo.a
	$(Q)$(CC) $(ALLFLAGS) $(if $(filter %.S,$(SRC)),-include src/core/splitnote.inc) $(BREAK) -c -o $(OUT).o $(SRC)
	$(Q)$(LD) -r --unique -o $(OUT).tmp $(filter-out $(SRC:src/%=$(B)/obj/%.o),$(LIBOBJS) $(DOOROBJS) $(DOORAPART)) \
		$(OUT).o $(BACKTRACE) @$(GOALIAS)
	$(Q)$(OBJCOPY) $(GOSEAL) $(OUT).tmp $(OUT).o
	@rm -f $(OUT) $(OUT).tmp
	$(Q)$(AR) rcs $(OUT) $(OUT).o $(DOORMARK)

$(B)/tests/%.c.o: tests/%.c $(B)/flags | $(GENERATED)
	@mkdir -p $(@D)
	$(call SAY,CC)
	$(Q)$(CC) $(ALLFLAGS) $(WERROR) -Itests -MMD -MP -c -o $@ $<

# `make build/debug/obj/mem/malloc.c.o CC=clang` means the object in clang's folder.
ifneq ($(B),build/$(V))
build/$(V)/obj/%: $(B)/obj/% ;
endif

# ---- checks, installation ---------------------------------------------------------------------

check:
	tools/check.sh

install:
	tools/install.sh '$(DESTDIR)' '$(PREFIX)'

clean:
	rm -rf build

-include $(OBJS:.o=.d) $(DOOROBJS:.o=.d) $(TESTOBJS:.o=.d) $(MAINSHARED:.o=.d)
