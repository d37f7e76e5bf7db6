/*
 * tests/unit/slots.c - T5 resurrect, T6 update, T7 erase, T8 and T9 bury, each by itself.
 */
#include "tests/unit/fixture.h"

TestSuite(slots, .init = setup, .fini = teardown);

Test(slots, T7_hides_the_key_and_leaves_its_value)
{
	word h = hash_in(HOME, 1), before;
	struct claim c = add(h, 5);

	before = ctrl_of(HOME);
	erase(h);
	cr_assert(lookup_misses(h));
	cr_assert_eq(q_tag(load_first_acquire(c.cell)), TAG_DEAD);
	cr_assert_eq(load_second_acquire(c.cell), 5, "a reader may be about to load it");
	cr_assert_eq(ctrl_of(HOME), before);
}

Test(slots, T7_fails_when_the_value_changed)
{
	word h = hash_in(HOME, 1);
	enum tag tag;
	struct place old, now;

	add(h, 5);
	old = now = find(h, &tag);
	cr_assert(update_slot(&now, 6));
	cr_assert_not(erase_slot(&old));
	cr_assert_not(update_slot(&old, 7));
	cr_assert(lookup_is(h, 6));
}

Test(slots, T6_changes_the_value_alone)
{
	word h = hash_in(HOME, 1), q;
	struct claim c = add(h, 5);
	enum tag tag;
	struct place p = find(h, &tag);

	q = load_first_acquire(c.cell);
	cr_assert(update_slot(&p, 6));
	cr_assert(lookup_is(h, 6));
	cr_assert_eq(load_first_acquire(c.cell), q);
}

Test(slots, T5_brings_the_key_back_in_its_own_slot)
{
	word h = hash_in(HOME, 1), before;
	struct claim c = add(h, 5);
	enum tag tag;
	struct place p;

	before = ctrl_of(HOME);
	erase(h);
	p = find(h, &tag);
	cr_assert_eq(tag, TAG_DEAD);
	cr_assert(resurrect_slot(&p, 8));
	cr_assert(lookup_is(h, 8));
	cr_assert_eq(load_first_acquire(c.cell), c.entry.first);
	cr_assert_eq(ctrl_of(HOME), before, "no header changes");
	cr_assert_not(resurrect_slot(&p, 9), "once");
}

Test(slots, T5_fails_on_a_buried_slot)
{
	word h = hash_in(HOME, 1);
	struct claim c = add(h, 5);
	enum tag tag;
	struct place p;

	erase(h);
	p = find(h, &tag);
	cr_assert(bury_native(self, c.cell, p.entry));
	cr_assert_not(resurrect_slot(&p, 9));
	cr_assert(lookup_misses(h));
}

Test(slots, T8_stamps_the_tombstone)
{
	word h = hash_in(HOME, 1);
	struct claim c = add(h, 5);

	erase(h);
	cr_assert(bury_slot(self, table, HOME, c.slot));
	cr_assert_eq(load_first_acquire(c.cell), q_tomb((word)manual_now + 3, 0));
	cr_assert_eq(load_second_acquire(c.cell), 5);
	cr_assert_not(claim_slot(self, c.cell, c.entry), "not free before its time");
	manual_now += 3;
	cr_assert(claim_slot(self, c.cell, c.entry));
}

Test(slots, T8_leaves_the_living_alone)
{
	word h = hash_in(HOME, 1);
	struct claim c = add(h, 5);
	enum tag tag;
	struct place dead;

	cr_assert_not(bury_slot(self, table, HOME, c.slot));
	erase(h);
	dead = find(h, &tag);
	cr_assert(resurrect_slot(&dead, 5));
	cr_assert_not(bury_native(self, c.cell, dead.entry), "resurrected since");
	cr_assert(lookup_is(h, 5));
}

/* HOME full, then two displaced keys whose filter bits differ; returns their claims. */
static void two_displaced(word h[2], struct claim c[2])
{
	fill_natives();
	h[0] = hash_in(HOME, 2 * 40);
	h[1] = hash_in(HOME, 2 * 41);
	c[0] = add(h[0], 1);
	c[1] = add(h[1], 2);
	cr_assert(!c[0].native && !c[1].native);
	cr_assert_neq(filter_bit(h[0]), filter_bit(h[1]));
}

Test(slots, T9_unlists_the_key_then_stamps_it)
{
	struct claim c[2];
	word h[2];

	two_displaced(h, c);
	erase(h[0]);
	cr_assert(ctrl_filter_has(ctrl_of(HOME), h[0]), "erasing leaves the header alone");
	cr_assert(bury_slot(self, table, HOME ^ 1, SLOTS - 1));
	cr_assert_eq(bucket_dir(&table->buckets[HOME]), (word)1 << c[1].location);
	cr_assert_not(ctrl_filter_has(ctrl_of(HOME), h[0]), "the filter is computed anew");
	cr_assert(ctrl_filter_has(ctrl_of(HOME), h[1]), "and shows who stays");
	cr_assert_eq(load_first_acquire(c[0].cell), q_tomb((word)manual_now + 3, 1));
	cr_assert(lookup_misses(h[0]) && lookup_is(h[1], 2));
}

Test(slots, T9_keeps_the_filter_bit_of_a_dead_key_that_is_still_listed)
{
	struct claim c[2];
	word h[2];
	enum tag tag;
	struct place p;

	two_displaced(h, c);
	erase(h[0]);
	erase(h[1]);
	cr_assert(bury_slot(self, table, HOME ^ 1, SLOTS - 1));
	p = find(h[1], &tag);
	cr_assert_eq(tag, TAG_DEAD);
	cr_assert(resurrect_slot(&p, 7));
	cr_assert(lookup_is(h[1], 7), "T5 needs the bit: it changes no header");
}

Test(slots, T9_on_a_frozen_home_stays_unfinished)
{
	struct claim c[2];
	word h[2];
	struct place p;

	two_displaced(h, c);
	erase(h[0]);
	p = place_in(table, HOME);
	freeze_home(p.bucket, p.header);
	bury_slot(self, table, HOME ^ 1, SLOTS - 1);
	cr_assert(q_is_unfinished(load_first_acquire(c[0].cell)));
	cr_assert_eq(bucket_dir(p.bucket), p.header.second, "a frozen dir is constant");
	manual_now += 100;
	cr_assert_not(claim_slot(self, c[0].cell, c[0].entry), "never free");
}

Test(slots, T9_is_finished_by_whoever_meets_it)
{
	struct claim c[2];
	word h[2];
	struct pair dead, unfinished;

	two_displaced(h, c);
	erase(h[0]);
	dead = load_pair(c[0].cell);
	unfinished = (struct pair){ q_tomb(STAMP_UNFINISHED, 1), dead.second };
	cr_assert(cas_pair(c[0].cell, dead, unfinished), "its maker stops here");
	cr_assert(lookup_misses(h[0]));
	bury_slot(self, table, HOME ^ 1, SLOTS - 1);
	cr_assert_eq(load_first_acquire(c[0].cell), q_tomb((word)manual_now + 3, 1));
	cr_assert_eq(bucket_dir(&table->buckets[HOME]), (word)1 << c[1].location);
	finish_burial(self, table, HOME ^ 1, SLOTS - 1, unfinished);
	cr_assert_eq(load_first_acquire(c[0].cell), q_tomb((word)manual_now + 3, 1), "the maker comes too late");
}

Test(slots, churn_of_displaced_keys_does_not_fill_the_filter)
{
	fill_natives();
	for (word i = 0; i < 200; i++) {
		word h = hash_in(HOME, 2 * (100 + i));

		cr_assert(!add(h, i).native);
		erase(h);
		cr_assert(bury_slot(self, table, HOME ^ 1, SLOTS - 1));
		cr_assert_eq(ctrl_with_filter(ctrl_of(HOME), 0), ctrl_of(HOME));
		manual_now += 3;
	}
}
