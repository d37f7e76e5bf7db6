/*
 * src/publish.h - T2, T3: one CAS on the home's header shows a claim.
 *
 * The header expected is the one that was scanned and found not to hold the key.  Every appearance of a
 * new key in a home changes its version (I5), so of two claims of one key only one is ever published by
 * a scan that missed the other (I1).  Before it, the miss filter shows the key (I10).
 */
#ifndef INSTAR_PUBLISH_H
#define INSTAR_PUBLISH_H

#include "src/claim.h"
#include "src/filter.h"

/* T2: p_i flips. */
static inline struct pair header_with_native(struct pair header, unsigned slot)
{
	header.first ^= ctrl_p_bit(slot);
	return header;
}

/* T3: the dir lists the location, the filter shows the hash. */
static inline struct pair header_with_displaced(struct pair header, unsigned location, word h)
{
	header.first |= filter_bit(h);
	header.second |= (word)1 << location;
	return header;
}

/* T2 or T3 by the header as scanned.  The home is OPEN, or UNBORN in a table without prev: then it becomes OPEN. */
static inline bool publish_claim(const struct table *table, size_t home, struct pair scanned, const struct claim *c,
				 word h)
{
	if (unlikely(table->filter))
		filter_set(table, home, filter_word_bits(table, h));
	struct pair header = c->native ? header_with_native(scanned, c->slot)
				       : header_with_displaced(scanned, c->location, h);
	header.first = ctrl_with_state(ctrl_next_version(header.first), OPEN);
	/* ORD:publish — seq_cst; pairs with ORD:see-ctrl (bucket.h), ORD:see-dir (bucket.h); carries the
	 * claim's q and v */
	bool done = cas_pair(&table->buckets[home].header, scanned, header); /* LP: T2, T3 */
	if (done)
		STEP(PUBLISHED);
	else
		STEP(PUBLISH_LOST);
	return done;
}

#endif
