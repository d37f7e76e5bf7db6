/*
 * src/engine.c - one engine: the map over one scheme, for one instruction set.
 *
 * Compiled once for each; RECLAIM_SCHEME_FILE gives the scheme's inline half, ENGINE_NAME the table that
 * comes out.  Here a public call becomes: the caller's handle, a section, a hash, and the protocol.
 */
#include RECLAIM_SCHEME_FILE

#include "src/batch.h"

extern const struct engine ENGINE_NAME;

/* Half width: keys and values that a word cannot hold. */
static inline bool fits(uint64_t x)
{
	return (word)x == x;
}

static inline word engine_hash(instar_map *map, uint64_t key)
{
	return hash_of(&map->hash, (word)key);
}

/* Any handle, any state of the table. */
static __attribute__((noinline)) enum instar_status get_slowly(instar_map *map, instar_thread *t, uint64_t key,
							       uint64_t *value)
{
	t = section_thread(map, t);
	if (!t || !fits(key))
		return INSTAR_INVAL;
	word v;
	section_enter(t);
	bool hit = lookup(map, t, engine_hash(map, key), &v);
	section_leave(t);
	if (hit && value)
		*value = v;
	return hit ? INSTAR_OK : INSTAR_NOTFOUND;
}

/* A handle that the straight lines can take: the caller's own, in this domain. */
static inline instar_thread *plain_thread(instar_map *map, instar_thread *t)
{
	if (!t && likely(reclaim_tls.domain == map->domain))
		t = reclaim_tls.thread;
	return likely(t && t->domain == map->domain) ? t : NULL;
}

static enum instar_status engine_get(instar_map *map, instar_thread *t, uint64_t key, uint64_t *value)
{
	instar_thread *own = plain_thread(map, t);
	if (unlikely(!own || !fits(key)))
		return get_slowly(map, t, key, value);
	word v = 0;
	section_enter_own(own);
	int status = glance_get(map, own, engine_hash(map, key), &v);
	section_leave_own(own);
	if (unlikely(status == AGAIN))
		return get_slowly(map, own, key, value);
	if (value && status == INSTAR_OK)
		*value = v;
	return (enum instar_status)status;
}

static enum instar_status engine_get_ref(instar_map *map, instar_thread *t, uint64_t key, void **object)
{
	t = section_thread(map, t);
	if (!t || !fits(key) || !map->value_free)
		return INSTAR_INVAL;
	if (t->nest == 0 && !t->is_shared)
		return INSTAR_MISUSE;
	word v;
	if (!lookup(map, t, engine_hash(map, key), &v))
		return INSTAR_NOTFOUND;
	*object = (void *)(uintptr_t)v;
	return INSTAR_OK;
}

/* The value that a finished call displaced from a boxed map, if any, goes to the reclaimer. */
static inline void retire_displaced(instar_map *map, instar_thread *t, enum verb verb, const struct request *r,
				    enum instar_status status)
{
	bool replaced = verb == VERB_PUT ? status == INSTAR_EXISTS : verb != VERB_INSERT && status == INSTAR_OK;
	if (replaced && (verb_removes(verb) || r->seen != r->value))
		reclaim_retire_reserved(t, (void *)(uintptr_t)r->seen, 0, RECLAIM_ENTRY, map->value_free,
					map->value_ctx);
}

/* Any handle, any map, any state of the table. */
static __attribute__((noinline)) enum instar_status modify_slowly(instar_map *map, instar_thread *t, uint64_t key,
								  enum verb verb, struct request *r)
{
	t = section_thread(map, t);
	if (unlikely(!t || !fits(key)))
		return INSTAR_INVAL;
	bool boxed = map->value_free != NULL;
	if (boxed && verb != VERB_INSERT && !reclaim_reserve(t, 1))
		return INSTAR_NOMEM;
	section_enter(t);
	enum instar_status status = modify(map, t, engine_hash(map, key), verb, r);
	if (boxed)
		retire_displaced(map, t, verb, r, status);
	section_leave_writer(t);
	return status;
}

/* By a copy, so that the straight line's request can stay in registers. */
static inline enum instar_status modify_copy(instar_map *map, instar_thread *t, uint64_t key, enum verb verb,
					     struct request *r)
{
	struct request copy = *r;
	enum instar_status status = modify_slowly(map, t, key, verb, &copy);
	r->seen = copy.seen;
	return status;
}

static inline __attribute__((always_inline)) enum instar_status engine_modify(instar_map *map, instar_thread *t,
									       uint64_t key, enum verb verb,
									       struct request *r)
{
	instar_thread *own = plain_thread(map, t);
	if (unlikely(!own || !map->plain || !fits(key)))
		return modify_copy(map, t, key, verb, r);
	section_enter_own(own);
	int status = glance_modify(map, own, engine_hash(map, key), verb, r);
	section_leave_own(own);
	return likely(status != AGAIN) ? (enum instar_status)status : modify_copy(map, own, key, verb, r);
}

static enum instar_status engine_insert(instar_map *map, instar_thread *t, uint64_t key, uint64_t value,
					uint64_t *existing)
{
	struct request r = { .value = (word)value };
	if (!fits(value))
		return INSTAR_INVAL;
	enum instar_status status = engine_modify(map, t, key, VERB_INSERT, &r);
	if (existing && status == INSTAR_EXISTS)
		*existing = r.seen;
	return status;
}

static enum instar_status engine_put(instar_map *map, instar_thread *t, uint64_t key, uint64_t value, uint64_t *old)
{
	struct request r = { .value = (word)value };
	if (!fits(value))
		return INSTAR_INVAL;
	enum instar_status status = engine_modify(map, t, key, VERB_PUT, &r);
	if (old && status == INSTAR_EXISTS)
		*old = r.seen;
	return status;
}

static enum instar_status engine_replace(instar_map *map, instar_thread *t, uint64_t key, uint64_t value, uint64_t *old)
{
	struct request r = { .value = (word)value };
	if (!fits(value))
		return INSTAR_INVAL;
	enum instar_status status = engine_modify(map, t, key, VERB_REPLACE, &r);
	if (old && status == INSTAR_OK)
		*old = r.seen;
	return status;
}

static enum instar_status engine_cas(instar_map *map, instar_thread *t, uint64_t key, uint64_t *expected,
				     uint64_t desired)
{
	struct request r = { .value = (word)desired, .expected = (word)*expected };
	if (!fits(*expected) || !fits(desired))
		return INSTAR_INVAL;
	enum instar_status status = engine_modify(map, t, key, VERB_CAS, &r);
	if (status == INSTAR_CHANGED)
		*expected = r.seen;
	return status;
}

static enum instar_status engine_remove(instar_map *map, instar_thread *t, uint64_t key, uint64_t *old)
{
	struct request r = { 0 };
	enum instar_status status = engine_modify(map, t, key, VERB_REMOVE, &r);
	if (old && status == INSTAR_OK)
		*old = r.seen;
	return status;
}

static enum instar_status engine_remove_if(instar_map *map, instar_thread *t, uint64_t key, uint64_t expected)
{
	struct request r = { .expected = (word)expected };
	if (!fits(expected))
		return INSTAR_INVAL;
	return engine_modify(map, t, key, VERB_REMOVE_IF, &r);
}

static enum instar_status engine_fetch(instar_map *map, instar_thread *t, uint64_t key, enum fetch_op op,
				       uint64_t operand, uint64_t initial, uint64_t *old)
{
	struct request r = { .op = op, .operand = (word)operand, .initial = (word)initial };
	if (map->value_free || !fits(operand) || !fits(initial))
		return INSTAR_INVAL;
	enum instar_status status = engine_modify(map, t, key, VERB_FETCH, &r);
	if (old && (status == INSTAR_OK || status == INSTAR_EXISTS))
		*old = r.seen;
	return status;
}

/* A table for `entries`, and every home born in it. */
static enum instar_status engine_reserve(instar_map *map, instar_thread *t, size_t entries)
{
	unsigned log2_homes = table_log2_for(entries);
	t = section_thread(map, t);
	if (!t)
		return INSTAR_INVAL;
	if (!log2_homes)
		return INSTAR_NOMEM;
	section_enter(t);
	struct line *line = map_line(map, t);
	enum instar_status status;
	do {
		status = finish_migrations(map, t, line);
		struct table *table = section_root(map, t);
		if (status != INSTAR_OK || table->log2_homes >= log2_homes)
			break;
		status = install_table(map, table, log2_homes);
	} while (status == INSTAR_OK);
	section_leave_writer(t);
	return status;
}

static enum instar_status engine_maintain(instar_map *map, instar_thread *t, size_t budget)
{
	t = section_thread(map, t);
	if (!t)
		return INSTAR_INVAL;
	section_enter(t);
	struct table *table = section_root(map, t);
	enum helped helped = help_migration(map, t, map_line(map, t), table, budget ? budget : 1);
	bool more = helped != HELP_DONE || section_root(map, t) != table;
	section_leave_writer(t);
	return more ? INSTAR_BUSY : INSTAR_OK;
}

/* What only a section may look at: the tables. */
static void engine_stats(instar_map *map, struct instar_map_stats *stats)
{
	instar_thread *t = section_thread(map, NULL);
	section_enter(t);
	struct table *table = section_root(map, t);
	stats->homes = table_homes(table);
	stats->slots = table_slots(table);
	for (struct table *p = table; p; p = section_prev(t, p))
		stats->table_bytes += table_footprint(p);
	stats->migrating = section_prev(t, table) != NULL;
	section_leave(t);
}

static void engine_prefetch(instar_map *map, instar_thread *t, uint64_t key)
{
	t = section_thread(map, t);
	if (!t)
		return;
	section_enter(t);
	prefetch_home(section_root(map, t), engine_hash(map, key), 0);
	section_leave(t);
}

static size_t run_length(size_t n)
{
	return n < SECTION_ELEMENTS ? n : SECTION_ELEMENTS;
}

static size_t engine_get_many(instar_map *map, instar_thread *t, const uint64_t *keys, size_t n, uint64_t *values,
			      uint8_t *found)
{
	size_t hits = 0;
	t = section_thread(map, t);
	for (size_t done = 0, run; t && done < n; done += run) {
		run = run_length(n - done);
		section_enter(t);
		hits += lookup_run(map, t, keys + done, run, values ? values + done : NULL,
				   found ? found + done : NULL);
		section_leave(t);
	}
	return hits;
}

static size_t engine_insert_many(instar_map *map, instar_thread *t, const uint64_t *keys, const uint64_t *values,
				 size_t n, enum instar_status *status)
{
	size_t inserted = 0;
	t = section_thread(map, t);
	for (size_t i = 0; !t && status && i < n; i++)
		status[i] = INSTAR_INVAL;
	for (size_t done = 0, run; t && done < n; done += run) {
		run = run_length(n - done);
		section_enter(t);
		inserted += insert_run(map, t, keys + done, values + done, run, status ? status + done : NULL);
		section_leave_writer(t);
	}
	return inserted;
}

const struct engine ENGINE_NAME = {
	.get = engine_get,
	.get_ref = engine_get_ref,
	.insert = engine_insert,
	.put = engine_put,
	.replace = engine_replace,
	.cas = engine_cas,
	.remove = engine_remove,
	.remove_if = engine_remove_if,
	.fetch = engine_fetch,
	.reserve = engine_reserve,
	.maintain = engine_maintain,
	.stats = engine_stats,
	.prefetch = engine_prefetch,
	.get_many = engine_get_many,
	.insert_many = engine_insert_many,
};
