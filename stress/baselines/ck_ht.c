/*
 * stress/baselines/ck_ht.c - Concurrency Kit's table: readers without locks, writers under one mutex.
 *
 * ck_ht keeps words as keys and values (direct mode); keys 0 and ~0 are its own.  Readers run inside
 * ck_epoch sections.  A replaced table is freed by the writer at once, after waiting for the readers;
 * boxes wait in the writer's record, which is emptied every BOXES_AT_ONCE of them.
 */
#include <ck_epoch.h>
#include <ck_ht.h>
#include <pthread.h>
#include <stdlib.h>
#include <string.h>

#define SUBJECT ck_ht
#define DEFAULT_QUIESCENCE
#define DEFAULT_FIGURES
#include "stress/baselines/defaults.h"
#include "stress/memory.h"
#include "stress/population.h"

#define MAP_KIND SUBJECT_BASELINE

enum { BOXES_AT_ONCE = 256 };

static const char map_name[] = "ck_ht";
static const char map_about[] = "Concurrency Kit's single-writer table, writers under one mutex";

struct map {
	ck_ht_t table;
	ck_epoch_t epoch;
	pthread_mutex_t writer;
	struct map_thread *threads; /* all there ever were: ck_epoch lets no record go */
	bool boxed;
};

struct map_thread {
	ck_epoch_record_t record;
	struct map_thread *next;
	unsigned boxes; /* waiting in the record */
};

struct ck_box {
	struct box box;
	ck_epoch_entry_t entry;
};

/* The table that the last write replaced; written under the writer's mutex only. */
static struct {
	void *memory;
	size_t size;
} replaced;

static void *allocate(size_t size)
{
	return memory_map(size, 64);
}

static void release(void *memory, size_t size, bool defer)
{
	if (!defer) {
		memory_unmap(memory, size);
		return;
	}
	replaced.memory = memory;
	replaced.size = size;
}

static struct ck_malloc allocator = { .malloc = allocate, .free = release };

static struct map *map_create(const struct map_options *options)
{
	struct map *map = calloc(1, sizeof(*map));

	if (!map)
		return NULL;
	map->boxed = options->boxed;
	ck_epoch_init(&map->epoch);
	/* Its probes get long above half: twice the entries. */
	if (!ck_ht_init(&map->table, CK_HT_MODE_DIRECT | CK_HT_WORKLOAD_DELETE, NULL, &allocator,
			options->capacity ? 2 * options->capacity : 64, 0x5eed)) {
		free(map);
		return NULL;
	}
	pthread_mutex_init(&map->writer, NULL);
	return map;
}

static struct map_thread *map_attach(struct map *map)
{
	ck_epoch_record_t *record = ck_epoch_recycle(&map->epoch, NULL);
	struct map_thread *thread;

	if (record)
		return (struct map_thread *)record;
	thread = aligned_alloc(_Alignof(struct map_thread), sizeof(*thread));
	if (!thread)
		return NULL;
	memset(thread, 0, sizeof(*thread));
	ck_epoch_register(&map->epoch, &thread->record, NULL);
	pthread_mutex_lock(&map->writer);
	thread->next = map->threads;
	map->threads = thread;
	pthread_mutex_unlock(&map->writer);
	return thread;
}

static void map_detach(struct map *map, struct map_thread *thread)
{
	(void)map;
	ck_epoch_barrier(&thread->record);
	thread->boxes = 0;
	ck_epoch_unregister(&thread->record);
}

static inline bool lookup(struct map *map, uint64_t key, uint64_t *value)
{
	ck_ht_entry_t entry;
	ck_ht_hash_t hash;

	ck_ht_hash_direct(&hash, &map->table, key);
	ck_ht_entry_key_set_direct(&entry, key);
	if (!ck_ht_get_spmc(&map->table, hash, &entry))
		return false;
	*value = ck_ht_entry_value_direct(&entry);
	return true;
}

static inline bool map_get(struct map *map, struct map_thread *thread, uint64_t key, uint64_t *value)
{
	bool found;

	ck_epoch_begin(&thread->record, NULL);
	found = lookup(map, key, value);
	ck_epoch_end(&thread->record, NULL);
	return found;
}

static inline size_t map_get_many(struct map *map, struct map_thread *thread, const uint64_t *keys, size_t n,
				  uint64_t *values, uint8_t *found)
{
	size_t hits = 0;

	ck_epoch_begin(&thread->record, NULL);
	for (size_t i = 0; i < n; i++)
		hits += found[i] = lookup(map, keys[i], &values[i]);
	ck_epoch_end(&thread->record, NULL);
	return hits;
}

/* Lets the writer's mutex go; frees what the write has replaced when no reader can see it any more. */
static inline void end_write(struct map *map, struct map_thread *thread)
{
	void *memory = replaced.memory;
	size_t size = replaced.size;

	replaced.memory = NULL;
	pthread_mutex_unlock(&map->writer);
	if (memory) {
		ck_epoch_synchronize(&thread->record);
		memory_unmap(memory, size);
	}
}

static inline bool map_insert(struct map *map, struct map_thread *thread, uint64_t key, uint64_t value)
{
	ck_ht_entry_t entry;
	ck_ht_hash_t hash;
	uint64_t there;
	bool is_new;

	ck_ht_hash_direct(&hash, &map->table, key);
	ck_ht_entry_set_direct(&entry, hash, key, value);
	pthread_mutex_lock(&map->writer);
	/* In version 0.7.1 put alone may store a key twice, once removals have left room before it. */
	is_new = !lookup(map, key, &there) && ck_ht_put_spmc(&map->table, hash, &entry);
	end_write(map, thread);
	return is_new;
}

/* *old is the value before, where there was one. */
static inline bool exchange(struct map *map, struct map_thread *thread, uint64_t key, uint64_t value, uint64_t *old)
{
	ck_ht_entry_t entry;
	ck_ht_hash_t hash;
	bool stored, is_new;

	ck_ht_hash_direct(&hash, &map->table, key);
	ck_ht_entry_set_direct(&entry, hash, key, value);
	pthread_mutex_lock(&map->writer);
	stored = ck_ht_set_spmc(&map->table, hash, &entry);
	end_write(map, thread);
	is_new = ck_ht_entry_key_direct(&entry) != key;
	if (stored && !is_new)
		*old = ck_ht_entry_value_direct(&entry);
	return stored && is_new;
}

static inline bool map_put(struct map *map, struct map_thread *thread, uint64_t key, uint64_t value)
{
	uint64_t old;

	return exchange(map, thread, key, value, &old);
}

static inline bool map_remove(struct map *map, struct map_thread *thread, uint64_t key, uint64_t *old)
{
	ck_ht_entry_t entry;
	ck_ht_hash_t hash;
	bool removed;

	ck_ht_hash_direct(&hash, &map->table, key);
	ck_ht_entry_key_set_direct(&entry, key);
	pthread_mutex_lock(&map->writer);
	removed = ck_ht_remove_spmc(&map->table, hash, &entry);
	end_write(map, thread);
	if (removed)
		*old = ck_ht_entry_value_direct(&entry);
	return removed;
}

static void free_box(ck_epoch_entry_t *entry)
{
	free((char *)entry - offsetof(struct ck_box, entry));
}

static inline void retire_box(struct map_thread *thread, uint64_t value)
{
	ck_epoch_call(&thread->record, &((struct ck_box *)value)->entry, free_box);
	if (++thread->boxes == BOXES_AT_ONCE) {
		ck_epoch_barrier(&thread->record);
		thread->boxes = 0;
	}
}

static inline bool map_get_boxed(struct map *map, struct map_thread *thread, uint64_t key, uint64_t *value)
{
	uint64_t box;
	bool found;

	ck_epoch_begin(&thread->record, NULL);
	found = lookup(map, key, &box);
	if (found)
		*value = ((const struct ck_box *)box)->box.value;
	ck_epoch_end(&thread->record, NULL);
	return found;
}

static inline bool map_put_boxed(struct map *map, struct map_thread *thread, uint64_t key, uint64_t value)
{
	struct ck_box *box = malloc(sizeof(*box));
	uint64_t old = 0;
	bool is_new;

	if (!box)
		return false;
	box->box.value = value;
	is_new = exchange(map, thread, key, (uint64_t)box, &old);
	if (old)
		retire_box(thread, old);
	return is_new;
}

static inline bool map_remove_boxed(struct map *map, struct map_thread *thread, uint64_t key)
{
	uint64_t old;

	if (!map_remove(map, thread, key, &old))
		return false;
	retire_box(thread, old);
	return true;
}

static size_t map_size(struct map *map)
{
	return ck_ht_count(&map->table);
}

static bool map_destroy(struct map *map)
{
	ck_ht_iterator_t at = CK_HT_ITERATOR_INITIALIZER;
	struct map_thread *thread, *next;
	ck_ht_entry_t *entry;

	while (map->boxed && ck_ht_next(&map->table, &at, &entry))
		free((struct ck_box *)ck_ht_entry_value_direct(entry));
	for (thread = map->threads; thread; thread = next) {
		next = thread->next;
		free(thread);
	}
	ck_ht_destroy(&map->table);
	pthread_mutex_destroy(&map->writer);
	free(map);
	return true;
}

#include "stress/loops.h"
