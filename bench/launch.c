/* launch.c: what a process costs from outside.
 *
 *	launch N COMMAND ARGS...
 *	launch -e COMMAND ARGS...
 *
 * forks, executes the command with standard output thrown away, and waits for it, N times, one
 * after the other, and prints the nanoseconds that one took. A command that cannot be executed or
 * does not exit with status 0 ends the run.
 *
 * With -e the command prints the monotonic clock in nanoseconds, as one number on a line, when its
 * main returns; what is printed then is how long after that the process was gone.
 *
 * Linked statically, so that the fork has little to copy.
 */
#define _GNU_SOURCE
#include <errno.h>
#include <fcntl.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

static int64_t
now(void)
{
	struct timespec t;
	clock_gettime(CLOCK_MONOTONIC, &t);
	return (int64_t)t.tv_sec * 1000000000 + t.tv_nsec;
}

static int
once(char **command, int out)
{
	int status;
	pid_t pid = fork();
	if (pid < 0) {
		fprintf(stderr, "launch: fork: %s\n", strerror(errno));
		return 1;
	}
	if (pid == 0) {
		dup2(out, 1);
		execv(command[0], command);
		fprintf(stderr, "launch: %s: %s\n", command[0], strerror(errno));
		_exit(127);
	}
	while (waitpid(pid, &status, 0) < 0)
		if (errno != EINTR) {
			fprintf(stderr, "launch: waitpid: %s\n", strerror(errno));
			return 1;
		}
	if (WIFSIGNALED(status)) {
		fprintf(stderr, "launch: %s: killed by signal %d\n", command[0], WTERMSIG(status));
		return 1;
	}
	if (WEXITSTATUS(status) != 0)
		fprintf(stderr, "launch: %s: exit status %d\n", command[0], WEXITSTATUS(status));
	return WEXITSTATUS(status);
}

/* How long it lived after its main had returned. The line is short: it fits into the pipe. */
static int
after(char **command)
{
	int ends[2];
	char line[64];
	if (pipe2(ends, O_CLOEXEC) != 0) {
		fprintf(stderr, "launch: pipe: %s\n", strerror(errno));
		return 1;
	}
	int status = once(command, ends[1]);
	int64_t gone = now();
	if (status != 0)
		return status;
	ssize_t n = read(ends[0], line, sizeof line - 1);
	line[n > 0 ? n : 0] = '\0';
	long long then = strtoll(line, NULL, 10);
	if (then <= 0 || then > gone) {
		fprintf(stderr, "launch: %s: printed no time\n", command[0]);
		return 1;
	}
	printf("%lld\n", gone - then);
	return 0;
}

int
main(int argc, char **argv)
{
	char *end;
	if (argc > 2 && strcmp(argv[1], "-e") == 0)
		return after(argv + 2);
	long n = argc > 2 ? strtol(argv[1], &end, 10) : 0;
	if (n < 1 || *end != '\0') {
		fprintf(stderr, "usage: launch N|-e COMMAND ARGS...\n");
		return 2;
	}
	int null = open("/dev/null", O_WRONLY | O_CLOEXEC);
	if (null < 0) {
		fprintf(stderr, "launch: /dev/null: %s\n", strerror(errno));
		return 1;
	}
	int64_t start = now();
	for (long i = 0; i < n; i++) {
		int status = once(argv + 2, null);
		if (status != 0)
			return status;
	}
	printf("%.0f\n", (double)(now() - start) / (double)n);
	return 0;
}
