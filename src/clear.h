/*
 * src/clear.h - everything goes in one step: the root is swapped for an empty table without prev.
 *
 * Calls that still act on the tables before it started before the swap and are ordered before it.  The
 * right to retire what lies before the old root moves here (PREV_OWNED), so a T15 that is about to end
 * its migration fails, or wins and retires that part itself.  The new table begins a new generation: what
 * those calls count counts no more.
 *
 * Boxed values die with their table.  They must all be in one, so a migration under way is ended first.
 */
#ifndef INSTAR_CLEAR_H
#define INSTAR_CLEAR_H

#include "src/grow.h"

/* The map's counters are of `generation` at least. */
static void raise_generation(instar_map *map, uint64_t generation)
{
	uint64_t now = load_acquire(&map->generation);
	while (now < generation && !cas_acq_rel(&map->generation, &now, generation))
		;
}

/* The swap.  false: the root is not `old` any more. */
static bool swap_root(instar_map *map, struct table *old, struct table *empty)
{
	uintptr_t expected = (uintptr_t)old;
	empty->generation = old->generation + 1;
	/* ORD:install-empty — seq_cst; pairs with ORD:see-root (section.h) */
	return cas_seq_cst(&map->root, &expected, (uintptr_t)empty); /* LP */
}

static enum instar_status clear_map(instar_map *map, instar_thread *t)
{
	struct table *old, *empty = table_create(map->domain, map->first_log2_homes, map->prefault, map_threads(map));
	if (!empty)
		return INSTAR_NOMEM;
	enum instar_status status;
	do {
		old = section_root(map, t);
		status = map->value_free ? finish_migrations(map, t, map_line(map, t), &old) : INSTAR_OK;
		if (status == INSTAR_OK && !reserve_chain(t, old))
			status = INSTAR_NOMEM;
		if (status != INSTAR_OK) {
			table_free(empty);
			return status;
		}
	} while (!swap_root(map, old, empty));
	raise_generation(map, empty->generation);
	old->value_free = map->value_free;
	old->value_ctx = map->value_ctx;
	retire_chain(t, old);
	return INSTAR_OK;
}

#endif
