# The door's list of symbols against the library and against libgo.

library() {
	only opt split
	need gccgo-12 nm
	"$TOP/gort" link -o /dev/null --version >/dev/null 2>&1 || :
	built=$TOP/build/split
	make -s -C "$TOP" V=split go >make.log 2>&1 || {
		cat make.log >&2
		die "make V=split go"
	}
	def=$TOP/src/gccgo/symbols.def
	nm -g --defined-only "$built/libgortgo.a" | awk 'NF == 3 { print $3 }' | sort -u >have
	awk '!/^#/ && $2 != "libgo" { print $3 }' "$def" | sort -u >want
}

test_all_there() { # secs=300
	library
	comm -13 have want >missing
	[ ! -s missing ] || die "in symbols.def, not in the library:" $(cat missing)
}

# Go's names that no line has: shim's descriptors, values and generated comparisons apart.
test_none_extra() { # secs=300
	library
	comm -23 have want | grep '\.' | grep -vE '^runtime\..*\.\.(f|eq|hash|types|p|d|stub)$|^(type|gcbits|int|uint|string|bool|error|float|complex)[^.]*\.\.|\.\.(p|d)$|^runtime\.(mk|errorText)|\.(Error|RuntimeError|Addr)$' >extra || :
	[ ! -s extra ] || die "in the library, not in symbols.def:" $(cat extra)
}

# A line for something that is not there fails the build: an inner name, and one written in the folder.
test_build_checks() { # secs=300
	library
	for line in "A alias runtime.newone noSuchFunction" "A code runtime.newone"; do
		{
			cat "$def"
			echo "$line"
		} >more.def
		run make -s -C "$TOP" V=split DOORDEF="$PWD/more.def" GOALIAS="$PWD/goalias" "$PWD/goalias"
		[ "$status" != 0 ] || die "no complaint: $line"
		want_err "runtime.newone"
		[ ! -e goalias ] || die "a list was made"
	done
	run make -s -C "$TOP" V=split DOORDEF="$def" GOALIAS="$PWD/goalias" "$PWD/goalias"
	want_status 0
	[ "$(wc -l <goalias)" -gt 150 ] || die "few aliases"
}

# What libgo's other objects ask for and none of them has.
test_libgo_needs() { # secs=300
	library
	libgo=$(gccgo-12 -print-file-name=libgo.a)
	runtime=$(sed -n "s/^LIBGORUNTIME='\(.*\)'/\1/p" "$TOP/tools/go.sh")
	nm -A "$libgo" 2>/dev/null | grep -vE "libgo\.a:($runtime)\.o:" >all
	awk '$(NF - 1) == "U" { print $NF }' all | sort -u >asked
	awk 'NF > 2 && $(NF - 1) ~ /^[TtDdBbRrVvWwCGS]$/ { print $NF }' all | sort -u >offered
	comm -23 asked offered | grep -E '^[a-z_0-9]+\.|^__go|^runtime_' >needed
	[ "$(wc -l <needed)" -gt 200 ] || die "libgo asks for only $(wc -l <needed) symbols: the test looks at the wrong thing"
	cat have >there
	awk '$2 == "libgo" { print $3 }' "$def" >>there
	sort -u there -o there
	# The program's own.
	comm -23 needed there | grep -vxE 'main\.main|__go_init_main|runtime\.(getg|gwrite|gostringnocopy|scanstackblock|scanstackwithmap)|__go_assert_fail|runtime\.NewErrorCString|go\.\..*' >missing || :
	[ ! -s missing ] || die "libgo asks for:" $(cat missing)
}

# Nothing in the door only says that it is not written: by its words, and by its code, a function that
# is nothing but a call of one that ends the program.
test_no_stub() { # secs=300
	library
	need objdump
	! grep -rniE 'not (yet )?implemented|unimplemented|stub called' "$TOP/src/gccgo" --include='*.[chS]' --include='*.go' ||
		die "a stub in the door"
	! strings -a "$built/gortgo.o" | grep -i 'stub called' || die "a stub in the library"
	objdump -dr --no-show-raw-insn "$built/gortgo.o" >code
	stubs <code | sort -u >ends
	sort -u want | comm -12 - ends >stubs.list
	# A go statement with a nil function is fatal, and that is all this one is for; so the look sees it.
	want_equal "$(cat stubs.list)" runtime.panicgonil
}

# stubs <DISASSEMBLY: functions that do nothing but call what ends the program. A prologue that asks for
# stack (one conditional jump, __morestack, one ret) does not count.
stubs() {
	awk '
		function target(n) {
			if (n ~ /^__morestack/)
				asks++
			else if (n ~ /^(throw|throwf|fatal|abort|os_abort|os_exit)$/)
				ends++
			else
				calls++
		}
		function flush() {
			if (name != "" && ends > 0 && calls == 0 && rets <= asks && jumps <= asks)
				print name
		}
		/^[0-9a-f]+ <.*>:$/ {
			flush()
			name = substr($2, 2, length($2) - 3)
			asks = calls = ends = rets = jumps = 0
			next
		}
		/R_X86_64_P(LT|C)32/ && called { n = $3; sub(/[-+]0x.*/, "", n); target(n) }
		{ called = 0 }
		/\t(call|jmp) / { called = 1 }
		/\tj[a-ln-z][a-z]* / { jumps++ }
		/\tret/ { rets++ }
		/\tud2/ { ends++ }
		END { flush() }'
}
