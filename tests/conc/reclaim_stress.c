/*
 * tests/conc/reclaim_stress.c - readers and writers of shared slots, more threads than processors, under every
 * scheme: what a reader finds stays intact until it leaves, and everything replaced is freed once.
 *
 * Freed objects are given back to the allocator at once, so that the address sanitizer sees a late access; without
 * it, the canary that is overwritten first shows it, or the stamp of who got the memory next.
 */
#include <sched.h>

#include "tests/support/cargo.h"
#include "tests/support/rng.h"
#include "tests/support/sanitizer.h"
#include "tests/support/schemes.h"
#include "tests/support/tap.h"
#include "tests/support/threads.h"

enum { THREADS = 5, SLOTS = 4, ROUNDS = 15000, LOOKS = 4, YIELD_ONE_IN = 256, TRIES = 20 };

struct object {
	uint64_t canary, stamp;
};

struct test {
	instar_domain *domain;
	struct faults faults;
	uint64_t seed;
	struct object *slots[SLOTS]; /* atomic */
	uint64_t freed;              /* atomic */
};

static uint64_t canary_of(const struct object *o)
{
	return (uint64_t)(uintptr_t)o * 0x9e3779b97f4a7c15u ^ 0x5eed;
}

static struct object *object_new(uint64_t stamp)
{
	struct object *o = malloc(sizeof(*o));

	if (!o)
		abort();
	o->canary = canary_of(o);
	o->stamp = stamp;
	return o;
}

static void object_destroy(void *object, void *ctx)
{
	struct test *test = ctx;
	struct object *o = object;

	if (o->canary != canary_of(o))
		fault(&test->faults, "an object destroyed twice, or overwritten");
	o->canary = 0;
	free(o);
	__atomic_fetch_add(&test->freed, 1, __ATOMIC_RELAXED);
}

static void read_slots(struct test *test, instar_thread *t, struct rng *rng)
{
	struct object *seen[LOOKS];
	uint64_t stamps[LOOKS];

	instar_enter(t);
	for (unsigned i = 0; i < LOOKS; i++) {
		void *object;

		if (instar_protect(t, (void *const *)&test->slots[rng_below(rng, SLOTS)], &object) != INSTAR_OK)
			abort();
		seen[i] = object;
		stamps[i] = seen[i]->stamp;
	}
	if (rng_below(rng, YIELD_ONE_IN) == 0)
		sched_yield();
	for (unsigned i = 0; i < LOOKS; i++)
		if (seen[i]->canary != canary_of(seen[i]) || seen[i]->stamp != stamps[i])
			fault(&test->faults, "a reader in its section met a freed object");
	instar_leave(t);
}

/* Inside or outside a section, with one of the ways to have a handle. */
static void replace_slot(struct test *test, instar_thread *t, struct rng *rng)
{
	bool inside = rng_below(rng, 2);
	struct object *old;

	if (inside)
		instar_enter(t);
	old = __atomic_exchange_n(&test->slots[rng_below(rng, SLOTS)], object_new(rng_next(rng)), __ATOMIC_ACQ_REL);
	if (instar_retire(t, old, sizeof(*old), object_destroy, test) != INSTAR_OK)
		fault(&test->faults, "retire without memory");
	if (inside)
		instar_leave(t);
}

static void work(unsigned index, void *arg)
{
	struct test *test = arg;
	struct rng rng = rng_stream(test->seed, index);
	unsigned rounds = ROUNDS * test_scale();
	instar_thread *t;

	if ((index % 2 ? instar_thread_self(test->domain, &t) : instar_thread_attach(test->domain, &t)) != INSTAR_OK)
		abort();
	for (unsigned i = 0; i < rounds; i++) {
		if (rng_below(&rng, 4))
			read_slots(test, t, &rng);
		else
			replace_slot(test, t, &rng);
		instar_thread_quiescent(t);
		if (rng_below(&rng, 512) == 0)
			instar_poll(t, 16);
		if (rng_below(&rng, 4096) == 0 && instar_barrier(t) != INSTAR_OK)
			fault(&test->faults, "barrier");
	}
	instar_thread_offline(t);
}

static uint64_t seed;

static void begin_and_work(struct test *test, const struct reclaim_scheme *scheme)
{
	*test = (struct test){ .domain = open_domain(scheme, NULL), .seed = seed };
	for (unsigned i = 0; i < SLOTS; i++)
		test->slots[i] = object_new(i);
	run_threads(THREADS, work, test);
}

static void free_slots(struct test *test)
{
	for (unsigned i = 0; i < SLOTS; i++)
		free(test->slots[i]);
}

static void test_scheme(const struct reclaim_scheme *scheme)
{
	struct instar_reclaim_stats stats;
	struct test test;
	instar_thread *t;

	begin_and_work(&test, scheme);
	t = join_domain(test.domain);
	instar_barrier(t);
	instar_domain_stats(test.domain, &stats);
	ok(!test.faults.n, "%s: nothing is freed under a reader", scheme->info.name);
	ok(stats.freed_objects == test.freed && (!stats.pending_objects || !scheme->advance) &&
	   stats.threads == 1, "%s: %llu replaced, %llu freed", scheme->info.name,
	   (unsigned long long)stats.retired_objects, (unsigned long long)stats.freed_objects);
	instar_thread_detach(t);
	ok(instar_domain_destroy(test.domain) == INSTAR_OK && test.freed == stats.retired_objects,
	   "%s: in the end, all", scheme->info.name);
	free_slots(&test);
}

/* What frees at once is met by a reader, sooner or later. */
static void test_broken(void)
{
	struct test test;
	bool caught = false;

	for (unsigned i = 0; i < TRIES && !caught; i++) {
		begin_and_work(&test, &reclaim_scheme_broken);
		caught = test.faults.n != 0;
		instar_domain_destroy(test.domain);
		free_slots(&test);
	}
	ok(caught, "a scheme that frees at once is caught");
}

int main(void)
{
	seed = test_seed();
	each_table(test_scheme);
	if (SANITIZED)
		skip(1, "a sanitizer ends the program where the broken scheme is caught");
	else
		test_broken();
	return done_testing();
}
