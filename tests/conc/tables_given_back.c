/*
 * tests/conc/tables_given_back.c - a table that was left is given back soon, by calls that make no other garbage,
 * and in parts that are bounded; that of a snapshot by its close.
 */
#include <pthread.h>
#include <time.h>

#include "tests/support/resident.h"
#include "tests/support/tap.h"
#include "tests/support/world.h"

enum { KEYS = 100000, PUTS_AT_MOST = 400000, PUTS_A_LOOK = 500, BOXES = 30000, BOXES_A_CALL = 2000, HOME_AT_MOST = 64 };
enum { SPACIOUS = 300000, SPACIOUS_BYTES = SPACIOUS * 16, PUTS_OF_PARTS = 3000 };

static uint64_t pending_bytes(const struct world *world)
{
	struct instar_reclaim_stats stats;

	instar_domain_stats(world->domain, &stats);
	return stats.pending_bytes;
}

static void put(struct world *world, instar_thread *thread, uint64_t key)
{
	if (instar_put(world->map, thread, key, key, NULL) != INSTAR_EXISTS)
		abort();
}

/* Grace periods may take a library's worker some time. */
static void look_again_later(instar_thread *thread)
{
	instar_thread_quiescent(thread);
	nanosleep(&(struct timespec){ 0, 100000 }, NULL);
}

/* in_sections: of the user's. */
static void puts_are_enough(const struct instar_scheme_info *scheme, bool in_sections)
{
	struct world world;
	instar_thread *thread;
	uint64_t puts = 0;

	if (!world_open(&world, scheme, NULL, NULL) || instar_thread_attach(world.domain, &thread) != INSTAR_OK)
		abort();
	for (uint64_t key = 0; key < KEYS; key++) {
		instar_insert(world.map, thread, key, key, NULL);
		instar_thread_quiescent(thread);
	}
	while (instar_maintain(world.map, thread, 1000) == INSTAR_BUSY)
		;
	for (; puts < PUTS_AT_MOST && pending_bytes(&world); puts++) {
		if (in_sections)
			instar_enter(thread);
		put(&world, thread, puts % KEYS);
		if (in_sections)
			instar_leave(thread);
		if (puts % PUTS_A_LOOK == 0)
			look_again_later(thread);
	}
	ok(!pending_bytes(&world), "%s: puts of present keys%s are enough to give the last table back", scheme->name,
	   in_sections ? ", each in a section," : "");
	diag("%s: %llu puts", scheme->name, (unsigned long long)puts);
	instar_thread_detach(thread);
	if (!world_close(&world))
		abort();
}

static uint64_t freed;

static void count_free(void *value, void *ctx)
{
	(void)value, (void)ctx;
	freed++;
}

static char boxes[2 * BOXES];

/* A boxed map from which BOXES values were just cleared. */
static instar_thread *clear_boxes(struct world *world, const struct instar_scheme_info *scheme,
				  void (*value_free)(void *value, void *ctx))
{
	struct instar_map_opts opts = INSTAR_MAP_OPTS_INIT;
	instar_thread *thread;

	opts.value_free = value_free;
	opts.flags = INSTAR_MAP_MISS_FILTER; /* mapped in front of the buckets */
	freed = 0;
	if (!world_open(world, scheme, NULL, &opts) || instar_thread_attach(world->domain, &thread) != INSTAR_OK)
		abort();
	for (uint64_t i = 0; i < BOXES; i++)
		instar_insert(world->map, thread, i, (uintptr_t)&boxes[i], NULL);
	if (instar_clear(world->map, thread) != INSTAR_OK)
		abort();
	return thread;
}

static void a_clear_is_paid_in_parts(const struct instar_scheme_info *scheme)
{
	uint64_t most = 0, i;
	struct world world;
	instar_thread *thread = clear_boxes(&world, scheme, count_free);

	for (i = 0; freed < BOXES && i < PUTS_AT_MOST; i++) {
		uint64_t before = freed;

		/* A pointer that is there already: nothing else is retired. */
		instar_put(world.map, thread, i % BOXES, (uintptr_t)&boxes[BOXES + i % BOXES], NULL);
		most = freed - before > most ? freed - before : most;
		if (i % PUTS_A_LOOK == 0)
			look_again_later(thread);
	}
	ok(freed == BOXES && most <= BOXES_A_CALL, "%s: puts free what a clear left, each a bounded number", scheme->name);
	diag("%s: %llu of %d freed by %llu puts, at most %llu by one", scheme->name, (unsigned long long)freed, BOXES,
	     (unsigned long long)i, (unsigned long long)most);
	instar_thread_detach(thread);
	ok(world_close(&world) && freed == BOXES + (i < BOXES ? i : BOXES), "%s: each value was freed once", scheme->name);
}

/* ---- a thread ends in the middle of a part ---- */

static pthread_t leaver;

/* What is left of the home that it was at is lost. */
static void leave_halfway(void *value, void *ctx)
{
	count_free(value, ctx);
	if (freed == BOXES / 2 && pthread_equal(pthread_self(), leaver))
		pthread_exit(NULL);
}

static void *leaver_main(void *arg)
{
	const struct world *world = arg;
	instar_thread *thread;

	if (instar_thread_attach(world->domain, &thread) != INSTAR_OK)
		abort();
	leaver = pthread_self();
	for (;;) {
		instar_poll(thread, 1);
		look_again_later(thread);
	}
	return NULL;
}

static void others_go_on_with_a_part(const struct instar_scheme_info *scheme)
{
	struct world world;
	instar_thread *thread = clear_boxes(&world, scheme, leave_halfway);
	pthread_t started;

	instar_thread_offline(thread);
	if (pthread_create(&started, NULL, leaver_main, &world) != 0)
		abort();
	pthread_join(started, NULL);
	ok(instar_barrier(thread) == INSTAR_OK && freed >= BOXES - HOME_AT_MOST && freed <= BOXES,
	   "%s: what a thread that ended left of a table is freed", scheme->name);
	instar_thread_detach(thread);
	if (!world_close(&world))
		abort();
}

static void the_end_frees_all_parts(const struct instar_scheme_info *scheme)
{
	struct world world;

	instar_thread_detach(clear_boxes(&world, scheme, count_free));
	ok(world_close(&world) && freed == BOXES, "%s: the domain's end frees what a clear left", scheme->name);
}

static uint64_t retired(const struct world *world)
{
	struct instar_reclaim_stats stats;

	instar_domain_stats(world->domain, &stats);
	return stats.retired_objects;
}

/* The map's chain has left its table before: the snapshot is the last to have it. */
static void closing_is_enough(const struct instar_scheme_info *scheme)
{
	instar_snapshot *snapshot;
	instar_thread *thread;
	struct world world;
	uint64_t before;

	if (!world_open(&world, scheme, NULL, NULL) || instar_thread_attach(world.domain, &thread) != INSTAR_OK)
		abort();
	for (uint64_t key = 0; key < KEYS; key++)
		instar_insert(world.map, thread, key, key, NULL);
	if (instar_snapshot_open(world.map, thread, &snapshot) != INSTAR_OK)
		abort();
	while (instar_maintain(world.map, thread, 1000) == INSTAR_BUSY)
		;
	before = retired(&world);
	instar_snapshot_close(snapshot, thread);
	ok(retired(&world) == before + 1, "%s: a snapshot that is closed retires its table", scheme->name);
	instar_thread_detach(thread);
	if (!world_close(&world))
		abort();
}

static void pages_go_in_parts(void)
{
	struct instar_map_opts opts = INSTAR_MAP_OPTS_INIT;
	size_t most = 0, all = 0, before, now;
	instar_domain *domain;
	instar_thread *thread;
	instar_map *map;

	opts.capacity = SPACIOUS;
	opts.flags = INSTAR_MAP_PREFAULT | INSTAR_MAP_SMALL_PAGES;
	if (instar_domain_create(&domain, "ebr-fence", NULL) || instar_thread_attach(domain, &thread) ||
	    instar_map_create(&map, domain, &opts) || instar_clear(map, thread))
		abort();
	before = resident();
	for (uint64_t i = 0; i < PUTS_OF_PARTS && before; i++, before = now) {
		instar_put(map, thread, 1, i, NULL);
		now = resident();
		if (now > before)
			continue;
		all += before - now;
		most = before - now > most ? before - now : most;
	}
	if (before)
		ok(all > SPACIOUS_BYTES / 2 && most <= all / 4,
		   "a table's pages go in parts: %zu KiB, at most %zu by one put", all >> 10, most >> 10);
	else
		skip(1, "nobody tells what is resident");
	instar_map_destroy(map);
	instar_thread_detach(thread);
	instar_domain_destroy(domain);
}

static void run(const struct instar_scheme_info *scheme, void *arg)
{
	bool frees = strcmp(scheme->name, "leak") != 0;

	(void)arg;
	closing_is_enough(scheme);
	if (frees) {
		puts_are_enough(scheme, false);
		puts_are_enough(scheme, true);
	}
	if (!scheme->section_protects_all) /* they refuse to clear boxed maps */
		return;
	if (frees) {
		a_clear_is_paid_in_parts(scheme);
		others_go_on_with_a_part(scheme);
	}
	the_end_frees_all_parts(scheme);
}

int main(void)
{
	each_scheme(run, NULL);
	pages_go_in_parts();
	return done_testing();
}
