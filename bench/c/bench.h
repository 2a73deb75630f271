/* bench.h: the measures of one program.
 *
 * The program is run as `measures NAME OPS`. It runs the measure NAME once, with OPS operations,
 * and prints lines for the harness (bench/run.sh):
 *
 *	NAME VALUE          a figure; the unit is the one in bench/list
 *	# text              a remark, shown once
 *
 * Clocks are read inside, around the loop, so that starting the process is not part of any figure.
 * bench/go/measures holds the same measures in Go, function by function: a change here is a change
 * there.
 */
#ifndef BENCH_H
#define BENCH_H

#include <gort.h>
#include <inttypes.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>

struct measure {
	const char *name;
	void (*run)(int64_t ops);
};

/* One array a file, ended by an empty entry. */
extern const struct measure sched_measures[], chan_measures[], sync_measures[], mem_measures[],
	map_measures[], parked_measures[], system_measures[], lang_measures[], panic_measures[],
	trees_measures[], rewrite_measures[];

/* Prints nanoseconds an operation since start. */
void report(const char *name, int64_t start, int64_t ops);

/* Runs f(arg) as n goroutines and waits until all have returned. */
void together(int n, void (*f)(void *arg), void *arg);

#endif
