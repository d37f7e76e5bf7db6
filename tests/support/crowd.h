/*
 * tests/support/crowd.h - keys that meet: chosen so that their hashes begin with the same bits.
 *
 * With a known seed the key of any hash can be computed (src/hash.h).  Keys of one home fight for its
 * slots, are displaced and bury each other, which numbers taken at random hardly ever do.
 */
#ifndef TESTS_CROWD_H
#define TESTS_CROWD_H

#include "src/hash.h"

struct crowd {
	struct hash_seed seed;
	unsigned bits; /* how many first bits of the hash are the same; 0: a crowd of all */
	word prefix;   /* these bits, at the top of the word */
};

static inline struct crowd crowd_new(const uint64_t seed[2], unsigned bits, uint64_t prefix)
{
	struct crowd crowd = { hash_seed_from(seed), bits, 0 };

	if (bits)
		crowd.prefix = (word)prefix << (WORD_BITS - bits);
	return crowd;
}

/* The key number i of group 0 … 3 of the crowd; all different. */
static inline uint64_t crowd_key(const struct crowd *crowd, unsigned group, uint64_t i)
{
	word spread = (word)i * (word)0x9e3779b97f4a7c15u;
	word low = (spread << 2 | group) & ((word)-1 >> crowd->bits);

	return hash_key(&crowd->seed, crowd->prefix | low);
}

#endif
