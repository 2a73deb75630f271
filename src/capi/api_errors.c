/* api_errors.c: names of error codes, and panics with numbers in them.               room: capi */
#include "capi/capi.h"

const char *
gort_strerror(int err)
{
	switch (err) {
	case GORT_OK:
		return "no error";
#define TEXT(name, number, text)                                                                   \
	case GORT_##name:                                                                          \
		return text;
		GORT_ERRNO_MAP(TEXT)
#undef TEXT
	}
	return "unknown error";
}

_Noreturn void
panicFormat(const char *fmt, ...)
{
	char text[200];
	__builtin_va_list ap;
	__builtin_va_start(ap, fmt);
	rtvsnprintf(text, sizeof text, fmt, ap);
	__builtin_va_end(ap);
	panicPlain(text);
}
