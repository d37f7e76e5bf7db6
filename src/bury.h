/*
 * src/bury.h - T8, T9: a DEAD slot becomes a tombstone, free for another key after a grace period.
 *
 * Why a grace period (I3): a reader that saw the slot LIVE may still load its v, and a writer that
 * scanned the home may still publish by a header under which the slot was this key's.  The stamp says
 * when every section that could has ended; it covers sections that begin until the burying caller's own
 * section ends, because its T1 or T2 may follow on what those see.
 *
 * A displaced slot is visible through its home's dir, so it must be out of the dir before the period
 * begins: TOMB(unfinished), then the header, then the stamp.  Whoever meets TOMB(unfinished) may finish
 * it; on a home that is not OPEN nobody can, and the slot waits for the next migration.
 *
 * While no grace period elapses (reclaim_stalled) nothing is buried: a further tombstone would serve nobody, whereas a DEAD
 * slot serves its own key when that comes back (T5).
 */
#ifndef INSTAR_BURY_H
#define INSTAR_BURY_H

#include "src/place.h"

/* q of a tombstone whose grace period begins now. */
static inline word tomb_now(instar_thread *t, unsigned d)
{
	uint64_t stamp = scheme_grace_now(t);
	return q_tomb(stamp >= (uint64_t)STAMP_NEVER ? STAMP_NEVER : (word)stamp, d);
}

/* May T1 take it?  q is EMPTY or TOMB. */
static inline bool tomb_elapsed(instar_thread *t, word q)
{
	word stamp = q_stamp(q);
	if (q == 0 || stamp == STAMP_ANYTIME)
		return true;
	if (stamp == STAMP_UNFINISHED || stamp == STAMP_NEVER)
		return false;
	return scheme_grace_elapsed(t, stamp);
}

/* T8: native DEAD -> TOMB(stamp). */
static bool bury_native(instar_thread *t, pair_cell *cell, struct pair e)
{
	struct pair tomb = { tomb_now(t, 0), e.second };
	bool done = cas_pair(cell, e, tomb);
	STEP(BURIED);
	return done;
}

/* The filter bits of what a dir lists. */
static word filter_of_listed(const struct place *home, word dir)
{
	word bits = 0;
	for (; dir; dir &= dir - 1) {
		word q = load_first_acquire(place_location(home, (unsigned)mask_first_location(dir)));
		if (q_tag(q) != TAG_FREE)
			bits |= filter_bit(q_hash(q));
	}
	return bits;
}

/*
 * T9, second step: the header of `home` drops the location and computes its filter anew from the
 * entries that stay listed.  Their hashes cannot change while they are listed, and a new one (T3)
 * changes the version, so the CAS that succeeds stores a filter that shows them all.
 * false: the home is not OPEN.
 */
static bool unlist_displaced(struct place *home, unsigned location)
{
	word bit = (word)1 << location;
	for (;;) {
		home->header = bucket_header(home->bucket);
		if (ctrl_state(home->header.first) != OPEN)
			return false;
		if (!(home->header.second & bit))
			return true;
		struct pair without = home->header;
		without.second &= ~bit;
		without.first = ctrl_with_filter(without.first, filter_of_listed(home, without.second));
		if (cas_pair(&home->bucket->header, home->header, without))
			return true;
	}
}

/* T9, from TOMB(unfinished) on: `e` is in slot `slot` of bucket `bucket`. */
static void finish_burial(instar_thread *t, struct table *table, size_t bucket, unsigned slot, struct pair e)
{
	unsigned d = q_d(e.first);
	struct place home;
	home.table = table;
	home.home = far_home(bucket, d, table->mask);
	home.bucket = &table->buckets[home.home];
	if (!unlist_displaced(&home, location_of(d, slot)))
		return;
	STEP(UNLISTED);
	/* ORD:bury — the stamp is taken after the drop, which is seq_cst; pairs with ORD:reuse (claim.h) */
	struct pair tomb = { tomb_now(t, d), e.second };
	cas_pair(&table->buckets[bucket].slot[slot], e, tomb);
}

/* T9: displaced DEAD -> TOMB(unfinished) -> out of the dir -> TOMB(stamp). */
static bool bury_displaced(instar_thread *t, struct table *table, size_t bucket, unsigned slot, struct pair e)
{
	struct pair unfinished = { q_tomb(STAMP_UNFINISHED, q_d(e.first)), e.second };
	if (!cas_pair(&table->buckets[bucket].slot[slot], e, unfinished))
		return false;
	STEP(BURIED);
	finish_burial(t, table, bucket, slot, unfinished);
	return true;
}

/* Buries the slot if it is DEAD; finishes it if its burial is not.  true: it made a tombstone. */
static bool bury_slot(instar_thread *t, struct table *table, size_t bucket, unsigned slot)
{
	pair_cell *cell = &table->buckets[bucket].slot[slot];
	struct pair e = load_pair(cell);
	if (q_tag(e.first) == TAG_DEAD)
		return q_d(e.first) == 0 ? bury_native(t, cell, e) : bury_displaced(t, table, bucket, slot, e);
	if (q_is_unfinished(e.first))
		finish_burial(t, table, bucket, slot, e);
	return false;
}

/* One burial makes demand for the next grace period. */
static inline void count_burial(instar_thread *t, struct line *line)
{
	line_add(line, &line->buried, 1);
	reclaim_worked(t, 1);
}

#endif
