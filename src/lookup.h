/*
 * src/lookup.h - get: wait-free, no atomic write, one bucket.
 *
 * Right because (I3, I4): a slot shows visible entries of at most one key within a section, and v
 * changes only in the CAS that makes or updates a LIVE q; so a reader that loads q and then v returns a
 * value that was current at some moment of the call, without a second look.  A miss is right because a
 * key moves between slots only by being erased and inserted again: a reader that missed it everywhere
 * overlapped a moment of absence.
 */
#ifndef INSTAR_LOOKUP_H
#define INSTAR_LOOKUP_H

#include "src/grow.h"

/* The dir is followed only when the filter of the ctrl that was read shows the key's bit. */
static __attribute__((noinline)) bool lookup_displaced(const struct table *table, size_t home, word h, word *v)
{
	const struct bucket *b = &table->buckets[home];
	for (word dir = bucket_dir(b); dir; dir &= dir - 1) {
		unsigned location = (unsigned)mask_first_location(dir);
		unsigned d = location_d(location);
		const pair_cell *cell = &table->buckets[far_bucket(home, d, table->mask)].slot[location_slot(location)];
		/* ORD:see-far — seq_cst; pairs with ORD:update (update.h) */
		if (!q_holds(load_first_seq_cst(cell), h, d, 0))
			continue;
		STEP(READING_VALUE);
		*v = load_second_acquire(cell); /* LP: this load, or the one of q if v is unchanged since */
		return true;
	}
	return false;
}

/* In a born home whose ctrl is c. */
static inline bool lookup_home(const struct table *table, size_t home, word c, word h, word *v)
{
	const struct bucket *b = &table->buckets[home];
	STEP(READING);
	/* The masks ignore the tag: an entry sealed since c was read is recognised. */
	for (unsigned matches = scan_matches(b, h); matches; matches &= matches - 1) {
		unsigned i = mask_first(matches);
		/* ORD:see-q — seq_cst; pairs with ORD:update (update.h); carries v */
		if (!q_is_shown_entry(load_first_seq_cst(&b->slot[i]), h, c, i))
			continue;
		STEP(READING_VALUE);
		*v = load_second_acquire(&b->slot[i]); /* LP: as above */
		return true;
	}
	return unlikely(ctrl_filter_has(c, h)) && lookup_displaced(table, home, h, v);
}

/*
 * Beside a migration.  The source is looked at first, for nobody may have touched the page that an unborn home stands in
 * (touch_pair).  OPEN: it has the authority, since it is FROZEN before any home that it feeds is born; what is found
 * there is right as if the root had been loaded before the migration began.  In snapshot mode its copy comes first.
 *
 * Then the home; unborn or stillborn: whatever is found in the source (LIVE, SEALED or nothing) is valid, because the
 * root and then this home's ctrl were loaded within the call.
 */
static __attribute__((noinline)) bool lookup_migrating(instar_map *map, instar_thread *t, struct table *table, word h,
						       word *v)
{
	while (table) {
		const struct table *before = table->snapshot_mode ? NULL : section_prev(t, table);
		if (before) {
			size_t source = home_of(before, h);
			word c = bucket_ctrl(&before->buckets[source]);
			if (ctrl_state(c) == OPEN)
				return lookup_home(before, source, c, h, v);
		}
		size_t home = home_of(table, h);
		word c = bucket_ctrl(&table->buckets[home]);
		if (ctrl_is_born(c))
			return lookup_home(table, home, c, h, v);
		table = look_before(map, t, table, home, c);
	}
	return false;
}

/* Where no other table may be looked at.  false: it would take one. */
static inline bool lookup_in_root(instar_map *map, instar_thread *t, word h, word *v, bool *hit)
{
	const struct table *table = section_root(map, t);
	STEP(ROOT_READ);
	size_t home = home_of(table, h);
	if (home_is_untouched(table, home))
		return false;
	word c = bucket_ctrl(&table->buckets[home]);
	if (unlikely(!ctrl_is_born(c)))
		return false;
	*hit = lookup_home(table, home, c, h, v);
	return true;
}

static inline bool lookup(instar_map *map, instar_thread *t, word h, word *v)
{
	struct table *table = section_root(map, t);
	STEP(ROOT_READ);
	size_t home = home_of(table, h);
	if (likely(!home_is_untouched(table, home))) {
		word c = bucket_ctrl(&table->buckets[home]);
		if (likely(ctrl_is_born(c)))
			return lookup_home(table, home, c, h, v);
	}
	return lookup_migrating(map, t, table, h, v);
}

#endif
