/*
 * src/engine.h - the function table of one engine: the map compiled over one scheme for one
 * instruction set.  src/map.c dispatches every public call through it, once, with the key's hash h in
 * the key's stead; both are known to fit a word.
 */
#ifndef INSTAR_ENGINE_H
#define INSTAR_ENGINE_H

#include <instar/batch.h>
#include <instar/iter.h>
#include <instar/map.h>

/* Which operation a read-modify-write call performs. */
enum fetch_op { FETCH_ADD, FETCH_SUB, FETCH_AND, FETCH_OR, FETCH_XOR, FETCH_MIN, FETCH_MAX };

/* What it stores; at half width the caller takes the low half. */
static inline uint64_t fetch_result(enum fetch_op op, uint64_t old, uint64_t operand)
{
	switch (op) {
	case FETCH_ADD: return old + operand;
	case FETCH_SUB: return old - operand;
	case FETCH_AND: return old & operand;
	case FETCH_OR: return old | operand;
	case FETCH_XOR: return old ^ operand;
	case FETCH_MIN: return old < operand ? old : operand;
	case FETCH_MAX: return old > operand ? old : operand;
	}
	return old;
}

/* A batch that writes: INSERT, PUT with values; REMOVE with old; FETCH with operands in values. */
enum batch_verb { BATCH_INSERT, BATCH_PUT, BATCH_REMOVE, BATCH_FETCH_ADD };

struct write_batch {
	enum batch_verb verb;
	size_t n;
	const uint64_t *keys, *values;
	uint64_t initial;
	uint64_t *old;                /* NULL: not wanted; likewise status */
	enum instar_status *status;
};

struct table;

struct engine {
	const struct engine *filtered; /* the same for maps with a miss filter (src/filter.h) */
	enum instar_status (*get)(instar_map *, instar_thread *, uint64_t h, uint64_t *value);
	enum instar_status (*get_ref)(instar_map *, instar_thread *, uint64_t h, void **object);
	enum instar_status (*insert)(instar_map *, instar_thread *, uint64_t h, uint64_t value, uint64_t *existing);
	enum instar_status (*put)(instar_map *, instar_thread *, uint64_t h, uint64_t value, uint64_t *old);
	enum instar_status (*replace)(instar_map *, instar_thread *, uint64_t h, uint64_t value, uint64_t *old);
	enum instar_status (*cas)(instar_map *, instar_thread *, uint64_t h, uint64_t *expected, uint64_t desired);
	enum instar_status (*remove)(instar_map *, instar_thread *, uint64_t h, uint64_t *old);
	enum instar_status (*take)(instar_map *, instar_thread *, uint64_t h, uint64_t *old);
	enum instar_status (*remove_if)(instar_map *, instar_thread *, uint64_t h, uint64_t expected);
	enum instar_status (*fetch)(instar_map *, instar_thread *, uint64_t h, enum fetch_op op, uint64_t operand,
				    uint64_t initial, uint64_t *old);
	enum instar_status (*compute)(instar_map *, instar_thread *, uint64_t h, uint64_t key, instar_compute_fn *fn,
				      void *ctx);
	enum instar_status (*reserve)(instar_map *, instar_thread *, size_t entries);
	enum instar_status (*shrink)(instar_map *, instar_thread *);
	enum instar_status (*maintain)(instar_map *, instar_thread *, size_t budget);
	enum instar_status (*clear)(instar_map *, instar_thread *);
	void (*stats)(instar_map *, struct instar_map_stats *);
	void (*prefetch)(instar_map *, instar_thread *, uint64_t h);
	size_t (*get_many)(instar_map *, instar_thread *, const uint64_t *keys, size_t n, uint64_t *values,
			   uint8_t *found);
	size_t (*write_many)(instar_map *, instar_thread *, const struct write_batch *);
	/* Entries of hash *cursor ... last in hash order, at most `capacity`; *cursor moves behind them.
	 * OK: more may come, also if there was room for more; NOTFOUND: none. */
	enum instar_status (*scan)(instar_map *, instar_thread *, uint64_t *cursor, uint64_t last,
				   struct instar_entry *out, size_t capacity, size_t *n);
	/* src/snapshot.c numbers and lists snapshots; here is what touches tables. */
	enum instar_status (*snapshot_open)(instar_map *, instar_thread *, struct table **table);
	void (*snapshot_close)(instar_snapshot *, instar_thread *, uint64_t oldest);
	enum instar_status (*snapshot_get)(instar_snapshot *, instar_thread *, uint64_t h, uint64_t *value);
	enum instar_status (*snapshot_scan)(instar_snapshot *, instar_thread *, uint64_t *cursor,
					    struct instar_entry *out, size_t capacity, size_t *n);
};

/* The engine for a scheme, for this processor; NULL: the scheme is not built in. */
const struct engine *engine_for(const char *scheme);

#endif
