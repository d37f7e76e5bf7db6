/*
 * src/order.h - entries that come in the order of their hashes, as from an image that a map of the same seed has saved.
 *
 * The first of them are dense in one part of the table, which would grow by them to the size that all need, or, where
 * that is large, be taken for one whose hash is broken (grow.h).  So room is made for all as soon as the order shows: n
 * entries have come as far through the hashes as n is of all.
 */
#ifndef INSTAR_ORDER_H
#define INSTAR_ORDER_H

#include <instar/map.h>

#include "src/state.h"

enum { ORDER_SHOWS = 24 }; /* after so many entries; the least table takes them all in one home */

struct order {
	uint64_t most; /* entries that can come */
	uint64_t last;
	unsigned seen; /* in order; beyond ORDER_SHOWS: no more is asked */
};

/* Before the entry of that key is inserted.  Without memory it is as if there were no order. */
static inline void order_see(struct order *order, instar_map *map, instar_thread *t, uint64_t key)
{
	if (order->seen > ORDER_SHOWS)
		return;
	uint64_t h = instar_hash(map, key);
	if (order->seen && h == order->last) /* the same entry of a map of byte-string keys */
		return;
	bool goes_on = h >= order->last;
	order->last = h;
	if (goes_on && ++order->seen < ORDER_SHOWS)
		return;
	order->seen = ORDER_SHOWS + 1;
	double all = 2 * ORDER_SHOWS / ((double)h + 1) * (double)(word)-1; /* twice: too low would be FULL again */
	uint64_t most = map->max_capacity && map->max_capacity < order->most ? map->max_capacity : order->most;
	if (goes_on)
		instar_reserve(map, t, all < (double)most ? (size_t)all : (size_t)most);
}

#endif
