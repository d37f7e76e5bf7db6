/*
 * stress/bench.c - instar-stress bench: the goals this library sets itself, measured.
 *
 * M is the map of 64 mutex shards, L liburcu's cds_lfht, R one read or compare-and-swap at random in as
 * much memory, what the machine gives to any map; all are measured in the same run, in turn, and related
 * repetition by repetition.  A goal that R itself does not reach is told as beyond R.
 */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "stress/arguments.h"
#include "stress/commands.h"
#include "stress/control.h"
#include "stress/environment.h"
#include "stress/plan.h"
#include "stress/print.h"
#include "stress/runner.h"
#include "stress/summary.h"

enum { MILLION = 1000000 };

/* Throughput as a multiple of M's: at least, and to be ahead of every map known. */
static const struct speed_goal {
	const char *workload;
	double reach, first;
	bool large; /* measured at 16M entries, too */
} speed_goals[] = {
	{ "hit", 10, 12, true },      { "miss", 12, 15, true },     { "get_many", 19, 24, true },
	{ "put", 6, 9, true },	      { "fill-warm", 6, 8.5, true }, { "fill-cold", 0, 0, false },
	{ "grow-warm", 4, 6, true },  { "grow-cold", 4, 6, false }, { "mix50", 5, 6.5, true },
	{ "mix90", 6, 7.5, true },    { "zipf", 6, 8, true },	    { "churn", 4, 6, true },
};

enum { SPEED_GOALS = sizeof(speed_goals) / sizeof(speed_goals[0]) };

/* One figure of instar's, or its relation to another figure. */
struct figure {
	const char *map; /* NULL: instar */
	const char *workload, *path;
	unsigned entries, threads;
	enum stall stall;
	unsigned times; /* as long as asked for */
};

static const struct other_goal {
	const char *about;
	struct figure figure, by; /* by.workload NULL: the figure itself */
	double limit;
	bool at_most;
} other_goals[] = {
	{ "hit, 16M entries, in R", { NULL, "hit", "mops", 16 * MILLION, 2, 0, 1 },
	  { "raw", "hit", "mops", 16 * MILLION, 2, 0, 1 }, 0.6, false },
	{ "get_many, 16M entries, in batched R", { NULL, "get_many", "mops", 16 * MILLION, 2, 0, 1 },
	  { "raw", "get_many", "mops", 16 * MILLION, 2, 0, 1 }, 0.8, false },
	{ "insert while growing, pages touched before, p99.9, ns", { NULL, "latency-warm", "latency.p999", MILLION, 2, 0, 1 },
	  { 0 }, 1000, true },
	{ "the same, p99.99, ns", { NULL, "latency-warm", "latency.p9999", MILLION, 2, 0, 1 }, { 0 }, 5000, true },
	{ "the same, longest, ns", { NULL, "latency-warm", "latency.max", MILLION, 2, 0, 1 }, { 0 }, 1e6, true },
	{ "the same of R, which is the machine's own, p99.9, ns", { "raw", "latency-warm", "latency.p999", MILLION, 2, 0, 1 },
	  { 0 }, 0, true },
	{ "the same, p99.99, ns", { "raw", "latency-warm", "latency.p9999", MILLION, 2, 0, 1 }, { 0 }, 0, true },
	{ "the same, longest, ns", { "raw", "latency-warm", "latency.max", MILLION, 2, 0, 1 }, { 0 }, 0, true },
	{ "first touch included, p99.9, ns", { NULL, "latency-cold", "latency.p999", MILLION, 2, 0, 1 }, { 0 }, 0, true },
	{ "the same, p99.99, ns", { NULL, "latency-cold", "latency.p9999", MILLION, 2, 0, 1 }, { 0 }, 0, true },
	{ "the same, longest, ns", { NULL, "latency-cold", "latency.max", MILLION, 2, 0, 1 }, { 0 }, 0, true },
	{ "mix50, a thread asleep in a migration, by awake", { NULL, "mix50", "mops", MILLION, 2, STALL_PARKED, 1 },
	  { NULL, "mix50", "mops", MILLION, 2, STALL_RELEASED, 1 }, 0.9, false },
	{ "the same, eight times as long", { NULL, "mix50", "mops", MILLION, 2, STALL_PARKED, 8 },
	  { NULL, "mix50", "mops", MILLION, 2, STALL_RELEASED, 8 }, 0.9, false },
	{ "mix50, 4 threads by 2", { NULL, "mix50", "mops", MILLION, 4, 0, 1 },
	  { NULL, "mix50", "mops", MILLION, 2, 0, 1 }, 0.9, false },
	{ "bytes an entry over a growth cycle", { NULL, "memory", "bytes_per_entry", MILLION, 1, 0, 1 }, { 0 }, 34, true },
	{ "memory after churn, by before", { NULL, "churn", "memory.after", MILLION, 2, 0, 1 },
	  { NULL, "churn", "memory.before", MILLION, 2, 0, 1 }, 1.05, true },
};

enum { OTHER_GOALS = sizeof(other_goals) / sizeof(other_goals[0]) };

struct bench {
	char map[MAP_NAME];
	unsigned runs;
	double seconds;
	bool hugepages, small;
	const char *workload; /* NULL: all */
	const char *out;
	FILE *lines; /* NULL: not wanted */
	struct cells cells;
	struct results results;
	struct summary summary;
};

enum { KEY_HUGEPAGES = 256, KEY_SMALL };

static const struct argp_option options[] = {
	{ "map", 'm', "MAP", 0, "The map that has the goals (default: instar/ebr)", 0 },
	{ "workload", 'w', "NAME", 0, "The goals of this workload alone", 0 },
	{ "runs", 'r', "N", 0, "Repetitions, interleaved (default: 5)", 0 },
	{ "seconds", 'd', "S", 0, "Length of a measurement that does not end by itself (default: 1)", 0 },
	{ "out", 'o', "FILE", 0, "Also write the results as JSON lines", 0 },
	{ "hugepages", KEY_HUGEPAGES, NULL, 0, "Tables and heap on 2 MiB pages, by madvise, for all maps alike", 0 },
	{ "small", KEY_SMALL, NULL, 0, "Leave 16M entries out", 0 },
	{ 0 },
};

static error_t parse(int key, char *text, struct argp_state *state)
{
	struct bench *bench = state->input;
	struct map_options unused;

	switch (key) {
	case ARGP_KEY_INIT: arguments_quiet(state); break;
	case 'm':
		if (strlen(text) >= MAP_NAME || !subject_find(text, &unused))
			arguments_wrong(state, "no such map in this build: %s", text);
		snprintf(bench->map, MAP_NAME, "%s", text);
		break;
	case 'w':
		if (!workload_find(text))
			arguments_wrong(state, "no such workload: %s", text);
		bench->workload = text;
		break;
	case 'r': bench->runs = (unsigned)arguments_number(state, "--runs", text, 1, 1000); break;
	case 'd': bench->seconds = arguments_time(state, text); break;
	case 'o': bench->out = text; break;
	case KEY_HUGEPAGES: bench->hugepages = true; break;
	case KEY_SMALL: bench->small = true; break;
	case ARGP_KEY_ARG: arguments_wrong(state, "an argument too many: %s", text);
	default: return ARGP_ERR_UNKNOWN;
	}
	return 0;
}

static const struct argp argp = { options, parse, NULL, "Measures the library's own goals of speed and memory.",
				  NULL, NULL, NULL };

static struct cell cell_of(const struct bench *bench, const struct figure *figure, unsigned run)
{
	struct cell cell = {
		.workload = workload_find(figure->workload),
		.threads = figure->threads,
		.entries = figure->entries,
		.seconds = bench->seconds * figure->times,
		.seed = run + 1,
		.run = run,
		.hugepages = bench->hugepages,
		.stall = figure->stall,
	};

	snprintf(cell.map, sizeof(cell.map), "%s", figure->map ? figure->map : bench->map);
	return cell;
}

static bool is_asked_for(const struct bench *bench, const struct figure *figure)
{
	return figure->workload && !(bench->small && figure->entries > MILLION) &&
	       (!bench->workload || strcmp(figure->workload, bench->workload) == 0);
}

/* Unless it is there; what was not asked for, maps that are not built in and bounds of other work are left out. */
static bool add(struct bench *bench, const struct figure *figure, unsigned run)
{
	struct map_options unused;
	struct cell cell;

	if (!is_asked_for(bench, figure))
		return true;
	cell = cell_of(bench, figure, run);
	if (!subject_find(cell.map, &unused) || !subject_serves(cell.map, cell.workload))
		return true;
	for (size_t i = 0; i < bench->cells.count; i++)
		if (bench->cells.cells[i].run == run && cell_same(&bench->cells.cells[i], &cell))
			return true;
	return cells_add(&bench->cells, &cell);
}

static const char *const rivals[] = { NULL, "mutex64", "cds_lfht", "raw" };

static bool plan(struct bench *bench)
{
	bool ok = true;

	for (unsigned run = 0; run < bench->runs; run++) {
		for (size_t g = 0; g < SPEED_GOALS; g++)
			for (size_t m = 0; m < 8; m++) {
				const char *workload = speed_goals[g].workload, *map = rivals[(m + run) % 4];
				struct figure figure = { map, workload, "mops", m < 4 ? MILLION : 16 * MILLION, 2, 0, 1 };

				if (m < 4 || speed_goals[g].large)
					ok &= add(bench, &figure, run);
			}
		for (size_t g = 0; g < OTHER_GOALS; g++)
			ok &= add(bench, &other_goals[g].figure, run) && add(bench, &other_goals[g].by, run);
	}
	return ok;
}

static const struct group *group_of(const struct bench *bench, const struct figure *figure)
{
	struct cell cell;

	if (!figure->workload)
		return NULL;
	cell = cell_of(bench, figure, 0);
	for (size_t i = 0; i < bench->summary.count; i++)
		if (cell_same(&bench->summary.groups[i].cell, &cell))
			return &bench->summary.groups[i];
	return NULL;
}

static struct estimate relation(const struct group *group, const struct group *other)
{
	return other ? group_ratio(group, "mops", other, "mops") : (struct estimate){ 0 };
}

static void print_relation(const struct group *group, const struct group *other)
{
	struct estimate ratio = relation(group, other);

	if (ratio.n)
		printf("%6.2f (%5.2f-%5.2f)", ratio.median, ratio.low, ratio.high);
	else
		printf("%20s", other && group_failure(other) ? group_verdict(other) : "-");
}

static const char *verdict(bool has_goal, bool reached)
{
	return !has_goal ? "" : reached ? "reached" : "SHORT";
}

/* bound: of R in M.  Where R itself makes less than the goal, in all of its interval, no map can reach that here. */
static const char *speed_verdict(const struct speed_goal *goal, struct estimate in_m, struct estimate bound)
{
	bool reached = in_m.median >= goal->reach;

	return !reached && in_m.n && bound.n && bound.high < goal->reach ? "beyond R"
									  : verdict(goal->reach > 0 && in_m.n, reached);
}

static void print_speed_heading(const struct bench *bench, unsigned entries)
{
	printf("\n%u entries, 2 threads%s\n%-12s%10s%20s%8s%8s %-9s%20s%20s\n", entries,
	       bench->hugepages ? ", 2 MiB pages" : "", "workload", "Mops", "in M", "reach", "first", "", "in L", "in R");
}

static void print_speed(const struct bench *bench, unsigned entries)
{
	bool begun = false;

	for (size_t g = 0; g < SPEED_GOALS; g++) {
		const struct speed_goal *goal = &speed_goals[g];
		struct figure figure = { NULL, goal->workload, "mops", entries, 2, 0, 1 };
		const struct group *groups[4];
		struct estimate in_m;

		for (size_t m = 0; m < 4; m++) {
			figure.map = rivals[m];
			groups[m] = group_of(bench, &figure);
		}
		if (!groups[0])
			continue;
		if (!begun)
			print_speed_heading(bench, entries);
		begun = true;
		if (group_failure(groups[0])) {
			printf("%-12s%10s\n", goal->workload, group_verdict(groups[0]));
			continue;
		}
		in_m = relation(groups[0], groups[1]);
		printf("%-12s%10.2f  ", goal->workload, group_estimate(groups[0], "mops").median);
		print_relation(groups[0], groups[1]);
		printf("%7.1f%8.1f %-9s", goal->reach, goal->first,
		       speed_verdict(goal, in_m, groups[3] ? relation(groups[3], groups[1]) : (struct estimate){ 0 }));
		print_relation(groups[0], groups[2]);
		print_relation(groups[0], groups[3]);
		putchar('\n');
	}
}

static void print_other(const struct bench *bench)
{
	printf("\n%-58s%12s%26s%12s\n", "", "median", "interval", "wanted");
	for (size_t g = 0; g < OTHER_GOALS; g++) {
		const struct other_goal *goal = &other_goals[g];
		const struct group *group = group_of(bench, &goal->figure), *by = group_of(bench, &goal->by);
		struct estimate e;
		char interval[48], wanted[24] = "";

		if (!group || (goal->by.workload && !by))
			continue;
		e = by ? group_ratio(group, goal->figure.path, by, goal->by.path)
		       : group_estimate(group, goal->figure.path);
		if (e.n == 0) {
			printf("%-58s%12s\n", goal->about, group_failure(group) || (by && group_failure(by)) ? "FAILED" : "-");
			continue;
		}
		snprintf(interval, sizeof(interval), "%.4g to %.4g", e.low, e.high);
		if (goal->limit > 0)
			snprintf(wanted, sizeof(wanted), "%s %g", goal->at_most ? "<=" : ">=", goal->limit);
		printf("%-58s%12.4g%26s%12s %s\n", goal->about, e.median, interval, wanted,
		       verdict(goal->limit > 0, goal->at_most ? e.median <= goal->limit : e.median >= goal->limit));
	}
}

static bool write_results(const struct bench *bench)
{
	json_t *environment = json_pack("{s:o}", "environment", environment_capture()), *record;
	bool ok = results_write_line(bench->lines, environment);
	size_t at;

	json_decref(environment);
	json_array_foreach(bench->results.records, at, record)
		ok = ok && results_write_line(bench->lines, record);
	ok &= fclose(bench->lines) == 0;
	if (!ok)
		fprintf(stderr, "instar-stress bench: %s: %s\n", bench->out, strerror(errno));
	return ok;
}

int command_bench(int argc, char **argv)
{
	struct bench bench = { .map = "instar/ebr", .runs = 5, .seconds = 1 };
	struct key_file no_keys = KEY_FILE_NONE;
	bool finished, written, ok;
	double noise;

	arguments_parse(&argp, argc, argv, &bench);
	bench.lines = bench.out ? fopen(bench.out, "w") : NULL; /* before it takes half an hour */
	if (bench.out && !bench.lines) {
		fprintf(stderr, "%s: %s: %s\n", argv[0], bench.out, strerror(errno));
		return 2;
	}
	if (!plan(&bench)) {
		fprintf(stderr, "%s: no memory for the plan\n", argv[0]);
		return 1;
	}
	if (!bench.cells.count) {
		fprintf(stderr, "%s: there is no goal of %s\n", argv[0], bench.workload);
		return 2;
	}
	results_make(&bench.results);
	runner_catch_interrupts();
	finished = runner_run(bench.cells.cells, bench.cells.count, &no_keys, 0, results_take, &bench.results);
	ok = summary_make(&bench.summary, &bench.results);
	written = !bench.lines || write_results(&bench);
	printf("%s; M: mutex64, L: cds_lfht, R: raw; medians of %u interleaved runs, relations with their intervals\n",
	       bench.map, bench.runs);
	print_speed(&bench, MILLION);
	print_speed(&bench, 16 * MILLION);
	print_other(&bench);
	ok &= !print_failures(&bench.summary, stdout);
	noise = summary_noise(&bench.results);
	printf("Control loop: %.1f %% spread%s\n", 100 * noise, noise > CONTROL_NOISY ? ": a NOISY machine" : "");
	summary_free(&bench.summary);
	results_free(&bench.results);
	free(bench.cells.cells);
	return !written ? 2 : finished ? !ok : runner_interrupted();
}
