/*
 * tests/conc/bytes_boxed.c - a boxed byte-key map frees each value exactly once, and never under a reader, also where
 * the keys of many values share a bundle; and no allocation that fails loses one.
 *
 * Freed boxes are only marked, not given back, so that a reader that meets one, and a second free of it, are seen.
 */
#include "src/bytes.h"
#include "tests/support/injector.h"
#include "tests/support/rng.h"
#include "tests/support/sanitizer.h"
#include "tests/support/tap.h"
#include "tests/support/threads.h"
#include "tests/support/world.h"

enum { THREADS = 4, CALLS = TEST_WORK(15000), BOXES = (THREADS + 1) * CALLS, KEYS = 60, CANARY = 0x600dbeef };

enum box_state { BOX_MINE = 1, BOX_OWNED_BY_MAP, BOX_FREED };

struct box {
	uint64_t canary, key;
	unsigned state; /* atomic */
};

struct test {
	struct world world;
	instar_bmap *map;
	struct injector injector;
	struct faults faults;
	uint64_t seed;
	struct box *boxes; /* CALLS for each thread, and for the one without memory */
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

static uint64_t few_hashes(const void *key, size_t length, uint64_t seed, void *ctx)
{
	(void)seed;
	(void)ctx;
	return length ? *(const unsigned char *)key % 16 : 0;
}

static void read_one(struct test *test, instar_thread *t, uint64_t key)
{
	const struct box *box;
	void *object;
	uint64_t value;

	instar_enter(t);
	if (instar_bmap_get_ref(test->map, t, &key, sizeof key, &object) == INSTAR_OK &&
	    instar_bmap_get(test->map, t, &key, sizeof key, &value) != INSTAR_NOMEM) {
		box = object;
		if (__atomic_load_n(&box->state, __ATOMIC_ACQUIRE) != BOX_OWNED_BY_MAP)
			fault(&test->faults, "a reader met a freed box of key %llu", (unsigned long long)key);
		else if (box->canary != CANARY || box->key != key)
			fault(&test->faults, "a reader met a box of another key");
	}
	instar_leave(t);
}

static enum instar_action store_box(const void *key, size_t length, bool present, uint64_t *value, void *ctx)
{
	(void)key;
	(void)length;
	*value = (uint64_t)(uintptr_t)ctx;
	return present ? INSTAR_STORE : INSTAR_KEEP;
}

/* Offers the box to the map by one of the calls that store; true: the map took it. */
static bool offer(struct test *test, instar_thread *t, struct rng *rng, struct box *box)
{
	uint64_t value = (uint64_t)(uintptr_t)box, old = 0;
	const void *key = &box->key;
	size_t length = sizeof box->key;
	enum instar_status status;

	switch (rng_below(rng, 5)) {
	case 0:
		return instar_bmap_insert(test->map, t, key, length, value, NULL) == INSTAR_OK;
	case 1:
		status = instar_bmap_put(test->map, t, key, length, value, &old);
		return status == INSTAR_OK || status == INSTAR_EXISTS;
	case 2:
		return instar_bmap_replace(test->map, t, key, length, value, NULL) == INSTAR_OK;
	case 3:
		return instar_bmap_compute(test->map, t, key, length, store_box, box) == INSTAR_OK;
	default:
		if (instar_bmap_get(test->map, t, key, length, &old) != INSTAR_OK)
			return false;
		return instar_bmap_cas(test->map, t, key, length, &old, value) == INSTAR_OK;
	}
}

static void write_one(struct test *test, instar_thread *t, struct rng *rng, struct box *box, uint64_t key)
{
	uint64_t same = (uint64_t)(uintptr_t)box;

	*box = (struct box){ CANARY, key, BOX_OWNED_BY_MAP };
	instar_enter(t);
	if (!offer(test, t, rng, box))
		box->state = BOX_MINE;
	else if (rng_below(rng, 4) == 0) /* storing the pointer that is there frees nothing */
		instar_bmap_cas(test->map, t, &key, sizeof key, &same, same);
	instar_leave(t);
}

/* What is taken is the caller's to retire. */
static void take_one(struct test *test, instar_thread *t, uint64_t key)
{
	uint64_t old;

	if (instar_bmap_take(test->map, t, &key, sizeof key, &old) == INSTAR_OK &&
	    instar_retire(t, (void *)(uintptr_t)old, 0, box_free, test) != INSTAR_OK)
		fault(&test->faults, "retire");
}

static void work(unsigned index, void *arg)
{
	struct test *test = arg;
	struct rng rng = rng_stream(test->seed, index);
	instar_thread *t = NULL;

	if (instar_thread_attach(test->world.domain, &t) != INSTAR_OK)
		abort();
	for (unsigned n = 0; n < CALLS; n++) {
		uint64_t key = rng_below(&rng, KEYS), what = rng_below(&rng, 16);

		if (what < 3)
			instar_bmap_remove(test->map, t, &key, sizeof key, NULL);
		else if (what == 3 && !test->injector.percent) /* else there may be no record to retire it */
			take_one(test, t, key);
		else if (what < 8)
			read_one(test, t, key);
		else
			write_one(test, t, &rng, &test->boxes[index * CALLS + n], key);
		if (n % 4096 == index)
			instar_bmap_clear(test->map, t);
		if (n % 64 == 0)
			world_rest(&test->world, t);
	}
	instar_thread_detach(t);
}

static size_t still_owned(const struct test *test)
{
	size_t owned = 0;

	for (unsigned i = 0; i < BOXES; i++)
		owned += test->boxes[i].state == BOX_OWNED_BY_MAP;
	return owned;
}

/* percent: of the allocations that fail meanwhile. */
static void run(const struct instar_scheme_info *scheme, unsigned percent, uint64_t seed)
{
	struct instar_bmap_opts opts = INSTAR_BMAP_OPTS_INIT;
	struct test *test = calloc(1, sizeof *test);
	instar_thread *t = NULL;
	size_t size;

	if (!test || !(test->boxes = calloc(BOXES, sizeof *test->boxes)))
		bail_out("no memory");
	injector_init(&test->injector);
	opts.hash = few_hashes;
	opts.value_free = box_free;
	opts.ctx = test;
	test->seed = seed;
	test->world.scheme = scheme;
	if (instar_domain_create(&test->world.domain, scheme->name, &test->injector.opts) != INSTAR_OK ||
	    instar_bmap_create(&test->map, test->world.domain, &opts) != INSTAR_OK ||
	    instar_thread_attach(test->world.domain, &t) != INSTAR_OK)
		bail_out("%s: no map", scheme->name);
	instar_thread_offline(t);
	run_threads(THREADS, work, test);
	instar_thread_online(t);
	if (percent) { /* one thread: others need memory to attach */
		test->injector.percent = percent;
		work(THREADS, test);
		test->injector.percent = 0;
		ok(test->injector.refused > 0, "%s: allocations failed (%llu)", scheme->name,
		   (unsigned long long)test->injector.refused);
	}
	size = instar_bmap_size(test->map);
	ok(instar_barrier(t) == INSTAR_OK, "%s: barrier", scheme->name);
	if (strcmp(scheme->name, "leak") && !percent)
		ok(still_owned(test) == size, "%s: after it only the %zu boxes in the map are alive (%zu)", scheme->name,
		   size, still_owned(test));
	ok(instar_bmap_check(test->map, stdout) == INSTAR_OK, "%s: audit", scheme->name);
	ok(instar_bmap_fetch_add(test->map, t, "", 0, 1, 1, NULL) == INSTAR_INVAL, "%s: fetch_add is INVAL", scheme->name);
	instar_thread_detach(t);
	ok(instar_bmap_destroy(test->map) == INSTAR_OK && instar_domain_destroy(test->world.domain) == INSTAR_OK,
	   "%s: map and domain go without complaint", scheme->name);
	ok(!still_owned(test) && test->freed > 0, "%s: every box that the map took was freed (%llu)", scheme->name,
	   (unsigned long long)test->freed);
	ok(!test->faults.n, "%s: once each, and none under a reader", scheme->name);
	ok(!test->injector.live && !test->injector.mismatched, "%s: so were the keys", scheme->name);
	free(test->boxes);
	free(test);
}

/* ---- a bundle that the reclaimer gets knows which of its values left ---- */

static unsigned retired, unsettled;

static size_t look_at(const void *value)
{
	const struct bundle *bundle = value;

	retired++;
	unsettled += bundle->displaced == DISPLACED_ALL;
	return bundle->bytes;
}

static void keep_it(void *value, void *ctx)
{
	(void)value;
	(void)ctx;
}

/* Else the child of a fork, where its writer is lost, would free what is in the map still.  What a record is retired with
 * is asked for just before. */
static void settled_when_retired(const struct instar_scheme_info *scheme)
{
	struct instar_bmap_opts opts = INSTAR_BMAP_OPTS_INIT;
	instar_domain *domain;
	instar_bmap *map;
	uint64_t value = 0;

	opts.hash = few_hashes;
	opts.value_free = keep_it;
	if (instar_domain_create(&domain, scheme->name, NULL) || instar_bmap_create(&map, domain, &opts))
		bail_out("%s: no map", scheme->name);
	map->map->value_size = look_at;
	retired = unsettled = 0;
	instar_bmap_put(map, NULL, "a", 1, 1, NULL);
	instar_bmap_put(map, NULL, "a", 1, 1, NULL); /* the same value */
	instar_bmap_put(map, NULL, "ab", 2, 2, NULL); /* beside it */
	instar_bmap_replace(map, NULL, "ab", 2, 3, NULL);
	instar_bmap_take(map, NULL, "ab", 2, &value);
	instar_bmap_remove(map, NULL, "a", 1, NULL);
	ok(retired == 5 && !unsettled, "%s: a bundle that is retired knows which of its values left (%u of %u do not)",
	   scheme->name, unsettled, retired);
	ok(instar_bmap_destroy(map) == INSTAR_OK && instar_domain_destroy(domain) == INSTAR_OK,
	   "%s: map and domain go", scheme->name);
}

static void every(const struct instar_scheme_info *scheme, void *seed)
{
	if (!scheme->section_protects_all)
		return; /* tests/conc/bytes.c: refused */
	settled_when_retired(scheme);
	for (unsigned round = 0; round < test_scale(); round++) {
		run(scheme, 0, *(uint64_t *)seed + round);
		run(scheme, 10, *(uint64_t *)seed + round);
	}
}

int main(void)
{
	uint64_t seed = test_seed();

	each_scheme(every, &seed);
	return done_testing();
}
