/*
 * tests/unit/layout.c - every field of ctrl and q keeps to its own bits: what is packed comes back, over
 * all combinations of the small fields and edge values of the large ones.
 */
#include <criterion/criterion.h>

#include "src/bucket.h"
#include "src/layout.h"

/* p of one slot, found by looking: the only bit of ctrl that ctrl_p reads for it. */
static word p_bit(unsigned slot)
{
	word bit = 1;

	while (!ctrl_p(bit, slot))
		bit <<= 1;
	return bit;
}

static const word hashes[] = {
	0, 1, 2, 0x5555, (word)0x5555555555555555u, (word)0xaaaaaaaaaaaaaaaau, (word)-1 >> 1, (word)-1
};
enum { HASHES = sizeof hashes / sizeof *hashes };

#define HASH_MASK ((word)-1 >> PLACE_BITS)

Test(layout, q_gives_back_hash_d_g_and_tag)
{
	for (unsigned i = 0; i < HASHES; i++)
		for (unsigned d = 0; d <= FAR_BUCKETS; d++)
			for (unsigned tag = TAG_FREE; tag <= TAG_SEALED; tag++) {
				word q = q_far(hashes[i], d, (enum tag)tag);

				cr_assert_eq(q_hash(q), hashes[i] & HASH_MASK);
				cr_assert_eq(q_d(q), d);
				cr_assert_eq(q_g(q), 0);
				cr_assert_eq(q_tag(q), tag);
			}
	for (unsigned i = 0; i < HASHES; i++)
		for (unsigned g = 0; g < 2; g++) {
			word q = q_native(hashes[i], g, TAG_LIVE);

			cr_assert_eq(q_hash(q), hashes[i] & HASH_MASK);
			cr_assert_eq(q_d(q), 0);
			cr_assert_eq(q_g(q), g);
		}
}

Test(layout, a_new_tag_leaves_the_rest_alone)
{
	for (unsigned i = 0; i < HASHES; i++)
		for (unsigned from = TAG_FREE; from <= TAG_SEALED; from++)
			for (unsigned to = TAG_FREE; to <= TAG_SEALED; to++) {
				word q = q_with_tag(q_native(hashes[i], 1, (enum tag)from), (enum tag)to);

				cr_assert_eq(q, q_native(hashes[i], 1, (enum tag)to));
			}
}

Test(layout, a_match_ignores_g_and_tag_and_nothing_else)
{
	for (unsigned i = 0; i < HASHES; i++)
		for (unsigned d = 0; d <= FAR_BUCKETS; d++) {
			word q = q_far(hashes[i], d, TAG_SEALED) | (word)1 << TAG_BITS;

			cr_assert(q_matches(q, hashes[i], d));
			cr_assert_not(q_matches(q, hashes[i], d ^ 1));
			for (unsigned bit = 0; bit < HASH_BITS; bit++)
				cr_assert_not(q_matches(q, hashes[i] ^ (word)1 << bit, d));
		}
}

Test(layout, holds_means_live_or_sealed_with_this_g)
{
	for (unsigned tag = TAG_FREE; tag <= TAG_SEALED; tag++)
		for (unsigned g = 0; g < 2; g++)
			for (unsigned asked = 0; asked < 2; asked++)
				cr_assert_eq(q_holds(q_native(77, g, (enum tag)tag), 77, 0, asked),
					     g == asked && (tag == TAG_LIVE || tag == TAG_SEALED));
	cr_assert_not(q_holds(q_far(77, 3, TAG_LIVE), 77, 0, 0));
	cr_assert(q_holds(q_far(77, 3, TAG_SEALED), 77, 3, 0));
}

Test(layout, native_visibility_compares_g_with_p)
{
	for (unsigned slot = 0; slot < SLOTS; slot++)
		for (unsigned g = 0; g < 2; g++) {
			word c = p_bit(slot);

			cr_assert_eq(q_native_visible(q_native(9, g, TAG_LIVE), c, slot), g == 1);
			cr_assert_eq(q_native_visible(q_native(9, g, TAG_DEAD), 0, slot), g == 0);
			cr_assert_not(q_native_visible(q_native(9, g, TAG_FREE), c, slot));
			cr_assert_not(q_native_visible(q_far(9, 1, TAG_LIVE), 0, slot));
		}
}

Test(layout, tombstones_keep_stamp_and_d)
{
	const word stamps[] = { STAMP_UNFINISHED, STAMP_ANYTIME, 2, 1000, STAMP_NEVER - 1, STAMP_NEVER };

	for (unsigned i = 0; i < sizeof stamps / sizeof *stamps; i++)
		for (unsigned d = 0; d <= FAR_BUCKETS; d++) {
			word q = q_tomb(stamps[i], d);

			cr_assert_eq(q_tag(q), TAG_FREE);
			cr_assert_eq(q_stamp(q), stamps[i]);
			cr_assert_eq(q_d(q), d);
			cr_assert_eq(q == 0, stamps[i] == 0 && d == 0, "only an unfinished native burial looks EMPTY");
			cr_assert_eq(q_is_unfinished(q), stamps[i] == STAMP_UNFINISHED && d > 0);
		}
	cr_assert_not(q_is_unfinished(0), "EMPTY is no burial");
	cr_assert_not(q_is_unfinished(q_far(0, 1, TAG_LIVE)));
}

/* A ctrl from its parts, by the functions under test. */
static word ctrl(unsigned version, word filter, unsigned p, enum home_state state)
{
	word c = ctrl_with_state(0, state);

	for (unsigned i = 0; i < version; i++)
		c = ctrl_next_version(c);
	for (unsigned slot = 0; slot < SLOTS; slot++)
		if (p >> slot & 1)
			c |= p_bit(slot);
	return ctrl_with_filter(c, filter);
}

Test(layout, ctrl_gives_back_every_combination_of_its_flags)
{
	const word filters[] = { 0, filter_bit(0), filter_bit(FILTER_BITS - 1), filter_bit(1) | filter_bit(2) };

	for (unsigned p = 0; p < 1u << SLOTS; p++)
		for (unsigned state = UNBORN; state <= STILLBORN; state++)
			for (unsigned f = 0; f < 4; f++) {
				word c = ctrl(3, filters[f], p, (enum home_state)state);

				cr_assert_eq(ctrl_state(c), state);
				cr_assert_eq(ctrl_is_born(c), state == OPEN || state == FROZEN);
				cr_assert_eq(ctrl_version(c), 3);
				for (unsigned slot = 0; slot < SLOTS; slot++)
					cr_assert_eq(ctrl_p(c, slot), p >> slot & 1);
				for (word h = 0; h < FILTER_BITS; h++)
					cr_assert_eq(ctrl_filter_has(c, h), (filters[f] & filter_bit(h)) != 0);
			}
}

Test(layout, the_filter_is_as_wide_as_said)
{
	word all = 0;

	for (word h = 0; h < FILTER_BITS; h++)
		all |= filter_bit(h);
	cr_assert_eq(__builtin_popcountll(all), FILTER_BITS);
	cr_assert_eq(filter_bit(FILTER_BITS), filter_bit(0), "it takes the low bits of h");
	cr_assert_eq(ctrl_with_filter(ctrl(1, all, 5, OPEN), 0), ctrl(1, 0, 5, OPEN));
}

Test(layout, the_version_wraps_without_a_trace)
{
	word last = (word)-1 >> VERSION_SHIFT << VERSION_SHIFT | ctrl_with_state(0, OPEN);

	cr_assert_eq(ctrl_next_version(last), ctrl_with_state(0, OPEN));
}

Test(layout, zeroed_memory_is_an_unborn_home_of_empty_slots)
{
	cr_assert_eq(ctrl_state(0), UNBORN);
	cr_assert_eq(q_tag(0), TAG_FREE);
	cr_assert_not(ctrl_is_born(0));
	cr_assert_eq(sizeof(struct bucket), (SLOTS + 1) * sizeof(pair_cell));
}

Test(layout, pairs_change_whole_or_not_at_all)
{
	pair_cell cell;
	struct pair zero = { 0, 0 }, a = { 1, (word)-1 }, b = { (word)-1, 2 }, half = { 1, 0 };

	memset(&cell, 0, sizeof cell);
	cr_assert(cas_pair(&cell, zero, a));
	cr_assert(pair_equal(load_pair(&cell), a));
	cr_assert_not(cas_pair(&cell, half, b));
	cr_assert_not(cas_pair(&cell, zero, b));
	cr_assert(pair_equal(load_pair(&cell), a));
	cr_assert(cas_pair(&cell, a, b));
	cr_assert_eq(load_first_acquire(&cell), b.first);
	cr_assert_eq(load_second_acquire(&cell), b.second);
	cr_assert_eq(load_first_seq_cst(&cell), b.first);
	cr_assert_eq(load_second_seq_cst(&cell), b.second);
}
