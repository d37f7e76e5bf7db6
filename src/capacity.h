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

static bool take_from_map(instar_map *map, uint64_t n)
{
	uint64_t taken = load_relaxed(&map->taken);
	while (taken + n <= map->max_capacity)
		if (cas_seq_cst(&map->taken, &taken, taken + n))
			return true;
	return false;
}

/* Room for one more entry.  false: FULL. */
static inline bool capacity_take(instar_map *map, struct line *line)
{
	if (likely(!map->max_capacity))
		return true;
	if (line->shared)
		return take_from_map(map, 1);
	if (line->credit == 0) {
		uint64_t batch = credit_batch(map);
		if (batch < 2 || !take_from_map(map, batch))
			return take_from_map(map, 1);
		line->credit = batch;
	}
	line->credit--;
	return true;
}

static inline void capacity_give(instar_map *map, struct line *line)
{
	if (likely(!map->max_capacity))
		return;
	uint64_t batch = credit_batch(map);
	uint64_t back = line->shared || batch < 2 ? 1 : line->credit + 1 > 2 * batch ? batch : 0;
	if (!line->shared)
		line->credit += 1 - back;
	if (back)
		fetch_sub_seq_cst(&map->taken, back);
}

#endif
