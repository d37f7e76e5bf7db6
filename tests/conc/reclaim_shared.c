/*
 * tests/conc/reclaim_shared.c - threads that cannot attach, for lack of memory, have a handle in common, under every
 * scheme: its sections protect, it retires, and nothing waits for ever for who has gone.
 */
#include <sched.h>
#include <unistd.h>

#include "tests/support/actor.h"
#include "tests/support/cargo.h"
#include "tests/support/injector.h"
#include "tests/support/schemes.h"
#include "tests/support/tap.h"
#include "tests/support/threads.h"

enum { BARE_THREADS = 3, BARE_POLLS = 5000, BARE_RETIREMENTS = 100000, PATIENCE = 60, POLLS = 20 };

/* ---- a thread that cannot attach ---- */

struct bare {
	bool shared;
	enum instar_status status;
	struct cargo *cargo;
};

static void job_bare_enter(struct actor *a, void *arg)
{
	struct bare *bare = arg;
	instar_thread *t = reclaim_self(a->domain);

	bare->shared = t->is_shared;
	instar_enter(t);
	bare->status = cargo_retire(t, bare->cargo);
}

static void job_bare_leave(struct actor *a, void *arg)
{
	struct bare *bare = arg;
	instar_thread *t;

	bare->status = instar_thread_attach(a->domain, &t);
	t = reclaim_self(a->domain);
	bare->shared = t->is_shared;
	instar_leave(t);
}

static void job_bare_retire(struct actor *a, void *arg)
{
	struct bare *bare = arg;
	instar_thread *t = reclaim_self(a->domain);

	bare->shared = t->is_shared;
	bare->status = cargo_retire(t, bare->cargo);
}

/* Its section is protected by the shared handle, and ends by it although there is memory again. */
static void shared_readers(const struct reclaim_scheme *scheme)
{
	const char *name = scheme->info.name;
	struct cargo *cargo = cargo_new(3);
	struct bare bare = { .cargo = &cargo[1] };
	struct injector injector;
	instar_thread *t = join_rationed(scheme, &injector);
	instar_domain *domain = t->domain;
	struct actor actor;

	actor_start_bare(&actor, domain);
	cargo_retire(t, &cargo[0]);
	instar_thread_offline(t);
	instar_barrier(t);
	injector_refuse(&injector, INJECT_ALL);

	actor_do(&actor, job_bare_retire, &bare);
	ok(bare.shared && (bare.status == INSTAR_NOMEM ? !cargo_destroyed(&cargo[1]) : cargo_destroyed(&cargo[1]) == 1),
	   "%s: no handle to be had: retire waits and destroys, or refuses (%s)", name,
	   instar_status_name(bare.status));
	bare.cargo = &cargo[2];
	actor_do(&actor, job_bare_enter, &bare);
	ok(bare.shared && bare.status == INSTAR_NOMEM && cargo_intact(&cargo[2]),
	   "%s: in a section it refuses", name);
	injector_refuse(&injector, 0);
	ok(cargo_retire(t, &cargo[2]) == INSTAR_OK, "%s: another thread retires", name);
	try_hard(t);
	ok(cargo_intact(&cargo[2]), "%s: a section without a handle protects", name);
	actor_do(&actor, job_bare_leave, &bare);
	ok(bare.shared && bare.status == INSTAR_NOMEM && instar_barrier(t) == INSTAR_OK &&
	   cargo_destroyed(&cargo[2]) == frees(scheme), "%s: and ends as it began", name);
	cargo[1] = cargo[0];
	cargo[1].destroyed = 0;
	bare.cargo = &cargo[1];
	actor_do(&actor, job_bare_retire, &bare);
	ok(!bare.shared && bare.status == INSTAR_OK, "%s: then the thread gets a handle", name);
	actor_stop(&actor);
	instar_thread_detach(t);
	ok(instar_domain_destroy(domain) == INSTAR_OK && cargo_count(cargo, 3, 1) == 3 && injector_balanced(&injector),
	   "%s: nothing is left over", name);
	free(cargo);
}

/* A thread ends in a section of the shared handle. */
static void exit_in_a_section(const struct reclaim_scheme *scheme)
{
	const char *name = scheme->info.name;
	struct cargo *cargo = cargo_new(2);
	struct bare bare = { .cargo = &cargo[0] };
	struct injector injector;
	instar_thread *t = join_rationed(scheme, &injector);
	instar_domain *domain = t->domain;
	struct actor actor;

	actor_start_bare(&actor, domain);
	injector_refuse(&injector, INJECT_ALL);
	actor_do(&actor, job_bare_enter, &bare);
	injector_refuse(&injector, 0);
	cargo_retire(t, &cargo[1]);
	try_hard(t);
	ok(bare.shared && cargo_intact(&cargo[1]), "%s: a section without a handle", name);
	instar_thread_detach(t);
	if (!ok(instar_domain_destroy(domain) == INSTAR_BUSY, "%s: is in the way of its domain's end", name))
		bail_out("the domain is gone");
	t = join_domain(domain);
	actor_stop(&actor);
	ok(instar_barrier(t) == INSTAR_OK && cargo_destroyed(&cargo[1]) == frees(scheme),
	   "%s: ends at its thread's exit", name);
	instar_thread_detach(t);
	ok(instar_domain_destroy(domain) == INSTAR_OK, "%s: and is not in the way of its domain's end", name);
	free(cargo);
}

/* Other sections begin and end beside it, and are the last of those that a grace period waits for. */
static void shared_section_among_others(const struct reclaim_scheme *scheme)
{
	struct cargo *cargo = cargo_new(2);
	struct bare bare = { .cargo = &cargo[0] };
	struct injector injector;
	instar_thread *t = join_rationed(scheme, &injector);
	instar_domain *domain = t->domain;
	struct actor actor, other;
	bool kept = true;

	actor_start_bare(&actor, domain);
	actor_start(&other, domain);
	injector_refuse(&injector, INJECT_ALL);
	actor_do(&actor, job_bare_enter, &bare);
	injector_refuse(&injector, 0);
	cargo_retire(t, &cargo[1]);
	for (unsigned i = 0; i < POLLS; i++) {
		actor_do(&other, actor_enter, NULL);
		instar_thread_quiescent(t);
		instar_poll(t, 1);
		actor_do(&other, actor_leave, NULL);
		kept &= cargo_intact(&cargo[1]);
	}
	actor_stop(&actor);
	ok(kept && instar_barrier(t) == INSTAR_OK && cargo_destroyed(&cargo[1]) == frees(scheme),
	   "%s: a section without a handle protects while others end", scheme->info.name);
	actor_stop(&other);
	instar_thread_detach(t);
	instar_domain_destroy(domain);
	free(cargo);
}

/* ---- retire without memory, and who may have a reference ---- */

struct watched {
	instar_domain *domain;
	struct cargo *cargo;
	enum instar_status status;
};

static void *retire_without_a_handle(void *context)
{
	struct watched *watched = context;

	watched->status = cargo_retire(reclaim_self(watched->domain), watched->cargo);
	return NULL;
}

static uint64_t tried(const instar_domain *domain)
{
	return __atomic_load_n(&domain->counters.advances_tried, __ATOMIC_RELAXED);
}

/* It has tried so often that it would have freed by now, if it did not see the reader. */
static void waits_for_references(const struct reclaim_scheme *scheme)
{
	struct cargo *cargo = cargo_new(1);
	struct injector injector;
	instar_thread *t = join_rationed(scheme, &injector);
	struct watched watched = { t->domain, cargo, INSTAR_INVAL };
	void *found = cargo;
	struct actor reader;
	pthread_t retirer;
	uint64_t before;
	bool kept;

	actor_start(&reader, t->domain);
	actor_do(&reader, actor_enter, &found);
	instar_thread_offline(t);
	injector_refuse(&injector, INJECT_ALL);
	before = tried(t->domain);
	if (pthread_create(&retirer, NULL, retire_without_a_handle, &watched))
		bail_out("no thread");
	while (tried(t->domain) < before + POLLS && cargo_intact(cargo))
		sched_yield();
	kept = cargo_intact(cargo);
	actor_do(&reader, actor_leave, NULL);
	pthread_join(retirer, NULL);
	ok(kept && watched.status == INSTAR_OK && cargo_destroyed(cargo) == 1,
	   "%s: no handle to be had: retire waits for who refers to it", scheme->info.name);
	injector_refuse(&injector, 0);
	actor_stop(&reader);
	instar_thread_detach(t);
	instar_domain_destroy(watched.domain);
	free(cargo);
}

/* ---- several threads that cannot attach ---- */

static void poll_without_a_handle(unsigned index, void *domain)
{
	(void)index;
	for (unsigned i = 0; i < BARE_POLLS; i++) {
		instar_thread *t = reclaim_self(domain);

		instar_enter(t);
		instar_leave(t);
		instar_poll(t, 1);
	}
}

/* The shared handle is that of several threads at once, also where it advances. */
static void many_without_a_handle(const struct reclaim_scheme *scheme)
{
	struct cargo *cargo = cargo_new(1);
	struct injector injector;
	instar_thread *t = join_rationed(scheme, &injector);
	instar_domain *domain = t->domain;

	alarm(PATIENCE);
	injector_refuse(&injector, INJECT_ALL);
	run_threads(BARE_THREADS, poll_without_a_handle, domain);
	injector_refuse(&injector, 0);
	cargo_retire(t, cargo);
	ok(instar_barrier(t) == INSTAR_OK && cargo_destroyed(cargo) == frees(scheme),
	   "%s: %u threads without a handle poll, and grace periods go on", scheme->info.name, BARE_THREADS);
	alarm(0);
	instar_thread_detach(t);
	instar_domain_destroy(domain);
	free(cargo);
}

struct counted {
	instar_domain *domain;
	uint64_t retired[BARE_THREADS];
};

static void retire_many_without_a_handle(unsigned index, void *arg)
{
	struct counted *counted = arg;

	for (unsigned i = 0; i < BARE_RETIREMENTS; i++) {
		instar_thread *t = reclaim_self(counted->domain);

		counted->retired[index] += instar_retire(t, counted, 1, destroy_nothing, NULL) == INSTAR_OK;
	}
}

/* It counts for all of them, whatever the scheme. */
static void counts_of_many(void)
{
	bool known;
	const struct reclaim_scheme *scheme = reclaim_find("ebr-fence", &known);
	struct instar_reclaim_stats stats;
	struct counted counted = { 0 };
	struct injector injector;
	instar_thread *t = join_rationed(scheme, &injector);
	uint64_t retired = 0;

	counted.domain = t->domain;
	instar_thread_offline(t);
	injector_refuse(&injector, INJECT_ALL);
	run_threads(BARE_THREADS, retire_many_without_a_handle, &counted);
	injector_refuse(&injector, 0);
	for (unsigned i = 0; i < BARE_THREADS; i++)
		retired += counted.retired[i];
	instar_domain_stats(t->domain, &stats);
	ok(retired && stats.retired_objects == retired && stats.freed_objects == retired && !stats.pending_bytes,
	   "%llu retirements without a handle, by %u threads, are counted", (unsigned long long)stats.retired_objects,
	   BARE_THREADS);
	close_domain(counted.domain, t);
}

/* ---- */

static void test_scheme(const struct reclaim_scheme *scheme)
{
	shared_readers(scheme);
	exit_in_a_section(scheme);
	shared_section_among_others(scheme);
	if (frees(scheme) && !scheme->wait)
		waits_for_references(scheme);
	many_without_a_handle(scheme);
}

int main(void)
{
	each_table(test_scheme);
	counts_of_many();
	return done_testing();
}
