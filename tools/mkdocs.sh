#!/bin/sh
# mkdocs.sh: docs/locking.md and docs/debug.md from base/lockrank.def and base/debugvars.def.
#
#	tools/mkdocs.sh          writes them
#	tools/mkdocs.sh --check  fails if they differ from what would be written
#
# The tables are the .def files'; the prose around them is below.
set -eu
cd "$(dirname "$0")/.."

locking() {
	cat <<'E1'
# Locks of the runtime

*Made by `tools/mkdocs.sh` from `src/base/lockrank.def`; edit that.*

These are the locks that threads take inside the runtime (`src/base/lock_futex.c`): short sections, never
held while a goroutine parks. The mutexes of programs are another thing (`src/sync/syncmutex.c`).

A lock may be taken while holding only locks of **lower** rank, those that stand earlier in the table. Two
locks of one rank are taken in the order of their addresses: a `select` locks many channels so. A `LEAF` may be
taken under anything, and nothing but `SEGMENT` under it (code may need a stack anywhere); a lock whose author did not choose a rank is one.

The debug and hard builds check every acquisition (`src/base/lockrank.c`) and die at the first one that breaks
the order, naming both locks, whether or not it would have deadlocked that time. `trylock` cannot deadlock and is
not checked, but what it took counts for later locks.

| rank | name | what it guards |
|---:|---|---|
E1
	sed -n 's/^LOCKRANK(\([A-Z_0-9]*\), "\(.*\)")$/\1|\2/p' src/base/lockrank.def |
		awk -F'|' '{ printf "| %d | `%s` | %s |\n", NR - 1, $1, $2 }'
	cat <<'E1'

## Where they are declared

| rank | at |
|---|---|
E1
	# Ranks by the files that give them to a lock.
	sed -n 's/^LOCKRANK(\([A-Z_0-9]*\),.*/\1/p' src/base/lockrank.def | while read -r rank; do
		files=$(grep -rl "LOCKRANK_$rank\b" src --include='*.c' | grep -v '^src/base/lockrank.c$' |
			LC_ALL=C sort | sed 's/.*/`&`/' | tr '\n' ' ')
		echo "| \`$rank\` | ${files:-nothing yet }|"
	done
	cat <<'E1'

To add one: a line in `lockrank.def` at its place in the order, `lockInit` where the lock is made,
`tools/mkdocs.sh`.
E1
}

debugvars() {
	cat <<'E1'
# Variables of the environment

*Made by `tools/mkdocs.sh` from `src/base/debugvars.def`; edit that.*

The names and values are Go's where Go has them. One rule for all: a key that is not known is ignored, a value
that cannot be read gets one line on standard error and the default is used. A program that runs with more rights
than its caller (set-user-ID and the like) does not see `GODEBUG` and `GOTRACEBACK`, and prints no stacks.

| variable | values | default |
|---|---|---|
| `GOMAXPROCS` | how many threads run goroutines at a time; more than 1,024 counts as 1,024 | the CPUs of the affinity mask, bounded by the control group's quota, rounded up, which counts as 2 if it is less |
| `GOGC` | heap growth in percent that starts a collection, or `off` | 100 |
| `GOMEMLIMIT` | bytes, with an optional `B`, `KiB`, `MiB`, `GiB`, `TiB`, or `off` | off |
| `GOTRACEBACK` | `none`, `single`, `all`, `system`, `crash`, or a number | `single` |
| `GODEBUG` | `key=value,key=value`, below | |

`GOTRACEBACK`: `none` prints no stacks, `single` the goroutine that failed, `all` every goroutine, `system` also
the runtime's own frames and goroutines, `crash` the same and then aborts, for a core file. A fatal error of the
runtime shows all goroutines with any value but `none`.

## GODEBUG

The last setting of a key counts. `cpu.NAME=off` makes the runtime do without a feature of the CPU (`aes`, `avx2`,
`erms`, ...; `all`).

| key | values | default | |
|---|---|---|---|
E1
	awk '
	/^DEBUG.*,$/ { line = line $0 " "; next }
	{ $0 = line $0; line = "" }
	/^DEBUGVAR\(/ {
		match($0, /"[^"]*"/); help = substr($0, RSTART + 1, RLENGTH - 2)
		head = substr($0, 10, RSTART - 10); split(head, f, /, */)
		range = f[4] == 2147483647 ? f[3] " and up" : f[3] " to " f[4]
		printf "| `%s` | %s | %s | %s |\n", f[1], range, f[2], help
	}
	/^DEBUGSTR\(/ {
		n = split($0, q, "\""); split(substr(q[1], 10), f, /, */); split(q[2], w, "|")
		values = q[2]; gsub(/\|/, "`, `", values)
		printf "| `%s` | `%s` | `%s` | %s |\n", f[1], values, w[f[2] + 1], q[4]
	}' src/base/debugvars.def
	cat <<'E1'

## For tests, in debug and hard builds only

| variable | |
|---|---|
| `GORT_FAULT=call:n` | the n-th such call of the runtime is refused; `n+`: and all later ones; `n:EPERM`, `n+:38`: with this error; `n:die`: the process dies there with a traceback (`src/os/linux/fault.c`) |
| `GORT_CPU_PRETEND=1..4` | the CPU counts as x86-64-v1 to v4 (`src/arch/amd64/cpu.c`) |

## What may be refused

Every call that the runtime makes and that can fail, with what happens if it does. *Fatal*: a message that names
the call or what it was for, exit status 2; at start most are a single line, later stacks follow. The error
in the second column is the one that `GORT_FAULT` gives if none is said. The last lines are a guard by whatever
call, a thread, and calls of libc's. Made from `src/os/linux/syscalls.def`; `tests/process/systems/refusals.sh` has
a test for each line.

| call | error | what for | when it is refused |
|---|---|---|---|
E1
	sed -n 's/^SYSCALL(\([a-z0-9_]*\), \([A-Z]*\), "\(.*\)", "\(.*\)")$/| `\1` | `\2` | \3 | \4 |/p' \
		src/os/linux/syscalls.def
}

one() {
	if [ "$mode" = --check ]; then
		"$1" | cmp -s - "docs/$2" || {
			echo "docs/$2 is not what tools/mkdocs.sh makes of the sources" >&2
			bad=1
		}
	else
		"$1" >"docs/$2.tmp" && mv "docs/$2.tmp" "docs/$2"
	fi
}

mode=${1:-}
bad=0
one locking locking.md
one debugvars debug.md
exit $bad
