/*
 * tests/unit/fixture.h - a map whose transitions are made one by one.
 *
 * The map is a real one of the scheme "leak"; the transitions included here run over the manual scheme.
 */
#ifndef TESTS_UNIT_FIXTURE_H
#define TESTS_UNIT_FIXTURE_H

#include <criterion/criterion.h>

/* No test uses every transition. */
#pragma GCC diagnostic ignored "-Wunused-function"

#include "tests/unit/manual.h"

#include "src/lookup.h"
#include "src/modify.h"

enum { HOME = 20 };

static instar_domain *domain;
static instar_map *map;
static instar_thread *self;
static struct table *table;
static struct line *line;

static void setup(void)
{
	cr_assert_eq(instar_domain_create(&domain, "leak", NULL), INSTAR_OK);
	cr_assert_eq(instar_map_create(&map, domain, NULL), INSTAR_OK);
	cr_assert_eq(instar_thread_attach(domain, &self), INSTAR_OK);
	table = (struct table *)map->root;
	line = map_line(map, self);
}

static void teardown(void)
{
	cr_assert_eq(instar_thread_detach(self), INSTAR_OK);
	cr_assert_eq(instar_map_destroy(map), INSTAR_OK);
	cr_assert_eq(instar_domain_destroy(domain), INSTAR_OK);
}

/* The hash number i of a home of the first table; those of even i go to its lower half when it grows. */
static inline word hash_in(size_t home, word i)
{
	word half = i & 1, low = i >> 1;

	return (word)home << (WORD_BITS - table->log2_homes) | half << (WORD_BITS - table->log2_homes - 1) | low;
}

static inline struct place place_in(struct table *t, size_t home)
{
	struct place p = { .table = t, .home = home, .bucket = &t->buckets[home] };

	p.header = bucket_header(p.bucket);
	p.scan = scan_bucket(p.bucket, 0);
	return p;
}

/* What place_find says of h in the first table. */
static inline struct place find(word h, enum tag *tag)
{
	struct place p = place_in(table, home_of(table, h));

	*tag = place_find(&p, h);
	return p;
}

/* T2 or T3 on the header that p was scanned with. */
static inline bool publish(const struct place *p, const struct claim *c, word h)
{
	return publish_claim(p->table, p->home, p->header, c, h);
}

/* T1, T2 or T3, without bury or growth; returns the claim as it was published. */
static inline struct claim add(word h, word v)
{
	struct place p = place_in(table, home_of(table, h));
	struct claim c;
	unsigned tombs = 0;

	cr_assert(claim_native(self, &p, &c, h, v) || claim_displaced(self, &p, line, &c, h, v, false, &tombs));
	cr_assert(publish(&p, &c, h));
	return c;
}

static inline void erase(word h)
{
	enum tag tag;
	struct place p = find(h, &tag);

	cr_assert_eq(tag, TAG_LIVE);
	cr_assert(erase_slot(&p));
}

static inline bool lookup_is(word h, word expected)
{
	word v;

	return lookup(map, self, h, &v) && v == expected;
}

static inline bool lookup_misses(word h)
{
	word v;

	return !lookup(map, self, h, &v);
}

/* Natives 0 … SLOTS-1 of HOME, with values 100 + i. */
static inline void fill_natives(void)
{
	for (word i = 0; i < SLOTS; i++)
		cr_assert(add(hash_in(HOME, i), 100 + i).native);
}

static inline word ctrl_of(size_t home)
{
	return bucket_ctrl(&table->buckets[home]);
}

#endif
