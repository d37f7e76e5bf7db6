/*
 * src/capacity.h - max_capacity: a place is taken before an entry appears and given back after it went.
 *
 * map->taken counts entries and the credits that threads hold aside; it never exceeds max_capacity.  All
 * credits together are at most 1/32 of it, so FULL is never answered below 60 %.
 */
#ifndef INSTAR_CAPACITY_H
#define INSTAR_CAPACITY_H

#include "src/state.h"

static inline uint64_t credit_batch(instar_map *map)
{
	return map->max_capacity / (64 * map_threads(map));
}

static inline bool take_from_map(instar_map *map, uint64_t generation, uint64_t n)
{
	return generation_add(&map->taken, generation, (word)n, (word)map->max_capacity);
}

static inline void give_to_map(instar_map *map, uint64_t generation, uint64_t n)
{
	generation_add(&map->taken, generation, (word)0 - (word)n, (word)-1);
}

/* Room for one more entry in tables of `generation`.  false: FULL. */
static inline bool capacity_take(instar_map *map, struct line *line, uint64_t generation)
{
	if (likely(!map->max_capacity))
		return true;
	if (line->shared)
		return take_from_map(map, generation, 1);
	if (!line_counts(map, line, generation))
		return true;
	if (line->credit == 0) {
		uint64_t batch = credit_batch(map);
		if (batch < 2 || !take_from_map(map, generation, batch))
			return take_from_map(map, generation, 1);
		line->credit = batch;
	}
	line->credit--;
	return true;
}

static inline void capacity_give(instar_map *map, struct line *line, uint64_t generation)
{
	if (likely(!map->max_capacity))
		return;
	uint64_t batch = line->shared ? 0 : credit_batch(map);
	if (batch < 2) {
		give_to_map(map, generation, 1);
		return;
	}
	if (!line_counts(map, line, generation))
		return;
	if (++line->credit <= 2 * batch)
		return;
	line->credit -= batch;
	give_to_map(map, generation, batch);
}

#endif
