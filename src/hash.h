/*
 * src/hash.h - h, a seeded bijection of the key.
 *
 * h = ((k * m0) ^ (k * m0 >> half)) * m1 with secret odd m0, m1.  The last step is multiplicative
 * hashing with a random odd multiplier, which is 2-universal in its top bits (Dietzfelbinger et al.,
 * "A reliable randomized algorithm for the closest-pair problem", 1997): whatever two keys an attacker
 * picks, they share the top k bits with probability at most 2/2^k.  The first two steps spread regular
 * key sets.  Every step can be undone, so h stands for the key: the map stores no other copy.
 */
#ifndef INSTAR_HASH_H
#define INSTAR_HASH_H

#include "src/atomic.h"

struct hash_seed {
	word multiplier[2], inverse[2];
};

static inline word hash_of(const struct hash_seed *s, word key)
{
	word x = key * s->multiplier[0];
	x ^= x >> (WORD_BITS / 2);
	return x * s->multiplier[1];
}

static inline word hash_key(const struct hash_seed *s, word h)
{
	word x = h * s->inverse[1];
	x ^= x >> (WORD_BITS / 2);
	return x * s->inverse[0];
}

/* The finalizer of SplitMix64 (Steele, Lea, Flood 2014): spreads seeds that people type. */
static inline uint64_t hash_spread(uint64_t x)
{
	x += 0x9e3779b97f4a7c15;
	x = (x ^ x >> 30) * 0xbf58476d1ce4e5b9;
	x = (x ^ x >> 27) * 0x94d049bb133111eb;
	return x ^ x >> 31;
}

static inline struct hash_seed hash_seed_from(const uint64_t seed[2])
{
	struct hash_seed s;
	for (int i = 0; i < 2; i++) {
		word m = (word)(hash_spread(seed[i] ^ (uint64_t)i << 63) >> (64 - WORD_BITS)) | 1;
		word inverse = m; /* right in 3 bits; Newton's step doubles them */
		for (int bits = 3; bits < WORD_BITS; bits *= 2)
			inverse *= 2 - m * inverse;
		s.multiplier[i] = m;
		s.inverse[i] = inverse;
	}
	return s;
}

#endif
