/*
 * src/end.c - the end of a map: what sections may refer to is retired, the rest freed.
 */
#include <instar/iter.h>

#include "src/state.h"

/* What closed snapshots left behind for want of memory. */
static void free_leftovers(instar_map *map)
{
	for (struct table *next, *t = map->abandoned; t; t = next) {
		next = t->next_abandoned;
		if (--t->owners == 0)
			table_destroy(t);
	}
	for (struct parked *next, *p = map->parked; p; p = next) {
		next = p->next;
		if (p->is_table)
			table_destroy(p->object);
		else
			map->value_free(p->object, map->value_ctx);
		reclaim_free(map->domain, p, sizeof *p, sizeof(void *));
	}
}

static void free_tables(instar_map *map)
{
	struct table *root = (struct table *)map->root;
	for (const struct table *t = root; map->value_free && t; t = prev_table(t->prev))
		table_free_values(root, t, map->value_free, map->value_ctx);
	for (struct table *next, *t = root; t; t = next) {
		next = t->prev & PREV_OWNED ? NULL : prev_table(t->prev);
		table_free(t);
	}
}

static bool take_any(uint64_t key, uint64_t value, void *ctx)
{
	(void)key;
	(void)value;
	(void)ctx;
	return true;
}

/* The worker may have them in hand. */
static bool has_leftovers(instar_map *map)
{
	reclaim_hold_worker(map->domain);
	bool has = load_relaxed(&map->abandoned) || load_relaxed(&map->parked);
	reclaim_let_worker(map->domain);
	return has;
}

enum instar_status map_retire_values(instar_map *map)
{
	if (load_acquire(&map->open_snapshots))
		return INSTAR_BUSY;
	if (!map->value_free)
		return INSTAR_OK;
	bool made;
	instar_thread *t = reclaim_borrow(map->domain, &made);
	map->engine->maintain(map, t, 1); /* retires what closed snapshots left behind */
	enum instar_status status = instar_drain(map, t, take_any, NULL);
	if (status != INSTAR_OK || has_leftovers(map)) /* no memory: what is left is freed behind all sections */
		status = reclaim_outlast_sections(t) ? INSTAR_OK : INSTAR_NOMEM;
	if (status == INSTAR_OK)
		reclaim_free_own(t);
	reclaim_give_back(t, made);
	return status;
}

void map_unmake(instar_map *map)
{
	reclaim_map_detach(map->domain, &map->attachment);
	reclaim_callback_begin();
	free_leftovers(map);
	free_tables(map);
	reclaim_callback_end();
	pthread_mutex_destroy(&map->snapshots_lock);
	map_free(map);
}

enum instar_status instar_map_destroy(instar_map *map)
{
	if (!map)
		return INSTAR_OK;
	instar_domain *domain = map->domain;
	enum instar_status status = map_retire_values(map);
	if (status != INSTAR_OK)
		return status;
	map_unmake(map);
	reclaim_map_gone(domain);
	return INSTAR_OK;
}
