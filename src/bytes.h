/*
 * src/bytes.h - a byte-key map, and one call on it.
 */
#ifndef INSTAR_BMAP_H
#define INSTAR_BMAP_H

#include <instar/bytes.h>

#include "src/bundle.h"
#include "src/state.h"

struct instar_bmap {
	instar_map *map;      /* hash -> struct bundle */
	instar_domain *domain;
	instar_bmap_hash_fn *hash;
	void *hash_ctx;
	uint64_t seed;
	struct release release;
	bool collided;        /* atomic: a bundle of more than one item was made */
};

/* One call: its arguments, and what it came to. */
struct operation {
	struct byte_key key;
	uint64_t hash;
	/* Looks at the value there (seen, 0 if absent), sets `status` and, for STORE, `value`. */
	enum instar_action (*decide)(struct operation *, bool present);
	uint64_t value, expected, operand;
	enum fetch_op op;
	instar_bmap_compute_fn *compute;
	void *ctx;
	bool keeps_old;            /* the value displaced is the caller's */
	uint64_t seen;
	enum instar_status status; /* if what was decided is done */
};

/* For the map of bundles: the caller has displaced this one. */
void bmap_bundle_leaves(void *bundle);

/* instar_bmap_destroy, at once: nobody refers to what is in it. */
void bmap_unmake(instar_bmap *map);

/* Completes the handle and the key.  false: INVAL. */
bool bmap_thread(const instar_bmap *map, instar_thread **t);
bool bmap_key(const void *key, size_t length, struct byte_key *out);

static inline uint64_t bmap_hash(const instar_bmap *map, const struct byte_key *key)
{
	return map->hash(key->bytes, key->length, map->seed, map->hash_ctx);
}

/* The bundle at the hash, NULL: none; inside a section.  OK, or a failure. */
enum instar_status bmap_find(instar_bmap *map, instar_thread *t, uint64_t hash, struct bundle **b);

/* What the calls decide that have a batch, too.  fetch: expected is the initial value. */
enum instar_action bmap_decide_insert(struct operation *o, bool present);
enum instar_action bmap_decide_put(struct operation *o, bool present);
enum instar_action bmap_decide_remove(struct operation *o, bool present);
enum instar_action bmap_decide_fetch(struct operation *o, bool present);

/* A whole call that may write; the second one by the hash in *o. */
enum instar_status bmap_write(instar_bmap *map, instar_thread *t, const void *key, size_t length, struct operation *o);
enum instar_status bmap_write_h(instar_bmap *map, instar_thread *t, const void *key, size_t length,
				struct operation *o);

#endif
