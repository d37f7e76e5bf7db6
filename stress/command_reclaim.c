/*
 * stress/command_reclaim.c - instar-stress reclaim: what each reclamation scheme costs, in itself and under the map.
 *
 * Under the map every scheme is related to leak, which does nothing, repetition by repetition: reads and writes of
 * inline values (mix50) and of allocated objects (boxed), with as many threads as processors, one and a half times, and
 * twice as many.
 */
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "stress/arguments.h"
#include "stress/commands.h"
#include "stress/control.h"
#include "stress/plan.h"
#include "stress/print.h"
#include "stress/reclaim_costs.h"
#include "stress/runner.h"
#include "stress/scheme_names.h"
#include "stress/statistics.h"
#include "stress/summary.h"

enum { ENTRIES = 1000000, RUNS_MAX = 100, CROWDS = 3 };

static const char *const works[] = { "mix50", "boxed" };
enum { INLINE, BOXED, WORKS };

struct reclaim {
	struct scheme_names names;
	unsigned runs;
	unsigned threads[CROWDS]; /* 1, 1.5 and 2 times the processors */
	double seconds;
	struct reclaim_costs costs[SCHEME_NAMES][RUNS_MAX];
	unsigned measured[SCHEME_NAMES]; /* of these */
	struct cells cells;
	struct results results;
	struct summary summary;
};

static const struct argp_option options[] = {
	{ "schemes", 's', "LIST", 0, "Reclamation schemes: names or `all' (default); leak is always there", 0 },
	{ "runs", 'r', "N", 0, "Repetitions, interleaved (default: 5)", 0 },
	{ "seconds", 'd', "S", 0, "Length of a measurement (default: 0.5)", 0 },
	{ 0 },
};

static bool is_named(const struct reclaim *reclaim, const char *name)
{
	for (size_t i = 0; i < reclaim->names.count; i++)
		if (strcmp(reclaim->names.schemes[i]->name, name) == 0)
			return true;
	return false;
}

static error_t parse(int key, char *text, struct argp_state *state)
{
	struct reclaim *reclaim = state->input;

	switch (key) {
	case ARGP_KEY_INIT: arguments_quiet(state); break;
	case 's': scheme_names_add(&reclaim->names, state, text); break;
	case 'r': reclaim->runs = (unsigned)arguments_number(state, "--runs", text, 1, RUNS_MAX); break;
	case 'd': reclaim->seconds = arguments_time(state, text); break;
	case ARGP_KEY_ARG: arguments_wrong(state, "an argument too many: %s", text);
	case ARGP_KEY_END:
		if (!reclaim->names.count)
			scheme_names_add(&reclaim->names, state, "all");
		else if (!is_named(reclaim, "leak"))
			scheme_names_add(&reclaim->names, state, "leak");
		break;
	default: return ARGP_ERR_UNKNOWN;
	}
	return 0;
}

static const struct argp argp = { options, parse, NULL,
				  "Measures what each reclamation scheme costs, in itself and under the map.", NULL, NULL,
				  NULL };

/* ---- measuring ---- */

/* False: not all could be. */
static bool measure_costs(struct reclaim *reclaim)
{
	bool all = true;

	for (unsigned run = 0; run < reclaim->runs; run++)
		for (size_t i = 0; i < reclaim->names.count && !runner_interrupted(); i++) {
			size_t s = (i + run) % reclaim->names.count;

			if (reclaim_costs_measure(reclaim->names.schemes[s], &reclaim->costs[s][reclaim->measured[s]])) {
				reclaim->measured[s]++;
			} else if (!runner_interrupted()) {
				fprintf(stderr, "instar-stress reclaim: %s: no domain or no threads\n",
					reclaim->names.schemes[s]->name);
				all = false;
			}
		}
	return all;
}

static struct cell cell_of(const struct reclaim *reclaim, size_t scheme, const char *work, unsigned threads, unsigned run)
{
	struct cell cell = {
		.workload = workload_find(work),
		.threads = threads,
		.entries = ENTRIES,
		.seconds = reclaim->seconds,
		.seed = run + 1,
		.run = run,
	};

	snprintf(cell.map, sizeof(cell.map), "instar/%s", reclaim->names.schemes[scheme]->name);
	return cell;
}

static bool plan(struct reclaim *reclaim)
{
	bool ok = true;

	for (unsigned run = 0; run < reclaim->runs; run++)
		for (size_t i = 0; i < reclaim->names.count; i++) {
			size_t scheme = (i + run) % reclaim->names.count;
			struct cell cell = cell_of(reclaim, scheme, "hit", reclaim->threads[0], run);

			ok &= cells_add(&reclaim->cells, &cell);
			for (size_t c = 0; c < CROWDS; c++)
				for (size_t w = 0; w < WORKS; w++) {
					cell = cell_of(reclaim, scheme, works[w], reclaim->threads[c], run);
					ok &= cells_add(&reclaim->cells, &cell);
				}
		}
	return ok;
}

/* ---- what came of it ---- */

static double median_cost(const struct reclaim *reclaim, size_t scheme, size_t offset)
{
	double values[RUNS_MAX];

	for (unsigned run = 0; run < reclaim->measured[scheme]; run++)
		memcpy(&values[run], (const char *)&reclaim->costs[scheme][run] + offset, sizeof(double));
	return estimate_median(values, reclaim->measured[scheme]).median;
}

/* `path` of one scheme by that of another; n is 0 where it failed. */
static struct estimate relation(const struct reclaim *reclaim, const char *path, const char *scheme, const char *by,
				const char *work, unsigned threads)
{
	struct cell like = cell_of(reclaim, 0, work, threads, 0);
	const struct group *group, *other;
	char map[MAP_NAME], other_map[MAP_NAME];

	snprintf(map, sizeof(map), "instar/%s", scheme);
	snprintf(other_map, sizeof(other_map), "instar/%s", by);
	group = summary_find(&reclaim->summary, map, like.workload, &like);
	other = summary_find(&reclaim->summary, other_map, like.workload, &like);
	if (!group || !other)
		return (struct estimate){ .n = 0 };
	return group_ratio(group, path, other, path);
}

static void print_number(bool known, int width, int digits, double value)
{
	if (known)
		printf("%*.*f", width, digits, value);
	else
		printf("%*s", width, "-");
}

static void print_scheme(const struct reclaim *reclaim, size_t scheme)
{
	const char *name = reclaim->names.schemes[scheme]->name;
	double recovery = median_cost(reclaim, scheme, offsetof(struct reclaim_costs, recovery));
	bool measured = reclaim->measured[scheme] > 0;
	struct estimate e;

	printf("%-12s", name);
	print_number(measured, 9, 1, median_cost(reclaim, scheme, offsetof(struct reclaim_costs, section)));
	print_number(measured, 9, 1, median_cost(reclaim, scheme, offsetof(struct reclaim_costs, retire)));
	print_number(measured, 8, 2, median_cost(reclaim, scheme, offsetof(struct reclaim_costs, slope)));
	print_number(measured && recovery < NEVER, 9, 1, recovery);
	for (size_t w = 0; w < WORKS; w++)
		for (size_t c = 0; c < CROWDS; c++) {
			e = relation(reclaim, "mops", name, "leak", works[w], reclaim->threads[c]);
			print_number(e.n, c ? 7 : 9, 2, e.median);
		}
	for (size_t w = 0; w < WORKS; w++) {
		e = relation(reclaim, "cpu", "leak", name, works[w], reclaim->threads[0]);
		print_number(e.n, w ? 7 : 9, 0, 100 * (1 - e.median));
	}
	putchar('\n');
}

static void print_table(const struct reclaim *reclaim)
{
	printf("%-12s%18s%17s%23s%21s%16s\n", "", "ns, one thread", "asleep reader", "inline, in leak's",
	       "boxed, in leak's", "its CPU, %");
	printf("%-12s%9s%9s%8s%9s", "scheme", "section", "retire", "slope", "back, ms");
	for (size_t w = 0; w < WORKS; w++)
		for (size_t c = 0; c < CROWDS; c++)
			printf("%*ut", c ? 6 : 8, reclaim->threads[c]);
	printf("%9s%7s\n", "inline", "boxed");
	for (size_t i = 0; i < reclaim->names.count; i++)
		print_scheme(reclaim, i);
}

static void print_bar(const char *about, double value, double limit, bool at_most)
{
	bool reached = at_most ? value <= limit : value >= limit;

	printf("%-58s%8.3f  %s %5.2f  %s\n", about, value, at_most ? "<=" : ">=", limit, reached ? "reached" : "SHORT");
}

static void print_relation(const struct reclaim *reclaim, const char *scheme, const char *by, const char *work,
			   unsigned threads, double limit)
{
	struct estimate e = relation(reclaim, "mops", scheme, by, work, threads);
	char about[80];

	if (!e.n)
		return;
	snprintf(about, sizeof(about), "%s, %u threads: %s by %s", work, threads, scheme, by);
	print_bar(about, e.median, limit, false);
}

static void print_bars(const struct reclaim *reclaim)
{
	static const double least[CROWDS] = { 0.9, 0.8, 0.7 };

	putchar('\n');
	for (size_t i = 0; i < reclaim->names.count; i++) {
		const struct instar_scheme_info *scheme = reclaim->names.schemes[i];
		char about[80];

		snprintf(about, sizeof(about), "%s: a section, ns", scheme->name);
		if (reclaim->measured[i] && strcmp(scheme->name, "ebr") == 0)
			print_bar(about, median_cost(reclaim, i, offsetof(struct reclaim_costs, section)), 8, true);
		snprintf(about, sizeof(about), "%s, robust: slope under a reader asleep", scheme->name);
		if (reclaim->measured[i] && scheme->robust & INSTAR_ROBUST_PARKED)
			print_bar(about, median_cost(reclaim, i, offsetof(struct reclaim_costs, slope)), 0.01, true);
	}
	for (size_t w = 0; w < WORKS; w++)
		for (size_t c = 0; c < CROWDS; c++)
			print_relation(reclaim, "ebr", "leak", works[w], reclaim->threads[c], least[c]);
	print_relation(reclaim, "hp-asym", "ebr", "hit", reclaim->threads[0], 0.9);
}

static void print(const struct reclaim *reclaim)
{
	double noise = summary_noise(&reclaim->results);

	printf("%u entries; medians of %u interleaved runs at most; in leak's: throughput as a part of leak's, repetition by "
	       "repetition;\nits CPU: what an operation costs more than under leak, background threads included\n\n",
	       ENTRIES, reclaim->runs);
	print_table(reclaim);
	print_bars(reclaim);
	printf("Control loop: %.1f %% spread%s\n", 100 * noise, noise > CONTROL_NOISY ? ": a NOISY machine" : "");
}

int command_reclaim(int argc, char **argv)
{
	static struct reclaim reclaim = { .runs = 5, .seconds = 0.5 };
	long processors = sysconf(_SC_NPROCESSORS_ONLN);
	struct key_file no_keys = KEY_FILE_NONE;
	bool finished, ok;

	for (unsigned c = 0; c < CROWDS; c++)
		reclaim.threads[c] = (unsigned)processors + (unsigned)(processors * c + 1) / 2;
	arguments_parse(&argp, argc, argv, &reclaim);
	results_make(&reclaim.results);
	runner_catch_interrupts();
	if (!plan(&reclaim)) {
		fprintf(stderr, "%s: no memory for the plan\n", argv[0]);
		return 1;
	}
	ok = measure_costs(&reclaim);
	finished = runner_run(reclaim.cells.cells, reclaim.cells.count, &no_keys, 0, results_take, &reclaim.results);
	ok &= summary_make(&reclaim.summary, &reclaim.results);
	print(&reclaim);
	ok &= !print_failures(&reclaim.summary, stdout);
	summary_free(&reclaim.summary);
	if (!finished)
		fprintf(stderr, "%s: interrupted; this is what was measured\n", argv[0]);
	results_free(&reclaim.results);
	free(reclaim.cells.cells);
	return finished ? !ok : runner_interrupted();
}
