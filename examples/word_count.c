/*
 * word_count.c - counts the words of a text with several threads.
 *
 *     word_count [-t threads] < text
 *
 * Each thread counts the words of its piece of the text with one instar_fetch_add a word.  A word is its 64-bit FNV-1a
 * hash here; the map tells where one copy of it stands in the text.
 */
#include <ctype.h>
#include <inttypes.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <instar/instar.h>

static struct {
	char *text;
	size_t size;
	unsigned threads;
	instar_map *counts; /* word -> how often */
	instar_map *places; /* word -> where in the text, and how long: offset << 16 | length */
} job;

static bool in_word(size_t i)
{
	return i < job.size && isalnum((unsigned char)job.text[i]);
}

/* The text itself stays as it is: other threads read it. */
static unsigned char letter(size_t i)
{
	return (unsigned char)tolower((unsigned char)job.text[i]);
}

static bool count_word(size_t begin, size_t end)
{
	uint64_t word = 0xcbf29ce484222325u;

	for (size_t i = begin; i < end; i++)
		word = (word ^ letter(i)) * 0x100000001b3u;
	if (end - begin > 0xffff)
		end = begin + 0xffff;
	switch (instar_fetch_add(job.counts, NULL, word, 1, 0, NULL)) {
	case INSTAR_EXISTS:
		return true;
	case INSTAR_OK: /* the first of its kind */
		return instar_insert(job.places, NULL, word, begin << 16 | (end - begin), NULL) == INSTAR_OK;
	default:
		return false;
	}
}

/* The words that begin in one piece of the text. */
static void *count_piece(void *arg)
{
	size_t piece = (size_t)(uintptr_t)arg;
	size_t i = job.size / job.threads * piece;
	size_t end = piece + 1 == job.threads ? job.size : job.size / job.threads * (piece + 1);

	while (i > 0 && in_word(i) && in_word(i - 1) && i < end)
		i++;
	for (; i < end; i++) {
		size_t begin = i;

		while (in_word(i))
			i++;
		if (i > begin && !count_word(begin, i))
			return (void *)"out of memory";
	}
	return NULL;
}

static bool print_word(uint64_t word, uint64_t count, void *ctx)
{
	uint64_t place = 0;

	(void)ctx;
	instar_get(job.places, NULL, word, &place);
	printf("%7" PRIu64 " ", count);
	for (size_t i = place >> 16, end = i + (place & 0xffff); i < end; i++)
		putchar(letter(i));
	putchar('\n');
	return true;
}

static bool read_all(FILE *in)
{
	size_t room = 0, n;

	do {
		if (job.size == room) {
			char *more = realloc(job.text, room = room ? room * 2 : 65536);

			if (!more)
				return false;
			job.text = more;
		}
		n = fread(job.text + job.size, 1, room - job.size, in);
		job.size += n;
	} while (n);
	return !ferror(in);
}

static const char *count_all(void)
{
	pthread_t threads[64];
	void *wrong = NULL, *one;
	unsigned started = 0;

	while (started < job.threads &&
	       !pthread_create(&threads[started], NULL, count_piece, (void *)(uintptr_t)started))
		started++;
	for (unsigned i = 0; i < started; i++) {
		pthread_join(threads[i], &one);
		wrong = wrong ? wrong : one;
	}
	return started < job.threads ? "no thread" : wrong;
}

int main(int argc, char **argv)
{
	const char *wrong = NULL;

	job.threads = argc == 3 && !strcmp(argv[1], "-t") ? (unsigned)atoi(argv[2]) : 4;
	if (job.threads < 1 || job.threads > 64)
		wrong = "between 1 and 64 threads";
	else if (!read_all(stdin))
		wrong = "cannot read";
	else if (instar_map_create(&job.counts, NULL, NULL) || instar_map_create(&job.places, NULL, NULL))
		wrong = "out of memory";
	else
		wrong = count_all();
	if (wrong)
		fprintf(stderr, "word_count: %s\n", wrong);
	else
		instar_foreach(job.counts, NULL, print_word, NULL, NULL);
	instar_map_destroy(job.counts);
	instar_map_destroy(job.places);
	free(job.text);
	return wrong != NULL;
}
