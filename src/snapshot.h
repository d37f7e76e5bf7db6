/*
 * src/snapshot.h - the map as it was at one moment.
 *
 * The root is swapped for a table in snapshot mode: there readers, too, give birth to an UNBORN home before
 * they read.  So each source is frozen before any call that began after the swap touches its keys; later
 * changes to the source come from calls that began before the swap and are ordered before it.  The snapshot
 * is the old table, sealed home by home as its reader or the migration walks over it.  It has two owners,
 * the snapshot and the chain; the last one retires it.
 */
#ifndef INSTAR_SNAPSHOT_H
#define INSTAR_SNAPSHOT_H

#include "src/park.h"
#include "src/scan.h"

enum { SNAPSHOT_DOUBLE_LOAD = 30 }; /* percent; above it the table that follows is twice the size */

/* Tables that an owner without memory could not retire go now, if there is memory. */
static void retire_abandoned(instar_map *map, instar_thread *t)
{
	struct table *table = exchange_acq_rel(&map->abandoned, NULL);
	while (table) {
		struct table *next = table->next_abandoned;
		if (reclaim_reserve(t, 1)) {
			release_table(t, table);
		} else {
			/* ORD:abandon — acq_rel; pairs with itself; carries next_abandoned */
			table->next_abandoned = load_relaxed(&map->abandoned);
			while (!cas_acq_rel(&map->abandoned, &table->next_abandoned, table))
				;
		}
		table = next;
	}
}

/* What closed snapshots left behind for want of memory. */
static inline void retire_leftovers(instar_map *map, instar_thread *t)
{
	if (unlikely(load_relaxed(&map->abandoned) != NULL))
		retire_abandoned(map, t);
	if (unlikely(load_relaxed(&map->parked) != NULL))
		unpark_if_all_closed(map, t);
}

/* The snapshot's part in its table, which is the only snapshot of that table: a root is swapped once.
 * Without memory it waits in map->abandoned. */
static void release_snapshot_table(instar_map *map, instar_thread *t, struct table *table)
{
	table->next_abandoned = load_relaxed(&map->abandoned);
	while (!cas_acq_rel(&map->abandoned, &table->next_abandoned, table))
		;
	retire_abandoned(map, t);
}

/* One owner more.  false: the last one has retired the table already, so it is no root any more. */
static bool own_table(struct table *table)
{
	unsigned owners = load_relaxed(&table->owners);
	while (owners && !cas_acq_rel(&table->owners, &owners, owners + 1))
		;
	return owners != 0;
}

/* The swap; the table is NULL without memory. */
static struct table *swap_for_snapshot(instar_map *map, instar_thread *t)
{
	struct line *line = map_line(map, t);
	for (;;) {
		struct table *old;
		/* One record to give the table up again, should another have swapped the root first. */
		if (finish_migrations(map, t, line, &old) != INSTAR_OK || !reclaim_reserve(t, 1))
			return NULL;
		bool twice = map_entries(map) > (table_slots(old) / 100 + 1) * SNAPSHOT_DOUBLE_LOAD &&
			     old->log2_homes < MAX_LOG2_HOMES;
		struct table *next = table_create(map->domain, old->log2_homes + twice, map->pages,
						  map_threads(map));
		if (!next)
			return NULL;
		next->snapshot_mode = true;
		bool owned = own_table(old);
		if (owned && put_table(map, old, next)) /* LP of the open call */
			return old;
		if (owned)
			release_table(t, old);
		table_free(next);
	}
}

/* The entries of the snapshot's home of s->first, sealed now if they are not yet. */
static void scan_snapshot_home(instar_thread *t, const instar_snapshot *snapshot, struct scanned *s)
{
	struct table *table = snapshot->table;
	struct arrivals sealed;
	size_t home = home_of(table, s->first);
	sealed.n = 0;
	gather_home(t, table, home, (struct prefix){ home, table->log2_homes }, &sealed);
	narrow_to_home(s, table, home);
	for (unsigned i = 0; i < sealed.n; i++)
		scanned_add(s, sealed.entry[i].first, sealed.entry[i].second);
}

#endif
