/*
 * src/hash.h - h, a seeded bijection of the key.
 *
 * Twice a product with a secret odd number, whose upper half is then added to the lower (xor); and a third product.
 * That one is multiplicative hashing with a random odd multiplier, which is 2-universal in its top bits
 * (Dietzfelbinger et al., "A reliable randomized algorithm for the closest-pair problem", 1997): whatever two
 * keys an attacker picks, they share the top k bits with probability at most 2/2^k.  The two rounds before it spread
 * regular key sets; one would not do for keys that differ in their top bits only, whose products have no lower
 * half: all would be one arithmetic progression.  Every step can be undone, so h stands for the key: the map
 * stores no other copy.
 */
#ifndef INSTAR_HASH_H
#define INSTAR_HASH_H

#include "src/atomic.h"

struct hash_seed {
	word multiplier[3], inverse[3];
};

enum { HASH_SHIFT_1 = WORD_BITS / 2, HASH_SHIFT_2 = WORD_BITS / 2 - 3 };

static inline word hash_of(const struct hash_seed *s, word key)
{
	word x = key * s->multiplier[0];
	x ^= x >> HASH_SHIFT_1;
	x *= s->multiplier[1];
	x ^= x >> HASH_SHIFT_2;
	return x * s->multiplier[2];
}

static inline word hash_key(const struct hash_seed *s, word h)
{
	word x = h * s->inverse[2];
	x ^= x >> HASH_SHIFT_2 ^ x >> 2 * HASH_SHIFT_2;
	x *= s->inverse[1];
	x ^= x >> HASH_SHIFT_1;
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

/* The last multiplier is independent of the others. */
static inline struct hash_seed hash_seed_from(const uint64_t seed[2])
{
	const uint64_t from[3] = { seed[0], ~seed[0], seed[1] ^ (uint64_t)1 << 63 };
	struct hash_seed s;
	for (int i = 0; i < 3; i++) {
		word m = (word)(hash_spread(from[i]) >> (64 - WORD_BITS)) | 1;
		word inverse = m; /* right in 3 bits; Newton's step doubles them */
		for (int bits = 3; bits < WORD_BITS; bits *= 2)
			inverse *= 2 - m * inverse;
		s.multiplier[i] = m;
		s.inverse[i] = inverse;
	}
	return s;
}

#endif
