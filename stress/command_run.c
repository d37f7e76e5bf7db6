/* stress/command_run.c - instar-stress run: one cell in this process, with live figures. */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "stress/arguments.h"
#include "stress/commands.h"
#include "stress/key_file.h"
#include "stress/measure.h"
#include "stress/runner.h"

enum { KEY_HUGEPAGES = 256, KEY_SEED };

static const struct argp_option options[] = {
	{ "map", 'm', "MAP", 0, "instar/SCHEME, also with /no-reuse or /filter, or a baseline (default: instar/ebr)", 0 },
	{ "threads", 't', "N", 0, "Threads (default: all processors)", 0 },
	{ "entries", 'n', "N", 0, "Entries (default: 1M, or all words of the key file)", 0 },
	{ "seconds", 'd', "S", 0, "Length, where the workload does not end by itself (default: 10)", 0 },
	{ "keys", 'k', "FILE", 0, "Take the words of FILE as keys", 0 },
	{ "hugepages", KEY_HUGEPAGES, NULL, 0, "Tables on 2 MiB pages, by madvise", 0 },
	{ "seed", KEY_SEED, "N", 0, "Of the keys (default: 1)", 0 },
	{ 0 },
};

struct run {
	struct cell cell;
	struct key_file keys;
	const char *keys_path;
};

static void resolve(struct argp_state *state, struct run *run)
{
	struct map_options map = { .boxed = run->cell.workload->boxed };

	if (run->keys_path && !key_file_load(&run->keys, run->keys_path))
		arguments_wrong(state, "%s: %s", run->keys_path, errno ? strerror(errno) : "no words in it");
	run->cell.file_keys = run->keys_path != NULL;
	if (run->cell.entries == 0)
		run->cell.entries = run->keys_path ? run->keys.count : 1000000;
	if (run->keys_path && run->cell.entries > run->keys.count)
		arguments_wrong(state, "%s has %zu words", run->keys_path, run->keys.count);
	if (run->cell.workload->single)
		run->cell.threads = 1;
	if (run->cell.entries < run->cell.threads)
		arguments_wrong(state, "%llu entries are too few for %u threads", (unsigned long long)run->cell.entries,
				run->cell.threads);
	subject_find(run->cell.map, &map);
	if (!subject_takes(&map, run->cell.threads))
		arguments_wrong(state, "%s does not serve %u threads", run->cell.map, run->cell.threads);
	if (!subject_serves(run->cell.map, run->cell.workload))
		arguments_wrong(state, "%s has no answer to %s", run->cell.map, run->cell.workload->name);
}

static error_t parse(int key, char *text, struct argp_state *state)
{
	struct run *run = state->input;
	struct map_options unused;

	switch (key) {
	case ARGP_KEY_INIT:
		arguments_quiet(state);
		break;
	case 'm':
		if (strlen(text) >= MAP_NAME || !subject_find(text, &unused))
			arguments_wrong(state, "no such map in this build: %s", text);
		snprintf(run->cell.map, MAP_NAME, "%s", text);
		break;
	case 't': run->cell.threads = (unsigned)arguments_number(state, "--threads", text, 1, 4096); break;
	case 'n': run->cell.entries = arguments_number(state, "--entries", text, 1, (uint64_t)1 << 36); break;
	case 'd': run->cell.seconds = arguments_time(state, text); break;
	case 'k': run->keys_path = text; break;
	case KEY_HUGEPAGES: run->cell.hugepages = true; break;
	case KEY_SEED: run->cell.seed = arguments_number(state, "--seed", text, 0, INT64_MAX); break;
	case ARGP_KEY_ARG:
		if (run->cell.workload)
			arguments_wrong(state, "an argument too many: %s", text);
		run->cell.workload = workload_find(text);
		if (!run->cell.workload)
			arguments_wrong(state, "no such workload: %s", text);
		break;
	case ARGP_KEY_NO_ARGS:
		arguments_wrong(state, "no workload given");
	case ARGP_KEY_END:
		resolve(state, run);
		break;
	default:
		return ARGP_ERR_UNKNOWN;
	}
	return 0;
}

static const struct argp argp = { options, parse, "WORKLOAD", "Runs one map under one workload.", NULL, NULL, NULL };

static bool show(const struct progress *progress)
{
	if (isatty(STDERR_FILENO))
		fprintf(stderr, "\r\033[K%5.1f s  %8.2f Mops  %10.3f MiB table  %10.3f MiB garbage", progress->seconds,
			(double)progress->operations / 1e6 / progress->seconds,
			(double)progress->figures.table_bytes / 0x1p20, (double)progress->figures.pending_bytes / 0x1p20);
	return !runner_interrupted();
}

int command_run(int argc, char **argv)
{
	struct run run = { .cell = { .map = "instar/ebr", .seconds = 10, .seed = 1 }, .keys = KEY_FILE_NONE };
	const uint64_t *known = NULL;
	json_t *result;
	bool failed;

	run.cell.threads = (unsigned)sysconf(_SC_NPROCESSORS_ONLN);
	arguments_parse(&argp, argc, argv, &run);
	if (run.keys_path)
		known = key_file_view(run.keys.fd, run.cell.entries);
	runner_catch_interrupts();
	result = measure(&run.cell, known, show);
	if (isatty(STDERR_FILENO))
		fputs("\r\033[K", stderr);
	json_object_del(json_object_get(result, "latency"), "counts");
	json_object_del(result, "growth");
	json_dumpf(result, stdout, JSON_INDENT(2) | JSON_REAL_PRECISION(6));
	putchar('\n');
	failed = json_object_get(result, "failure") != NULL;
	json_decref(result);
	return failed ? 1 : runner_interrupted();
}
