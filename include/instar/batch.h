/*
 * instar/batch.h - many keys in one call.
 *
 * One section and software-pipelined prefetching for all; each element has its own linearization
 * point.  The calls leave and re-enter their section at least every 256 elements, unless the caller is
 * in one.
 */
#ifndef INSTAR_BATCH_H
#define INSTAR_BATCH_H

#include <instar/map.h>

#ifdef __cplusplus
extern "C" {
#endif

/* Starts fetching the key's bucket into the cache.  A hint. */
INSTAR_API void instar_prefetch(instar_map *map, instar_thread *thread, uint64_t key);

/* Looks n keys up.  found[i] (found may be NULL) is 1 or 0, values[i] (values may be NULL) is
 * unspecified for misses.  Returns the number of hits. */
INSTAR_API size_t instar_get_many(instar_map *map, instar_thread *thread, const uint64_t *keys, size_t n,
				  uint64_t *values, uint8_t *found);

/* As instar_insert for each; status (may be NULL) gets each answer.  Returns the number inserted. */
INSTAR_API size_t instar_insert_many(instar_map *map, instar_thread *thread, const uint64_t *keys,
				     const uint64_t *values, size_t n, enum instar_status *status);

/* As instar_put for each; returns the number that are in the map (OK or EXISTS). */
INSTAR_API size_t instar_put_many(instar_map *map, instar_thread *thread, const uint64_t *keys, const uint64_t *values,
				  size_t n, enum instar_status *status);

/* As instar_remove for each; old and status may be NULL.  Returns the number removed. */
INSTAR_API size_t instar_remove_many(instar_map *map, instar_thread *thread, const uint64_t *keys, size_t n,
				     uint64_t *old, enum instar_status *status);

/* As instar_fetch_add for each, operands[i] to keys[i]; old and status may be NULL.  Returns the number
 * done (OK or EXISTS). */
INSTAR_API size_t instar_fetch_add_many(instar_map *map, instar_thread *thread, const uint64_t *keys,
					const uint64_t *operands, size_t n, uint64_t initial, uint64_t *old,
					enum instar_status *status);

#ifdef __cplusplus
}
#endif
#endif
