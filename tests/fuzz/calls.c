/*
 * tests/fuzz/calls.c - sequences of calls, decoded from bytes, against the model map.
 *
 * The first four bytes choose the map, every six more a call.
 */
#include "tests/fuzz/fuzz.h"
#include "tests/support/sequence.h"

enum { CALLS_MAX = 2000, CALL_BYTES = 6 };

static uint64_t value_from(unsigned byte)
{
	return byte < 16 ? WORD_MASK - byte : byte;
}

static struct action action_from(struct bytes *bytes)
{
	unsigned kind = (unsigned)bytes_take(bytes, 1), key = (unsigned)bytes_take(bytes, 2);
	struct action action = { { .key = key ? key - 1 : WORD_MASK, .a = value_from((unsigned)bytes_take(bytes, 1)),
				   .b = value_from((unsigned)bytes_take(bytes, 1)) }, 0 };
	unsigned n = (unsigned)bytes_take(bytes, 1);

	if (kind & 1) {
		action.call.kind = (uint8_t)(ACT_FIRST + (kind >> 1) % (ACT_KINDS - ACT_FIRST));
		action.n = action.call.kind == ACT_RESERVE ? n * 16 : n;
		return action;
	}
	action.call.kind = (uint8_t)((kind >> 1) % CALL_KINDS);
	action.n = 1;
	action.call.blind = n & 1 && action.call.kind != CALL_CAS && action.call.kind != CALL_GET_OR_INSERT;
	action.call.hashed = n & 2 && (action.call.kind == CALL_GET || action.call.kind == CALL_INSERT ||
				       action.call.kind == CALL_PUT || action.call.kind == CALL_REMOVE);
	return action;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static struct action actions[CALLS_MAX];
	struct sequence s = { .opts = INSTAR_MAP_OPTS_INIT, .actions = actions };
	struct bytes bytes = { data, size };
	struct surroundings around = { "ebr", NULL, NULL };

	s.opts.seed[0] = 1 + bytes_take(&bytes, 1);
	s.opts.capacity = bytes_take(&bytes, 1) * 16;
	s.opts.flags = (unsigned)bytes_take(&bytes, 1) % 16;
	s.handle = bytes_take(&bytes, 1) & 1;
	while (bytes.left && s.n < CALLS_MAX)
		actions[s.n++] = action_from(&bytes);
	if (!sequence_run(&s, &around, stderr)) {
		sequence_print(&s, stderr);
		abort();
	}
	return 0;
}

/* Keys within a short range, so that calls meet. */
size_t fuzz_example(struct rng *rng, uint8_t *out, size_t capacity)
{
	uint64_t keys = 1 + rng_below(rng, rng_below(rng, 2) ? 8 : 5000);
	size_t calls = rng_below(rng, (capacity - 4) / CALL_BYTES), size = 4;

	for (unsigned i = 0; i < 4; i++)
		out[i] = (uint8_t)rng_next(rng);
	for (size_t i = 0; i < calls; i++) {
		uint64_t key = rng_below(rng, keys);

		out[size++] = (uint8_t)(rng_below(rng, 16) ? rng_next(rng) & ~1u : rng_next(rng));
		out[size++] = (uint8_t)(key >> 8);
		out[size++] = (uint8_t)key;
		for (unsigned k = 0; k < 3; k++)
			out[size++] = (uint8_t)rng_next(rng);
	}
	return size;
}
