/* wordcount: how often does each word occur in the files under a directory?
 *
 *	gort run examples/wordcount/wordcount.c /usr/include
 *
 * A word is a run of the letters A-Z and a-z. The most frequent come first; the output is that of
 *
 *	find DIR -type f -exec sh -c 'for f; do cat "$f"; echo; done' sh {} + |
 *	LC_ALL=C tr -cs A-Za-z '\n' | grep . |
 *	LC_ALL=C sort | uniq -c | LC_ALL=C sort -k1,1nr -k2,2
 *
 * The main goroutine walks the directories and starts a goroutine for each file. To count, a
 * goroutine needs a table; there are a few in a channel, so it takes one from there, parking
 * until one is free, and puts it back. This bounds the number of open files too. At the end the
 * tables are merged.
 *
 * A file or directory that cannot be read is named on standard error; the others are counted, and
 * the exit status is 1.
 */
#include <gort.h>

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#define MAX_WAITING 4096 /* goroutines at a time: the walk must not run away from the counting */

static gort_chan *tables; /* of struct table *: those that nobody uses */
static gort_waitgroup running;
static gort_sema waiting = GORT_SEMA_INIT(MAX_WAITING);
static atomic_bool failed;

static void
complain(const char *path, int err)
{
	gort_eprintf("wordcount: %s: %s\n", path, gort_strerror(err));
	failed = true;
}

/* ---- a table of words --------------------------------------------------------------------- */

struct word {
	const char *text; /* NULL: a free slot */
	uint32_t len;
	uint32_t hash;
	uint64_t count;
};

struct table {
	struct word *slots; /* a power of two of them, at most three quarters used */
	size_t nslots, nwords;
	char *text; /* room for the text of new words */
	size_t room;
	char *buf; /* what was read of a file */
	size_t size;
};

static struct table *
table_make(void)
{
	struct table *t = gort_new(struct table);
	t->nslots = 4096;
	t->slots = gort_make(struct word, t->nslots);
	t->size = 64 << 10;
	t->buf = gort_make(char, t->size);
	return t;
}

static const char *
copy_text(struct table *t, const char *text, size_t len)
{
	if (t->room < len) {
		t->room = len > (64 << 10) ? len : 64 << 10;
		t->text = gort_make(char, t->room);
	}
	char *copy = memcpy(t->text, text, len);
	t->text += len;
	t->room -= len;
	return copy;
}

static struct word *
find_slot(struct word *slots, size_t nslots, const char *text, uint32_t len, uint32_t hash)
{
	size_t i = hash & (nslots - 1);
	while (slots[i].text != NULL) {
		struct word *w = &slots[i];
		if (w->hash == hash && w->len == len && memcmp(w->text, text, len) == 0)
			break;
		i = (i + 1) & (nslots - 1);
	}
	return &slots[i];
}

static void
grow(struct table *t)
{
	size_t nslots = 2 * t->nslots;
	struct word *slots = gort_make(struct word, nslots);
	for (size_t i = 0; i < t->nslots; i++) {
		struct word *w = &t->slots[i];
		if (w->text != NULL)
			*find_slot(slots, nslots, w->text, w->len, w->hash) = *w;
	}
	gort_free(t->slots);
	t->slots = slots;
	t->nslots = nslots;
}

static void
add(struct table *t, const char *text, uint32_t len, uint32_t hash, uint64_t count)
{
	struct word *w = find_slot(t->slots, t->nslots, text, len, hash);
	if (w->text == NULL) {
		if (t->nwords >= t->nslots / 4 * 3) {
			grow(t);
			w = find_slot(t->slots, t->nslots, text, len, hash);
		}
		*w = (struct word){copy_text(t, text, len), len, hash, 0};
		t->nwords++;
	}
	w->count += count;
}

/* There is room for all before the first comes: words in the order of their hashes would pile up
 * at the start of a table that is nearly full. */
static void
merge(struct table *into, const struct table *from)
{
	while (into->nwords + from->nwords > into->nslots / 2)
		grow(into);
	for (size_t i = 0; i < from->nslots; i++) {
		const struct word *w = &from->slots[i];
		if (w->text != NULL)
			add(into, w->text, w->len, w->hash, w->count);
	}
}

/* ---- counting the words of a file --------------------------------------------------------- */

static inline bool
is_letter(unsigned char c)
{
	return (unsigned char)((c | 32) - 'a') < 26;
}

/* Counts the words in the first n bytes of the buffer, but for one that reaches the end and may
 * go on: unless this is the last call for the file, it is moved to the front of the buffer.
 * Returns the length of what is left there. */
static size_t
count_words(struct table *t, size_t n, bool last)
{
	size_t i = 0;
	for (;;) {
		while (i < n && !is_letter(t->buf[i]))
			i++;
		size_t start = i;
		uint32_t hash = 2166136261; /* FNV-1a */
		while (i < n && is_letter(t->buf[i]))
			hash = (hash ^ (unsigned char)t->buf[i++]) * 16777619;
		if (i == n && !last) {
			memmove(t->buf, t->buf + start, n - start);
			return n - start;
		}
		if (i == start)
			return 0;
		add(t, t->buf + start, i - start, hash, 1);
	}
}

static int
count_file(struct table *t, const char *path)
{
	int fd = gort_open(path, O_RDONLY | O_NOFOLLOW, 0);
	if (fd < 0)
		return fd;
	size_t left = 0; /* the start of a word that the last read ended in */
	ptrdiff_t n;
	while ((n = gort_read(fd, t->buf + left, t->size - left)) > 0) {
		left = count_words(t, left + n, false);
		if (left == t->size) { /* nothing but one word: more room for it */
			char *larger = gort_make(char, 2 * t->size);
			memcpy(larger, t->buf, left);
			gort_free(t->buf);
			t->buf = larger;
			t->size *= 2;
		}
	}
	count_words(t, left, true);
	gort_close_fd(fd);
	return (int)n;
}

static void
count(void *arg)
{
	char *path = arg;
	struct table *t;
	gort_recv(tables, &t);
	int err = count_file(t, path);
	gort_send(tables, t);
	if (err < 0)
		complain(path, err);
	gort_free(path);
	gort_sema_release(&waiting);
}

/* ---- walking the directories -------------------------------------------------------------- */

struct dir {
	struct dir *next;
	char path[];
};

static struct dir *todo; /* found and not read yet */

/* What find -type f would do: files are counted, directories entered, the rest is left alone. */
static void
visit(const char *parent, const char *name, int type)
{
	size_t size = strlen(parent) + strlen(name) + 2;
	char *path = gort_make(char, size);
	struct stat st;
	snprintf(path, size, "%s%s%s", parent, *parent != '\0' ? "/" : "", name);
	if (type == DT_UNKNOWN) {
		if (lstat(path, &st) != 0)
			complain(path, -errno);
		else if (S_ISREG(st.st_mode))
			type = DT_REG;
		else if (S_ISDIR(st.st_mode))
			type = DT_DIR;
	}
	if (type == DT_REG) {
		gort_sema_acquire(&waiting);
		gort_waitgroup_go(&running, count, path); /* count frees path */
		return;
	}
	if (type == DT_DIR) {
		struct dir *d = gort_alloc(sizeof *d + size);
		memcpy(d->path, path, size);
		d->next = todo;
		todo = d;
	}
	gort_free(path);
}

static int
not_dots(const struct dirent *e)
{
	return strcmp(e->d_name, ".") != 0 && strcmp(e->d_name, "..") != 0;
}

static void
walk(const char *root)
{
	visit("", root, DT_UNKNOWN);
	while (todo != NULL) {
		struct dir *d = todo;
		todo = d->next;
		struct dirent **entries;
		int n = scandir(d->path, &entries, not_dots, NULL);
		if (n < 0)
			complain(d->path, -errno);
		for (int i = 0; i < n; i++) {
			visit(d->path, entries[i]->d_name, entries[i]->d_type);
			free(entries[i]);
		}
		if (n >= 0)
			free(entries);
		gort_free(d);
	}
}

/* ---- the result --------------------------------------------------------------------------- */

static int
by_count(const void *pa, const void *pb)
{
	const struct word *a = pa, *b = pb;
	if (a->count != b->count)
		return a->count > b->count ? -1 : 1;
	int order = memcmp(a->text, b->text, a->len < b->len ? a->len : b->len);
	return order != 0 ? order : (a->len > b->len) - (a->len < b->len);
}

static void
print(struct table *t)
{
	size_t n = 0;
	for (size_t i = 0; i < t->nslots; i++)
		if (t->slots[i].text != NULL)
			t->slots[n++] = t->slots[i];
	qsort(t->slots, n, sizeof *t->slots, by_count);
	for (size_t i = 0; i < n; i++) {
		struct word *w = &t->slots[i];
		printf("%7llu %.*s\n", (unsigned long long)w->count, (int)w->len, w->text);
	}
	if (fflush(stdout) != 0 || ferror(stdout))
		complain("standard output", -errno);
}

int
gort_main(int argc, char **argv)
{
	if (argc != 2) {
		fprintf(stderr, "usage: wordcount DIR\n");
		return 2;
	}
	int ntables = 2 * gort_gomaxprocs(0);
	tables = gort_chan_make(struct table *, ntables);
	for (int i = 0; i < ntables; i++)
		gort_send(tables, table_make());

	walk(argv[1]);
	gort_waitgroup_wait(&running);

	struct table *all, *t;
	gort_recv(tables, &all);
	for (int i = 1; i < ntables; i++) {
		gort_recv(tables, &t);
		merge(all, t);
	}
	print(all);
	return failed;
}
