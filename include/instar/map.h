/*
 * instar/map.h - a concurrent hash map from 64-bit keys to 64-bit values.
 *
 * Every 64-bit key and every 64-bit value is valid.  Unless a call says otherwise it is linearizable,
 * lock-free, may be made by any number of threads at once, and each successful write is a release,
 * each hit an acquire.  get and contains are wait-free, during a growth too; lock-free over schemes that keep
 * references one by one (has_refs), and where they are the first in a home after a snapshot was opened, which may copy it.
 *
 * The thread argument is the caller's handle in the map's domain, or NULL: then it is found
 * (instar_thread_self).  A handle of another domain: INVAL.
 *
 * get, contains and get_ref, given the thread's own handle, may be called in a signal handler that
 * interrupts any call, if the scheme takes no locks.  In a child process of fork, and at a thread's exit or
 * cancellation in the middle of a section or callback, the map stays whole.
 *
 * Statuses not listed at a call: INVAL (a required pointer is NULL, or a handle of another domain).  NOMEM, and
 * nothing changed, of any call that may write, replace, cas and remove too: when a migration cannot go on
 * without a larger table; and on a boxed map when what the call displaces cannot be remembered, as for a thread
 * that has no handle for want of memory or of a scheme with a limit of them.  Without a handle no migration can be ended,
 * either: so where a home is full such a thread gets NOMEM until another writes.
 *
 * FULL, of calls that may add: max_capacity; or so many keys share their hashes' beginning that a table of more than 2^24
 * slots (four times max_capacity, if that is set: it is a bound of memory, too) would hold less than 3 % of what it could.
 * With a seed from the kernel the latter does not happen.  Keys that come in hash order, as a scan of a map with the same
 * seed hands them out, need the table of all from the beginning: instar_reserve first.
 */
#ifndef INSTAR_MAP_H
#define INSTAR_MAP_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>

#include <instar/reclaim.h>
#include <instar/status.h>

#ifdef __cplusplus
extern "C" {
#endif

typedef struct instar_map instar_map;

enum instar_map_flags {
	INSTAR_MAP_NO_REUSE = 1,     /* tombstones are reused at migrations only (to compare schemes) */
	INSTAR_MAP_PREFAULT = 2,     /* touch every page of a table when it is made */
	INSTAR_MAP_SMALL_PAGES = 4,  /* do not ask for 2 MiB pages for large tables */
	INSTAR_MAP_MISS_FILTER = 8   /* 4 bytes more for each bucket settle most misses without a look at it */
};

/* struct_size and reserved: as in struct instar_domain_opts. */
struct instar_map_opts {
	size_t struct_size;  /* sizeof(struct instar_map_opts) */
	size_t capacity;     /* entries to make room for at once; 0: small */
	size_t max_capacity; /* entries, and calls under way that insert or remove one; FULL is never answered for it
			      * below 60 % of it, always before twice it; 0: no limit */
	uint64_t seed[2];    /* of the hash; {0, 0}: taken from the kernel */
	unsigned flags;      /* enum instar_map_flags, or-ed */
	/* Not NULL: a *boxed* map, its values are pointers that the map owns and retires on replace,
	 * remove, clear and destroy. */
	void (*value_free)(void *value, void *ctx);
	void *ctx;
	const char *name;    /* for statistics; copied, 31 bytes kept */
	size_t value_bytes;  /* of each boxed value, for the domain's statistics and limits; 0: not known, counted as none */
	uint64_t reserved[7]; /* zero */
};
#define INSTAR_MAP_OPTS_INIT { sizeof(struct instar_map_opts), 0, 0, { 0, 0 }, 0, 0, 0, 0, 0, { 0 } }

/* A new, empty map in `domain` (NULL: the default domain).  OK, NOMEM (also for a capacity beyond the
 * address space, at once), INVAL, UNSUPPORTED.  *out is NULL on failure. */
INSTAR_API enum instar_status instar_map_create(instar_map **out, instar_domain *domain,
						const struct instar_map_opts *opts);

/* No other thread may be using the map, but sections may refer to what they found in it: boxed values are retired.  What no
 * section can refer to is freed before the return as a rule; the rest is by instar_barrier, so long `ctx` must last.
 * NULL is OK.  BUSY: snapshots are open.  NOMEM, of a boxed map, without memory (or a handle), where it may not wait
 * for a grace period, inside a section or online, or the scheme has none: the rest is in the map still, to be destroyed once
 * more. */
INSTAR_API enum instar_status instar_map_destroy(instar_map *map);

/* OK and the value (value may be NULL), NOTFOUND.  Wait-free (but see above), no atomic write, one bucket. */
INSTAR_API enum instar_status instar_get(instar_map *map, instar_thread *thread, uint64_t key, uint64_t *value);
INSTAR_API bool instar_contains(instar_map *map, instar_thread *thread, uint64_t key);

/* Boxed maps, inside a section (else MISUSE): the object, valid until the outermost leave.  OK, NOTFOUND;
 * FULL: the thread holds as many references as its scheme allows (max_refs). */
INSTAR_API enum instar_status instar_get_ref(instar_map *map, instar_thread *thread, uint64_t key, void **object);

/* Only if absent.  OK; EXISTS: nothing changed, *existing (may be NULL) is the value there; NOMEM, FULL. */
INSTAR_API enum instar_status instar_insert(instar_map *map, instar_thread *thread, uint64_t key, uint64_t value,
					    uint64_t *existing);
/* In any case.  OK: new; EXISTS: replaced, *old (may be NULL) is what was there; NOMEM, FULL. */
INSTAR_API enum instar_status instar_put(instar_map *map, instar_thread *thread, uint64_t key, uint64_t value,
					 uint64_t *old);
/* Only if present.  OK and *old (may be NULL), NOTFOUND. */
INSTAR_API enum instar_status instar_replace(instar_map *map, instar_thread *thread, uint64_t key, uint64_t value,
					     uint64_t *old);
/* Only if the value is *expected.  OK, NOTFOUND, CHANGED (*expected is what is there). */
INSTAR_API enum instar_status instar_cas(instar_map *map, instar_thread *thread, uint64_t key, uint64_t *expected,
					 uint64_t desired);
/* OK and *old (may be NULL), NOTFOUND. */
INSTAR_API enum instar_status instar_remove(instar_map *map, instar_thread *thread, uint64_t key, uint64_t *old);
/* Only if the value is `expected`.  OK, NOTFOUND, CHANGED. */
INSTAR_API enum instar_status instar_remove_if(instar_map *map, instar_thread *thread, uint64_t key,
					       uint64_t expected);
/* OK: inserted; EXISTS: it was there.  *actual is the value in the map either way.  NOMEM, FULL. */
INSTAR_API enum instar_status instar_get_or_insert(instar_map *map, instar_thread *thread, uint64_t key,
						   uint64_t value, uint64_t *actual);

/*
 * value := value op operand, in one step.  Absent: stores initial op operand, OK, *old = initial;
 * present: EXISTS, *old = the value before.  old may be NULL.  Arithmetic is modulo 2^64; min and max
 * compare as unsigned.  INVAL on boxed maps; NOMEM, FULL.
 */
INSTAR_API enum instar_status instar_fetch_add(instar_map *map, instar_thread *thread, uint64_t key, uint64_t operand,
					       uint64_t initial, uint64_t *old);
INSTAR_API enum instar_status instar_fetch_sub(instar_map *map, instar_thread *thread, uint64_t key, uint64_t operand,
					       uint64_t initial, uint64_t *old);
INSTAR_API enum instar_status instar_fetch_and(instar_map *map, instar_thread *thread, uint64_t key, uint64_t operand,
					       uint64_t initial, uint64_t *old);
INSTAR_API enum instar_status instar_fetch_or(instar_map *map, instar_thread *thread, uint64_t key, uint64_t operand,
					      uint64_t initial, uint64_t *old);
INSTAR_API enum instar_status instar_fetch_xor(instar_map *map, instar_thread *thread, uint64_t key, uint64_t operand,
					       uint64_t initial, uint64_t *old);
INSTAR_API enum instar_status instar_fetch_min(instar_map *map, instar_thread *thread, uint64_t key, uint64_t operand,
					       uint64_t initial, uint64_t *old);
INSTAR_API enum instar_status instar_fetch_max(instar_map *map, instar_thread *thread, uint64_t key, uint64_t operand,
					       uint64_t initial, uint64_t *old);

/* What a compute callback wants done. */
enum instar_action { INSTAR_KEEP, INSTAR_STORE, INSTAR_REMOVE };

/* *value is the current value, 0 when absent; set it for INSTAR_STORE.  May run again after a conflict,
 * with *value set anew; runs within the call's section. */
typedef enum instar_action instar_compute_fn(uint64_t key, bool present, uint64_t *value, void *ctx);

/* Applies what fn answers to the very value it was shown.  OK, also when a present key was removed;
 * NOTFOUND: the key is absent and fn did not answer STORE; INVAL: it is present and the answer is no action;
 * NOMEM, FULL. */
INSTAR_API enum instar_status instar_compute(instar_map *map, instar_thread *thread, uint64_t key,
					     instar_compute_fn *fn, void *ctx);

/* Boxed maps: removes the key and hands its value to the caller, who retires it.  OK, NOTFOUND.
 * An open snapshot may still show it: then the caller retires it only once every snapshot that was opened before
 * the call returned is closed. */
INSTAR_API enum instar_status instar_take(instar_map *map, instar_thread *thread, uint64_t key, uint64_t *old);

/* Entries: approximate while others write, exact at rest; in a child process, off by what threads that it lost in the middle
 * of a call had not counted (so for instar_map_check, which says so; instar_count is exact).  Wait-free. */
INSTAR_API size_t instar_size(instar_map *map);

/* Makes room for `entries` in all, finishing a growth if one is needed.  OK, NOMEM.
 * Writes to all of the new table, so that it takes up memory at once, in one section; the room of opts.capacity takes it up
 * as it is used.  Whatever follows with a new table, a growth, a shrink or a snapshot, writes to all of it. */
INSTAR_API enum instar_status instar_reserve(instar_map *map, instar_thread *thread, size_t entries);

/* Moves to the smallest table whose load is at most 40 %, if that is smaller than the current one.  Tried once: the
 * table stays larger if another takes its place meanwhile, or if more comes than the smaller one holds.
 * OK, also when there is nothing to do; NOMEM. */
INSTAR_API enum instar_status instar_shrink(instar_map *map, instar_thread *thread);

/* Removes everything in one step, O(1) (boxed maps: once a migration under way is done).  Boxed values
 * are retired with their table.  OK, NOMEM; UNSUPPORTED: a boxed map under a scheme that keeps references one by one
 * (section_protects_all is false). */
INSTAR_API enum instar_status instar_clear(instar_map *map, instar_thread *thread);

/* Up to `budget` homes of pending migration.  OK: nothing left to do; BUSY: more work waits;
 * NOMEM: it cannot be ended now. */
INSTAR_API enum instar_status instar_maintain(instar_map *map, instar_thread *thread, size_t budget);

/* The key's hash in this map, a bijection of the key; and calls that take it, computed before. */
INSTAR_API uint64_t instar_hash(const instar_map *map, uint64_t key);
INSTAR_API enum instar_status instar_get_h(instar_map *map, instar_thread *thread, uint64_t hash, uint64_t key,
					   uint64_t *value);
INSTAR_API enum instar_status instar_insert_h(instar_map *map, instar_thread *thread, uint64_t hash, uint64_t key,
					      uint64_t value, uint64_t *existing);
INSTAR_API enum instar_status instar_put_h(instar_map *map, instar_thread *thread, uint64_t hash, uint64_t key,
					   uint64_t value, uint64_t *old);
INSTAR_API enum instar_status instar_remove_h(instar_map *map, instar_thread *thread, uint64_t hash, uint64_t key,
					      uint64_t *old);

struct instar_map_stats {
	uint64_t entries;          /* as instar_size */
	uint64_t homes, slots;     /* of the current table */
	uint64_t table_bytes;      /* of all tables still reachable */
	uint64_t growths, purges, shrinks; /* migrations begun */
	uint64_t births;           /* homes moved */
	uint64_t stillborn;        /* homes whose entries found no room */
	uint64_t buried, displaced; /* tombstones made, entries placed away from their home: counters */
	uint64_t withdrawn;        /* claims taken back */
	uint64_t migrating;        /* 1 while a migration runs */
	char name[32];
	uint64_t reserved[16];
};

/* Read without stopping anyone; each figure is true of some moment of the call. */
#ifdef __cplusplus /* where a function "shadows" the constructor of a struct of its name */
#pragma GCC diagnostic push
#pragma GCC diagnostic ignored "-Wshadow"
#endif
INSTAR_API void instar_map_stats(instar_map *map, struct instar_map_stats *stats);
#ifdef __cplusplus
#pragma GCC diagnostic pop
#endif

/* The audit: no thread may be using the map.  Checks every invariant that memory can show; a line for
 * each violation goes to `report` (NULL: none).  OK, CORRUPT. */
INSTAR_API enum instar_status instar_map_check(instar_map *map, FILE *report);

#ifdef __cplusplus
}
#endif
#endif
