/*
 * tests/unit/probe.c - the probe order: distinct buckets, its inverse, its numbering.
 */
#include <criterion/criterion.h>

#include "src/probe.h"
#include "src/state.h"

Test(probe, the_far_buckets_of_a_home_are_distinct)
{
	for (unsigned log2 = MIN_LOG2_HOMES; log2 <= MIN_LOG2_HOMES + 6; log2++) {
		size_t n = (size_t)1 << log2;

		for (size_t home = 0; home < n; home++) {
			size_t seen[FAR_BUCKETS + 1] = { home };

			for (unsigned d = 1; d <= FAR_BUCKETS; d++) {
				seen[d] = far_bucket(home, d, n - 1);
				cr_assert_lt(seen[d], n);
				for (unsigned other = 0; other < d; other++)
					cr_assert_neq(seen[d], seen[other], "2^%u homes, home %zu: d %u and %u", log2,
						      home, d, other);
			}
		}
	}
}

/* The same for tables too large to go through: it depends on the lowest bit of the home only. */
Test(probe, the_far_buckets_are_distinct_in_large_tables)
{
	for (unsigned log2 = MIN_LOG2_HOMES; log2 < 31; log2++) {
		size_t n = (size_t)1 << log2, homes[] = { 0, 1, n - 1, n - 2, n / 2, n / 2 - 1 };

		for (unsigned i = 0; i < 6; i++)
			for (unsigned d = 1; d <= FAR_BUCKETS; d++) {
				cr_assert_neq(far_bucket(homes[i], d, n - 1), homes[i]);
				for (unsigned other = 1; other < d; other++)
					cr_assert_neq(far_bucket(homes[i], d, n - 1),
						      far_bucket(homes[i], other, n - 1));
			}
	}
}

Test(probe, the_home_is_found_from_bucket_and_d)
{
	for (unsigned log2 = MIN_LOG2_HOMES; log2 <= MIN_LOG2_HOMES + 4; log2++) {
		size_t n = (size_t)1 << log2;

		for (size_t home = 0; home < n; home++)
			for (unsigned d = 1; d <= FAR_BUCKETS; d++)
				cr_assert_eq(far_home(far_bucket(home, d, n - 1), d, n - 1), home);
	}
}

Test(probe, locations_number_d_and_slot)
{
	for (unsigned location = 0; location < LOCATIONS; location++) {
		unsigned d = location_d(location), slot = location_slot(location);

		cr_assert(d >= 1 && d <= FAR_BUCKETS);
		cr_assert(slot < SLOTS && slot + FAR_SLOTS >= SLOTS, "guests have the last slots");
		cr_assert_eq(location_of(d, slot), location);
		cr_assert_eq(slot, SLOTS - 1 - location / FAR_BUCKETS);
	}
	cr_assert_eq(far_bucket(6, 1, 255), 7, "d = 1 is the buddy");
	cr_assert_eq(far_bucket(7, 1, 255), 6);
	cr_assert_eq(far_bucket(7, 2, 255), 10, "then triangular jumps");
	cr_assert_eq(far_bucket(255, 3, 255), 5);
}

static void check_order_of(const struct table *t)
{
	word step = ((word)-1 >> 12) + 12345, h = 0;

	for (unsigned i = 0; i < 4000; i++, h += step) {
		size_t home = home_of(t, h);

		cr_assert_leq(home, t->mask);
		cr_assert_eq(entry_hash(t, home, q_native(h, 0, TAG_LIVE)), h);
		if (h + step > h)
			cr_assert_leq(home, home_of(t, h + step));
	}
}

Test(probe, a_table_is_in_hash_order_and_its_slots_imply_the_rest_of_h)
{
	struct instar_map_opts opts = INSTAR_MAP_OPTS_INIT;
	instar_domain *domain;
	instar_map *map;

	cr_assert_eq(instar_domain_create(&domain, "leak", NULL), INSTAR_OK);
	for (unsigned log2 = MIN_LOG2_HOMES; log2 < MIN_LOG2_HOMES + 8; log2++) {
		opts.capacity = ((size_t)SLOTS << log2) / 2;
		cr_assert_eq(instar_map_create(&map, domain, &opts), INSTAR_OK);
		cr_assert_eq(((const struct table *)map->root)->log2_homes, log2);
		check_order_of((const struct table *)map->root);
		cr_assert_eq(instar_map_destroy(map), INSTAR_OK);
	}
	cr_assert_eq(instar_domain_destroy(domain), INSTAR_OK);
}

Test(probe, homes_of_a_prefix_in_tables_of_other_sizes)
{
	struct table small = { .log2_homes = MIN_LOG2_HOMES }, large = { .log2_homes = MIN_LOG2_HOMES + 1 };
	struct home_range r;

	r = homes_of_prefix(&small, 11, MIN_LOG2_HOMES + 1);
	cr_assert(r.first == 5 && r.count == 1, "growth: one source, half of it");
	r = homes_of_prefix(&small, 11, MIN_LOG2_HOMES);
	cr_assert(r.first == 11 && r.count == 1, "purge");
	r = homes_of_prefix(&large, 11, MIN_LOG2_HOMES);
	cr_assert(r.first == 22 && r.count == 2, "shrink");
}
