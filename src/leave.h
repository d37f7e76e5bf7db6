/*
 * src/leave.h - the help that a write owes a migration, unless it leaves that to the domain's worker.
 *
 * A write gives birth to the home that it needs in any case.  The further homes it leaves to the worker, if there is
 * one, as long as its thread has made at most its share of LEFT_WRITES for each home of the new table: all threads
 * together, so that the table is not full again before its entries have come.  (Or LEFT_LEAST, which is soon made
 * good.)  After that it helps as if there were no worker: whether that one sleeps does not matter.
 */
#ifndef INSTAR_LEAVE_H
#define INSTAR_LEAVE_H

#include "src/grow.h"

enum { LEFT_WRITES = 2, LEFT_LEAST = 1024 };

static inline size_t left_share(const instar_map *map, const struct table *table)
{
	size_t share = LEFT_WRITES * table_homes(table) / (load_relaxed(&map->domain->next_index) + 1);
	return share > LEFT_LEAST ? share : LEFT_LEAST;
}

/* One more write by the line's thread while `table` is migrated into. */
static inline bool leaves_to_worker(const instar_map *map, struct line *line, const struct table *table)
{
	if (likely(!map->domain->background) || line->shared)
		return false;
	if (line->left_in != table) {
		line->left_in = table;
		line->left = 0;
	}
	return line->left++ < left_share(map, table);
}

/* births: those that the write has made already, of the home that it needed. */
static inline void help_after_write(instar_map *map, instar_thread *t, struct line *line, struct table *table,
				    uint64_t births)
{
	if (births < HELP_HOMES && !leaves_to_worker(map, line, table))
		help_migration(map, t, line, table, HELP_HOMES - (size_t)births);
}

#endif
