/*
 * tests/conc/clear.c - clear is one step on all keys: what was put before it is gone for everybody, at once.
 *
 * Writers leave trails (tests/support/trail.h).  Whoever knows that a put is gone though it had been done knows that
 * a clear has happened, and must not meet that put or any before it again, of that trail; who cleared knows it of all
 * puts that were done when the call began.
 */
#include "tests/support/filler.h"
#include "tests/support/injector.h"
#include "tests/support/stir.h"
#include "tests/support/tap.h"
#include "tests/support/threads.h"
#include "tests/support/trail.h"
#include "tests/support/upheaval.h"
#include "tests/support/world.h"

enum { WRITERS = 2, READERS = 2, CLEARERS = 2, TURNER = WRITERS + READERS + CLEARERS, THREADS, CLEARS = 150,
       LIMIT = 2000, INSERTERS = 4, ROUNDS = 6 };

struct test {
	struct world world;
	struct injector injector;
	struct faults faults;
	uint64_t seed;
	struct trail trails[WRITERS];
	uint64_t floor[WRITERS];          /* atomic: puts below are cleared, says a clear that has returned */
	uint64_t clears_begun, clears_done; /* atomic */
};

static uint64_t load(const uint64_t *p)
{
	return __atomic_load_n(p, __ATOMIC_SEQ_CST);
}

static void raise_floor(uint64_t *floor, uint64_t puts)
{
	uint64_t now = load(floor);

	while (now < puts && !__atomic_compare_exchange_n(floor, &now, puts, false, __ATOMIC_SEQ_CST, __ATOMIC_SEQ_CST))
		;
}

static void clear_once(struct test *test, instar_thread *thread)
{
	uint64_t done[WRITERS];

	for (unsigned w = 0; w < WRITERS; w++)
		done[w] = trail_done(&test->trails[w]);
	__atomic_fetch_add(&test->clears_begun, 1, __ATOMIC_SEQ_CST);
	if (instar_clear(test->world.map, thread) != INSTAR_OK)
		fault(&test->faults, "clear was refused");
	__atomic_fetch_add(&test->clears_done, 1, __ATOMIC_SEQ_CST);
	for (unsigned w = 0; w < WRITERS; w++)
		raise_floor(&test->floor[w], done[w]);
}

/* A put is there, unless a clear ran between it and the look at it. */
static void put_and_look(struct test *test, unsigned w, instar_thread *thread)
{
	struct trail *trail = &test->trails[w];
	uint64_t quiet = load(&test->clears_done), put = trail->begun, key = trail_key(trail, put), value = 0, old = 0;
	enum instar_status status = trail_put(trail, test->world.map, thread, &old);

	if (status != INSTAR_OK && (status != INSTAR_EXISTS || old + TRAIL_KEYS != put))
		fault(&test->faults, "put %llu: %s", (unsigned long long)put, instar_status_name(status));
	status = instar_get(test->world.map, thread, key, &value);
	if (status == INSTAR_OK ? value != put : load(&test->clears_begun) == quiet)
		fault(&test->faults, "put %llu is not to be seen, and nobody cleared", (unsigned long long)put);
}

/* What a reader finds out about a trail. */
static void read_one(struct test *test, unsigned w, instar_thread *thread, struct rng *rng, uint64_t *floor)
{
	struct trail *trail = &test->trails[w];
	uint64_t place = rng_below(rng, TRAIL_KEYS), told = load(&test->floor[w]), done = trail_done(trail), value;

	if (told > *floor)
		*floor = told;
	if (instar_get(test->world.map, thread, trail->first_key + place, &value) == INSTAR_OK) {
		if (value < *floor)
			fault(&test->faults, "put %llu is to be seen, though those below %llu are cleared",
			      (unsigned long long)value, (unsigned long long)*floor);
	} else if (done > place) {
		uint64_t latest = done - 1 - (done - 1 - place) % TRAIL_KEYS; /* of this key, done before the get */

		if (latest + 1 > *floor)
			*floor = latest + 1;
	}
}

static void work(unsigned index, void *arg)
{
	struct test *test = arg;
	struct rng rng = rng_stream(test->seed, index);
	instar_thread *thread = world_join(&test->world, index);
	uint64_t floor[WRITERS] = { 0 };
	const char *wrong = NULL;
	bool clears = index >= WRITERS + READERS && index != TURNER;

	for (unsigned n = 0; clears ? n < CLEARS * 40 : load(&test->clears_done) < CLEARERS * CLEARS; n++) {
		if (clears && n % 40 == 0)
			clear_once(test, thread);
		else if (index < WRITERS)
			put_and_look(test, index, thread);
		else if (index == TURNER)
			wrong = upheaval(test->world.map, thread, &rng, false);
		else
			read_one(test, n / 64 % WRITERS, thread, &rng, &floor[n / 64 % WRITERS]);
		if (wrong)
			fault(&test->faults, "%s", wrong);
		if (index == TURNER || n % 16 == 0)
			world_rest(&test->world, thread);
	}
	world_part(thread);
}

/* The size, three ways; and no older than the last clear. */
static bool sizes_agree(instar_map *map)
{
	struct instar_entry out[64];
	enum instar_status status;
	uint64_t cursor = 0;
	size_t exact = 0, scanned = 0, n;

	do {
		status = instar_scan(map, NULL, &cursor, out, 64, &n);
		scanned += n;
	} while (status == INSTAR_OK);
	if (instar_count(map, NULL, &exact) != INSTAR_OK)
		return false;
	if (instar_size(map) != exact || exact != scanned)
		diag("size %zu, count %zu, scan %zu", instar_size(map), exact, scanned);
	return instar_size(map) == exact && exact == scanned;
}

static void clear_is_one_step(const struct instar_scheme_info *scheme, uint64_t seed)
{
	struct test test = { .seed = seed };

	injector_init(&test.injector);
	if (!world_open(&test.world, scheme, &test.injector.opts, NULL))
		bail_out("%s: no map", scheme->name);
	for (unsigned w = 0; w < WRITERS; w++)
		test.trails[w].first_key = w * TRAIL_KEYS;
	run_threads(THREADS, work, &test);
	ok(!test.faults.n, "%s: what a clear removed is gone for everybody, and nothing else is", scheme->name);
	ok(sizes_agree(test.world.map), "%s: size is exact at rest", scheme->name);
	ok(instar_clear(test.world.map, NULL) == INSTAR_OK && !instar_size(test.world.map) &&
	   sizes_agree(test.world.map) && !instar_contains(test.world.map, NULL, 0), "%s: nothing is left", scheme->name);
	ok(instar_map_check(test.world.map, stdout) == INSTAR_OK && world_close(&test.world) && !test.injector.live &&
	   !test.injector.mismatched, "%s: audit, close, no memory left", scheme->name);
}

/* ---- max_capacity ---- */

struct limited {
	struct world world;
	struct faults faults;
	unsigned inserting; /* atomic */
	bool clears;
	uint64_t round;
};

static bool still_inserting(struct limited *l)
{
	return __atomic_load_n(&l->inserting, __ATOMIC_ACQUIRE);
}

static void insert_or_clear(unsigned index, void *arg)
{
	struct limited *l = arg;
	instar_thread *thread = world_join(&l->world, index);

	for (uint64_t i = 0; index < INSERTERS && i < LIMIT; i++) {
		uint64_t key = (l->round * LIMIT + i) * INSERTERS + index;
		enum instar_status status = instar_insert(l->world.map, thread, key, i, NULL);

		if (status != INSTAR_OK && status != INSTAR_FULL)
			fault(&l->faults, "insert: %s", instar_status_name(status));
		if (i % 16 == 0)
			world_rest(&l->world, thread);
	}
	if (index < INSERTERS)
		__atomic_sub_fetch(&l->inserting, 1, __ATOMIC_RELEASE);
	for (unsigned n = 0; l->clears && index == INSERTERS && n < CLEARS && still_inserting(l); n++) {
		instar_clear(l->world.map, thread);
		world_rest(&l->world, thread);
	}
	world_part(thread);
}

/* Again and again there is room for LIMIT, and not for twice as many. */
static void clear_makes_room(const struct instar_scheme_info *scheme)
{
	struct instar_map_opts opts = INSTAR_MAP_OPTS_INIT;
	struct limited l = { .round = 0 };
	bool fine = true;

	opts.max_capacity = LIMIT;
	if (!world_open(&l.world, scheme, NULL, &opts))
		bail_out("%s: no map", scheme->name);
	for (; l.round < ROUNDS && fine; l.round++) {
		size_t size;

		l.inserting = INSERTERS;
		l.clears = l.round % 2;
		run_threads(INSERTERS + 1, insert_or_clear, &l);
		size = instar_size(l.world.map);
		fine = size < 2 * LIMIT && (l.clears || size >= LIMIT * 6 / 10) && sizes_agree(l.world.map) &&
		       (l.clears || instar_clear(l.world.map, NULL) == INSTAR_OK);
		if (!fine)
			diag("round %llu: %zu entries", (unsigned long long)l.round, size);
		if (l.clears)
			instar_clear(l.world.map, NULL);
	}
	ok(fine && !l.faults.n, "%s: after a clear there is room for max_capacity again", scheme->name);
	ok(instar_map_check(l.world.map, stdout) == INSTAR_OK && world_close(&l.world), "%s: audit, close", scheme->name);
}

/* ---- what a clear leaves ---- */

static void clear_keeps_the_capacity(const struct instar_scheme_info *scheme)
{
	struct instar_map_opts opts = INSTAR_MAP_OPTS_INIT;
	struct instar_map_stats before, after;
	struct world world;
	bool cleared;

	opts.capacity = 10 * LIMIT;
	if (!world_open(&world, scheme, NULL, &opts))
		bail_out("%s: no map", scheme->name);
	instar_map_stats(world.map, &before);
	cleared = instar_clear(world.map, NULL) == INSTAR_OK;
	instar_map_stats(world.map, &after);
	ok(cleared && after.homes == before.homes && world_close(&world), "%s: a cleared map is as large as it was made",
	   scheme->name);
}

/* Callers that can have no handle count together. */
static void clear_of_the_handleless(const struct instar_scheme_info *scheme)
{
	struct injector injector;
	struct world world;
	size_t size;

	injector_init(&injector);
	if (!world_open(&world, scheme, &injector.opts, NULL))
		bail_out("%s: no map", scheme->name);
	injector_refuse(&injector, INJECT_ALL);
	size = instar_insert(world.map, NULL, 1, 2, NULL) == INSTAR_OK ? instar_size(world.map) : 0;
	injector_refuse(&injector, 0);
	ok(size == 1 && injector.refused && instar_clear(world.map, NULL) == INSTAR_OK && !instar_size(world.map),
	   "%s: what callers without a handle put counts no more after a clear", scheme->name);
	ok(world_close(&world) && !injector.live, "%s: close, no memory left", scheme->name);
}

static void run(const struct instar_scheme_info *scheme, void *seed)
{
	for (unsigned round = 0; round < test_scale(); round++)
		clear_is_one_step(scheme, *(uint64_t *)seed + round);
	clear_makes_room(scheme);
	clear_keeps_the_capacity(scheme);
	clear_of_the_handleless(scheme);
}

int main(void)
{
	uint64_t seed = test_seed();

	stir();
	each_scheme(run, &seed);
	return done_testing();
}
