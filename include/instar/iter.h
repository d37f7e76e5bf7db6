/*
 * instar/iter.h - going over a map while others write.
 *
 * A key that is present throughout is met exactly once, across growth, purge and shrink too; others at
 * most once.  Entries come in the order of their hash, so a cursor is a plain number, a hash bound: it
 * survives growth, shrink and, with the same seed, a restart.
 */
#ifndef INSTAR_ITER_H
#define INSTAR_ITER_H

#include <instar/map.h>

#ifdef __cplusplus
extern "C" {
#endif

struct instar_entry {
	uint64_t key, value;
};

/*
 * The next entries, from *cursor on (0 at first).  capacity >= 1, else INVAL; *n of them were stored.
 * OK: more to come; NOTFOUND: the end, *n may be > 0 and *cursor is 0 again.
 * The n entries are not a point in time: each was present at some moment of the call.  Lock-free.
 */
INSTAR_API enum instar_status instar_scan(instar_map *map, instar_thread *thread, uint64_t *cursor,
					  struct instar_entry *out, size_t capacity, size_t *n);

/* Hash bounds, inclusive, of part `part` of `parts` (0 <= part < parts), to scan a map side by side. */
INSTAR_API void instar_scan_part(unsigned part, unsigned parts, uint64_t *first, uint64_t *last);

/* As instar_scan, from *cursor (the part's first at first) to `last`, inclusive. */
INSTAR_API enum instar_status instar_scan_range(instar_map *map, instar_thread *thread, uint64_t *cursor,
						uint64_t last, struct instar_entry *out, size_t capacity, size_t *n);

typedef bool instar_visit_fn(uint64_t key, uint64_t value, void *ctx); /* false: stop */

/*
 * Calls visit for every entry, within a section that protects all (boxed values may be dereferenced), left and
 * entered again at least every 256 entries unless the caller is in one.
 * deadline: NULL for none.  OK, STOPPED (visit answered false), TIMEOUT, CANCELLED.
 */
INSTAR_API enum instar_status instar_foreach(instar_map *map, instar_thread *thread, instar_visit_fn *visit, void *ctx,
					     const struct instar_deadline *deadline);

/* Removes the entries for which keep answers false; *removed (may be NULL) is their number.  An entry
 * that changes meanwhile is asked about again.  NOMEM: what is removed by then stays so. */
INSTAR_API enum instar_status instar_retain(instar_map *map, instar_thread *thread, instar_visit_fn *keep, void *ctx,
					    size_t *removed);

/* The same in parts: asks about the next `budget` entries (0: INVAL), from *cursor on, which begins at 0 and goes on as that
 * of instar_scan.  OK: more to come; NOTFOUND: the end, *cursor is 0 again; NOMEM: the last few are asked about again. */
INSTAR_API enum instar_status instar_retain_some(instar_map *map, instar_thread *thread, instar_visit_fn *keep,
						 void *ctx, uint64_t *cursor, size_t budget, size_t *removed);

/* Removes the entries one by one and calls take for each; boxed values are retired after that.
 * OK: one pass over all hashes is done; STOPPED: take answered false, its entry is removed; NOMEM as above. */
INSTAR_API enum instar_status instar_drain(instar_map *map, instar_thread *thread, instar_visit_fn *take, void *ctx);

/*
 * A snapshot: the map as it was at one moment of the open call.  Writers go on and copy the table bit by
 * bit meanwhile; reading a snapshot never changes.  Values of a boxed map that a snapshot may show stay
 * until it is closed, so reading it needs no section.
 */
typedef struct instar_snapshot instar_snapshot;

/* OK; NOMEM.  *out is NULL on failure.  O(1) when no migration runs, else that is ended first.  This, close and
 * instar_count take a lock of the map's, for a moment. */
INSTAR_API enum instar_status instar_snapshot_open(instar_map *map, instar_thread *thread, instar_snapshot **out);

/* Its memory goes back once no migration needs it.  NULL is allowed. */
INSTAR_API void instar_snapshot_close(instar_snapshot *snapshot, instar_thread *thread);

/* OK and the value (value may be NULL), NOTFOUND. */
INSTAR_API enum instar_status instar_snapshot_get(instar_snapshot *snapshot, instar_thread *thread, uint64_t key,
						  uint64_t *value);

/* As instar_scan, but the entries are those of one moment. */
INSTAR_API enum instar_status instar_snapshot_scan(instar_snapshot *snapshot, instar_thread *thread, uint64_t *cursor,
						   struct instar_entry *out, size_t capacity, size_t *n);

/* The exact number of entries. */
INSTAR_API enum instar_status instar_snapshot_count(instar_snapshot *snapshot, instar_thread *thread, size_t *n);

/* The exact number of entries at one moment of the call, by a snapshot.  OK, NOMEM. */
INSTAR_API enum instar_status instar_count(instar_map *map, instar_thread *thread, size_t *exact);

#ifdef __cplusplus
}
#endif
#endif
