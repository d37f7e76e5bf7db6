/*
 * stress/instar_map.c - the library's own map under test, over any scheme, through its public calls.
 *
 * Threads use explicit handles.  Its memory comes from where all maps under test get theirs.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <instar/instar.h>

#include "stress/memory.h"
#include "stress/population.h"
#include "stress/subjects.h"

#define SUBJECT instar

#define MAP_KIND SUBJECT_OWN

static const char map_name[] = "instar";
static const char map_about[] = "this library's map";

struct map {
	instar_domain *domain;
	instar_map *map;
	bool births; /* the scheme asks when a value was born */
};

static void *map_pages(size_t size, size_t alignment, void *ctx)
{
	(void)ctx;
	return memory_map(size, alignment);
}

static void unmap_pages(void *memory, size_t size, size_t alignment, void *ctx)
{
	(void)alignment, (void)ctx;
	memory_unmap(memory, size);
}

static void *allocate(size_t size, size_t alignment, void *ctx)
{
	void *memory;

	(void)ctx;
	if (alignment <= _Alignof(max_align_t))
		return malloc(size);
	return posix_memalign(&memory, alignment, size) == 0 ? memory : NULL;
}

static void release(void *memory, size_t size, size_t alignment, void *ctx)
{
	(void)size, (void)alignment, (void)ctx;
	free(memory);
}

static const struct instar_allocator allocator = {
	.struct_size = sizeof(allocator),
	.map = map_pages,
	.unmap = unmap_pages,
	.alloc = allocate,
	.free = release,
};

static void free_box(void *box, void *ctx)
{
	(void)ctx;
	free(box);
}

static struct box *new_box(const struct map *map)
{
	return map->births ? instar_box_alloc(map->domain, sizeof(struct box), NULL) : malloc(sizeof(struct box));
}

static struct map *map_create(const struct map_options *options)
{
	struct instar_domain_opts domain_opts = INSTAR_DOMAIN_OPTS_INIT;
	struct instar_map_opts map_opts = INSTAR_MAP_OPTS_INIT;
	struct map *map = malloc(sizeof(*map));
	const struct instar_scheme_info *info;

	if (!map)
		return NULL;
	domain_opts.allocator = &allocator;
	map_opts.capacity = options->capacity;
	map_opts.flags = (options->reuse ? 0u : INSTAR_MAP_NO_REUSE) | (options->filter ? INSTAR_MAP_MISS_FILTER : 0u);
	info = options->scheme ? scheme_find(options->scheme, strlen(options->scheme)) : NULL;
	map->births = info && info->wants_births;
	if (options->boxed) {
		map_opts.value_free = map->births ? instar_box_free : free_box;
		map_opts.value_bytes = sizeof(struct box);
	}
	if (instar_domain_create(&map->domain, options->scheme, &domain_opts) != INSTAR_OK)
		goto no_domain;
	if (instar_map_create(&map->map, map->domain, &map_opts) != INSTAR_OK)
		goto no_map;
	return map;
no_map:
	instar_domain_destroy(map->domain);
no_domain:
	free(map);
	return NULL;
}

static bool map_destroy(struct map *map)
{
	bool destroyed = instar_map_destroy(map->map) == INSTAR_OK &&
			 instar_domain_destroy(map->domain) == INSTAR_OK;

	free(map);
	return destroyed;
}

static inline instar_thread *handle(struct map_thread *thread)
{
	return (instar_thread *)thread;
}

static struct map_thread *map_attach(struct map *map)
{
	instar_thread *thread;

	return instar_thread_attach(map->domain, &thread) == INSTAR_OK ? (struct map_thread *)thread : NULL;
}

static void map_detach(struct map *map, struct map_thread *thread)
{
	(void)map;
	instar_thread_detach(handle(thread));
}

static inline void map_quiescent(struct map *map, struct map_thread *thread)
{
	(void)map;
	instar_thread_quiescent(handle(thread));
}

static void map_offline(struct map *map, struct map_thread *thread)
{
	(void)map;
	instar_thread_offline(handle(thread));
}

static void map_online(struct map *map, struct map_thread *thread)
{
	(void)map;
	instar_thread_online(handle(thread));
}

static inline bool map_get(struct map *map, struct map_thread *thread, uint64_t key, uint64_t *value)
{
	return instar_get(map->map, handle(thread), key, value) == INSTAR_OK;
}

static inline size_t map_get_many(struct map *map, struct map_thread *thread, const uint64_t *keys, size_t n,
				  uint64_t *values, uint8_t *found)
{
	return instar_get_many(map->map, handle(thread), keys, n, values, found);
}

static inline bool map_insert(struct map *map, struct map_thread *thread, uint64_t key, uint64_t value)
{
	return instar_insert(map->map, handle(thread), key, value, NULL) == INSTAR_OK;
}

static inline bool map_put(struct map *map, struct map_thread *thread, uint64_t key, uint64_t value)
{
	return instar_put(map->map, handle(thread), key, value, NULL) == INSTAR_OK;
}

static inline bool map_remove(struct map *map, struct map_thread *thread, uint64_t key, uint64_t *old)
{
	return instar_remove(map->map, handle(thread), key, old) == INSTAR_OK;
}

static inline bool map_get_boxed(struct map *map, struct map_thread *thread, uint64_t key, uint64_t *value)
{
	enum instar_status status;
	void *box;

	instar_enter(handle(thread));
	status = instar_get_ref(map->map, handle(thread), key, &box);
	if (status == INSTAR_OK)
		*value = ((const struct box *)box)->value;
	instar_leave(handle(thread));
	return status == INSTAR_OK;
}

static inline bool map_put_boxed(struct map *map, struct map_thread *thread, uint64_t key, uint64_t value)
{
	struct box *box = new_box(map);
	enum instar_status status;

	if (!box)
		return false;
	box->value = value;
	status = instar_put(map->map, handle(thread), key, (uint64_t)box, NULL);
	if (status != INSTAR_OK && status != INSTAR_EXISTS)
		(map->births ? instar_box_free : free_box)(box, NULL);
	return status == INSTAR_OK;
}

static inline bool map_remove_boxed(struct map *map, struct map_thread *thread, uint64_t key)
{
	return instar_remove(map->map, handle(thread), key, NULL) == INSTAR_OK;
}

static size_t map_size(struct map *map)
{
	return instar_size(map->map);
}

static void map_figures(struct map *map, struct map_figures *figures)
{
	struct instar_map_stats stats;
	struct instar_reclaim_stats garbage;

	instar_map_stats(map->map, &stats);
	instar_domain_stats(map->domain, &garbage);
	*figures = (struct map_figures){
		.table_bytes = stats.table_bytes,
		.pending_objects = garbage.pending_objects,
		.pending_bytes = garbage.pending_bytes,
		.peak_pending_bytes = garbage.peak_pending_bytes,
		.grace_periods = garbage.grace_periods,
		.growths = stats.growths,
		.purges = stats.purges,
		.migrating = stats.migrating != 0,
	};
}

static bool map_audit(struct map *map)
{
	return instar_map_check(map->map, stderr) == INSTAR_OK;
}

#include "stress/loops.h"
