/* runner: every test in a process of its own.
 *
 *	unit [--list] [-j N] [--timeout S] [--also FILE] [--stress S] [--seed N] [--procs N] [NAME...]
 *	unit --run NAME
 *
 * A NAME without a slash is a room; with one it is any prefix: "mem" and "mem/mcache/refi" both
 * select mem/mcache/refill_empty. The second form is the child: it runs one test here and now,
 * which is also the form for a debugger. --also names a file of tests that are commands, a line
 * each,
 *
 *	name TAB seconds TAB alone|- TAB shell command
 *
 * so that process tests and unit tests share one numbering, one time-out and one total.
 *
 * A child's output goes to a memory file and is shown if the child fails. Children are process
 * groups: a time-out reaches what a test has started. The parent has no threads and sleeps in
 * sigtimedwait for SIGCHLD or the nearest deadline.
 *
 * Output is TAP; the last line is "N passed, N failed". Exit status 1 if any failed, 2 for a
 * wrong command line or if nothing was selected.
 */
#define _GNU_SOURCE
#include "test.h"
#include "boot/boot.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdarg.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

enum { STATUS_FAIL = 101, STATUS_SKIP = 77, MAXJOBS = 64, GRACE = 5 };

/* A unit test or a command, as the parent sees it. */
struct item {
	const char *name;
	const struct test *unit; /* NULL: a command */
	const char *command;
	int timeout;
	bool alone;
};

struct job {
	pid_t pid; /* 0: free */
	const struct item *item;
	int out;
	double began, deadline;
	bool quit; /* SIGQUIT was sent */
	bool killed;
	uint64_t seed;
};

static struct test *registered;
static const struct test *chosen; /* child: the test that runs */
static _Atomic uint64_t randState;

static struct {
	bool list;
	int jobs, timeout, procs;
	double stress;
	uint64_t seed;
	char **filters;
	int nfilters;
	const char *also;
} opt;

static int npassed, nfailed, nskipped, nrun;

/* ---- what tests call ---------------------------------------------------------------------- */

void
testRegister(struct test *t)
{
	t->next = registered;
	registered = t;
}

void
testFail(const char *file, int line, const char *fmt, ...)
{
	char buf[2048];
	int n = snprintf(buf, sizeof buf, "%s:%d: ", file, line);
	va_list ap;
	va_start(ap, fmt);
	n += vsnprintf(buf + n, sizeof buf - (size_t)n - 1, fmt, ap);
	va_end(ap);
	if (n > (int)sizeof buf - 2)
		n = (int)sizeof buf - 2;
	buf[n++] = '\n';
	if (write(2, buf, (size_t)n) < 0)
		_exit(STATUS_FAIL + 1);
	_exit(STATUS_FAIL);
}

void
testSkip(const char *why)
{
	dprintf(1, "SKIP %s\n", why);
	_exit(STATUS_SKIP);
}

bool
testStreq(const char *a, const char *b)
{
	return a == b || (a != NULL && b != NULL && strcmp(a, b) == 0);
}

static uint64_t
envNumber(const char *name, uint64_t def)
{
	const char *s = getenv(name);
	return s != NULL && *s != '\0' ? strtoull(s, NULL, 0) : def;
}

uint64_t
testSeed(void)
{
	return envNumber("GORT_TEST_SEED", 1);
}

/* splitmix64 over a shared counter: any thread, and the same stream for the same seed as long
 * as one thread draws. */
uint64_t
testRand(void)
{
	uint64_t z = atomic_fetch_add(&randState, 0x9e3779b97f4a7c15u) + 0x9e3779b97f4a7c15u;
	z = (z ^ (z >> 30)) * 0xbf58476d1ce4e5b9u;
	z = (z ^ (z >> 27)) * 0x94d049bb133111ebu;
	return z ^ (z >> 31);
}

double
testSeconds(void)
{
	const char *s = getenv("GORT_TEST_SECONDS");
	return s != NULL && *s != '\0' ? atof(s) : 1.0;
}

int
testProcs(void)
{
	return (int)envNumber("GORT_TEST_PROCS", 0);
}

void
testLong(const char *takes)
{
	char why[200];
	if (envNumber("GORT_TEST_LONG", 0) != 0)
		return;
	snprintf(why, sizeof why, "takes %s: GORT_TEST_LONG=1 asks for it", takes);
	testSkip(why);
}

static int
statusOf(int w)
{
	return WIFSIGNALED(w) ? 128 + WTERMSIG(w) : WEXITSTATUS(w);
}

/* All of fd as a string, malloced. */
static char *
slurp(int fd)
{
	off_t end = lseek(fd, 0, SEEK_END);
	size_t n = end > 0 ? (size_t)end : 0, have = 0;
	char *s = malloc(n + 1);
	if (s == NULL)
		abort();
	while (have < n) {
		ssize_t r = pread(fd, s + have, n - have, (off_t)have);
		if (r <= 0)
			break;
		have += (size_t)r;
	}
	s[have] = '\0';
	return s;
}

int
testForked(void (*fn)(void *), void *arg, char **out)
{
	int fd = memfd_create("forked", MFD_CLOEXEC);
	CHECK(fd >= 0);
	fflush(NULL);
	pid_t pid = fork();
	CHECK(pid >= 0);
	if (pid == 0) {
		dup2(fd, 1);
		dup2(fd, 2);
		fn(arg);
		fflush(NULL);
		_exit(0);
	}
	int w;
	while (waitpid(pid, &w, 0) < 0)
		CHECK(errno == EINTR);
	if (out != NULL)
		*out = slurp(fd);
	close(fd);
	return statusOf(w);
}

/* ---- the child ---------------------------------------------------------------------------- */

int gort_main(int argc, char **argv);

int
gort_main(int argc, char **argv)
{
	(void)argc;
	(void)argv;
	chosen->fn();
	return 0;
}

static int
runHere(const char *name, int argc, char **argv)
{
	for (struct test *t = registered; t != NULL; t = t->next)
		if (strcmp(t->name, name) == 0)
			chosen = t;
	if (chosen == NULL) {
		fprintf(stderr, "unit: no test is called %s\n", name);
		return 2;
	}
	atomic_store(&randState, testSeed());
	if (chosen->opt.goroutine)
		rt0_go(argc, argv); /* the vectors as the kernel laid them: the auxv follows */
	chosen->fn();
	return 0;
}

/* ---- the parent --------------------------------------------------------------------------- */

static double
now(void)
{
	struct timespec t;
	clock_gettime(CLOCK_MONOTONIC, &t);
	return (double)t.tv_sec + (double)t.tv_nsec / 1e9;
}

static bool
selected(const char *name)
{
	for (int i = 0; i < opt.nfilters; i++) {
		size_t n = strlen(opt.filters[i]);
		while (n > 0 && opt.filters[i][n - 1] == '/')
			n--;
		if (strncmp(name, opt.filters[i], n) == 0 &&
			(name[n] == '\0' || name[n] == '/' || strrchr(opt.filters[i], '/') != NULL))
			return true;
	}
	return opt.nfilters == 0;
}

static int
byName(const void *a, const void *b)
{
	return strcmp(((const struct item *)a)->name, ((const struct item *)b)->name);
}

static struct item *items;
static int nitems;

static struct item *
addItem(const char *name)
{
	items = realloc(items, (size_t)(nitems + 1) * sizeof *items);
	if (items == NULL)
		abort();
	items[nitems] = (struct item){.name = name, .timeout = opt.timeout};
	return &items[nitems++];
}

/* Unit tests by name, then commands in the file's order. */
static void
collect(void)
{
	for (struct test *t = registered; t != NULL; t = t->next) {
		if (!selected(t->name))
			continue;
		struct item *it = addItem(t->name);
		it->unit = t;
		it->alone = t->opt.alone;
		if (t->opt.timeout > 0)
			it->timeout = t->opt.timeout;
	}
	if (nitems > 0)
		qsort(items, (size_t)nitems, sizeof *items, byName);
	if (opt.also == NULL)
		return;
	FILE *f = fopen(opt.also, "r");
	if (f == NULL) {
		fprintf(stderr, "unit: %s: %s\n", opt.also, strerror(errno));
		exit(2);
	}
	char *line = NULL;
	size_t cap = 0;
	while (getline(&line, &cap, f) > 0) {
		char *rest = line;
		line[strcspn(line, "\n")] = '\0';
		char *name = strsep(&rest, "\t"), *secs = strsep(&rest, "\t");
		char *alone = strsep(&rest, "\t");
		if (rest == NULL) {
			fprintf(stderr, "unit: %s: not a test: %s\n", opt.also, name);
			exit(2);
		}
		if (!selected(name))
			continue;
		struct item *it = addItem(strdup(name));
		it->command = strdup(rest);
		it->alone = strcmp(alone, "alone") == 0;
		if (atoi(secs) > 0)
			it->timeout = atoi(secs);
	}
	free(line);
	fclose(f);
}

static void
setNumber(const char *name, uint64_t v)
{
	char buf[32];
	snprintf(buf, sizeof buf, "%llu", (unsigned long long)v);
	setenv(name, buf, 1);
}

static void
setList(const char *list)
{
	char *copy = strdup(list), *rest = copy, *word;
	while ((word = strsep(&rest, " ")) != NULL) {
		char *eq = strchr(word, '=');
		if (eq == NULL)
			continue;
		*eq = '\0';
		setenv(word, eq + 1, 1);
	}
	free(copy);
}

_Noreturn static void
becomeChild(const struct job *j)
{
	prctl(PR_SET_PDEATHSIG, SIGKILL);
	setpgid(0, 0);
	sigset_t none;
	sigemptyset(&none);
	sigprocmask(SIG_SETMASK, &none, NULL);
	struct rlimit nocore;
	getrlimit(RLIMIT_CORE, &nocore);
	nocore.rlim_cur = 0; /* a test that wants one may raise it again */
	setrlimit(RLIMIT_CORE, &nocore);
	int null = open("/dev/null", O_RDONLY);
	dup2(null, 0);
	if (null > 2)
		close(null);
	dup2(j->out, 1);
	dup2(j->out, 2);
	setNumber("GORT_TEST_SEED", j->seed);
	if (opt.procs > 0) {
		setNumber("GOMAXPROCS", (uint64_t)opt.procs);
		setNumber("GORT_TEST_PROCS", (uint64_t)opt.procs);
	}
	const struct item *it = j->item;
	if (it->unit == NULL) {
		execl("/bin/sh", "sh", "-c", it->command, (char *)NULL);
	} else {
		if (it->unit->opt.env != NULL)
			setList(it->unit->opt.env);
		execl("/proc/self/exe", "unit", "--run", it->name, (char *)NULL);
	}
	dprintf(2, "exec: %s\n", strerror(errno));
	_exit(STATUS_FAIL);
}

/* Under --stress, tests that can run for long do, and the machine is busy. */
static int
limitOf(const struct item *it)
{
	return it->timeout * (opt.stress > 0 ? 4 : 1);
}

static void
start(struct job *j, const struct item *it, uint64_t seed)
{
	*j = (struct job){.item = it, .began = now(), .seed = seed};
	j->deadline = j->began + limitOf(it);
	j->out = memfd_create(it->name, MFD_CLOEXEC);
	fflush(NULL);
	j->pid = fork();
	if (j->out < 0 || j->pid < 0) {
		fprintf(stderr, "unit: cannot start %s: %s\n", it->name, strerror(errno));
		exit(2);
	}
	if (j->pid == 0)
		becomeChild(j);
	setpgid(j->pid, j->pid); /* whoever is first */
}

static void
showOutput(const char *text)
{
	for (const char *p = text; *p != '\0';) {
		size_t n = strcspn(p, "\n");
		printf("#   %.*s\n", (int)n, p);
		p += n;
		p += *p == '\n';
	}
}

static void
finish(struct job *j, int w)
{
	const struct item *it = j->item;
	kill(-j->pid, SIGKILL); /* what it left running */
	j->pid = 0;
	char *text = slurp(j->out);
	close(j->out);
	int status = statusOf(w), want = it->unit != NULL ? it->unit->opt.status : 0;
	const char *dies = it->unit != NULL ? it->unit->opt.dies : NULL;
	char why[128] = "";
	if (j->killed || j->quit)
		snprintf(why, sizeof why, "timed out after %d s", limitOf(it));
	else if (status == STATUS_SKIP && want != STATUS_SKIP)
		;
	else if (status > 128 && status != want)
		snprintf(why, sizeof why, "died of signal %d (%s)", status - 128,
			strsignal(status - 128));
	else if (status != want && status == STATUS_FAIL)
		snprintf(why, sizeof why, "a check failed");
	else if (status != want)
		snprintf(why, sizeof why, "exit status %d, expected %d", status, want);
	else if (dies != NULL && strstr(text, dies) == NULL)
		snprintf(why, sizeof why, "its output lacks the expected text");
	double took = now() - j->began;
	nrun++;
	if (why[0] != '\0') {
		nfailed++;
		printf("not ok %d - %s (%.2f s): %s\n", nrun, it->name, took, why);
		if (dies != NULL)
			printf("#   expected: %s\n", dies);
		showOutput(text);
		printf("#   seed: %llu\n", (unsigned long long)j->seed);
	} else if (status == STATUS_SKIP) {
		nskipped++;
		const char *s = strstr(text, "SKIP ");
		printf("ok %d - %s # SKIP %.*s\n", nrun, it->name,
			s != NULL ? (int)strcspn(s + 5, "\n") : 0, s != NULL ? s + 5 : "");
	} else {
		npassed++;
		if (opt.stress == 0)
			printf("ok %d - %s (%.2f s)\n", nrun, it->name, took);
	}
	fflush(stdout);
	free(text);
}

static struct job jobs[MAXJOBS];

static int
running(void)
{
	int n = 0;
	for (int i = 0; i < MAXJOBS; i++)
		n += jobs[i].pid != 0;
	return n;
}

static void
enforceDeadlines(void)
{
	double t = now();
	for (int i = 0; i < MAXJOBS; i++) {
		struct job *j = &jobs[i];
		if (j->pid == 0 || t < j->deadline)
			continue;
		if (!j->quit) {
			j->quit = true;
			j->deadline = t + GRACE;
			kill(-j->pid, SIGQUIT);
		} else {
			j->killed = true;
			kill(-j->pid, SIGKILL);
		}
	}
}

/* Waits until at least one child has ended. */
static void
reap(void)
{
	sigset_t chld;
	sigemptyset(&chld);
	sigaddset(&chld, SIGCHLD);
	for (;;) {
		bool any = false;
		for (int i = 0; i < MAXJOBS; i++) {
			int w;
			if (jobs[i].pid != 0 && waitpid(jobs[i].pid, &w, WNOHANG) > 0) {
				finish(&jobs[i], w);
				any = true;
			}
		}
		if (any)
			return;
		enforceDeadlines();
		double next = now() + 60;
		for (int i = 0; i < MAXJOBS; i++)
			if (jobs[i].pid != 0 && jobs[i].deadline < next)
				next = jobs[i].deadline;
		double wait = next - now();
		if (wait < 0.001)
			wait = 0.001;
		struct timespec ts = {.tv_sec = (time_t)wait,
			.tv_nsec = (long)((wait - (double)(time_t)wait) * 1e9)};
		sigtimedwait(&chld, NULL, &ts);
	}
}

static void
startOne(const struct item *it, uint64_t seed)
{
	static bool lastAlone;
	while (running() > 0 && (running() >= opt.jobs || it->alone || lastAlone))
		reap();
	lastAlone = it->alone;
	for (int i = 0; i < MAXJOBS; i++) {
		if (jobs[i].pid == 0) {
			start(&jobs[i], it, seed);
			return;
		}
	}
}

static void
runAll(void)
{
	if (opt.stress == 0) {
		for (int i = 0; i < nitems; i++)
			startOne(&items[i], opt.seed);
	} else {
		/* Again and again in an order that the seed decides, until the time is over. */
		atomic_store(&randState, opt.seed);
		double end = now() + opt.stress;
		for (uint64_t n = 0; now() < end && nfailed < 10; n++)
			startOne(&items[testRand() % (uint64_t)nitems], opt.seed + n);
	}
	while (running() > 0)
		reap();
}

static long long
number(int argc, char **argv, int *i)
{
	char *end = NULL;
	const char *s = *i + 1 < argc ? argv[*i + 1] : "";
	long long v = strtoll(s, &end, 0);
	if (*s == '\0' || *end != '\0' || v < 0) {
		fprintf(stderr, "unit: %s takes a number\n", argv[*i]);
		exit(2);
	}
	(*i)++;
	return v;
}

int
main(int argc, char **argv)
{
	if (argc >= 3 && strcmp(argv[1], "--run") == 0)
		return runHere(argv[2], argc, argv);
	opt.timeout = 60;
	opt.jobs = (int)sysconf(_SC_NPROCESSORS_ONLN);
	opt.seed = (uint64_t)time(NULL) ^ (uint64_t)getpid() << 32;
	opt.filters = calloc((size_t)argc, sizeof *opt.filters);
	for (int i = 1; i < argc; i++) {
		if (strcmp(argv[i], "--list") == 0)
			opt.list = true;
		else if (strcmp(argv[i], "-j") == 0)
			opt.jobs = (int)number(argc, argv, &i);
		else if (strcmp(argv[i], "--timeout") == 0)
			opt.timeout = (int)number(argc, argv, &i);
		else if (strcmp(argv[i], "--seed") == 0)
			opt.seed = (uint64_t)number(argc, argv, &i);
		else if (strcmp(argv[i], "--procs") == 0)
			opt.procs = (int)number(argc, argv, &i);
		else if (strcmp(argv[i], "--stress") == 0)
			opt.stress = (double)number(argc, argv, &i);
		else if (strcmp(argv[i], "--also") == 0 && i + 1 < argc)
			opt.also = argv[++i];
		else if (argv[i][0] == '-') {
			fprintf(stderr, "unit: unknown option %s\n", argv[i]);
			return 2;
		} else
			opt.filters[opt.nfilters++] = argv[i];
	}
	if (opt.jobs < 1 || opt.jobs > MAXJOBS)
		opt.jobs = opt.jobs < 1 ? 1 : MAXJOBS;
	collect();
	if (opt.list) {
		for (int i = 0; i < nitems; i++)
			puts(items[i].name);
		return 0;
	}
	if (nitems == 0) {
		fprintf(stderr, "gort test: no test is called %s...\n",
			opt.nfilters > 0 ? opt.filters[0] : "");
		return 2;
	}
	if (opt.stress > 0) {
		char buf[32];
		snprintf(buf, sizeof buf, "%g", opt.stress < 5 ? opt.stress : 5);
		setenv("GORT_TEST_SECONDS", buf, 1);
		printf("# stress: %d tests for %g s, seed %llu\n", nitems, opt.stress,
			(unsigned long long)opt.seed);
	}
	sigset_t chld;
	sigemptyset(&chld);
	sigaddset(&chld, SIGCHLD);
	sigprocmask(SIG_BLOCK, &chld, NULL);
	runAll();
	if (nskipped > 0)
		printf("# %d skipped\n", nskipped);
	printf("%d passed, %d failed\n", npassed, nfailed);
	return nfailed > 0;
}
