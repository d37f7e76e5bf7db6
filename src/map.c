/*
 * src/map.c - the public calls of a map: making, unmaking, and one dispatch to its engine.
 */
#include <string.h>
#include <sys/random.h>
#include <time.h>

#include "src/state.h"
#include "src/walk.h"

static bool options_are_valid(const struct instar_map_opts *o)
{
	return o->struct_size == sizeof *o && !(o->flags & ~(unsigned)(INSTAR_MAP_NO_REUSE | INSTAR_MAP_PREFAULT));
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
	map->prefault = (o->flags & INSTAR_MAP_PREFAULT) != 0;
	map->value_free = o->value_free;
	map->value_ctx = o->ctx;
	map->max_capacity = o->max_capacity;
	map->plain = !map->value_free && !map->max_capacity;
	if (o->name)
		strncpy(map->name, o->name, sizeof map->name - 1);
}

static void free_lines(instar_map *map)
{
	for (unsigned c = 0; c < LINE_CHUNKS; c++)
		if (map->lines[c])
			reclaim_free(map->domain, map->lines[c], ((size_t)FIRST_LINES << c) * sizeof(struct line),
				     CACHE_LINE);
}

static void free_map(instar_map *map)
{
	free_lines(map);
	reclaim_free(map->domain, map, sizeof *map, CACHE_LINE);
}

enum instar_status instar_map_create(instar_map **out, instar_domain *domain, const struct instar_map_opts *opts)
{
	static const struct instar_map_opts defaults = INSTAR_MAP_OPTS_INIT;
	if (!out)
		return INSTAR_INVAL;
	*out = NULL;
	const struct instar_map_opts *o = opts ? opts : &defaults;
	if (!options_are_valid(o))
		return INSTAR_INVAL;
	if (!domain)
		domain = instar_domain_default();
	if (!domain)
		return INSTAR_NOMEM;
	unsigned log2_homes = table_log2_for(o->capacity);
	instar_map *map = log2_homes ? reclaim_alloc(domain, sizeof *map, CACHE_LINE) : NULL;
	if (!map)
		return INSTAR_NOMEM;
	map->domain = domain;
	map->engine = engine_for(domain->scheme->info.name);
	set_options(map, o);
	map->lines[0] = reclaim_alloc(domain, FIRST_LINES * sizeof(struct line), CACHE_LINE);
	struct table *table = map->lines[0] ? table_create(domain, log2_homes, map->prefault, FIRST_LINES) : NULL;
	if (!map->engine || !table) {
		enum instar_status status = map->engine ? INSTAR_NOMEM : INSTAR_UNSUPPORTED;
		if (table)
			table_free(table);
		free_map(map);
		return status;
	}
	map->lines[0][0].shared = true;
	map->root = (uintptr_t)table;
	reclaim_map_attached(domain);
	*out = map;
	return INSTAR_OK;
}

/* A boxed value that sits in two tables is the authority's to destroy. */
static void free_values(instar_map *map, const struct table *root)
{
	struct pair entries[MAX_HOME_ENTRIES];
	for (const struct table *t = root; t; t = prev_table(t->prev))
		for (size_t home = 0; home < table_homes(t); home++) {
			if (!ctrl_is_born(bucket_ctrl(&t->buckets[home])))
				continue;
			unsigned n = walk_home(t, home, entries);
			for (unsigned i = 0; i < n; i++)
				if (walk_authority(root, entries[i].first) == t)
					map->value_free((void *)(uintptr_t)entries[i].second, map->value_ctx);
		}
}

enum instar_status instar_map_destroy(instar_map *map)
{
	if (!map)
		return INSTAR_OK;
	instar_domain *domain = map->domain;
	struct table *table = (struct table *)map->root;
	reclaim_callback_begin();
	if (map->value_free)
		free_values(map, table);
	reclaim_callback_end();
	for (struct table *next; table; table = next) {
		next = table->prev & PREV_OWNED ? NULL : prev_table(table->prev);
		table_free(table);
	}
	free_map(map);
	reclaim_map_detached(domain);
	return INSTAR_OK;
}

/* ---- one dispatch ---- */

enum instar_status instar_get(instar_map *map, instar_thread *thread, uint64_t key, uint64_t *value)
{
	return likely(map) ? map->engine->get(map, thread, key, value) : INSTAR_INVAL;
}

bool instar_contains(instar_map *map, instar_thread *thread, uint64_t key)
{
	return instar_get(map, thread, key, NULL) == INSTAR_OK;
}

enum instar_status instar_get_ref(instar_map *map, instar_thread *thread, uint64_t key, void **object)
{
	return map && object ? map->engine->get_ref(map, thread, key, object) : INSTAR_INVAL;
}

enum instar_status instar_insert(instar_map *map, instar_thread *thread, uint64_t key, uint64_t value,
				 uint64_t *existing)
{
	return likely(map) ? map->engine->insert(map, thread, key, value, existing) : INSTAR_INVAL;
}

enum instar_status instar_put(instar_map *map, instar_thread *thread, uint64_t key, uint64_t value, uint64_t *old)
{
	return likely(map) ? map->engine->put(map, thread, key, value, old) : INSTAR_INVAL;
}

enum instar_status instar_replace(instar_map *map, instar_thread *thread, uint64_t key, uint64_t value, uint64_t *old)
{
	return likely(map) ? map->engine->replace(map, thread, key, value, old) : INSTAR_INVAL;
}

enum instar_status instar_cas(instar_map *map, instar_thread *thread, uint64_t key, uint64_t *expected,
			      uint64_t desired)
{
	return map && expected ? map->engine->cas(map, thread, key, expected, desired) : INSTAR_INVAL;
}

enum instar_status instar_remove(instar_map *map, instar_thread *thread, uint64_t key, uint64_t *old)
{
	return likely(map) ? map->engine->remove(map, thread, key, old) : INSTAR_INVAL;
}

enum instar_status instar_remove_if(instar_map *map, instar_thread *thread, uint64_t key, uint64_t expected)
{
	return likely(map) ? map->engine->remove_if(map, thread, key, expected) : INSTAR_INVAL;
}

enum instar_status instar_get_or_insert(instar_map *map, instar_thread *thread, uint64_t key, uint64_t value,
					uint64_t *actual)
{
	enum instar_status status = actual ? instar_insert(map, thread, key, value, actual) : INSTAR_INVAL;
	if (status == INSTAR_OK)
		*actual = value;
	return status;
}

#define FETCH(name, op)                                                                                    \
	enum instar_status instar_fetch_##name(instar_map *map, instar_thread *thread, uint64_t key,       \
					       uint64_t operand, uint64_t initial, uint64_t *old)          \
	{                                                                                                  \
		return likely(map) ? map->engine->fetch(map, thread, key, op, operand, initial, old)       \
				   : INSTAR_INVAL;                                                         \
	}
FETCH(add, FETCH_ADD)
FETCH(sub, FETCH_SUB)
FETCH(and, FETCH_AND)
FETCH(or, FETCH_OR)
FETCH(xor, FETCH_XOR)
FETCH(min, FETCH_MIN)
FETCH(max, FETCH_MAX)
#undef FETCH

enum instar_status instar_reserve(instar_map *map, instar_thread *thread, size_t entries)
{
	return map ? map->engine->reserve(map, thread, entries) : INSTAR_INVAL;
}

enum instar_status instar_maintain(instar_map *map, instar_thread *thread, size_t budget)
{
	return map ? map->engine->maintain(map, thread, budget) : INSTAR_INVAL;
}

void instar_prefetch(instar_map *map, instar_thread *thread, uint64_t key)
{
	if (likely(map))
		map->engine->prefetch(map, thread, key);
}

size_t instar_get_many(instar_map *map, instar_thread *thread, const uint64_t *keys, size_t n, uint64_t *values,
		       uint8_t *found)
{
	return map && keys ? map->engine->get_many(map, thread, keys, n, values, found) : 0;
}

size_t instar_insert_many(instar_map *map, instar_thread *thread, const uint64_t *keys, const uint64_t *values,
			  size_t n, enum instar_status *status)
{
	return map && keys && values ? map->engine->insert_many(map, thread, keys, values, n, status) : 0;
}

uint64_t instar_hash(const instar_map *map, uint64_t key)
{
	return hash_of(&map->hash, (word)key);
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
