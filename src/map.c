/*
 * src/map.c - the public calls of a map: making, and one dispatch to its engine.
 */
#include <string.h>
#include <sys/random.h>
#include <time.h>

#include "src/state.h"

static bool read_map_options(struct instar_map_opts *o, const struct instar_map_opts *given)
{
	const unsigned flags = INSTAR_MAP_NO_REUSE | INSTAR_MAP_PREFAULT | INSTAR_MAP_SMALL_PAGES |
			       INSTAR_MAP_MISS_FILTER;
	return reclaim_read_options(o, sizeof *o, offsetof(struct instar_map_opts, reserved), given) && !(o->flags & ~flags);
}

/* The kernel's randomness; before it is ready, what differs from run to run. */
static void draw_seed(uint64_t seed[2], const void *salt)
{
	if (getrandom(seed, 2 * sizeof seed[0], GRND_NONBLOCK) == (ssize_t)(2 * sizeof seed[0]))
		return;
	struct timespec now;
	clock_gettime(CLOCK_MONOTONIC, &now);
	seed[0] = (uint64_t)now.tv_nsec ^ (uint64_t)(uintptr_t)salt << 20;
	seed[1] = (uint64_t)now.tv_sec ^ hash_spread(seed[0]);
}

static void set_options(instar_map *map, const struct instar_map_opts *o)
{
	uint64_t seed[2] = { o->seed[0], o->seed[1] };
	if (!seed[0] && !seed[1])
		draw_seed(seed, map);
	map->hash = hash_seed_from(seed);
	map->reuse = !(o->flags & INSTAR_MAP_NO_REUSE);
	map->pages.prefault = (o->flags & INSTAR_MAP_PREFAULT) != 0;
	map->pages.huge = !(o->flags & INSTAR_MAP_SMALL_PAGES);
	map->pages.filter = (o->flags & INSTAR_MAP_MISS_FILTER) != 0;
	if (map->engine && map->pages.filter)
		map->engine = map->engine->filtered;
	map->value_free = o->value_free;
	map->value_ctx = o->ctx;
	map->value_bytes = o->value_bytes;
	map->max_capacity = o->max_capacity;
	map->plain = !map->value_free && !map->max_capacity;
	if (o->name)
		strncpy(map->name, o->name, sizeof map->name - 1);
}

static instar_map *attached_map(struct reclaim_map *attachment)
{
	return (instar_map *)((char *)attachment - offsetof(instar_map, attachment));
}

/* For the domain's worker. */
static bool help_map(struct reclaim_map *attachment, instar_thread *t, size_t homes)
{
	instar_map *map = attached_map(attachment);
	return map->engine->maintain(map, t, homes) == INSTAR_BUSY;
}

static void fork_map(struct reclaim_map *attachment, enum fork_side side)
{
	snapshots_fork(attached_map(attachment), side);
}

enum instar_status instar_map_create(instar_map **out, instar_domain *domain, const struct instar_map_opts *opts)
{
	static const struct instar_map_opts defaults = INSTAR_MAP_OPTS_INIT;
	if (!out)
		return INSTAR_INVAL;
	*out = NULL;
	struct instar_map_opts o;
	if (!read_map_options(&o, opts ? opts : &defaults))
		return INSTAR_INVAL;
	if (!domain)
		domain = instar_domain_default();
	if (!domain)
		return INSTAR_NOMEM;
	unsigned log2_homes = table_log2_for(o.capacity);
	instar_map *map = log2_homes ? reclaim_alloc(domain, sizeof *map, CACHE_LINE) : NULL;
	if (!map)
		return INSTAR_NOMEM;
	map->domain = domain;
	map->engine = engine_for(domain->scheme->info.name);
	set_options(map, &o);
	map->first_log2_homes = log2_homes;
	map->lines[0] = reclaim_alloc(domain, FIRST_LINES * sizeof(struct line), CACHE_LINE);
	struct table *table = map->lines[0] ? table_create(domain, log2_homes, map->pages, FIRST_LINES) : NULL;
	if (!map->engine || !table) {
		enum instar_status status = map->engine ? INSTAR_NOMEM : INSTAR_UNSUPPORTED;
		if (table)
			table_free(table);
		map_free(map);
		return status;
	}
	map->lines[0][0].shared = true;
	map->root = (uintptr_t)table;
	pthread_mutex_init(&map->snapshots_lock, NULL);
	map->attachment.help = help_map;
	map->attachment.fork = fork_map;
	reclaim_map_attach(domain, &map->attachment);
	*out = map;
	return INSTAR_OK;
}

/* ---- one dispatch ---- */

/* What a word can hold: everything, but at half width. */
static inline bool fits(uint64_t x)
{
	return (word)x == x;
}

static inline uint64_t map_hash(const instar_map *map, uint64_t key)
{
	return hash_of(&map->hash, (word)key);
}

uint64_t instar_hash(const instar_map *map, uint64_t key)
{
	return map_hash(map, key);
}

/* CALL(function, arguments ...): the engine's function, for a map and a key that are there and fit. */
#define CALL(condition, function, ...) \
	(likely(map && fits(key) && (condition)) ? map->engine->function(map, thread, __VA_ARGS__) : INSTAR_INVAL)

enum instar_status instar_get(instar_map *map, instar_thread *thread, uint64_t key, uint64_t *value)
{
	return CALL(true, get, map_hash(map, key), value);
}

enum instar_status instar_get_h(instar_map *map, instar_thread *thread, uint64_t hash, uint64_t key, uint64_t *value)
{
	return CALL(true, get, hash, value);
}

bool instar_contains(instar_map *map, instar_thread *thread, uint64_t key)
{
	return instar_get(map, thread, key, NULL) == INSTAR_OK;
}

enum instar_status instar_get_ref(instar_map *map, instar_thread *thread, uint64_t key, void **object)
{
	return CALL(object, get_ref, map_hash(map, key), object);
}

enum instar_status instar_insert(instar_map *map, instar_thread *thread, uint64_t key, uint64_t value,
				 uint64_t *existing)
{
	return CALL(fits(value), insert, map_hash(map, key), value, existing);
}

enum instar_status instar_insert_h(instar_map *map, instar_thread *thread, uint64_t hash, uint64_t key, uint64_t value,
				   uint64_t *existing)
{
	return CALL(fits(value), insert, hash, value, existing);
}

enum instar_status instar_put(instar_map *map, instar_thread *thread, uint64_t key, uint64_t value, uint64_t *old)
{
	return CALL(fits(value), put, map_hash(map, key), value, old);
}

enum instar_status instar_put_h(instar_map *map, instar_thread *thread, uint64_t hash, uint64_t key, uint64_t value,
				uint64_t *old)
{
	return CALL(fits(value), put, hash, value, old);
}

enum instar_status instar_replace(instar_map *map, instar_thread *thread, uint64_t key, uint64_t value, uint64_t *old)
{
	return CALL(fits(value), replace, map_hash(map, key), value, old);
}

enum instar_status instar_cas(instar_map *map, instar_thread *thread, uint64_t key, uint64_t *expected,
			      uint64_t desired)
{
	return CALL(expected && fits(*expected) && fits(desired), cas, map_hash(map, key), expected, desired);
}

enum instar_status instar_remove(instar_map *map, instar_thread *thread, uint64_t key, uint64_t *old)
{
	return CALL(true, remove, map_hash(map, key), old);
}

enum instar_status instar_remove_h(instar_map *map, instar_thread *thread, uint64_t hash, uint64_t key, uint64_t *old)
{
	return CALL(true, remove, hash, old);
}

enum instar_status instar_take(instar_map *map, instar_thread *thread, uint64_t key, uint64_t *old)
{
	return CALL(map->value_free && old, take, map_hash(map, key), old);
}

enum instar_status instar_remove_if(instar_map *map, instar_thread *thread, uint64_t key, uint64_t expected)
{
	return CALL(fits(expected), remove_if, map_hash(map, key), expected);
}

enum instar_status instar_get_or_insert(instar_map *map, instar_thread *thread, uint64_t key, uint64_t value,
					uint64_t *actual)
{
	enum instar_status status = CALL(actual && fits(value), insert, map_hash(map, key), value, actual);
	if (status == INSTAR_OK)
		*actual = value;
	return status;
}

#define FETCH(name, op)                                                                                                \
	enum instar_status instar_fetch_##name(instar_map *map, instar_thread *thread, uint64_t key, uint64_t operand, \
					       uint64_t initial, uint64_t *old)                                        \
	{                                                                                                              \
		return CALL(!map->value_free && fits(operand) && fits(initial), fetch, map_hash(map, key), op,         \
			    operand, initial, old);                                                                    \
	}
FETCH(add, FETCH_ADD)
FETCH(sub, FETCH_SUB)
FETCH(and, FETCH_AND)
FETCH(or, FETCH_OR)
FETCH(xor, FETCH_XOR)
FETCH(min, FETCH_MIN)
FETCH(max, FETCH_MAX)
#undef FETCH

enum instar_status instar_compute(instar_map *map, instar_thread *thread, uint64_t key, instar_compute_fn *fn,
				  void *ctx)
{
	return CALL(fn, compute, map_hash(map, key), key, fn, ctx);
}
#undef CALL

enum instar_status instar_reserve(instar_map *map, instar_thread *thread, size_t entries)
{
	return map ? map->engine->reserve(map, thread, entries) : INSTAR_INVAL;
}

enum instar_status instar_shrink(instar_map *map, instar_thread *thread)
{
	return map ? map->engine->shrink(map, thread) : INSTAR_INVAL;
}

enum instar_status instar_maintain(instar_map *map, instar_thread *thread, size_t budget)
{
	return map ? map->engine->maintain(map, thread, budget) : INSTAR_INVAL;
}

enum instar_status instar_clear(instar_map *map, instar_thread *thread)
{
	return map ? map->engine->clear(map, thread) : INSTAR_INVAL;
}

size_t instar_size(instar_map *map)
{
	return map ? (size_t)map_entries(map) : 0;
}

static void add_counters(struct line *line, void *ctx)
{
	struct instar_map_stats *s = ctx;
	s->births += load_relaxed(&line->births);
	s->stillborn += load_relaxed(&line->stillborn);
	s->buried += load_relaxed(&line->buried);
	s->displaced += load_relaxed(&line->displaced);
	s->withdrawn += load_relaxed(&line->withdrawn);
}

void instar_map_stats(instar_map *map, struct instar_map_stats *stats)
{
	memset(stats, 0, sizeof *stats);
	if (!map)
		return;
	map->engine->stats(map, stats);
	map_each_line(map, add_counters, stats);
	stats->entries = map_entries(map);
	stats->growths = load_relaxed(&map->growths);
	stats->purges = load_relaxed(&map->purges);
	stats->shrinks = load_relaxed(&map->shrinks);
	memcpy(stats->name, map->name, sizeof stats->name);
}
