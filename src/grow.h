/*
 * src/grow.h - T14 a new table, T15 the end of a migration, and when and how much to help.
 *
 * Growth, purge (same size: only the tombstones go) and shrink are one mechanism.  A writer gives birth
 * to the home it needs, then to a bounded number of further ones.  Homes are handed out in chunks; once
 * all are handed out, the helpers go over the table again and give birth to what a stalled helper left,
 * so T15 waits for nobody.
 */
#ifndef INSTAR_GROW_H
#define INSTAR_GROW_H

#include "src/migrate.h"

enum {
	GROW_LOAD = 78,      /* percent of the slots: a table above it grows */
	DOUBLE_LOAD = 45,    /* no room above it: double; below it: purge */
	BROKEN_LOAD = 3,     /* no room below it in a table of BROKEN_SLOTS, and no tombstone in the way: the hash is broken */
	BROKEN_SLOTS = 1 << 24,
	HELP_HOMES = 4,      /* births per write, that of the home that it needs among them */
	HELP_CHUNK = 32,     /* homes handed out at once */
	VERIFY_HOMES = 64,   /* homes looked over per help, once all are handed out */
	PREFETCH_HOMES = 4   /* how far ahead a helper fetches */
};

/* T14, the CAS.  false: someone else did it. */
static bool put_table(instar_map *map, struct table *old, struct table *next)
{
	next->prev = (uintptr_t)old;
	next->generation = old->generation;
	uint64_t *kind = next->log2_homes > old->log2_homes ? &map->growths
			 : next->log2_homes == old->log2_homes ? &map->purges : &map->shrinks;
	STEP(BEFORE_TABLE);
	uintptr_t expected = (uintptr_t)old;
	/* ORD:install — seq_cst; pairs with ORD:see-root (section.h); carries the table */
	if (!cas_seq_cst(&map->root, &expected, (uintptr_t)next))
		return false;
	STEP(TABLE_INSTALLED); /* from here on `next` may be gone: a straight line holds the root only */
	fetch_add_relaxed(kind, 1);
	reclaim_migration_begins(map->domain);
	return true;
}

/* T14: root `old` -> a new table with prev = old.  OK also when someone else did it; NOMEM. */
static enum instar_status install_table(instar_map *map, struct table *old, unsigned log2_homes)
{
	if ((struct table *)load_seq_cst(&map->root) != old)
		return INSTAR_OK;
	struct table *next = table_create(map->domain, log2_homes, map->pages, map_threads(map));
	if (!next)
		return INSTAR_NOMEM;
	/* Over an unfinished migration (a rescue) the snapshot below is still to be respected. */
	next->snapshot_mode = old->snapshot_mode && load_seq_cst(&old->prev) != 0;
	if (!put_table(map, old, next))
		table_free(next);
	return INSTAR_OK;
}

/* T14 on a table with a stillborn home: larger, although prev is not NULL; a shrink is taken back. */
static enum instar_status rescue_table(instar_map *map, instar_thread *t, struct table *table)
{
	unsigned log2_homes = table->log2_homes + 1;
	struct table *before = section_prev(t, table);
	if (before && before->log2_homes > log2_homes)
		log2_homes = before->log2_homes;
	return log2_homes <= MAX_LOG2_HOMES ? install_table(map, table, log2_homes) : INSTAR_NOMEM;
}

/* Gives up one owner's part in a table; the last one retires it, into a reserved record. */
static void release_table(instar_thread *t, struct table *table)
{
	if (fetch_sub_seq_cst(&table->owners, 1) == 1)
		reclaim_retire_reserved(t, table, table->birth, table_footprint(table), RECLAIM_TABLE, table_reclaim,
					NULL);
}

/* Releases a table and those before it that nobody else has the right to retire. */
static void retire_chain(instar_thread *t, struct table *table)
{
	while (table) {
		uintptr_t prev = load_acquire(&table->prev);
		while (prev && !(prev & PREV_OWNED) && !cas_seq_cst(&table->prev, &prev, prev | PREV_OWNED))
			;
		struct table *next = prev & PREV_OWNED ? NULL : prev_table(prev);
		release_table(t, table);
		table = next;
	}
}

/* Records for retiring `table` and all before it, and one more: the place for a value that the calling
 * operation displaces (reservations do not add up).  false: no memory. */
static bool reserve_chain(instar_thread *t, const struct table *table)
{
	unsigned records = 1;
	for (; table; table = prev_table(load_acquire(&table->prev)))
		records++;
	return reclaim_reserve(t, records);
}

/* T15: T'.prev -> NULL after every home of T' was seen born.  false: no memory for the retirement now. */
static bool finish_migration(instar_thread *t, struct table *table)
{
	uintptr_t prev = load_acquire(&table->prev);
	if (!prev || prev & PREV_OWNED)
		return true;
	if (!reserve_chain(t, prev_table(prev)))
		return false;
	STEP(ALL_BORN);
	/* ORD:migrated — seq_cst (release needed), after acquire loads of all ctrls; pairs with ORD:see-prev
	 * (section.h); carries every birth */
	if (cas_seq_cst(&table->prev, &prev, 0)) {
		STEP(MIGRATED);
		store_relaxed(&table->fresh, false);
		retire_chain(t, prev_table(prev));
	}
	return true;
}

/* The caches a birth of home n will want, for writing. */
static void prefetch_birth(const struct table *table, const struct table *before, size_t n)
{
	if (n > table->mask)
		return;
	const char *target = (const char *)&table->buckets[n];
	const char *source = (const char *)&before->buckets[homes_of_prefix(before, n, table->log2_homes).first];
	for (int i = 0; i < BUCKET_BYTES; i += CACHE_LINE) {
		prefetch_for(target + i, 1);
		prefetch_for(source + i, 1);
	}
}

/* The next home of this helper's chunk, or of a new chunk.  false: all are handed out. */
static bool next_home(struct line *line, struct table *table, size_t *n)
{
	if (line->shared) {
		*n = fetch_add_relaxed(&table->next_home, 1);
		return *n <= table->mask;
	}
	if (line->helping != table || line->help_from >= line->help_to || line->help_to > table_homes(table)) {
		if (load_relaxed(&table->next_home) > table->mask)
			return false;
		line->help_from = fetch_add_relaxed(&table->next_home, HELP_CHUNK);
		line->help_to = line->help_from + HELP_CHUNK;
		if (line->help_from > table->mask)
			return false;
		line->helping = table;
	}
	*n = line->help_from++;
	return true;
}

enum helped { HELP_MORE, HELP_DONE, HELP_NOMEM };

/* Looks over the next homes that were handed out but not yet seen born. */
static enum helped verify_births(instar_map *map, instar_thread *t, struct line *line, struct table *table,
				 struct table *before)
{
	/* ORD:born — acq_rel; pairs with itself: hands on the births that earlier helpers saw */
	size_t from = load_acquire(&table->born);
	size_t to = from + VERIFY_HOMES;
	for (size_t n = from; n < to && n <= table->mask; n++) {
		const struct bucket *b = &table->buckets[n];
		if (ctrl_state(bucket_ctrl(b)) == UNBORN)
			give_birth(t, line, table, before, n);
		if (ctrl_state(bucket_ctrl(b)) == STILLBORN)
			return rescue_table(map, t, table) == INSTAR_OK ? HELP_DONE : HELP_NOMEM;
	}
	if (to <= table->mask) {
		cas_acq_rel(&table->born, &from, to);
		return HELP_MORE;
	}
	return finish_migration(t, table) ? HELP_DONE : HELP_NOMEM;
}

/*
 * Up to `homes` births in `table`, or one look over.  HELP_DONE: nothing is left to do here, or a larger
 * table has taken over; HELP_NOMEM: it cannot be ended now.
 */
static __attribute__((noinline)) enum helped help_migration(instar_map *map, instar_thread *t, struct line *line,
							    struct table *table, size_t homes)
{
	struct table *before = section_prev(t, table);
	if (!before)
		return HELP_DONE;
	for (size_t n; homes > 0; homes--) {
		if (!next_home(line, table, &n))
			return verify_births(map, t, line, table, before);
		prefetch_birth(table, before, n + PREFETCH_HOMES);
		if (load_relaxed(&table->fresh))
			touch_pair(&table->buckets[n].header);
		if (ctrl_state(bucket_ctrl(&table->buckets[n])) == UNBORN)
			give_birth(t, line, table, before, n);
	}
	return HELP_MORE;
}

/* Runs every migration to its end; *table is the root then, without prev. */
static enum instar_status finish_migrations(instar_map *map, instar_thread *t, struct line *line, struct table **table)
{
	for (;;) {
		*table = section_root(map, t);
		if (!section_prev(t, *table))
			return INSTAR_OK;
		if (help_migration(map, t, line, *table, HELP_CHUNK) == HELP_NOMEM)
			return INSTAR_NOMEM;
	}
}

/*
 * Whether the table is to grow no more, for all it holds.  Keys that come in the order of their hashes, as a scan of a map
 * of the same seed hands them out, are dense in one part of the table before it is filled: up to a size they make it
 * as large as all of them need.  With max_capacity that is what so many need in whatever order, if more will not come.
 */
static bool hash_is_broken(const instar_map *map, uint64_t entries, const struct table *table)
{
	uint64_t slots = table_slots(table);
	if (entries >= (slots / 100 + 1) * BROKEN_LOAD)
		return false;
	return map->max_capacity ? slots / 4 > map->max_capacity : slots > BROKEN_SLOTS;
}

/*
 * No slot of a home's probe order could be claimed.  tombs: how many of them a purge would free.
 * OK: try again from the root; NOMEM; FULL: the hash is broken.
 */
static __attribute__((noinline)) enum instar_status make_room(instar_map *map, instar_thread *t, struct line *line,
							      struct table *table, unsigned tombs)
{
	if (section_root(map, t) != table) /* the count below would be another table's */
		return INSTAR_OK;
	if (section_prev(t, table))
		return finish_migrations(map, t, line, &table);
	uint64_t entries = map_entries(map);
	uint64_t percent = table_slots(table) / 100 + 1;
	if (tombs == 0 && hash_is_broken(map, entries, table))
		return INSTAR_FULL;
	bool grow = tombs == 0 || entries > percent * DOUBLE_LOAD;
	if (grow && table->log2_homes == MAX_LOG2_HOMES)
		return INSTAR_NOMEM;
	return install_table(map, table, table->log2_homes + grow);
}

/* After an insertion, now and then: is it time to grow?  Without memory insertions go on in the slots left. */
static __attribute__((noinline)) void consider_growth(instar_map *map, struct table *table)
{
	if (table_is_filling(table) || map_entries(map) < (table_slots(table) / 100 + 1) * GROW_LOAD)
		return;
	if (table->log2_homes < MAX_LOG2_HOMES)
		install_table(map, table, table->log2_homes + 1);
}

/*
 * A home that is not born, for a writer.  OK: look again from the root; NOMEM: a stillborn home cannot be
 * rescued now.
 */
static __attribute__((noinline)) enum instar_status bear_home(instar_map *map, instar_thread *t, struct line *line,
							      struct table *table, size_t home)
{
	struct table *before = section_prev(t, table);
	switch (ctrl_state(bucket_ctrl(&table->buckets[home]))) {
	case UNBORN:
		if (before) {
			prefetch_birth(table, before, home);
			prefetch_birth(table, before, home ^ 1); /* born with it when the table doubles */
			give_birth(t, line, table, before, home);
		}
		return INSTAR_OK;
	case STILLBORN:
		return rescue_table(map, t, table);
	default:
		return INSTAR_OK;
	}
}

/*
 * A home that is not born (c was its ctrl), for a reader: where to look instead; NULL: it holds nothing;
 * the same table: look there again.  In snapshot mode the source is sealed first, so that no call which
 * began after the snapshot sees what a call from before it may still change.
 */
static __attribute__((noinline)) struct table *look_before(instar_map *map, instar_thread *t, struct table *table,
							   size_t home, word c)
{
	struct table *before = section_prev(t, table);
	if (!before) /* T15 may have run between the two loads: then the home was born before it */
		return ctrl_is_born(bucket_ctrl(&table->buckets[home])) ? table : NULL;
	if (!table->snapshot_mode)
		return before;
	if (ctrl_state(c) == UNBORN) {
		give_birth(t, map_line_made(map, t), table, before, home);
		return table;
	}
	struct arrivals sealed;
	sealed.n = 0;
	gather_prefix(t, before, (struct prefix){ home, table->log2_homes }, &sealed);
	return before;
}

#endif
