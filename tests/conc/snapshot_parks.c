/*
 * tests/conc/snapshot_parks.c - what happens between the two halves of parking a value, and of opening and closing a
 * snapshot: it is done there and then, by the hook or the allocator, through a handle of its own.
 */
#include "src/state.h"
#include "src/step.h"
#include "tests/support/actor.h"
#include "tests/support/cargo.h"
#include "tests/support/injector.h"
#include "tests/support/tap.h"
#include "tests/support/world.h"

enum { KEY = 7 };

static struct {
	instar_map *map;
	instar_snapshot *older, *newer;
	struct injector injector;
	void *(*pages)(size_t size, size_t alignment, void *ctx);
	void (*freeing)(void *memory, size_t size, size_t alignment, void *ctx);
	bool refusing, closing;
	unsigned freed;
	int value;
} test;

static void value_free(void *value, void *ctx)
{
	(void)ctx;
	test.freed += value == &test.value;
}

static void close_at_parking(unsigned step)
{
	if (step != STEP_PARKING || !test.older)
		return;
	instar_snapshot_close(test.older, NULL);
	test.older = NULL;
}

static void change_at_closing(unsigned step)
{
	if (step != STEP_CLOSING || test.newer)
		return;
	if (instar_snapshot_open(test.map, NULL, &test.newer) != INSTAR_OK ||
	    instar_remove(test.map, NULL, KEY, NULL) != INSTAR_OK)
		bail_out("no snapshot, or no key to remove");
}

/* While the snapshot that is being opened counts as open; then there are none. */
static void *remove_and_refuse(size_t size, size_t alignment, void *ctx)
{
	if (!test.refusing)
		return test.pages(size, alignment, ctx);
	test.refusing = false;
	if (instar_remove(test.map, NULL, KEY, NULL) != INSTAR_OK)
		bail_out("no key to remove");
	return NULL;
}

/* While the call that retires what the snapshot before showed has taken the list. */
static void close_at_a_node(void *memory, size_t size, size_t alignment, void *ctx)
{
	if (test.closing && size == sizeof(struct parked)) {
		test.closing = false;
		instar_snapshot_close(test.newer, NULL);
	}
	test.freeing(memory, size, alignment, ctx);
}

static bool store(instar_thread *thread)
{
	return instar_put(test.map, thread, KEY, (uint64_t)(uintptr_t)&test.value, NULL) == INSTAR_OK;
}

/* Opens a snapshot that shows the value, and displaces that. */
static void show(instar_thread *thread, instar_snapshot **snapshot)
{
	if (!store(thread) || instar_snapshot_open(test.map, thread, snapshot) != INSTAR_OK ||
	    instar_remove(test.map, thread, KEY, NULL) != INSTAR_OK)
		bail_out("no snapshot");
}

/* The last close comes while the one before has taken the list, in which what the last one showed stands behind: the
 * first of all has turned it round. */
static void two_closes_strand_nothing(const struct instar_scheme_info *scheme, instar_thread *thread)
{
	instar_snapshot *first;
	unsigned freed = test.freed, stays;

	if (instar_snapshot_open(test.map, thread, &first) != INSTAR_OK)
		bail_out("%s: no snapshot", scheme->name);
	show(thread, &test.older);
	show(thread, &test.newer);
	instar_snapshot_close(first, thread);
	test.closing = true;
	instar_snapshot_close(test.older, thread);
	stays = test.map->parked != NULL;
	test.older = test.newer = NULL;
	ok(!test.closing && !stays && instar_barrier(thread) == INSTAR_OK &&
	   test.freed == freed + (strcmp(scheme->name, "leak") ? 2 : 0),
	   "%s: of two closes at once one frees what the last one kept", scheme->name);
}

/* The shared handle cannot retire.  The first two tables go with maintain, the third stays as long as the map. */
static void leftovers_go(const struct instar_scheme_info *scheme, instar_thread *thread)
{
	instar_thread *shared = test.map->domain->shared;
	bool kept;

	if (instar_snapshot_open(test.map, thread, &test.older) != INSTAR_OK ||
	    instar_snapshot_open(test.map, thread, &test.newer) != INSTAR_OK)
		bail_out("%s: no snapshot", scheme->name);
	instar_snapshot_close(test.older, shared);
	instar_snapshot_close(test.newer, shared);
	kept = test.map->abandoned && test.map->abandoned->next_abandoned;
	ok(kept && instar_maintain(test.map, thread, 1) <= INSTAR_BUSY && !test.map->abandoned,
	   "%s: the tables of snapshots that could not be retired go with maintain", scheme->name);
	if (scheme->section_protects_all) {
		if (!store(thread) || instar_snapshot_open(test.map, thread, &test.older) != INSTAR_OK)
			bail_out("%s: no snapshot", scheme->name);
		kept = instar_clear(test.map, thread) == INSTAR_OK;
		instar_snapshot_close(test.older, shared);
		ok(kept && test.map->parked && test.map->parked->is_table,
		   "%s: a cleared table that could not be retired waits", scheme->name);
	}
	test.older = test.newer = NULL;
}

/* ---- another swap comes first ---- */

static struct actor clearer;

static void job_clear(struct actor *a, void *status)
{
	*(enum instar_status *)status = instar_clear(test.map, a->self);
}

static void clear_before_the_swap(unsigned step)
{
	enum instar_status status;

	if (step != STEP_BEFORE_TABLE)
		return;
	instar_step_hook = NULL;
	actor_do(&clearer, job_clear, &status);
	if (status != INSTAR_OK)
		bail_out("no clear");
}

/* The table that an open call has lost to a clear is the call's to retire, and its queue has no room for that: under
 * leak it never has again. */
static void the_loser_retires(void)
{
	instar_snapshot *snapshot;
	instar_domain *domain;
	instar_thread *thread;
	size_t n = 1;

	injector_init(&test.injector);
	if (instar_domain_create(&domain, "leak", &test.injector.opts) || instar_map_create(&test.map, domain, NULL) ||
	    instar_thread_attach(domain, &thread) || instar_insert(test.map, thread, KEY, 1, NULL))
		bail_out("no map");
	actor_start(&clearer, domain);
	injector_refuse(&test.injector, INJECT_ALL);
	instar_enter(thread);
	while (instar_retire(thread, &test, 0, destroy_nothing, NULL) == INSTAR_OK)
		;
	instar_leave(thread);
	injector_refuse(&test.injector, 0);
	instar_step_hook = clear_before_the_swap;
	ok(instar_snapshot_open(test.map, thread, &snapshot) == INSTAR_OK && !instar_step_hook &&
	   instar_snapshot_count(snapshot, thread, &n) == INSTAR_OK && n == 0,
	   "a snapshot that a clear came before shows what is after it");
	instar_snapshot_close(snapshot, thread);
	actor_stop(&clearer);
	ok(instar_thread_detach(thread) == INSTAR_OK && instar_map_destroy(test.map) == INSTAR_OK &&
	   instar_domain_destroy(domain) == INSTAR_OK && injector_balanced(&test.injector),
	   "and the tables of both are given back");
}

static void run(const struct instar_scheme_info *scheme, void *arg)
{
	struct instar_map_opts opts = INSTAR_MAP_OPTS_INIT;
	struct world world;
	instar_thread *thread = NULL;
	uint64_t value = 0;
	bool leaks = !strcmp(scheme->name, "leak");

	(void)arg;
	opts.value_free = value_free;
	injector_init(&test.injector);
	test.pages = test.injector.allocator.map;
	test.injector.allocator.map = remove_and_refuse;
	test.freeing = test.injector.allocator.free;
	test.injector.allocator.free = close_at_a_node;
	if (!world_open(&world, scheme, &test.injector.opts, &opts) || instar_thread_attach(world.domain, &thread))
		bail_out("%s: no map", scheme->name);
	test.map = world.map;
	test.freed = 0;

	instar_step_hook = close_at_parking;
	ok(store(thread) && instar_snapshot_open(test.map, thread, &test.older) == INSTAR_OK &&
	   instar_remove(test.map, thread, KEY, NULL) == INSTAR_OK && !test.older &&
	   instar_barrier(thread) == INSTAR_OK && test.freed == !leaks,
	   "%s: parked after the last close, freed all the same", scheme->name);

	instar_step_hook = NULL;
	test.freed = 0;
	if (!store(thread) || instar_snapshot_open(test.map, thread, &test.older) != INSTAR_OK)
		bail_out("%s: no snapshot", scheme->name);
	instar_step_hook = change_at_closing;
	instar_snapshot_close(test.older, thread);
	instar_step_hook = NULL;
	ok(instar_barrier(thread) == INSTAR_OK && !test.freed &&
	   instar_snapshot_get(test.newer, thread, KEY, &value) == INSTAR_OK &&
	   value == (uint64_t)(uintptr_t)&test.value,
	   "%s: a close leaves what a snapshot shows that was opened meanwhile", scheme->name);
	instar_snapshot_close(test.newer, thread);
	ok(instar_barrier(thread) == INSTAR_OK && test.freed == !leaks, "%s: and its own close does not", scheme->name);
	test.newer = test.older = NULL;

	if (!store(thread))
		bail_out("%s: no memory", scheme->name);
	test.refusing = true;
	ok(instar_snapshot_open(test.map, thread, &test.older) == INSTAR_NOMEM && !test.older && !test.refusing &&
	   instar_barrier(thread) == INSTAR_OK && test.freed == (leaks ? 0 : 2),
	   "%s: what was parked for a snapshot that could not be opened is freed", scheme->name);

	two_closes_strand_nothing(scheme, thread);
	leftovers_go(scheme, thread);
	ok(instar_thread_detach(thread) == INSTAR_OK && world_close(&world) && !test.injector.live &&
	   test.freed == 4u + leaks + scheme->section_protects_all, "%s: freed as often as it was given", scheme->name);
}

int main(void)
{
	each_scheme(run, NULL);
	the_loser_retires();
	return done_testing();
}
