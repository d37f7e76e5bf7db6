/*
 * src/table.h - one table: 2^k homes, in hash order.
 *
 *    root -> T -prev-> P -prev-> ...       longer than two only after a stillborn home (T16)
 *
 * home(h) = h >> (W-k), so home i of a table corresponds to homes 2i and 2i+1 of one twice its size,
 * and a table of any size can follow any other.  Buckets are mapped zeroed: every home UNBORN.
 */
#ifndef INSTAR_TABLE_H
#define INSTAR_TABLE_H

#include "reclaim/contract.h"
#include "src/probe.h"

struct table {
	struct bucket *buckets;
	uint32_t *filter;      /* a word for each home (src/filter.h); NULL: there is none */
	size_t mask;           /* homes - 1 */
	unsigned log2_homes;
	unsigned shift;        /* from h to its home */
	uintptr_t prev;        /* the table before; PREV_OWNED when the right to retire it is taken */
	uint64_t check_mask;   /* a thread looks at the load when its insertions & check_mask is 0 */
	uint64_t generation;   /* of the map: how many clears came before */
	bool fresh;            /* nobody may have touched some of its pages */
	uint64_t birth;        /* era, for the reclaimer */
	instar_domain *domain;
	bool snapshot_mode;    /* prev is a snapshot: readers, too, give birth before they read */
	unsigned owners;       /* the chain, and an open snapshot of this very table: the last one retires it */
	struct table *next_abandoned; /* in map->abandoned */
	size_t bytes;          /* of the buckets and the filter */
	size_t alignment;      /* they were mapped with */
	void (*value_free)(void *value, void *ctx); /* set by a clear: boxed values die with the table */
	void *value_ctx;
	size_t freed_homes, dropped_bytes; /* table_reclaim has come as far */

	/* The migration into this table. */
	CACHE_ALIGNED size_t next_home; /* homes below it are handed out to helpers */
	CACHE_ALIGNED size_t born;      /* homes below it were seen born */
};

#define PREV_OWNED ((uintptr_t)1)

static inline struct table *prev_table(uintptr_t prev)
{
	return (struct table *)(prev & ~PREV_OWNED);
}

/* Is a migration into it under way?  A hint: who follows prev loads it by section_prev. */
static inline bool table_is_filling(const struct table *t)
{
	return load_relaxed(&t->prev) != 0;
}

static inline size_t table_homes(const struct table *t)
{
	return t->mask + 1;
}

static inline size_t table_slots(const struct table *t)
{
	return table_homes(t) * SLOTS;
}

static inline size_t home_of(const struct table *t, word h)
{
	return (size_t)(h >> t->shift);
}

/* May nobody have touched the page of a home of the root?  Beside a migration: what is not handed out yet.  A hint. */
static inline bool home_is_untouched(const struct table *t, size_t home)
{
	return unlikely(table_is_filling(t)) && home >= load_relaxed(&t->next_home);
}

/* The whole h of an entry of `home`, from the part that its q stores. */
static inline word entry_hash(const struct table *t, size_t home, word q)
{
	return q_hash(q) | (word)(home >> (t->log2_homes - PLACE_BITS)) << HASH_BITS;
}

/* The homes of `t` that hold the hashes beginning with `prefix` (its low `bits` bits). */
struct home_range {
	size_t first, count;
};

static inline struct home_range homes_of_prefix(const struct table *t, size_t prefix, unsigned bits)
{
	struct home_range r;
	if (t->log2_homes <= bits) {
		r.first = prefix >> (bits - t->log2_homes);
		r.count = 1;
	} else {
		r.count = (size_t)1 << (t->log2_homes - bits);
		r.first = prefix * r.count;
	}
	return r;
}

/* The smallest log2 of homes that holds `entries` below the load that makes a table grow; 0: none does. */
unsigned table_log2_for(size_t entries);

/* How the pages of tables are had, and what is in them. */
struct table_pages {
	bool huge;     /* 2 MiB pages for tables that fill one */
	bool prefault; /* touched at once */
	bool filter;   /* src/filter.h */
};

/* NULL: no memory.  threads: at least 1, how many insert. */
struct table *table_create(instar_domain *domain, unsigned log2_homes, struct table_pages pages, size_t threads);

/* At once; nobody else knows it. */
void table_free(struct table *t);

/* Calls value_free for every boxed value that `t` has authority over in the chain of `root`; at rest. */
void table_free_values(const struct table *root, const struct table *t, void (*value_free)(void *, void *), void *ctx);

/* With the boxed values that die with it; nobody uses it any more. */
void table_destroy(struct table *t);

/* The same for the reclaimer, in bounded parts: what a part takes is a pause of whoever frees it. */
void table_reclaim(void *table, void *ctx);

/* Everything a table occupies, in bytes. */
static inline size_t table_footprint(const struct table *t)
{
	return t->bytes + sizeof *t;
}

#endif
