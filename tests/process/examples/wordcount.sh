# wordcount says what the shell's own tools say, byte for byte.

# The definition of what wordcount prints.
words() {
	find "$1" -type f -exec sh -c 'for f; do cat "$f"; echo; done' sh {} + 2>find.err |
		LC_ALL=C tr -cs A-Za-z '\n' | grep . |
		LC_ALL=C sort | uniq -c | LC_ALL=C sort -k1,1nr -k2,2
}

build() {
	gort build -o ./wordcount "$TOP/examples/wordcount/wordcount.c"
}

same() {
	words "$1" >want
	cmp want out >&2 || {
		diff want out | head -20 >&2
		die "not what the pipeline says of $1"
	}
}

test_include() { # secs=300
	build
	for n in 1 2 8; do
		run env GOMAXPROCS=$n ./wordcount /usr/include
		want_status 0
		[ ! -s err ] || die "stderr is not empty"
		[ $n = 1 ] && same /usr/include && cp out first
		cmp first out >&2 || die "GOMAXPROCS=$n counts differently"
	done
}

tree() {
	mkdir -p 't/a/b' 't/.hidden' 't/with  spaces' 't/empty dir'
	: >t/empty
	printf 'no newline at the end' >t/a/one
	printf 'word\nword word\n\n' >t/a/b/two
	printf 'hid den' >t/.hidden/.three
	printf 'tail' >'t/with  spaces/ f '
	printf 'a\0b\377ab\001\200ABC\nzZ0aA9' >t/binary
	head -c 300000 /dev/urandom >t/random 2>/dev/null
	# One word of 200,000 letters, across every buffer; and one that ends with a buffer.
	awk 'BEGIN { for (i = 0; i < 20000; i++) printf "abcdefghij" }' >t/long
	awk 'BEGIN { for (i = 0; i < 65530; i++) printf " "; printf "border" }' >t/border
	awk 'BEGIN { for (i = 0; i < 65533; i++) printf " "; printf "border" }' >t/across
	awk 'BEGIN { for (i = 0; i < 30000; i++) printf "w%c%c%c%c ", 97+i%26, 97+i/26%26, 97+i/676%26, 97+i/17576%26 }' >t/many
	ln -s a/one t/link
	ln -s a t/linkdir
	ln -s nowhere t/dangling
	mkfifo t/fifo
}

test_odd_files() { # secs=120
	build
	tree
	run ./wordcount t
	want_status 0
	same t
	[ ! -s err ] || die "stderr is not empty"
	run ./wordcount t/a/one
	want_status 0
	same t/a/one
	run ./wordcount t/linkdir
	want_status 0
	same t/linkdir
	run ./wordcount 't/empty dir'
	want_status 0
	[ ! -s out ] || die "words in an empty directory"
}

test_many_files() { # secs=120
	build
	mkdir m
	(cd m && awk 'BEGIN { for (i = 0; i < 6000; i++) { f = "f" i; print "file", i % 7, "x" > f; close(f) } }')
	run sh -c 'ulimit -n 32; exec ./wordcount m'
	want_status 0
	same m
}

# Every word of one to three letters: a weak hash would take minutes.
test_short_words() { # secs=60
	build
	mkdir s
	awk 'BEGIN {
		l = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz"
		for (i = 1; i <= 52; i++) for (j = 0; j <= 52; j++) for (k = 0; k <= 52; k++)
			print substr(l, i, 1) substr(l, j, j > 0) substr(l, k, k > 0)
	}' >s/0
	for n in 1 2 3 4 5 6 7; do cp s/0 s/$n; done
	run env GOMAXPROCS=2 ./wordcount s
	want_status 0
	same s
}

test_unreadable() { # secs=120
	build
	tree
	printf 'secret' >t/a/closed
	chmod 000 t/a/closed
	mkdir t/a/shut
	chmod 000 t/a/shut
	who=
	if [ "$(id -u)" = 0 ]; then
		have setpriv || skip "needs setpriv, as root reads everything"
		who="setpriv --reuid 65534 --regid 65534 --clear-groups"
		chmod 711 .
		chmod -R o+rX t
		chmod 000 t/a/closed t/a/shut
	fi
	status=0
	$who ./wordcount t >out 2>err || status=$?
	want_status 1
	want_err "wordcount: t/a/closed: permission denied" "wordcount: t/a/shut: permission denied"
	want_lines err 2
	$who find t -type f -exec sh -c 'for f; do cat "$f"; echo; done' sh {} + 2>/dev/null |
		LC_ALL=C tr -cs A-Za-z '\n' | grep . |
		LC_ALL=C sort | uniq -c | LC_ALL=C sort -k1,1nr -k2,2 >want
	cmp want out >&2 || die "the readable files are not counted right"
	chmod 755 t/a/shut
}

test_arguments() {
	build
	run ./wordcount
	want_status 2
	want_err "usage: wordcount DIR"
	run ./wordcount does/not/exist
	want_status 1
	want_err "wordcount: does/not/exist: no such file or directory"
	run sh -c './wordcount "$1" >/dev/full' sh "$TOP/examples"
	want_status 1
	want_err "no space left on device"
}

# The twin in Go says the same.
test_twin() { # secs=120
	need go
	build
	tree
	run env HOME="$PWD" GO111MODULE=off go build -o twin "$TOP/examples/wordcount/wordcount.go"
	want_status 0
	run ./twin t
	want_status 0
	same t
}
