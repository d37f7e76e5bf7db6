/*
 * src/filter.h - the miss filter (INSTAR_MAP_MISS_FILTER): a word for each home, beside the buckets.
 *
 * Two bits of a home's word stand for a key, both chosen by the bits of h that follow the home's.  They are set
 * before the key's entry becomes visible in this table, and never cleared: erased entries leave them, and
 * the next table begins with none.  So the filter may show too much, never too little:
 *
 *   I10  Whatever a home shows as LIVE, DEAD or SEALED has its bits in the home's word of the same table.
 *
 * Entries become visible by T2, T3 (their publisher sets the bits first) and T12 (so does every helper, for all
 * that it is about to show).  T5 brings back an entry that was visible.  Nothing else makes one visible.
 *
 * A miss is settled by three loads in this order: root T, T.prev, the key's word.  If prev is NULL and a bit is
 * clear, the key was absent at a moment of the call.  Bits are never cleared, so the key was not visible in T
 * at any time before the third load.  T had the authority over its home at the time of the first load or, if the
 * home was born after that, at its birth, which came before the second: T15 follows all births.  (Loaded the
 * other way round, the word could be older than the birth, and the key all the time in the table before.)  A
 * home that is UNBORN in a table without prev has never held anything: its misses are settled, too.
 *
 * Setting and testing are seq_cst, as the publications are: with insertions of a and b by two threads that each then
 * look for the other's key, one of them sees it.
 */
#ifndef INSTAR_FILTER_H
#define INSTAR_FILTER_H

#include "src/table.h"

enum { MISS_LOG2 = 5 }; /* a uint32_t has 2^5 bits */

static inline uint32_t filter_word_bits(const struct table *table, word h)
{
	word rest = (word)(h << table->log2_homes);
	return (uint32_t)1 << (rest >> (WORD_BITS - MISS_LOG2)) |
	       (uint32_t)1 << ((word)(rest << MISS_LOG2) >> (WORD_BITS - MISS_LOG2));
}

/* Before the entry's publication.  Wait-free: a failed CAS means that another bit was set, and none is cleared. */
static inline void filter_set(const struct table *table, size_t home, uint32_t bits)
{
	uint32_t *w = &table->filter[home];
	uint32_t seen = load_seq_cst(w); /* most often they are set only once: a CAS costs more than a look */
	/* ORD:show — seq_cst; pairs with ORD:see-filter (filter.h); carries nothing, but precedes ORD:publish
	 * (publish.h) or ORD:birth (migrate.h) */
	while ((seen & bits) != bits && !cas_seq_cst(w, &seen, seen | bits))
		;
}

static inline bool filter_shows(const struct table *table, word h)
{
	uint32_t bits = filter_word_bits(table, h);
	/* ORD:see-filter — seq_cst; pairs with ORD:show (filter.h) */
	return (load_seq_cst(&table->filter[home_of(table, h)]) & bits) == bits; /* LP of a miss */
}

/* Is h absent, by the filter alone?  `table` is the root that was loaded within the call.  The load of prev pairs
 * with ORD:migrated (grow.h); prev is not followed. */
static inline bool filter_settles(const struct table *table, word h)
{
	return load_seq_cst(&table->prev) == 0 && !filter_shows(table, h);
}

#endif
