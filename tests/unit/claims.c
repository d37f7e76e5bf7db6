/*
 * tests/unit/claims.c - T1 claim, T2 and T3 publish, T4 withdraw, each by itself.
 */
#include "reclaim/private.h"
#include "tests/unit/fixture.h"

TestSuite(claims, .init = setup, .fini = teardown);

Test(claims, T1_takes_the_first_empty_slot_unseen)
{
	word h = hash_in(HOME, 1);
	struct place p = place_in(table, HOME);
	struct claim c;

	cr_assert(claim_native(self, &p, &c, h, 5));
	cr_assert_eq(c.slot, 0);
	cr_assert_eq(q_tag(load_first_acquire(c.cell)), TAG_LIVE);
	cr_assert_neq(q_g(c.entry.first), ctrl_p(p.header.first, 0), "g is the opposite of p");
	cr_assert(lookup_misses(h), "nobody sees it");
	cr_assert_eq(bucket_ctrl(p.bucket), 0, "the header is as it was");
	cr_assert(claim_native(self, &p, &c, hash_in(HOME, 2), 6));
	cr_assert_eq(c.slot, 1, "the next claim goes behind it");
}

Test(claims, T1_takes_a_tombstone_only_when_its_grace_period_is_over)
{
	struct place p = place_in(table, HOME);
	pair_cell *cell = &p.bucket->slot[0];
	struct pair live = { q_native(1, 1, TAG_LIVE), 1 }, empty = { 0, 0 };
	const struct { word q; bool free; } tombs[] = {
		{ q_tomb(STAMP_ANYTIME, 0), true }, { q_tomb(STAMP_NEVER, 0), false },
		{ q_tomb(STAMP_UNFINISHED, 1), false }, { q_tomb((word)manual_now, 0), true },
		{ q_tomb((word)manual_now + 1, 0), false }, { q_tomb((word)manual_now, 3), true },
		{ q_native(1, 0, TAG_DEAD), false }, { q_native(1, 0, TAG_SEALED), false },
		{ q_native(1, 0, TAG_LIVE), false }
	};

	for (unsigned i = 0; i < sizeof tombs / sizeof *tombs; i++) {
		struct pair was = { tombs[i].q, 9 };

		cr_assert(cas_pair(cell, empty, was));
		cr_assert_eq(claim_slot(self, cell, live), tombs[i].free, "case %u", i);
		cr_assert(cas_pair(cell, tombs[i].free ? live : was, empty));
	}
}

Test(claims, T1_goes_to_the_buddy_when_the_own_slots_are_taken)
{
	struct place p;
	struct claim c;
	unsigned tombs = 0;

	fill_natives();
	p = place_in(table, HOME);
	cr_assert_not(claim_native(self, &p, &c, hash_in(HOME, 50), 1));
	cr_assert(claim_displaced(self, &p, line, &c, hash_in(HOME, 50), 1, false, &tombs));
	cr_assert_eq(c.location, 0);
	cr_assert_eq(c.cell, &table->buckets[HOME ^ 1].slot[SLOTS - 1]);
	cr_assert_eq(q_d(c.entry.first), 1);
	cr_assert(lookup_misses(hash_in(HOME, 50)));
}

/* A tombstone would serve nobody then; what is DEAD serves its own key. */
Test(claims, T1_buries_on_its_way_only_while_grace_periods_elapse)
{
	struct thread_private *own = self->own;
	pair_cell *first = &table->buckets[HOME ^ 1].slot[SLOTS - 1];
	struct place p;
	struct claim c;
	unsigned tombs = 0;

	fill_natives();
	add(hash_in(HOME, 50), 1);
	erase(hash_in(HOME, 50));
	p = place_in(table, HOME);
	own->patience = 1 << 20;
	own->since_grace = 1 << 21;
	self->stalled = true;
	cr_assert(claim_displaced(self, &p, line, &c, hash_in(HOME, 51), 1, true, &tombs));
	cr_assert_eq(c.location, 1);
	cr_assert_eq(q_tag(load_first_acquire(first)), TAG_DEAD);
	own->since_grace = 0;
	self->stalled = false;
	cr_assert(claim_displaced(self, &p, line, &c, hash_in(HOME, 52), 1, true, &tombs));
	cr_assert_eq(q_tag(load_first_acquire(first)), TAG_FREE);
}

Test(claims, T1_finds_no_room_when_every_location_is_taken)
{
	struct place p;
	struct claim c;
	unsigned tombs = 0;

	for (word i = 0; i < SLOTS + LOCATIONS; i++)
		add(hash_in(HOME, i), i);
	for (word i = 0; i < SLOTS + LOCATIONS; i++)
		cr_assert(lookup_is(hash_in(HOME, i), i));
	p = place_in(table, HOME);
	cr_assert_not(claim_native(self, &p, &c, hash_in(HOME, 200), 1));
	cr_assert_not(claim_displaced(self, &p, line, &c, hash_in(HOME, 200), 1, false, &tombs));
	cr_assert_eq(tombs, 0);
	erase(hash_in(HOME, SLOTS + 3));
	cr_assert_not(claim_displaced(self, &p, line, &c, hash_in(HOME, 200), 1, false, &tombs));
	cr_assert_eq(tombs, 1, "a purge would free one");
}

Test(claims, T2_shows_the_claim_in_one_step_and_counts_the_version)
{
	word h = hash_in(HOME, 1);
	struct place p = place_in(table, HOME);
	struct claim c;

	cr_assert(claim_native(self, &p, &c, h, 5));
	cr_assert(publish(&p, &c, h));
	cr_assert_eq(ctrl_state(ctrl_of(HOME)), OPEN, "a virgin home is OPEN by it");
	cr_assert_eq(ctrl_p(ctrl_of(HOME), c.slot), q_g(c.entry.first));
	cr_assert_eq(ctrl_version(ctrl_of(HOME)), ctrl_version(p.header.first) + 1);
	cr_assert(lookup_is(h, 5));
}

Test(claims, T2_fails_when_another_key_appeared_since_the_scan)
{
	word h = hash_in(HOME, 1);
	struct place p = place_in(table, HOME);
	struct claim c;

	cr_assert(claim_native(self, &p, &c, h, 5));
	add(hash_in(HOME, 2), 6);
	cr_assert_not(publish(&p, &c, h), "the header scanned is not the header now");
	cr_assert(lookup_misses(h));
	p.header = bucket_header(p.bucket);
	cr_assert(publish(&p, &c, h));
	cr_assert(lookup_is(h, 5) && lookup_is(hash_in(HOME, 2), 6));
}

/* Flipping p of one slot back and forth must not make an old header right again. */
Test(claims, T2_fails_when_a_key_came_went_and_came_since_the_scan)
{
	word h = hash_in(HOME, 1), other = hash_in(HOME, 2);
	struct place p = place_in(table, HOME);
	struct claim c;

	cr_assert(claim_native(self, &p, &c, h, 5));
	for (unsigned i = 0; i < 2; i++) {
		struct claim o = add(other, 6);
		enum tag tag;
		struct place found = find(other, &tag);

		cr_assert(erase_slot(&found));
		found = find(other, &tag);
		cr_assert(bury_native(self, o.cell, found.entry));
		manual_now += 3;
	}
	cr_assert_not(publish(&p, &c, h));
}

Test(claims, T2_fails_on_a_frozen_home)
{
	word h = hash_in(HOME, 1);
	struct place p;
	struct claim c;

	add(hash_in(HOME, 2), 6);
	p = place_in(table, HOME);
	cr_assert(claim_native(self, &p, &c, h, 5));
	freeze_home(p.bucket, p.header);
	cr_assert_not(publish(&p, &c, h));
	cr_assert(lookup_misses(h));
}

Test(claims, T3_lists_the_location_and_shows_it_in_the_filter)
{
	word h = hash_in(HOME, 50);
	struct place p;
	struct claim c;
	unsigned tombs = 0;

	fill_natives();
	p = place_in(table, HOME);
	cr_assert(claim_displaced(self, &p, line, &c, h, 5, false, &tombs));
	cr_assert(publish(&p, &c, h));
	cr_assert_eq(bucket_dir(p.bucket), (word)1 << c.location);
	cr_assert(ctrl_filter_has(ctrl_of(HOME), h));
	cr_assert_eq(ctrl_version(ctrl_of(HOME)), ctrl_version(p.header.first) + 1);
	cr_assert(lookup_is(h, 5));
}

Test(claims, T3_fails_when_the_header_moved)
{
	word h = hash_in(HOME, 50);
	struct place p;
	struct claim c;
	unsigned tombs = 0;

	fill_natives();
	p = place_in(table, HOME);
	cr_assert(claim_displaced(self, &p, line, &c, h, 5, false, &tombs));
	add(hash_in(HOME, 51), 6);
	cr_assert_not(publish(&p, &c, h));
	cr_assert(lookup_misses(h));
}

Test(claims, T4_gives_the_slot_back_at_once)
{
	struct place p = place_in(table, HOME);
	struct claim c;

	cr_assert(claim_native(self, &p, &c, hash_in(HOME, 1), 5));
	withdraw_claim(c.cell, c.entry);
	cr_assert_eq(load_first_acquire(c.cell), q_tomb(STAMP_ANYTIME, 0));
	cr_assert(claim_slot(self, c.cell, c.entry), "free for anybody");
}

Test(claims, T4_leaves_what_is_not_the_own_claim)
{
	struct place p = place_in(table, HOME);
	struct pair other;
	struct claim c;

	cr_assert(claim_native(self, &p, &c, hash_in(HOME, 1), 5));
	other = c.entry;
	other.second = 6;
	withdraw_claim(c.cell, other);
	cr_assert(pair_equal(load_pair(c.cell), c.entry));
}

Test(claims, a_lost_race_for_one_key_answers_exists_and_leaves_no_claim)
{
	word h = hash_in(HOME, 1);
	struct place loser = place_in(table, HOME);

	add(h, 5);
	cr_assert_eq(insert_absent(map, self, line, &loser, h, 6), AGAIN);
	cr_assert(lookup_is(h, 5));
	cr_assert_eq(load_first_acquire(&table->buckets[HOME].slot[1]), q_tomb(STAMP_ANYTIME, 0));
}

Test(claims, a_key_that_came_and_went_during_a_publication_is_taken_back)
{
	word h = hash_in(HOME, 1);
	struct place late = place_in(table, HOME);

	add(h, 5);
	erase(h);
	cr_assert_eq(insert_absent(map, self, line, &late, h, 6), INSTAR_OK);
	cr_assert(lookup_is(h, 6));
	cr_assert_eq(q_tag(load_first_acquire(&table->buckets[HOME].slot[0])), TAG_LIVE, "its own slot, T5");
	cr_assert_eq(load_first_acquire(&table->buckets[HOME].slot[1]), q_tomb(STAMP_ANYTIME, 0), "T4");
}
