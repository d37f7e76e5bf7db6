/*
 * tests/conc/counter.c - counting strings stays exact when their hashes collide.
 *
 * The counter of instar-stress is given a hash of three bits: nearly all strings share their first place
 * in the map with others, in batches and between threads.
 */
#include <stdio.h>

#include "stress/counter.h"
#include "tests/support/rng.h"
#include "tests/support/tap.h"
#include "tests/support/threads.h"

enum { THREADS = 4, STRINGS = 300, DRAWS = 30000 };

static char strings[STRINGS][8];
static _Atomic uint64_t expected[STRINGS];

struct test {
	instar_domain *domain;
	instar_map *map;
	uint64_t seed;
	struct counter counters[THREADS];
};

static uint64_t three_bits(const char *bytes, size_t length)
{
	return (length ? (unsigned char)bytes[length - 1] : 0) & 7;
}

static void draw(unsigned index, void *arg)
{
	struct test *test = arg;
	struct rng rng = rng_stream(test->seed, index);
	instar_thread *thread;

	if (instar_thread_attach(test->domain, &thread) != INSTAR_OK)
		bail_out("no thread");
	counter_make(&test->counters[index], test->map, thread, three_bits);
	for (unsigned i = 0; i < DRAWS; i++) {
		/* Products favour the low ones: some strings are hot. */
		uint64_t which = rng_below(&rng, STRINGS) * rng_below(&rng, STRINGS) / STRINGS;

		expected[which]++;
		counter_add(&test->counters[index], strings[which], strlen(strings[which]));
	}
	counter_flush(&test->counters[index]);
	instar_thread_detach(thread);
}

int main(void)
{
	struct test test = { .seed = test_seed() };
	uint64_t counted[STRINGS] = { 0 }, entries = 0, drawn = 0;
	bool exact = true, once = true, failed = false;

	plan(3);
	for (unsigned i = 1; i < STRINGS; i++) /* the first is the empty one */
		snprintf(strings[i], sizeof(strings[i]), "w%u", i);
	if (instar_domain_create(&test.domain, NULL, NULL) != INSTAR_OK ||
	    instar_map_create(&test.map, test.domain, NULL) != INSTAR_OK)
		bail_out("no map");
	run_threads(THREADS, draw, &test);
	for (unsigned t = 0; t < THREADS; t++) {
		failed |= test.counters[t].failed;
		for (size_t i = 0; i < test.counters[t].used; i++, entries++) {
			struct counted *entry = counter_entry(&test.counters[t], i);
			size_t which = entry->length ? strtoul(entry->bytes + 1, NULL, 10) : 0;

			once &= counted[which] == 0;
			counted[which] = entry->count;
		}
	}
	for (unsigned i = 0; i < STRINGS; i++) {
		exact &= counted[i] == expected[i];
		drawn += expected[i] > 0;
	}
	ok(!failed && once, "each string has one entry");
	ok(entries == drawn && instar_size(test.map) == drawn, "every string that came has an entry, no other");
	ok(exact, "all counts are exact");
	for (unsigned t = 0; t < THREADS; t++)
		counter_free(&test.counters[t]);
	instar_map_destroy(test.map);
	instar_domain_destroy(test.domain);
	return done_testing();
}
