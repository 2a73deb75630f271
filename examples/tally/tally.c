/* tally: how often does each word come? Several goroutines count lines of a text in maps of their own,
 * because a map has no lock; main adds the maps up and prints the words in order. */
#include <gort.h>

#include <ctype.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define COUNTERS 3

static const char *const text[] = {
	"It was the best of times, it was the worst of times,",
	"it was the age of wisdom, it was the age of foolishness,",
	"it was the epoch of belief, it was the epoch of incredulity,",
	"it was the season of Light, it was the season of Darkness",
};

static gort_chan *lines, *maps;

static void
count(gort_map *words, const char *line)
{
	char word[64];
	size_t n = 0;
	for (;; line++) {
		if (isalpha((unsigned char)*line) && n < sizeof word - 1) {
			word[n++] = (char)tolower((unsigned char)*line);
			continue;
		}
		word[n] = 0;
		if (n > 0)
			++*gort_map_at(words, (const char *)word, int); /* the map copies the key */
		n = 0;
		if (*line == 0)
			return;
	}
}

static void
counter(void *arg)
{
	(void)arg;
	gort_map *words = gort_map_make(const char *, int);
	const char *line;
	while (gort_recv(lines, &line))
		count(words, line);
	gort_send(maps, words);
}

static int
by_text(const void *a, const void *b)
{
	return strcmp(*(const char *const *)a, *(const char *const *)b);
}

int
gort_main(int argc, char **argv)
{
	(void)argc, (void)argv;
	lines = gort_chan_make(const char *, 0);
	maps = gort_chan_make(gort_map *, 0);
	for (int i = 0; i < COUNTERS; i++)
		gort_go(counter, NULL);
	for (size_t i = 0; i < sizeof text / sizeof text[0]; i++)
		gort_send(lines, text[i]);
	gort_close(lines);

	gort_map *all = gort_map_make(const char *, int);
	for (int i = 0; i < COUNTERS; i++) {
		gort_map *words;
		gort_recv(maps, &words);
		const char *word;
		int n;
		gort_map_each(words, &word, &n) * gort_map_at(all, word, int) += n;
	}

	/* An iteration has another order each time. */
	size_t n = 0;
	const char **sorted = gort_make(const char *, (size_t)gort_map_len(all)), *word;
	gort_map_each(all, &word, NULL) sorted[n++] = word;
	qsort(sorted, n, sizeof sorted[0], by_text);
	for (size_t i = 0; i < n; i++) {
		int times = 0;
		gort_map_get(all, sorted[i], &times);
		if (times > 1)
			printf("%2d %s\n", times, sorted[i]);
	}
	printf("%zu words\n", n);
	return 0;
}
