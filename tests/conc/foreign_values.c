/*
 * tests/conc/foreign_values.c - every value read under a key was written under that key.
 *
 * The value carries its key.  Keys slide through a wide range, so that slots pass from key to key as
 * fast as the reclaimer lets them, while readers ask for keys that were just removed or just come.
 */
#include "tests/support/rng.h"
#include "tests/support/sanitizer.h"
#include "tests/support/tap.h"
#include "tests/support/threads.h"
#include "tests/support/world.h"

enum { WRITERS = 2, READERS = 2, WINDOW = 900, CALLS = TEST_WORK(60000), KEY_BITS = 20, SALT_BITS = 11, BATCH = 32 };

struct test {
	struct world world;
	struct faults faults;
	uint64_t seed;
	uint64_t front __attribute__((aligned(128))); /* the next new key */
	unsigned writing;
};

static uint64_t value_for(uint64_t key, uint64_t salt)
{
	return key << SALT_BITS | (salt & ((1u << SALT_BITS) - 1));
}

static void judge(struct test *test, const char *call, uint64_t key, uint64_t value)
{
	if (value >> SALT_BITS != key)
		fault(&test->faults, "%s(%llu) gave a value of key %llu", call, (unsigned long long)key,
		      (unsigned long long)(value >> SALT_BITS));
}

static uint64_t near_front(struct test *test, struct rng *rng)
{
	uint64_t front = __atomic_load_n(&test->front, __ATOMIC_RELAXED);

	return (front + 8 - rng_below(rng, WINDOW * 2)) & ((1u << KEY_BITS) - 1);
}

/* A call on a key that another thread may be removing. */
static void disturb(struct test *test, struct rng *rng, instar_thread *thread)
{
	uint64_t key = near_front(test, rng), value = value_for(key, rng_next(rng)), old = value;
	instar_map *map = test->world.map;

	switch (rng_below(rng, 5)) {
	case 0:
		if (instar_put(map, thread, key, value, &old) == INSTAR_EXISTS)
			judge(test, "put", key, old);
		break;
	case 1:
		if (instar_replace(map, thread, key, value, &old) == INSTAR_OK)
			judge(test, "replace", key, old);
		break;
	case 2:
		if (instar_cas(map, thread, key, &old, value) != INSTAR_NOTFOUND)
			judge(test, "cas", key, old);
		break;
	case 3:
		instar_get_or_insert(map, thread, key, value, &old);
		judge(test, "get_or_insert", key, old);
		break;
	default:
		if (instar_fetch_xor(map, thread, key, 1, value, &old) == INSTAR_EXISTS)
			judge(test, "fetch_xor", key, old);
	}
}

static void write_keys(struct test *test, struct rng *rng, instar_thread *thread)
{
	instar_map *map = test->world.map;

	for (unsigned n = 0; n < CALLS; n++) {
		uint64_t key = __atomic_fetch_add(&test->front, 1, __ATOMIC_RELAXED) & ((1u << KEY_BITS) - 1);
		uint64_t gone = (key - WINDOW) & ((1u << KEY_BITS) - 1), old;

		if (instar_insert(map, thread, key, value_for(key, n), &old) == INSTAR_EXISTS)
			judge(test, "insert", key, old);
		if (instar_remove(map, thread, gone, &old) == INSTAR_OK)
			judge(test, "remove", gone, old);
		if (n % 4 == 0)
			disturb(test, rng, thread);
		if (n % 64 == 0)
			world_rest(&test->world, thread);
	}
	__atomic_fetch_sub(&test->writing, 1, __ATOMIC_RELEASE);
}

static void read_keys(struct test *test, struct rng *rng, instar_thread *thread)
{
	instar_map *map = test->world.map;
	uint64_t keys[BATCH], values[BATCH];
	uint8_t found[BATCH];

	while (__atomic_load_n(&test->writing, __ATOMIC_ACQUIRE)) {
		for (unsigned i = 0; i < BATCH; i++)
			keys[i] = near_front(test, rng);
		instar_get_many(map, thread, keys, BATCH, values, found);
		for (unsigned i = 0; i < BATCH; i++)
			if (found[i])
				judge(test, "get_many", keys[i], values[i]);
		for (unsigned i = 0; i < BATCH; i++)
			if (instar_get(map, thread, keys[i], &values[i]) == INSTAR_OK)
				judge(test, "get", keys[i], values[i]);
		world_rest(&test->world, thread);
	}
}

static void work(unsigned index, void *arg)
{
	struct test *test = arg;
	instar_thread *thread = world_join(&test->world, index / 2);
	struct rng rng = rng_stream(test->seed, index);

	if (index < WRITERS)
		write_keys(test, &rng, thread);
	else
		read_keys(test, &rng, thread);
	world_part(thread);
}

static void run(const struct instar_scheme_info *scheme, unsigned flags, uint64_t seed)
{
	const char *how = flags & INSTAR_MAP_NO_REUSE ? "tombstones stay" : "tombstones are reused";
	struct instar_map_opts opts = INSTAR_MAP_OPTS_INIT;
	struct test test = { .seed = seed, .front = WINDOW * 2, .writing = WRITERS };
	struct instar_map_stats stats;

	opts.flags = flags;
	if (!world_open(&test.world, scheme, NULL, &opts))
		bail_out("%s: no map", scheme->name);
	run_threads(WRITERS + READERS, work, &test);
	instar_map_stats(test.world.map, &stats);
	ok(!test.faults.n, "%s, %s: no foreign value", scheme->name, how);
	if (flags & INSTAR_MAP_NO_REUSE || !scheme->has_grace)
		ok(stats.purges > 0, "%s, %s: tables were purged meanwhile", scheme->name, how);
	else
		ok(stats.buried > 0, "%s, %s: tombstones were made meanwhile", scheme->name, how);
	ok(instar_map_check(test.world.map, stdout) == INSTAR_OK, "%s, %s: audit", scheme->name, how);
	ok(world_close(&test.world), "%s, %s: map and domain go without complaint", scheme->name, how);
}

static void both(const struct instar_scheme_info *scheme, void *seed)
{
	for (unsigned round = 0; round < test_scale(); round++) {
		run(scheme, 0, *(uint64_t *)seed + round);
		run(scheme, INSTAR_MAP_NO_REUSE, *(uint64_t *)seed + round);
	}
}

int main(void)
{
	uint64_t seed = test_seed();

	each_scheme(both, &seed);
	return done_testing();
}
