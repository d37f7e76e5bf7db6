/*
 * src/batch.h - many keys in one section, their buckets fetched ahead of their use.
 *
 * A lookup that misses the cache waits for one bucket; a batch waits for PIPELINE of them at a time.
 */
#ifndef INSTAR_SRC_BATCH_H
#define INSTAR_SRC_BATCH_H

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
			__builtin_prefetch(b + i, 1);
		else
			__builtin_prefetch(b + i, 0);
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

/* Up to SECTION_ELEMENTS lookups in the section that is open. */
static size_t lookup_run(instar_map *map, instar_thread *t, const uint64_t *keys, size_t n, uint64_t *values,
			 uint8_t *found)
{
	const struct table *table = section_root(map, t); /* to fetch by: each lookup loads the root itself */
	word ring[PIPELINE];
	size_t hits = 0;
	for (size_t i = 0; i < n && i < PIPELINE; i++)
		pipeline_fill(map, table, keys, i, ring, 0);
	for (size_t i = 0; i < n; i++) {
		word v = 0;
		int status = glance_get(map, t, ring[i % PIPELINE], &v);
		bool hit = likely(status != AGAIN) ? status == INSTAR_OK : lookup(map, t, ring[i % PIPELINE], &v);
		if (i + PIPELINE < n)
			pipeline_fill(map, table, keys, i + PIPELINE, ring, 0);
		hits += hit;
		if (values)
			values[i] = v;
		if (found)
			found[i] = hit;
	}
	return hits;
}

/* Up to SECTION_ELEMENTS insertions in the section that is open. */
static size_t insert_run(instar_map *map, instar_thread *t, const uint64_t *keys, const uint64_t *values, size_t n,
			 enum instar_status *status)
{
	const struct table *table = section_root(map, t);
	word ring[PIPELINE];
	size_t inserted = 0;
	for (size_t i = 0; i < n && i < PIPELINE; i++)
		pipeline_fill(map, table, keys, i, ring, 1);
	for (size_t i = 0; i < n; i++) {
		struct request r;
		r.value = (word)values[i];
		int s = map->plain ? glance_modify(map, t, ring[i % PIPELINE], VERB_INSERT, &r) : AGAIN;
		if (unlikely(s == AGAIN))
			s = (int)modify(map, t, ring[i % PIPELINE], VERB_INSERT, &r);
		if (i + PIPELINE < n)
			pipeline_fill(map, table, keys, i + PIPELINE, ring, 1);
		inserted += s == INSTAR_OK;
		if (status)
			status[i] = (enum instar_status)s;
	}
	return inserted;
}

#endif
