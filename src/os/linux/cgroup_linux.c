/* cgroup_linux.c: how much CPU the control group allows.                             room: os
 *
 * A container with "2 CPUs" on a machine with 64 sees 64 in its affinity mask; the limit is a
 * quota of CPU time per period, kept in a control group. With 64 threads running, the quota is
 * used up early in each period and everything stops until the next: GOMAXPROCS must know.
 *
 *   1. /proc/self/cgroup says which group we are in, one line a hierarchy:
 *          0::/a/b             the unified hierarchy (v2)
 *          3:cpu,cpuacct:/a/b  a v1 hierarchy that has the cpu controller
 *   2. /proc/self/mountinfo says where that hierarchy is mounted, and which group the mount
 *      shows as its root (not "/" inside many containers).
 *      Reading that file costs more than all the rest, a tenth of the time it takes to start a
 *      program that does nothing. So the usual places are tried first: a directory of the
 *      group's name there, on a file system of the right type, is the group.
 *   3. The group and all its ancestors up to the mount's root may have a limit; the smallest
 *      counts. v2: cpu.max, "QUOTA PERIOD" or "max PERIOD". v1: cpu.cfs_quota_us (-1: none) and
 *      cpu.cfs_period_us.
 *
 * The cpu controller is in one hierarchy only; where a v1 line names it, that one counts. A
 * group that the mount does not show (the path starts with "/..", or outside the mount's root)
 * cannot be read: no limit is known. Nothing here is an error: a file that is missing or reads
 * strangely says nothing.
 */
#include <linux/fcntl.h>

#include "os/linux/internal.h"

/* Longer names exist in theory; such a group counts as unknown. Small buffers are pages that a
 * starting program does not touch. */
#define PATHMAX 1024

/* ---- text --------------------------------------------------------------------------------- */

static uintptr_t
length(const char *s)
{
	uintptr_t n = 0;
	while (s[n] != 0)
		n++;
	return n;
}

static bool
startsWith(const char *s, const char *prefix)
{
	while (*prefix != 0) {
		if (*s++ != *prefix++)
			return false;
	}
	return true;
}

/* Appends n bytes to the string in to, which has room for PATHMAX. */
static bool
append(char *to, const char *s, uintptr_t n)
{
	uintptr_t at = length(to);
	if (at + n + 1 > PATHMAX)
		return false;
	__builtin_memmove(to + at, s, n);
	to[at + n] = 0;
	return true;
}

/* Is word one of the comma-separated ones in list[0..n)? */
static bool
hasWord(const char *list, uintptr_t n, const char *word)
{
	uintptr_t len = length(word);
	for (uintptr_t i = 0; i < n;) {
		uintptr_t j = i;
		while (j < n && list[j] != ',')
			j++;
		if (j - i == len && __builtin_memcmp(list + i, word, len) == 0)
			return true;
		i = j + 1;
	}
	return false;
}

/* A number that ends in a space, a newline or the text's end; -1: anything else. */
static int64_t
number(const char *s, const char **end)
{
	int64_t v = 0;
	const char *start = s;
	for (; *s >= '0' && *s <= '9'; s++) {
		if (__builtin_mul_overflow(v, 10, &v) || __builtin_add_overflow(v, *s - '0', &v))
			return -1;
	}
	*end = s;
	return s == start || (*s != ' ' && *s != '\n' && *s != 0) ? -1 : v;
}

/* ---- lines of a file ---------------------------------------------------------------------- */

/* A file read line by line through a buffer; a longer line is skipped. */
struct lines {
	int fd;
	uintptr_t at, have;
	bool eof;
	char buf[PATHMAX * 2];
};

static int
openAt(const char *root, const char *path)
{
	char full[PATHMAX];
	if (root[0] == 0)
		return sys_open(path, O_RDONLY | O_CLOEXEC, 0);
	full[0] = 0;
	if (!append(full, root, length(root)) || !append(full, path, length(path)))
		return -ENAMETOOLONG;
	return sys_open(full, O_RDONLY | O_CLOEXEC, 0);
}

/* The next line without its newline, or NULL. It lives until the next call. */
static char *
nextLine(struct lines *l)
{
	bool skip = false;
	for (;;) {
		for (uintptr_t i = l->at; i < l->have; i++) {
			if (l->buf[i] != '\n')
				continue;
			char *line = l->buf + l->at;
			l->buf[i] = 0;
			l->at = i + 1;
			if (!skip)
				return line;
			skip = false;
		}
		if (l->eof)
			return NULL;
		__builtin_memmove(l->buf, l->buf + l->at, l->have - l->at);
		l->have -= l->at;
		l->at = 0;
		if (l->have == sizeof l->buf) {
			skip = true;
			l->have = 0;
		}
		intptr_t n = sys_read(l->fd, l->buf + l->have, sizeof l->buf - l->have);
		if (n == -EINTR)
			continue;
		if (n <= 0) {
			l->eof = true;
			if (l->have == 0)
				return NULL;
			/* A last line without a newline. */
			n = l->have < sizeof l->buf;
			l->buf[l->have] = '\n';
		}
		l->have += (uintptr_t)n;
	}
}

intptr_t
readFile(const char *root, const char *path, char *buf, uintptr_t n)
{
	int fd = openAt(root, path);
	if (fd < 0)
		return fd;
	intptr_t r = sys_read(fd, buf, n - 1);
	sys_close(fd);
	buf[r > 0 ? r : 0] = 0;
	return r;
}

/* ---- the steps ---------------------------------------------------------------------------- */

struct group {
	int version; /* 0: none found */
	char path[PATHMAX];
};

/* Step 1. The line is cut up in place. */
static void
groupOfLine(struct group *g, char *line)
{
	char *controllers = line;
	while (*controllers != 0 && *controllers != ':')
		controllers++;
	if (*controllers++ == 0)
		return;
	char *path = controllers;
	while (*path != 0 && *path != ':')
		path++;
	if (*path == 0)
		return;
	uintptr_t n = (uintptr_t)(path - controllers);
	path++;
	int version = 0;
	if (hasWord(controllers, n, "cpu"))
		version = 1;
	else if (n == 0 && g->version == 0 && startsWith(line, "0:"))
		version = 2;
	if (version == 0)
		return;
	g->path[0] = 0;
	g->version = append(g->path, path, length(path)) ? version : 0;
}

/* The next field, up to a space; NUL ends it in place. mountinfo writes space, tab, newline and
 * backslash as octal, which is undone. */
static char *
nextField(char **line)
{
	char *start = *line, *to = *line, *s = *line;
	while (*s != 0 && *s != ' ') {
		if (s[0] == '\\' && s[1] >= '0' && s[1] <= '3' && s[2] >= '0' && s[2] <= '7' &&
			s[3] >= '0' && s[3] <= '7') {
			*to++ = (char)((s[1] - '0') << 6 | (s[2] - '0') << 3 | (s[3] - '0'));
			s += 4;
		} else {
			*to++ = *s++;
		}
	}
	*line = *s == ' ' ? s + 1 : s;
	*to = 0;
	return start;
}

/* Step 2: is this line the mount of g's hierarchy? Then dir becomes the group's directory and
 * *top the length of its part that is the mount point. */
static bool
mountOfLine(const struct group *g, char *line, char *dir, uintptr_t *top)
{
	/* 36 35 98:0 ROOT POINT rw,noatime shared:1 - TYPE SOURCE SUPEROPTIONS */
	for (int i = 0; i < 3; i++)
		nextField(&line);
	const char *root = nextField(&line);
	const char *point = nextField(&line);
	const char *field;
	do {
		if (*line == 0)
			return false;
		field = nextField(&line);
	} while (field[0] != '-' || field[1] != 0);
	const char *type = nextField(&line);
	nextField(&line);
	const char *super = nextField(&line);
	if (g->version == 2 ? length(type) != 7 || !startsWith(type, "cgroup2")
			    : length(type) != 6 || !startsWith(type, "cgroup") ||
				      !hasWord(super, length(super), "cpu"))
		return false;
	const char *rest = g->path;
	if (root[1] != 0) { /* not "/" */
		uintptr_t n = length(root);
		if (!startsWith(rest, root) || (rest[n] != 0 && rest[n] != '/'))
			return false;
		rest += n;
	}
	if (startsWith(rest, "/.."))
		return false;
	dir[0] = 0;
	if (!append(dir, point, length(point)))
		return false;
	*top = length(dir);
	return append(dir, rest, rest[0] == '/' && rest[1] == 0 ? 0 : length(rest));
}

/* Step 2, the short way. */
static bool
usualMount(const struct group *g, char *dir, uintptr_t *top)
{
	static const struct {
		int version;
		const char *point;
		int64_t magic;
	} usual[] = {
		{2, "/sys/fs/cgroup", 0x63677270},
		{1, "/sys/fs/cgroup/cpu", 0x27e0eb},
		{1, "/sys/fs/cgroup/cpu,cpuacct", 0x27e0eb},
	};
	if (startsWith(g->path, "/.."))
		return false;
	for (uintptr_t i = 0; i < nelem(usual); i++) {
		int64_t fs[15]; /* struct statfs; the type comes first */
		if (usual[i].version != g->version)
			continue;
		dir[0] = 0;
		*top = length(usual[i].point);
		if (append(dir, usual[i].point, *top) &&
			append(dir, g->path, g->path[1] == 0 ? 0 : length(g->path)) &&
			SYS2(statfs, dir, fs) == 0 && fs[0] == usual[i].magic)
			return true;
	}
	return false;
}

static intptr_t
readIn(const char *root, const char *dir, const char *name, char *buf, uintptr_t n)
{
	char path[PATHMAX];
	path[0] = 0;
	if (!append(path, dir, length(dir)) || !append(path, name, length(name)))
		return -ENAMETOOLONG;
	return readFile(root, path, buf, n);
}

/* Step 3 for one group; 0: no limit. */
static int64_t
quotaOf(const char *root, int version, const char *dir)
{
	char buf[64];
	const char *s = buf;
	int64_t quota, period;
	if (version == 2) {
		if (readIn(root, dir, "/cpu.max", buf, sizeof buf) <= 0)
			return 0;
		quota = number(s, &s);
		period = quota > 0 && *s == ' ' ? number(s + 1, &s) : -1;
	} else {
		if (readIn(root, dir, "/cpu.cfs_quota_us", buf, sizeof buf) <= 0)
			return 0;
		quota = number(s, &s);
		if (quota <= 0 || readIn(root, dir, "/cpu.cfs_period_us", buf, sizeof buf) <= 0)
			return 0;
		s = buf;
		period = number(s, &s);
	}
	int64_t milli;
	if (quota <= 0 || period <= 0 || __builtin_mul_overflow(quota, 1000, &milli))
		return 0;
	milli /= period;
	return milli > 0 ? milli : 1;
}

int64_t
cgroupQuota(const char *root, bool shortcut)
{
	/* Boot is single threaded, and these are too large for a stack. */
	static struct lines l;
	static struct group g;
	static char dir[PATHMAX];
	uintptr_t top = 0;
	bool found = false;

	g.version = 0;
	l.at = l.have = 0;
	l.eof = false;
	l.fd = openAt(root, "/proc/self/cgroup");
	if (l.fd < 0)
		return 0;
	for (char *line; (line = nextLine(&l)) != NULL && g.version != 1;)
		groupOfLine(&g, line);
	sys_close(l.fd);
	if (g.version == 0)
		return 0;

	if (!shortcut || !usualMount(&g, dir, &top)) {
		l.at = l.have = 0;
		l.eof = false;
		l.fd = openAt(root, "/proc/self/mountinfo");
		if (l.fd < 0)
			return 0;
		for (char *line; !found && (line = nextLine(&l)) != NULL;)
			found = mountOfLine(&g, line, dir, &top);
		sys_close(l.fd);
		if (!found)
			return 0;
	}

	int64_t least = 0;
	for (uintptr_t n = length(dir);;) {
		int64_t q = quotaOf(root, g.version, dir);
		if (q != 0 && (least == 0 || q < least))
			least = q;
		if (n <= top)
			return least;
		while (n > top && dir[n - 1] != '/')
			n--;
		while (n > top && dir[n - 1] == '/')
			n--;
		dir[n] = 0;
	}
}
