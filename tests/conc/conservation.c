/*
 * tests/conc/conservation.c - what went in and did not come out is there: inserts - removes =
 * population = size = what a scan by get finds.
 *
 * All threads write all keys; each counts only what its own calls said.  Their fillers
 * (tests/support/filler.h) keep the tables moving.
 */
#include "tests/support/calls.h"
#include "tests/support/filler.h"
#include "tests/support/sanitizer.h"
#include "tests/support/tap.h"
#include "tests/support/threads.h"
#include "tests/support/world.h"

enum { THREADS = 4, CALLS = TEST_WORK(40000), BATCH = 24, SPAN = 6000, WINDOW = 400 };

struct test {
	struct world world;
	struct faults faults;
	uint64_t seed;
	int64_t gained[THREADS];
};

/* +1: a key more, -1: a key less, by the call's answer. */
static int gain(const struct call *c)
{
	if (c->status != INSTAR_OK)
		return 0;
	switch (c->kind) {
	case CALL_INSERT:
	case CALL_PUT:
	case CALL_GET_OR_INSERT:
		return 1;
	case CALL_REMOVE:
	case CALL_REMOVE_IF:
		return -1;
	default:
		return c->kind >= CALL_FETCH_ADD;
	}
}

static size_t insert_batch(struct test *test, instar_thread *thread, uint64_t key)
{
	uint64_t keys[BATCH], values[BATCH];

	for (unsigned i = 0; i < BATCH; i++) {
		keys[i] = key + i;
		values[i] = i;
	}
	return instar_insert_many(test->world.map, thread, keys, values, BATCH, NULL);
}

static void work(unsigned index, void *arg)
{
	struct test *test = arg;
	instar_thread *thread = world_join(&test->world, index);
	struct rng rng = rng_stream(test->seed, index);
	struct filler filler = filler_new(index, THREADS, WINDOW, NULL);
	const char *wrong = NULL;
	int64_t gained = 0;

	for (unsigned n = 0; n < CALLS && !wrong; n++) {
		uint64_t key = rng_below(&rng, SPAN);
		struct call call = call_random(&rng, key, 4);

		wrong = filler_step(&filler, test->world.map, thread);
		/* Removals more often than they come at random, so that slots die and are used again. */
		if (rng_below(&rng, 3) == 0)
			call = (struct call){ .key = key, .kind = CALL_REMOVE };
		if (call.kind == CALL_COMPUTE) /* its answer does not tell whether the key is new */
			call.kind = CALL_PUT;
		if (rng_below(&rng, 64) == 0) {
			gained += (int64_t)insert_batch(test, thread, key);
		} else {
			call_perform(&call, test->world.map, thread);
			gained += gain(&call);
		}
		if (n % 64 == 0)
			world_rest(&test->world, thread);
		if (n % 1024 == 0 && instar_size(test->world.map) > 2 * SPAN + THREADS * WINDOW)
			fault(&test->faults, "size is beyond all keys: %zu", instar_size(test->world.map));
	}
	if (!wrong)
		wrong = filler_empty(&filler, test->world.map, thread);
	if (wrong)
		fault(&test->faults, "%s", wrong);
	test->gained[index] = gained;
	world_part(thread);
}

static size_t scan_by_get(instar_map *map)
{
	size_t found = 0;

	for (uint64_t key = 0; key < SPAN + BATCH; key++)
		found += instar_contains(map, NULL, key);
	return found;
}

static void run(const struct instar_scheme_info *scheme, unsigned flags, uint64_t seed)
{
	const char *how = flags & INSTAR_MAP_NO_REUSE ? "tombstones stay" : "tombstones are reused, miss filter";
	struct instar_map_opts opts = INSTAR_MAP_OPTS_INIT;
	struct test test = { .seed = seed };
	struct instar_map_stats stats;
	int64_t gained = 0;
	size_t found, size;

	opts.flags = flags;
	if (!world_open(&test.world, scheme, NULL, &opts))
		bail_out("%s: no map", scheme->name);
	run_threads(THREADS, work, &test);
	for (unsigned t = 0; t < THREADS; t++)
		gained += test.gained[t];
	found = scan_by_get(test.world.map);
	size = instar_size(test.world.map);
	instar_map_stats(test.world.map, &stats);
	ok(gained >= 0 && (size_t)gained == found && found == size && size == stats.entries && !test.faults.n,
	   "%s, %s: inserts - removes (%lld) = found (%zu) = size (%zu) = entries", scheme->name, how,
	   (long long)gained, found, size);
	ok(stats.growths > 0, "%s, %s: the table grew meanwhile", scheme->name, how);
	if (flags & INSTAR_MAP_NO_REUSE)
		ok(stats.purges > 0, "%s, %s: tables were purged meanwhile", scheme->name, how);
	ok(instar_map_check(test.world.map, stdout) == INSTAR_OK, "%s, %s: audit", scheme->name, how);
	ok(world_close(&test.world), "%s, %s: map and domain go without complaint", scheme->name, how);
}

static void both(const struct instar_scheme_info *scheme, void *seed)
{
	for (unsigned round = 0; round < test_scale(); round++) {
		run(scheme, INSTAR_MAP_MISS_FILTER, *(uint64_t *)seed + round);
		run(scheme, INSTAR_MAP_NO_REUSE, *(uint64_t *)seed + round);
	}
}

int main(void)
{
	uint64_t seed = test_seed();

	each_scheme(both, &seed);
	return done_testing();
}
