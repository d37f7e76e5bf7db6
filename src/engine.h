/*
 * src/engine.h - the function table of one engine: the map compiled over one scheme for one
 * instruction set.  src/map.c dispatches every public call through it, once.
 */
#ifndef INSTAR_ENGINE_H
#define INSTAR_ENGINE_H

#include <instar/batch.h>
#include <instar/map.h>

/* Which operation a read-modify-write call performs. */
enum fetch_op { FETCH_ADD, FETCH_SUB, FETCH_AND, FETCH_OR, FETCH_XOR, FETCH_MIN, FETCH_MAX };

struct engine {
	enum instar_status (*get)(instar_map *, instar_thread *, uint64_t key, uint64_t *value);
	enum instar_status (*get_ref)(instar_map *, instar_thread *, uint64_t key, void **object);
	enum instar_status (*insert)(instar_map *, instar_thread *, uint64_t key, uint64_t value, uint64_t *existing);
	enum instar_status (*put)(instar_map *, instar_thread *, uint64_t key, uint64_t value, uint64_t *old);
	enum instar_status (*replace)(instar_map *, instar_thread *, uint64_t key, uint64_t value, uint64_t *old);
	enum instar_status (*cas)(instar_map *, instar_thread *, uint64_t key, uint64_t *expected, uint64_t desired);
	enum instar_status (*remove)(instar_map *, instar_thread *, uint64_t key, uint64_t *old);
	enum instar_status (*remove_if)(instar_map *, instar_thread *, uint64_t key, uint64_t expected);
	enum instar_status (*fetch)(instar_map *, instar_thread *, uint64_t key, enum fetch_op op, uint64_t operand,
				    uint64_t initial, uint64_t *old);
	enum instar_status (*reserve)(instar_map *, instar_thread *, size_t entries);
	enum instar_status (*maintain)(instar_map *, instar_thread *, size_t budget);
	void (*stats)(instar_map *, struct instar_map_stats *);
	void (*prefetch)(instar_map *, instar_thread *, uint64_t key);
	size_t (*get_many)(instar_map *, instar_thread *, const uint64_t *keys, size_t n, uint64_t *values,
			   uint8_t *found);
	size_t (*insert_many)(instar_map *, instar_thread *, const uint64_t *keys, const uint64_t *values, size_t n,
			      enum instar_status *status);
};

/* The engine for a scheme, for this processor; NULL: the scheme is not built in. */
const struct engine *engine_for(const char *scheme);

#endif
