/* written_hosted.c: which pages have been written.                                   room: os
 *
 * userfaultfd in its mode of asynchronous write protection, and PAGEMAP_SCAN (Linux 6.7 and later). A page
 * that is made clean is write-protected; the first write to it, the program's or the kernel's (read(2) into
 * it), faults, and the kernel itself lifts the protection and lets the write go on. Nobody waits for anybody,
 * and no signal comes: a first write costs about a microsecond. A page is *written* if it is not protected: also
 * one that was never made clean, that has been given back and touched anew, or whose memory is not known
 * to the descriptor.
 *
 * Making clean goes by PAGEMAP_SCAN as well, without a place for results: unlike UFFDIO_WRITEPROTECT it
 * makes no page tables where there are none.
 *
 * The two descriptors are moved up, so that a program that counts on small numbers finds them free, and closed
 * in the child of a fork, where they would act on the parent's memory. A program that closes what it does
 * not know makes the next call fail with EBADF or ENOTTY; whoever calls must do without then.
 *
 * The kernel's headers may be older than the kernel: what they lack is defined here.
 */
#include <asm/fcntl.h>
#include <asm/ioctl.h>

#include "os/linux/internal.h"

/* linux/userfaultfd.h and linux/fs.h, as far as needed. */
#define USER_MODE_ONLY 1
#define API            0xaa
#define WP_ASYNC       ((uint64_t)1 << 15)
#define MODE_WP        2
struct urange {
	uint64_t start, len;
};
struct uapi {
	uint64_t api, features, ioctls;
};
struct uregister {
	struct urange range;
	uint64_t mode, ioctls;
};
struct uprotect {
	struct urange range;
	uint64_t mode;
};
#define UFFD_API      _IOWR(0xaa, 0x3f, struct uapi)
#define UFFD_REGISTER _IOWR(0xaa, 0x00, struct uregister)
#define UFFD_PROTECT  _IOWR(0xaa, 0x06, struct uprotect)

struct pagescan {
	uint64_t size, flags, start, end, walked, vec, veclen, max, inverted, mask, anyof, result;
};
#define PAGES_SCAN   _IOWR('f', 16, struct pagescan)
#define SCAN_CLEAN   1 /* PM_SCAN_WP_MATCHING */
#define SCAN_CHECK   2 /* PM_SCAN_CHECK_WPASYNC */
#define PAGE_WRITTEN 2 /* PAGE_IS_WRITTEN */

#ifndef F_DUPFD_CLOEXEC
#	define F_DUPFD_CLOEXEC 1030
#endif
#define FD_FROM 700

static struct {
	int uffd, pagemap; /* -1: closed */
} fds = {-1, -1};

static int
moveUp(int fd)
{
	intptr_t r = SYS3(fcntl, fd, F_DUPFD_CLOEXEC, FD_FROM);
	if (r < 0)
		return fd;
	sys_close(fd);
	return (int)r;
}

int
osWrittenOpen(const char **what)
{
	*what = "userfaultfd";
	intptr_t fd = SYS1(userfaultfd, O_CLOEXEC | O_NONBLOCK | USER_MODE_ONLY);
	if (fd < 0)
		return (int)fd;
	*what = "asynchronous write protection (Linux 6.7)";
	struct uapi api = {.api = API, .features = WP_ASYNC};
	intptr_t r = SYS3(ioctl, fd, UFFD_API, &api);
	if (r == 0) {
		*what = "/proc/self/pagemap";
		r = sys_open("/proc/self/pagemap", O_RDONLY | O_CLOEXEC, 0);
	}
	if (r < 0) {
		sys_close((int)fd);
		return (int)r;
	}
	fds.uffd = moveUp((int)fd);
	fds.pagemap = moveUp((int)r);
	return 0;
}

void
osWrittenClose(void)
{
	if (fds.uffd < 0)
		return;
	sys_close(fds.uffd);
	sys_close(fds.pagemap);
	fds.uffd = fds.pagemap = -1;
}

int
osWrittenAdd(uintptr_t p, uintptr_t n)
{
	struct uregister r = {.range = {p, n}, .mode = MODE_WP};
	return (int)SYS3(ioctl, fds.uffd, UFFD_REGISTER, &r);
}

int
osWrittenClean(uintptr_t p, uintptr_t n)
{
	struct pagescan a = {.size = sizeof a,
		.flags = SCAN_CLEAN | SCAN_CHECK,
		.start = p,
		.end = p + n,
		.mask = PAGE_WRITTEN};
	return (int)SYS3(ioctl, fds.pagemap, PAGES_SCAN, &a);
}

int
osWrittenForget(uintptr_t p, uintptr_t n)
{
	struct uprotect w = {.range = {p, n}};
	return (int)SYS3(ioctl, fds.uffd, UFFD_PROTECT, &w);
}

intptr_t
osWrittenPages(uintptr_t *p, uintptr_t end, bool clean, struct pagerange *vec, uint32_t n)
{
	_Static_assert(sizeof(struct pagerange) == 24, "the kernel's struct page_region");
	struct pagescan a = {.size = sizeof a,
		.flags = clean ? SCAN_CLEAN | SCAN_CHECK : 0,
		.start = *p,
		.end = end,
		.vec = (uintptr_t)vec,
		.veclen = n,
		.mask = PAGE_WRITTEN,
		.result = PAGE_WRITTEN};
	intptr_t r = SYS3(ioctl, fds.pagemap, PAGES_SCAN, &a);
	if (r >= 0)
		*p = a.walked;
	return r;
}
