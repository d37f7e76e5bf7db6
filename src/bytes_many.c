/*
 * src/bytes_many.c - many byte-string keys in one section, memory fetched ahead of its use.
 *
 * A lookup waits twice, for the bucket and for the bundle that it names.  So three steps are under way at once,
 * STRIDE keys apart: key i + 2 STRIDE is hashed and its bucket fetched, key i + STRIDE is looked up in the bucket
 * that has come meanwhile and its bundle fetched, key i is done.
 *
 * A get is decided by the bundle of the second step: it does not change, the section keeps it, and so the
 * answer is that of its lookup's linearization point, within the call (src/bytes.c).  A write begins anew: only
 * then does it see what the elements before it wrote, as when a key is in the batch twice.
 */
#include "src/bytes.h"

enum {
	STRIDE = 8,           /* a power of two */
	RING = 2 * STRIDE,    /* keys hashed and not yet done */
	SECTION_ELEMENTS = 256 /* a section is left and entered again after so many */
};

/* A key on its way. */
struct element {
	struct byte_key key;
	bool valid; /* else INVAL */
	uint64_t hash;
	struct bundle *bundle;
};

struct batch {
	const void *const *keys;
	const size_t *lengths;
	size_t n;
	/* The last step of element i; true: it counts. */
	bool (*finish)(instar_bmap *, instar_thread *, const struct batch *, size_t i, const struct element *);
	/* Where the answers go (NULL: not wanted): of gets ... */
	uint64_t *values;
	uint8_t *found;
	/* ... and of writes, which differ in what they decide and in their operands (NULL: none). */
	enum instar_action (*decide)(struct operation *, bool present);
	const uint64_t *operands;
	uint64_t initial;
	uint64_t *old;
	enum instar_status *status;
};

static void fetch_bucket(instar_bmap *map, instar_thread *t, const struct batch *batch, size_t i, struct element *e)
{
	e->valid = bmap_key(batch->keys[i], batch->lengths[i], &e->key);
	if (!e->valid)
		return;
	e->hash = bmap_hash(map, &e->key);
	instar_prefetch(map->map, t, e->hash);
}

static void fetch_bundle(instar_bmap *map, instar_thread *t, struct element *e)
{
	if (!e->valid || bmap_find(map, t, e->hash, &e->bundle) != INSTAR_OK)
		e->bundle = NULL;
	if (!e->bundle)
		return;
	prefetch_for(e->bundle, 0);
	prefetch_for((const char *)bundle_first(e->bundle) + item_bytes(e->key.length) - 1, 0);
}

/* Elements from ... to, in the section that is open.  Returns how many count. */
static size_t run_section(instar_bmap *map, instar_thread *t, const struct batch *batch, size_t from, size_t to)
{
	struct element ring[RING];
	size_t good = 0;
	for (size_t i = from; i < to + 2 * STRIDE; i++) {
		if (i >= from + 2 * STRIDE)
			good += batch->finish(map, t, batch, i - 2 * STRIDE, &ring[i % RING]);
		if (i >= from + STRIDE && i < to + STRIDE)
			fetch_bundle(map, t, &ring[(i - STRIDE) % RING]);
		if (i < to)
			fetch_bucket(map, t, batch, i, &ring[i % RING]);
	}
	return good;
}

/* ready: the caller has what the batch needs, but for what is looked at here. */
static size_t run_batch(instar_bmap *map, instar_thread *t, const struct batch *batch, bool ready)
{
	size_t good = 0;
	ready = bmap_thread(map, &t) && batch->keys && batch->lengths && ready;
	for (size_t i = 0; !ready && i < batch->n; i++) {
		if (batch->found)
			batch->found[i] = 0;
		if (batch->status)
			batch->status[i] = INSTAR_INVAL;
	}
	for (size_t from = 0, to; ready && from < batch->n; from = to) {
		to = batch->n - from < SECTION_ELEMENTS ? batch->n : from + SECTION_ELEMENTS;
		instar_enter(t);
		good += run_section(map, t, batch, from, to);
		instar_leave(t);
	}
	return good;
}

/* ---- lookups ---- */

static bool finish_get(instar_bmap *map, instar_thread *t, const struct batch *batch, size_t i,
		       const struct element *e)
{
	const struct item *item;
	(void)map;
	(void)t;
	bool hit = e->bundle && bundle_find(e->bundle, &e->key, &item) != NO_ITEM;
	if (hit && batch->values)
		batch->values[i] = item->value;
	if (batch->found)
		batch->found[i] = hit;
	return hit;
}

void instar_bmap_prefetch(instar_bmap *map, instar_thread *thread, const void *key, size_t length)
{
	struct byte_key k;
	if (bmap_thread(map, &thread) && bmap_key(key, length, &k))
		instar_prefetch(map->map, thread, bmap_hash(map, &k));
}

size_t instar_bmap_get_many(instar_bmap *map, instar_thread *thread, const void *const *keys, const size_t *lengths,
			    size_t n, uint64_t *values, uint8_t *found)
{
	struct batch batch = { .keys = keys, .lengths = lengths, .n = n, .finish = finish_get, .values = values,
			       .found = found };
	return run_batch(map, thread, &batch, true);
}

/* ---- writes ---- */

static bool finish_write(instar_bmap *map, instar_thread *t, const struct batch *batch, size_t i,
			 const struct element *e)
{
	uint64_t operand = batch->operands ? batch->operands[i] : 0;
	struct operation o = { .decide = batch->decide, .hash = e->hash, .value = operand, .operand = operand,
			       .op = FETCH_ADD, .expected = batch->initial };
	enum instar_status status = INSTAR_INVAL;
	if (e->valid)
		status = bmap_write_h(map, t, e->key.bytes, e->key.length, &o);
	if (batch->old)
		batch->old[i] = o.seen;
	if (batch->status)
		batch->status[i] = status;
	return status == INSTAR_OK || (status == INSTAR_EXISTS && batch->decide != bmap_decide_insert);
}

size_t instar_bmap_insert_many(instar_bmap *map, instar_thread *thread, const void *const *keys, const size_t *lengths,
			       const uint64_t *values, size_t n, enum instar_status *status)
{
	struct batch batch = { .keys = keys, .lengths = lengths, .n = n, .finish = finish_write,
			       .decide = bmap_decide_insert, .operands = values, .status = status };
	return run_batch(map, thread, &batch, values != NULL);
}

size_t instar_bmap_put_many(instar_bmap *map, instar_thread *thread, const void *const *keys, const size_t *lengths,
			    const uint64_t *values, size_t n, enum instar_status *status)
{
	struct batch batch = { .keys = keys, .lengths = lengths, .n = n, .finish = finish_write,
			       .decide = bmap_decide_put, .operands = values, .status = status };
	return run_batch(map, thread, &batch, values != NULL);
}

size_t instar_bmap_remove_many(instar_bmap *map, instar_thread *thread, const void *const *keys, const size_t *lengths,
			       size_t n, uint64_t *old, enum instar_status *status)
{
	struct batch batch = { .keys = keys, .lengths = lengths, .n = n, .finish = finish_write,
			       .decide = bmap_decide_remove, .old = old, .status = status };
	return run_batch(map, thread, &batch, true);
}

size_t instar_bmap_fetch_add_many(instar_bmap *map, instar_thread *thread, const void *const *keys,
				  const size_t *lengths, const uint64_t *operands, size_t n, uint64_t initial,
				  uint64_t *old, enum instar_status *status)
{
	struct batch batch = { .keys = keys, .lengths = lengths, .n = n, .finish = finish_write,
			       .decide = bmap_decide_fetch, .operands = operands, .initial = initial, .old = old,
			       .status = status };
	return run_batch(map, thread, &batch, operands && map && !map->release.value_free);
}
