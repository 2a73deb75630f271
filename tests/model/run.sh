#!/bin/bash
# run.sh: checks every model in this folder with spin: each correct variant must verify in full,
# each BUG variant must be refuted. One line a run; the last says how many did as they should.
#
# Needs spin and a C compiler. Works in a temporary folder; nothing is left in the tree.
# `run.sh PATTERN` runs those whose name matches the shell pattern. KEEP=1 keeps the folder.
# As many at a time as there are CPUs (JOBS=N: N); a search may take 3 GB of memory.
set -u
here=$(cd "$(dirname "$0")" && pwd)
pattern=${1:-*}
command -v spin >/dev/null 2>&1 || {
	echo "run.sh: spin is not installed (apt-get install spin)" >&2
	exit 1
}
tmp=$(mktemp -d) || exit 1
[ "${KEEP:-0}" = 1 ] || trap 'rm -rf "$tmp"' EXIT
trap 'kill $(jobs -p) 2>/dev/null; exit 130' INT TERM
jobs=${JOBS:-$(nproc)}
started=0

# check FILE VERDICT FLAGS...: in a folder of its own. Says how it went in one line, "ok ..." or
# "FAIL ...".
check() {
	local file=$1 verdict=$2 name errors states why
	shift 2
	name="${file%.pml}${*:+ $*}"
	if ! spin -a "$@" "$here/$file" >spin.log 2>&1; then
		echo "FAIL  $name: spin: $(tail -1 spin.log)"
		return
	fi
	# Safety only: assertions and deadlocks.
	${CC:-cc} -O2 -w -DSAFETY -DCOLLAPSE -DMEMLIM=3000 -o pan pan.c 2>cc.log || {
		echo "FAIL  $name: cc: $(tail -1 cc.log)"
		return
	}
	./pan -m1000000 >pan.log 2>&1
	errors=$(sed -n 's/.*errors: \([0-9][0-9]*\).*/\1/p' pan.log)
	states=$(sed -n 's/^ *\([0-9.e+]*\) states, stored.*/\1/p' pan.log)
	why=$(sed -n 's/^pan:[0-9]*: *\(.*\) (at depth.*/\1/p' pan.log | head -1)
	if grep -q -e 'max search depth too small' -e 'out of memory' pan.log &&
		[ "$verdict" = ok ]; then
		echo "FAIL  $name: search not complete"
	elif [ "$verdict" = ok ] && [ "$errors" = 0 ]; then
		echo "ok    $name: verified, $states states"
	elif [ "$verdict" = bug ] && [ "${errors:-0}" -gt 0 ]; then
		echo "ok    $name: refuted: $why"
	else
		echo "FAIL  $name: $verdict expected, errors: ${errors:-none reported} $why"
	fi
}

# model FILE VERDICT FLAGS...: VERDICT is ok (must verify) or bug (must be refuted).
model() {
	local name
	name="${1%.pml}${3:+ ${*:3}}"
	# shellcheck disable=SC2254
	case $name in
	$pattern) ;;
	*) return ;;
	esac
	[ "$(jobs -pr | wc -l)" -lt "$jobs" ] || wait -n
	started=$((started + 1))
	mkdir "$tmp/$started"
	(
		cd "$tmp/$started" || exit 1
		check "$@" >verdict
		cat verdict
	) &
}

model lock.pml ok
model lock.pml ok -DTHREADS=4 -DROUNDS=1
for bug in WANT_ONE UNLOCK_SPLIT SLEEP_BLIND; do
	model lock.pml bug -DBUG_$bug
done
model park.pml ok
model park.pml ok -DNM=3
for bug in COMMIT_EARLY COMMIT_ON_OWN_STACK STATUS_LATE ARG_LATE; do
	model park.pml bug -DBUG_$bug
done

model steal.pml ok -DRING -DNG=4
model steal.pml ok -DRING -DNG=5 -DTHIEVES=1
model steal.pml ok -DRING -DNG=4 -DTRIES=1 -DTHIEVES=1 -DOBSERVER
for bug in RUNNEXT_NOCAS NO_HEAD_CAS TAIL_FIRST; do
	model steal.pml bug -DRING -DBUG_$bug
done
model steal.pml bug -DRING -DTHIEVES=1 -DOBSERVER -DBUG_ONE_LOOK
model steal.pml ok -DSPIN
model steal.pml ok -DSPIN -DNP=3 -DNM=5 -DNOSYSCALL
for bug in NO_FENCE NO_RECHECK SPINNING_RECHECK; do
	model steal.pml bug -DSPIN -DBUG_$bug
done
model steal.pml bug -DSPIN -DNP=3 -DNM=5 -DNOSYSCALL -DBUG_NO_HANDON

model select.pml ok
model select.pml ok -DROUNDS=3
for bug in LINK_LATE RESET_EARLY NO_RACE NO_DELTIMER PP_LATE BLIND_DELTIMER; do
	model select.pml bug -DBUG_$bug
done

model stw.pml ok
model stw.pml ok -DNP=3
model stw.pml ok -DNOSYSMON
model stw.pml bug -DNOSYSMON -DBUG_NO_CHECK
for bug in NO_CAS KEEP_IDLE HANDOFF START_LATE; do
	model stw.pml bug -DBUG_$bug
done

model timer_sleep.pml ok
model timer_sleep.pml ok -DNO_UNTIL_ZERO # one of two ropes
model timer_sleep.pml bug -DBUG_NO_SECOND_LOOK
model timer_sleep.pml bug -DBUG_LATE_PUBLISH -DNO_UNTIL_ZERO
model timer_sleep.pml bug -DBUG_LASTPOLL_RESET

model revoke.pml ok
model revoke.pml ok -DROUNDS=5 -DTRIES=5
for bug in NO_BARRIER KEEP TAKE LOOK_FIRST; do
	model revoke.pml bug -DBUG_$bug
done

model asyncpark.pml ok -DHAND
model asyncpark.pml ok -DHAND -DNM=4 -DNF=3
model asyncpark.pml ok -DHAND -DNP=2 -DNM=4
model asyncpark.pml ok -DHAND -DNP=2 -DNM=4 -DBESIDE_IDLE # one of two ropes
for bug in PUSH_LATE IDLE_BLIND; do
	model asyncpark.pml bug -DHAND -DBUG_$bug
done
model asyncpark.pml ok -DTHREADS
for bug in NO_BARRIER NO_LOOK ONE_LOOK LATE_MAY; do
	model asyncpark.pml bug -DTHREADS -DBUG_$bug
done

model resume.pml ok
model resume.pml ok -DNP=2 -DROUNDS=3
model resume.pml ok -DNP=4 -DNT=4 -DCOMPUTE
for bug in LEAF SWEEP NO_CAS CLEAR_LATE AFTER; do
	model resume.pml bug -DBUG_$bug
done
model resume.pml bug -DNT=4 -DBUG_ENDS

model team.pml ok
model team.pml ok -DNH=3 -DJOBS=3 -DOBJECTS=7
for bug in IDLE_FIRST TAKE_FIRST ADD JOIN_ADD JOBS_LATE; do
	model team.pml bug -DBUG_$bug
done

model snapshot.pml ok -DNO=2
model snapshot.pml ok -DNM=1
for bug in RAGGED SIGNAL INSERT STOP WHITE ROOT; do
	model snapshot.pml bug -DBUG_$bug
done

model track.pml ok
model track.pml ok -DROUNDS=2
model track.pml ok -DONEPAGE
model track.pml ok -DWHITE
model track.pml ok -DNO=2 -DNM=2
model track.pml ok -DSWAP -DCHAIN
for bug in ROUND LAST READ STACKS ROOT BEGIN NEW; do
	model track.pml bug -DBUG_$bug
done
model track.pml bug -DSWAP -DCHAIN -DBUG_SEEN

model dead.pml ok
for bug in COUNT_LATE RETAKE_UNCOUNTED TWO_SECTIONS; do
	model dead.pml bug -DBUG_$bug
done

wait
passed=$(cat "$tmp"/*/verdict 2>/dev/null | grep -c '^ok ')
echo "$passed passed, $((started - passed)) failed"
[ "$passed" = "$started" ]
