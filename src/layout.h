/*
 * src/layout.h - every bit of a bucket.  No shift or mask of these words stands anywhere else.
 *
 *   ctrl   | version | filter | p (one bit a slot) | home state :2 |
 *   dir    | one bit for each location L |
 *   q      | hash | d | g :1 | tag :2 |        TOMB: the stamp in place of the hash
 *
 * A slot is {q, v}.  Native slot i of a home is visible when its g equals p_i; a displaced one when its
 * home's dir lists its location.  A LIVE slot that is not visible is a claim.
 *
 * The slot stores the low bits of h; the top PLACE_BITS are implied by the home (tables have at least
 * 2^PLACE_BITS homes).
 */
#ifndef INSTAR_LAYOUT_H
#define INSTAR_LAYOUT_H

#include "src/atomic.h"

#if !defined(INSTAR_BUCKET_SLOTS)
#define INSTAR_BUCKET_SLOTS 7
#endif

enum {
	SLOTS = INSTAR_BUCKET_SLOTS,
	TAG_BITS = 2,
	G_BITS = 1,
	D_BITS = WORD_BITS == 64 ? 5 : 4,
	PLACE_BITS = TAG_BITS + G_BITS + D_BITS,
	HASH_BITS = WORD_BITS - PLACE_BITS,
	FAR_BUCKETS = (1 << D_BITS) - 1,     /* d = 1 ... FAR_BUCKETS */
	FAR_SLOTS = 2,                       /* slots of a bucket that take guests */
	LOCATIONS = FAR_BUCKETS * FAR_SLOTS,
	STATE_BITS = 2,
	FILTER_LOG2 = WORD_BITS == 64 ? 4 : 2,
	FILTER_BITS = 1 << FILTER_LOG2,
	P_SHIFT = STATE_BITS,
	FILTER_SHIFT = P_SHIFT + SLOTS,
	VERSION_SHIFT = FILTER_SHIFT + FILTER_BITS,
	MIN_LOG2_HOMES = PLACE_BITS,
	MAX_LOG2_HOMES = WORD_BITS - FILTER_LOG2 - 1
};

_Static_assert(SLOTS == 3 || SLOTS == 7, "a bucket is one or two cache lines");
_Static_assert(TAG_BITS + G_BITS + D_BITS + HASH_BITS == WORD_BITS, "q fills its word");
_Static_assert((int)LOCATIONS <= (int)WORD_BITS, "dir has a bit for each location");
_Static_assert(VERSION_SHIFT + 16 < WORD_BITS, "the version is wide enough to not wrap under a slow reader");
_Static_assert((int)P_SHIFT >= (int)TAG_BITS, "p moves down to where g is");
_Static_assert(sizeof(pair_cell) == 2 * sizeof(word), "a pair is two words");

/* ---- ctrl ---- */

enum home_state {
	UNBORN = 0,    /* zeroed memory: nothing here yet; the entries, if any, are in the table before */
	STILLBORN = 1, /* its entries found no room: the table before keeps the authority */
	OPEN = 2,
	FROZEN = 3     /* gains no visible slot any more */
};

static inline enum home_state ctrl_state(word c)
{
	return (enum home_state)(c & ((1u << STATE_BITS) - 1));
}

/* OPEN or FROZEN: the home's own slots tell what it holds. */
static inline bool ctrl_is_born(word c)
{
	return (c & 2) != 0;
}

static inline unsigned ctrl_p(word c, unsigned slot)
{
	return (unsigned)(c >> (P_SHIFT + slot)) & 1;
}

/* p of the slot, where a q has its g */
static inline word ctrl_p_as_g(word c, size_t slot)
{
	return c >> (P_SHIFT - TAG_BITS + slot) & (word)1 << TAG_BITS;
}

static inline word ctrl_p_bit(unsigned slot)
{
	return (word)1 << (P_SHIFT + slot);
}

static inline word filter_bit(word h)
{
	return (word)1 << (FILTER_SHIFT + (h & (FILTER_BITS - 1)));
}

static inline bool ctrl_filter_has(word c, word h)
{
	return (c >> (FILTER_SHIFT + (h & (FILTER_BITS - 1))) & 1) != 0;
}

static inline word ctrl_with_filter(word c, word bits)
{
	return (c & ~((((word)1 << FILTER_BITS) - 1) << FILTER_SHIFT)) | bits;
}

static inline word ctrl_with_state(word c, enum home_state state)
{
	return (c & ~(word)((1u << STATE_BITS) - 1)) | (word)state;
}

static inline word ctrl_next_version(word c)
{
	return c + ((word)1 << VERSION_SHIFT); /* the carry falls off the top */
}

static inline word ctrl_version(word c)
{
	return c >> VERSION_SHIFT;
}

/* ---- q ---- */

enum tag {
	TAG_FREE = 0,   /* EMPTY (q == 0) or TOMB */
	TAG_LIVE = 1,   /* an entry, or a claim */
	TAG_DEAD = 2,   /* erased: only the same key may take it back */
	TAG_SEALED = 3  /* a live entry of a FROZEN home: never changes again */
};

static inline enum tag q_tag(word q)
{
	return (enum tag)(q & ((1u << TAG_BITS) - 1));
}

static inline unsigned q_g(word q)
{
	return (unsigned)(q >> TAG_BITS) & 1;
}

static inline unsigned q_d(word q)
{
	return (unsigned)(q >> (TAG_BITS + G_BITS)) & ((1u << D_BITS) - 1);
}

static inline word q_with_tag(word q, enum tag tag)
{
	return (q & ~(word)((1u << TAG_BITS) - 1)) | (word)tag;
}

static inline word q_native(word h, unsigned g, enum tag tag)
{
	return h << PLACE_BITS | (word)g << TAG_BITS | (word)tag;
}

static inline word q_far(word h, unsigned d, enum tag tag)
{
	return h << PLACE_BITS | (word)d << (TAG_BITS + G_BITS) | (word)tag;
}

/* The low HASH_BITS of h. */
static inline word q_hash(word q)
{
	return q >> PLACE_BITS;
}

#define Q_KEY_BITS (~(((word)1 << (TAG_BITS + G_BITS)) - 1))

/* Same hash, same d; whatever g and tag. */
static inline bool q_matches(word q, word h, unsigned d)
{
	return ((q ^ q_far(h, d, TAG_FREE)) & Q_KEY_BITS) == 0;
}

/* The bits of q that tell whether it is entry h, LIVE or SEALED; without g. */
#define Q_ENTRY_BITS (~((word)1 << TAG_BITS | (word)(TAG_SEALED ^ TAG_LIVE)))

/* Is it the native entry h, LIVE or SEALED; whatever g? */
static inline bool q_is_entry(word q, word h)
{
	return ((q ^ q_far(h, 0, TAG_LIVE)) & Q_ENTRY_BITS) == 0;
}

/* The LIVE entry h as c shows it in this native slot. */
static inline word q_shown(word h, word c, size_t slot)
{
	return q_far(h, 0, TAG_LIVE) | ctrl_p_as_g(c, slot);
}

/* Is it that entry, LIVE or SEALED? */
static inline bool q_is_shown_entry(word q, word h, word c, size_t slot)
{
	return ((q ^ q_shown(h, c, slot)) & (Q_ENTRY_BITS | (word)1 << TAG_BITS)) == 0;
}

/* Is it the entry {h, d, g}, LIVE or SEALED? */
static inline bool q_holds(word q, word h, unsigned d, unsigned g)
{
	word sealed_bit = TAG_SEALED ^ TAG_LIVE;
	return ((q ^ (q_far(h, d, TAG_LIVE) | (word)g << TAG_BITS)) & ~sealed_bit) == 0;
}

/* Is a native slot, whose home's ctrl is c, an entry that can be seen (LIVE, DEAD or SEALED)? */
static inline bool q_native_visible(word q, word c, unsigned slot)
{
	return q_tag(q) != TAG_FREE && q_d(q) == 0 && q_g(q) == ctrl_p(c, slot);
}

/* ---- tombstones ---- */

#define STAMP_UNFINISHED ((word)0) /* buried, not yet out of its home's dir; only with d > 0 */
#define STAMP_ANYTIME ((word)1)    /* free at once: nobody ever saw it */
#define STAMP_NEVER ((word)-1 >> PLACE_BITS)

static inline word q_tomb(word stamp, unsigned d)
{
	return stamp << PLACE_BITS | (word)d << (TAG_BITS + G_BITS);
}

static inline word q_stamp(word q)
{
	return q >> PLACE_BITS;
}

static inline bool q_is_unfinished(word q)
{
	return q != 0 && q_tag(q) == TAG_FREE && q_stamp(q) == STAMP_UNFINISHED;
}

#endif
