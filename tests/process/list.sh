#!/bin/sh
# list.sh: every process test, as tests/runner.c reads them: name, seconds, alone, command.
set -eu
TOP=$(cd "$(dirname "$0")/../.." && pwd -P)
cd "$TOP/tests/process"
tab=$(printf '\t')

for f in *.sh */*.sh; do
	case $f in lib.sh | run.sh | case.sh | list.sh | '*'*) continue ;; esac
	sed -n 's/^test_\([A-Za-z0-9_]*\)() *{ *\(#.*\)\{0,1\}$/\1 \2/p' "$f" | while read -r what note; do
		secs=$(expr " $note " : '.*secs=\([0-9]*\)' || :)
		case " $note " in *" alone "*) alone=alone ;; *) alone=- ;; esac
		echo "process/${f%.sh}/$what$tab${secs:-60}$tab$alone$tab'$TOP/tests/process/run.sh' '$TOP/tests/process/$f' $what"
	done
done

# cases FILE PROGRAM NAME
cases() {
	sed -n 's|^[ 	]*\(// *\)\{0,1\}||p' "$1" | awk -v name="$3" -v file="$1" -v prog="$2" -v top="$TOP" '
		function flush() {
			if (seen && what == "") return
			printf "%s%s\t%d\t%s\t\047%s/tests/process/case.sh\047 \047%s\047 \047%s\047 %s\n", name,
				what == "" ? "" : "/" what, s, a, top, file, prog, what
		}
		BEGIN { secs = s = 60; alone = a = "-" }
		/^case:/ { if (what != "") flush(); seen = 1; what = $2; s = secs; a = alone }
		/^secs:/ { s = $2; if (!seen) secs = $2 }
		/^alone/ { a = "alone"; if (!seen) alone = "alone" }
		END { flush() }'
}
for f in */*.c; do
	[ -f "$f" ] || continue
	grep -qE '^[[:space:]]*// *(case|args|env|build|stdin|status|stdout|stderr):' "$f" || continue
	cases "$TOP/tests/process/$f" "$TOP/tests/process/$f" "process/${f%.c}"
done
for f in examples/*.case; do
	[ -f "$f" ] || continue
	name=$(basename "$f" .case)
	example=$name
	[ -d "$TOP/examples/$example" ] || example=${name%%-*}
	cases "$TOP/tests/process/$f" "$TOP/examples/$example/$example.c" "process/examples/$name"
done
