/*
 * src/update.h - T5 resurrect, T6 update, T7 erase: one CAS on the key's own slot.
 *
 * They leave hash, d and g alone, so what is visible stays visible (I1), and they succeed on a FROZEN
 * home until T11 has reached the slot (I6).  The CAS compares q and v whole: it fails if the slot has
 * been sealed, buried or changed since it was read, and the caller looks again.
 */
#ifndef INSTAR_UPDATE_H
#define INSTAR_UPDATE_H

#include "src/place.h"

/* ORD:update — seq_cst; pairs with ORD:see-q (lookup.h), ORD:see-far (lookup.h); carries v, and what the
 * caller wrote before the call */
static inline bool change_slot(const struct place *p, word q, word v)
{
	struct pair desired = { q, v };
	bool done = cas_pair(p->cell, p->entry, desired); /* LP: T5, T6, T7 */
	STEP(UPDATED);
	return done;
}

/* T5: {DEAD, v} -> {LIVE, v'}. */
static inline bool resurrect_slot(const struct place *p, word v)
{
	return change_slot(p, q_with_tag(p->entry.first, TAG_LIVE), v);
}

/* T6: {LIVE, v} -> {LIVE, v'}. */
static inline bool update_slot(const struct place *p, word v)
{
	return change_slot(p, p->entry.first, v);
}

/* T7: {LIVE, v} -> {DEAD, v}.  v stays: a reader that saw LIVE may still be about to load it (I4). */
static inline bool erase_slot(const struct place *p)
{
	return change_slot(p, q_with_tag(p->entry.first, TAG_DEAD), p->entry.second);
}

#endif
