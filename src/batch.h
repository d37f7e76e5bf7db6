/*
 * src/batch.h - many keys in one section, their buckets fetched ahead of their use.
 *
 * A lookup that misses the cache waits for one bucket; a batch waits for PIPELINE of them at a time.
 */
#ifndef INSTAR_SRC_BATCH_H
#define INSTAR_SRC_BATCH_H

#include "src/call.h"
#include "src/glance.h"

enum {
	PIPELINE = 16,        /* keys hashed and fetched ahead; a power of two */
	SECTION_ELEMENTS = 256 /* a section is left and entered again after so many */
};

static inline void prefetch_home(const struct table *table, word h, int for_write)
{
	const char *b = (const char *)&table->buckets[home_of(table, h)];
	for (int i = 0; i < BUCKET_BYTES; i += CACHE_LINE) {
		if (for_write)
			prefetch_for(b + i, 1);
		else
			prefetch_for(b + i, 0);
	}
}

/* Hashes keys[i] into the ring and fetches its bucket. */
static inline void pipeline_fill(instar_map *map, const struct table *table, const uint64_t *keys, size_t i,
				 word ring[PIPELINE], int for_write)
{
	word h = hash_of(&map->hash, (word)keys[i]);
	ring[i % PIPELINE] = h;
	prefetch_home(table, h, for_write);
}

/* The same for a lookup: what the filter settles needs no bucket; glance_get will see it, too. */
static inline void lookup_fill(instar_map *map, const struct table *table, const uint64_t *keys, size_t i,
			       word ring[PIPELINE], bool filtered)
{
	word h = hash_of(&map->hash, (word)keys[i]);
	ring[i % PIPELINE] = h;
	if (!filtered || !filter_settles(table, h))
		prefetch_home(table, h, 0);
}

/* Up to SECTION_ELEMENTS lookups in the section that is open.  filtered: as of glance_get. */
static inline __attribute__((always_inline)) size_t lookup_run(instar_map *map, instar_thread *t, const uint64_t *keys,
								size_t n, uint64_t *values, uint8_t *found,
								bool filtered)
{
	const struct table *table = section_root(map, t); /* to fetch by: each lookup loads the root itself */
	word ring[PIPELINE];
	size_t hits = 0;
	for (size_t i = 0; i < n && i < PIPELINE; i++)
		lookup_fill(map, table, keys, i, ring, filtered);
	for (size_t i = 0; i < n; i++) {
		word v = 0;
		int status = glance_get(map, t, ring[i % PIPELINE], &v, filtered);
		bool hit = likely(status != AGAIN) ? status == INSTAR_OK : lookup(map, t, ring[i % PIPELINE], &v);
		if (i + PIPELINE < n)
			lookup_fill(map, table, keys, i + PIPELINE, ring, filtered);
		hits += hit;
		if (values)
			values[i] = v;
		if (found)
			found[i] = hit;
	}
	return hits;
}

/* One element of a batch that writes; h is its hash. */
static inline enum instar_status write_one(instar_map *map, instar_thread *t, const struct write_batch *batch, size_t i,
					   word h)
{
	static const enum verb verbs[] = { VERB_INSERT, VERB_PUT, VERB_REMOVE, VERB_FETCH };
	struct request r = { .value = batch->values ? (word)batch->values[i] : 0 };
	r.op = FETCH_ADD;
	r.operand = r.value;
	r.initial = (word)batch->initial;
	int status = AGAIN;
	bool migrating = false;
	if (likely(map->plain))
		switch (batch->verb) { /* the straight line of each verb */
		case BATCH_INSERT: status = glance_modify(map, t, h, VERB_INSERT, &r, true, &migrating); break;
		case BATCH_PUT: status = glance_modify(map, t, h, VERB_PUT, &r, true, &migrating); break;
		case BATCH_REMOVE: status = glance_modify(map, t, h, VERB_REMOVE, &r, true, &migrating); break;
		case BATCH_FETCH_ADD: status = glance_modify(map, t, h, VERB_FETCH, &r, true, &migrating); break;
		}
	if (unlikely(status == AGAIN))
		status = (int)modify_slowly(map, t, h, verbs[batch->verb], &r, true);
	else if (unlikely(migrating))
		help_after_write(map, t, map_line(map, t), section_root(map, t), 0);
	if (batch->old)
		batch->old[i] = r.seen;
	return (enum instar_status)status;
}

/* Elements from ... to of a batch, in the section that is open.  Returns how many are OK, or EXISTS where
 * that is a success. */
static size_t write_run(instar_map *map, instar_thread *t, const struct write_batch *batch, size_t from, size_t to)
{
	const struct table *table = section_root(map, t);
	bool exists_is_good = batch->verb == BATCH_PUT || batch->verb == BATCH_FETCH_ADD;
	word ring[PIPELINE];
	size_t good = 0;
	for (size_t i = from; i < to && i < from + PIPELINE; i++)
		pipeline_fill(map, table, batch->keys, i, ring, 1);
	for (size_t i = from; i < to; i++) {
		enum instar_status status = write_one(map, t, batch, i, ring[i % PIPELINE]);
		if (i + PIPELINE < to)
			pipeline_fill(map, table, batch->keys, i + PIPELINE, ring, 1);
		good += status == INSTAR_OK || (exists_is_good && status == INSTAR_EXISTS);
		if (batch->status)
			batch->status[i] = status;
	}
	return good;
}

#endif
