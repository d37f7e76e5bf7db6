/*
 * tests/conc/capacity.c - max_capacity: FULL is never answered below 60 % of it and always before twice it, however many
 * threads there are, and what is removed makes room.
 */
#include "tests/support/actor.h"
#include "tests/support/calls.h"
#include "tests/support/tap.h"
#include "tests/support/threads.h"
#include "tests/support/world.h"

enum { THREADS = 4, MANY = 40 };

struct limited {
	struct world world;
	size_t limit, inserted[THREADS];
	uint64_t at_first_full; /* smallest size seen with FULL */
	struct faults faults;
};

/* Inserts own keys until FULL is said a few times. */
static void insert_until_full(unsigned index, void *arg)
{
	struct limited *l = arg;
	unsigned full = 0;

	for (uint64_t i = 0; full < 3 && i < l->limit * 3; i++) {
		enum instar_status status = instar_insert(l->world.map, NULL, i * THREADS + index, i, NULL);
		uint64_t size = instar_size(l->world.map), least = __atomic_load_n(&l->at_first_full, __ATOMIC_RELAXED);

		if (status == INSTAR_OK) {
			l->inserted[index]++;
			continue;
		}
		if (status != INSTAR_FULL)
			fault(&l->faults, "insert: %s", instar_status_name(status));
		full++;
		while (size < least && !__atomic_compare_exchange_n(&l->at_first_full, &least, size, false,
								    __ATOMIC_RELAXED, __ATOMIC_RELAXED))
			;
	}
	if (!full)
		fault(&l->faults, "thread %u was never told FULL", index);
}

/* What is there can still be changed and removed, and then there is room again. */
static bool goes_on_when_full(instar_map *map, size_t entries)
{
	uint64_t old, key = 0, removed = 0;
	bool fine;

	while (!instar_contains(map, NULL, key))
		key++;
	fine = instar_insert(map, NULL, key, 5, &old) == INSTAR_EXISTS &&
	       instar_put(map, NULL, key, 6, NULL) == INSTAR_EXISTS &&
	       instar_replace(map, NULL, key, 7, &old) == INSTAR_OK && old == 6;
	for (key = 0; removed < entries / 2 + 1; key++)
		removed += instar_remove(map, NULL, key, NULL) == INSTAR_OK;
	for (uint64_t i = 0; i < entries / 20 + 1; i++)
		fine = fine && instar_put(map, NULL, (1 << 30) + i, 1, NULL) == INSTAR_OK;
	return fine;
}

static void max_capacity(const struct instar_scheme_info *scheme, size_t limit, unsigned threads)
{
	struct instar_map_opts opts = INSTAR_MAP_OPTS_INIT;
	struct limited l = { .limit = limit, .at_first_full = UINT64_MAX };
	size_t inserted = 0;

	opts.max_capacity = limit;
	if (!world_open(&l.world, scheme, NULL, &opts))
		bail_out("%s: no map", scheme->name);
	run_threads(threads, insert_until_full, &l);
	for (unsigned t = 0; t < threads; t++)
		inserted += l.inserted[t];
	ok(!l.faults.n && inserted == instar_size(l.world.map) && l.at_first_full >= limit * 6 / 10 &&
	   inserted < limit * 2, "%s, max_capacity %zu, %u threads: FULL at %llu, and never again beyond %zu",
	   scheme->name, limit, threads, (unsigned long long)l.at_first_full, inserted);
	ok(goes_on_when_full(l.world.map, inserted), "%s, max_capacity %zu: removals make room", scheme->name, limit);
	ok(instar_map_check(l.world.map, stdout) == INSTAR_OK && world_close(&l.world), "%s: audit, close",
	   scheme->name);
}

/* A thread that gives room back puts but little of it aside. */
static void room_is_for_all(const struct instar_scheme_info *scheme, size_t limit)
{
	struct instar_map_opts opts = INSTAR_MAP_OPTS_INIT;
	struct limited l = { .limit = limit, .at_first_full = UINT64_MAX };

	opts.max_capacity = limit;
	if (!world_open(&l.world, scheme, NULL, &opts))
		bail_out("%s: no map", scheme->name);
	for (uint64_t key = 0; key < limit; key++)
		instar_insert(l.world.map, NULL, key, key, NULL);
	for (uint64_t key = 0; key < limit; key++)
		instar_remove(l.world.map, NULL, key, NULL);
	run_threads(1, insert_until_full, &l);
	ok(!l.faults.n && l.inserted[0] >= limit - limit / 32 && l.inserted[0] <= limit,
	   "%s, max_capacity %zu: what one thread removed makes room for %zu of another", scheme->name, limit,
	   l.inserted[0]);
	ok(world_close(&l.world), "%s: map and domain go without complaint", scheme->name);
}

/* Each inserts one key and puts aside its share. */
static void insert_one(struct actor *a, void *arg)
{
	struct limited *l = arg;

	if (instar_insert(l->world.map, a->self, THREADS * l->inserted[1]++ + 1, 1, NULL) != INSTAR_OK)
		abort();
}

static void shares_are_of_one_whole(const struct instar_scheme_info *scheme, size_t limit, unsigned threads)
{
	struct instar_map_opts opts = INSTAR_MAP_OPTS_INIT;
	struct limited l = { .limit = limit, .at_first_full = UINT64_MAX };
	struct actor actors[MANY];

	opts.max_capacity = limit;
	if (!world_open(&l.world, scheme, NULL, &opts))
		bail_out("%s: no map", scheme->name);
	for (unsigned i = 0; i < threads; i++)
		actor_start(&actors[i], l.world.domain);
	for (unsigned i = 0; i < threads; i++)
		actor_do(&actors[i], insert_one, &l);
	run_threads(1, insert_until_full, &l);
	ok(!l.faults.n && l.at_first_full >= limit - limit / 16,
	   "%s, max_capacity %zu: %u threads put little of it aside, FULL at %llu", scheme->name, limit, threads,
	   (unsigned long long)l.at_first_full);
	for (unsigned i = 0; i < threads; i++)
		actor_stop(&actors[i]);
	ok(world_close(&l.world), "%s: map and domain go without complaint", scheme->name);
}

static void run(const struct instar_scheme_info *scheme, void *arg)
{
	(void)arg;
	max_capacity(scheme, 10, 1);
	max_capacity(scheme, 1000, 1);
	max_capacity(scheme, 10, THREADS);
	max_capacity(scheme, 1000, THREADS);
	max_capacity(scheme, 20000, THREADS);
	room_is_for_all(scheme, 20000);
	shares_are_of_one_whole(scheme, 20000, scheme->max_threads && scheme->max_threads < MANY ? THREADS : MANY);
}

int main(void)
{
	each_scheme(run, NULL);
	return done_testing();
}
