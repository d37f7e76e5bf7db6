/*
 * src/bytes_write.c - the calls that write a byte-string key: each is what it decides from the value there.
 */
#include "src/bytes.h"

enum instar_action bmap_decide_insert(struct operation *o, bool present)
{
	o->status = present ? INSTAR_EXISTS : INSTAR_OK;
	return present ? INSTAR_KEEP : INSTAR_STORE;
}

enum instar_action bmap_decide_put(struct operation *o, bool present)
{
	o->status = present ? INSTAR_EXISTS : INSTAR_OK;
	return INSTAR_STORE;
}

static enum instar_action decide_replace(struct operation *o, bool present)
{
	o->status = present ? INSTAR_OK : INSTAR_NOTFOUND;
	return present ? INSTAR_STORE : INSTAR_KEEP;
}

enum instar_action bmap_decide_remove(struct operation *o, bool present)
{
	o->status = present ? INSTAR_OK : INSTAR_NOTFOUND;
	return INSTAR_REMOVE;
}

static bool compare(struct operation *o, bool present)
{
	o->status = !present ? INSTAR_NOTFOUND : o->seen == o->expected ? INSTAR_OK : INSTAR_CHANGED;
	return o->status == INSTAR_OK;
}

static enum instar_action decide_cas(struct operation *o, bool present)
{
	return compare(o, present) ? INSTAR_STORE : INSTAR_KEEP;
}

static enum instar_action decide_remove_if(struct operation *o, bool present)
{
	return compare(o, present) ? INSTAR_REMOVE : INSTAR_KEEP;
}

enum instar_action bmap_decide_fetch(struct operation *o, bool present)
{
	if (!present)
		o->seen = o->expected;
	o->value = fetch_result(o->op, o->seen, o->operand);
	o->status = present ? INSTAR_EXISTS : INSTAR_OK;
	return INSTAR_STORE;
}

static enum instar_action decide_compute(struct operation *o, bool present)
{
	o->value = o->seen;
	reclaim_callback_begin();
	enum instar_action action = o->compute(o->key.bytes, o->key.length, present, &o->value, o->ctx);
	reclaim_callback_end();
	bool is_one = action == INSTAR_KEEP || action == INSTAR_STORE || action == INSTAR_REMOVE;
	o->status = !present && action != INSTAR_STORE ? INSTAR_NOTFOUND : is_one ? INSTAR_OK : INSTAR_INVAL;
	return is_one ? action : INSTAR_KEEP;
}

/* The call's answer; with `seen`, *old is what the key had. */
static enum instar_status answer(enum instar_status status, enum instar_status seen, const struct operation *o,
				 uint64_t *old)
{
	if (old && status == seen)
		*old = o->seen;
	return status;
}

enum instar_status instar_bmap_insert(instar_bmap *map, instar_thread *thread, const void *key, size_t length,
				      uint64_t value, uint64_t *existing)
{
	struct operation o = { .decide = bmap_decide_insert, .value = value };
	return answer(bmap_write(map, thread, key, length, &o), INSTAR_EXISTS, &o, existing);
}

enum instar_status instar_bmap_insert_h(instar_bmap *map, instar_thread *thread, uint64_t hash, const void *key,
					size_t length, uint64_t value, uint64_t *existing)
{
	struct operation o = { .decide = bmap_decide_insert, .value = value, .hash = hash };
	return answer(bmap_write_h(map, thread, key, length, &o), INSTAR_EXISTS, &o, existing);
}

enum instar_status instar_bmap_put(instar_bmap *map, instar_thread *thread, const void *key, size_t length,
				   uint64_t value, uint64_t *old)
{
	struct operation o = { .decide = bmap_decide_put, .value = value };
	return answer(bmap_write(map, thread, key, length, &o), INSTAR_EXISTS, &o, old);
}

enum instar_status instar_bmap_put_h(instar_bmap *map, instar_thread *thread, uint64_t hash, const void *key,
				     size_t length, uint64_t value, uint64_t *old)
{
	struct operation o = { .decide = bmap_decide_put, .value = value, .hash = hash };
	return answer(bmap_write_h(map, thread, key, length, &o), INSTAR_EXISTS, &o, old);
}

enum instar_status instar_bmap_replace(instar_bmap *map, instar_thread *thread, const void *key, size_t length,
				       uint64_t value, uint64_t *old)
{
	struct operation o = { .decide = decide_replace, .value = value };
	return answer(bmap_write(map, thread, key, length, &o), INSTAR_OK, &o, old);
}

enum instar_status instar_bmap_cas(instar_bmap *map, instar_thread *thread, const void *key, size_t length,
				   uint64_t *expected, uint64_t desired)
{
	if (!expected)
		return INSTAR_INVAL;
	struct operation o = { .decide = decide_cas, .value = desired, .expected = *expected };
	enum instar_status status = bmap_write(map, thread, key, length, &o);
	if (status == INSTAR_CHANGED)
		*expected = o.seen;
	return status;
}

enum instar_status instar_bmap_remove(instar_bmap *map, instar_thread *thread, const void *key, size_t length,
				      uint64_t *old)
{
	struct operation o = { .decide = bmap_decide_remove };
	return answer(bmap_write(map, thread, key, length, &o), INSTAR_OK, &o, old);
}

enum instar_status instar_bmap_remove_h(instar_bmap *map, instar_thread *thread, uint64_t hash, const void *key,
					size_t length, uint64_t *old)
{
	struct operation o = { .decide = bmap_decide_remove, .hash = hash };
	return answer(bmap_write_h(map, thread, key, length, &o), INSTAR_OK, &o, old);
}

enum instar_status instar_bmap_remove_if(instar_bmap *map, instar_thread *thread, const void *key, size_t length,
					 uint64_t expected)
{
	struct operation o = { .decide = decide_remove_if, .expected = expected };
	return bmap_write(map, thread, key, length, &o);
}

enum instar_status instar_bmap_take(instar_bmap *map, instar_thread *thread, const void *key, size_t length,
				    uint64_t *old)
{
	struct operation o = { .decide = bmap_decide_remove, .keeps_old = true };
	if (!map || !map->release.value_free || !old)
		return INSTAR_INVAL;
	enum instar_status status = bmap_write(map, thread, key, length, &o);
	if (status == INSTAR_OK)
		*old = o.seen;
	return status;
}

enum instar_status instar_bmap_get_or_insert(instar_bmap *map, instar_thread *thread, const void *key, size_t length,
					     uint64_t value, uint64_t *actual)
{
	if (!actual)
		return INSTAR_INVAL;
	enum instar_status status = instar_bmap_insert(map, thread, key, length, value, actual);
	if (status == INSTAR_OK)
		*actual = value;
	return status;
}

#define FETCH(name, which)                                                                                             \
	enum instar_status instar_bmap_fetch_##name(instar_bmap *map, instar_thread *thread, const void *key,          \
						    size_t length, uint64_t operand, uint64_t initial, uint64_t *old)  \
	{                                                                                                              \
		struct operation o = { .decide = bmap_decide_fetch, .op = which, .operand = operand, .expected = initial }; \
		if (!map || map->release.value_free)                                                                   \
			return INSTAR_INVAL;                                                                           \
		enum instar_status status = bmap_write(map, thread, key, length, &o);                                   \
		if (old && (status == INSTAR_OK || status == INSTAR_EXISTS))                                           \
			*old = o.seen;                                                                                 \
		return status;                                                                                         \
	}
FETCH(add, FETCH_ADD)
FETCH(sub, FETCH_SUB)
FETCH(and, FETCH_AND)
FETCH(or, FETCH_OR)
FETCH(xor, FETCH_XOR)
FETCH(min, FETCH_MIN)
FETCH(max, FETCH_MAX)
#undef FETCH

enum instar_status instar_bmap_compute(instar_bmap *map, instar_thread *thread, const void *key, size_t length,
				       instar_bmap_compute_fn *fn, void *ctx)
{
	struct operation o = { .decide = decide_compute, .compute = fn, .ctx = ctx };
	return fn ? bmap_write(map, thread, key, length, &o) : INSTAR_INVAL;
}
