/*
 * tests/conc/boxed.c - a boxed map frees each value exactly once, and never under a reader.
 *
 * Freed boxes are only marked, not given back, so that a reader that meets one, and a second free of
 * it, are seen for sure.
 */
#include <sched.h>

#include "tests/support/rng.h"
#include "tests/support/stir.h"
#include "tests/support/tap.h"
#include "tests/support/threads.h"
#include "tests/support/world.h"

enum { THREADS = 4, CALLS = 25000, KEYS = 1200, HELD = 8, CANARY = 0x600dbeef };

enum box_state { BOX_MINE = 1, BOX_OWNED_BY_MAP, BOX_FREED };

struct box {
	uint64_t canary, key;
	unsigned state; /* atomic */
};

struct test {
	struct world world;
	struct faults faults;
	uint64_t seed;
	struct box *boxes; /* CALLS for each thread */
	uint64_t freed;    /* atomic */
};

static void box_free(void *value, void *ctx)
{
	struct test *test = ctx;
	struct box *box = value;

	if (box->canary != CANARY)
		fault(&test->faults, "value_free of something that is no box");
	else if (__atomic_exchange_n(&box->state, BOX_FREED, __ATOMIC_ACQ_REL) != BOX_OWNED_BY_MAP)
		fault(&test->faults, "a box of key %llu freed twice, or never given", (unsigned long long)box->key);
	__atomic_fetch_add(&test->freed, 1, __ATOMIC_RELAXED);
}

/* A reader inside its section looks at what it found. */
static void look(struct test *test, const struct box *box, uint64_t key)
{
	if (__atomic_load_n(&box->state, __ATOMIC_ACQUIRE) != BOX_OWNED_BY_MAP)
		fault(&test->faults, "a reader met a freed box of key %llu", (unsigned long long)key);
	else if (box->canary != CANARY || box->key != key)
		fault(&test->faults, "a reader met a box of another key");
}

/* Takes references to several objects in one section, lets others go on, and looks at all of them. */
static void read_some(struct test *test, instar_thread *thread, struct rng *rng)
{
	uint64_t keys[HELD], values[HELD] = { 0 };
	void *objects[HELD] = { NULL };

	instar_enter(thread);
	for (unsigned i = 0; i < HELD; i++) {
		keys[i] = rng_below(rng, KEYS);
		instar_get_ref(test->world.map, thread, keys[i], &objects[i]);
		if (test->world.scheme->section_protects_all)
			instar_get(test->world.map, thread, keys[i], &values[i]);
	}
	if (!rng_below(rng, 4))
		sched_yield();
	for (unsigned i = 0; i < HELD; i++) {
		if (objects[i])
			look(test, objects[i], keys[i]);
		if (values[i])
			look(test, (void *)(uintptr_t)values[i], keys[i]);
	}
	instar_leave(thread);
}

/* Offers the box to the map by one of the calls that store; true: the map took it. */
static bool offer(struct test *test, instar_thread *thread, struct rng *rng, struct box *box)
{
	uint64_t value = (uint64_t)(uintptr_t)box, key = box->key, old = 0;
	instar_map *map = test->world.map;
	enum instar_status status;

	switch (rng_below(rng, 5)) {
	case 0:
		return instar_insert(map, thread, key, value, NULL) == INSTAR_OK;
	case 1:
		status = instar_put(map, thread, key, value, &old);
		return status == INSTAR_OK || status == INSTAR_EXISTS;
	case 2:
		return instar_replace(map, thread, key, value, NULL) == INSTAR_OK;
	case 3:
		return instar_get_or_insert(map, thread, key, value, &old) == INSTAR_OK;
	default:
		if (instar_get(map, thread, key, &old) != INSTAR_OK)
			return false;
		return instar_cas(map, thread, key, &old, value) == INSTAR_OK;
	}
}

static void write_one(struct test *test, instar_thread *thread, struct rng *rng, struct box *box, uint64_t key)
{
	*box = (struct box){ CANARY, key, BOX_OWNED_BY_MAP };
	instar_enter(thread);
	if (offer(test, thread, rng, box)) {
		/* Storing the same pointer again succeeds and frees nothing. */
		if (rng_below(rng, 16) == 0 && test->world.scheme->section_protects_all) {
			uint64_t same = (uint64_t)(uintptr_t)box;

			instar_cas(test->world.map, thread, key, &same, same);
		}
	} else {
		box->state = BOX_MINE;
	}
	instar_leave(thread);
}

static void work(unsigned index, void *arg)
{
	struct test *test = arg;
	instar_thread *thread = NULL;
	struct rng rng = rng_stream(test->seed, index);

	if (instar_thread_attach(test->world.domain, &thread) != INSTAR_OK)
		abort();
	for (unsigned n = 0; n < CALLS; n++) {
		uint64_t key = rng_below(&rng, KEYS);

		switch (rng_below(&rng, 4)) {
		case 0:
			instar_remove(test->world.map, thread, key, NULL);
			break;
		case 1:
			read_some(test, thread, &rng);
			break;
		default:
			write_one(test, thread, &rng, &test->boxes[index * CALLS + n], key);
		}
		if (n % 64 == 0)
			world_rest(&test->world, thread);
	}
	instar_thread_detach(thread);
}

static size_t still_owned(const struct test *test)
{
	size_t owned = 0;

	for (unsigned i = 0; i < THREADS * CALLS; i++)
		owned += test->boxes[i].state == BOX_OWNED_BY_MAP;
	return owned;
}

/* Boxes put and removed in a section, that they wait. */
static bool bytes_agree(instar_map *map, instar_domain *domain, instar_thread *thread)
{
	static struct box boxes[HELD];
	struct instar_reclaim_stats stats;

	instar_enter(thread);
	for (unsigned i = 0; i < HELD; i++) {
		boxes[i] = (struct box){ CANARY, KEYS + i, BOX_OWNED_BY_MAP };
		instar_insert(map, thread, KEYS + i, (uint64_t)(uintptr_t)&boxes[i], NULL);
		instar_remove(map, thread, KEYS + i, NULL);
	}
	instar_domain_stats(domain, &stats);
	instar_leave(thread);
	return stats.pending_objects - stats.pending_table_objects >= HELD &&
	       stats.pending_bytes - stats.pending_table_bytes ==
		       (stats.pending_objects - stats.pending_table_objects) * sizeof(struct box);
}

static void run(const struct instar_scheme_info *scheme, unsigned flags, uint64_t seed)
{
	struct instar_map_opts opts = INSTAR_MAP_OPTS_INIT;
	struct test test = { .seed = seed };
	instar_thread *thread = NULL;
	uint64_t old;
	size_t size;

	opts.flags = flags;
	opts.value_free = box_free;
	opts.value_bytes = sizeof(struct box);
	opts.ctx = &test;
	test.boxes = calloc(THREADS * CALLS, sizeof *test.boxes);
	if (!test.boxes || !world_open(&test.world, scheme, NULL, &opts) ||
	    instar_thread_attach(test.world.domain, &thread))
		bail_out("%s: no map", scheme->name);
	run_threads(THREADS, work, &test);
	size = instar_size(test.world.map);
	ok(instar_barrier(thread) == INSTAR_OK, "%s: barrier", scheme->name);
	if (strcmp(scheme->name, "leak"))
		ok(still_owned(&test) == size, "%s: after it only the %zu boxes in the map are alive (%zu)", scheme->name,
		   size, still_owned(&test));
	ok(bytes_agree(test.world.map, test.world.domain, thread), "%s: the statistics know what a box weighs", scheme->name);
	ok(instar_fetch_add(test.world.map, thread, 1, 1, 1, &old) == INSTAR_INVAL, "%s: fetch_add is INVAL",
	   scheme->name);
	ok(instar_map_check(test.world.map, stdout) == INSTAR_OK, "%s: audit", scheme->name);
	instar_thread_detach(thread);
	ok(world_close(&test.world), "%s: map and domain go without complaint", scheme->name);
	ok(!still_owned(&test) && test.freed > 0, "%s: every box that the map took was freed (%llu)", scheme->name,
	   (unsigned long long)test.freed);
	ok(!test.faults.n, "%s: once each, and none under a reader", scheme->name);
	free(test.boxes);
}

/* ---- callbacks with calls of their own ---- */

enum { NESTED = 400 }; /* displaces over several of the chunks in which garbage waits */

struct nested {
	struct test test;
	unsigned used;
	bool fine;
};

static uint64_t next_box(struct nested *n, uint64_t key)
{
	struct box *box = &n->test.boxes[n->used++];

	*box = (struct box){ CANARY, key, BOX_OWNED_BY_MAP };
	return (uint64_t)(uintptr_t)box;
}

/* Displaces the values of other keys, and then its own. */
static enum instar_action displace(uint64_t key, bool present, uint64_t *value, void *ctx)
{
	struct nested *n = ctx;

	n->fine = n->fine && present && instar_put(n->test.world.map, NULL, key + 1, next_box(n, key + 1), NULL) <=
						INSTAR_EXISTS;
	if (n->used % 3 == 0)
		n->fine = n->fine && instar_remove(n->test.world.map, NULL, key + 1, NULL) == INSTAR_OK;
	*value = next_box(n, key);
	return INSTAR_STORE;
}

static void callbacks_displace(const struct instar_scheme_info *scheme)
{
	struct instar_map_opts opts = INSTAR_MAP_OPTS_INIT;
	struct nested n = { .fine = true };

	opts.value_free = box_free;
	opts.ctx = &n.test;
	n.test.boxes = calloc(2 * NESTED + 1, sizeof *n.test.boxes);
	if (!n.test.boxes || !world_open(&n.test.world, scheme, NULL, &opts) ||
	    instar_put(n.test.world.map, NULL, 1, next_box(&n, 1), NULL))
		bail_out("%s: no map", scheme->name);
	for (unsigned i = 0; i < NESTED; i++)
		n.fine = n.fine && instar_compute(n.test.world.map, NULL, 1, displace, &n) == INSTAR_OK;
	ok(n.fine && world_close(&n.test.world) && n.test.freed == n.used && !n.test.faults.n,
	   "%s: a callback displaces values, and then its call: each is freed once (%llu of %u)", scheme->name,
	   (unsigned long long)n.test.freed, n.used);
	free(n.test.boxes);
}

/* ---- batches ---- */

enum { BATCH = 8000 };

/* Of one key: each displaces a box.  Those of the first ones need not wait for the end of the batch. */
static void batches(const struct instar_scheme_info *scheme)
{
	static uint64_t keys[BATCH], values[BATCH];
	struct instar_map_opts opts = INSTAR_MAP_OPTS_INIT;
	struct nested n = { .fine = true };
	enum instar_status status = INSTAR_OK;
	uint64_t one = 1;

	opts.value_free = box_free;
	opts.ctx = &n.test;
	n.test.boxes = calloc(BATCH, sizeof *n.test.boxes);
	if (!n.test.boxes || !world_open(&n.test.world, scheme, NULL, &opts))
		bail_out("%s: no map", scheme->name);
	ok(instar_fetch_add_many(n.test.world.map, NULL, &one, &one, 1, 1, NULL, &status) == 0 &&
	   status == INSTAR_INVAL && !instar_size(n.test.world.map), "%s: a batch of fetch_add is INVAL", scheme->name);
	for (unsigned i = 0; i < BATCH; i++)
		values[i] = next_box(&n, 0);
	n.fine = instar_put_many(n.test.world.map, NULL, keys, values, BATCH, NULL) == BATCH;
	if (!strcmp(scheme->name, "ebr"))
		ok(n.test.freed >= BATCH / 2, "%s: of %u boxes that a batch displaced %llu are freed when it ends",
		   scheme->name, BATCH - 1, (unsigned long long)n.test.freed);
	ok(n.fine && world_close(&n.test.world) && n.test.freed == BATCH && !n.test.faults.n,
	   "%s: each box of a batch is freed once", scheme->name);
	free(n.test.boxes);
}

static void both(const struct instar_scheme_info *scheme, void *seed)
{
	callbacks_displace(scheme);
	batches(scheme);
	for (unsigned round = 0; round < test_scale(); round++) {
		run(scheme, 0, *(uint64_t *)seed + round);
		run(scheme, INSTAR_MAP_NO_REUSE | INSTAR_MAP_MISS_FILTER, *(uint64_t *)seed + round);
	}
}

int main(void)
{
	uint64_t seed = test_seed();

	stir();
	each_scheme(both, &seed);
	return done_testing();
}
