/*
 * tests/support/calls.c - calls as data, and their sequential specification.
 */
#include "tests/support/calls.h"

typedef enum instar_status fetch_fn(instar_map *, instar_thread *, uint64_t, uint64_t, uint64_t, uint64_t *);

static fetch_fn *const fetches[] = {
	instar_fetch_add, instar_fetch_sub, instar_fetch_and, instar_fetch_or, instar_fetch_xor, instar_fetch_min,
	instar_fetch_max
};

static const char *const names[CALL_KINDS] = {
	"get", "contains", "insert", "put", "replace", "cas", "remove", "remove_if", "get_or_insert", "fetch_add",
	"fetch_sub", "fetch_and", "fetch_or", "fetch_xor", "fetch_min", "fetch_max", "compute"
};

/* Whether the answer comes with a value. */
static bool has_out(const struct call *c)
{
	if (c->blind)
		return false;
	switch (c->kind) {
	case CALL_GET:
	case CALL_REPLACE:
	case CALL_REMOVE:
		return c->status == INSTAR_OK;
	case CALL_INSERT:
	case CALL_PUT:
		return c->status == INSTAR_EXISTS;
	case CALL_CAS:
		return c->status == INSTAR_CHANGED;
	case CALL_CONTAINS:
	case CALL_REMOVE_IF:
	case CALL_CLEAR:
		return false;
	case CALL_COMPUTE:
		return c->status == INSTAR_OK;
	default:
		return c->status == INSTAR_OK || c->status == INSTAR_EXISTS;
	}
}

/* Adds a to what it is shown, or leaves or removes it; out is what it was shown. */
static enum instar_action compute(uint64_t key, bool present, uint64_t *value, void *ctx)
{
	struct call *c = ctx;

	c->out = present && key == c->key ? *value : 0;
	*value = (*value + c->a) & WORD_MASK;
	return (enum instar_action)(c->b % 3);
}

/* The calls that take a hash. */
static enum instar_status perform_hashed(struct call *c, instar_map *map, instar_thread *thread)
{
	uint64_t *out = c->blind ? NULL : &c->out, hash = instar_hash(map, c->key);

	switch (c->kind) {
	case CALL_GET:
		return instar_get_h(map, thread, hash, c->key, out);
	case CALL_INSERT:
		return instar_insert_h(map, thread, hash, c->key, c->a, out);
	case CALL_PUT:
		return instar_put_h(map, thread, hash, c->key, c->a, out);
	default:
		return instar_remove_h(map, thread, hash, c->key, out);
	}
}

static enum instar_status perform(struct call *c, instar_map *map, instar_thread *thread)
{
	uint64_t *out = c->blind ? NULL : &c->out;

	switch (c->kind) {
	case CALL_GET:
		return instar_get(map, thread, c->key, out);
	case CALL_CONTAINS:
		return instar_contains(map, thread, c->key) ? INSTAR_OK : INSTAR_NOTFOUND;
	case CALL_INSERT:
		return instar_insert(map, thread, c->key, c->a, out);
	case CALL_PUT:
		return instar_put(map, thread, c->key, c->a, out);
	case CALL_REPLACE:
		return instar_replace(map, thread, c->key, c->a, out);
	case CALL_CAS:
		c->out = c->a;
		return instar_cas(map, thread, c->key, &c->out, c->b);
	case CALL_REMOVE:
		return instar_remove(map, thread, c->key, out);
	case CALL_REMOVE_IF:
		return instar_remove_if(map, thread, c->key, c->a);
	case CALL_GET_OR_INSERT:
		return instar_get_or_insert(map, thread, c->key, c->a, &c->out);
	case CALL_COMPUTE:
		return instar_compute(map, thread, c->key, compute, c);
	case CALL_CLEAR:
		return instar_clear(map, thread);
	default:
		return fetches[c->kind - CALL_FETCH_ADD](map, thread, c->key, c->a, c->b, out);
	}
}

void call_perform(struct call *call, instar_map *map, instar_thread *thread)
{
	call->out = 0;
	call->status = (uint8_t)(call->hashed ? perform_hashed : perform)(call, map, thread);
	if (!has_out(call))
		call->out = 0;
}

static uint64_t combine(enum call_kind kind, uint64_t value, uint64_t operand)
{
	switch (kind) {
	case CALL_FETCH_ADD:
		return (value + operand) & WORD_MASK;
	case CALL_FETCH_SUB:
		return (value - operand) & WORD_MASK;
	case CALL_FETCH_AND:
		return value & operand;
	case CALL_FETCH_OR:
		return value | operand;
	case CALL_FETCH_XOR:
		return value ^ operand;
	case CALL_FETCH_MIN:
		return value < operand ? value : operand;
	default:
		return value > operand ? value : operand;
	}
}

/* Sets the cell; returns what it held. */
static uint64_t set(struct cell *cell, bool present, uint64_t value)
{
	uint64_t old = cell->value;

	*cell = (struct cell){ present ? value : 0, present };
	return old;
}

static enum instar_status answer_present(struct call *c, struct cell *cell)
{
	uint64_t held = cell->value;

	c->out = held;
	switch (c->kind) {
	case CALL_GET:
	case CALL_CONTAINS:
		return INSTAR_OK;
	case CALL_INSERT:
	case CALL_GET_OR_INSERT:
		return INSTAR_EXISTS;
	case CALL_PUT:
		set(cell, true, c->a);
		return INSTAR_EXISTS;
	case CALL_REPLACE:
		set(cell, true, c->a);
		return INSTAR_OK;
	case CALL_CAS:
		if (held != c->a)
			return INSTAR_CHANGED;
		set(cell, true, c->b);
		return INSTAR_OK;
	case CALL_REMOVE:
		set(cell, false, 0);
		return INSTAR_OK;
	case CALL_REMOVE_IF:
		if (held != c->a)
			return INSTAR_CHANGED;
		set(cell, false, 0);
		return INSTAR_OK;
	case CALL_CLEAR:
		set(cell, false, 0);
		return INSTAR_OK;
	case CALL_COMPUTE:
		if (c->b % 3 != INSTAR_KEEP)
			set(cell, c->b % 3 == INSTAR_STORE, (held + c->a) & WORD_MASK);
		return INSTAR_OK;
	default:
		set(cell, true, combine(c->kind, held, c->a));
		return INSTAR_EXISTS;
	}
}

static enum instar_status answer_absent(struct call *c, struct cell *cell)
{
	switch (c->kind) {
	case CALL_INSERT:
	case CALL_PUT:
	case CALL_GET_OR_INSERT:
		set(cell, true, c->a);
		c->out = c->a;
		return INSTAR_OK;
	case CALL_GET:
	case CALL_CONTAINS:
	case CALL_REPLACE:
	case CALL_CAS:
	case CALL_REMOVE:
	case CALL_REMOVE_IF:
		return INSTAR_NOTFOUND;
	case CALL_CLEAR:
		return INSTAR_OK;
	case CALL_COMPUTE:
		if (c->b % 3 != INSTAR_STORE)
			return INSTAR_NOTFOUND;
		set(cell, true, c->a);
		c->out = 0;
		return INSTAR_OK;
	default:
		set(cell, true, combine(c->kind, c->b, c->a));
		c->out = c->b;
		return INSTAR_OK;
	}
}

struct call call_answer(const struct call *call, struct cell *cell)
{
	struct call answer = *call;

	answer.status = (uint8_t)(cell->present ? answer_present(&answer, cell) : answer_absent(&answer, cell));
	if (!has_out(&answer))
		answer.out = 0;
	return answer;
}

bool call_explained(const struct call *call, struct cell *cell)
{
	struct cell after = *cell;
	struct call answer = call_answer(call, &after);

	if (answer.status != call->status || answer.out != call->out)
		return false;
	*cell = after;
	return true;
}

bool call_is_read(const struct call *c)
{
	switch (c->kind) {
	case CALL_GET:
	case CALL_CONTAINS:
		return true;
	case CALL_INSERT:
	case CALL_GET_OR_INSERT:
		return c->status == INSTAR_EXISTS;
	case CALL_COMPUTE:
		return c->status == INSTAR_NOTFOUND || c->b % 3 == INSTAR_KEEP;
	default:
		return c->status == INSTAR_NOTFOUND || c->status == INSTAR_CHANGED;
	}
}

struct call call_random(struct rng *rng, uint64_t key, uint64_t values)
{
	struct call call = {
		.key = key, .a = rng_below(rng, values), .b = rng_below(rng, values),
		.kind = (uint8_t)rng_below(rng, CALL_KINDS)
	};

	call.blind = !rng_below(rng, 8) && call.kind != CALL_CAS && call.kind != CALL_GET_OR_INSERT;
	call.hashed = !rng_below(rng, 8) && (call.kind == CALL_GET || call.kind == CALL_INSERT ||
					     call.kind == CALL_PUT || call.kind == CALL_REMOVE);
	return call;
}

const char *call_text(const struct call *c, char *text, size_t size)
{
	static const char *const actions[] = { "keep", "store", "remove" };
	const char *status = instar_status_name(c->status);
	unsigned long long key = c->key, a = c->a, b = c->b;
	int n;

	if (c->kind == CALL_GET || c->kind == CALL_CONTAINS || c->kind == CALL_REMOVE)
		n = snprintf(text, size, "%s(%llu)", names[c->kind], key);
	else if (c->kind == CALL_CAS)
		n = snprintf(text, size, "cas(%llu, %llu -> %llu)", key, a, b);
	else if (c->kind == CALL_CLEAR)
		n = snprintf(text, size, "clear()");
	else if (c->kind == CALL_COMPUTE)
		n = snprintf(text, size, "compute(%llu, %s, + %llu)", key, actions[b % 3], a);
	else if (c->kind >= CALL_FETCH_ADD)
		n = snprintf(text, size, "%s(%llu, %llu, initial %llu)", names[c->kind], key, a, b);
	else
		n = snprintf(text, size, "%s(%llu, %llu)", names[c->kind], key, a);
	if (has_out(c))
		snprintf(text + n, size - (size_t)n, " = %s %llu", status, (unsigned long long)c->out);
	else
		snprintf(text + n, size - (size_t)n, " = %s", status);
	return text;
}
