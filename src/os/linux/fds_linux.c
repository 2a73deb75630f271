/* fds_linux.c: files, as far as the runtime itself needs them.                       room: os */
#include <linux/fcntl.h>

#include "os/linux/internal.h"

intptr_t
sys_read(int fd, void *p, uintptr_t n)
{
	return SYS3(read, fd, p, n);
}

intptr_t
sys_write(int fd, const void *p, uintptr_t n)
{
	return SYS3(write, fd, p, n);
}

int
sys_open(const char *path, int flags, int mode)
{
	return (int)SYS4(openat, AT_FDCWD, path, flags, mode);
}

int
sys_close(int fd)
{
	return (int)SYS1(close, fd);
}

/* A program started with 0, 1 or 2 closed would get that number for the first file it opens, and
 * then write its error messages into it. So whatever is closed becomes /dev/null. An open takes
 * the lowest free number: going up from 0, that is the one that was found closed. A guest in
 * somebody else's process leaves its descriptors alone. */
void
checkfds(void)
{
	if (osfacts.guest)
		return;
	for (int fd = 0; fd <= 2; fd++) {
		intptr_t r = SYS3(fcntl, fd, F_GETFD, 0);
		if (r >= 0)
			continue;
		if (r != -EBADF)
			sysRefused("fcntl", r);
		int got = sys_open("/dev/null", O_RDWR, 0);
		if (got != fd)
			throwf("closed standard descriptor",
				"cannot open /dev/null as the closed descriptor %d (errno %d)\n",
				fd, got < 0 ? -got : 0);
		osfacts.fdsOpened |= 1u << fd;
	}
}
