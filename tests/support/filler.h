/*
 * tests/support/filler.h - keeps a map's tables moving: a sliding window of keys of one's own.
 *
 * Each step inserts a new key and, once the window is full, removes the oldest: tables must grow until
 * the windows fit, and from then on slots must be reused or purged for ever.
 */
#ifndef TESTS_FILLER_H
#define TESTS_FILLER_H

#include <instar/instar.h>

#include "tests/support/crowd.h"

enum { FILLER_FIRST = 1 << 20 }; /* no filler key is below, but those of a crowd */

struct filler {
	const struct crowd *crowd; /* whose group 1 the keys are; NULL: plain numbers */
	uint64_t first, stride;    /* of this filler's keys */
	uint64_t window, inserted, removed;
	bool forgiving;            /* others clear the map: keys may be gone */
};

/* The filler number `index` of `fillers`. */
static inline struct filler filler_new(unsigned index, unsigned fillers, uint64_t window, const struct crowd *crowd)
{
	return (struct filler){ crowd, index, fillers, window, 0, 0, false };
}

static inline uint64_t filler_key(const struct filler *filler, uint64_t i)
{
	uint64_t n = filler->first + filler->stride * i;

	return filler->crowd ? crowd_key(filler->crowd, 1, n) : FILLER_FIRST + n;
}

/* Removes the oldest key; NULL, or what was wrong. */
static inline const char *filler_remove(struct filler *filler, instar_map *map, instar_thread *thread)
{
	uint64_t key = filler_key(filler, filler->removed++), old = 0;

	if (instar_remove(map, thread, key, &old) != INSTAR_OK)
		return filler->forgiving ? NULL : "a filler's key was gone";
	return old == (key ^ 1) ? NULL : "a filler's key had a foreign value";
}

/* One step; NULL, or what was wrong. */
static inline const char *filler_step(struct filler *filler, instar_map *map, instar_thread *thread)
{
	uint64_t key = filler_key(filler, filler->inserted++);

	if (instar_insert(map, thread, key, key ^ 1, NULL) != INSTAR_OK)
		return "a filler's new key was refused";
	if (filler->inserted - filler->removed <= filler->window)
		return NULL;
	return filler_remove(filler, map, thread);
}

static inline const char *filler_empty(struct filler *filler, instar_map *map, instar_thread *thread)
{
	const char *wrong = NULL;

	while (!wrong && filler->removed < filler->inserted)
		wrong = filler_remove(filler, map, thread);
	return wrong;
}

#endif
