/*
 * tests/conc/reclaim_idle.c - garbage of threads that do nothing about it, asleep or gone, is freed by the others,
 * under every scheme; and the scheme that loses it is caught.
 */
#include "tests/support/actor.h"
#include "tests/support/cargo.h"
#include "tests/support/schemes.h"
#include "tests/support/tap.h"

enum { OBJECTS = 1000, AT_ONCE = 8, PATIENCE_NS = 5000000 };

/* ---- barrier covers what every thread retired ---- */

static void job_retire(struct actor *a, void *arg)
{
	cargo_retire_all(a->self, arg, OBJECTS);
}

/* One thread sleeps attached, one has left. */
static bool barrier_covers_all(const struct reclaim_scheme *scheme)
{
	instar_domain *domain = open_domain(scheme, NULL);
	struct cargo *cargo = cargo_new(2 * OBJECTS);
	instar_thread *t = join_domain(domain);
	struct actor sleeper, leaver;
	bool kept;

	actor_start(&sleeper, domain);
	actor_start(&leaver, domain);
	actor_do(&sleeper, job_retire, cargo);
	actor_do(&leaver, job_retire, cargo + OBJECTS);
	actor_stop(&leaver);
	kept = instar_barrier(t) == INSTAR_OK;
	kept &= cargo_count(cargo, 2 * OBJECTS, frees(scheme)) == 2 * OBJECTS;
	actor_stop(&sleeper);
	close_domain(domain, t);
	kept &= cargo_count(cargo, 2 * OBJECTS, 1) == 2 * OBJECTS;
	free(cargo);
	return kept;
}

static void job_barrier(struct actor *a, void *status)
{
	*(enum instar_status *)status = instar_barrier_until(a->self, &(struct instar_deadline){ PATIENCE_NS, NULL });
}

/* In the queue of another, which may come before or after that of who waits. */
static void barrier_waits_for_the_held(const struct reclaim_scheme *scheme)
{
	instar_domain *domain = open_domain(scheme, NULL);
	enum instar_status status[2] = { INSTAR_OK, INSTAR_OK };
	struct cargo *cargo = cargo_new(OBJECTS);
	struct actor waiters[2], idle, reader;
	void *found = cargo;

	actor_start(&waiters[0], domain);
	actor_start(&idle, domain);
	actor_start(&reader, domain);
	actor_start(&waiters[1], domain);
	actor_do(&reader, actor_enter, &found);
	actor_do(&idle, job_retire, cargo);
	for (unsigned i = 0; i < 2; i++)
		actor_do(&waiters[i], job_barrier, &status[i]);
	ok(status[0] == INSTAR_TIMEOUT && status[1] == INSTAR_TIMEOUT && cargo_intact(cargo),
	   "%s: barrier waits for what is held, in whosever queue", scheme->info.name);
	actor_do(&reader, actor_leave, NULL);
	actor_stop(&waiters[0]);
	actor_stop(&waiters[1]);
	actor_stop(&idle);
	actor_stop(&reader);
	instar_domain_destroy(domain);
	free(cargo);
}

/* Where grace periods are made by a library's worker, or when threads have answered signals: lets some go by. */
static void let_pass(instar_thread *t)
{
	if (!t->domain->scheme->wait)
		return;
	instar_synchronize(t);
	wait_for_answers(t);
}

/* Nobody waits for anything, but somebody goes on working: what one of those who left has left is taken up, in no more
 * visits than that takes. */
static void garbage_is_taken_up(const struct reclaim_scheme *scheme)
{
	instar_domain *domain = open_domain(scheme, NULL);
	struct cargo *left = cargo_new(OBJECTS), *own = cargo_new(40 * OBJECTS);
	instar_thread *t = join_domain(domain);
	struct actor leavers[AT_ONCE];

	for (unsigned i = 0; i < AT_ONCE; i++)
		actor_start(&leavers[i], domain);
	actor_do(&leavers[0], job_retire, left);
	for (unsigned i = 0; i < AT_ONCE; i++)
		actor_stop(&leavers[i]);
	for (unsigned i = 0; i < 40 * OBJECTS; i++) {
		instar_thread_quiescent(t);
		cargo_retire(t, &own[i]);
		if (i % OBJECTS == 0)
			let_pass(t);
	}
	ok(cargo_count(left, OBJECTS, frees(scheme)) == OBJECTS,
	   "%s: garbage of a thread that left is taken up by one that retires", scheme->info.name);
	close_domain(domain, t);
	free(left);
	free(own);
}

/* ---- more garbage than is wanted, in the queue of a thread that does nothing ---- */

static void idle_thread_has_it(const struct reclaim_scheme *scheme)
{
	struct instar_domain_opts opts = INSTAR_DOMAIN_OPTS_INIT;
	struct cargo *cargo = cargo_new(OBJECTS);
	struct instar_reclaim_stats stats;
	struct actor idle, reader;
	instar_domain *domain;
	void *found = cargo;
	instar_thread *t;

	opts.max_pending_bytes = OBJECTS / 10 * CARGO_BYTES;
	domain = open_domain(scheme, &opts);
	t = join_domain(domain);
	actor_start(&idle, domain);
	actor_start(&reader, domain);
	instar_thread_offline(t);
	actor_do(&reader, actor_enter, &found); /* so that the idle thread could not free it */
	actor_do(&idle, job_retire, cargo);
	actor_do(&reader, actor_leave, NULL);
	for (unsigned i = 0; i < 4 * OBJECTS; i++) {
		instar_retire(t, cargo, 0, destroy_nothing, NULL);
		if (i % OBJECTS == 0)
			let_pass(t);
	}
	instar_domain_stats(domain, &stats);
	ok(stats.pending_bytes <= opts.max_pending_bytes, "%s: under pressure garbage of an idle thread is freed, too",
	   scheme->info.name);
	actor_stop(&idle);
	actor_stop(&reader);
	close_domain(domain, t);
	free(cargo);
}

/* ---- a table, in the queue of a thread that does nothing ---- */

static void job_retire_table(struct actor *a, void *cargo)
{
	if (!reclaim_reserve(a->self, 1))
		abort();
	reclaim_retire_reserved(a->self, cargo, 0, CARGO_BYTES, RECLAIM_TABLE, cargo_destroy, NULL);
}

/* Tables are large: they wait for no limit, nor for their thread. */
static void idle_thread_has_a_table(const struct reclaim_scheme *scheme)
{
	instar_domain *domain = open_domain(scheme, NULL);
	instar_thread *t = join_domain(domain);
	struct cargo *cargo = cargo_new(1);
	struct actor idle;

	actor_start(&idle, domain);
	actor_do(&idle, job_retire_table, cargo);
	for (unsigned i = 0; i < 20 * OBJECTS; i++) {
		instar_thread_quiescent(t);
		instar_retire(t, cargo, 0, destroy_nothing, NULL);
		if (i % OBJECTS == 0)
			let_pass(t);
	}
	ok(cargo_destroyed(cargo) == 1, "%s: a table of an idle thread is freed by one that retires",
	   scheme->info.name);
	actor_stop(&idle);
	close_domain(domain, t);
	free(cargo);
}

/* ---- */

static void test_scheme(const struct reclaim_scheme *scheme)
{
	ok(barrier_covers_all(scheme), "%s: barrier covers threads asleep and threads gone", scheme->info.name);
	if (frees(scheme)) {
		barrier_waits_for_the_held(scheme);
		garbage_is_taken_up(scheme);
		idle_thread_has_it(scheme);
		idle_thread_has_a_table(scheme);
	}
}

int main(void)
{
	each_table(test_scheme);
	ok(!barrier_covers_all(&reclaim_scheme_loses), "a scheme that loses a leaving thread's garbage is caught");
	return done_testing();
}
