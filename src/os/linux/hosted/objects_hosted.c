/* objects_hosted.c: the variables of the program and of its libraries.               room: os
 *
 * A collector that serves C has to read every variable that may hold a pointer: the writable segments of
 * the executable and of each loaded object, less the part that the loader made read-only again
 * (RELRO), and each thread's copy of their thread-local variables.
 *
 * dl_iterate_phdr tells, but takes the loader's lock, and under a stop of the world the thread that
 * holds it may stand still. So the list is made before the stop, and under it we only ask
 * whether it is still right: the loader's chain of link maps, which it keeps for debuggers, is
 * compared with what it was when the list was made. If an object has come or gone the
 * caller starts over. An object that is being loaded at the moment of the stop is not on the chain, or
 * none of its code has run: it points to nothing of the heap. One that is being unloaded is on the chain
 * until its memory has gone: while the loader says that it is at work (r_state) the list is not right.
 *
 * A thread that the runtime does not know runs on during a stop, and may unload an object while it is read.
 * The data of objects that can go, those that were not there at the start, is therefore copied by the
 * kernel, which does not mind; what is gone reads as 0.
 *
 * A program may take the access to pages of its variables away (a static stack's guard). The kernel is
 * asked, and such pages are left out.
 *
 * Thread-local variables. An object's block in a thread is found through the thread's vector of
 * them (glibc and musl: the second word of the thread descriptor). glibc fills in the entry of an
 * object with a fixed place (initial-exec code in a library that was loaded late) at the first general
 * access only; for those the distance from the thread pointer, the same in each thread, is taken from
 * the thread that makes the list. An object that is loaded gets the number of one that was unloaded, and the
 * vector of a thread that has not noticed has the block of the old one: it may be shorter, and is
 * read as far as it is there.
 *
 * What pthread_setspecific keeps is libc's own memory and is not read.
 */
#define _GNU_SOURCE
#include <link.h>

#include "os/linux/internal.h"

struct stretch {
	uintptr_t lo, hi;
	uintptr_t copy; /* in objects.copy, from here on; NOCOPY */
};
#define NOCOPY UINTPTR_MAX

struct tlsobject {
	size_t id;
	uintptr_t size;
	uintptr_t below; /* the thread pointer less the block's address; 0: not a fixed place */
};

struct loaded {
	const struct link_map *at;
	struct link_map map; /* as it was */
};

/* The list. One collection at a time. */
struct table {
	void *p;
	uint32_t n, cap;
};
static struct {
	struct table data;  /* struct stretch */
	struct table tls;   /* struct tlsobject */
	struct table chain; /* struct loaded, as the loader has them */
	bool chained;
	bool refused;
	uint32_t n,
		nstay; /* objects listed so far; the first so many stay. nstay: written at boot */
	char *copy;
	uintptr_t copycap, copylen;
} objects;

/* The loader's. A static program has none, nor has one with musl: then nothing tells of a change. */
#pragma weak _r_debug

/* Blocks with a fixed place lie this near. */
#define TLS_FIXED_MAX (256 * KiB)

static bool
tableGrow(struct table *t, uintptr_t size)
{
	uint32_t cap = t->cap == 0 ? 64 : t->cap * 2;
	void *p = sysAlloc(alignUp(cap * size, physPageSize));
	if (p == NULL)
		return false;
	if (t->cap != 0) {
		__builtin_memcpy(p, t->p, t->n * size);
		sysFree(t->p, alignUp(t->cap * size, physPageSize));
	}
	t->p = p;
	t->cap = cap;
	return true;
}

static void *
tableAdd(struct table *t, uintptr_t size)
{
	if (t->n == t->cap && !tableGrow(t, size)) {
		objects.refused = true;
		return NULL;
	}
	return (char *)t->p + t->n++ * size;
}

static void
addData(uintptr_t lo, uintptr_t hi, bool stays)
{
	lo = alignUp(lo, PTRSIZE);
	if (lo >= hi)
		return;
	struct stretch *s = tableAdd(&objects.data, sizeof *s);
	if (s == NULL)
		return;
	*s = (struct stretch){lo, hi, NOCOPY};
	if (!stays) {
		s->copy = objects.copylen;
		objects.copylen += alignUp(hi - lo, PTRSIZE);
	}
}

static void
listChain(void)
{
	const struct link_map *map = &_r_debug != NULL ? _r_debug.r_map : NULL;
	for (; map != NULL; map = map->l_next) {
		struct loaded *l = tableAdd(&objects.chain, sizeof *l);
		if (l == NULL)
			return;
		*l = (struct loaded){map, *map};
	}
}

/* The loader lists what came with the program first. The object that this is in is never unloaded. */
static bool
stays(const struct dl_phdr_info *info)
{
	if (objects.n++ < objects.nstay)
		return true;
	for (int i = 0; i < info->dlpi_phnum; i++)
		if (info->dlpi_phdr[i].p_type == PT_LOAD &&
			(uintptr_t)&objects - (info->dlpi_addr + info->dlpi_phdr[i].p_vaddr) <
				info->dlpi_phdr[i].p_memsz)
			return true;
	return false;
}

static int
addObject(struct dl_phdr_info *info, size_t size, void *arg)
{
	uintptr_t relro = 0, relroEnd = 0;
	(void)arg;
	if (!objects.chained) { /* the loader's lock is held from here to the last object */
		listChain();
		objects.chained = true;
	}
	bool stay = stays(info);
	for (int i = 0; i < info->dlpi_phnum; i++) {
		const ElfW(Phdr) *ph = &info->dlpi_phdr[i];
		if (ph->p_type == PT_GNU_RELRO) {
			relro = info->dlpi_addr + ph->p_vaddr;
			relroEnd = alignDown(relro + ph->p_memsz, physPageSize);
		}
	}
	for (int i = 0; i < info->dlpi_phnum; i++) {
		const ElfW(Phdr) *ph = &info->dlpi_phdr[i];
		uintptr_t lo = info->dlpi_addr + ph->p_vaddr, hi = lo + ph->p_memsz;
		if (ph->p_type != PT_LOAD || !(ph->p_flags & PF_W))
			continue;
		if (relroEnd > relro && relro >= lo && relro < hi) {
			addData(lo, relro, stay);
			lo = relroEnd;
		}
		addData(lo, hi, stay);
	}
	if (size < offsetof(struct dl_phdr_info, dlpi_tls_data) + sizeof info->dlpi_tls_data ||
		info->dlpi_tls_modid == 0)
		return 0;
	for (int i = 0; i < info->dlpi_phnum; i++) {
		if (info->dlpi_phdr[i].p_type != PT_TLS)
			continue;
		struct tlsobject *t = tableAdd(&objects.tls, sizeof *t);
		if (t == NULL)
			break;
		uintptr_t tp = threadPointer(), here = (uintptr_t)info->dlpi_tls_data;
		*t = (struct tlsobject){info->dlpi_tls_modid, info->dlpi_phdr[i].p_memsz, 0};
		if (here != 0 && here < tp && tp - here < TLS_FIXED_MAX)
			t->below = tp - here;
	}
	return 0;
}

static int
countLoaded(struct dl_phdr_info *info, size_t size, void *arg)
{
	(void)arg;
	if (size >= offsetof(struct dl_phdr_info, dlpi_adds) + sizeof info->dlpi_adds &&
		info->dlpi_subs == 0 && info->dlpi_adds <= UINT32_MAX)
		objects.nstay = (uint32_t)info->dlpi_adds;
	return 1;
}

void
osObjectsInit(void)
{
	/* A guest does not know what came with the program and what later, but for the program itself. */
	objects.nstay = 1;
	if (!osfacts.guest)
		dl_iterate_phdr(countLoaded, NULL);
}

/* Room for what is to be copied. */
static bool
copyRoom(void)
{
	if (objects.copylen <= objects.copycap)
		return true;
	uintptr_t cap = alignUp(objects.copylen + objects.copylen / 4, physPageSize);
	char *p = sysAlloc(cap);
	if (p == NULL)
		return false;
	if (objects.copycap != 0)
		sysFree(objects.copy, objects.copycap);
	objects.copy = p;
	objects.copycap = cap;
	return true;
}

/* Who reads a page for the first time waits for the kernel to find it, which the first stop would do for each.
 * Advice: kernels before 5.14 refuse, and so does a page that is not there. */
static void
touchAll(void)
{
	enum { POPULATE_READ = 22 };
	const struct stretch *s = objects.data.p;
	for (uint32_t i = 0; i < objects.data.n; i++) {
		uintptr_t lo = alignDown(s[i].lo, physPageSize);
		SYS3(madvise, lo, alignUp(s[i].hi, physPageSize) - lo, POPULATE_READ);
	}
}

bool
osObjectsList(void)
{
	static bool touched;
	/* Under a stop there was no memory for what it had to add. Now there is, or the caller gives up. */
	if (objects.refused && !tableGrow(&objects.data, sizeof(struct stretch)))
		return false;
	objects.data.n = objects.tls.n = objects.chain.n = objects.n = 0;
	objects.copylen = 0;
	objects.refused = objects.chained = false;
	dl_iterate_phdr(addObject, NULL);
	if (!touched)
		touchAll();
	touched = true;
	return !objects.refused && copyRoom();
}

/* Page by page: one may be protected, or the object gone. */
static cold void
copyPages(char *to, uintptr_t lo, uintptr_t hi)
{
	for (uintptr_t p = lo, end; p < hi; to += end - p, p = end) {
		end = alignUp(p + 1, physPageSize);
		end = end < hi ? end : hi;
		if (!osPeek(to, (const void *)p, end - p))
			__builtin_memset(to, 0, end - p);
	}
}

struct part {
	uintptr_t base, len;
};
enum { PARTS = 128, NOT_ALLOWED = -1 };

/* How many bytes of n parts the kernel has copied to where there is room for all of them. */
static intptr_t
peekParts(void *to, uintptr_t room, const struct part *parts, uintptr_t n)
{
	struct part local = {(uintptr_t)to, room};
	intptr_t r = SYS6(process_vm_readv, osgetpid(), &local, 1, parts, n, 0);
	return r == -EPERM || r == -ENOSYS ? NOT_ALLOWED : r < 0 ? 0 : r;
}

/* Read through the kernel: a thread that we do not know of may be changing it. */
static bool
chainSame(void)
{
	enum { AT_ONCE = 32 };
	struct link_map now[AT_ONCE];
	struct part parts[AT_ONCE];
	const struct loaded *l = objects.chain.p;
	for (uint32_t left = objects.chain.n, n; left > 0; left -= n, l += n) {
		n = left < AT_ONCE ? left : AT_ONCE;
		for (uint32_t i = 0; i < n; i++)
			parts[i] = (struct part){(uintptr_t)l[i].at, sizeof now[i]};
		intptr_t r = peekParts(now, n * sizeof now[0], parts, n);
		if (r == NOT_ALLOWED)
			for (uint32_t i = 0; i < n; i++)
				now[i] = *l[i].at;
		else if (r != (intptr_t)(n * sizeof now[0]))
			return false;
		for (uint32_t i = 0; i < n; i++)
			if (now[i].l_addr != l[i].map.l_addr || now[i].l_ld != l[i].map.l_ld ||
				now[i].l_next != l[i].map.l_next)
				return false;
	}
	return true;
}

static bool
readable(const struct part *pages, uintptr_t n)
{
	char bytes[PARTS];
	intptr_t r = peekParts(bytes, n, pages, n);
	return r == NOT_ALLOWED || r == (intptr_t)n;
}

/* Can all pages be read that are not copied? As a rule; then few calls say so. */
static bool
allReadable(void)
{
	struct part pages[PARTS];
	uint32_t n = 0;
	const struct stretch *s = objects.data.p;
	for (uint32_t i = 0; i < objects.data.n; i++) {
		if (s[i].copy != NOCOPY)
			continue;
		uintptr_t p = alignDown(s[i].lo, physPageSize);
		for (; p < s[i].hi; p += physPageSize) {
			pages[n++] = (struct part){p, 1};
			if (n < PARTS)
				continue;
			if (!readable(pages, n))
				return false;
			n = 0;
		}
	}
	return n == 0 || readable(pages, n);
}

/* The first page from lo to hi that cannot be read, hi if there is none. The kernel copies a byte of each. */
static uintptr_t
firstUnreadable(uintptr_t lo, uintptr_t hi)
{
	struct part pages[PARTS];
	char bytes[PARTS];
	for (uintptr_t page = alignDown(lo, physPageSize); page < hi;) {
		uintptr_t n = 0;
		for (uintptr_t p = page; p < hi && n < PARTS; p += physPageSize)
			pages[n++] = (struct part){p, 1};
		intptr_t r = peekParts(bytes, n, pages, n);
		if (r == NOT_ALLOWED)
			return hi;
		if ((uintptr_t)r != n)
			return page + (uintptr_t)r * physPageSize;
		page += n * physPageSize;
	}
	return hi;
}

/* Pages of the i-th stretch that cannot be read part it; what is behind them becomes another one. */
static void
leaveOutUnreadable(uint32_t i)
{
	struct stretch *s = (struct stretch *)objects.data.p + i;
	uintptr_t bad = firstUnreadable(s->lo, s->hi), hi = s->hi;
	if (likely(bad >= hi))
		return;
	s->hi = bad > s->lo ? bad : s->lo;
	if (bad + physPageSize < hi && (s = tableAdd(&objects.data, sizeof *s)) != NULL)
		*s = (struct stretch){bad + physPageSize, hi, NOCOPY};
}

bool
osObjectsSame(bool closed)
{
	if (&_r_debug != NULL &&
		__atomic_load_n(&_r_debug.r_state, __ATOMIC_ACQUIRE) != RT_CONSISTENT)
		return false;
	if (!chainSame())
		return false;
	bool all = !closed || allReadable();
	for (uint32_t i = 0; i < objects.data.n; i++) { /* which may grow on the way */
		const struct stretch *s = (const struct stretch *)objects.data.p + i;
		if (s->copy == NOCOPY) {
			if (!all)
				leaveOutUnreadable(i);
			continue;
		}
		char *to = objects.copy + s->copy;
		if (!osPeek(to, (const void *)s->lo, s->hi - s->lo))
			copyPages(to, s->lo, s->hi);
	}
	return !objects.refused;
}

bool
osObjectsData(uint32_t i, uintptr_t *lo, uintptr_t *hi)
{
	if (i >= objects.data.n)
		return false;
	const struct stretch *s = (const struct stretch *)objects.data.p + i;
	*lo = s->copy == NOCOPY ? s->lo : (uintptr_t)objects.copy + s->copy;
	*hi = *lo + (s->hi - s->lo);
	return true;
}

/* ---- thread-local variables --------------------------------------------------------------- */

#ifdef __GLIBC__
/* dtv[-1]: how many there are; dtv[id]: a pointer, or -1 before the first access; and what to free. */
union dtv {
	size_t counter;
	struct {
		void *val, *tofree;
	} pointer;
};

static uintptr_t
tlsBlock(uintptr_t tp, size_t id)
{
	const union dtv *dtv = ((const union dtv *const *)tp)[1];
	if (dtv == NULL || id > dtv[-1].counter || dtv[id].pointer.val == (void *)-1)
		return 0;
	return (uintptr_t)dtv[id].pointer.val;
}
#else
/* musl: dtv[0]: how many there are. */
static uintptr_t
tlsBlock(uintptr_t tp, size_t id)
{
	const uintptr_t *dtv = ((const uintptr_t *const *)tp)[1];
	return dtv == NULL || id > dtv[0] ? 0 : dtv[id];
}
#endif

bool
osThreadLocals(const struct m *mp, uint32_t i, uintptr_t *lo, uintptr_t *hi)
{
	if (i >= objects.tls.n || mp->tls == 0)
		return false;
	const struct tlsobject *t = (const struct tlsobject *)objects.tls.p + i;
	uintptr_t p = tlsBlock(mp->tls, t->id);
	if (p == 0 && t->below != 0)
		p = mp->tls - t->below;
	*lo = alignUp(p, PTRSIZE);
	*hi = p == 0 ? 0 : p + t->size;
	if (p != 0 && mp->tls - p >= TLS_FIXED_MAX)
		*hi = firstUnreadable(p, *hi);
	if (*lo > *hi)
		*lo = *hi;
	return true;
}

/* ---- /proc/self/maps ---------------------------------------------------------------------- */

/* Takes a hexadecimal number off *s. */
static uintptr_t
hex(const char **s, const char *end)
{
	uintptr_t n = 0;
	for (; *s < end; (*s)++) {
		char c = **s;
		if (c >= '0' && c <= '9')
			n = n * 16 + (uintptr_t)(c - '0');
		else if (c >= 'a' && c <= 'f')
			n = n * 16 + (uintptr_t)(c - 'a' + 10);
		else
			break;
	}
	return n;
}

bool
osMapping(uintptr_t addr, uintptr_t *lo, uintptr_t *hi)
{
	char buf[4096];
	uintptr_t have = 0;
	bool found = false, skip = false; /* skip: the rest of a line */
	intptr_t fd = sys_open("/proc/self/maps", 0, 0), r;
	if (fd < 0)
		return false;
	while (!found && (r = sys_read((int)fd, buf + have, sizeof buf - have)) > 0) {
		const char *s = buf, *end = buf + have + r;
		while (!found) {
			const char *nl = s;
			while (nl < end && *nl != '\n')
				nl++;
			if (!skip && nl - s >= 40) { /* addresses and permissions are there */
				const char *t = s;
				uintptr_t from = hex(&t, nl);
				t++;
				uintptr_t to = hex(&t, nl);
				if (addr >= from && addr < to) {
					*lo = from;
					*hi = to;
					found = true;
				}
				skip = true;
			}
			if (nl == end)
				break;
			skip = false;
			s = nl + 1;
		}
		have = skip ? 0 : (uintptr_t)(end - s);
		if (have == sizeof buf)
			break; /* no line is so long */
		__builtin_memmove(buf, s, have);
	}
	sys_close((int)fd);
	return found;
}
