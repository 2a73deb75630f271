/* Files and text: gort/file.h, gort/print.h, gort/errors.h, gort/version.h. Run in a folder that may
 * be written to. */
#include "check.h"

#include <fcntl.h>
#include <unistd.h>

static void
files(void)
{
	char buf[100];
	CHECK(gort_open("no/such/file", O_RDONLY, 0) == GORT_ENOENT);
	int fd = gort_open("file.txt", O_CREAT | O_TRUNC | O_RDWR, 0600);
	CHECK(fd > 2);
	CHECK((fcntl(fd, F_GETFD) & FD_CLOEXEC) != 0);
	CHECK(gort_write(fd, "some text", 9) == 9);
	CHECK(gort_write(fd, NULL, 0) == 0);
	CHECK(gort_read(fd, buf, sizeof buf) == 0);
	CHECK(gort_close_fd(fd) == 0);
	CHECK(gort_close_fd(fd) == GORT_EBADF);
	CHECK(gort_read(fd, buf, sizeof buf) == GORT_EBADF);
	CHECK(gort_write(fd, buf, 1) == GORT_EBADF);
	fd = gort_open("file.txt", O_RDONLY, 0);
	CHECK(gort_read(fd, buf, 4) == 4 && memcmp(buf, "some", 4) == 0);
	CHECK(gort_read(fd, buf, sizeof buf) == 5 && memcmp(buf, " text", 5) == 0);
	CHECK(gort_read(fd, buf, sizeof buf) == 0);
	CHECK(gort_close_fd(fd) == 0);
	fd = gort_open("/dev/full", O_WRONLY, 0);
	CHECK(gort_write(fd, "x", 1) == GORT_ENOSPC);
	CHECK(gort_close_fd(fd) == 0);
	CHECK(gort_open(".", O_WRONLY, 0) == GORT_EISDIR);
}

static int ends[2];

static void
writer(void *arg)
{
	static char big[1 << 20];
	memset(big, 'x', sizeof big);
	CHECK(gort_write(ends[1], big, sizeof big) == (ptrdiff_t)sizeof big);
	CHECK(gort_close_fd(ends[1]) == 0);
	gort_send((gort_chan *)arg, 1);
}

/* More than a pipe holds: writer and reader block in turn, and neither holds the other up. */
static void
pipes(void)
{
	static char buf[10000];
	gort_chan *done = gort_chan_make(int, 1);
	size_t total = 0;
	ptrdiff_t n;
	CHECK(pipe(ends) == 0);
	gort_go(writer, done);
	while ((n = gort_read(ends[0], buf, sizeof buf)) > 0)
		total += (size_t)n;
	CHECK(n == 0 && total == 1 << 20);
	CHECK(gort_recv(done, NULL));
}

static void
texts(void)
{
	char buf[40];
	int n = gort_snprintf(
		buf, sizeof buf, "%d %5u|%-4s|%05x %c%%", -7, 42u, "ab", 0xbeefu, 'z');
	CHECK(n == 22 && strcmp(buf, "-7    42|ab  |0beef z%") == 0);
	CHECK(gort_snprintf(buf, 5, "%s", "truncated") == 9 && strcmp(buf, "trun") == 0);
	n = gort_snprintf(buf, sizeof buf, "%ld %lu %zu %.3s", -1L, 2UL, sizeof(int), "abcdef");
	CHECK(n == 10 && strcmp(buf, "-1 2 4 abc") == 0);
	CHECK(gort_printf("%s %d\n", "number", 1) == 9);
	CHECK(gort_eprintf("%s", "") == 0);
}

/* A line longer than any buffer still comes in one piece. */
static void
long_text(void)
{
	char *text = gort_make(char, 5001);
	memset(text, 'y', 5000);
	CHECK(gort_printf("%s\n", text) == 5001);
}

static void
errors(void)
{
	CHECK(strcmp(gort_strerror(0), "no error") == 0);
	CHECK(strcmp(gort_strerror(GORT_EACCES), "permission denied") == 0);
	CHECK(strcmp(gort_strerror(GORT_ECLOSED), "channel closed") == 0);
	CHECK(strcmp(gort_strerror(-1234567), "unknown error") == 0);
	CHECK(strcmp(gort_strerror(1), "unknown error") == 0);
}

int
gort_main(int argc, char **argv)
{
	UNUSED(argc), UNUSED(argv);
	CHECK(strcmp(gort_version(), GORT_VERSION) == 0);
	CHECK(gort_version_hex() == GORT_VERSION_HEX);
	files();
	pipes();
	texts();
	long_text();
	errors();
	PASSED();
}
