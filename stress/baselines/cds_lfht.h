/*
 * stress/baselines/cds_lfht.h - liburcu's lock-free hash table over one flavour of RCU.
 *
 * The including file defines RCU(name) as the flavour's call.  A node holds key and value and is its own
 * box; nodes that leave the table go through call_rcu.  Its bucket memory is its own: neither the warm
 * store nor 2 MiB pages reach it.
 *
 * The table is grown by a thread of ours, to a bucket for each entry when there are two entries for each:
 * its own automatic growth (version 0.13) marks a growth as begun only after handing it to its thread, and
 * where that one has ended it by then the mark stays and the table never grows again.
 */
#include <pthread.h>
#include <semaphore.h>
#include <stdlib.h>
#include <urcu/rculfhash.h>

#define DEFAULT_FIGURES
#include "stress/baselines/defaults.h"
#include "stress/population.h"

#define MAP_KIND SUBJECT_BASELINE

enum { COUNTED_AT_ONCE = 1024 };

struct map {
	struct cds_lfht *table;
	_Atomic long entries; /* less what threads have not yet added */
	_Atomic long buckets;
	pthread_t grower;
	sem_t full;
	atomic_bool ending;
};

struct map_thread {
	long entries; /* not yet added to the map's */
};

struct node {
	struct cds_lfht_node link;
	struct rcu_head head;
	uint64_t key, value;
};

static void *grow_when_full(void *argument)
{
	struct map *map = argument;

	RCU(register_thread)();
	while (!map->ending) {
		long buckets = map->buckets;

		while (map->entries >= 2 * buckets)
			buckets *= 2;
		if (buckets > map->buckets) {
			cds_lfht_resize(map->table, (unsigned long)buckets);
			map->buckets = buckets;
			continue;
		}
		RCU(thread_offline)();
		sem_wait(&map->full);
		RCU(thread_online)();
	}
	RCU(unregister_thread)();
	return NULL;
}

/* Counts an entry more (1) or less (-1). */
static inline void count(struct map *map, struct map_thread *thread, long change)
{
	thread->entries += change;
	if (thread->entries > -COUNTED_AT_ONCE && thread->entries < COUNTED_AT_ONCE)
		return;
	map->entries += thread->entries;
	thread->entries = 0;
	if (map->entries >= 2 * map->buckets)
		sem_post(&map->full);
}

static struct map *map_create(const struct map_options *options)
{
	struct map *map = calloc(1, sizeof(*map));

	if (!map)
		return NULL;
	map->buckets = 64;
	while (map->buckets < (long)options->capacity)
		map->buckets *= 2;
	/* The thread that call_rcu defers to is made here, where no worker's processor is inherited. */
	RCU(get_default_call_rcu_data)();
	/* It is resized by our own count: what it would count itself costs it an atomic operation a write. */
	map->table = cds_lfht_new_flavor((unsigned long)map->buckets, 64, 0, 0, &RCU(flavor), NULL);
	sem_init(&map->full, 0, 0);
	if (map->table && pthread_create(&map->grower, NULL, grow_when_full, map) == 0)
		return map;
	if (map->table)
		cds_lfht_destroy(map->table, NULL);
	free(map);
	return NULL;
}

static struct map_thread *map_attach(struct map *map)
{
	struct map_thread *thread = calloc(1, sizeof(*thread));

	(void)map;
	if (thread)
		RCU(register_thread)();
	return thread;
}

static void map_detach(struct map *map, struct map_thread *thread)
{
	map->entries += thread->entries;
	free(thread);
	RCU(unregister_thread)();
}

static void map_offline(struct map *map, struct map_thread *thread)
{
	(void)map, (void)thread;
	RCU(thread_offline)();
}

static void map_online(struct map *map, struct map_thread *thread)
{
	(void)map, (void)thread;
	RCU(thread_online)();
}

static inline void map_quiescent(struct map *map, struct map_thread *thread)
{
	(void)map, (void)thread;
	RCU(quiescent_state)();
}

static inline struct node *node_of(struct cds_lfht_node *link)
{
	return (struct node *)link;
}

static int match(struct cds_lfht_node *link, const void *key)
{
	return node_of(link)->key == *(const uint64_t *)key;
}

static void free_node(struct rcu_head *head)
{
	free(caa_container_of(head, struct node, head));
}

static inline struct node *make_node(uint64_t key, uint64_t value)
{
	struct node *node = malloc(sizeof(*node));

	if (!node)
		return NULL;
	cds_lfht_node_init(&node->link);
	node->key = key;
	node->value = value;
	return node;
}

/* Inside a section. */
static inline struct cds_lfht_node *lookup(struct map *map, uint64_t key, struct cds_lfht_iter *at)
{
	cds_lfht_lookup(map->table, hash_key(key), match, &key, at);
	return cds_lfht_iter_get_node(at);
}

static inline bool map_get(struct map *map, struct map_thread *thread, uint64_t key, uint64_t *value)
{
	struct cds_lfht_iter at;
	struct cds_lfht_node *link;

	(void)thread;
	RCU(read_lock)();
	link = lookup(map, key, &at);
	if (link)
		*value = node_of(link)->value;
	RCU(read_unlock)();
	return link != NULL;
}

static inline size_t map_get_many(struct map *map, struct map_thread *thread, const uint64_t *keys, size_t n,
				  uint64_t *values, uint8_t *found)
{
	size_t hits = 0;

	RCU(read_lock)();
	for (size_t i = 0; i < n; i++)
		hits += found[i] = map_get(map, thread, keys[i], &values[i]);
	RCU(read_unlock)();
	return hits;
}

static inline bool map_insert(struct map *map, struct map_thread *thread, uint64_t key, uint64_t value)
{
	struct node *node = make_node(key, value);
	struct cds_lfht_node *there;

	if (!node)
		return false;
	RCU(read_lock)();
	there = cds_lfht_add_unique(map->table, hash_key(key), match, &key, &node->link);
	RCU(read_unlock)();
	if (there != &node->link) {
		free(node);
		return false;
	}
	count(map, thread, 1);
	return true;
}

static inline bool map_put(struct map *map, struct map_thread *thread, uint64_t key, uint64_t value)
{
	struct node *node = make_node(key, value);
	struct cds_lfht_node *old;

	if (!node)
		return false;
	RCU(read_lock)();
	old = cds_lfht_add_replace(map->table, hash_key(key), match, &key, &node->link);
	RCU(read_unlock)();
	if (old)
		RCU(call_rcu)(&node_of(old)->head, free_node);
	else
		count(map, thread, 1);
	return old == NULL;
}

static inline bool map_remove(struct map *map, struct map_thread *thread, uint64_t key, uint64_t *value)
{
	struct cds_lfht_iter at;
	struct cds_lfht_node *link;
	bool removed;

	RCU(read_lock)();
	link = lookup(map, key, &at);
	removed = link && cds_lfht_del(map->table, link) == 0;
	if (removed)
		*value = node_of(link)->value;
	RCU(read_unlock)();
	if (removed) {
		RCU(call_rcu)(&node_of(link)->head, free_node);
		count(map, thread, -1);
	}
	return removed;
}

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
	uint64_t value;

	return map_remove(map, thread, key, &value);
}

static size_t map_size(struct map *map)
{
	long before, after;
	unsigned long size;

	RCU(register_thread)();
	RCU(read_lock)();
	cds_lfht_count_nodes(map->table, &before, &size, &after);
	RCU(read_unlock)();
	RCU(unregister_thread)();
	return size;
}

/* Only an empty table can be destroyed.  Nobody else is using it: one grace period is enough for all. */
static bool map_destroy(struct map *map)
{
	struct node *removed = NULL, *next;
	struct cds_lfht_iter at;
	struct cds_lfht_node *link;
	bool destroyed;

	map->ending = true;
	sem_post(&map->full);
	pthread_join(map->grower, NULL);
	RCU(register_thread)();
	RCU(read_lock)();
	cds_lfht_for_each(map->table, &at, link) {
		if (cds_lfht_del(map->table, link) != 0)
			continue;
		node_of(link)->value = (uint64_t)removed;
		removed = node_of(link);
	}
	RCU(read_unlock)();
	RCU(unregister_thread)();
	RCU(synchronize_rcu)();
	RCU(barrier)();
	for (; removed; removed = next) {
		next = (struct node *)removed->value;
		free(removed);
	}
	destroyed = cds_lfht_destroy(map->table, NULL) == 0;
	sem_destroy(&map->full);
	free(map);
	return destroyed;
}

#include "stress/loops.h"
