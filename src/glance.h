/*
 * src/glance.h - the straight lines of get and of the writing calls.
 *
 * What happens nearly always: the home is born (or virgin), no migration is under way, and the key is the
 * only candidate among the home's natives, or nothing speaks for it.  Same steps and order as in
 * src/lookup.h and src/modify.h; at the first doubt the answer is AGAIN and nothing has been done.
 *
 * They call nothing, so that their callers need no stack: in a table larger than the cache, what a call
 * costs is how few other calls fit in the processor's window beside it.
 */
#ifndef INSTAR_GLANCE_H
#define INSTAR_GLANCE_H

#include "src/lookup.h"
#include "src/modify.h"

/* filtered: a constant; the map has a miss filter. */
static inline __attribute__((always_inline)) int glance_get(instar_map *map, instar_thread *t, word h, word *v,
							     bool filtered)
{
	const struct table *table = section_root(map, t);
	STEP(ROOT_READ);
	if (filtered && filter_settles(table, h))
		return INSTAR_NOTFOUND;
	size_t home = home_of(table, h);
	if (home_is_untouched(table, home))
		return AGAIN;
	struct bucket *b = &table->buckets[home];
	word c = bucket_ctrl(b);
	if (unlikely(!ctrl_is_born(c)))
		return AGAIN;
	STEP(READING);
	unsigned entries = scan_entries(b, h);
	if (!entries)
		return unlikely(ctrl_filter_has(c, h)) ? AGAIN : INSTAR_NOTFOUND;
	size_t i = mask_first(entries);
	const pair_cell *cell = &b->slot[i];
	if (unlikely(!q_is_shown_entry(load_first_seq_cst(cell), h, c, i)))
		return AGAIN;
	STEP(READING_VALUE);
	*v = load_second_acquire(cell); /* LP: this load, or the one of q if v is unchanged since */
	return INSTAR_OK;
}

/* T8, T9 for every DEAD slot of the bucket. */
static __attribute__((noinline)) void glance_bury(instar_map *map, instar_thread *t, struct table *table, size_t home,
						  unsigned dead)
{
	struct place p = { .table = table, .home = home, .scan.dead = dead };
	bury_in_bucket(t, &p, map_line(map, t));
}

/* T1 and T2 in the first free native slot. */
static inline __attribute__((always_inline)) int glance_insert(instar_map *map, instar_thread *t, struct table *table,
								word h, word v, struct pair header, struct scan scan)
{
	size_t home = home_of(table, h);
	struct bucket *b = &table->buckets[home];
	if (unlikely(!scan.free || ctrl_state(header.first) == FROZEN))
		return AGAIN;
	if (scan.dead && SCHEME_HAS_GRACE && map->reuse)
		glance_bury(map, t, table, home, scan.dead);
	struct line *line = map_line(map, t);
	struct claim c;
	c.native = true;
	c.location = 0;
	c.slot = mask_first(scan.free);
	c.cell = &b->slot[c.slot];
	c.entry.first = q_shown(h, ~header.first, c.slot); /* which the header does not show yet */
	c.entry.second = v;
	if (unlikely(!claim_slot(t, c.cell, c.entry)))
		return AGAIN;
	if (unlikely(!publish_claim(table, home, header, &c, h))) {
		struct claim lost = c;
		if (settle_claim(line, table, &lost, h) == AGAIN)
			return AGAIN;
	}
	count_added(map, line, table);
	return INSTAR_OK;
}

/* The home's header, for writing.  false: it is not born, nor virgin. */
static inline bool glance_header(instar_thread *t, const struct table *table, const struct bucket *b,
				 struct pair *header)
{
	*header = bucket_header(b);
	if (likely(ctrl_is_born(header->first)))
		return true;
	if (section_prev(t, table))
		return false;
	*header = bucket_header(b); /* prev is NULL: UNBORN again is virgin (ORD:see-prev) */
	return true;
}

/* inserts: an absent key is put in here, by a verb that does so; else that is a doubt, too.
 * *migrating: there is a table before, and the caller owes it help. */
static inline __attribute__((always_inline)) int glance_modify(instar_map *map, instar_thread *t, word h,
								enum verb verb, struct request *r, bool inserts,
								bool *migrating)
{
	struct table *table = section_root(map, t);
	STEP(ROOT_READ);
	struct bucket *b = &table->buckets[home_of(table, h)];
	struct pair header;
	touch_home(map, t, table, b, verb);
	*migrating = table_is_filling(table);
	if (unlikely(!glance_header(t, table, b, &header)))
		return AGAIN;
	struct scan scan = scan_bucket(b, h);
	if (!scan.match) {
		if (unlikely(ctrl_filter_has(header.first, h)))
			return AGAIN;
		if (!verb_inserts(verb))
			return INSTAR_NOTFOUND;
		if (!inserts)
			return AGAIN;
		prepare_insertion(verb, r); /* COMPUTE does not come here */
		return glance_insert(map, t, table, h, r->value, header, scan);
	}
	size_t i = mask_first(scan.match);
	struct place p;
	r->effect = EFFECT_NONE;
	p.cell = &b->slot[i];
	p.entry = load_pair(p.cell);
	if (unlikely(p.entry.first != q_shown(h, header.first, i)))
		return AGAIN;
	int status = change_live(verb, r, &p);
	if (r->effect == EFFECT_REMOVED)
		count_removed(map, map_line(map, t), table);
	return status;
}

#endif
