/*
 * src/engine.c - one engine: the map over one scheme, for one instruction set.
 *
 * Compiled once for each; RECLAIM_SCHEME_FILE gives the scheme's inline half, ENGINE_NAME the table that
 * comes out.  Here a public call becomes: the caller's handle, a section, a hash, and the protocol.
 */
#include <string.h>

#include RECLAIM_SCHEME_FILE

#include "src/batch.h"
#include "src/clear.h"
#include "src/snapshot.h"
#include "src/write.h"

extern const struct engine ENGINE_NAME;

static inline enum instar_status got(int status, word v, uint64_t *value)
{
	if (value && status == INSTAR_OK)
		*value = v;
	return (enum instar_status)status;
}

/* In a section of the caller's. */
static __attribute__((noinline)) enum instar_status get_inside(instar_map *map, instar_thread *own, word h,
							       uint64_t *value, bool filtered)
{
	word v = 0;
	int status = !scheme_inside(own) ? AGAIN
		     : filtered ? glance_get(map, own, h, &v, true) : glance_get(map, own, h, &v, false);
	return unlikely(status == AGAIN) ? get_slowly(map, own, h, value) : got(status, v, value);
}

static inline __attribute__((always_inline)) enum instar_status get(instar_map *map, instar_thread *t, word h,
								     uint64_t *value, bool filtered)
{
	instar_thread *own = plain_thread(map, t);
	if (unlikely(!own))
		return get_slowly(map, t, h, value);
	if (unlikely(!scheme_allows_brief(own)))
		return get_inside(map, own, h, value, filtered);
	word v = 0;
	section_enter_brief(own);
	int status = glance_get(map, own, h, &v, filtered);
	section_leave_brief(own);
	return unlikely(status == AGAIN) ? get_slowly(map, own, h, value) : got(status, v, value);
}

static enum instar_status engine_get(instar_map *map, instar_thread *t, uint64_t h, uint64_t *value)
{
	return get(map, t, (word)h, value, false);
}

static enum instar_status engine_get_filtered(instar_map *map, instar_thread *t, uint64_t h, uint64_t *value)
{
	return get(map, t, (word)h, value, true);
}

/* In a section of the user's; it may keep references only, so they are taken in one that keeps all. */
static enum instar_status find_object(instar_map *map, instar_thread *t, word h, void **object)
{
	word v;
	if (!SCHEME_PROTECTS_ALL)
		section_enter(t);
	bool hit = lookup(map, t, h, &v);
	bool room = !hit || t->is_shared || scheme_take_reference(t, v);
	if (hit && room)
		*object = (void *)(uintptr_t)v;
	if (!SCHEME_PROTECTS_ALL)
		section_leave(t);
	return !room ? INSTAR_FULL : hit ? INSTAR_OK : INSTAR_NOTFOUND;
}

static enum instar_status engine_get_ref(instar_map *map, instar_thread *t, uint64_t h, void **object)
{
	t = section_thread(map, t);
	if (!t || !map->value_free)
		return INSTAR_INVAL;
	if (!reclaim_in_section(t))
		return INSTAR_MISUSE;
	return find_object(map, t, (word)h, object);
}

static enum instar_status engine_take(instar_map *map, instar_thread *t, uint64_t h, uint64_t *old)
{
	struct request r = { .out = old };
	return modify_slowly(map, t, (word)h, VERB_REMOVE, &r, false);
}

static enum instar_status engine_compute(instar_map *map, instar_thread *t, uint64_t h, uint64_t key,
					 instar_compute_fn *fn, void *ctx)
{
	struct request r = { .key = key, .compute = fn, .ctx = ctx };
	return modify_slowly(map, t, (word)h, VERB_COMPUTE, &r, true);
}

static enum instar_status engine_reserve(instar_map *map, instar_thread *t, size_t entries)
{
	unsigned log2_homes = table_log2_for(entries);
	t = section_thread(map, t);
	if (!t)
		return INSTAR_INVAL;
	if (!log2_homes)
		return INSTAR_NOMEM;
	section_enter(t);
	enum instar_status status;
	struct table *table;
	do
		status = finish_migrations(map, t, map_line(map, t), &table);
	while (status == INSTAR_OK && table->log2_homes < log2_homes &&
	       (status = install_table(map, table, log2_homes)) == INSTAR_OK);
	section_leave_writer(t);
	return status;
}

/* The smallest table in which the entries are at most SHRINK_LOAD percent of the slots. */
static unsigned smallest_log2_homes(instar_map *map)
{
	enum { SHRINK_LOAD = 40 };
	unsigned log2_homes = MIN_LOG2_HOMES;
	uint64_t slots = map_entries(map) / SHRINK_LOAD * 100 + 100;
	while (log2_homes < MAX_LOG2_HOMES && (uint64_t)SLOTS << log2_homes < slots)
		log2_homes++;
	return log2_homes;
}

enum { SHRINK_STEP = 4 };

/*
 * By steps, so that a home has few sources and its birth takes a bounded time.  A table that did not become as small is
 * left: a crowd that the smaller one does not hold would drive it round and round, shrink and rescue.
 */
static enum instar_status engine_shrink(instar_map *map, instar_thread *t)
{
	t = section_thread(map, t);
	if (!t)
		return INSTAR_INVAL;
	section_enter(t);
	struct table *table;
	struct line *line = map_line(map, t);
	enum instar_status status = finish_migrations(map, t, line, &table);
	unsigned log2_homes = smallest_log2_homes(map);
	unsigned wanted = table->log2_homes;
	while (status == INSTAR_OK && log2_homes < table->log2_homes && table->log2_homes <= wanted) {
		wanted = table->log2_homes > log2_homes + SHRINK_STEP ? table->log2_homes - SHRINK_STEP : log2_homes;
		status = install_table(map, table, wanted);
		if (status == INSTAR_OK)
			status = finish_migrations(map, t, line, &table);
	}
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
	bool more = helped == HELP_MORE || section_root(map, t) != table;
	retire_leftovers(map, t);
	section_leave_writer(t);
	return helped == HELP_NOMEM ? INSTAR_NOMEM : more ? INSTAR_BUSY : INSTAR_OK;
}

static enum instar_status engine_clear(instar_map *map, instar_thread *t)
{
	t = section_thread(map, t);
	if (!t)
		return INSTAR_INVAL;
	if (!SCHEME_PROTECTS_ALL && map->value_free)
		return INSTAR_UNSUPPORTED; /* the values would go with their table, whoever refers to them */
	section_enter(t);
	enum instar_status status = clear_map(map, t);
	section_leave_writer(t);
	return status;
}

/* What only a section may look at: the tables.  By the shared handle: the caller may have none. */
static void engine_stats(instar_map *map, struct instar_map_stats *stats)
{
	instar_thread *t = map->domain->shared;
	section_enter(t);
	struct table *table = section_root(map, t);
	stats->homes = table_homes(table);
	stats->slots = table_slots(table);
	for (struct table *p = table; p; p = section_prev(t, p))
		stats->table_bytes += table_footprint(p);
	stats->migrating = section_prev(t, table) != NULL;
	section_leave(t);
}

static void engine_prefetch(instar_map *map, instar_thread *t, uint64_t h)
{
	t = section_thread(map, t);
	if (!t)
		return;
	section_enter(t);
	prefetch_home(section_root(map, t), (word)h, 0);
	section_leave(t);
}

static size_t run_length(size_t n)
{
	return n < SECTION_ELEMENTS ? n : SECTION_ELEMENTS;
}

static inline __attribute__((always_inline)) size_t get_many(instar_map *map, instar_thread *t, const uint64_t *keys,
							      size_t n, uint64_t *values, uint8_t *found,
							      bool filtered)
{
	size_t hits = 0;
	t = section_thread(map, t);
	if (!t && found)
		memset(found, 0, n);
	for (size_t done = 0, run; t && done < n; done += run) {
		run = run_length(n - done);
		section_enter(t);
		hits += lookup_run(map, t, keys + done, run, values ? values + done : NULL,
				   found ? found + done : NULL, filtered);
		section_leave(t);
	}
	return hits;
}

static size_t engine_get_many(instar_map *map, instar_thread *t, const uint64_t *keys, size_t n, uint64_t *values,
			      uint8_t *found)
{
	return get_many(map, t, keys, n, values, found, false);
}

static size_t engine_get_many_filtered(instar_map *map, instar_thread *t, const uint64_t *keys, size_t n,
				       uint64_t *values, uint8_t *found)
{
	return get_many(map, t, keys, n, values, found, true);
}

static size_t engine_write_many(instar_map *map, instar_thread *t, const struct write_batch *batch)
{
	size_t good = 0;
	t = section_thread(map, t);
	for (size_t i = 0; !t && batch->status && i < batch->n; i++)
		batch->status[i] = INSTAR_INVAL;
	for (size_t done = 0, run; t && done < batch->n; done += run) {
		run = run_length(batch->n - done);
		section_enter(t);
		good += write_run(map, t, batch, done, done + run);
		section_leave_writer(t);
	}
	return good;
}

enum { SCAN_HOMES = 1024 }; /* in one call, for one section is not to last as long as the table is large */

static enum instar_status engine_scan(instar_map *map, instar_thread *t, uint64_t *cursor, uint64_t last,
				      struct instar_entry *out, size_t capacity, size_t *n)
{
	t = section_thread(map, t);
	if (!t)
		return INSTAR_INVAL;
	bool more = true;
	section_enter(t);
	*n = 0;
	for (unsigned homes = 0; more && *n < capacity && homes < SCAN_HOMES; homes++) {
		struct scanned s;
		scanned_begin(&s, *cursor, last);
		scan_home(map, t, &s);
		more = scanned_store(map, &s, cursor, last, out, capacity, n);
	}
	section_leave(t);
	return more ? INSTAR_OK : INSTAR_NOTFOUND;
}

static enum instar_status engine_snapshot_open(instar_map *map, instar_thread *t, struct table **table)
{
	t = section_thread(map, t);
	if (!t)
		return INSTAR_INVAL;
	section_enter(t);
	*table = swap_for_snapshot(map, t);
	section_leave_writer(t);
	return *table ? INSTAR_OK : INSTAR_NOMEM;
}

static void engine_snapshot_close(instar_snapshot *snapshot, instar_thread *t, uint64_t oldest)
{
	instar_map *map = snapshot->map;
	t = section_thread(map, t);
	if (!t)
		t = reclaim_self(map->domain);
	section_enter(t);
	if (snapshot->table)
		release_snapshot_table(map, t, snapshot->table);
	if (snapshot->number < oldest) /* with an older one open nothing changes: it may show all that is parked */
		unpark_after_close(map, t, oldest);
	section_leave_writer(t);
}

static enum instar_status engine_snapshot_get(instar_snapshot *snapshot, instar_thread *t, uint64_t h, uint64_t *value)
{
	t = section_thread(snapshot->map, t);
	if (!t)
		return INSTAR_INVAL;
	struct scanned s = { .n = 0, .first = (word)h, .last = (word)h };
	section_enter(t);
	scan_snapshot_home(t, snapshot, &s);
	section_leave(t);
	if (s.n && value)
		*value = s.entry[0].second;
	return s.n ? INSTAR_OK : INSTAR_NOTFOUND;
}

static enum instar_status engine_snapshot_scan(instar_snapshot *snapshot, instar_thread *t, uint64_t *cursor,
					       struct instar_entry *out, size_t capacity, size_t *n)
{
	t = section_thread(snapshot->map, t);
	if (!t)
		return INSTAR_INVAL;
	bool more = true;
	section_enter(t);
	*n = 0;
	for (unsigned homes = 0; more && *n < capacity && homes < SCAN_HOMES; homes++) {
		struct scanned s;
		scanned_begin(&s, *cursor, UINT64_MAX);
		scan_snapshot_home(t, snapshot, &s);
		more = scanned_store(snapshot->map, &s, cursor, UINT64_MAX, out, capacity, n);
	}
	section_leave(t);
	return more ? INSTAR_OK : INSTAR_NOTFOUND;
}

/* What an engine and its filtered counterpart have in common. */
#define ENGINE_CALLS \
	.get_ref = engine_get_ref, \
	.insert = engine_insert, \
	.put = engine_put, \
	.replace = engine_replace, \
	.cas = engine_cas, \
	.remove = engine_remove, \
	.take = engine_take, \
	.remove_if = engine_remove_if, \
	.fetch = engine_fetch, \
	.compute = engine_compute, \
	.reserve = engine_reserve, \
	.shrink = engine_shrink, \
	.maintain = engine_maintain, \
	.clear = engine_clear, \
	.stats = engine_stats, \
	.prefetch = engine_prefetch, \
	.write_many = engine_write_many, \
	.scan = engine_scan, \
	.snapshot_open = engine_snapshot_open, \
	.snapshot_close = engine_snapshot_close, \
	.snapshot_get = engine_snapshot_get, \
	.snapshot_scan = engine_snapshot_scan

static const struct engine filtered_engine = {
	.filtered = &filtered_engine,
	.get = engine_get_filtered,
	.get_many = engine_get_many_filtered,
	ENGINE_CALLS
};

const struct engine ENGINE_NAME = {
	.filtered = &filtered_engine,
	.get = engine_get,
	.get_many = engine_get_many,
	ENGINE_CALLS
};
