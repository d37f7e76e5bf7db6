/*
 * stress/subjects.h - the maps this program knows, by name.
 *
 * A name is a baseline's ("mutex64") or "instar/SCHEME", with "/no-reuse" behind it for tombstones that
 * are reused at migrations only, or "/filter" for a miss filter.
 */
#ifndef STRESS_SUBJECTS_H
#define STRESS_SUBJECTS_H

#include <instar/reclaim.h>

#include "stress/subject.h"

enum { MAP_NAME = 64 };

/* The baselines that are built in. */
size_t baselines_list(const struct subject *const **list);

/* The scheme built in whose name is the `length` bytes at `name`; NULL: none. */
const struct instar_scheme_info *scheme_find(const char *name, size_t length);

/* What `name` stands for; fills in the scheme, reuse and filter of `options`.  NULL: nothing in this build. */
const struct subject *subject_find(const char *name, struct map_options *options);

/* Whether the scheme among the options serves so many threads at the same time. */
bool subject_takes(const struct map_options *options, unsigned threads);

/* Whether the workload makes sense with what `name` stands for: a bound finds all keys and has no objects, no sizes. */
bool subject_serves(const char *name, const struct workload *workload);

#endif
