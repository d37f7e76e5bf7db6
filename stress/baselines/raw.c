/*
 * stress/baselines/raw.c - no map, but what bounds one: independent accesses at random to as much memory.
 *
 * The footprint is that of instar's table for as many entries: buckets of 128 bytes, a power of two,
 * at most 78 % of seven slots each in use.  A get reads one word of the key's bucket; get_many fetches
 * all lines first and then reads them; a write is one compare-and-swap in the key's bucket, always with
 * success but for the contention that any map has.  Nothing is compared, stored or found.  Nothing grows either: the
 * footprint is there from the start, its pages untouched as any map's.
 */
#include <stdatomic.h>
#include <stdlib.h>

#define SUBJECT raw
#define DEFAULT_THREADS
#define DEFAULT_FIGURES
#include "stress/baselines/defaults.h"
#include "stress/memory.h"
#include "stress/population.h"

#define MAP_KIND SUBJECT_BOUND

static const char map_name[] = "raw";
static const char map_about[] = "one read or compare-and-swap, at random, in as much memory as instar's table takes";

struct bucket {
	uint64_t read;
	_Atomic uint64_t written;
	uint64_t rest[14];
};

struct map {
	struct bucket *buckets;
	size_t size;
	unsigned shift;
};

static struct map *map_create(const struct map_options *options)
{
	struct map *map = malloc(sizeof(*map));
	size_t buckets = 256;

	if (!map)
		return NULL;
	while ((double)buckets * 7 * 0.78 < (double)options->capacity)
		buckets *= 2;
	map->size = buckets * sizeof(struct bucket);
	map->shift = 64 - (unsigned)__builtin_ctzll(buckets);
	map->buckets = memory_map(map->size, 128);
	if (!map->buckets) {
		free(map);
		return NULL;
	}
	return map;
}

static bool map_destroy(struct map *map)
{
	memory_unmap(map->buckets, map->size);
	free(map);
	return true;
}

static inline struct bucket *bucket_of(const struct map *map, uint64_t key)
{
	return &map->buckets[hash_key(key) >> map->shift];
}

static inline bool map_get(struct map *map, struct map_thread *thread, uint64_t key, uint64_t *value)
{
	(void)thread;
	*value = value_of(key, bucket_of(map, key)->read);
	return true;
}

static inline size_t map_get_many(struct map *map, struct map_thread *thread, const uint64_t *keys, size_t n,
				  uint64_t *values, uint8_t *found)
{
	for (size_t i = 0; i < n; i++)
		__builtin_prefetch(bucket_of(map, keys[i]));
	for (size_t i = 0; i < n; i++)
		found[i] = map_get(map, thread, keys[i], &values[i]);
	return n;
}

static inline void write_to(struct map *map, uint64_t key)
{
	_Atomic uint64_t *word = &bucket_of(map, key)->written;
	uint64_t seen = atomic_load_explicit(word, memory_order_relaxed);

	while (!atomic_compare_exchange_strong(word, &seen, seen + 1))
		continue;
}

/* The key was there. */
static inline bool map_put(struct map *map, struct map_thread *thread, uint64_t key, uint64_t value)
{
	(void)thread, (void)value;
	write_to(map, key);
	return false;
}

/* It was not. */
static inline bool map_insert(struct map *map, struct map_thread *thread, uint64_t key, uint64_t value)
{
	return !map_put(map, thread, key, value);
}

static inline bool map_remove(struct map *map, struct map_thread *thread, uint64_t key, uint64_t *old)
{
	return !map_put(map, thread, key, *old = 0);
}

/* There are no objects: subject_serves. */
static inline bool map_get_boxed(struct map *map, struct map_thread *thread, uint64_t key, uint64_t *value)
{
	return map_get(map, thread, key, value);
}

static inline bool map_put_boxed(struct map *map, struct map_thread *thread, uint64_t key, uint64_t value)
{
	return map_put(map, thread, key, value);
}

static inline bool map_remove_boxed(struct map *map, struct map_thread *thread, uint64_t key)
{
	return map_put(map, thread, key, 0);
}

static size_t map_size(struct map *map)
{
	(void)map;
	return 0;
}

#include "stress/loops.h"
