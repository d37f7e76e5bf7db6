/*
 * stress/workload.h - what is done to a map: the list of workloads and what each needs beforehand.
 */
#ifndef STRESS_WORKLOAD_H
#define STRESS_WORKLOAD_H

#include <stdbool.h>
#include <stddef.h>

/* The worker's loop (loops.h). */
enum loop {
	LOOP_HIT,
	LOOP_MISS,
	LOOP_GET_MANY,
	LOOP_INSERT,
	LOOP_INSERT_TIMED,
	LOOP_INSERT_SAMPLED,
	LOOP_PUT,
	LOOP_GET_PUT,
	LOOP_MIX,
	LOOP_CHURN,
	LOOP_BOXED,
	LOOPS
};

/* Where the keys of a worker's stream come from (population.h). */
enum keys { KEYS_NONE, KEYS_PRESENT, KEYS_STRANGERS, KEYS_BOTH, KEYS_ZIPF };

enum { BATCH = 32 }; /* keys of one get_many */

struct workload {
	const char *name;
	const char *about;   /* its shape, for the report */
	enum loop loop;
	enum keys keys;
	unsigned reads;      /* percent, where a loop mixes */
	bool from_empty;     /* the map starts without entries, and the run ends when all are in */
	bool sized;          /* the map is told how many entries will come */
	bool warm;           /* pages are touched before the clock starts */
	bool boxed;
	bool single;         /* one thread, whatever was asked for */
};

extern const struct workload workloads[];
extern const size_t workload_count;

/* NULL: no such workload. */
const struct workload *workload_find(const char *name);

#endif
