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

static inline int glance_get(instar_map *map, instar_thread *t, word h, word *v)
{
	const struct table *table = section_root(map, t);
	STEP(ROOT_READ);
	const struct bucket *b = &table->buckets[home_of(table, h)];
	word c = bucket_ctrl(b);
	if (unlikely(!ctrl_is_born(c)))
		return AGAIN;
	STEP(READING);
	unsigned matches = scan_matches(b, h);
	if (!matches)
		return unlikely(ctrl_filter_has(c, h)) ? AGAIN : INSTAR_NOTFOUND;
	unsigned i = mask_first(matches);
	if (unlikely(!q_holds(load_first_seq_cst(&b->slot[i]), h, 0, ctrl_p(c, i))))
		return AGAIN;
	STEP(READING_VALUE);
	*v = load_second_acquire(&b->slot[i]); /* LP: this load, or the one of q if v is unchanged since */
	return INSTAR_OK;
}

/* T1 and T2 in the first free native slot, when no DEAD slot asks for a burial. */
static inline __attribute__((always_inline)) int glance_insert(instar_map *map, instar_thread *t, struct table *table,
								struct bucket *b, struct pair header, word h, word v)
{
	struct scan scan = scan_tags(b);
	if (unlikely(!scan.free || scan.dead || ctrl_state(header.first) == FROZEN))
		return AGAIN;
	struct line *line = map_line(map, t);
	struct claim c;
	c.native = true;
	c.location = 0;
	c.slot = mask_first(scan.free);
	c.cell = &b->slot[c.slot];
	c.entry.first = q_native(h, !ctrl_p(header.first, c.slot), TAG_LIVE);
	c.entry.second = v;
	if (unlikely(!claim_slot(t, c.cell, c.entry)))
		return AGAIN;
	if (unlikely(!publish_claim(b, header, &c, h))) {
		struct claim lost = c;
		if (settle_claim(line, table, &lost, h) == AGAIN)
			return AGAIN;
	}
	count_added(map, line, table);
	return INSTAR_OK;
}

static inline __attribute__((always_inline)) int glance_modify(instar_map *map, instar_thread *t, word h,
								enum verb verb, struct request *r)
{
	struct table *table = section_root(map, t);
	STEP(ROOT_READ);
	/* prev is looked at before ctrl: NULL and then UNBORN is a virgin home (ORD:see-prev). */
	if (unlikely(section_prev(t, table) != NULL))
		return AGAIN;
	struct bucket *b = &table->buckets[home_of(table, h)];
	struct pair header = bucket_header(b);
	unsigned matches = scan_matches(b, h);
	if (!matches) {
		if (unlikely(ctrl_filter_has(header.first, h)))
			return AGAIN;
		if (!verb_inserts(verb))
			return INSTAR_NOTFOUND;
		prepare_insertion(verb, r); /* COMPUTE does not come here */
		return glance_insert(map, t, table, b, header, h, r->value);
	}
	unsigned i = mask_first(matches);
	struct place p;
	r->effect = EFFECT_NONE;
	p.cell = &b->slot[i];
	p.entry = load_pair(p.cell);
	if (unlikely(p.entry.first != q_native(h, ctrl_p(header.first, i), TAG_LIVE)))
		return AGAIN;
	int status = change_live(verb, r, &p);
	if (r->effect == EFFECT_REMOVED)
		count_removed(map, map_line(map, t), table);
	return status;
}

#endif
