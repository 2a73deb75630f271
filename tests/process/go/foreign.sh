# Go, C and C++ in one program: panics and exceptions pass through the others' frames.

# The C++ part is compiled by g++, for split stacks if the argument is split.
program() {
	only opt split splitdebug splithard
	need gccgo-12 g++
	cat >c.cc <<'C'
#include <cstdio>
#include <exception>
#include <stdexcept>

struct Says {
	const char *what;
	~Says() { std::fprintf(stderr, "%s destroyed\n", what); }
};

static void
cleanup(int *p)
{
	std::fprintf(stderr, "cleanup %d\n", *p);
}

extern "C" {
long go_thrower(long n) __asm__("main.Thrower");
long go_panicker(long n) __asm__("main.Panicker");
long go_recovers(long n) __asm__("main.Recovers");

long
cc_uncaught(long)
{
	return std::uncaught_exceptions();
}

long
cc_throw(long n)
{
	Says s{"thrower"};
	if (n > 0)
		throw std::runtime_error("from C++");
	return n;
}

long
cc_catch(long n)
{
	Says s{"catcher"};
	try {
		return go_thrower(n);
	} catch (const std::exception &e) {
		std::fprintf(stderr, "caught %s\n", e.what());
		return -1;
	}
}

long
cc_through(long n)
{
	Says s{"between"};
	int attr __attribute__((cleanup(cleanup))) = 4;
	return go_panicker(n);
}

long
cc_rethrow(long n)
{
	Says s{"catch all"};
	try {
		return go_panicker(n);
	} catch (const std::exception &) {
		std::fprintf(stderr, "a panic is no exception of C++\n");
		return 0;
	} catch (...) {
		std::fprintf(stderr, "passed on\n");
		throw;
	}
}

long
cc_swallow(long n)
{
	try {
		return go_panicker(n);
	} catch (...) {
		std::fprintf(stderr, "swallowed\n");
		return -2;
	}
}

// A panic begins and ends while an exception is handled.
long
cc_in_catch(long n)
{
	try {
		throw 7;
	} catch (int v) {
		return v + go_recovers(n);
	}
}
}
C
	cat >b.go <<'GO'
package main

import "os"

//extern cc_uncaught
func uncaught(n int) int

//extern cc_throw
func throw(n int) int

//extern cc_catch
func catch(n int) int

//extern cc_through
func through(n int) int

//extern cc_rethrow
func rethrow(n int) int

//extern cc_swallow
func swallow(n int) int

//extern cc_in_catch
func inCatch(n int) int

func Thrower(n int) int {
	defer println("deferred in Thrower")
	return throw(n)
}

func Panicker(n int) int {
	defer println("deferred in Panicker")
	panic("from Go")
}

func Recovers(n int) (r int) {
	defer func() {
		switch v := recover().(type) {
		case error:
			println("recovered an error:", v.Error())
		case string:
			println("recovered", v)
		}
		r = 5
	}()
	if n == 2 {
		return throw(n)
	}
	return through(n)
}

func recovers(f func(int) int) (r int) {
	defer func() {
		if v := recover(); v != nil {
			println("recovered", v.(string))
		}
	}()
	return f(1)
}

func do(what string) {
	switch what {
	case "catch":
		println(catch(1), catch(0))
	case "recover":
		println(Recovers(2))
	case "through":
		println(recovers(through))
	case "rethrow":
		println(recovers(rethrow))
	case "swallow":
		println(recovers(swallow))
	case "in_catch":
		println(inCatch(1))
	case "uncaught":
		defer println("deferred in do")
		throw(1)
	case "panic":
		through(1)
	}
}

func main() {
	done := make(chan int)
	go func() {
		do(os.Args[1])
		println("uncaught", uncaught(0))
		done <- 1
	}()
	<-done
}
GO
	flags=
	[ "$1" != split ] || flags="-fsplit-stack -fcf-protection=none"
	gccgo-12 -g -c -o b.o b.go
	# shellcheck disable=SC2086
	g++ -g -O1 -Wall -Wextra $flags -c -o c.o c.cc
	gort link -o x b.o c.o -lstdc++
}

# says CASE LINES: ./x CASE says this and ends well.
says() {
	run ./x "$1"
	want_status 0
	{
		printf '%s\n' "$2"
		echo "uncaught 0"
	} | diff -u - err >&2 || die "$1"
}

passes() {
	says catch "thrower destroyed
deferred in Thrower
caught from C++
catcher destroyed
thrower destroyed
deferred in Thrower
catcher destroyed
-1 0"
	says recover "thrower destroyed
recovered an error: exception of another language
5"
	says through "deferred in Panicker
recovered from Go
cleanup 4
between destroyed
0"
	says rethrow "deferred in Panicker
recovered from Go
passed on
catch all destroyed
0"
	says swallow "deferred in Panicker
recovered from Go
swallowed
-2"
	says in_catch "deferred in Panicker
recovered from Go
cleanup 4
between destroyed
12"
	run ./x uncaught
	want_status 2
	want_err "thrower destroyed" "deferred in do" "fatal error: an exception has nowhere to go" "main.do(...)"
	run ./x panic
	want_status 2
	want_err "deferred in Panicker" "panic: from Go" "main.Panicker(...)" "cc_through(...)" "main.do(...)"
	want_not_err "destroyed"
}

test_exceptions() { # secs=300
	program plain
	passes
}

# C++ that asks for stack: on the goroutine's segment.
test_exceptions_split() { # secs=300
	program split
	passes
}
