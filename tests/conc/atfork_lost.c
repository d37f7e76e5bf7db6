/*
 * tests/conc/atfork_lost.c - domains made with INSTAR_DOMAIN_ATFORK: what is made good in a child process of what the
 * threads that it does not have left behind.
 */
#include "reclaim/debra.h"
#include "tests/support/actor.h"
#include "tests/support/inherited.h"
#include "tests/support/sanitizer.h"

enum { MEND_STRIDE = LIMBO_RECORDS / 5 }; /* meets the ends of chunks */

_Static_assert(LIMBO_RECORDS % MEND_STRIDE == 0, "all of them");

/* ---- the garbage of others ---- */

static void job_retire(struct actor *a, void *arg)
{
	cargo_retire_all(a->self, arg, OBJECTS);
}

static int child_frees_others(void *arg)
{
	struct inherited *w = arg;
	int wrong = instar_barrier(w->t) != INSTAR_OK;

	wrong |= (frees(w->domain->scheme) && cargo_count(w->cargo, OBJECTS, 1) != OBJECTS) << 1;
	wrong |= uses_all(w->map, w->domain, w->t);
	return wrong | (cargo_count(w->cargo, OBJECTS, 1) != OBJECTS) << 1;
}

/* A third thread keeps it, so that it is there at the fork. */
static void garbage_of_others(const struct reclaim_scheme *scheme)
{
	struct inherited w = { .domain = open_for_forks(scheme, 0), .cargo = cargo_new(OBJECTS) };
	struct actor reader, other;
	int status;

	w.t = join_domain(w.domain);
	w.map = open_map(w.domain, w.t);
	instar_thread_offline(w.t);
	actor_start(&reader, w.domain);
	actor_start(&other, w.domain);
	actor_do(&reader, actor_enter, NULL);
	actor_do(&other, job_retire, w.cargo);
	status = child_of(child_frees_others, &w, CHILD_PATIENCE);
	ok(status == 0, "%s: a child frees what others had retired (status %#x)", scheme->info.name, (unsigned)status);
	actor_do(&reader, actor_leave, NULL);
	actor_stop(&reader);
	actor_stop(&other);
	instar_barrier(w.t);
	ok(cargo_count(w.cargo, OBJECTS, frees(scheme)) == OBJECTS && close_all(w.map, w.domain, w.t) &&
	   cargo_count(w.cargo, OBJECTS, 1) == OBJECTS, "%s: and its parent, too", scheme->info.name);
	free(w.cargo);
}

/* ---- the producer's side of a queue, lost at any point ---- */

static bool takes(struct limbo *limbo, uint64_t from, uint64_t n)
{
	const struct limbo_record *record;
	bool right = limbo_lock(limbo);

	for (uint64_t i = from; i < from + n && right; i++) {
		record = limbo_first(limbo);
		right = record && record->stamp == i;
		if (right)
			limbo_drop(limbo);
	}
	limbo_unlock(limbo);
	return right;
}

/* `done` records were appended and `taken` taken; then the producer was lost: with one more written, or the next
 * chunk begun. */
static bool mends(instar_domain *domain, uint64_t done, uint64_t taken, bool amid)
{
	struct limbo limbo = { 0 };
	struct limbo_record record = { NULL, destroy_nothing, NULL, 0, 0, 0 };
	bool right = true;

	for (uint64_t i = 0; i < done; i++) {
		record.stamp = i;
		right &= limbo_reserve(domain, &limbo, 1);
		limbo_append(domain, &limbo, &record);
	}
	right &= takes(&limbo, 0, taken);
	if (amid) {
		right &= limbo_reserve(domain, &limbo, 1);
		if (!limbo.room)
			limbo_next_chunk(domain, &limbo);
		limbo.room--;
	}
	limbo_mend(&limbo);
	for (uint64_t i = done; i < done + 2 * LIMBO_RECORDS; i++) {
		record.stamp = i;
		right &= limbo_reserve(domain, &limbo, 1);
		limbo_append(domain, &limbo, &record);
	}
	right &= takes(&limbo, taken, done + 2 * LIMBO_RECORDS - taken) && !limbo_pending(&limbo);
	limbo_free(domain, &limbo);
	return right;
}

static void queues_are_mended(void)
{
	bool known;
	instar_domain *domain = open_domain(reclaim_find("leak", &known), NULL);
	unsigned wrong = 0;

	for (uint64_t done = 0; done <= 3 * LIMBO_RECORDS; done++)
		for (uint64_t taken = 0; taken <= done; taken += MEND_STRIDE)
			wrong += !mends(domain, done, taken, false) + !mends(domain, done, taken, true);
	ok(!wrong, "a queue whose producer was lost anywhere is whole again (%u are not)", wrong);
	instar_domain_destroy(domain);
}

/* ---- how far a lost thread had looked ---- */

/* For this epoch it had seen all, says what is left of a thread that was lost between the two words that tell. */
static void looks_begin_anew(void)
{
	bool known;
	const struct reclaim_scheme *debra = reclaim_find("debra", &known);
	struct actor reader;
	instar_domain *domain;
	instar_thread *t;
	uint64_t epoch;

	if (!debra) {
		skip(1, "debra is not built in");
		return;
	}
	domain = open_domain(debra, NULL);
	t = join_domain(domain);
	actor_start(&reader, domain);
	actor_do(&reader, actor_enter, NULL);
	try_hard(t);
	epoch = epoch_domain(domain)->epoch;
	debra_thread(t)->epoch = epoch;
	debra_thread(t)->next = NULL;
	debra->thread_lost(t);
	try_hard(t);
	ok(epoch_domain(domain)->epoch == epoch, "debra: the looks of a lost thread begin anew");
	actor_do(&reader, actor_leave, NULL);
	actor_stop(&reader);
	instar_thread_detach(t);
	instar_domain_destroy(domain);
}

/* ---- what a lost thread knew ---- */

static bool scans(const struct reclaim_scheme *scheme)
{
	return !strcmp(scheme->info.family, "hazard") || !strcmp(scheme->info.family, "era");
}

static bool knows_of_a_scan(instar_thread *t)
{
	return scans(t->domain->scheme) && t->domain->scheme->grace_elapsed(t, 1);
}

/* That it stood in a handler, and what its last scan had found, which it may have been about to write anew. */
static int handle_is_as_new(void *lost)
{
	instar_thread *t = lost;

	return t->interrupted | knows_of_a_scan(t) << 1;
}

static void handles_begin_anew(const struct reclaim_scheme *scheme)
{
	instar_domain *domain = open_for_forks(scheme, 0);
	struct actor other;
	bool knew;
	int status;

	actor_start(&other, domain);
	actor_do(&other, actor_try_hard, NULL);
	knew = knows_of_a_scan(other.self) == scans(scheme);
	other.self->interrupted = true;
	status = child_of(handle_is_as_new, other.self, CHILD_PATIENCE);
	other.self->interrupted = false;
	ok(knew && status == 0, "%s: a lost thread's handle is as new (status %#x)", scheme->info.name, (unsigned)status);
	actor_stop(&other);
	instar_domain_destroy(domain);
}

/* ---- who gets the handle of a thread that was lost online ---- */

static void job_online(struct actor *a, void *arg)
{
	(void)arg;
	instar_thread_online(a->self);
}

static int next_is_online(void *arg)
{
	struct inherited *w = arg;
	struct actor other;
	int wrong;

	w->t = join_domain(w->domain);
	actor_start(&other, w->domain);
	actor_do(&other, job_retire, w->cargo);
	actor_do(&other, actor_try_hard, NULL);
	wrong = cargo_count(w->cargo, OBJECTS, 0) != OBJECTS;
	instar_thread_offline(w->t);
	return wrong | (instar_barrier(w->t) != INSTAR_OK || cargo_count(w->cargo, OBJECTS, 1) != OBJECTS) << 1;
}

static void lost_online(const struct reclaim_scheme *scheme)
{
	struct inherited w = { .domain = open_for_forks(scheme, 0), .cargo = cargo_new(OBJECTS) };
	struct actor lost;
	int status;

	actor_start(&lost, w.domain);
	actor_do(&lost, job_online, NULL);
	status = child_of(next_is_online, &w, CHILD_PATIENCE);
	ok(status == 0, "%s: who gets the handle of a thread that was lost online is online (status %#x)", scheme->info.name,
	   (unsigned)status);
	actor_stop(&lost);
	instar_domain_destroy(w.domain);
	free(w.cargo);
}

static void test_scheme(const struct reclaim_scheme *scheme)
{
	if (!scheme->thread_lost || !FORKS_AT_WORK)
		return;
	garbage_of_others(scheme);
	handles_begin_anew(scheme);
	if (scheme->quiescent)
		lost_online(scheme);
}

int main(void)
{
	queues_are_mended();
	looks_begin_anew();
	each_table(test_scheme);
	return done_testing();
}
