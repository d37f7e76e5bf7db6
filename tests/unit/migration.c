/*
 * tests/unit/migration.c - T10 freeze, T11 seal, T12 birth, T14 new table, T15 end, T16 stillborn, each by
 * itself.
 */
#include "tests/unit/fixture.h"

#include "src/leave.h"

TestSuite(migration, .init = setup, .fini = teardown);

/* T14 to a table of this size; returns it. */
static struct table *migrate_to(unsigned log2_homes)
{
	cr_assert_eq(install_table(map, (struct table *)map->root, log2_homes), INSTAR_OK);
	return (struct table *)map->root;
}

static word ctrl_in(const struct table *t, size_t home)
{
	return bucket_ctrl(&t->buckets[home]);
}

enum { REACH = SLOTS + LOCATIONS }; /* slots in a home's probe order */

static enum instar_status insert_in_home(word i)
{
	return instar_insert(map, self, hash_key(&map->hash, hash_in(HOME, i)), i, NULL);
}

/* No tombstone is in the way: another table of the same size would be as full there. */
Test(migration, T14_doubles_where_a_probe_order_is_full_of_entries)
{
	for (word i = 0; i <= REACH; i++)
		cr_assert_eq(insert_in_home(i), INSTAR_OK);
	cr_assert_eq(map->growths, 1);
	cr_assert_eq(map->purges, 0);
}

Test(migration, T14_leaves_two_tables_in_the_statistics)
{
	struct table *next = migrate_to(table->log2_homes + 1);
	struct instar_map_stats stats;

	instar_map_stats(map, &stats);
	cr_assert(stats.migrating);
	cr_assert_eq(stats.homes, 2u << table->log2_homes);
	cr_assert_eq(stats.table_bytes, table_footprint(table) + table_footprint(next));
}

/* What a snapshot shows lies below the table that could not take it all. */
Test(migration, T14_over_an_unfinished_migration_keeps_the_snapshot_mode)
{
	struct table *next;

	table->snapshot_mode = true;
	next = migrate_to(table->log2_homes);
	cr_assert_not(next->snapshot_mode, "there is nothing below the first table");
	next->snapshot_mode = true;
	cr_assert(migrate_to(table->log2_homes + 1)->snapshot_mode);
}

/* What makes an unborn home look born, and empty. */
static void feign_birth(struct bucket *b, bool begin)
{
	struct pair unborn = { 0, 0 }, born = { ctrl_with_state(0, OPEN), 0 };

	cr_assert(begin ? cas_pair(&b->header, unborn, born) : cas_pair(&b->header, born, unborn));
}

/* Nobody may have touched the page that an unborn home stands in. */
Test(migration, readers_ask_an_open_source_first)
{
	word h = hash_in(HOME, 0);
	uint64_t value = 0;
	struct table *next;
	struct bucket *b;

	add(h, 5);
	next = migrate_to(table->log2_homes + 1);
	b = &next->buckets[home_of(next, h)];
	feign_birth(b, true);
	cr_assert(lookup_is(h, 5));
	cr_assert(instar_get(map, self, hash_key(&map->hash, h), &value) == INSTAR_OK && value == 5);
	feign_birth(b, false);
	give_birth(self, line, next, table, home_of(next, h));
	cr_assert_eq(instar_put(map, self, hash_key(&map->hash, h), 6, NULL), INSTAR_EXISTS);
	cr_assert(lookup_is(h, 6), "a FROZEN source is not asked");
}

/* Not where it is to be copied first. */
Test(migration, readers_beside_a_snapshot_do_not)
{
	word h = hash_in(HOME, 0);
	struct table *next;

	add(h, 5);
	next = migrate_to(table->log2_homes + 1);
	next->snapshot_mode = true;
	cr_assert(lookup_is(h, 5));
	cr_assert_eq(ctrl_state(ctrl_in(next, home_of(next, h))), OPEN, "it was born for the reader");
}

/* As if they were large: writers touch a page before they look. */
Test(migration, T15_leaves_no_page_untouched)
{
	struct table *next = migrate_to(table->log2_homes);

	next->fresh = true;
	cr_assert_eq(finish_migrations(map, self, line, &next), INSTAR_OK);
	cr_assert_not(next->fresh);
}

Test(migration, a_table_is_fresh_until_somebody_has_touched_as_often_as_it_has_homes)
{
	uint64_t key = 0;

	table->fresh = true;
	for (; key < table_homes(table) / 2; key++)
		instar_insert(map, self, key, key, NULL);
	cr_assert(table->fresh);
	for (; key < table_homes(table); key++)
		instar_put(map, self, 0, key, NULL);
	cr_assert_not(table->fresh);
	cr_assert_eq((struct table *)map->root, table);
}

static unsigned steps_to_the_clear;

static void clear_meanwhile(unsigned step)
{
	if (step != STEP_ROOT_READ || --steps_to_the_clear)
		return;
	instar_step_hook = NULL;
	cr_assert_eq(instar_clear(map, self), INSTAR_OK);
	map->max_capacity = 1; /* so the old one is large enough for all that will come */
}

/* The table without room was left meanwhile: that the new one is empty says nothing about the hash. */
Test(migration, T14_asks_for_no_room_in_a_table_that_was_left)
{
	for (word i = 0; i < REACH; i++)
		cr_assert_eq(insert_in_home(i), INSTAR_OK);
	steps_to_the_clear = 2; /* not in its straight line */
	instar_step_hook = clear_meanwhile;
	cr_assert_eq(insert_in_home(REACH), INSTAR_OK);
	cr_assert_null(instar_step_hook);
	cr_assert_eq(instar_size(map), 1);
}

/* All threads together leave two writes a home to a worker, one of them as all. */
Test(migration, writers_share_what_they_leave_to_a_worker)
{
	static const struct table large = { .mask = ((size_t)1 << 20) - 1 };
	unsigned threads = domain->next_index + 1;

	cr_assert_leq(left_share(map, &large) * threads, 2 * table_homes(&large));
	domain->next_index += 15;
	cr_assert_leq(left_share(map, &large) * (threads + 15), 2 * table_homes(&large));
	domain->next_index -= 15;
}

Test(migration, T10_stops_new_keys_not_changes_of_old_ones)
{
	word h = hash_in(HOME, 1);
	enum tag tag;
	struct place p;

	add(h, 5);
	p = place_in(table, HOME);
	freeze_home(p.bucket, p.header);
	cr_assert_eq(ctrl_state(ctrl_of(HOME)), FROZEN);
	cr_assert_eq(ctrl_version(ctrl_of(HOME)), ctrl_version(p.header.first) + 1);
	p = find(h, &tag);
	cr_assert(update_slot(&p, 6));
	cr_assert(lookup_is(h, 6));
	erase(h);
	p = find(h, &tag);
	cr_assert(resurrect_slot(&p, 7));
	cr_assert(lookup_is(h, 7));
}

Test(migration, T10_fails_when_a_key_appeared_since)
{
	struct place p = place_in(table, HOME);

	add(hash_in(HOME, 1), 5);
	freeze_home(p.bucket, p.header);
	cr_assert_eq(ctrl_state(ctrl_of(HOME)), OPEN);
}

Test(migration, T11_seals_the_living)
{
	word h = hash_in(HOME, 1);
	struct claim c = add(h, 5);
	struct place p;
	struct pair e;
	enum tag tag;

	p = find(h, &tag);
	cr_assert(seal_slot(c.cell, 0, q_g(c.entry.first), &e));
	cr_assert_eq(q_tag(load_first_acquire(c.cell)), TAG_SEALED);
	cr_assert_eq(e.second, 5);
	cr_assert_not(update_slot(&p, 6));
	cr_assert_not(erase_slot(&p));
	cr_assert(lookup_is(h, 5), "readers still find it");
	cr_assert(seal_slot(c.cell, 0, q_g(c.entry.first), &e), "again: the same");
	cr_assert_eq(e.second, 5);
}

Test(migration, T11_makes_the_dead_stay_dead)
{
	word h = hash_in(HOME, 1), far;
	struct claim c = add(h, 5), displaced;
	struct place p;
	struct pair e;
	enum tag tag;

	for (word i = 2; i < SLOTS + 1; i++)
		add(hash_in(HOME, i), i);
	far = hash_in(HOME, 60);
	displaced = add(far, 6);
	cr_assert_not(displaced.native);
	erase(h);
	erase(far);
	p = find(h, &tag);
	cr_assert_not(seal_slot(c.cell, 0, q_g(c.entry.first), &e));
	cr_assert_eq(load_first_acquire(c.cell), q_tomb(STAMP_NEVER, 0));
	cr_assert_not(resurrect_slot(&p, 9));
	p = find(far, &tag);
	cr_assert_not(seal_slot(displaced.cell, 1, 0, &e));
	cr_assert_eq(load_first_acquire(displaced.cell), q_tomb(STAMP_UNFINISHED, 1));
	cr_assert_not(resurrect_slot(&p, 9));
}

Test(migration, T11_passes_over_claims_and_guests)
{
	struct place p = place_in(table, HOME);
	struct pair e;
	struct claim c;

	cr_assert(claim_native(self, &p, &c, hash_in(HOME, 1), 5));
	cr_assert_not(seal_slot(c.cell, 0, ctrl_p(p.header.first, c.slot), &e));
	cr_assert(pair_equal(load_pair(c.cell), c.entry), "a claim");
	c.cell = &table->buckets[HOME].slot[SLOTS - 1];
	c.entry.first = q_far(hash_in(HOME ^ 1, 1), 1, TAG_LIVE);
	cr_assert(claim_slot(self, c.cell, c.entry));
	cr_assert_not(seal_slot(c.cell, 0, 0, &e));
	cr_assert(pair_equal(load_pair(c.cell), c.entry), "a guest");
}

/* Entries i = 0 … n-1 of HOME, values 100 + i, whatever slots they take. */
static void fill(word n)
{
	for (word i = 0; i < n; i++)
		add(hash_in(HOME, i), 100 + i);
}

Test(migration, T12_shows_exactly_the_entries_of_the_home)
{
	word v, n = SLOTS * 3;
	struct table *next;

	fill(n);
	next = migrate_to(table->log2_homes + 1);
	give_birth(self, line, next, table, 2 * HOME + 1);
	cr_assert_eq(ctrl_state(ctrl_in(next, 2 * HOME + 1)), OPEN);
	cr_assert_eq(ctrl_state(ctrl_in(next, 2 * HOME)), OPEN, "the sibling comes from the same source");
	for (word i = 0; i < n; i++) {
		size_t home = home_of(next, hash_in(HOME, i));

		cr_assert_eq(home, 2 * HOME + (i & 1));
		if (i & 1) {
			cr_assert(lookup_home(next, home, ctrl_in(next, home), hash_in(HOME, i), &v));
			cr_assert_eq(v, 100 + i);
		} else {
			cr_assert_not(lookup_home(next, home + 1, ctrl_in(next, home + 1), hash_in(HOME, i), &v));
		}
		cr_assert(lookup_is(hash_in(HOME, i), 100 + i), "seen through the root, born or not");
	}
	give_birth(self, line, next, table, 2 * HOME);
	for (word i = 0; i < n; i++)
		cr_assert(lookup_is(hash_in(HOME, i), 100 + i));
}

Test(migration, T12_happens_once)
{
	struct table *next;
	struct pair header;

	fill(SLOTS * 2);
	next = migrate_to(table->log2_homes);
	give_birth(self, line, next, table, HOME);
	header = bucket_header(&next->buckets[HOME]);
	give_birth(self, line, next, table, HOME);
	cr_assert(pair_equal(bucket_header(&next->buckets[HOME]), header));
	for (unsigned i = 0; i < SLOTS; i++)
		cr_assert_eq(q_tag(load_first_acquire(&next->buckets[HOME].slot[i])), TAG_LIVE, "no claim twice");
	for (unsigned location = SLOTS; location < LOCATIONS; location++) {
		size_t far = far_bucket(HOME, location_d(location), next->mask);

		cr_assert_eq(load_first_acquire(&next->buckets[far].slot[location_slot(location)]), 0);
	}
}

Test(migration, helpers_adopt_each_others_claims)
{
	word h = hash_in(HOME, 0);
	struct table *next;
	struct birth first = { 0 }, second = { 0 };
	pair_cell *slot;

	fill(1);
	next = migrate_to(table->log2_homes);
	first.place = second.place = place_in(next, HOME);
	slot = next->buckets[HOME].slot;
	cr_assert_eq(place_entry(&first, h, 100), PLACED);
	cr_assert_eq(place_entry(&second, h, 100), PLACED);
	cr_assert_eq(first.own_slots, 1);
	cr_assert_eq(second.own_slots, 0, "adopted");
	cr_assert_eq(load_first_acquire(&slot[1]), 0);
	cr_assert_eq(first.header.first, second.header.first);
	cr_assert(show_home(&second));
	cr_assert_not(show_home(&first));
	cr_assert_eq(withdraw_late(&first), 0, "its claim is shown");
	cr_assert(lookup_is(h, 100));
}

Test(migration, a_late_helper_withdraws_what_is_not_shown)
{
	word h = hash_in(HOME, 0);
	struct table *next;
	struct birth late = { 0 };

	fill(1);
	next = migrate_to(table->log2_homes);
	late.place = place_in(next, HOME);
	cr_assert_eq(place_entry(&late, h, 100), PLACED);
	cr_assert_eq(place_entry(&late, hash_in(HOME, 2), 9), PLACED, "an entry that nobody else saw");
	give_birth(self, line, next, table, HOME);
	cr_assert_not(show_home(&late));
	cr_assert_eq(withdraw_late(&late), 1);
	cr_assert_eq(load_first_acquire(&next->buckets[HOME].slot[1]), q_tomb(STAMP_ANYTIME, 0));
	cr_assert(lookup_is(h, 100));
}

Test(migration, no_claim_is_made_in_a_home_that_is_born)
{
	struct table *next;
	struct birth late = { 0 };

	fill(1);
	next = migrate_to(table->log2_homes);
	give_birth(self, line, next, table, HOME);
	late.place = place_in(next, HOME);
	cr_assert_eq(place_entry(&late, hash_in(HOME, 2), 9), TOO_LATE);
	cr_assert_eq(load_first_acquire(&next->buckets[HOME].slot[1]), 0);
}

Test(migration, T14_chains_the_old_table_and_happens_once)
{
	struct table *next = migrate_to(table->log2_homes + 1);

	cr_assert_eq(prev_table(next->prev), table);
	cr_assert_eq(map->growths, 1);
	cr_assert_eq(install_table(map, table, table->log2_homes + 1), INSTAR_OK);
	cr_assert_eq((struct table *)map->root, next, "the second comes too late");
	cr_assert_eq(map->growths, 1);
}

static uint64_t retired(void)
{
	struct instar_reclaim_stats stats;

	instar_domain_stats(domain, &stats);
	return stats.retired_objects;
}

Test(migration, T15_cuts_the_chain_and_retires_the_old_table_once)
{
	struct table *next;
	uint64_t before = retired();

	fill(SLOTS * 2);
	next = migrate_to(table->log2_homes + 1);
	for (size_t home = 0; home < table_homes(next); home++)
		give_birth(self, line, next, table, home);
	cr_assert(finish_migration(self, next));
	cr_assert_eq(next->prev, 0);
	cr_assert_eq(retired(), before + 1);
	cr_assert(finish_migration(self, next));
	cr_assert_eq(retired(), before + 1);
	for (word i = 0; i < SLOTS * 2; i++)
		cr_assert(lookup_is(hash_in(HOME, i), 100 + i));
}

Test(migration, helping_gives_birth_to_every_home_before_T15)
{
	struct table *next;
	enum helped helped;

	fill(SLOTS * 2);
	next = migrate_to(table->log2_homes + 1);
	do {
		helped = help_migration(map, self, line, next, 3);
		if (next->prev == 0)
			for (size_t home = 0; home < table_homes(next); home++)
				cr_assert_eq(ctrl_state(ctrl_in(next, home)), OPEN);
	} while (helped == HELP_MORE);
	cr_assert_eq(helped, HELP_DONE);
	cr_assert_eq(next->prev, 0);
}

Test(migration, homes_that_a_stalled_helper_took_are_born_all_the_same)
{
	struct table *next;
	unsigned calls = 0;
	word last = hash_in(table->mask, 1);

	fill(SLOTS * 2);
	add(last, 77);
	next = migrate_to(table->log2_homes + 1);
	next->next_home = table_homes(next); /* all handed out, none born */
	while (help_migration(map, self, line, next, 3) == HELP_MORE)
		cr_assert_lt(calls++, table_homes(next));
	cr_assert_eq(next->prev, 0);
	cr_assert(lookup_is(last, 77));
	for (word i = 0; i < SLOTS * 2; i++)
		cr_assert(lookup_is(hash_in(HOME, i), 100 + i));
}

/* A table may stand where a larger one stood, which the helper has not left yet. */
Test(migration, a_helper_begins_anew_in_a_table_smaller_than_it_was)
{
	struct table *next = migrate_to(table->log2_homes);
	size_t home;

	line->helping = next;
	line->help_from = table_homes(next);
	line->help_to = table_homes(next) + HELP_CHUNK;
	cr_assert(next_home(line, next, &home));
	cr_assert_leq(home, next->mask);
}

Test(migration, T16_leaves_the_authority_with_the_table_before)
{
	struct table *next;
	struct request r = { .value = 55 };

	fill(SLOTS * 2);
	next = migrate_to(table->log2_homes);
	cr_assert(mark_stillborn(&next->buckets[HOME]));
	cr_assert_not(mark_stillborn(&next->buckets[HOME]));
	cr_assert_eq(ctrl_state(ctrl_in(next, HOME)), STILLBORN);
	give_birth(self, line, next, table, HOME);
	cr_assert_eq(ctrl_state(ctrl_in(next, HOME)), STILLBORN, "no birth any more");
	cr_assert(lookup_is(hash_in(HOME, 3), 103));
	cr_assert_eq(modify(map, self, hash_in(HOME, 3), VERB_REPLACE, &r), INSTAR_OK, "a writer makes a larger table");
	cr_assert_gt(((struct table *)map->root)->log2_homes, next->log2_homes);
	cr_assert(lookup_is(hash_in(HOME, 3), 55));
	while (instar_maintain(map, self, 64) == INSTAR_BUSY)
		;
	cr_assert_eq(((struct table *)map->root)->prev, 0);
	for (word i = 0; i < SLOTS * 2; i++)
		cr_assert(lookup_is(hash_in(HOME, i), i == 3 ? 55 : 100 + i));
}

Test(migration, T16_fails_on_a_home_that_is_born)
{
	struct table *next;

	fill(1);
	next = migrate_to(table->log2_homes);
	give_birth(self, line, next, table, HOME);
	cr_assert_not(mark_stillborn(&next->buckets[HOME]));
	cr_assert_eq(ctrl_state(ctrl_in(next, HOME)), OPEN);
}

Test(migration, T16_when_the_entries_find_no_room)
{
	struct table *next;
	struct pair blocked = { q_native(0, 0, TAG_LIVE), 0 }, empty = { 0, 0 };

	fill(SLOTS);
	next = migrate_to(table->log2_homes);
	/* Everything that HOME could use is taken by others. */
	for (unsigned i = 0; i < SLOTS; i++)
		cr_assert(cas_pair(&next->buckets[HOME].slot[i], empty, blocked));
	for (unsigned location = 0; location < LOCATIONS; location++) {
		size_t far = far_bucket(HOME, location_d(location), next->mask);

		cr_assert(cas_pair(&next->buckets[far].slot[location_slot(location)], empty, blocked));
	}
	give_birth(self, line, next, table, HOME);
	cr_assert_eq(ctrl_state(ctrl_in(next, HOME)), STILLBORN);
	cr_assert_eq(line->stillborn, 1);
	for (word i = 0; i < SLOTS; i++)
		cr_assert(lookup_is(hash_in(HOME, i), 100 + i));
}

/* Runs the migrations under way to their end, as far as maintain says that there is one. */
static void maintain(void)
{
	while (instar_maintain(map, self, 64) == INSTAR_BUSY)
		;
	cr_assert_eq(((struct table *)map->root)->prev, 0);
}

Test(migration, T16_when_more_arrive_than_a_home_can_hold)
{
	enum { EACH = MAX_ARRIVALS / 2 + 1 };
	struct table *next;

	table = migrate_to(table->log2_homes + 1);
	maintain();
	for (word i = 0; i < 2 * EACH; i++)
		add(hash_in(2 * HOME + i % 2, i / 2), 100 + i);
	next = migrate_to(table->log2_homes - 1);
	give_birth(self, line, next, table, HOME);
	cr_assert_eq(ctrl_state(ctrl_in(next, HOME)), STILLBORN);
	maintain();
	for (word i = 0; i < 2 * EACH; i++)
		cr_assert(lookup_is(hash_in(2 * HOME + i % 2, i / 2), 100 + i));
}
