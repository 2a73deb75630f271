/* limit: runs a command with bounds on its time and on its memory, and leaves nothing behind.
 *
 *	limit SECONDS MEGABYTES COMMAND [ARG...]
 *
 * Exit status: the command's; 128 + N if a signal ended it; 124 if it took too long, 125 if it
 * took too much memory, 127 if it could not be started. With LIMIT_PEAK=FILE in the environment
 * the largest memory that was seen, in KiB, goes to FILE.
 *
 * Memory is what the kernel has given (resident pages), summed over the command and all that it
 * has started; a runtime that reserves address space pays for what it touches alone. The kernel
 * has no limit of that kind for a process (RLIMIT_RSS does nothing, RLIMIT_AS and RLIMIT_DATA
 * count what is mapped), and cgroups cannot be made everywhere. So it is looked at every 10 ms.
 *
 * Orphans of the command become ours (PR_SET_CHILD_SUBREAPER), whatever session they are in: when
 * it ends, or has to end, they are killed. Tests that execute themselves again would otherwise
 * leave chains of processes that outlive every time-out.
 */
#define _GNU_SOURCE
#include <dirent.h>
#include <errno.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

enum { TOO_LONG = 124, TOO_LARGE = 125, NOT_STARTED = 127, LOOK_MS = 10, GRACE_MS = 2000 };

static double
now(void)
{
	struct timespec t;
	clock_gettime(CLOCK_MONOTONIC, &t);
	return (double)t.tv_sec + (double)t.tv_nsec / 1e9;
}

static void
pause_ms(long ms)
{
	nanosleep(&(struct timespec){ms / 1000, ms % 1000 * 1000000}, NULL);
}

static long
pages_of(pid_t pid)
{
	char name[64];
	long resident = 0;
	snprintf(name, sizeof name, "/proc/%d/statm", (int)pid);
	FILE *f = fopen(name, "re");
	if (f == NULL)
		return 0;
	if (fscanf(f, "%*d %ld", &resident) != 1)
		resident = 0;
	fclose(f);
	return resident;
}

/* Calls visit for each process that a thread of pid has started, and for theirs. */
static void
descendants(pid_t pid, void (*visit)(pid_t, void *), void *arg, int depth)
{
	char name[64];
	snprintf(name, sizeof name, "/proc/%d/task", (int)pid);
	DIR *tasks = depth < 100 ? opendir(name) : NULL;
	if (tasks == NULL)
		return;
	for (struct dirent *task; (task = readdir(tasks)) != NULL;) {
		int child;
		snprintf(name, sizeof name, "/proc/%d/task/%.20s/children", (int)pid, task->d_name);
		FILE *f = task->d_name[0] != '.' ? fopen(name, "re") : NULL;
		if (f == NULL)
			continue;
		while (fscanf(f, "%d", &child) == 1) {
			visit(child, arg);
			descendants(child, visit, arg, depth + 1);
		}
		fclose(f);
	}
	closedir(tasks);
}

static void
add(pid_t pid, void *sum)
{
	*(long *)sum += pages_of(pid);
}

static void
kill_one(pid_t pid, void *sig)
{
	kill(pid, *(int *)sig);
}

static void
kill_all(int sig)
{
	descendants(getpid(), kill_one, &sig, 0);
}

int
main(int argc, char **argv)
{
	double seconds = argc > 3 ? atof(argv[1]) : 0;
	long megabytes = argc > 3 ? atol(argv[2]) : 0;
	if (seconds <= 0 || megabytes <= 0) {
		fprintf(stderr, "usage: limit SECONDS MEGABYTES COMMAND [ARG...]\n");
		return NOT_STARTED;
	}
	const char *peakfile = getenv("LIMIT_PEAK");
	prctl(PR_SET_CHILD_SUBREAPER, 1);
	pid_t child = fork();
	if (child == 0) {
		unsetenv("LIMIT_PEAK");
		setrlimit(RLIMIT_CORE, &(struct rlimit){0, 0});
		execvp(argv[3], argv + 3);
		fprintf(stderr, "limit: %s: %s\n", argv[3], strerror(errno));
		_exit(NOT_STARTED);
	}
	if (child < 0) {
		perror("limit: fork");
		return NOT_STARTED;
	}
	long page = sysconf(_SC_PAGESIZE), peak = 0;
	double deadline = now() + seconds;
	int status = 0, verdict = -1;
	/* Short programs are not to wait for the next look: it starts dense. */
	for (long ms = 1;; ms = ms < LOOK_MS ? ms + 1 : LOOK_MS) {
		pid_t done = waitpid(child, &status, WNOHANG);
		if (done == child)
			break;
		long pages = 0;
		descendants(getpid(), add, &pages, 0);
		if (pages > peak)
			peak = pages;
		if (verdict < 0 && pages > megabytes * (1 << 20) / page) {
			verdict = TOO_LARGE;
			kill_all(SIGKILL);
		} else if (verdict < 0 && now() > deadline) {
			/* A Go program prints its goroutines, others end. */
			verdict = TOO_LONG;
			kill(child, SIGQUIT);
		} else if (verdict == TOO_LONG && now() > deadline + GRACE_MS / 1e3) {
			kill_all(SIGKILL);
		}
		pause_ms(ms);
	}
	struct rusage usage;
	if (getrusage(RUSAGE_CHILDREN, &usage) == 0 && usage.ru_maxrss > peak * (page >> 10))
		peak = usage.ru_maxrss / (page >> 10);
	for (int i = 0; i < 1000; i++) {
		kill_all(SIGKILL);
		if (waitpid(-1, NULL, WNOHANG) < 0)
			break;
		pause_ms(2);
	}
	FILE *f = peakfile != NULL ? fopen(peakfile, "we") : NULL;
	if (f != NULL) {
		fprintf(f, "%ld\n", peak * (page >> 10));
		fclose(f);
	}
	if (verdict < 0 && peak > megabytes * (1 << 20) / page)
		verdict = TOO_LARGE;
	if (verdict >= 0)
		return verdict;
	return WIFSIGNALED(status) ? 128 + WTERMSIG(status) : WEXITSTATUS(status);
}
