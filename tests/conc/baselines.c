/*
 * tests/conc/baselines.c - every map that instar-stress compares is a working map.
 *
 * Each goes through the same: random calls against a model, from few places and from many; threads that
 * own their keys while all of them make the table grow; threads that fight over few keys, after which
 * inserts less removes must be what is left.  Plain values and boxes.
 */
#include <stdlib.h>
#include <string.h>

#include "stress/memory.h"
#include "stress/population.h"
#include "stress/subjects.h"
#include "tests/support/rng.h"
#include "tests/support/sanitizer.h"
#include "tests/support/tap.h"
#include "tests/support/threads.h"

enum { KEYS = 3000, CALLS = 60000, THREADS = 4, OWN_KEYS = 2000, SHARED_KEYS = 64 };

struct under_test {
	const struct subject *subject;
	struct map *map;
	bool boxed;
	uint64_t seed;
	struct faults faults;
	_Atomic uint64_t entries, keys;
};

/* Key 0 belongs to the tests only where the map takes it: some keep it for themselves. */
static uint64_t key_of(uint64_t i)
{
	return scramble(i + 1);
}

static bool get(const struct under_test *t, struct map_thread *thread, uint64_t key, uint64_t *value)
{
	return (t->boxed ? t->subject->get_boxed : t->subject->get)(t->map, thread, key, value);
}

static bool put(const struct under_test *t, struct map_thread *thread, uint64_t key, uint64_t value)
{
	return (t->boxed ? t->subject->put_boxed : t->subject->put)(t->map, thread, key, value);
}

static bool remove_key(const struct under_test *t, struct map_thread *thread, uint64_t key)
{
	uint64_t old;

	return t->boxed ? t->subject->remove_boxed(t->map, thread, key)
			: t->subject->remove(t->map, thread, key, &old);
}

/* What one thread knows about keys that nobody else touches; note 0: absent. */
struct owned {
	struct under_test *test;
	struct map_thread *thread;
	uint64_t first; /* index of the first key */
	uint64_t notes[KEYS];
};

static void check_get(struct owned *own, uint64_t i)
{
	uint64_t key = key_of(own->first + i), value;
	bool found = get(own->test, own->thread, key, &value);

	if (found != (own->notes[i] != 0))
		fault(&own->test->faults, "get of key %llu: found %d", (unsigned long long)(own->first + i), found);
	else if (found && value != value_of(key, own->notes[i]))
		fault(&own->test->faults, "get of key %llu: a wrong value", (unsigned long long)(own->first + i));
}

static void check_batch(struct owned *own, uint64_t first, uint64_t n)
{
	uint64_t keys[BATCH], values[BATCH];
	uint8_t found[BATCH];
	size_t expected = 0, hits;

	for (uint64_t i = 0; i < BATCH; i++) {
		keys[i] = key_of(own->first + (first + i) % n);
		expected += own->notes[(first + i) % n] != 0;
	}
	hits = own->test->subject->get_many(own->test->map, own->thread, keys, BATCH, values, found);
	if (hits != expected)
		fault(&own->test->faults, "get_many: %zu hits of %zu", hits, expected);
	for (uint64_t i = 0; i < BATCH; i++) {
		uint64_t note = own->notes[(first + i) % n];

		if (found[i] != (note != 0) || (note && values[i] != value_of(keys[i], note)))
			fault(&own->test->faults, "get_many: a wrong answer");
	}
}

/* One random call on key i, checked. */
static void step(struct owned *own, struct rng *rng, uint64_t i, uint64_t n)
{
	struct under_test *t = own->test;
	uint64_t key = key_of(own->first + i), note = 1 + rng_below(rng, NOTES - 1);
	bool present = own->notes[i] != 0, answer;

	switch (rng_below(rng, 6)) {
	case 0:
		if (t->boxed)
			break;
		answer = t->subject->insert(t->map, own->thread, key, value_of(key, note));
		if (answer == present)
			fault(&t->faults, "insert said %d of a key that was %s", answer, present ? "there" : "not there");
		if (!present)
			own->notes[i] = note;
		break;
	case 1:
	case 2:
		answer = put(t, own->thread, key, value_of(key, note));
		if (answer == present)
			fault(&t->faults, "put said %d of a key that was %s", answer, present ? "there" : "not there");
		own->notes[i] = note;
		break;
	case 3:
		answer = remove_key(t, own->thread, key);
		if (answer != present)
			fault(&t->faults, "remove said %d of a key that was %s", answer, present ? "there" : "not there");
		own->notes[i] = 0;
		break;
	case 4:
		check_get(own, i);
		break;
	default:
		if (!t->boxed && rng_below(rng, 16) == 0)
			check_batch(own, i, n);
	}
	t->subject->offline(t->map, own->thread);
	t->subject->online(t->map, own->thread);
}

static size_t play(struct owned *own, struct rng rng, uint64_t n, unsigned calls)
{
	size_t present = 0;

	for (unsigned c = 0; c < calls; c++)
		step(own, &rng, rng_below(&rng, n), n);
	for (uint64_t i = 0; i < n; i++) {
		check_get(own, i);
		present += own->notes[i] != 0;
	}
	return present;
}

static bool make(struct under_test *t, const char *name, bool boxed, size_t capacity, uint64_t seed)
{
	struct map_options options = { .capacity = capacity, .boxed = boxed };

	*t = (struct under_test){ .subject = subject_find(name, &options), .boxed = boxed, .seed = seed };
	t->map = t->subject->create(&options);
	if (!t->map)
		bail_out("no map %s", name);
	return true;
}

static void model(const char *name, bool boxed, size_t capacity, uint64_t seed)
{
	struct under_test t;
	struct owned *own = calloc(1, sizeof(*own));
	size_t present;

	make(&t, name, boxed, capacity, seed);
	own->test = &t;
	own->thread = t.subject->attach(t.map);
	present = play(own, rng_stream(seed, 0), KEYS, CALLS);
	t.subject->detach(t.map, own->thread);
	free(own);
	if (t.subject->size(t.map) != present)
		fault(&t.faults, "size is %zu, not %zu", t.subject->size(t.map), present);
	if (!t.subject->audit(t.map) || !t.subject->destroy(t.map))
		fault(&t.faults, "damaged, or cannot be destroyed");
	ok(t.faults.n == 0, "%s%s agrees with a model, made for %zu entries", name, boxed ? " (boxes)" : "", capacity);
}

static void owner(unsigned index, void *arg)
{
	struct under_test *t = arg;
	struct owned *own = calloc(1, sizeof(*own));

	own->test = t;
	own->first = index * OWN_KEYS;
	own->thread = t->subject->attach(t->map);
	t->entries += play(own, rng_stream(t->seed, index), OWN_KEYS, CALLS / 2);
	t->subject->detach(t->map, own->thread);
	free(own);
}

static void ownership(const char *name, bool boxed, uint64_t seed)
{
	struct under_test t;

	make(&t, name, boxed, 0, seed);
	run_threads(THREADS, owner, &t);
	if (t.subject->size(t.map) != t.entries)
		fault(&t.faults, "size is %zu, not %zu", t.subject->size(t.map), (size_t)t.entries);
	if (!t.subject->audit(t.map) || !t.subject->destroy(t.map))
		fault(&t.faults, "damaged, or cannot be destroyed");
	ok(t.faults.n == 0, "%s%s: each thread sees its own writes while the table grows", name, boxed ? " (boxes)" : "");
}

static void fighter(unsigned index, void *arg)
{
	struct under_test *t = arg;
	struct map_thread *thread = t->subject->attach(t->map);
	struct rng rng = rng_stream(t->seed, index);

	for (unsigned c = 0; c < CALLS; c++) {
		uint64_t key = key_of(rng_below(&rng, SHARED_KEYS)), value;

		switch (rng_below(&rng, 3)) {
		case 0:
			if (t->boxed ? put(t, thread, key, value_of(key, index))
				     : t->subject->insert(t->map, thread, key, value_of(key, index))) {
				t->entries++;
				t->keys += key;
			}
			break;
		case 1:
			if (remove_key(t, thread, key)) {
				t->entries--;
				t->keys -= key;
			}
			break;
		default:
			if (get(t, thread, key, &value) && note_of(key, value) >= THREADS)
				fault(&t->faults, "a key has a value that nobody stored");
		}
		t->subject->offline(t->map, thread);
		t->subject->online(t->map, thread);
	}
	t->subject->detach(t->map, thread);
}

static void conservation(const char *name, bool boxed, uint64_t seed)
{
	struct under_test t;
	struct map_thread *thread;
	uint64_t entries = 0, keys = 0, value;

	make(&t, name, boxed, 0, seed);
	run_threads(THREADS, fighter, &t);
	thread = t.subject->attach(t.map);
	for (uint64_t i = 0; i < SHARED_KEYS; i++) {
		if (!get(&t, thread, key_of(i), &value))
			continue;
		entries++;
		keys += key_of(i);
	}
	t.subject->detach(t.map, thread);
	if (entries != t.entries || keys != t.keys || t.subject->size(t.map) != entries)
		fault(&t.faults, "%llu entries left, %llu expected, size %zu", (unsigned long long)entries,
		      (unsigned long long)t.entries, t.subject->size(t.map));
	if (!t.subject->audit(t.map) || !t.subject->destroy(t.map))
		fault(&t.faults, "damaged, or cannot be destroyed");
	ok(t.faults.n == 0, "%s%s: inserts less removes are what is left", name, boxed ? " (boxes)" : "");
}

static void conform(const char *name, uint64_t seed)
{
	for (unsigned boxed = 0; boxed < 2; boxed++) {
		model(name, boxed, 0, seed);
		model(name, boxed, 4 * KEYS, seed + 1);
		ownership(name, boxed, seed);
		conservation(name, boxed, seed);
	}
}

/* ThreadSanitizer knows nothing of what the libraries' own code orders. */
#ifdef __SANITIZE_THREAD__
static bool can_run(const struct subject *subject)
{
	return strncmp(subject->name, "mutex", 5) == 0;
}
#else
static bool can_run(const struct subject *subject)
{
	return subject->kind != SUBJECT_BOUND;
}
#endif

int main(void)
{
	const struct subject *const *list;
	size_t count = baselines_list(&list);
	uint64_t seed = test_seed();

	memory_setup(false, 0);
	for (size_t i = 0; i < count; i++)
		if (can_run(list[i]))
			conform(list[i]->name, seed);
	conform("instar/ebr", seed);
	return done_testing();
}
