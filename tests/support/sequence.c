/*
 * tests/support/sequence.c - making, shrinking and printing random sequences of calls.
 */
#include <stdlib.h>
#include <string.h>

#include "tests/support/sequence.h"

/* What the keys and values of one sequence are drawn from. */
struct taste {
	uint64_t keys;      /* how many different ones */
	bool scattered;     /* all over the word, else small numbers */
	unsigned removals;  /* percent, beyond those that come at random */
	unsigned batches;   /* percent */
};

static uint64_t pick_key(const struct taste *taste, struct rng *rng)
{
	uint64_t i = rng_below(rng, taste->keys);

	if (i == 0)
		return WORD_MASK;
	return taste->scattered ? i * 0x9e3779b97f4a7c15u & WORD_MASK : i - 1;
}

static uint64_t pick_value(struct rng *rng)
{
	switch (rng_below(rng, 4)) {
	case 0:
		return WORD_MASK - rng_below(rng, 2);
	case 1:
		return rng_next(rng) & WORD_MASK;
	default:
		return rng_below(rng, 4);
	}
}

static struct action pick_other(const struct taste *taste, struct rng *rng)
{
	static const unsigned char weights[ACT_KINDS - ACT_FIRST] = { 22, 20, 10, 10, 10, 1, 1, 2, 6, 5, 7, 2, 2, 2 };
	struct action action = { { .key = pick_key(taste, rng), .a = rng_next(rng) }, 0 };
	unsigned roll = (unsigned)rng_below(rng, 100), kind = 0;

	while (roll >= weights[kind])
		roll -= weights[kind++];
	action.call.kind = (uint8_t)(kind + ACT_FIRST);
	action.n = (unsigned)rng_below(rng, rng_below(rng, 2) ? 8 : BATCH_LIMIT);
	if (action.call.kind == ACT_RESERVE)
		action.n *= 16;
	return action;
}

static struct action pick(const struct taste *taste, struct rng *rng)
{
	struct action action = { .n = 1 };

	if (rng_below(rng, 100) < taste->batches)
		return pick_other(taste, rng);
	action.call = call_random(rng, pick_key(taste, rng), 4);
	action.call.a = pick_value(rng);
	action.call.b = pick_value(rng);
	if (rng_below(rng, 100) < taste->removals) {
		action.call.kind = action.call.blind ? CALL_REMOVE_IF : CALL_REMOVE;
		action.call.hashed = false;
	}
	return action;
}

struct sequence sequence_random(struct rng *rng, size_t length)
{
	static const uint64_t key_counts[] = { 3, 50, 1000, 3000, 20000 };
	static const unsigned char removals[] = { 0, 20, 45 }, batches[] = { 1, 10, 50 };
	struct sequence s = { .opts = INSTAR_MAP_OPTS_INIT, .n = length };
	struct taste taste = {
		key_counts[rng_below(rng, 5)], rng_below(rng, 2), removals[rng_below(rng, 3)],
		batches[rng_below(rng, 3)]
	};

	s.opts.seed[0] = rng_next(rng);
	s.opts.seed[1] = rng_next(rng);
	s.opts.capacity = rng_below(rng, 4) ? 0 : rng_below(rng, 5000);
	s.opts.flags = (unsigned)rng_below(rng, 16);
	s.handle = rng_below(rng, 2);
	s.actions = malloc((length + 1) * sizeof *s.actions);
	if (!s.actions)
		abort();
	for (size_t i = 0; i < length; i++)
		s.actions[i] = pick(&taste, rng);
	return s;
}

void sequence_free(struct sequence *sequence)
{
	free(sequence->actions);
}

static void cut(const struct sequence *s, size_t first, size_t n, struct sequence *shorter)
{
	struct action *actions = shorter->actions;

	*shorter = *s;
	shorter->actions = actions;
	shorter->n = s->n - n;
	memcpy(actions, s->actions, first * sizeof *actions);
	memcpy(actions + first, s->actions + first + n, (s->n - first - n) * sizeof *actions);
}

void sequence_shrink(struct sequence *s, const struct surroundings *around)
{
	struct sequence shorter = *s, swap;

	shorter.actions = malloc((s->n + 1) * sizeof *shorter.actions);
	if (!shorter.actions)
		return;
	for (size_t chunk = (s->n + 1) / 2; chunk; chunk /= 2)
		for (size_t first = 0; first + chunk <= s->n; ) {
			cut(s, first, chunk, &shorter);
			if (sequence_run(&shorter, around, NULL)) {
				first += chunk;
				continue;
			}
			swap = *s;
			*s = shorter;
			shorter = swap;
		}
	free(shorter.actions);
}

static void print_action(const struct action *action, FILE *out)
{
	static const char *const names[ACT_KINDS - ACT_FIRST] = {
		"get_many", "insert_many", "put_many", "remove_many", "fetch_add_many", "clear", "shrink", "reserve",
		"maintain", "prefetch", "size", "scan", "snapshot", "check"
	};
	char text[CALL_TEXT];

	if (action->call.kind < CALL_KINDS)
		fprintf(out, "#   %.*s%s\n", (int)strcspn(call_text(&action->call, text, sizeof text), "="), text,
			action->call.blind ? "(NULL pointer)" : "");
	else
		fprintf(out, "#   %s: n %u, key %llu, salt %llu\n", names[action->call.kind - ACT_FIRST], action->n,
			(unsigned long long)action->call.key, (unsigned long long)action->call.a);
}

void sequence_print(const struct sequence *s, FILE *out)
{
	fprintf(out, "#   a map of capacity %zu, flags %u, seed {%llu, %llu}%s, then %zu calls:\n", s->opts.capacity,
		s->opts.flags, (unsigned long long)s->opts.seed[0], (unsigned long long)s->opts.seed[1],
		s->handle ? ", a handle" : "", s->n);
	for (size_t i = 0; i < s->n; i++)
		print_action(&s->actions[i], out);
}
