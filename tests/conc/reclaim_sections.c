/*
 * tests/conc/reclaim_sections.c - what a section keeps, and for how long, under every scheme; and that the
 * same tests catch the schemes that break it.
 *
 * Each test of a promise answers whether the promise was kept, so that it can be asked of both.
 */
#include <unistd.h>

#include "reclaim/private.h"
#include "tests/support/actor.h"
#include "tests/support/cargo.h"
#include "tests/support/schemes.h"
#include "tests/support/tap.h"

enum { FILLERS = 2000, STALLED = 5000, ROUNDS = 10, HOLDERS = 40, ROBUST_OBJECTS = 2048, LIMIT_BYTES = 1000 * CARGO_BYTES };
enum { TOO_MANY = 1000, SECTIONS = 60, POLLS = 10, PACE = 500, PATIENCE = 60 };

static bool drained(instar_domain *domain)
{
	struct instar_reclaim_stats stats;

	instar_domain_stats(domain, &stats);
	return !stats.pending_objects && !stats.pending_bytes && stats.freed_objects == stats.retired_objects;
}

/* ---- nothing is freed while a section that could reach it is open ---- */

/* `depth` sections of the reader are left one by one; the object must stay until the last. */
static bool keeps_while_open(const struct reclaim_scheme *scheme, unsigned depth)
{
	instar_domain *domain = open_domain(scheme, NULL);
	instar_thread *t = join_domain(domain);
	struct cargo *cargo = cargo_new(1 + FILLERS);
	void *found = &cargo[0];
	struct actor reader;
	bool kept = true;

	actor_start(&reader, domain);
	for (unsigned i = 0; i < depth; i++)
		actor_do(&reader, actor_enter, i + 1 < depth ? NULL : &found);
	for (unsigned i = 0; i < 1 + FILLERS; i++) {
		instar_thread_quiescent(t);
		cargo_retire(t, &cargo[i]);
	}
	for (unsigned i = 0; i < depth; i++) {
		try_hard(t);
		kept &= cargo_intact(&cargo[0]);
		actor_do(&reader, i + 1 < depth ? actor_inner_leave : actor_leave, NULL);
	}
	kept &= instar_barrier(t) == INSTAR_OK;
	kept &= cargo_count(cargo, 1 + FILLERS, frees(scheme)) == 1 + FILLERS;
	actor_stop(&reader);
	close_domain(domain, t);
	kept &= cargo_count(cargo, 1 + FILLERS, 1) == 1 + FILLERS;
	free(cargo);
	return kept;
}

/* ---- one section of the map's within another, as in a signal handler ---- */

static void pinned_within_pinned(const struct reclaim_scheme *scheme)
{
	actor_job *const jobs[] = { actor_pin, actor_pin, actor_unpin };
	instar_domain *domain = open_domain(scheme, NULL);
	instar_thread *t = join_domain(domain);
	struct cargo *cargo = cargo_new(1);
	struct actor reader;
	bool kept = true;

	actor_start(&reader, domain);
	for (unsigned i = 0; i < sizeof(jobs) / sizeof(jobs[0]); i++) {
		actor_do(&reader, jobs[i], NULL);
		if (i == 0)
			cargo_retire(t, &cargo[0]);
		try_hard(t);
		kept &= cargo_intact(&cargo[0]);
	}
	actor_do(&reader, actor_unpin, NULL);
	ok(instar_barrier(t) == INSTAR_OK && kept && cargo_count(cargo, 1, frees(scheme)) == 1,
	   "%s: a section of the map's keeps what it found while others begin and end within it", scheme->info.name);
	actor_stop(&reader);
	close_domain(domain, t);
	free(cargo);
}

/* ---- a reader comes and goes ---- */

/* Each of its sections holds something back, and is let go of: none is waited for when it has ended. */
static void section_after_section(const struct reclaim_scheme *scheme)
{
	instar_domain *domain = open_domain(scheme, NULL);
	instar_thread *t = join_domain(domain);
	struct cargo *cargo = cargo_new(SECTIONS);
	struct actor reader;
	bool kept = true;

	actor_start(&reader, domain);
	for (unsigned i = 0; i < SECTIONS; i++) {
		void *found = &cargo[i];

		actor_do(&reader, actor_enter, &found);
		cargo_retire(t, &cargo[i]);
		for (unsigned n = 0; n <= i % POLLS; n++) {
			instar_thread_quiescent(t);
			instar_poll(t, SECTIONS);
		}
		kept &= cargo_intact(&cargo[i]);
		actor_do(&reader, actor_leave, NULL);
	}
	alarm(PATIENCE);
	ok(instar_barrier(t) == INSTAR_OK && kept && cargo_count(cargo, SECTIONS, frees(scheme)) == SECTIONS,
	   "%s: %u sections one after the other: each keeps, and is let go", scheme->info.name, SECTIONS);
	alarm(0);
	actor_stop(&reader);
	close_domain(domain, t);
	free(cargo);
}

/* ---- a stamp covers the sections that begin until the caller's own ends ---- */

static void job_stamp(struct actor *a, void *arg)
{
	*(uint64_t *)arg = a->domain->scheme->grace_now(a->self);
}

static bool stamp_covers_later_sections(const struct reclaim_scheme *scheme)
{
	instar_domain *domain = open_domain(scheme, NULL);
	instar_thread *t = join_domain(domain);
	struct actor caller, reader;
	uint64_t stamp;
	bool kept;

	actor_start(&caller, domain);
	actor_start(&reader, domain);
	instar_thread_offline(t);

	actor_do(&caller, actor_enter, NULL);
	actor_do(&caller, job_stamp, &stamp);
	try_hard(t);
	actor_do(&reader, actor_enter, NULL);
	actor_do(&caller, actor_leave, NULL);
	actor_do(&caller, actor_try_hard, NULL);
	kept = !scheme->grace_elapsed(t, stamp);
	actor_do(&reader, actor_leave, NULL);
	actor_stop(&reader);
	actor_stop(&caller);
	kept &= instar_synchronize(t) == INSTAR_OK && scheme->grace_elapsed(t, stamp);
	close_domain(domain, t);
	return kept;
}

/* ---- schemes with quiescent states ---- */

static void job_offline(struct actor *a, void *arg)
{
	(void)arg;
	instar_thread_offline(a->self);
}

static void job_enter_offline(struct actor *a, void *arg)
{
	instar_enter(a->self);
	actor_refer(a, arg);
}

static void job_quiescent(struct actor *a, void *arg)
{
	(void)arg;
	instar_thread_quiescent(a->self);
}

/* Online between sections holds back, if that is the scheme's way; offline never does. */
static void quiescent_states(const struct reclaim_scheme *scheme)
{
	instar_domain *domain = open_domain(scheme, NULL);
	instar_thread *t = join_domain(domain);
	struct cargo *cargo = cargo_new(3);
	void *first = &cargo[0], *last = &cargo[2];
	struct actor reader;

	actor_start(&reader, domain);
	actor_do(&reader, actor_enter, &first);
	cargo_retire(t, &cargo[0]);
	actor_do(&reader, actor_inner_leave, NULL);
	try_hard(t);
	ok(cargo_intact(&cargo[0]) == scheme->info.needs_quiescent || !frees(scheme),
	   "%s: after leave, only an announced quiescent state frees where one is needed", scheme->info.name);
	for (unsigned i = 0; i < 4; i++) {
		actor_do(&reader, job_quiescent, NULL);
		try_hard(t);
	}
	ok(cargo_destroyed(&cargo[0]) == frees(scheme), "%s: quiescent states free it", scheme->info.name);

	actor_do(&reader, job_offline, NULL);
	cargo_retire(t, &cargo[1]);
	ok(instar_barrier(t) == INSTAR_OK && cargo_destroyed(&cargo[1]) == frees(scheme),
	   "%s: an offline thread blocks nobody", scheme->info.name);
	actor_do(&reader, job_enter_offline, &last);
	cargo_retire(t, &cargo[2]);
	try_hard(t);
	ok(cargo_intact(&cargo[2]), "%s: its sections count all the same", scheme->info.name);
	actor_do(&reader, actor_inner_leave, NULL);
	ok(instar_barrier(t) == INSTAR_OK && cargo_destroyed(&cargo[2]) == frees(scheme),
	   "%s: and it is offline again after them", scheme->info.name);
	actor_stop(&reader);
	close_domain(domain, t);
	free(cargo);
}

/* Who says within a section that it holds nothing, or goes, says it too early. */
static void states_amid_a_section(const struct reclaim_scheme *scheme)
{
	actor_job *const jobs[] = { job_quiescent, job_quiescent, job_quiescent, job_offline };
	instar_domain *domain = open_domain(scheme, NULL);
	instar_thread *t = join_domain(domain);
	struct cargo *cargo = cargo_new(1);
	void *found = &cargo[0];
	struct actor reader;
	bool kept = true;

	actor_start(&reader, domain);
	actor_do(&reader, actor_enter, &found);
	cargo_retire(t, &cargo[0]);
	for (unsigned i = 0; i < sizeof(jobs) / sizeof(jobs[0]); i++) {
		actor_do(&reader, jobs[i], NULL);
		try_hard(t);
		kept &= cargo_intact(&cargo[0]);
	}
	actor_do(&reader, actor_leave, NULL);
	ok(instar_barrier(t) == INSTAR_OK && kept && cargo_destroyed(&cargo[0]) == frees(scheme),
	   "%s: amid a section nobody is quiescent, nor goes offline", scheme->info.name);
	actor_stop(&reader);
	close_domain(domain, t);
	free(cargo);
}

/* ---- what one thread knows to have elapsed another does not ---- */

static void job_advance(struct actor *a, void *arg)
{
	(void)arg;
	a->domain->scheme->advance(a->self);
}

static void job_free_out_of(struct actor *a, void *retirer)
{
	instar_thread *t = retirer;

	free_elapsed(a->self, &t->own->limbo, FILLERS);
}

/* The other has looked at what is held, and that is all it knows, before the reader came. */
static void freed_by_another(const struct reclaim_scheme *scheme)
{
	instar_domain *domain = open_domain(scheme, NULL);
	instar_thread *t = join_domain(domain);
	struct cargo *cargo = cargo_new(1);
	struct actor reader, other;
	void *found = &cargo[0];
	bool kept;

	actor_start(&reader, domain);
	actor_start(&other, domain);
	actor_do(&other, job_advance, NULL);
	actor_do(&reader, actor_enter, &found);
	cargo_retire(t, &cargo[0]);
	try_hard(t);
	actor_do(&other, job_free_out_of, t);
	kept = cargo_intact(&cargo[0]);
	actor_do(&reader, actor_leave, NULL);
	ok(instar_barrier(t) == INSTAR_OK && kept && cargo_destroyed(&cargo[0]) == 1,
	   "%s: kept from a thread, too, that looked before the reader came", scheme->info.name);
	actor_stop(&reader);
	actor_stop(&other);
	close_domain(domain, t);
	free(cargo);
}

/* ---- a stalled reader ---- */

static uint64_t pressed_bytes, pressed_times;
static unsigned waits;

/* In the place of a scheme's wait: a retirement that waits for a reader is seen, and does not end the test. */
static bool count_wait(instar_thread *t)
{
	waits++;
	return t->domain->scheme->advance(t);
}

static void press(uint64_t pending_bytes, void *ctx)
{
	pressed_times++;
	if (pending_bytes > pressed_bytes)
		pressed_bytes = pending_bytes;
	if (ctx != &pressed_times || !reclaim_in_callback())
		abort();
}

static void stalled_reader(const struct reclaim_scheme *scheme)
{
	struct instar_domain_opts opts = INSTAR_DOMAIN_OPTS_INIT;
	struct cargo *cargo = cargo_new(2 * STALLED);
	struct reclaim_scheme watched = *scheme;
	struct instar_reclaim_stats stats;
	instar_domain *domain;
	struct actor reader;
	instar_thread *t;

	pressed_bytes = pressed_times = waits = 0;
	opts.max_pending_bytes = LIMIT_BYTES;
	opts.pressure = press;
	opts.ctx = &pressed_times;
	watched.wait = scheme->wait ? count_wait : NULL;
	domain = open_domain(&watched, &opts);
	t = join_domain(domain);
	instar_thread_offline(t);
	actor_start(&reader, domain);
	actor_do(&reader, actor_enter, NULL);
	for (unsigned i = 0; i < STALLED; i++)
		cargo_retire(t, &cargo[i]);
	instar_domain_stats(domain, &stats);
	ok(stats.pending_objects == STALLED && stats.pending_bytes == STALLED * CARGO_BYTES,
	   "%s: stalled: the statistics show the garbage", scheme->info.name);
	ok(pressed_times && pressed_bytes > LIMIT_BYTES, "%s: stalled: pressure is reported", scheme->info.name);
	ok(!waits, "%s: stalled: who retires does not wait for the reader", scheme->info.name);
	actor_do(&reader, actor_leave, NULL);
	for (unsigned i = STALLED; i < 2 * STALLED; i++) {
		if (scheme->wait && i % PACE == 0) /* else a library's worker, or who answers signals, sets it */
			instar_synchronize(t);
		cargo_retire(t, &cargo[i]);
	}
	instar_domain_stats(domain, &stats);
	if (frees(scheme))
		ok(stats.pending_bytes <= 2 * LIMIT_BYTES && stats.peak_pending_objects >= STALLED,
		   "%s: recovered: %llu objects wait, %llu at the peak", scheme->info.name,
		   (unsigned long long)stats.pending_objects, (unsigned long long)stats.peak_pending_objects);
	ok(instar_barrier(t) == INSTAR_OK && (drained(domain) || !frees(scheme)), "%s: nothing is left", scheme->info.name);
	actor_stop(&reader);
	close_domain(domain, t);
	free(cargo);
}

/* Robust: what a reader holds that never leaves is all that stays, and the bound is the same after any time. */
static void stalled_for_ever(const struct reclaim_scheme *scheme)
{
	const char *name = scheme->info.name;
	instar_domain *domain = open_domain(scheme, NULL);
	struct cargo *cargo = cargo_new(ROUNDS * STALLED);
	uint64_t most = 0, bound = 2 * (ROBUST_OBJECTS + 2 * (1 + scheme->info.max_refs));
	instar_thread *t = join_domain(domain);
	struct instar_reclaim_stats stats;
	unsigned held = 0, full = 0;
	struct actor reader;
	void *found, *object, *nothing = NULL;

	actor_start(&reader, domain);
	actor_do(&reader, actor_enter, NULL);
	for (unsigned i = 0; i < ROUNDS * STALLED; i++) {
		found = &cargo[i];
		if (i % 100 == 0 && held < scheme->info.max_refs) {
			actor_do(&reader, actor_refer, &found);
			held++;
		}
		cargo_retire(t, &cargo[i]);
		if (i % 256 == 0)
			wait_for_answers(t);
		instar_domain_stats(domain, &stats);
		most = stats.pending_objects > most ? stats.pending_objects : most;
	}
	ok(most <= bound, "%s: stalled for ever: %llu objects wait at most, the bound is %llu: %s", name,
	   (unsigned long long)most, (unsigned long long)bound, scheme->info.bound);
	try_hard(t);
	for (unsigned i = 0; i < held; i++)
		held -= !cargo_intact(&cargo[i * 100]) * 1000;
	ok(held && cargo_count(cargo, ROUNDS * STALLED, 0) == held, "%s: and what it refers to is all that stays", name);
	instar_enter(t);
	for (unsigned i = 0; i <= scheme->info.max_refs; i++) /* no object takes no place */
		held += instar_protect(t, &nothing, &object) != INSTAR_OK || object;
	for (unsigned i = 0; i < scheme->info.max_refs; i++)
		held += instar_protect(t, &found, &object) != INSTAR_OK;
	for (unsigned i = 0; i < TOO_MANY; i++)
		full += instar_protect(t, &found, &object) == INSTAR_FULL;
	ok(held == scheme->info.max_refs && full == TOO_MANY, "%s: each reference too many: FULL", name);
	instar_leave(t);
	try_hard(t);
	ok(cargo_count(cargo, ROUNDS * STALLED, 0) == held, "%s: and they have let go of nothing", name);
	actor_do(&reader, actor_leave, NULL);
	ok(instar_barrier(t) == INSTAR_OK && drained(domain), "%s: recovered", name);
	actor_stop(&reader);
	close_domain(domain, t);
	free(cargo);
}

/* As many threads as the scheme serves, of 40, and each refers to as much as it may. */
static void all_that_can_be_held(const struct reclaim_scheme *scheme)
{
	unsigned most = scheme->info.max_threads, holders = most && most < HOLDERS ? most - 1 : HOLDERS, n = 0;
	struct cargo *cargo = cargo_new((size_t)HOLDERS * scheme->info.max_refs);
	instar_domain *domain = open_domain(scheme, NULL);
	instar_thread *t = join_domain(domain);
	struct actor actors[HOLDERS];
	void *found;

	for (unsigned a = 0; a < holders; a++) {
		actor_start(&actors[a], domain);
		actor_do(&actors[a], actor_enter, NULL);
		for (unsigned i = 0; i < scheme->info.max_refs; i++) {
			found = &cargo[n++];
			actor_do(&actors[a], actor_refer, &found);
		}
	}
	for (unsigned i = 0; i < n; i++)
		cargo_retire(t, &cargo[i]);
	try_hard(t);
	ok(cargo_count(cargo, n, 0) == n, "%s: %u references of %u threads keep all that they refer to", scheme->info.name, n,
	   holders);
	for (unsigned a = 0; a < holders; a++) {
		actor_do(&actors[a], actor_leave, NULL);
		actor_stop(&actors[a]);
	}
	ok(instar_barrier(t) == INSTAR_OK && cargo_count(cargo, n, 1) == n, "%s: and nothing is left of it", scheme->info.name);
	close_domain(domain, t);
	free(cargo);
}

/* ---- */

static void test_scheme(const struct reclaim_scheme *scheme)
{
	const char *name = scheme->info.name;

	ok(keeps_while_open(scheme, 1), "%s: keeps what an open section can reach, frees it after", name);
	ok(keeps_while_open(scheme, 3), "%s: nested sections: until the outermost leave", name);
	if (scheme->info.has_grace)
		ok(stamp_covers_later_sections(scheme), "%s: a stamp covers sections begun before the caller's ends", name);
	if (scheme->info.robust)
		pinned_within_pinned(scheme);
	section_after_section(scheme);
	quiescent_states(scheme);
	states_amid_a_section(scheme);
	if (frees(scheme))
		freed_by_another(scheme);
	if (!scheme->info.robust) {
		stalled_reader(scheme);
	} else if (!scheme->birth) { /* else cargo, which is born in no era, has no bound: tests/conc/boxes.c */
		stalled_for_ever(scheme);
		all_that_can_be_held(scheme);
	}
}

int main(void)
{
	each_table(test_scheme);
	ok(!keeps_while_open(&reclaim_scheme_broken, 1), "a scheme that frees at once is caught");
	ok(!keeps_while_open(&reclaim_scheme_broken, 3), "and by the test of nesting");
	ok(!stamp_covers_later_sections(&reclaim_scheme_early), "a scheme that stamps one epoch early is caught");
	ok(!stamp_covers_later_sections(&reclaim_scheme_broken), "and so is the one that frees at once");
	return done_testing();
}
