/*
 * stress/count.c - instar-stress count: how often each word, line or field occurs in files.
 *
 * Prints what `LC_ALL=C sort | uniq -c | LC_ALL=C sort -k1,1nr' prints: more frequent keys first, equally
 * frequent ones by their bytes.  All threads take pieces of the files and count through one map; each
 * sorts the entries it made; the sorted runs are merged into the output.
 */
#include <errno.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "stress/arguments.h"
#include "stress/clock.h"
#include "stress/commands.h"
#include "stress/count_input.h"
#include "stress/count_versus.h"
#include "stress/counter.h"

struct count {
	struct count_input input;
	char **paths;
	size_t top;
	unsigned threads;
	const char *scheme;
	bool versus;
	instar_domain *domain;
	instar_map *map;
	struct teller *tellers;
	pthread_barrier_t counted;
	_Atomic unsigned finished;
};

/* A thread, and its sorted entries. */
struct teller {
	struct count *count;
	pthread_t thread;
	struct counter counter;
	struct counted **sorted;
	size_t length, at;
	double counted_at;
};

enum { KEY_SCHEME = 256, KEY_WORDS_OPTION, KEY_LINES_OPTION, KEY_VERSUS };

static const struct argp_option options[] = {
	{ "words", KEY_WORDS_OPTION, NULL, 0, "Count words, runs of bytes that are not white space (default)", 0 },
	{ "lines", KEY_LINES_OPTION, NULL, 0, "Count lines", 0 },
	{ "field", 'f', "N", 0, "Count the N-th field of each line, as cut does", 0 },
	{ "delimiter", 'd', "C", 0, "The byte between fields (default: tab)", 0 },
	{ "top", 'n', "N", 0, "Print the N most frequent only", 0 },
	{ "threads", 't', "N", 0, "Threads (default: all processors)", 0 },
	{ "scheme", KEY_SCHEME, "NAME", 0, "Reclamation scheme (default: ebr)", 0 },
	{ "versus", KEY_VERSUS, NULL, 0, "Also run coreutils, compare the answers, and print both times", 0 },
	{ 0 },
};

static void add_file(struct argp_state *state, struct count *count, char *path)
{
	struct count_input *input = &count->input;

	input->files = realloc(input->files, (input->file_count + 1) * sizeof(*input->files));
	count->paths = realloc(count->paths, (input->file_count + 1) * sizeof(*count->paths));
	if (!input->files || !count->paths)
		arguments_wrong(state, "no memory for the files");
	if (!file_view_open(&input->files[input->file_count], path))
		arguments_wrong(state, "%s: %s", path, strerror(errno));
	count->paths[input->file_count++] = path;
}

/* Pipes and the like, of which - may be one, give their bytes once. */
static bool is_regular(const char *path)
{
	struct stat about;

	return strcmp(path, "-") != 0 && stat(path, &about) == 0 && S_ISREG(about.st_mode);
}

static error_t parse(int key, char *text, struct argp_state *state)
{
	struct count *count = state->input;

	switch (key) {
	case ARGP_KEY_INIT: arguments_quiet(state); break;
	case KEY_WORDS_OPTION: count->input.kind = KEY_WORDS; break;
	case KEY_LINES_OPTION: count->input.kind = KEY_LINES; break;
	case 'f':
		count->input.kind = KEY_FIELDS;
		count->input.field = (unsigned)arguments_number(state, "--field", text, 1, 1000000);
		break;
	case 'd':
		if (strlen(text) != 1 || text[0] == '\n')
			arguments_wrong(state, "--delimiter: not one byte of a line");
		count->input.delimiter = text[0];
		break;
	case 'n': count->top = arguments_number(state, "--top", text, 1, SIZE_MAX / 2); break;
	case 't': count->threads = (unsigned)arguments_number(state, "--threads", text, 1, 4096); break;
	case KEY_SCHEME: count->scheme = text; break;
	case KEY_VERSUS: count->versus = true; break;
	case ARGP_KEY_ARG: add_file(state, count, text); break;
	case ARGP_KEY_NO_ARGS: arguments_wrong(state, "no file given (- is standard input)");
	case ARGP_KEY_END:
		for (size_t i = 0; count->versus && i < count->input.file_count; i++)
			if (!is_regular(count->paths[i]))
				arguments_wrong(state, "--versus: %s cannot be read twice", count->paths[i]);
		break;
	default: return ARGP_ERR_UNKNOWN;
	}
	return 0;
}

static const struct argp argp = {
	options, parse, "FILE...",
	"Counts how often each key occurs in files, with all cores, and prints the keys by falling frequency.", NULL, NULL,
	NULL
};

static void take_key(const char *key, size_t length, void *context)
{
	counter_add(context, key, length);
}

static int compare_pointers(const void *a, const void *b)
{
	return counted_compare(*(struct counted *const *)a, *(struct counted *const *)b);
}

static void sort_entries(struct teller *teller)
{
	teller->length = teller->counter.used;
	teller->sorted = malloc((teller->length + 1) * sizeof(*teller->sorted));
	if (!teller->sorted) {
		teller->counter.failed = true;
		return;
	}
	for (size_t i = 0; i < teller->length; i++)
		teller->sorted[i] = counter_entry(&teller->counter, i);
	qsort(teller->sorted, teller->length, sizeof(*teller->sorted), compare_pointers);
}

static void *tell(void *argument)
{
	struct teller *teller = argument;
	struct count *count = teller->count;
	instar_thread *thread;
	bool attached = instar_thread_attach(count->domain, &thread) == INSTAR_OK;

	counter_make(&teller->counter, count->map, thread, NULL);
	if (attached) {
		while (count_input_take(&count->input, take_key, &teller->counter))
			continue;
		counter_flush(&teller->counter);
		instar_thread_detach(thread);
	}
	teller->counter.failed |= !attached;
	pthread_barrier_wait(&count->counted);
	teller->counted_at = clock_seconds();
	sort_entries(teller);
	count->finished++;
	return NULL;
}

/* The least entry that is left in any thread's run; NULL: none. */
static struct counted *next_sorted(struct count *count)
{
	struct teller *least = NULL;

	for (unsigned i = 0; i < count->threads; i++) {
		struct teller *teller = &count->tellers[i];

		if (teller->at < teller->length &&
		    (!least || counted_compare(teller->sorted[teller->at], least->sorted[least->at]) < 0))
			least = teller;
	}
	return least ? least->sorted[least->at++] : NULL;
}

static void print_counts(struct count *count, FILE *out)
{
	const struct counted *entry;

	for (size_t n = 0; (count->top == 0 || n < count->top) && (entry = next_sorted(count)) != NULL; n++) {
		fprintf(out, "%7llu ", (unsigned long long)entry->count);
		fwrite(entry->bytes, 1, entry->length, out);
		fputc('\n', out);
	}
}

static void show_progress(const struct count *count)
{
	double start = clock_seconds();

	while (count->finished < count->threads) {
		usleep(50000);
		if (clock_seconds() - start > 2 && isatty(STDERR_FILENO))
			fprintf(stderr, "\r\033[K%zu of %zu MiB", (size_t)count->input.done, count->input.pieces);
	}
	if (clock_seconds() - start > 2 && isatty(STDERR_FILENO))
		fputs("\r\033[K", stderr);
}

/* Counts and sorts.  False: no memory or no thread. */
static bool run(struct count *count)
{
	bool ok = true;

	count->tellers = calloc(count->threads, sizeof(*count->tellers));
	if (!count->tellers || pthread_barrier_init(&count->counted, NULL, count->threads) != 0)
		return false;
	for (unsigned i = 0; i < count->threads; i++) {
		count->tellers[i].count = count;
		if (pthread_create(&count->tellers[i].thread, NULL, tell, &count->tellers[i]) != 0)
			return false;
	}
	/* Short runs end before a first look at the progress would be over. */
	if (isatty(STDERR_FILENO))
		show_progress(count);
	for (unsigned i = 0; i < count->threads; i++) {
		pthread_join(count->tellers[i].thread, NULL);
		ok &= !count->tellers[i].counter.failed;
	}
	return ok;
}

static void tell_times(const struct count *count, double start, double end)
{
	static const char *const kinds[] = { [KEY_WORDS] = "words", [KEY_LINES] = "lines", [KEY_FIELDS] = "fields" };
	uint64_t total = 0, different = 0;

	for (unsigned i = 0; i < count->threads; i++) {
		total += count->tellers[i].counter.total;
		different += count->tellers[i].counter.used;
	}
	fprintf(stderr, "%llu different of %llu %s in %.2f s (counted in %.2f s) with %u threads\n",
		(unsigned long long)different, (unsigned long long)total, kinds[count->input.kind], end - start,
		count->tellers[0].counted_at - start, count->threads);
}

/* Exit status. */
static int compare_with_coreutils(const struct count *count, FILE *ours, double our_seconds)
{
	double seconds;
	FILE *theirs = count_versus(&count->input, count->paths, count->top, &seconds);
	bool same;

	if (!theirs || fflush(ours) != 0 || ferror(ours)) {
		fputs("instar-stress count: coreutils failed, or there was no room for the answers\n", stderr);
		return 2;
	}
	same = same_bytes(ours, theirs);
	fclose(theirs);
	fprintf(stderr, "coreutils: %.2f s, %.1f times as long; the answers are %s\n", seconds, seconds / our_seconds,
		same ? "identical" : "DIFFERENT");
	return !same;
}

static void copy(FILE *from, FILE *to)
{
	char bytes[1 << 14];
	size_t n;

	rewind(from);
	while ((n = fread(bytes, 1, sizeof(bytes), from)) > 0)
		fwrite(bytes, 1, n, to);
}

static bool make_map(struct count *count)
{
	enum instar_status status = instar_domain_create(&count->domain, count->scheme, NULL);

	if (status == INSTAR_OK)
		status = instar_map_create(&count->map, count->domain, NULL);
	if (status != INSTAR_OK)
		fprintf(stderr, "instar-stress count: scheme %s: %s\n", count->scheme, instar_status_text(status));
	return status == INSTAR_OK;
}

int command_count(int argc, char **argv)
{
	struct count count = { .scheme = "ebr", .threads = (unsigned)sysconf(_SC_NPROCESSORS_ONLN) };
	double start = clock_seconds(), end;
	FILE *out;
	int failed;

	count.input.delimiter = '\t';
	arguments_parse(&argp, argc, argv, &count);
	if (!make_map(&count))
		return 2;
	count_input_divide(&count.input);
	out = count.versus ? tmpfile() : stdout;
	if (!run(&count) || !out) {
		fprintf(stderr, "%s: no memory, no threads or no temporary file\n", argv[0]);
		return 2;
	}
	print_counts(&count, out);
	end = clock_seconds();
	tell_times(&count, start, end);
	failed = count.versus ? compare_with_coreutils(&count, out, end - start) : 0;
	if (count.versus)
		copy(out, stdout);
	for (unsigned i = 0; i < count.threads; i++) {
		counter_free(&count.tellers[i].counter);
		free(count.tellers[i].sorted);
	}
	free(count.tellers);
	for (size_t i = 0; i < count.input.file_count; i++)
		file_view_close(&count.input.files[i]);
	free(count.input.files);
	free(count.paths);
	instar_map_destroy(count.map);
	instar_domain_destroy(count.domain);
	return failed;
}
