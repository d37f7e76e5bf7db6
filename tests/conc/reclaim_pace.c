/*
 * tests/conc/reclaim_pace.c - how much is freed at a time, under every scheme that frees: little by little beside what
 * comes in, and all for whoever asks for all.
 */
#include "tests/support/cargo.h"
#include "tests/support/schemes.h"
#include "tests/support/tap.h"

enum { STEADY = 10000, BURST = 16, POLLS = 20 };

static uint64_t freed_objects(instar_domain *domain)
{
	struct instar_reclaim_stats stats;

	instar_domain_stats(domain, &stats);
	return stats.freed_objects;
}

/* Garbage of a long section is freed little by little once it has ended. */
static void no_bursts(const struct reclaim_scheme *scheme)
{
	instar_domain *domain = open_domain(scheme, NULL);
	struct cargo *cargo = cargo_new(2 * STEADY);
	instar_thread *t = join_domain(domain);
	uint64_t before = 0, most = 0;

	instar_enter(t);
	cargo_retire_all(t, cargo, STEADY);
	instar_leave(t);
	for (unsigned i = STEADY; i < 2 * STEADY; i++) {
		uint64_t after;

		instar_thread_quiescent(t);
		cargo_retire(t, &cargo[i]);
		after = freed_objects(domain);
		most = after - before > most ? after - before : most;
		before = after;
		if (scheme->wait && i % 1000 == 0)
			nanosleep(&(struct timespec){ 0, 20000000 }, NULL);
	}
	ok(most > 0 && most <= BURST, "%s: no call of retire frees more than a few objects (%llu)", scheme->info.name,
	   (unsigned long long)most);
	ok(before > STEADY, "%s: and yet more are freed than come in", scheme->info.name);
	instar_thread_detach(t);
	instar_domain_destroy(domain);
	free(cargo);
}

/* It is not by a retirement that a thread comes to free which retires in sections only, but by their end. */
static void in_sections_only(const struct reclaim_scheme *scheme)
{
	instar_domain *domain = open_domain(scheme, NULL);
	struct cargo *cargo = cargo_new(STEADY);
	instar_thread *t = join_domain(domain);

	for (unsigned i = 0; i < STEADY; i++) {
		instar_enter(t);
		cargo_retire(t, &cargo[i]);
		instar_leave(t);
		instar_thread_quiescent(t);
		if (scheme->wait && i % 1000 == 0) { /* else it is not the thread that sets the pace */
			instar_synchronize(t);
			wait_for_answers(t);
		}
	}
	ok(freed_objects(domain) > 0, "%s: who retires in sections only frees, too (%llu of %u)", scheme->info.name,
	   (unsigned long long)freed_objects(domain), STEADY);
	instar_thread_detach(t);
	instar_domain_destroy(domain);
	free(cargo);
}

/* Whoever asks for all to be freed gets it. */
static void as_many_as_wanted(const struct reclaim_scheme *scheme)
{
	instar_domain *domain = open_domain(scheme, NULL);
	struct cargo *cargo = cargo_new(STEADY);
	instar_thread *t = join_domain(domain);
	unsigned polls = 0;

	instar_enter(t);
	cargo_retire_all(t, cargo, STEADY);
	instar_leave(t);
	while (freed_objects(domain) < STEADY && polls++ < POLLS) {
		instar_thread_quiescent(t);
		instar_poll(t, SIZE_MAX);
		wait_for_answers(t);
	}
	ok(freed_objects(domain) == STEADY, "%s: a poll without a limit frees what it may", scheme->info.name);
	instar_thread_detach(t);
	instar_domain_destroy(domain);
	free(cargo);
}

/* ---- */

static void test_scheme(const struct reclaim_scheme *scheme)
{
	if (!frees(scheme))
		return;
	no_bursts(scheme);
	in_sections_only(scheme);
	if (!scheme->wait)
		as_many_as_wanted(scheme);
}

int main(void)
{
	each_table(test_scheme);
	return done_testing();
}
