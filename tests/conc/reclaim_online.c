/*
 * tests/conc/reclaim_online.c - who is online holds back what others retire, and who is offline does not, also where it
 * is not expected: under every scheme with quiescent states.
 */
#include "tests/support/actor.h"
#include "tests/support/cargo.h"
#include "tests/support/schemes.h"
#include "tests/support/tap.h"

enum { PATIENCE = 20, POLLS = 40 };

struct kept {
	instar_thread *t;
	uint64_t patience; /* ns */
	enum instar_status status;
	unsigned freed;
};

static void note_freed(void *object, void *context)
{
	struct kept *kept = context;

	(void)object;
	kept->freed++;
}

static void retire_and_see(struct actor *a, void *arg)
{
	struct kept *kept = arg;

	instar_retire(a->self, kept, 1, note_freed, kept);
	kept->status = instar_barrier_until(a->self, &(struct instar_deadline){ kept->patience, NULL });
}

static void be_quiescent_and_gone(void *object, void *context)
{
	struct kept *kept = context;

	(void)object;
	kept->freed++;
	instar_thread_quiescent(kept->t);
	instar_thread_offline(kept->t);
}

/* Its destructor runs while the thread is online. */
static bool dies_in_a_poll(struct kept *kept)
{
	kept->freed = 0;
	instar_retire(kept->t, kept, 1, be_quiescent_and_gone, kept);
	for (unsigned i = 0; i < POLLS && !kept->freed; i++) {
		instar_thread_quiescent(kept->t);
		instar_poll(kept->t, SIZE_MAX);
		nanosleep(&(struct timespec){ 0, 1000000 }, NULL);
	}
	return kept->freed;
}

/* What another retires stays for as long as t is online, and announces nothing. */
static bool stays_online(struct actor *other, struct kept *kept)
{
	bool kept_it, freed_it;

	kept->freed = 0;
	kept->patience = 20000000;
	actor_do(other, retire_and_see, kept);
	kept_it = kept->status == INSTAR_TIMEOUT && !kept->freed;
	instar_thread_offline(kept->t);
	kept->patience = 20000000000;
	actor_do(other, retire_and_see, kept);
	freed_it = kept->status == INSTAR_OK && kept->freed == 2;
	instar_thread_online(kept->t);
	return kept_it && freed_it;
}

/* Of its barrier, which what another holds keeps from ending. */
static bool gives_up(struct actor *other, struct kept *kept, const struct instar_deadline *deadline, enum instar_status how)
{
	bool gave_up;

	actor_do(other, actor_enter, NULL);
	instar_retire(kept->t, kept, 1, destroy_nothing, NULL);
	gave_up = instar_barrier_until(kept->t, deadline) == how;
	actor_do(other, actor_leave, NULL);
	return gave_up;
}

static bool holds_nothing(struct actor *other, struct kept *kept)
{
	kept->patience = (uint64_t)PATIENCE * 1000000000;
	actor_do(other, retire_and_see, kept);
	return kept->status == INSTAR_OK && kept->freed == 1;
}

static void on_and_offline(const struct reclaim_scheme *scheme)
{
	instar_domain *domain = open_domain(scheme, NULL);
	struct actor other;
	struct kept kept;
	bool cancelled = true;
	instar_thread *again;

	actor_start(&other, domain);
	if (instar_thread_self(domain, &kept.t))
		bail_out("no handle");
	instar_enter(kept.t);
	again = join_domain(domain);
	instar_leave(kept.t);
	ok(again == kept.t && stays_online(&other, &kept), "%s: attached amid a section, and online after it",
	   scheme->info.name);
	ok(instar_synchronize(kept.t) == INSTAR_OK && stays_online(&other, &kept) &&
	   instar_barrier(kept.t) == INSTAR_OK && stays_online(&other, &kept), "%s: online after it has waited, too",
	   scheme->info.name);
	ok(gives_up(&other, &kept, &(struct instar_deadline){ 1000000, NULL }, INSTAR_TIMEOUT) && stays_online(&other, &kept) &&
	   gives_up(&other, &kept, &(struct instar_deadline){ 0, &cancelled }, INSTAR_CANCELLED) &&
	   stays_online(&other, &kept), "%s: and after it has given up waiting", scheme->info.name);
	ok(dies_in_a_poll(&kept) && stays_online(&other, &kept), "%s: no destructor says where its thread is", scheme->info.name);
	kept.freed = 0;
	ok(instar_thread_detach(again) == INSTAR_OK && holds_nothing(&other, &kept),
	   "%s: offline when it is detached, and its handle stays", scheme->info.name);
	actor_stop(&other);
	instar_domain_destroy(domain);
}

static void job_online(struct actor *a, void *arg)
{
	(void)arg;
	instar_thread_online(a->self);
}

/* The next gets its handle. */
static void ends_online(const struct reclaim_scheme *scheme)
{
	instar_domain *domain = open_domain(scheme, NULL);
	struct actor other, leaver;
	struct kept kept;

	actor_start(&other, domain);
	actor_start(&leaver, domain);
	actor_do(&leaver, job_online, NULL);
	actor_stop(&leaver);
	kept.t = join_domain(domain);
	ok(kept.t == leaver.self && stays_online(&other, &kept),
	   "%s: attached after a thread that ended online, and online", scheme->info.name);
	actor_stop(&other);
	close_domain(domain, kept.t);
}

static void job_retire_one(struct actor *a, void *cargo)
{
	cargo_retire(a->self, cargo);
}

static void job_poll(struct actor *a, void *arg)
{
	(void)arg;
	instar_poll(a->self, SIZE_MAX);
}

/* Where all domains have one registry, what a thread says in one of them counts in its section of another. */
static void sections_of_two_domains(const struct reclaim_scheme *scheme)
{
	instar_domain *domain = open_domain(scheme, NULL), *second = open_domain(scheme, NULL);
	instar_thread *t = join_domain(domain), *t_second = join_domain(second);
	struct cargo *cargo = cargo_new(1);
	struct actor other;
	bool kept;

	actor_start(&other, domain);
	instar_enter(t);
	actor_do(&other, job_retire_one, cargo);
	for (unsigned i = 0; i < POLLS; i++) {
		instar_thread_quiescent(t_second);
		actor_do(&other, job_poll, NULL);
		nanosleep(&(struct timespec){ 0, 1000000 }, NULL);
	}
	kept = cargo_intact(cargo);
	instar_leave(t);
	instar_thread_offline(t);
	instar_thread_offline(t_second);
	ok(kept && instar_barrier(t) == INSTAR_OK && !cargo_intact(cargo),
	   "%s: a quiescent state in one domain is none in a section of another", scheme->info.name);
	actor_stop(&other);
	close_domain(second, t_second);
	close_domain(domain, t);
	free(cargo);
}

/* ---- */

static void test_scheme(const struct reclaim_scheme *scheme)
{
	if (!scheme->quiescent)
		return;
	on_and_offline(scheme);
	ends_online(scheme);
	sections_of_two_domains(scheme);
}

int main(void)
{
	each_table(test_scheme);
	return done_testing();
}
