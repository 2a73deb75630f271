/* api_print.c: text without stdio.                                                   room: capi
 *
 * These work everywhere: on a goroutine the write is an announced call, elsewhere a plain one. */
#include "capi/capi.h"

#include <stdarg.h>

static int
writeText(int fd, const char *p, size_t n)
{
	if (onGoroutine())
		return (int)gort_write(fd, p, n);
	for (size_t done = 0; done < n;) {
		intptr_t put = sys_write(fd, p + done, n - done);
		if (put < 0 && put != GORT_EINTR)
			return (int)put;
		if (put > 0)
			done += (size_t)put;
	}
	return (int)n;
}

void
gort_print(const char *s)
{
	writeText(1, s, rtstrlen(s));
}

static int
printTo(int fd, const char *format, va_list ap)
{
	char small[1000];
	va_list again;
	va_copy(again, ap);
	uintptr_t n = rtvsnprintf(small, sizeof small, format, ap);
	int put;
	if (n < sizeof small) {
		put = writeText(fd, small, n);
	} else {
		/* Straight from the kernel, so that it works without a P. */
		uintptr_t size = (n + 1 + physPageSize - 1) & ~(physPageSize - 1);
		char *large = sysAlloc(size);
		if (large != NULL) {
			rtvsnprintf(large, size, format, again);
			put = writeText(fd, large, n);
			sysFree(large, size);
		} else {
			put = GORT_ENOMEM;
		}
	}
	va_end(again);
	return put;
}

int
gort_printf(const char *format, ...)
{
	va_list ap;
	va_start(ap, format);
	int n = printTo(1, format, ap);
	va_end(ap);
	return n;
}

int
gort_eprintf(const char *format, ...)
{
	va_list ap;
	va_start(ap, format);
	int n = printTo(2, format, ap);
	va_end(ap);
	return n;
}

int
gort_snprintf(char *buf, size_t size, const char *format, ...)
{
	va_list ap;
	va_start(ap, format);
	uintptr_t n = rtvsnprintf(buf, size, format, ap);
	va_end(ap);
	return (int)n;
}
