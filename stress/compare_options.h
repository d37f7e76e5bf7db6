/*
 * stress/compare_options.h - what the user of `instar-stress compare' asked for.
 */
#ifndef STRESS_COMPARE_OPTIONS_H
#define STRESS_COMPARE_OPTIONS_H

#include "stress/key_file.h"
#include "stress/plan.h"

struct compare {
	const char *out;       /* directory of the results */
	const char *reference; /* the map that others are related to */
	bool print_plan;       /* only that */
	double minutes;        /* for all repetitions; 0: no limit */
	struct cells cells;
	struct key_file keys;
	/* As given, resolved into the cells by compare_options(). */
	struct plan plan;
	const char *schemes, *baselines; /* lists of names, all or none */
	const char *keys_path, *cells_path;
	size_t shard, shards;
	bool with_reuse, without_reuse, quick;
	bool told; /* something about the cells */
};

/* Parses and resolves the command line, or exits with 2. */
void compare_options(struct compare *compare, int argc, char **argv);

#endif
