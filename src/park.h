/*
 * src/park.h - boxed values, and cleared tables full of them, that an open snapshot may still show.
 *
 * A call that displaced a value looks, after its linearization point, whether a snapshot is open.  An open
 * call counts itself before it swaps the root; so a writer that acted on a table from after the swap sees
 * the count, and one that acted on the table from before it acted before that slot was sealed: then the
 * snapshot does not show the value.  A parked value goes to the reclaimer once every snapshot that was
 * open, or opened before it was parked, is closed.
 *
 * The node is had before the linearization point, so parking cannot fail after it.
 *
 * The last snapshot may close between a writer's look and its push, or while another call holds the list.
 * So who pushes looks again: with no snapshot open it takes the list itself.  Of the push and the look of
 * one, and the close and the taking of the other, one comes first for both (seq_cst): nothing stays behind.
 */
#ifndef INSTAR_PARK_H
#define INSTAR_PARK_H

#include "src/grow.h"

/* A node for one value; NULL: no memory. */
static inline struct parked *park_node(instar_map *map, struct line *line)
{
	struct parked *node = line->shared ? NULL : line->spare;
	if (likely(node != NULL))
		line->spare = NULL;
	else
		node = reclaim_alloc(map->domain, sizeof *node, sizeof(void *));
	return node;
}

static inline void park_node_unused(instar_map *map, struct line *line, struct parked *node)
{
	if (likely(!line->shared && !line->spare))
		line->spare = node;
	else
		reclaim_free(map->domain, node, sizeof *node, sizeof(void *));
}

static void park_push(instar_map *map, struct parked *node)
{
	/* ORD:park — seq_cst; pairs with ORD:unpark (park.h); carries the node; before the second look */
	node->next = load_relaxed(&map->parked);
	while (!cas_seq_cst(&map->parked, &node->next, node))
		;
}

/* Into a reserved record. */
static inline void retire_value(instar_map *map, instar_thread *t, void *value)
{
	uint64_t birth = reclaim_birth_of(map->domain, value, map->value_free);
	reclaim_retire_reserved(t, value, birth, map_value_bytes(map, value), RECLAIM_ENTRY, map->value_free,
				map->value_ctx);
}

/* Retires what no snapshot from `oldest` on can show.  Without memory the rest stays for the next time.
 * true: something stays for the sake of such a snapshot. */
static bool unpark(instar_map *map, instar_thread *t, uint64_t oldest)
{
	/* ORD:unpark — seq_cst; pairs with ORD:park (park.h) */
	struct parked *node = exchange_seq_cst(&map->parked, NULL);
	bool shown = false;
	while (node) {
		struct parked *next = node->next;
		shown |= node->number >= oldest;
		if (node->number >= oldest || !reclaim_reserve(t, 1)) {
			park_push(map, node);
		} else {
			if (node->is_table)
				release_table(t, node->object);
			else
				retire_value(map, t, node->object);
			reclaim_free(map->domain, node, sizeof *node, sizeof(void *));
		}
		node = next;
	}
	return shown;
}

/* Before the number `last` was given, its snapshot was counted: with none open, all up to it are closed. */
static void unpark_if_all_closed(instar_map *map, instar_thread *t)
{
	uint64_t last;
	do
		last = load_seq_cst(&map->last_snapshot);
	while (!load_seq_cst(&map->open_snapshots) && unpark(map, t, last + 1));
}

/* At the close of a snapshot; `oldest` is the number of the oldest still open. */
static void unpark_after_close(instar_map *map, instar_thread *t, uint64_t oldest)
{
	if (unpark(map, t, oldest))
		unpark_if_all_closed(map, t);
}

static void park(instar_map *map, instar_thread *t, struct parked *node, void *object, bool is_table)
{
	STEP(PARKING);
	node->object = object;
	node->is_table = is_table;
	node->number = load_seq_cst(&map->last_snapshot);
	park_push(map, node);
	unpark_if_all_closed(map, t);
}

/* A value that a call displaced: to the reclaimer, or parked.  The record and the node are reserved. */
static void park_or_retire(instar_map *map, instar_thread *t, struct line *line, struct parked *node, word value)
{
	void *object = (void *)(uintptr_t)value;
	if (likely(!load_seq_cst(&map->open_snapshots))) {
		park_node_unused(map, line, node);
		retire_value(map, t, object);
		return;
	}
	park(map, t, node, object, false);
}

#endif
