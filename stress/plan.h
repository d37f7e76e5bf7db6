/*
 * stress/plan.h - a comparison as a list of cells.
 *
 * Repetitions are interleaved: each goes through all cells once, with the maps in another order, so that
 * a machine that slows down slows all of them down.
 */
#ifndef STRESS_PLAN_H
#define STRESS_PLAN_H

#include <stdio.h>

#include "stress/cell.h"

enum { PLAN_MAPS = 128, PLAN_NUMBERS = 32, PLAN_WORKLOADS = 64 };

struct plan {
	char maps[PLAN_MAPS][MAP_NAME];
	size_t map_count;
	const struct workload *workloads[PLAN_WORKLOADS];
	size_t workload_count;
	uint64_t threads[PLAN_NUMBERS];
	size_t thread_count;
	uint64_t entries[PLAN_NUMBERS];
	size_t entry_count;
	unsigned runs;
	double seconds;
	uint64_t seed;
	bool hugepages, file_keys;
};

struct cells {
	struct cell *cells;
	size_t count;
};

/* Adds a map unless it is there; false: no room. */
bool plan_add_map(struct plan *plan, const char *name);
void plan_add_workload(struct plan *plan, const struct workload *workload);

/* False: no memory. */
bool cells_add(struct cells *cells, const struct cell *cell);
bool plan_cells(const struct plan *plan, struct cells *cells);

/* Cells as JSON lines.  Reading: false, and *line (0: errno says why) and error (160 bytes) say what is
 * wrong. */
bool cells_write(const struct cells *cells, FILE *file);
bool cells_read(struct cells *cells, const char *path, size_t *line, char *error);

/* Keeps the cells of shard `index` (from 1) of `count`.  What belongs together, all maps and repetitions under one workload
 * in one setting, stays together, for it is to meet the same machine.  False: no memory. */
bool cells_keep_shard(struct cells *cells, size_t index, size_t count);

#endif
