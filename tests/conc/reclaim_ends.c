/*
 * tests/conc/reclaim_ends.c - threads that end in the middle of a destructor or of a call, as one that is cancelled
 * there, under every scheme: others go on with what they left.
 */
#include "tests/support/actor.h"
#include "tests/support/cargo.h"
#include "tests/support/schemes.h"
#include "tests/support/tap.h"

enum { OBJECTS = 1000, LEFT = 20, LEAVES_AT = LEFT / 2, PATIENCE = 20 };

/* ---- a thread that ends in a destructor ---- */

struct leaving {
	instar_domain *domain;
	struct cargo *cargo;
	pthread_t leaver;
};

static void leave_destroying(void *object, void *context)
{
	struct leaving *leaving = context;

	cargo_destroy(object, NULL);
	if (pthread_equal(pthread_self(), leaving->leaver))
		pthread_exit(NULL);
}

static void retire_to_leave(instar_thread *t, struct leaving *leaving)
{
	for (unsigned i = 0; i < LEFT; i++)
		if (instar_retire(t, &leaving->cargo[i], CARGO_BYTES,
				  i == LEAVES_AT ? leave_destroying : cargo_destroy, leaving))
			abort();
}

static void *leave_polling(void *arg)
{
	struct leaving *leaving = arg;
	instar_thread *t = join_domain(leaving->domain);

	leaving->leaver = pthread_self();
	instar_thread_offline(t);
	retire_to_leave(t, leaving);
	for (;;)
		try_hard(t);
	return NULL;
}

static void *leave_ending(void *arg)
{
	struct leaving *leaving = arg;

	leaving->leaver = pthread_self();
	instar_domain_destroy(leaving->domain);
	return NULL;
}

static void run_leaver(void *leaver_main(void *arg), struct leaving *leaving)
{
	pthread_t leaver;

	if (pthread_create(&leaver, NULL, leaver_main, leaving) != 0)
		bail_out("no thread");
	pthread_join(leaver, NULL);
}

/* The next thread gets its handle, and the queue. */
static void leaver_leaves_a_queue(const struct reclaim_scheme *scheme)
{
	const struct instar_deadline patience = { (uint64_t)PATIENCE * 1000000000, NULL };
	struct leaving leaving = { .domain = open_domain(scheme, NULL), .cargo = cargo_new(LEFT + OBJECTS) };
	struct instar_reclaim_stats stats;
	instar_thread *t;
	bool freed;

	run_leaver(leave_polling, &leaving);
	t = join_domain(leaving.domain);
	for (unsigned i = LEFT; i < LEFT + OBJECTS; i++)
		cargo_retire(t, &leaving.cargo[i]);
	freed = instar_barrier_until(t, &patience) == INSTAR_OK;
	instar_domain_stats(leaving.domain, &stats);
	ok(freed && !stats.pending_objects && cargo_count(leaving.cargo, LEFT + OBJECTS, 1) == LEFT + OBJECTS,
	   "%s: what a thread that ended in a destructor left is freed, and that object counts as destroyed",
	   scheme->info.name);
	close_domain(leaving.domain, t);
	free(leaving.cargo);
}

static void leaver_leaves_a_domain(const struct reclaim_scheme *scheme)
{
	struct leaving leaving = { .domain = open_domain(scheme, NULL), .cargo = cargo_new(LEFT) };
	instar_thread *t = join_domain(leaving.domain);

	retire_to_leave(t, &leaving);
	instar_thread_detach(t);
	run_leaver(leave_ending, &leaving);
	ok(instar_domain_destroy(leaving.domain) == INSTAR_OK && cargo_count(leaving.cargo, LEFT, 1) == LEFT,
	   "%s: a domain whose destroyer ended in a destructor can be destroyed", scheme->info.name);
	free(leaving.cargo);
}

/* ---- a thread that ends within a call ---- */

/* As one that is cancelled in a callback.  The next gets its handle, and has sections of its own. */
static void ends_within_a_call(const struct reclaim_scheme *scheme)
{
	const struct instar_deadline patience = { (uint64_t)PATIENCE * 1000000000, NULL };
	instar_domain *domain = open_domain(scheme, NULL);
	instar_thread *t = join_domain(domain), *left;
	struct cargo *cargo = cargo_new(1);
	struct actor actor;
	bool kept;

	actor_start(&actor, domain);
	left = actor.self;
	actor_do(&actor, actor_pin, NULL);
	actor_stop(&actor);
	actor_start(&actor, domain);
	actor_do(&actor, actor_pin, NULL);
	cargo_retire(t, cargo);
	try_hard(t);
	kept = cargo_intact(cargo);
	actor_do(&actor, actor_unpin, NULL);
	ok(actor.self == left && kept,
	   "%s: after a thread that ended within a call its handle's next owner is protected", scheme->info.name);
	ok(instar_barrier_until(t, &patience) == INSTAR_OK && cargo_destroyed(cargo) == frees(scheme),
	   "%s: and holds nothing back when it has left", scheme->info.name);
	actor_stop(&actor);
	close_domain(domain, t);
	free(cargo);
}

/* ---- */

static void test_scheme(const struct reclaim_scheme *scheme)
{
	if (frees(scheme))
		leaver_leaves_a_queue(scheme);
	leaver_leaves_a_domain(scheme);
	ends_within_a_call(scheme);
}

int main(void)
{
	each_table(test_scheme);
	return done_testing();
}
