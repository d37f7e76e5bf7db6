/*
 * tests/conc/snapshot_boxed.c - what a snapshot of a boxed map shows stays until it is closed, and is freed once.
 *
 * Freed boxes are only marked, so that a snapshot that shows one, and a second free, are seen for sure.
 */
#include "tests/support/rng.h"
#include "tests/support/stir.h"
#include "tests/support/tap.h"
#include "tests/support/threads.h"
#include "tests/support/world.h"

enum { WRITERS = 3, LOOKERS = 2, THREADS = WRITERS + LOOKERS, CALLS = 4000, KEYS = 400, CAPACITY = 32, EXTRA = 103 };

enum box_state { BOX_MINE = 0, BOX_OWNED_BY_MAP, BOX_FREED };

struct box {
	uint64_t key;
	unsigned state; /* atomic */
};

struct test {
	struct world world;
	struct faults faults;
	uint64_t seed;
	unsigned writing;             /* atomic */
	unsigned looks;               /* atomic */
	struct box boxes[WRITERS][CALLS], later[EXTRA];
};

static void box_free(void *value, void *ctx)
{
	struct test *test = ctx;
	struct box *box = value;

	if (__atomic_exchange_n(&box->state, BOX_FREED, __ATOMIC_ACQ_REL) != BOX_OWNED_BY_MAP)
		fault(&test->faults, "a box of key %llu freed twice, or never given", (unsigned long long)box->key);
}

static void look_at(struct test *test, const struct instar_entry *entry)
{
	const struct box *box = (const struct box *)(uintptr_t)entry->value;

	if (__atomic_load_n(&box->state, __ATOMIC_ACQUIRE) != BOX_OWNED_BY_MAP || box->key != entry->key)
		fault(&test->faults, "a snapshot shows a freed box under key %llu", (unsigned long long)entry->key);
}

/* Everything that the snapshot shows, each time the same. */
static uint64_t look(struct test *test, instar_snapshot *snapshot, instar_thread *thread)
{
	struct instar_entry out[CAPACITY], one;
	enum instar_status status;
	uint64_t cursor = 0, sum = 0;
	size_t n;

	do {
		status = instar_snapshot_scan(snapshot, thread, &cursor, out, CAPACITY, &n);
		for (size_t i = 0; i < n; i++) {
			look_at(test, &out[i]);
			sum += out[i].key * 31 + out[i].value;
		}
	} while (status == INSTAR_OK);
	for (one.key = 0; one.key < KEYS; one.key += 7)
		if (instar_snapshot_get(snapshot, thread, one.key, &one.value) == INSTAR_OK)
			look_at(test, &one);
	return sum;
}

/* Snapshots that overlap: two of one thread, and those of others. */
static void look_on(struct test *test, instar_thread *thread)
{
	instar_snapshot *older = NULL, *newer;
	uint64_t old_sum = 0, sum;

	while (__atomic_load_n(&test->writing, __ATOMIC_ACQUIRE)) {
		if (instar_snapshot_open(test->world.map, thread, &newer) != INSTAR_OK)
			bail_out("%s: no snapshot", test->world.scheme->name);
		world_rest(&test->world, thread);
		sum = look(test, newer, thread);
		if (older && look(test, older, thread) != old_sum)
			fault(&test->faults, "a snapshot changed");
		instar_snapshot_close(older, thread);
		older = newer;
		old_sum = sum;
		__atomic_fetch_add(&test->looks, 1, __ATOMIC_RELAXED);
	}
	instar_snapshot_close(older, thread);
}

static bool seldom(uint64_t key, uint64_t value, void *ctx)
{
	(void)value;
	(void)ctx;
	return key % 16;
}

static bool few(uint64_t key, uint64_t value, void *ctx)
{
	unsigned *left = ctx;

	(void)key;
	(void)value;
	return --*left;
}

/* One of the calls that take values out of the map. */
static void displace(struct test *test, instar_thread *thread, struct rng *rng, uint64_t key)
{
	instar_map *map = test->world.map;
	unsigned left = 20;

	switch (rng_below(rng, 300)) {
	case 0:
		instar_clear(map, thread);
		break;
	case 1:
		instar_drain(map, thread, few, &left);
		break;
	case 2:
		instar_retain(map, thread, seldom, NULL, NULL);
		break;
	case 3:
		instar_shrink(map, thread);
		break;
	case 4:
		instar_reserve(map, thread, rng_below(rng, 3000));
		break;
	default:
		instar_remove(map, thread, key, NULL);
	}
}

/* By put, which the map always takes, or insert, which leaves the box to the caller if the key is there. */
static void store(struct test *test, instar_thread *thread, struct rng *rng, struct box *box)
{
	uint64_t value = (uint64_t)(uintptr_t)box;
	enum instar_status status;

	box->state = BOX_OWNED_BY_MAP;
	if (rng_below(rng, 2)) {
		status = instar_insert(test->world.map, thread, box->key, value, NULL);
		if (status == INSTAR_EXISTS)
			box->state = BOX_MINE;
	} else {
		status = instar_put(test->world.map, thread, box->key, value, NULL);
	}
	if (status != INSTAR_OK && status != INSTAR_EXISTS)
		fault(&test->faults, "a box was refused: %s", instar_status_name(status));
}

static void work(unsigned index, void *arg)
{
	struct test *test = arg;
	struct rng rng = rng_stream(test->seed, index);
	instar_thread *thread = world_join(&test->world, index);

	if (index >= WRITERS)
		look_on(test, thread);
	for (unsigned n = 0; index < WRITERS && n < CALLS; n++) {
		struct box *box = &test->boxes[index][n];

		box->key = rng_below(&rng, KEYS);
		if (rng_below(&rng, 3))
			store(test, thread, &rng, box);
		else
			displace(test, thread, &rng, box->key);
		if (n % 64 == 0)
			world_rest(&test->world, thread);
	}
	if (index < WRITERS)
		__atomic_sub_fetch(&test->writing, 1, __ATOMIC_RELEASE);
	world_part(thread);
}

static bool none(uint64_t key, uint64_t value, void *ctx)
{
	(void)key;
	(void)value;
	(void)ctx;
	return false;
}

/* By a clear, where the scheme bears it. */
static bool remove_all(struct test *test, instar_thread *thread)
{
	enum instar_status status = instar_clear(test->world.map, thread);

	if (test->world.scheme->section_protects_all)
		return status == INSTAR_OK;
	return status == INSTAR_UNSUPPORTED &&
	       instar_retain(test->world.map, thread, none, NULL, NULL) == INSTAR_OK;
}

static size_t still_owned(const struct test *test)
{
	size_t owned = 0;

	for (unsigned w = 0; w < WRITERS; w++)
		for (unsigned i = 0; i < CALLS; i++)
			owned += test->boxes[w][i].state == BOX_OWNED_BY_MAP;
	for (unsigned i = 0; i < EXTRA; i++)
		owned += test->later[i].state == BOX_OWNED_BY_MAP;
	return owned;
}

/* Snapshots still open: the map stays as it was; what was in it and is no more is freed when the last closes. */
static void destroy_waits(struct test *test, instar_thread *thread)
{
	const char *scheme = test->world.scheme->name;
	instar_snapshot *snapshots[3];
	uint64_t sums[3];
	size_t owned;
	bool fine = true;

	for (unsigned i = 0; i < 3; i++) {
		test->later[i] = (struct box){ KEYS + i, BOX_OWNED_BY_MAP };
		instar_put(test->world.map, thread, KEYS + i, (uint64_t)(uintptr_t)&test->later[i], NULL);
		fine = fine && instar_snapshot_open(test->world.map, thread, &snapshots[i]) == INSTAR_OK;
	}
	if (!fine)
		bail_out("%s: no snapshots", scheme);
	for (unsigned i = 0; i < 3; i++)
		sums[i] = look(test, snapshots[i], thread);
	owned = still_owned(test);
	ok(instar_map_destroy(test->world.map) == INSTAR_BUSY, "%s: destroy with snapshots open is BUSY", scheme);
	ok(instar_remove(test->world.map, thread, KEYS + 1, NULL) == INSTAR_OK &&
	   remove_all(test, thread) && instar_barrier(thread) == INSTAR_OK &&
	   still_owned(test) == owned && look(test, snapshots[0], thread) == sums[0] &&
	   look(test, snapshots[2], thread) == sums[2], "%s: remove, clear and barrier leave what they show", scheme);
	instar_snapshot_close(snapshots[2], thread);
	instar_snapshot_close(snapshots[0], thread);
	ok(instar_barrier(thread) == INSTAR_OK && look(test, snapshots[1], thread) == sums[1],
	   "%s: two closed, the third shows the same", scheme);
	instar_snapshot_close(snapshots[1], thread);
	ok(instar_barrier(thread) == INSTAR_OK && (!still_owned(test) || !strcmp(scheme, "leak")),
	   "%s: all closed, nothing is left of what was cleared", scheme);
}

static bool take_away(uint64_t key, uint64_t value, void *ctx)
{
	struct box *box = (struct box *)(uintptr_t)value;
	size_t *taken = ctx;

	*taken += box->key == key && __atomic_load_n(&box->state, __ATOMIC_ACQUIRE) == BOX_OWNED_BY_MAP;
	return true;
}

/* take gives a box back to the caller; drain shows it before it is freed. */
static void taken_out(struct test *test, instar_thread *thread)
{
	const char *scheme = test->world.scheme->name;
	uint64_t value = 0;
	size_t taken = 0;

	for (unsigned i = 0; i < 100; i++) {
		test->later[3 + i] = (struct box){ i, BOX_OWNED_BY_MAP };
		instar_put(test->world.map, thread, i, (uint64_t)(uintptr_t)&test->later[3 + i], NULL);
	}
	ok(instar_take(test->world.map, thread, 5, &value) == INSTAR_OK &&
	   value == (uint64_t)(uintptr_t)&test->later[3 + 5] && instar_barrier(thread) == INSTAR_OK &&
	   test->later[3 + 5].state == BOX_OWNED_BY_MAP &&
	   instar_take(test->world.map, thread, 5, &value) == INSTAR_NOTFOUND,
	   "%s: what is taken is the caller's", scheme);
	ok(instar_take(test->world.map, thread, 6, NULL) == INSTAR_INVAL &&
	   instar_contains(test->world.map, thread, 6), "%s: take needs a place for the value", scheme);
	test->later[3 + 5].state = BOX_MINE;
	ok(instar_drain(test->world.map, thread, take_away, &taken) == INSTAR_OK && taken == 99 &&
	   instar_barrier(thread) == INSTAR_OK && (!still_owned(test) || !strcmp(scheme, "leak")),
	   "%s: drain frees what it showed", scheme);
}

static void run(const struct instar_scheme_info *scheme, uint64_t seed)
{
	struct instar_map_opts opts = INSTAR_MAP_OPTS_INIT;
	struct test *test = calloc(1, sizeof *test);
	instar_thread *thread = NULL;

	opts.value_free = box_free;
	opts.ctx = test;
	if (!test || !world_open(&test->world, scheme, NULL, &opts) ||
	    instar_thread_attach(test->world.domain, &thread))
		bail_out("%s: no map", scheme->name);
	test->seed = seed;
	test->writing = WRITERS;
	instar_thread_offline(thread);
	run_threads(THREADS, work, test);
	instar_thread_online(thread);
	ok(!test->faults.n, "%s: %u snapshots show no freed box, and do not change", scheme->name, test->looks);
	ok(instar_barrier(thread) == INSTAR_OK && (still_owned(test) == instar_size(test->world.map) ||
	   !strcmp(scheme->name, "leak")), "%s: then only the boxes in the map are alive", scheme->name);
	ok(remove_all(test, thread), "%s: clear", scheme->name);
	instar_barrier(thread);
	destroy_waits(test, thread);
	taken_out(test, thread);
	ok(instar_map_check(test->world.map, stdout) == INSTAR_OK && instar_thread_detach(thread) == INSTAR_OK &&
	   world_close(&test->world), "%s: audit, close", scheme->name);
	ok(!still_owned(test) && !test->faults.n, "%s: every box was freed once", scheme->name);
	free(test);
}

static void rounds(const struct instar_scheme_info *scheme, void *seed)
{
	for (unsigned round = 0; round < test_scale(); round++)
		run(scheme, *(uint64_t *)seed + round);
}

int main(void)
{
	uint64_t seed = test_seed();

	stir();
	each_scheme(rounds, &seed);
	return done_testing();
}
