/*
 * stress/cell.h - a cell: one measurement of one map under one workload, as one line of JSON.
 *
 * The plan of a comparison is a list of cells; a result is the cell's line with what was measured
 * added.  This is the only place that knows the names of the cell's own members.
 */
#ifndef STRESS_CELL_H
#define STRESS_CELL_H

#include <jansson.h>
#include <stdbool.h>
#include <stdint.h>

#include "stress/subjects.h"
#include "stress/workload.h"

/* A thread that sleeps for the whole run in the middle of an insert during a migration, or (the
 * comparison) one that came as far and went on. */
enum stall { STALL_NONE, STALL_RELEASED, STALL_PARKED };

struct cell {
	char map[MAP_NAME];
	const struct workload *workload;
	unsigned threads;
	uint64_t entries;
	double seconds;    /* of measuring, where the workload does not end by itself */
	uint64_t seed;
	unsigned run;      /* which repetition */
	bool hugepages;
	bool file_keys;    /* the keys are the words of a file */
	enum stall stall;
};

/* A new reference; NULL: no memory. */
json_t *cell_to_json(const struct cell *cell);

/* True, or false and `error` (of 160 bytes) says what is wrong.  Unknown members are ignored. */
bool cell_from_json(struct cell *cell, json_t *json, char *error);

/* Whether both are measured under the same conditions, but for the threads.  For how long tells them apart beside a sleeper
 * only, where it decides how much of the measurement is the growth that it causes. */
bool cell_same_family(const struct cell *a, const struct cell *b);

/* Whether both measure the same work, of the same or another map, in the same or another repetition. */
bool cell_same_column(const struct cell *a, const struct cell *b);

/* The same of one map. */
bool cell_same(const struct cell *a, const struct cell *b);

#endif
