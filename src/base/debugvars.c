/* debugvars.c: the variables of the environment that steer the runtime.              room: base
 *
 *   GODEBUG      key=value,key=value: the keys of debugvars.def, and cpu.NAME=off
 *   GOTRACEBACK  none, single, all, system, crash, or a number
 *   GOMAXPROCS, GOGC, GOMEMLIMIT
 *
 * One rule for all: a key that we do not know is ignored (it may be another version's), a value
 * that we cannot read gets one line on stderr, and the default is used. In GODEBUG the last
 * setting of a key wins.
 *
 * GODEBUG is read twice. parsedebugvarsEarly, right after args, is silent and serves the steps
 * that come before parsedebugvars: boottrace, cpu.*, stackguard. parsedebugvars says what was
 * wrong. A program that runs with more rights than its caller (AT_SECURE) sees none of the
 * debug variables: gogetenv hides them.
 */
#include "base/base.h"

#include "base/internal.h"

struct procargs procargs;

struct debugvars debug = {
#define DEBUGVAR(name, def, min, max, help) .name = def,
#define DEBUGSTR(name, def, values, help)   .name = def,
#include "base/debugvars.def"
#undef DEBUGVAR
#undef DEBUGSTR
};

struct envvars envvars = {.gomaxprocs = 0, .gogc = 100, .gomemlimit = INT64_MAX};

struct debugkey {
	const char *name;
	int32_t *value;
	int32_t def, min, max;
	const char *values; /* "a|b|c" for a word; NULL for a number */
	const char *help;
};

static const struct debugkey keys[] = {
#define DEBUGVAR(name, def, min, max, help) {#name, &debug.name, def, min, max, NULL, help},
#define DEBUGSTR(name, def, values, help)   {#name, &debug.name, def, 0, 0, values, help},
#include "base/debugvars.def"
#undef DEBUGVAR
#undef DEBUGSTR
};

/* ---- the environment ---------------------------------------------------------------------- */

/* What a caller of a privileged program could use to look inside it. */
static const char *const hiddenIfSecure[] = {"GODEBUG", "GOTRACEBACK"};

const char *
gogetenv(const char *name)
{
	uintptr_t n = rtstrlen(name);
	if (procargs.envp == NULL)
		return NULL;
	if (osfacts.secure) {
		for (uintptr_t i = 0; i < nelem(hiddenIfSecure); i++) {
			if (rtstrcmp(hiddenIfSecure[i], name) == 0)
				return NULL;
		}
	}
	for (char **e = procargs.envp; *e != NULL; e++) {
		uintptr_t i = 0;
		while (i < n && (*e)[i] == name[i])
			i++;
		if (i == n && (*e)[n] == '=')
			return *e + n + 1;
	}
	return NULL;
}

/* ---- GODEBUG ------------------------------------------------------------------------------ */

/* The index of word w among "a|b|c"; -1: none of them. */
static int32_t
wordIndex(const char *values, const char *w, uintptr_t n)
{
	for (int32_t index = 0;; index++) {
		uintptr_t len = 0;
		while (values[len] != 0 && values[len] != '|')
			len++;
		if (len == n && __builtin_memcmp(values, w, n) == 0)
			return index;
		if (values[len] == 0)
			return -1;
		values += len + 1;
	}
}

static void
setKey(const struct debugkey *k, const char *v, uintptr_t n, bool report)
{
	if (k->values != NULL) {
		int32_t index = wordIndex(k->values, v, n);
		*k->value = index >= 0 ? index : k->def;
		if (index < 0 && report)
			rtprintf("gort: GODEBUG: bad value \"%.*s\" for %s (want %s), using the "
				 "default\n",
				(int)n, v, k->name, k->values);
		return;
	}
	int64_t num;
	bool ok = rtatoi64(v, n, &num) && num >= k->min && num <= k->max;
	*k->value = ok ? (int32_t)num : k->def;
	if (!ok && report)
		rtprintf("gort: GODEBUG: bad value \"%.*s\" for %s (want %d to %d), using %d\n",
			(int)n, v, k->name, k->min, k->max, k->def);
}

/* cpu.NAME=off; =on is what is there anyway. */
static void
setCpu(const char *name, uintptr_t nname, const char *v, uintptr_t n, bool report)
{
	if (rtstreq("on", v, n))
		return;
	if (!rtstreq("off", v, n)) {
		if (report)
			rtprintf("gort: GODEBUG: bad value \"%.*s\" for cpu.%.*s (want off), "
				 "ignored\n",
				(int)n, v, (int)nname, name);
	} else if (!cpuDisable(name, nname) && report) {
		rtprintf(
			"gort: GODEBUG: unknown CPU feature \"%.*s\", ignored\n", (int)nname, name);
	}
}

static void
parseGodebug(const char *s, bool report)
{
	while (s != NULL && *s != 0) {
		uintptr_t len = 0, eq = 0;
		bool haseq = false;
		for (; s[len] != 0 && s[len] != ','; len++) {
			if (s[len] == '=' && !haseq) {
				haseq = true;
				eq = len;
			}
		}
		const char *v = s + eq + 1;
		uintptr_t nv = haseq ? len - eq - 1 : 0;
		if (haseq && eq > 4 && __builtin_memcmp(s, "cpu.", 4) == 0) {
			setCpu(s + 4, eq - 4, v, nv, report);
		} else {
			uintptr_t nname = haseq ? eq : len;
			for (uintptr_t i = 0; i < nelem(keys); i++) {
				if (rtstreq(keys[i].name, s, nname))
					setKey(&keys[i], v, nv, report);
			}
		}
		s += len;
		if (*s == ',')
			s++;
	}
}

void
parsedebugvarsEarly(void)
{
	parseGodebug(gogetenv("GODEBUG"), false);
	bootTraceKnown();
}

void
debugvarsHelp(void (*line)(const char *))
{
	char buf[160];
	for (uintptr_t i = 0; i < nelem(keys); i++) {
		const struct debugkey *k = &keys[i];
		if (k->values != NULL)
			rtsnprintf(buf, sizeof buf, "%s=%s (first is the default): %s", k->name,
				k->values, k->help);
		else
			rtsnprintf(buf, sizeof buf, "%s=%d..%d (default %d): %s", k->name, k->min,
				k->max, k->def, k->help);
		line(buf);
	}
	line("cpu.NAME=off: do without a feature of the CPU (aes, avx2, ...)");
}

/* ---- GOTRACEBACK -------------------------------------------------------------------------- */

/* Written at start and by setTraceback, read by dying threads: each field alone is meaningful. */
static struct {
	int32_t level;
	bool all, crash;
} traceback = {.level = 1};

/* Go's words. False: not one of them, and not a number from 0 to 1000; nothing is changed. */
static bool
traceback_set(const char *s)
{
	uintptr_t n = rtstrlen(s);
	int64_t num = 0;
	if (n == 0 || rtstreq("single", s, n))
		num = 1;
	else if (rtstreq("none", s, n))
		num = 0;
	else if (rtstreq("all", s, n))
		num = 1;
	else if (rtstreq("system", s, n) || rtstreq("crash", s, n) || rtstreq("wer", s, n))
		num = 2;
	else if (!rtatoi64(s, n, &num) || num < 0 || num > 1000)
		return false;
	bool single = n == 0 || rtstreq("single", s, n) || rtstreq("none", s, n);
	store_rlx(&traceback.level, (int32_t)num);
	store_rlx(&traceback.all, !single);
	store_rlx(&traceback.crash, rtstreq("crash", s, n) || rtstreq("wer", s, n));
	return true;
}

void
setTraceback(const char *level)
{
	traceback_set(level);
}

/* A fatal error shows every goroutine, and one of ours the runtime's own frames too, unless
 * tracebacks are off altogether. */
void
gotraceback(int *level, bool *all, bool *crash)
{
	uint8_t type = load_rlx(&throwing);
	*level = load_rlx(&traceback.level);
	*all = load_rlx(&traceback.all) || type != THROW_NONE;
	*crash = load_rlx(&traceback.crash);
	if (*level == 1 && type == THROW_RUNTIME)
		*level = 2;
}

/* ---- GOMAXPROCS, GOGC, GOMEMLIMIT ---------------------------------------------------------- */

/* "123", "123B", "64KiB", "1GiB", ... False: malformed, negative, or more than 63 bits. */
static bool
byteCount(const char *s, int64_t *out)
{
	uintptr_t n = rtstrlen(s);
	int shift = 0;
	if (n > 0 && s[n - 1] == 'B') {
		n--;
		if (n > 1 && s[n - 1] == 'i') {
			static const char units[] = "KMGT";
			for (int i = 0; units[i] != 0; i++) {
				if (s[n - 2] == units[i])
					shift = 10 * (i + 1);
			}
			if (shift == 0)
				return false;
			n -= 2;
		}
	}
	int64_t v;
	if (!rtatoi64(s, n, &v) || v < 0 || s[0] == '-')
		return false;
	return !__builtin_mul_overflow(v, (int64_t)1 << shift, out);
}

static void
malformed(const char *name, const char *value, const char *want)
{
	rtprintf("gort: malformed %s \"%s\" (want %s), using the default\n", name, value, want);
}

static void
parseEnvvars(void)
{
	int64_t v;
	envvars = (struct envvars){.gogc = 100, .gomemlimit = INT64_MAX};

	const char *s = gogetenv("GOMAXPROCS");
	if (s != NULL && *s != 0) {
		if (rtatoi64(s, rtstrlen(s), &v) && v > 0 && v <= INT32_MAX)
			envvars.gomaxprocs = (int32_t)v;
		else
			malformed("GOMAXPROCS", s, "a number above 0");
	}
	s = gogetenv("GOGC");
	if (s != NULL && *s != 0) {
		if (rtstrcmp(s, "off") == 0)
			envvars.gogc = -1;
		else if (rtatoi64(s, rtstrlen(s), &v) && v >= INT32_MIN && v <= INT32_MAX)
			envvars.gogc = v < 0 ? -1 : (int32_t)v;
		else
			malformed("GOGC", s, "a percentage or off");
	}
	s = gogetenv("GOMEMLIMIT");
	if (s != NULL && *s != 0 && rtstrcmp(s, "off") != 0) {
		if (byteCount(s, &v))
			envvars.gomemlimit = v;
		else
			malformed("GOMEMLIMIT", s, "bytes, as in 512MiB, or off");
	}
}

/* ---- the step ----------------------------------------------------------------------------- */

void
parsedebugvars(void)
{
	const char *godebug = gogetenv("GODEBUG");
	parseGodebug(godebug, true);
	const char *tb = gogetenv("GOTRACEBACK");
	if (tb != NULL && !traceback_set(tb))
		malformed("GOTRACEBACK", tb, "none, single, all, system, crash or a number");
	parseEnvvars();
	bootTraceKnown();
	bootResult("GODEBUG=%s, GOTRACEBACK=%s, GOGC=%d", godebug != NULL ? godebug : "",
		tb != NULL ? tb : "", envvars.gogc);
}
