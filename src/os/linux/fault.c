/* fault.c: refusals on request; debug and hard builds.                               room: os
 *
 *	GORT_FAULT=mmap:3            the third mmap that the runtime asks for fails
 *	GORT_FAULT=mmap:3+           the third and all later ones
 *	GORT_FAULT=futex:1+:EINTR    with this error, a name or a number, instead of the usual one
 *	GORT_FAULT=mmap:3:die        the process dies there instead, and shows who makes the call
 *	GORT_FAULT=mmap:3,clone:1    both
 *
 * The kinds are the lines of syscalls.def: every system call that the runtime makes and that can
 * fail (each goes through a macro that knows the line: internal.h), and some calls of libc's. What
 * the kernel would refuse once in a machine's life can so be refused at every single place, and a
 * test walks n up until the program no longer needs an n-th call. What is refused is not done.
 *
 * osFaults comes first of all, because the first refusals of interest come before anything that
 * could parse the variable. Runs in signal handlers, takes no locks.
 */
#include "os/linux/internal.h"

#if GORT_DEBUG || GORT_HARD

static const struct named {
	const char *name;
	int err;
} kinds[FAULT_KINDS] = {
#	define SYSCALL(name, err, use, refused) {#        name, err},
#	include "os/linux/syscalls.def"
#	undef SYSCALL
};

#	define DIE (-1)
static const struct named errors[] = {{"die", DIE}, {"EPERM", EPERM}, {"ENOENT", ENOENT},
	{"ESRCH", ESRCH}, {"EINTR", EINTR}, {"EIO", EIO}, {"EBADF", EBADF}, {"EAGAIN", EAGAIN},
	{"ENOMEM", ENOMEM}, {"EACCES", EACCES}, {"EFAULT", EFAULT}, {"EINVAL", EINVAL},
	{"EMFILE", EMFILE}, {"ENOSYS", ENOSYS}, {"ETIMEDOUT", ETIMEDOUT}};

static struct fault {
	uint32_t count; /* atomic: calls seen */
	uint32_t
		first; /* the call that fails; 0: none. Written before threads, as are the others */
	bool all;      /* and every later one */
	int err;
} faults[FAULT_KINDS];

/* *s starts with name and goes on with what no name has: then it is moved behind it. */
static bool
takeName(const char **s, const char *name)
{
	const char *p = *s;
	while (*name != 0 && *p == *name) {
		p++;
		name++;
	}
	if (*name != 0 || (*p != 0 && *p != ':' && *p != ','))
		return false;
	*s = p;
	return true;
}

static uint32_t
takeNumber(const char **s)
{
	uint32_t v = 0;
	for (; **s >= '0' && **s <= '9'; ++*s)
		v = v * 10 + (uint32_t)(**s - '0');
	return v;
}

static void
setOne(const char *s)
{
	for (int k = 0; k < FAULT_KINDS; k++) {
		if (!takeName(&s, kinds[k].name))
			continue;
		struct fault f = {.err = kinds[k].err};
		if (*s == ':') {
			s++;
			f.first = takeNumber(&s);
			f.all = *s == '+';
			s += f.all;
		}
		if (*s == ':') {
			s++;
			uint32_t n = takeNumber(&s);
			if (n != 0)
				f.err = (int)n;
			for (uint32_t i = 0; i < nelem(errors); i++)
				if (takeName(&s, errors[i].name))
					f.err = errors[i].err;
		}
		faults[k] = f;
		return;
	}
}

void
faultSet(const char *s)
{
	while (*s != 0) {
		setOne(s);
		while (*s != 0 && *s++ != ',') {
		}
	}
}

void
osFaults(char **envp)
{
	static bool known; /* a library's start comes twice */
	if (known)
		return;
	known = true;
	static const char name[] = "GORT_FAULT=";
	for (; envp != NULL && *envp != NULL; envp++) {
		uintptr_t n = 0;
		while (name[n] != 0 && (*envp)[n] == name[n])
			n++;
		if (name[n] == 0)
			faultSet(*envp + n);
	}
}

no_sanitize bool
faultArmed(enum faultkind kind)
{
	return faults[kind].first != 0;
}

no_sanitize intptr_t
faultDue(enum faultkind kind)
{
	struct fault *f = &faults[kind];
	if (likely(f->first == 0))
		return 0;
	uint32_t n = xadd(&f->count, 1u);
	if (n != f->first && (!f->all || n < f->first))
		return 0;
	if (f->err == DIE)
		throwf("GORT_FAULT", "this is call %u of %s\n", n, kinds[kind].name);
	return -f->err;
}

#endif
