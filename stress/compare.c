/* stress/compare.c - instar-stress compare: run the cells, write the files, print the table. */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#include "stress/commands.h"
#include "stress/compare_options.h"
#include "stress/environment.h"
#include "stress/print.h"
#include "stress/report.h"
#include "stress/runner.h"

struct sink {
	struct results results;
	FILE *lines;
	bool failed; /* to write */
};

static void take_result(json_t *record, void *context)
{
	struct sink *sink = context;

	json_array_append(sink->results.records, record);
	sink->failed |= !results_write_line(sink->lines, record);
}

static FILE *create(const char *directory, const char *name)
{
	char path[4096];
	FILE *file;

	snprintf(path, sizeof(path), "%s/%s", directory, name);
	file = fopen(path, "w");
	if (!file)
		fprintf(stderr, "instar-stress compare: %s: %s\n", path, strerror(errno));
	return file;
}

/* The results of an earlier run in that directory stay, named by their time.  False: they would be lost, which is said. */
static bool keep_earlier(const char *directory)
{
	char path[4096], kept[4096 + 32], time[32];
	struct stat earlier;

	snprintf(path, sizeof(path), "%s/results.jsonl", directory);
	if (stat(path, &earlier) != 0 || !S_ISREG(earlier.st_mode) || earlier.st_size == 0)
		return true;
	strftime(time, sizeof(time), "%Y%m%dT%H%M%SZ", gmtime(&earlier.st_mtime));
	snprintf(kept, sizeof(kept), "%s/results-%s.jsonl", directory, time);
	if (access(kept, F_OK) == 0) {
		errno = EEXIST;
	} else if (rename(path, kept) == 0) {
		fprintf(stderr, "instar-stress compare: the earlier results are kept in %s\n", kept);
		return true;
	}
	fprintf(stderr, "instar-stress compare: %s: %s\n", kept, strerror(errno));
	return false;
}

/* Closes a file of the results; false: it is not whole, which is said. */
static bool finish(FILE *file, bool written, const char *directory, const char *name)
{
	written &= fclose(file) == 0;
	if (!written)
		fprintf(stderr, "instar-stress compare: %s/%s could not be written\n", directory, name);
	return written;
}

static void write_environment(struct sink *sink, const struct compare *compare)
{
	json_t *environment = environment_capture(), *line;

	if (compare->keys_path)
		json_object_set_new(environment, "keys", json_string(compare->keys_path));
	line = json_pack("{s:O}", "environment", environment);
	json_array_append_new(sink->results.environments, environment);
	sink->failed |= !results_write_line(sink->lines, line);
	json_decref(line);
}

/* The files that are made of all results, and the table.  False: something could not be written. */
static bool conclude(const struct sink *sink, const struct compare *compare)
{
	FILE *csv = create(compare->out, "results.csv"), *page = create(compare->out, "report.html");
	struct summary summary;
	bool whole = summary_make(&summary, &sink->results);
	bool listed = csv && finish(csv, results_write_csv(&sink->results, csv), compare->out, "results.csv");
	bool reported = page && finish(page, whole && report_write(&sink->results, &summary, compare->reference, page),
				       compare->out, "report.html");

	print_summary(&sink->results, &summary, compare->reference, stdout);
	if (reported)
		printf("Report: %s/report.html\n", compare->out);
	fflush(stdout); /* main() says so if that fails; what goes to stderr comes below */
	summary_free(&summary);
	return listed && reported;
}

int command_compare(int argc, char **argv)
{
	struct compare compare;
	struct sink sink = { 0 };
	bool finished, written, failed;

	compare_options(&compare, argc, argv);
	if (compare.print_plan)
		return cells_write(&compare.cells, stdout) ? 0 : 2;
	if (mkdir(compare.out, 0777) != 0 && errno != EEXIST) {
		fprintf(stderr, "%s: %s: %s\n", argv[0], compare.out, strerror(errno));
		return 2;
	}
	sink.lines = keep_earlier(compare.out) ? create(compare.out, "results.jsonl") : NULL;
	if (!sink.lines)
		return 2;
	results_make(&sink.results);
	write_environment(&sink, &compare);
	runner_catch_interrupts();
	finished = runner_run(compare.cells.cells, compare.cells.count, &compare.keys, 60 * compare.minutes,
			      take_result, &sink);
	written = finish(sink.lines, !sink.failed, compare.out, "results.jsonl");
	written &= conclude(&sink, &compare);
	if (json_array_size(sink.results.records) < compare.cells.count)
		fprintf(stderr, "%s: %s; %zu of %zu cells measured\n", argv[0], finished ? "time is up" : "interrupted",
			json_array_size(sink.results.records), compare.cells.count);
	failed = results_have_failure(&sink.results);
	results_free(&sink.results);
	free(compare.cells.cells);
	return !written ? 2 : finished ? failed : runner_interrupted();
}
