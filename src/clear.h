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

#include "src/park.h"

/* The swap.  false: the root is not `old` any more. */
static bool swap_root(instar_map *map, struct table *old, struct table *empty)
{
	uintptr_t expected = (uintptr_t)old;
	empty->generation = old->generation + 1;
	/* ORD:install-empty — seq_cst; pairs with ORD:see-root (section.h) */
	return cas_seq_cst(&map->root, &expected, (uintptr_t)empty); /* LP */
}

/* Retires what was cleared; boxed values that a snapshot may show wait for it. */
static void dispose(instar_map *map, instar_thread *t, struct table *old, struct parked *node)
{
	old->value_free = map->value_free;
	old->value_ctx = map->value_ctx;
	if (node && load_seq_cst(&map->open_snapshots)) {
		park(map, t, node, old, true);
		return;
	}
	if (node)
		park_node_unused(map, map_line(map, t), node);
	retire_chain(t, old);
}

/* What a clear needs before it swaps the root.  false: no memory. */
static bool prepare_clear(instar_map *map, instar_thread *t, struct table **old)
{
	*old = section_root(map, t);
	if (map->value_free && finish_migrations(map, t, map_line(map, t), old) != INSTAR_OK)
		return false;
	return reserve_chain(t, *old);
}

static enum instar_status clear_map(instar_map *map, instar_thread *t)
{
	bool boxed = map->value_free != NULL;
	struct table *old, *empty = table_create(map->domain, map->first_log2_homes, map->pages, map_threads(map));
	struct parked *node = boxed ? park_node(map, map_line(map, t)) : NULL;
	bool ready;
	do
		ready = empty && (node || !boxed) && prepare_clear(map, t, &old);
	while (ready && !swap_root(map, old, empty));
	if (ready) { /* from here on `empty` may be gone */
		STEP(CLEARED);
		map_turn(map, old->generation + 1);
		dispose(map, t, old, node);
		return INSTAR_OK;
	}
	if (empty)
		table_free(empty);
	if (node)
		park_node_unused(map, map_line(map, t), node);
	return INSTAR_NOMEM;
}

#endif
