/*
 * tests/unit/audit.c - the audit names what is wrong: the other tests rely on it.
 */
#include <string.h>

#include "tests/support/audit.h"
#include "tests/unit/fixture.h"

TestSuite(audit, .init = setup, .fini = teardown);

static enum instar_status check(void *audited, FILE *report)
{
	return instar_map_check(audited, report);
}

static bool audit_says(const char *what)
{
	return audit_finds(check, map, what);
}

/* n entries of HOME, counted. */
static void fill(word n)
{
	for (word i = 0; i < n; i++)
		add(hash_in(HOME, i), i);
	line->inserted = n;
}

Test(audit, finds_nothing_in_a_good_map)
{
	fill(SLOTS * 3);
	cr_assert(audit_says(NULL));
}

Test(audit, I1_a_key_visible_twice)
{
	fill(1);
	add(hash_in(HOME, 0), 5);
	cr_assert(audit_says("I1: "));
}

Test(audit, I2_an_entry_behind_an_empty_slot)
{
	pair_cell *slot = table->buckets[HOME].slot;
	struct pair empty = { 0, 0 };

	fill(2);
	cr_assert(cas_pair(&slot[0], load_pair(&slot[0]), empty));
	cr_assert(audit_says("I2: "));
}

Test(audit, I8_a_third_table_for_nothing)
{
	struct table *second = table_create(domain, table->log2_homes, map->pages, 1);
	struct table *third = table_create(domain, table->log2_homes, map->pages, 1);

	table->prev = (uintptr_t)second;
	cr_assert(audit_says(NULL));
	second->prev = (uintptr_t)third;
	cr_assert(audit_says("I8: "));
	table->prev = 0;
	table_free(second);
	table_free(third);
}

Test(audit, a_claim_left_behind)
{
	struct place p;
	struct claim c;

	fill(1);
	p = place_in(table, HOME);
	cr_assert(claim_native(self, &p, &c, hash_in(HOME, 1), 5));
	cr_assert(audit_says("neither published nor withdrawn"));
}

Test(audit, a_wrong_count)
{
	fill(2);
	line->inserted++;
	cr_assert(audit_says("2 entries found, 3 counted"));
}

Test(audit, I10_an_entry_that_the_miss_filter_hides)
{
	struct instar_map_opts opts = INSTAR_MAP_OPTS_INIT;
	instar_map *plain = map;
	struct table *filtered;

	opts.flags = INSTAR_MAP_MISS_FILTER;
	cr_assert_eq(instar_map_create(&map, domain, &opts), INSTAR_OK);
	cr_assert_eq(instar_insert(map, self, 1, 1, NULL), INSTAR_OK);
	cr_assert(audit_says(NULL));
	filtered = (struct table *)map->root;
	memset(filtered->filter, 0, table_homes(filtered) * sizeof *filtered->filter);
	cr_assert(audit_says("I10: "));
	cr_assert_eq(instar_map_destroy(map), INSTAR_OK);
	map = plain;
}

/* Two threads' counts, of which the sum has seen the one's removal and not yet the other's insertion. */
Test(audit, no_size_is_below_nothing)
{
	line->removed = 1;
	cr_assert_eq(instar_size(map), 0);
	line->removed = 0;
}
