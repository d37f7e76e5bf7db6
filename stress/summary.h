/*
 * stress/summary.h - results grouped: the repetitions of one cell, the cells of one setting.
 *
 * A *setting* is what the columns of one table share: threads, entries, pages, keys, stall.
 */
#ifndef STRESS_SUMMARY_H
#define STRESS_SUMMARY_H

#include "stress/cell.h"
#include "stress/results.h"
#include "stress/statistics.h"

/* One cell and its repetitions. */
struct group {
	struct cell cell;
	json_t *records; /* array; those that failed included */
};

struct summary {
	struct group *groups; /* in the order of first appearance */
	size_t count;
};

/* False: no memory. */
bool summary_make(struct summary *summary, const struct results *results);
void summary_free(struct summary *summary);

/* The group for `map` and `workload` in the setting of `like`; NULL: it was not measured. */
const struct group *summary_find(const struct summary *summary, const char *map, const struct workload *workload,
				 const struct cell *like);

/* Median over the repetitions of the figure behind a path, "mops" say. */
struct estimate group_estimate(const struct group *group, const char *path);

/* Median of the quotients of a group's figure by another's, repetition by repetition. */
struct estimate group_ratio(const struct group *group, const char *path, const struct group *reference,
			    const char *reference_path);

/* Why a repetition failed; NULL: none did.  A group with a failure shows no figure. */
const char *group_failure(const struct group *group);

/* The same for a table: "FAILED", or BEYOND_LIMIT. */
const char *group_verdict(const struct group *group);

/* One cell of each setting, and the maps that occur. */
size_t summary_settings(const struct summary *summary, struct cell *settings, size_t capacity);
/* Settings that differ in threads only make a *family*. */
size_t summary_families(const struct summary *summary, struct cell *families, size_t capacity);
/* The different numbers of threads of one workload in a family, ascending. */
size_t summary_threads(const struct summary *summary, const struct workload *workload, const struct cell *family,
		       unsigned *threads, size_t capacity);
size_t summary_maps(const struct summary *summary, const char **maps, size_t capacity);

bool same_setting(const struct cell *a, const struct cell *b);
/* "1000000 entries ...", and with the threads before. */
void describe_family(const struct cell *cell, char *text, size_t size);
void describe_setting(const struct cell *cell, char *text, size_t size);

/* "Medians of 10 repetitions; ...", and how much that is worth. */
void summary_tell_repetitions(const struct summary *summary, char *text, size_t size);

/* How far the control loop spread over all results of a source, where it did most: from the 5th to the 95th percentile, as a
 * share of the median; 0 where there is none. */
double summary_noise(const struct results *results);

#endif
