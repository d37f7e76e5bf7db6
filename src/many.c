/*
 * src/many.c - the calls of batch.h.
 */
#include "src/state.h"

/* At half width, is there a key or value that a word cannot hold?  Then the batch is refused whole. */
static bool all_fit(const uint64_t *x, size_t n)
{
	for (size_t i = 0; sizeof(word) < sizeof *x && x && i < n; i++)
		if ((word)x[i] != x[i])
			return false;
	return true;
}

static size_t write_many(instar_map *map, instar_thread *thread, const struct write_batch *batch)
{
	if (map && batch->keys && all_fit(batch->keys, batch->n) && all_fit(batch->values, batch->n))
		return map->engine->write_many(map, thread, batch);
	for (size_t i = 0; batch->status && i < batch->n; i++)
		batch->status[i] = INSTAR_INVAL;
	return 0;
}

void instar_prefetch(instar_map *map, instar_thread *thread, uint64_t key)
{
	if (likely(map))
		map->engine->prefetch(map, thread, hash_of(&map->hash, (word)key));
}

size_t instar_get_many(instar_map *map, instar_thread *thread, const uint64_t *keys, size_t n, uint64_t *values,
		       uint8_t *found)
{
	if (map && keys && all_fit(keys, n))
		return map->engine->get_many(map, thread, keys, n, values, found);
	for (size_t i = 0; found && i < n; i++)
		found[i] = 0;
	return 0;
}

size_t instar_insert_many(instar_map *map, instar_thread *thread, const uint64_t *keys, const uint64_t *values,
			  size_t n, enum instar_status *status)
{
	struct write_batch batch = { BATCH_INSERT, n, values ? keys : NULL, values, 0, NULL, status };
	return write_many(map, thread, &batch);
}

size_t instar_put_many(instar_map *map, instar_thread *thread, const uint64_t *keys, const uint64_t *values, size_t n,
		       enum instar_status *status)
{
	struct write_batch batch = { BATCH_PUT, n, values ? keys : NULL, values, 0, NULL, status };
	return write_many(map, thread, &batch);
}

size_t instar_remove_many(instar_map *map, instar_thread *thread, const uint64_t *keys, size_t n, uint64_t *old,
			  enum instar_status *status)
{
	struct write_batch batch = { BATCH_REMOVE, n, keys, NULL, 0, old, status };
	return write_many(map, thread, &batch);
}

size_t instar_fetch_add_many(instar_map *map, instar_thread *thread, const uint64_t *keys, const uint64_t *operands,
			     size_t n, uint64_t initial, uint64_t *old, enum instar_status *status)
{
	bool allowed = map && !map->value_free && operands && (word)initial == initial;
	struct write_batch batch = { BATCH_FETCH_ADD, n, allowed ? keys : NULL, operands, initial, old, status };
	return write_many(map, thread, &batch);
}
