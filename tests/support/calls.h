/*
 * tests/support/calls.h - a call of the map as data: make it, predict it, print it.
 *
 * call_answer() is the sequential specification of every call on one key, the only one in the tests:
 * the model map, the linearizability checker and the concurrent programs all use it.
 */
#ifndef TESTS_CALLS_H
#define TESTS_CALLS_H

#include <instar/instar.h>

#include "tests/support/rng.h"

enum call_kind {
	CALL_GET, CALL_CONTAINS, CALL_INSERT, CALL_PUT, CALL_REPLACE, CALL_CAS, CALL_REMOVE, CALL_REMOVE_IF,
	CALL_GET_OR_INSERT, CALL_FETCH_ADD, CALL_FETCH_SUB, CALL_FETCH_AND, CALL_FETCH_OR, CALL_FETCH_XOR,
	CALL_FETCH_MIN, CALL_FETCH_MAX, CALL_COMPUTE, CALL_KINDS,
	CALL_CLEAR /* by name only: it is one call on all keys */
};

/* out is what came back through the pointer, 0 where the answer promises nothing there. */
struct call {
	uint64_t key;
	uint64_t a;   /* the value, expected value or operand */
	uint64_t b;   /* the desired or initial value; compute: b % 3 is the action */
	uint64_t out;
	uint8_t kind; /* enum call_kind */
	uint8_t status;
	bool blind;   /* passes NULL for the pointer (not cas and get_or_insert, which need it) */
	bool hashed;  /* through the call that is given the hash, where there is one */
};

/* What the map holds for one key. */
struct cell {
	uint64_t value;
	bool present;
};

/* The largest key and value of the build under test. */
#ifdef INSTAR_HALF_WIDTH
#define WORD_MASK ((uint64_t)UINT32_MAX)
#else
#define WORD_MASK UINT64_MAX
#endif

/* Makes the call; status and out are filled in. */
void call_perform(struct call *call, instar_map *map, instar_thread *thread);

/* What the call must answer in this state; changes the state. */
struct call call_answer(const struct call *call, struct cell *cell);

/* Whether the call's recorded answer is right in this state; if so, changes the state. */
bool call_explained(const struct call *call, struct cell *cell);

/* Whether a call with this answer changed nothing, in whatever state it was made. */
bool call_is_read(const struct call *call);

/* A call of any kind up to CALL_KINDS on `key`,
 * its values below `values`; equal values are likely when that is small. */
struct call call_random(struct rng *rng, uint64_t key, uint64_t values);

/* "cas(7, 1 -> 2) = CHANGED 3" into text; returns text. */
const char *call_text(const struct call *call, char *text, size_t size);

enum { CALL_TEXT = 128 };

static inline bool cell_equal(struct cell x, struct cell y)
{
	return x.present == y.present && (!x.present || x.value == y.value);
}

#endif
