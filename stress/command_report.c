/* stress/command_report.c - instar-stress report: results of many machines or runs in one page. */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "stress/arguments.h"
#include "stress/commands.h"
#include "stress/print.h"
#include "stress/report.h"

struct report {
	const char *out, *reference;
	struct results results;
};

static const struct argp_option options[] = {
	{ "out", 'o', "FILE", 0, "The page (default: report.html)", 0 },
	{ "reference", 'r', "MAP", 0, "What others are related to (default: mutex64)", 0 },
	{ 0 },
};

/* mutex64 may be missing, but not what was asked for. */
static void resolve_reference(const struct argp_state *state, struct report *report)
{
	bool found = !report->reference;
	json_t *record;
	size_t at;

	if (!json_array_size(report->results.records))
		arguments_wrong(state, "no results in what was given");
	json_array_foreach(report->results.records, at, record)
		found = found || strcmp(json_string_value(json_object_get(record, "map")), report->reference) == 0;
	if (!found)
		arguments_wrong(state, "--reference: no such map in the results: %s", report->reference);
	if (!report->reference)
		report->reference = "mutex64";
}

static error_t parse(int key, char *text, struct argp_state *state)
{
	struct report *report = state->input;
	size_t line;

	switch (key) {
	case ARGP_KEY_INIT:
		arguments_quiet(state);
		break;
	case 'o':
		report->out = text;
		break;
	case 'r':
		report->reference = text;
		break;
	case ARGP_KEY_ARG:
		if (results_read(&report->results, text, &line)) {
			if (report->results.cut_off)
				fprintf(stderr, "instar-stress report: %s: its last line is cut off, and left out\n", text);
			report->results.cut_off = false;
			break;
		}
		if (line == 0)
			arguments_wrong(state, "%s: %s", text, strerror(errno));
		arguments_wrong(state, "%s:%zu: not a result", text, line);
	case ARGP_KEY_NO_ARGS:
		arguments_wrong(state, "no file of results given");
	case ARGP_KEY_END:
		resolve_reference(state, report);
		break;
	default:
		return ARGP_ERR_UNKNOWN;
	}
	return 0;
}

static const struct argp argp = { options, parse, "RESULTS.jsonl...",
				  "Merges results into one page, and prints their summary.", NULL, NULL, NULL };

int command_report(int argc, char **argv)
{
	struct report report = { .out = "report.html" };
	struct summary summary;
	FILE *page;
	bool ok, failed;

	results_make(&report.results);
	arguments_parse(&argp, argc, argv, &report);
	page = fopen(report.out, "w");
	if (!page) {
		fprintf(stderr, "%s: %s: %s\n", argv[0], report.out, strerror(errno));
		return 2;
	}
	ok = summary_make(&summary, &report.results) &&
	     report_write(&report.results, &summary, report.reference, page);
	ok &= fclose(page) == 0;
	print_summary(&report.results, &summary, report.reference, stdout);
	if (ok)
		printf("Report: %s\n", report.out);
	else
		fprintf(stderr, "%s: %s could not be written\n", argv[0], report.out);
	failed = results_have_failure(&report.results);
	summary_free(&summary);
	results_free(&report.results);
	return ok ? failed : 2;
}
