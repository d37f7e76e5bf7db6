/*
 * stress/baselines/locked.h - SHARDS (a power of two) open-addressing tables, each under its own mutex.
 *
 * The hash's top bits choose the shard, its low bits the place in it.
 */
#include <pthread.h>
#include <stdlib.h>

#define DEFAULT_THREADS
#define DEFAULT_GET_MANY
#define DEFAULT_FIGURES
#include "stress/baselines/defaults.h"
#include "stress/baselines/open_table.h"
#include "stress/population.h"

#define MAP_KIND SUBJECT_BASELINE

struct shard {
	pthread_mutex_t lock;
	struct open_table table;
} __attribute__((aligned(128)));

struct map {
	struct shard shards[SHARDS];
	bool boxed;
};

static void free_boxes(const struct open_table *table)
{
	for (size_t i = 0; i <= table->mask; i++)
		if (table->entries[i].key)
			free((void *)table->entries[i].value);
	if (table->has_zero)
		free((void *)table->entries[table->mask + 1].value);
}

static bool map_destroy(struct map *map)
{
	for (size_t i = 0; i < SHARDS; i++) {
		if (!map->shards[i].table.entries)
			continue;
		if (map->boxed)
			free_boxes(&map->shards[i].table);
		open_table_free(&map->shards[i].table);
		pthread_mutex_destroy(&map->shards[i].lock);
	}
	free(map);
	return true;
}

static struct map *map_create(const struct map_options *options)
{
	struct map *map = aligned_alloc(_Alignof(struct map), sizeof(*map));

	if (!map)
		return NULL;
	*map = (struct map){ .boxed = options->boxed };
	for (size_t i = 0; i < SHARDS; i++) {
		if (!open_table_make(&map->shards[i].table, options->capacity / SHARDS)) {
			map_destroy(map);
			return NULL;
		}
		pthread_mutex_init(&map->shards[i].lock, NULL);
	}
	return map;
}

static inline struct shard *lock_shard(struct map *map, uint64_t key)
{
	struct shard *shard = &map->shards[SHARDS == 1 ? 0 : hash_key(key) >> (64 - __builtin_ctz(SHARDS))];

	pthread_mutex_lock(&shard->lock);
	return shard;
}

static inline void unlock_shard(struct shard *shard)
{
	pthread_mutex_unlock(&shard->lock);
}

static inline bool map_get(struct map *map, struct map_thread *thread, uint64_t key, uint64_t *value)
{
	struct shard *shard = lock_shard(map, key);
	struct open_entry *entry = open_table_find(&shard->table, hash_key(key), key);

	(void)thread;
	if (entry)
		*value = entry->value;
	unlock_shard(shard);
	return entry != NULL;
}

static inline bool map_insert(struct map *map, struct map_thread *thread, uint64_t key, uint64_t value)
{
	struct shard *shard = lock_shard(map, key);
	bool is_new, ok = open_table_obtain(&shard->table, hash_key, key, value, &is_new) != NULL;

	(void)thread;
	unlock_shard(shard);
	return ok && is_new;
}

/* *old is the value before, where there was one. */
static inline bool exchange(struct map *map, uint64_t key, uint64_t value, uint64_t *old)
{
	struct shard *shard = lock_shard(map, key);
	bool is_new;
	struct open_entry *entry = open_table_obtain(&shard->table, hash_key, key, value, &is_new);

	if (entry && !is_new) {
		*old = entry->value;
		entry->value = value;
	}
	unlock_shard(shard);
	return entry && is_new;
}

static inline bool map_put(struct map *map, struct map_thread *thread, uint64_t key, uint64_t value)
{
	uint64_t old;

	(void)thread;
	return exchange(map, key, value, &old);
}

static inline bool map_remove(struct map *map, struct map_thread *thread, uint64_t key, uint64_t *old)
{
	struct shard *shard = lock_shard(map, key);
	bool removed = open_table_remove(&shard->table, hash_key, key, old);

	(void)thread;
	unlock_shard(shard);
	return removed;
}

static inline bool map_get_boxed(struct map *map, struct map_thread *thread, uint64_t key, uint64_t *value)
{
	struct shard *shard = lock_shard(map, key);
	struct open_entry *entry = open_table_find(&shard->table, hash_key(key), key);

	(void)thread;
	if (entry)
		*value = ((const struct box *)entry->value)->value;
	unlock_shard(shard);
	return entry != NULL;
}

static inline bool map_put_boxed(struct map *map, struct map_thread *thread, uint64_t key, uint64_t value)
{
	struct box *box = malloc(sizeof(*box));
	uint64_t old = 0;
	bool is_new;

	(void)thread;
	if (!box)
		return false;
	box->value = value;
	is_new = exchange(map, key, (uint64_t)box, &old);
	free((struct box *)old);
	return is_new;
}

static inline bool map_remove_boxed(struct map *map, struct map_thread *thread, uint64_t key)
{
	uint64_t old;

	if (!map_remove(map, thread, key, &old))
		return false;
	free((struct box *)old);
	return true;
}

static size_t map_size(struct map *map)
{
	size_t size = 0;

	for (size_t i = 0; i < SHARDS; i++)
		size += map->shards[i].table.used;
	return size;
}

#include "stress/loops.h"
