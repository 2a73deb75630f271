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
	nm -g --defined-only "$built/gortgo.o" | awk 'NF == 3 { print $3 }' | sort -u >have
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

# Nothing in the door only says that it is not written.
test_no_stub() { # secs=300
	library
	! grep -rniE 'not (yet )?implemented|unimplemented|stub called' "$TOP/src/gccgo" --include='*.[chS]' --include='*.go' ||
		die "a stub in the door"
	! strings -a "$built/gortgo.o" | grep -i 'stub called' || die "a stub in the library"
}
