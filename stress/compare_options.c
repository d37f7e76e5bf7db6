/* stress/compare_options.c - options into a list of cells. */
#include "stress/compare_options.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>
#include <instar/reclaim.h>

#include "stress/arguments.h"

enum { KEY_REUSE = 256, KEY_HUGEPAGES, KEY_REFERENCE, KEY_SEED, KEY_MINUTES, KEY_QUICK, KEY_PLAN, KEY_CELLS, KEY_SHARD };

static const struct argp_option options[] = {
	{ "schemes", 's', "LIST", 0, "Reclamation schemes of instar's map: names, `all' (default) or `none'", 0 },
	{ "maps", 'm', "LIST", 0, "Other maps: names, `all' (default) or `none'", 0 },
	{ "workloads", 'w', "LIST", 0, "Workloads: names or `all' (default)", 0 },
	{ "threads", 't', "LIST", 0, "Numbers of threads (default: 1, 2, 4 ... to all processors)", 0 },
	{ "entries", 'n', "LIST", 0, "Numbers of entries (default: 1M, or all words of the key file)", 0 },
	{ "runs", 'r', "N", 0, "Repetitions, interleaved (default: 10)", 0 },
	{ "seconds", 'd', "S", 0, "Length of a measurement that does not end by itself (default: 1)", 0 },
	{ "keys", 'k', "FILE", 0, "Take the words of FILE as keys", 0 },
	{ "out", 'o', "DIR", 0, "Where results go (default: instar-results)", 0 },
	{ "reuse", KEY_REUSE, "on|off|both", 0, "Reuse of tombstones in instar's map (default: on)", 0 },
	{ "hugepages", KEY_HUGEPAGES, NULL, 0, "Tables and heap on 2 MiB pages, by madvise, for all maps alike", 0 },
	{ "reference", KEY_REFERENCE, "MAP", 0, "What others are related to (default: mutex64)", 0 },
	{ "seed", KEY_SEED, "N", 0, "Of the keys (default: 1)", 0 },
	{ "minutes", KEY_MINUTES, "M", 0, "Begin no repetition that would end later (default: no limit)", 0 },
	{ "quick", KEY_QUICK, NULL, 0, "As --runs 5 --seconds 0.1 --minutes 3, with all processors", 0 },
	{ "plan", KEY_PLAN, NULL, 0, "Print the cells, a JSON line each, and do nothing", 0 },
	{ "cells", KEY_CELLS, "FILE", 0, "Run the cells of FILE", 0 },
	{ "shard", KEY_SHARD, "I/N", 0, "Run the I-th of N parts; all maps of a column are in one", 0 },
	{ 0 },
};

static void take_workload(const char *name, void *context)
{
	const struct argp_state *state = context;
	struct compare *compare = state->input;
	const struct workload *workload = workload_find(name);

	if (!workload)
		arguments_wrong(state, "no such workload: %s", name);
	plan_add_workload(&compare->plan, workload);
}

static void take_shard(const struct argp_state *state, struct compare *compare, const char *text)
{
	char end;

	if (text[strspn(text, "0123456789/")] || /* else it could be 1/-1 */
	    sscanf(text, "%zu/%zu%c", &compare->shard, &compare->shards, &end) != 2 || compare->shard < 1 ||
	    compare->shard > compare->shards)
		arguments_wrong(state, "--shard: %s is not I/N with I from 1 to N", text);
}

static void take_reuse(const struct argp_state *state, struct compare *compare, const char *text)
{
	if (strcmp(text, "on") != 0 && strcmp(text, "off") != 0 && strcmp(text, "both") != 0)
		arguments_wrong(state, "--reuse: %s is not on, off or both", text);
	compare->with_reuse = strcmp(text, "off") != 0;
	compare->without_reuse = strcmp(text, "on") != 0;
}

/* Adds instar's map over one scheme. */
static void take_scheme(const char *name, void *context)
{
	const struct argp_state *state = context;
	struct compare *compare = state->input;
	struct map_options unused;
	char map[MAP_NAME];

	snprintf(map, sizeof(map), "instar/%s", name);
	if (strchr(name, '/') || !subject_find(map, &unused))
		arguments_wrong(state, "no such scheme in this build: %s", name);
	if (compare->with_reuse)
		plan_add_map(&compare->plan, map);
	snprintf(map, sizeof(map), "instar/%s/no-reuse", name);
	if (compare->without_reuse)
		plan_add_map(&compare->plan, map);
}

static void take_map(const char *name, void *context)
{
	const struct argp_state *state = context;
	struct compare *compare = state->input;
	struct map_options unused;

	if (!subject_find(name, &unused))
		arguments_wrong(state, "no such map in this build: %s", name);
	plan_add_map(&compare->plan, name);
}

static void resolve_maps(struct argp_state *state, struct compare *compare)
{
	const struct instar_scheme_info *schemes;
	const struct subject *const *baselines;
	size_t scheme_count = instar_schemes(&schemes), baseline_count = baselines_list(&baselines);

	for (size_t i = 0; i < scheme_count && strcmp(compare->schemes, "all") == 0; i++)
		if (schemes[i].available)
			take_scheme(schemes[i].name, state);
	if (strcmp(compare->schemes, "all") != 0 && strcmp(compare->schemes, "none") != 0)
		arguments_names(compare->schemes, take_scheme, state);
	for (size_t i = 0; i < baseline_count && strcmp(compare->baselines, "all") == 0; i++)
		take_map(baselines[i]->name, state);
	if (strcmp(compare->baselines, "all") != 0 && strcmp(compare->baselines, "none") != 0)
		arguments_names(compare->baselines, take_map, state);
	if (compare->plan.map_count == 0)
		arguments_wrong(state, "no map is left to measure");
}

static void resolve_keys(const struct argp_state *state, struct compare *compare)
{
	struct plan *plan = &compare->plan;

	if (compare->keys_path && !key_file_load(&compare->keys, compare->keys_path))
		arguments_wrong(state, "%s: %s", compare->keys_path, errno ? strerror(errno) : "no words in it");
	plan->file_keys = compare->keys_path != NULL;
	if (plan->entry_count == 0)
		plan->entries[plan->entry_count++] = plan->file_keys ? compare->keys.count : 1000000;
	for (size_t i = 0; i < plan->entry_count && plan->file_keys; i++)
		if (plan->entries[i] > compare->keys.count)
			arguments_wrong(state, "%s has %zu words, not %llu", compare->keys_path, compare->keys.count,
					(unsigned long long)plan->entries[i]);
}

/* What was not given. */
static void resolve_defaults(struct compare *compare)
{
	struct plan *plan = &compare->plan;
	uint64_t processors = (uint64_t)sysconf(_SC_NPROCESSORS_ONLN);

	if (!plan->runs)
		plan->runs = compare->quick ? 5 : 10;
	if (plan->seconds == 0)
		plan->seconds = compare->quick ? 0.1 : 1;
	if (compare->quick && compare->minutes == 0)
		compare->minutes = 3;
	if (plan->thread_count == 0) {
		for (uint64_t n = 1; n < processors && !compare->quick && plan->thread_count < PLAN_NUMBERS - 1; n *= 2)
			plan->threads[plan->thread_count++] = n;
		plan->threads[plan->thread_count++] = processors;
	}
	if (plan->workload_count == 0)
		for (size_t i = 0; i < workload_count; i++)
			plan_add_workload(plan, &workloads[i]);
}

/* Does the option say something about cells, which a file of cells says itself? */
static bool tells_cells(int key)
{
	switch (key) {
	case 's': case 'm': case 'w': case 't': case 'n': case 'r': case 'd':
	case KEY_REUSE: case KEY_HUGEPAGES: case KEY_SEED: case KEY_QUICK:
		return true;
	default:
		return false;
	}
}

/* Cells from a file are the plan; only their keys are still wanted. */
static void resolve_cells_file(const struct argp_state *state, struct compare *compare)
{
	char error[160];
	size_t line;

	if (compare->told)
		arguments_wrong(state, "--cells: maps, workloads, numbers and lengths are the file's; leave them out");
	if (!cells_read(&compare->cells, compare->cells_path, &line, error)) {
		if (line == 0)
			arguments_wrong(state, "%s: %s", compare->cells_path, strerror(errno));
		arguments_wrong(state, "%s:%zu: %s", compare->cells_path, line, error);
	}
	for (size_t i = 0; i < compare->cells.count; i++)
		if (compare->cells.cells[i].file_keys && compare->cells.cells[i].entries > compare->keys.count)
			arguments_wrong(state, "%s wants %llu words by --keys", compare->cells_path,
					(unsigned long long)compare->cells.cells[i].entries);
}

/* mutex64 may be missing, but not what was asked for. */
static void resolve_reference(const struct argp_state *state, struct compare *compare)
{
	bool found = !compare->reference;

	for (size_t i = 0; i < compare->cells.count && !found; i++)
		found = strcmp(compare->cells.cells[i].map, compare->reference) == 0;
	if (!found)
		arguments_wrong(state, "--reference: no such map in the comparison: %s", compare->reference);
	if (!compare->reference)
		compare->reference = "mutex64";
}

static void resolve(struct argp_state *state, struct compare *compare)
{
	resolve_keys(state, compare);
	if (compare->cells_path) {
		resolve_cells_file(state, compare);
	} else {
		resolve_defaults(compare);
		resolve_maps(state, compare);
		if (!plan_cells(&compare->plan, &compare->cells))
			arguments_wrong(state, "no memory for the plan");
	}
	for (size_t i = 0; i < compare->cells.count; i++)
		if (compare->cells.cells[i].entries < compare->cells.cells[i].threads)
			arguments_wrong(state, "%llu entries are too few for %u threads",
					(unsigned long long)compare->cells.cells[i].entries, compare->cells.cells[i].threads);
	if (!compare->cells.count)
		arguments_wrong(state, "nothing is left to measure");
	resolve_reference(state, compare);
	if (compare->shards && !cells_keep_shard(&compare->cells, compare->shard, compare->shards))
		arguments_wrong(state, "no memory for the plan");
}

static void parse_plan(int key, char *text, struct argp_state *state)
{
	struct compare *compare = state->input;
	struct plan *plan = &compare->plan;

	switch (key) {
	case 'w':
		if (strcmp(text, "all") != 0)
			arguments_names(text, take_workload, state);
		break;
	case 't':
		plan->thread_count = arguments_numbers(state, "--threads", text, 1, 4096, plan->threads, PLAN_NUMBERS);
		break;
	case 'n':
		plan->entry_count = arguments_numbers(state, "--entries", text, 1, (uint64_t)1 << 36, plan->entries,
						      PLAN_NUMBERS);
		break;
	case 'r':
		plan->runs = (unsigned)arguments_number(state, "--runs", text, 1, 1000);
		break;
	case 'd':
		plan->seconds = arguments_time(state, text);
		break;
	case KEY_SEED:
		plan->seed = arguments_number(state, "--seed", text, 0, INT64_MAX);
		break;
	default:
		break;
	}
}

static error_t parse(int key, char *text, struct argp_state *state)
{
	struct compare *compare = state->input;

	compare->told |= tells_cells(key);
	switch (key) {
	case ARGP_KEY_INIT:
		arguments_quiet(state);
		break;
	case ARGP_KEY_END:
		resolve(state, compare);
		break;
	case 's': compare->schemes = text; break;
	case 'm': compare->baselines = text; break;
	case 'k': compare->keys_path = text; break;
	case 'o': compare->out = text; break;
	case KEY_REUSE: take_reuse(state, compare, text); break;
	case KEY_HUGEPAGES: compare->plan.hugepages = true; break;
	case KEY_REFERENCE: compare->reference = text; break;
	case KEY_MINUTES: compare->minutes = arguments_time(state, text); break;
	case KEY_QUICK: compare->quick = true; break;
	case KEY_PLAN: compare->print_plan = true; break;
	case KEY_CELLS: compare->cells_path = text; break;
	case KEY_SHARD: take_shard(state, compare, text); break;
	case ARGP_KEY_ARG: arguments_wrong(state, "an argument too many: %s", text);
	default:
		parse_plan(key, text, state);
	}
	return 0;
}

static const struct argp argp = {
	options, parse, NULL,
	"Measures maps and reclamation schemes against each other: the same keys, the same work, a fresh process "
	"for each cell.\vWrites results.jsonl, results.csv and report.html.  Ctrl-C ends the run and keeps what "
	"is measured.", NULL, NULL, NULL
};

void compare_options(struct compare *compare, int argc, char **argv)
{
	*compare = (struct compare){
		.plan = { .seed = 1 },
		.schemes = "all",
		.baselines = "all",
		.out = "instar-results",
		.with_reuse = true,
		.keys = KEY_FILE_NONE,
	};
	arguments_parse(&argp, argc, argv, compare);
}
