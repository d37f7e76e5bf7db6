/*
 * instar/bytes.h - a concurrent hash map from byte strings to 64-bit values.
 *
 * Keys are any 0 ... 2^32 - 1 bytes, compared exactly, whatever their hashes; the map keeps copies.  The
 * calls are those of map.h with `const void *key, size_t length` for the key, and answer the same; key may
 * be NULL if length is 0.  Unless a call says otherwise it is linearizable, lock-free, and may be made by
 * any number of threads at once; each successful write is a release, each hit an acquire.  get and contains
 * are wait-free and allocate nothing.  Every write allocates and makes garbage, the values' too: an
 * entry is replaced as a whole (so the counters of many threads belong in an instar_map).
 *
 * Keys come back as pointers to the map's copies, which live as boxed values do: inside a section opened
 * before the call, until its outermost leave; in a callback, during that; shown by a snapshot, until it is
 * closed.
 *
 * In a signal handler only get, contains and get_ref may be called, as of instar/map.h.
 *
 * The thread argument is the caller's handle in the map's domain, or NULL: then it is found
 * (instar_thread_self).
 *
 * Statuses not listed at a call: INVAL (a required pointer is NULL, a key too long, or a handle of another
 * domain); of a call that writes, a removal too: NOMEM, and nothing changed; FULL of one that may add.
 */
#ifndef INSTAR_BYTES_H
#define INSTAR_BYTES_H

#include <instar/iter.h>
#include <instar/map.h>

#ifdef __cplusplus
extern "C" {
#endif

typedef struct instar_bmap instar_bmap;

/* Equal bytes, equal answers; any thread, at any time.  A poor hash costs time, never correctness. */
typedef uint64_t instar_bmap_hash_fn(const void *key, size_t length, uint64_t seed, void *ctx);

/* struct_size and reserved: as in struct instar_domain_opts. */
struct instar_bmap_opts {
	size_t struct_size;  /* sizeof(struct instar_bmap_opts) */
	size_t capacity;     /* as in struct instar_map_opts; two keys of one hash count as one */
	size_t max_capacity;
	uint64_t seed[2];    /* {0, 0}: taken from the kernel */
	unsigned flags;      /* enum instar_map_flags, or-ed */
	/* Not NULL: a *boxed* map, its values are pointers that the map owns and retires on replace,
	 * remove, clear and destroy; the rules are those of map.h. */
	void (*value_free)(void *value, void *ctx);
	void *ctx;
	const char *name;    /* for statistics; copied, 31 bytes kept */
	/* NULL: XXH3, with a seed made from `seed`; against hostile keys give a keyed one, SipHash say. */
	instar_bmap_hash_fn *hash;
	void *hash_ctx;
	uint64_t reserved[8]; /* zero */
};
#define INSTAR_BMAP_OPTS_INIT { sizeof(struct instar_bmap_opts), 0, 0, { 0, 0 }, 0, 0, 0, 0, 0, 0, { 0 } }

/* A new, empty map in `domain` (NULL: the default domain).  OK, NOMEM, INVAL; UNSUPPORTED: the domain's
 * scheme does not protect all that a section can reach (struct instar_scheme_info), or neither is a hash
 * given nor was the library built with libxxhash.  *out is NULL on failure. */
INSTAR_API enum instar_status instar_bmap_create(instar_bmap **out, instar_domain *domain,
						 const struct instar_bmap_opts *opts);

/* No other thread may be using the map.  Keys and boxed values are retired, as by instar_map_destroy.  NULL is OK.
 * BUSY: snapshots are open; NOMEM: as there. */
INSTAR_API enum instar_status instar_bmap_destroy(instar_bmap *map);

/* OK and the value (value may be NULL), NOTFOUND.  Wait-free but for the comparison with keys of the same hash. */
INSTAR_API enum instar_status instar_bmap_get(instar_bmap *map, instar_thread *thread, const void *key, size_t length,
					      uint64_t *value);
INSTAR_API bool instar_bmap_contains(instar_bmap *map, instar_thread *thread, const void *key, size_t length);

/* Boxed maps, inside a section (else MISUSE): the object, valid until the outermost leave.  OK, NOTFOUND. */
INSTAR_API enum instar_status instar_bmap_get_ref(instar_bmap *map, instar_thread *thread, const void *key,
						  size_t length, void **object);

/* Only if absent.  OK; EXISTS: nothing changed, *existing (may be NULL) is the value there. */
INSTAR_API enum instar_status instar_bmap_insert(instar_bmap *map, instar_thread *thread, const void *key,
						 size_t length, uint64_t value, uint64_t *existing);
/* In any case.  OK: new; EXISTS: replaced, *old (may be NULL) is what was there. */
INSTAR_API enum instar_status instar_bmap_put(instar_bmap *map, instar_thread *thread, const void *key, size_t length,
					      uint64_t value, uint64_t *old);
/* Only if present.  OK and *old (may be NULL), NOTFOUND. */
INSTAR_API enum instar_status instar_bmap_replace(instar_bmap *map, instar_thread *thread, const void *key,
						  size_t length, uint64_t value, uint64_t *old);
/* Only if the value is *expected.  OK, NOTFOUND, CHANGED (*expected is what is there). */
INSTAR_API enum instar_status instar_bmap_cas(instar_bmap *map, instar_thread *thread, const void *key, size_t length,
					      uint64_t *expected, uint64_t desired);
/* OK and *old (may be NULL), NOTFOUND. */
INSTAR_API enum instar_status instar_bmap_remove(instar_bmap *map, instar_thread *thread, const void *key,
						 size_t length, uint64_t *old);
/* Only if the value is `expected`.  OK, NOTFOUND, CHANGED. */
INSTAR_API enum instar_status instar_bmap_remove_if(instar_bmap *map, instar_thread *thread, const void *key,
						    size_t length, uint64_t expected);
/* Boxed maps: removes the key and hands its value to the caller, who retires it; not before every snapshot
 * opened before the call returned is closed.  OK, NOTFOUND. */
INSTAR_API enum instar_status instar_bmap_take(instar_bmap *map, instar_thread *thread, const void *key, size_t length,
					       uint64_t *old);
/* OK: inserted; EXISTS: it was there.  *actual is the value in the map either way. */
INSTAR_API enum instar_status instar_bmap_get_or_insert(instar_bmap *map, instar_thread *thread, const void *key,
							size_t length, uint64_t value, uint64_t *actual);

/* value := value op operand, in one step, as instar_fetch_add and the others.  INVAL on boxed maps. */
INSTAR_API enum instar_status instar_bmap_fetch_add(instar_bmap *map, instar_thread *thread, const void *key,
						    size_t length, uint64_t operand, uint64_t initial, uint64_t *old);
INSTAR_API enum instar_status instar_bmap_fetch_sub(instar_bmap *map, instar_thread *thread, const void *key,
						    size_t length, uint64_t operand, uint64_t initial, uint64_t *old);
INSTAR_API enum instar_status instar_bmap_fetch_and(instar_bmap *map, instar_thread *thread, const void *key,
						    size_t length, uint64_t operand, uint64_t initial, uint64_t *old);
INSTAR_API enum instar_status instar_bmap_fetch_or(instar_bmap *map, instar_thread *thread, const void *key,
						   size_t length, uint64_t operand, uint64_t initial, uint64_t *old);
INSTAR_API enum instar_status instar_bmap_fetch_xor(instar_bmap *map, instar_thread *thread, const void *key,
						    size_t length, uint64_t operand, uint64_t initial, uint64_t *old);
INSTAR_API enum instar_status instar_bmap_fetch_min(instar_bmap *map, instar_thread *thread, const void *key,
						    size_t length, uint64_t operand, uint64_t initial, uint64_t *old);
INSTAR_API enum instar_status instar_bmap_fetch_max(instar_bmap *map, instar_thread *thread, const void *key,
						    size_t length, uint64_t operand, uint64_t initial, uint64_t *old);

/* As instar_compute_fn; key is the caller's. */
typedef enum instar_action instar_bmap_compute_fn(const void *key, size_t length, bool present, uint64_t *value,
						  void *ctx);

/* Applies what fn answers to the very value it was shown.  OK, also when a present key was removed;
 * NOTFOUND: the key is absent and fn answered KEEP or REMOVE. */
INSTAR_API enum instar_status instar_bmap_compute(instar_bmap *map, instar_thread *thread, const void *key,
						  size_t length, instar_bmap_compute_fn *fn, void *ctx);

/* Keys: approximate while others write, exact at rest.  Wait-free, unless two keys of the map ever had one
 * hash: then it counts them one by one. */
INSTAR_API size_t instar_bmap_size(instar_bmap *map);

/* As instar_reserve, instar_shrink, instar_maintain and instar_clear (O(1), too). */
INSTAR_API enum instar_status instar_bmap_reserve(instar_bmap *map, instar_thread *thread, size_t entries);
INSTAR_API enum instar_status instar_bmap_shrink(instar_bmap *map, instar_thread *thread);
INSTAR_API enum instar_status instar_bmap_maintain(instar_bmap *map, instar_thread *thread, size_t budget);
INSTAR_API enum instar_status instar_bmap_clear(instar_bmap *map, instar_thread *thread);

/* The key's hash in this map, and calls that take it, computed before.  Another than that: the key is not found
 * by its own. */
INSTAR_API uint64_t instar_bmap_hash(const instar_bmap *map, const void *key, size_t length);
INSTAR_API enum instar_status instar_bmap_get_h(instar_bmap *map, instar_thread *thread, uint64_t hash, const void *key,
						size_t length, uint64_t *value);
INSTAR_API enum instar_status instar_bmap_insert_h(instar_bmap *map, instar_thread *thread, uint64_t hash,
						   const void *key, size_t length, uint64_t value, uint64_t *existing);
INSTAR_API enum instar_status instar_bmap_put_h(instar_bmap *map, instar_thread *thread, uint64_t hash, const void *key,
						size_t length, uint64_t value, uint64_t *old);
INSTAR_API enum instar_status instar_bmap_remove_h(instar_bmap *map, instar_thread *thread, uint64_t hash,
						   const void *key, size_t length, uint64_t *old);

/* ---- many keys in one call: as batch.h; the keys are keys[i] of lengths[i] bytes ---- */

/* Starts fetching the key's bucket into the cache.  A hint. */
INSTAR_API void instar_bmap_prefetch(instar_bmap *map, instar_thread *thread, const void *key, size_t length);

/* Looks n keys up.  found[i] (found may be NULL) is 1 or 0, values[i] (values may be NULL) is unspecified for
 * misses.  Returns the number of hits. */
INSTAR_API size_t instar_bmap_get_many(instar_bmap *map, instar_thread *thread, const void *const *keys,
				       const size_t *lengths, size_t n, uint64_t *values, uint8_t *found);

/* As the call for each, of equal keys the earlier first; status (may be NULL) gets each answer, INVAL for what is
 * no key; old[i] (old may be NULL) is unspecified where that comes without one.  Return how many were inserted;
 * are in the map (OK or EXISTS); were removed; were added to or inserted (OK or EXISTS). */
INSTAR_API size_t instar_bmap_insert_many(instar_bmap *map, instar_thread *thread, const void *const *keys,
					  const size_t *lengths, const uint64_t *values, size_t n,
					  enum instar_status *status);
INSTAR_API size_t instar_bmap_put_many(instar_bmap *map, instar_thread *thread, const void *const *keys,
				       const size_t *lengths, const uint64_t *values, size_t n,
				       enum instar_status *status);
INSTAR_API size_t instar_bmap_remove_many(instar_bmap *map, instar_thread *thread, const void *const *keys,
					  const size_t *lengths, size_t n, uint64_t *old, enum instar_status *status);
INSTAR_API size_t instar_bmap_fetch_add_many(instar_bmap *map, instar_thread *thread, const void *const *keys,
					     const size_t *lengths, const uint64_t *operands, size_t n,
					     uint64_t initial, uint64_t *old, enum instar_status *status);

/* ---- going over all keys: as iter.h ---- */

struct instar_bmap_entry {
	const void *key; /* the map's copy */
	size_t length;
	uint64_t value;
};

/*
 * As instar_scan, inside a section (else MISUSE), in which the keys stored may be read.  *cursor is 0 at first
 * and is kept between sections.  OK: more to come; NOTFOUND: the end, *n may be > 0 and *cursor is 0 again;
 * FULL: *n is 0, the next keys have one hash and are more than `capacity`; *cursor stays, and a call with more room
 * goes on.  The cursor stands between hashes, so keys of one hash come together: with a good hash even two are
 * improbable (n keys: below n^2 / 2^65), so room for a few never sees it.
 */
INSTAR_API enum instar_status instar_bmap_scan(instar_bmap *map, instar_thread *thread, uint64_t *cursor,
					       struct instar_bmap_entry *out, size_t capacity, size_t *n);

/* From *cursor to `last`, inclusive: bounds from instar_scan_part. */
INSTAR_API enum instar_status instar_bmap_scan_range(instar_bmap *map, instar_thread *thread, uint64_t *cursor,
						     uint64_t last, struct instar_bmap_entry *out, size_t capacity,
						     size_t *n);

/* false: stop.  The key is the map's copy, valid during the call. */
typedef bool instar_bmap_visit_fn(const void *key, size_t length, uint64_t value, void *ctx);

/* As instar_foreach: a key that is present throughout is met exactly once, others at most once.
 * deadline: NULL for none.  OK, STOPPED (visit answered false), TIMEOUT, CANCELLED. */
INSTAR_API enum instar_status instar_bmap_foreach(instar_bmap *map, instar_thread *thread, instar_bmap_visit_fn *visit,
						  void *ctx, const struct instar_deadline *deadline);

/* Removes the keys for which keep answers false; *removed (may be NULL) is their number.  A key whose value
 * changes meanwhile is asked about again.  NOMEM: what is removed by then stays so. */
INSTAR_API enum instar_status instar_bmap_retain(instar_bmap *map, instar_thread *thread, instar_bmap_visit_fn *keep,
						 void *ctx, size_t *removed);

/* The same in parts, as instar_retain_some; keys of one hash count as one. */
INSTAR_API enum instar_status instar_bmap_retain_some(instar_bmap *map, instar_thread *thread,
						      instar_bmap_visit_fn *keep, void *ctx, uint64_t *cursor,
						      size_t budget, size_t *removed);

/* Removes the keys one by one and calls take for each; boxed values are retired after that.
 * OK: one pass over all hashes is done; STOPPED: take answered false, its key is removed; NOMEM as above. */
INSTAR_API enum instar_status instar_bmap_drain(instar_bmap *map, instar_thread *thread, instar_bmap_visit_fn *take,
						void *ctx);

/*
 * A snapshot: the map as it was at one moment of the open call, as in iter.h.  The keys that it shows, and boxed
 * values but for those that instar_bmap_take gave away, stay until it is closed, so reading it needs no section.
 */
typedef struct instar_bmap_snapshot instar_bmap_snapshot;

/* OK; NOMEM.  *out is NULL on failure.  O(1) when no migration runs, else that is ended first.  The lock: as in iter.h. */
INSTAR_API enum instar_status instar_bmap_snapshot_open(instar_bmap *map, instar_thread *thread,
							instar_bmap_snapshot **out);

/* Its memory goes back once no migration needs it.  NULL is allowed. */
INSTAR_API void instar_bmap_snapshot_close(instar_bmap_snapshot *snapshot, instar_thread *thread);

/* OK and the value (value may be NULL), NOTFOUND. */
INSTAR_API enum instar_status instar_bmap_snapshot_get(instar_bmap_snapshot *snapshot, instar_thread *thread,
						       const void *key, size_t length, uint64_t *value);

/* As instar_bmap_scan, but the entries are those of one moment, and no section is needed. */
INSTAR_API enum instar_status instar_bmap_snapshot_scan(instar_bmap_snapshot *snapshot, instar_thread *thread,
							uint64_t *cursor, struct instar_bmap_entry *out,
							size_t capacity, size_t *n);

/* The exact number of keys. */
INSTAR_API enum instar_status instar_bmap_snapshot_count(instar_bmap_snapshot *snapshot, instar_thread *thread,
							 size_t *n);

/* The exact number of keys at one moment of the call, by a snapshot.  OK, NOMEM. */
INSTAR_API enum instar_status instar_bmap_count(instar_bmap *map, instar_thread *thread, size_t *exact);

/* As instar_map_stats, of the table of hashes; entries is instar_bmap_size. */
INSTAR_API void instar_bmap_stats(instar_bmap *map, struct instar_map_stats *stats);

/* The audit: no thread may be using the map.  A line for each violation goes to `report` (NULL: none).
 * OK, CORRUPT. */
INSTAR_API enum instar_status instar_bmap_check(instar_bmap *map, FILE *report);

#ifdef __cplusplus
}
#endif
#endif
