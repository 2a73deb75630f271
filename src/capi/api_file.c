/* api_file.c: files by announced system calls.                                       room: capi
 *
 * Each call is bracketed by entersyscall and exitsyscall, so that sysmon can hand the P on while
 * the kernel takes its time. A call that a signal interrupts before it did anything is made
 * again. */
#include "capi/capi.h"

#define KERNEL_O_CLOEXEC 02000000

int
gort_open(const char *path, int flags, unsigned mode)
{
	int fd;
	struct g *gp = rtenter();
	entersyscall();
	do
		fd = sys_open(path, flags | KERNEL_O_CLOEXEC, (int)mode);
	while (fd == GORT_EINTR);
	exitsyscall();
	rtleave(gp);
	return fd;
}

ptrdiff_t
gort_read(int fd, void *buf, size_t n)
{
	intptr_t got;
	struct g *gp = rtenter();
	entersyscall();
	do
		got = sys_read(fd, buf, n);
	while (got == GORT_EINTR);
	exitsyscall();
	rtleave(gp);
	return got;
}

ptrdiff_t
gort_write(int fd, const void *buf, size_t n)
{
	size_t done = 0;
	intptr_t put = 0;
	struct g *gp = rtenter();
	entersyscall();
	while (done < n) {
		put = sys_write(fd, (const char *)buf + done, n - done);
		if (put >= 0)
			done += (size_t)put;
		else if (put != GORT_EINTR)
			break;
	}
	exitsyscall();
	rtleave(gp);
	return put < 0 && done < n ? put : (ptrdiff_t)n;
}

/* Linux has let go of the descriptor also when close was interrupted: never twice. */
int
gort_close_fd(int fd)
{
	struct g *gp = rtenter();
	entersyscall();
	int err = sys_close(fd);
	exitsyscall();
	rtleave(gp);
	return err == GORT_EINTR ? 0 : err;
}
