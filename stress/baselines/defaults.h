/*
 * stress/baselines/defaults.h - parts of a map's interface that many maps have alike.
 *
 * Define before including: DEFAULT_THREADS (no handle, no quiescent states), DEFAULT_GET_MANY (one get
 * after the other), DEFAULT_FIGURES (nothing to tell).
 */
#ifndef STRESS_BASELINES_DEFAULTS_H
#define STRESS_BASELINES_DEFAULTS_H

#include "stress/subject.h"

/* Mixes all bits of a key into all bits of the hash: for the maps that want a hash from their user. */
static inline uint64_t hash_key(uint64_t key)
{
	uint64_t h = (key ^ (key >> 32)) * 0x9e3779b97f4a7c15u;

	return h ^ (h >> 32);
}

#ifdef DEFAULT_THREADS
static struct map_thread *map_attach(struct map *map)
{
	return (struct map_thread *)map;
}

static void map_detach(struct map *map, struct map_thread *thread)
{
	(void)map, (void)thread;
}
#endif

#if defined(DEFAULT_THREADS) || defined(DEFAULT_QUIESCENCE)
static inline void map_quiescent(struct map *map, struct map_thread *thread)
{
	(void)map, (void)thread;
}

static void map_offline(struct map *map, struct map_thread *thread)
{
	(void)map, (void)thread;
}

static void map_online(struct map *map, struct map_thread *thread)
{
	(void)map, (void)thread;
}
#endif

#ifdef DEFAULT_GET_MANY
static inline bool map_get(struct map *map, struct map_thread *thread, uint64_t key, uint64_t *value);

static inline size_t map_get_many(struct map *map, struct map_thread *thread, const uint64_t *keys, size_t n,
				  uint64_t *values, uint8_t *found)
{
	size_t hits = 0;

	for (size_t i = 0; i < n; i++)
		hits += found[i] = map_get(map, thread, keys[i], &values[i]);
	return hits;
}
#endif

#ifdef DEFAULT_FIGURES
static void map_figures(struct map *map, struct map_figures *figures)
{
	(void)map;
	*figures = (struct map_figures){ 0 };
}

static bool map_audit(struct map *map)
{
	(void)map;
	return true;
}
#endif

#endif
