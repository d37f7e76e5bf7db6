/*
 * tests/unit/hash.c - h is a bijection, and spreads what people use as keys.
 */
#include <criterion/criterion.h>

#include "src/hash.h"
#include "tests/support/rng.h"

enum { SEEDS = 50, KEYS = 20000 };

Test(hash, the_key_comes_back_from_h)
{
	struct rng rng = { 12345 };

	for (unsigned s = 0; s < SEEDS; s++) {
		const uint64_t words[2] = { s < 2 ? s : rng_next(&rng), s < 2 ? 0 : rng_next(&rng) };
		struct hash_seed seed = hash_seed_from(words);

		for (unsigned i = 0; i < 3; i++)
			cr_assert_eq((word)(seed.multiplier[i] * seed.inverse[i]), 1);
		for (unsigned i = 0; i < KEYS / 10; i++) {
			word key = (word)rng_next(&rng);

			cr_assert_eq(hash_key(&seed, hash_of(&seed, key)), key);
			cr_assert_eq(hash_key(&seed, hash_of(&seed, (word)i)), (word)i);
			cr_assert_eq(hash_of(&seed, hash_key(&seed, key)), key);
		}
		cr_assert_eq(hash_key(&seed, hash_of(&seed, (word)-1)), (word)-1);
	}
}

Test(hash, seeds_differ)
{
	const uint64_t words[4][2] = { { 0, 0 }, { 1, 0 }, { 0, 1 }, { 1, 1 } };

	for (unsigned i = 0; i < 4; i++)
		for (unsigned j = 0; j < i; j++) {
			struct hash_seed a = hash_seed_from(words[i]), b = hash_seed_from(words[j]);

			cr_assert(a.multiplier[0] != b.multiplier[0] || a.multiplier[2] != b.multiplier[2]);
		}
}

/* Chi-square of the top 10 bits: mean 1023, deviation 45. */
static double unevenness(const struct hash_seed *seed, word (*key)(unsigned))
{
	static unsigned count[1024];
	double expected = KEYS / 1024.0, sum = 0;

	memset(count, 0, sizeof count);
	for (unsigned i = 0; i < KEYS; i++)
		count[hash_of(seed, key(i)) >> (WORD_BITS - 10)]++;
	for (unsigned i = 0; i < 1024; i++)
		sum += (count[i] - expected) * (count[i] - expected) / expected;
	return sum;
}

static word small_numbers(unsigned i) { return i; }
static word multiples(unsigned i) { return (word)i << 12; }
static word addresses(unsigned i) { return (word)0x5500000u + i * 48; }
static word high_bits(unsigned i) { return (word)i << (WORD_BITS - 16); }
static word top_bits(unsigned i) { return (word)i << (WORD_BITS - 15); }
static word both_halves(unsigned i) { return (word)i << WORD_BITS / 2 | (word)i; }
static word mixed(unsigned i) { return (word)i * (word)0x9e3779b97f4a7c15u; }

/* The seeds are fixed: the outcome is the same in every run. */
Test(hash, usual_key_sets_are_spread_evenly)
{
	word (*const sets[])(unsigned) = { small_numbers, multiples, addresses, high_bits, top_bits, both_halves, mixed };

	for (unsigned set = 0; set < sizeof sets / sizeof *sets; set++) {
		unsigned uneven = 0;

		for (uint64_t s = 1; s <= SEEDS; s++) {
			struct hash_seed seed = hash_seed_from((const uint64_t[2]){ s, s * s });

			/* (high_bits has but 2^16 different keys: each comes once, KEYS is below.) */
			uneven += unevenness(&seed, sets[set]) > 1023 + 10 * 45;
		}
		cr_assert_eq(uneven, 0, "key set %u: %u of %d seeds", set, uneven, SEEDS);
	}
}

/* Any two keys share their top 8 bits for about 2 of 256 seeds at most. */
Test(hash, no_two_keys_collide_for_many_seeds)
{
	const word pairs[][2] = { { 0, 1 }, { 1, 2 }, { 0, (word)-1 }, { 1, (word)1 << (WORD_BITS - 1) },
				  { 5, 5 + ((word)1 << WORD_BITS / 2) }, { 1000, 1001 } };

	for (unsigned p = 0; p < sizeof pairs / sizeof *pairs; p++) {
		unsigned same = 0;

		for (uint64_t s = 1; s <= 4096; s++) {
			struct hash_seed seed = hash_seed_from((const uint64_t[2]){ s, ~s });

			same += hash_of(&seed, pairs[p][0]) >> (WORD_BITS - 8) ==
				hash_of(&seed, pairs[p][1]) >> (WORD_BITS - 8);
		}
		cr_assert_leq(same, 4096 * 2 / 256 * 2, "pair %u: %u of 4096 seeds", p, same);
	}
}
