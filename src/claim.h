/*
 * src/claim.h - T1 claim, T4 withdraw.
 *
 * A claim is a LIVE slot that nobody can see yet: its g is the opposite of p_i, or no dir lists it.
 * Nobody but its owner (and helpers of the same birth) ever publishes or withdraws it; stealing it is
 * forbidden, the owner's publication would show the thief's key.
 *
 * T1 takes the first slot in probe order that is EMPTY or an elapsed TOMB, so nothing of a home lies
 * behind an EMPTY slot (I2).
 */
#ifndef INSTAR_CLAIM_H
#define INSTAR_CLAIM_H

#include "src/bury.h"

/* Where a claim stands. */
struct claim {
	pair_cell *cell;
	struct pair entry;
	unsigned slot;     /* of a native claim */
	unsigned location; /* of a displaced one */
	bool native;
};

enum claim_answer { CLAIM_DONE, CLAIM_NO_ROOM, CLAIM_BROKEN_HASH };

/* T1 on one slot: {EMPTY or elapsed TOMB} -> {LIVE, v}. */
static inline bool claim_slot(instar_thread *t, pair_cell *cell, struct pair claim)
{
	for (;;) {
		struct pair e = load_pair(cell);
		/* ORD:reuse — acquire in grace_elapsed; pairs with ORD:bury (bury.h); carries every access of
		 * the sections that could see the buried key */
		if (q_tag(e.first) != TAG_FREE || !tomb_elapsed(t, e.first))
			return false;
		/* ORD:claim — seq_cst; pairs with ORD:adopt (migrate.h); carries v */
		if (cas_pair(cell, e, claim)) {
			STEP(CLAIMED);
			return true;
		}
	}
}

/* T4: own claim -> TOMB, free at once: it was never visible.  A late helper's may fail harmlessly. */
static inline void withdraw_claim(pair_cell *cell, struct pair claim)
{
	struct pair tomb = { q_tomb(STAMP_ANYTIME, 0), claim.second };
	cas_pair(cell, claim, tomb);
	STEP(WITHDRAWN);
}

static inline bool claim_native(instar_thread *t, const struct place *p, struct claim *c, word h, word v)
{
	for (unsigned free = p->scan.free; free; free &= free - 1) {
		c->slot = mask_first(free);
		c->native = true;
		c->cell = &p->bucket->slot[c->slot];
		c->entry.first = q_native(h, !ctrl_p(p->header.first, c->slot), TAG_LIVE);
		c->entry.second = v;
		if (likely(claim_slot(t, c->cell, c->entry)))
			return true;
	}
	return false;
}

/* Far claims: *tombs counts slots on the way that a purge would free. */
static __attribute__((noinline)) bool claim_displaced(instar_thread *t, const struct place *p, struct line *line,
						      struct claim *c, word h, word v, bool reuse, unsigned *tombs)
{
	c->native = false;
	c->entry.second = v;
	for (c->location = 0; c->location < LOCATIONS; c->location++) {
		unsigned d = location_d(c->location);
		c->cell = place_location(p, c->location);
		c->entry.first = q_far(h, d, TAG_LIVE);
		word q = load_first_acquire(c->cell);
		if (reuse && (q_is_unfinished(q) || (q_tag(q) == TAG_DEAD && !reclaim_stalled(t)))) {
			size_t bucket = far_bucket(p->home, d, p->table->mask);
			if (bury_slot(t, p->table, bucket, location_slot(c->location)))
				count_burial(t, line);
		}
		if (claim_slot(t, c->cell, c->entry)) {
			line_add(line, &line->displaced, 1);
			return true;
		}
		*tombs += q_tag(q) == TAG_DEAD || q_tag(q) == TAG_FREE;
	}
	return false;
}

/*
 * Bury eagerly: an insertion that found no key first buries every DEAD of its home's bucket, natives and
 * guests.  Then steady churn needs no migration at all.
 */
static inline void bury_in_bucket(instar_thread *t, struct place *p, struct line *line)
{
	if (reclaim_stalled(t))
		return;
	for (unsigned dead = p->scan.dead; dead; dead &= dead - 1)
		if (bury_slot(t, p->table, p->home, mask_first(dead)))
			count_burial(t, line);
}

#endif
