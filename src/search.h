/*
 * src/search.h - all slots of a bucket at once.
 *
 * Which slot matches is unpredictable, so all are compared first and one branch decides.  The answers
 * are masks, bit i for slot i, of what each slot showed at some moment after the caller's load of ctrl.
 * They are hints on where to look: whoever acts on a slot reads it again by an atomic load.  A slot that
 * is *not* in a mask is not read again, so the loads here must be as good as atomic ones: x86-64 loads
 * aligned 8-byte lanes whole and keeps loads in order (Intel SDM vol. 3, 9.2.2; lanes: measured and
 * documented by both vendors for aligned AVX loads); elsewhere, and under a checker, each slot is loaded
 * atomically.
 */
#ifndef INSTAR_SEARCH_H
#define INSTAR_SEARCH_H

#include "src/bucket.h"

struct scan {
	unsigned match; /* same hash, native; any g, any tag */
	unsigned dead;  /* DEAD, natives and guests */
	unsigned free;  /* EMPTY or TOMB */
};

#if defined(__AVX2__) && !defined(INSTAR_HALF_WIDTH) && INSTAR_BUCKET_SLOTS == 7 && !defined(PAIR_TELL_TSAN) && \
	!defined(PORT_SHIM)

#include <immintrin.h>

/* The q words of a bucket, as they lie in the lanes: {q1 q3 q2 q4} and {ctrl q5 q0 q6}. */
struct lanes {
	__m256i low, high;
};

static inline struct lanes load_lanes(const struct bucket *b)
{
	const __m256i *p = (const __m256i *)(const void *)b;
	compiler_barrier();
	__m256i first = _mm256_load_si256(p);
	__m256i second = _mm256_load_si256(p + 1);
	__m256i third = _mm256_load_si256(p + 2);
	__m256i fourth = _mm256_load_si256(p + 3);
	compiler_barrier();
	struct lanes l;
	l.low = _mm256_unpacklo_epi64(second, third);
	l.high = _mm256_unpacklo_epi64(first, fourth);
	return l;
}

/* Two comparisons' results (all ones or zero a lane) to a mask in slot order. */
static inline unsigned lanes_mask(__m256i low, __m256i high)
{
	const __m256i order = _mm256_setr_epi32(6, 0, 4, 1, 5, 3, 7, 2);
	__m256i both = _mm256_castps_si256(
		_mm256_shuffle_ps(_mm256_castsi256_ps(low), _mm256_castsi256_ps(high), 0xdd));
	both = _mm256_permutevar8x32_epi32(both, order);
	return (unsigned)_mm256_movemask_ps(_mm256_castsi256_ps(both)) & ((1u << SLOTS) - 1);
}

static inline unsigned lanes_match(struct lanes l, word q, word bits)
{
	const __m256i keep = _mm256_set1_epi64x((long long)bits);
	const __m256i wanted = _mm256_set1_epi64x((long long)q);
	return lanes_mask(_mm256_cmpeq_epi64(_mm256_and_si256(l.low, keep), wanted),
			  _mm256_cmpeq_epi64(_mm256_and_si256(l.high, keep), wanted));
}

static inline unsigned lanes_match_key(struct lanes l, word h)
{
	return lanes_match(l, q_far(h, 0, TAG_FREE), Q_KEY_BITS);
}

static inline unsigned scan_matches(const struct bucket *b, word h)
{
	return lanes_match_key(load_lanes(b), h);
}

static inline unsigned scan_entries(const struct bucket *b, word h)
{
	return lanes_match(load_lanes(b), q_far(h, 0, TAG_LIVE), Q_ENTRY_BITS);
}

/* tag bit 1 and tag bit 0, each moved to the lane's sign */
static inline void lanes_tags(struct lanes l, struct scan *s)
{
	unsigned high = lanes_mask(_mm256_slli_epi64(l.low, 62), _mm256_slli_epi64(l.high, 62));
	unsigned low = lanes_mask(_mm256_slli_epi64(l.low, 63), _mm256_slli_epi64(l.high, 63));
	s->dead = high & ~low;
	s->free = ~(high | low) & ((1u << SLOTS) - 1);
}

static inline struct scan scan_tags(const struct bucket *b)
{
	struct scan s = { 0, 0, 0 };
	lanes_tags(load_lanes(b), &s);
	return s;
}

static inline struct scan scan_bucket(const struct bucket *b, word h)
{
	struct lanes l = load_lanes(b);
	struct scan s;
	s.match = lanes_match_key(l, h);
	lanes_tags(l, &s);
	return s;
}

#else

static inline unsigned scan_matches(const struct bucket *b, word h)
{
	unsigned match = 0;
	for (unsigned i = 0; i < SLOTS; i++)
		match |= (unsigned)q_matches(load_first_acquire(&b->slot[i]), h, 0) << i;
	return match;
}

static inline unsigned scan_entries(const struct bucket *b, word h)
{
	unsigned entries = 0;
	for (unsigned i = 0; i < SLOTS; i++)
		entries |= (unsigned)q_is_entry(load_first_acquire(&b->slot[i]), h) << i;
	return entries;
}

static inline struct scan scan_tags(const struct bucket *b)
{
	struct scan s = { 0, 0, 0 };
	for (unsigned i = 0; i < SLOTS; i++) {
		enum tag tag = q_tag(load_first_acquire(&b->slot[i]));
		s.dead |= (unsigned)(tag == TAG_DEAD) << i;
		s.free |= (unsigned)(tag == TAG_FREE) << i;
	}
	return s;
}

static inline struct scan scan_bucket(const struct bucket *b, word h)
{
	struct scan s = scan_tags(b);
	s.match = scan_matches(b, h);
	return s;
}

#endif

/* The lowest slot of a mask that is not empty. */
static inline size_t mask_first(unsigned mask)
{
	return (size_t)__builtin_ctz(mask);
}

static inline word mask_first_location(word dir)
{
	return (word)__builtin_ctzll((unsigned long long)dir);
}

#endif
