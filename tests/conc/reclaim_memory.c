/*
 * tests/conc/reclaim_memory.c - where the memory comes from and goes, under every scheme: whatever is refused, nothing
 * is lost, freed twice or left over.
 */
#include <unistd.h>

#include "reclaim/limbo.h"
#include "tests/support/actor.h"
#include "tests/support/cargo.h"
#include "tests/support/injector.h"
#include "tests/support/schemes.h"
#include "tests/support/tap.h"

enum { INSIDE = 250, OUTSIDE = 250, RETIRED = INSIDE + OUTSIDE, STEADY = 10000, BURST = 16, VISITS = 10000000 };
enum { ALIGNED = 100, PATIENCE = 60, SLOW_US = 20000 };

/* ---- every allocation refused in turn ---- */

/* Inside a section, or where waiting would be for itself or for ever. */
static bool may_refuse(const struct reclaim_scheme *scheme, unsigned i)
{
	return i < INSIDE || !frees(scheme);
}

/* What a caller does who looks at each status.  Adds what stayed the caller's to *kept. */
static bool session(const struct reclaim_scheme *scheme, struct injector *injector, struct cargo *cargo, unsigned *kept)
{
	enum instar_status status;
	instar_domain *domain;
	instar_thread *t;

	status = reclaim_domain_create(&domain, scheme, &injector->opts);
	if (status != INSTAR_OK)
		return status == INSTAR_NOMEM && !domain;
	status = instar_thread_attach(domain, &t);
	if (status != INSTAR_OK)
		return status == INSTAR_NOMEM && !t && instar_domain_destroy(domain) == INSTAR_OK;
	for (unsigned i = 0; i < RETIRED; i++) {
		if (i == 0)
			instar_enter(t);
		if (i == INSIDE) {
			instar_leave(t);
			instar_thread_offline(t);
		}
		status = cargo_retire(t, &cargo[i]);
		if (status == INSTAR_NOMEM && may_refuse(scheme, i))
			(*kept)++;
		else if (status != INSTAR_OK)
			return false;
	}
	return instar_barrier(t) == INSTAR_OK && instar_thread_detach(t) == INSTAR_OK &&
	       instar_domain_destroy(domain) == INSTAR_OK;
}

/* Request number n, or from n on all, for each n that comes about. */
static void refuse_each(const struct reclaim_scheme *scheme, bool all)
{
	unsigned wrong = 0, refusals = 0;
	uint64_t n = 0;

	for (bool again = true; again && n < 1000;) {
		struct cargo *cargo = cargo_new(RETIRED);
		struct injector injector;
		unsigned kept = 0;
		bool good;

		injector_init(&injector);
		injector.first = ++n;
		injector.last = all ? INJECT_ALL : n + 1;
		good = session(scheme, &injector, cargo, &kept);
		again = injector.refused != 0;
		refusals += again;
		if (injector.requests > 2) /* else there was no domain or no handle to retire through */
			good &= again || !kept;
		if (!good || !injector_balanced(&injector) ||
		    cargo_count(cargo, RETIRED, 1) + cargo_count(cargo, RETIRED, 0) != RETIRED)
			wrong++;
		if (cargo_count(cargo, RETIRED, 1) && cargo_count(cargo, RETIRED, 0) != kept)
			wrong++;
		free(cargo);
	}
	ok(!wrong && refusals >= 3, "%s: each of %u allocations refused%s: a status, nothing lost", scheme->info.name,
	   refusals, all ? ", and all after it" : "");
}

/* Online it would wait for itself. */
static void online_without_memory(const struct reclaim_scheme *scheme)
{
	struct cargo *cargo = cargo_new(1);
	struct injector injector;
	instar_thread *t = join_rationed(scheme, &injector);
	bool refuses = scheme->quiescent || !frees(scheme);
	enum instar_status status;

	alarm(PATIENCE);
	injector_refuse(&injector, INJECT_ALL);
	status = cargo_retire(t, cargo);
	injector_refuse(&injector, 0);
	alarm(0);
	ok(status == (refuses ? INSTAR_NOMEM : INSTAR_OK) && cargo_destroyed(cargo) == !refuses,
	   "%s: no memory: an online thread is refused, another waits (%s)", scheme->info.name,
	   instar_status_name(status));
	instar_thread_detach(t);
	instar_domain_destroy(t->domain);
	free(cargo);
}

/* ---- what is given back ---- */

static void job_bare_attach(struct actor *a, void *status)
{
	instar_thread *t;

	*(enum instar_status *)status = instar_thread_attach(a->domain, &t);
}

/* Who comes when there are as many as the scheme serves. */
static void one_too_many(const struct reclaim_scheme *scheme)
{
	unsigned most = scheme->info.max_threads;
	enum instar_status status = INSTAR_OK;
	struct injector injector;
	instar_domain *domain;
	struct actor *actors = calloc(most + 1, sizeof(*actors));

	injector_init(&injector);
	domain = open_domain(scheme, &injector.opts);
	for (unsigned i = 0; actors && i <= most; i++) {
		actor_start_bare(&actors[i], domain);
		actor_do(&actors[i], job_bare_attach, &status);
	}
	for (unsigned i = 0; actors && i <= most; i++)
		actor_stop(&actors[i]);
	ok(status == INSTAR_FULL && instar_domain_destroy(domain) == INSTAR_OK && injector_balanced(&injector),
	   "%s: of %u threads the last gets no handle, and none is left over", scheme->info.name, most + 1);
	free(actors);
}

static void boxes(const struct reclaim_scheme *scheme)
{
	struct injector injector;
	instar_thread *t = join_rationed(scheme, &injector);
	instar_domain *domain = t->domain;

	instar_box_free(instar_box_alloc(domain, CARGO_BYTES, NULL), NULL);
	instar_retire(t, instar_box_alloc(domain, CARGO_BYTES, NULL), CARGO_BYTES, instar_box_free, NULL);
	instar_thread_detach(t);
	ok(instar_domain_destroy(domain) == INSTAR_OK && injector_balanced(&injector), "%s: boxes go as they came",
	   scheme->info.name);
}

/* ---- the steady state ---- */

/* Retiring takes its records from those freed before. */
static void no_allocation(const struct reclaim_scheme *scheme)
{
	struct cargo *cargo = cargo_new(1);
	struct injector injector;
	instar_domain *domain;
	uint64_t warm = 0;
	instar_thread *t;

	injector_init(&injector);
	domain = open_domain(scheme, &injector.opts);
	t = join_domain(domain);
	for (unsigned i = 0; i < 8 * STEADY; i++) {
		if (i == 2 * STEADY)
			warm = injector.requests;
		instar_thread_quiescent(t);
		cargo_retire(t, cargo);
	}
	ok(injector.requests - warm <= STEADY / 1000, "%s: %u retirements allocated %llu times", scheme->info.name,
	   6 * STEADY, (unsigned long long)(injector.requests - warm));
	instar_thread_detach(t);
	instar_domain_destroy(domain);
	free(cargo);
}

/* ---- after a burst ---- */

/* Until nothing waits. */
static void poll_to_the_end(instar_thread *t)
{
	struct instar_reclaim_stats stats;

	do {
		instar_thread_quiescent(t);
		instar_poll(t, SIZE_MAX);
		wait_for_answers(t);
		instar_domain_stats(t->domain, &stats);
	} while (stats.pending_objects);
}

static void barrier(instar_thread *t)
{
	instar_barrier(t);
}

/* What the records of a burst took is given back by who finds that nothing waits any more. */
static void gives_back(const struct reclaim_scheme *scheme, void (*finds)(instar_thread *t), const char *what)
{
	struct cargo *cargo = cargo_new(1), *again = cargo_new(BURST);
	struct injector injector;
	instar_thread *t = join_rationed(scheme, &injector);
	instar_domain *domain = t->domain;
	uint64_t before, most;

	cargo_retire(t, cargo);
	finds(t);
	before = injector.live;
	instar_enter(t);
	for (unsigned i = 0; i < 8 * STEADY; i++)
		cargo_retire(t, cargo);
	instar_leave(t);
	most = injector.live;
	finds(t);
	ok(most > before + 2 * BURST && injector.live <= before + BURST,
	   "%s: %s gives back what a burst took: %llu allocations, then %llu, then %llu", scheme->info.name, what,
	   (unsigned long long)before, (unsigned long long)most, (unsigned long long)injector.live);
	for (unsigned i = 0; i < BURST; i++)
		cargo_retire(t, &again[i]);
	finds(t);
	ok(cargo_count(again, BURST, 1) == BURST, "%s: and what is retired after that is freed", scheme->info.name);
	instar_thread_detach(t);
	instar_domain_destroy(domain);
	free(cargo);
	free(again);
}

/* In a section, which stays open. */
static void job_burst(struct actor *a, void *cargo)
{
	actor_enter(a, NULL);
	for (unsigned i = 0; i < 8 * STEADY; i++)
		cargo_retire(a->self, cargo);
}

/* What the queue of another thread took, which ends, is given back by it if nothing waits there any more, else by who
 * finds that so. */
static void gives_back_of_another(const struct reclaim_scheme *scheme, void (*finds)(instar_thread *t), const char *what,
				  bool ends_first)
{
	struct cargo *cargo = cargo_new(1);
	struct injector injector;
	instar_thread *t = join_rationed(scheme, &injector);
	instar_domain *domain = t->domain;
	uint64_t least, most, threads = 2;
	struct actor actor;

	actor_start(&actor, domain);
	least = injector.live;
	actor_do(&actor, job_burst, cargo);
	actor_do(&actor, actor_leave, NULL);
	most = injector.live;
	if (!ends_first) {
		finds(t);
		threads = attached(domain);
	}
	actor_stop(&actor);
	if (ends_first)
		finds(t);
	ok(most > least + 4 * BURST && injector.live <= least + 2 * BURST && threads == 2,
	   "%s: so does who ends %s %s: %llu allocations, then %llu, then %llu", scheme->info.name,
	   ends_first ? "before" : "after", what, (unsigned long long)least, (unsigned long long)most,
	   (unsigned long long)injector.live);
	instar_thread_detach(t);
	instar_domain_destroy(domain);
	free(cargo);
}

/* The same by one that retires, as it visits the handles of others: a few at a time, for it has other work to do. */
static void visits_give_back(const struct reclaim_scheme *scheme)
{
	struct cargo *cargo = cargo_new(1);
	struct injector injector;
	instar_thread *t = join_rationed(scheme, &injector);
	instar_domain *domain = t->domain;
	uint64_t most, at_once = 0;
	struct actor actor;

	actor_start(&actor, domain);
	actor_do(&actor, job_burst, cargo);
	actor_stop(&actor);
	most = injector.live;
	for (unsigned i = 0; i < VISITS && injector.live > most / 2; i++) {
		uint64_t before = injector.live;

		instar_thread_quiescent(t);
		cargo_retire(t, cargo);
		if (before > injector.live && before - injector.live > at_once)
			at_once = before - injector.live;
	}
	ok(injector.live <= most / 2 && at_once <= 8 * BURST,
	   "%s: so does one that retires: %llu allocations, then %llu, no more than %llu at once", scheme->info.name,
	   (unsigned long long)most, (unsigned long long)injector.live, (unsigned long long)at_once);
	instar_thread_detach(t);
	instar_domain_destroy(domain);
	free(cargo);
}

/* An allocator that takes its time over one chunk. */
struct slow {
	struct injector injector;
	void (*free)(void *memory, size_t size, size_t alignment, void *ctx);
	bool armed, reached; /* atomic */
};

static void free_slowly(void *memory, size_t size, size_t alignment, void *ctx)
{
	struct slow *slow = ctx;

	if (size == sizeof(struct limbo_chunk) && __atomic_exchange_n(&slow->armed, false, __ATOMIC_SEQ_CST)) {
		__atomic_store_n(&slow->reached, true, __ATOMIC_SEQ_CST);
		usleep(SLOW_US);
	}
	slow->free(memory, size, alignment, &slow->injector);
}

/* The same by a domain's worker, and nobody is attached to what it has in hand. */
static void worker_gives_back(const struct reclaim_scheme *scheme)
{
	struct cargo *cargo = cargo_new(1);
	struct slow slow = { .armed = false };
	instar_domain *domain;
	struct actor actor;

	injector_init(&slow.injector);
	slow.free = slow.injector.allocator.free;
	slow.injector.allocator.free = free_slowly;
	slow.injector.opts.flags = INSTAR_DOMAIN_BACKGROUND;
	domain = open_domain(scheme, &slow.injector.opts);
	actor_start(&actor, domain);
	actor_do(&actor, job_burst, cargo);
	__atomic_store_n(&slow.armed, true, __ATOMIC_SEQ_CST);
	actor_stop(&actor);
	for (unsigned i = 0; i < PATIENCE * 1000 && !__atomic_load_n(&slow.reached, __ATOMIC_SEQ_CST); i++)
		usleep(1000);
	ok(__atomic_load_n(&slow.reached, __ATOMIC_SEQ_CST), "%s: so does a worker", scheme->info.name);
	ok(instar_domain_destroy(domain) == INSTAR_OK && injector_balanced(&slow.injector),
	   "%s: and nobody is attached to what it has in hand", scheme->info.name);
	free(cargo);
}

/* ---- pages ---- */

/* Of address space, in pages. */
static long mapped_pages(void)
{
	FILE *file = fopen("/proc/self/statm", "r");
	long pages = -1;

	if (file && fscanf(file, "%ld", &pages) != 1)
		pages = -1;
	if (file)
		fclose(file);
	return pages;
}

/* More is mapped than is asked for, so that it begins where it is to. */
static void aligned_pages(void)
{
	const size_t size = RECLAIM_HUGE_PAGE;
	instar_domain *domain = instar_domain_default();
	long before = mapped_pages(), after;

	for (unsigned i = 0; i < ALIGNED; i++) {
		void *memory = reclaim_map_pages(domain, size, RECLAIM_HUGE_PAGE);

		if (!memory || (uintptr_t)memory % RECLAIM_HUGE_PAGE)
			bail_out("no memory where it is asked for");
		reclaim_unmap_pages(domain, memory, size, RECLAIM_HUGE_PAGE);
	}
	after = mapped_pages();
	if (before < 0)
		skip(1, "nobody tells what is mapped");
	else
		ok(after - before < (long)(ALIGNED / 2 * (size / (size_t)sysconf(_SC_PAGESIZE))),
		   "of pages mapped and unmapped %u times nothing stays mapped (%ld pages more)", ALIGNED,
		   after - before);
}

/* ---- */

static void test_scheme(const struct reclaim_scheme *scheme)
{
	refuse_each(scheme, false);
	refuse_each(scheme, true);
	online_without_memory(scheme);
	if (scheme->info.max_threads)
		one_too_many(scheme);
	boxes(scheme);
	if (frees(scheme) && !scheme->wait) /* else it is the library's worker that sets the pace */
		no_allocation(scheme);
	if (frees(scheme)) {
		gives_back(scheme, barrier, "a barrier");
		gives_back(scheme, poll_to_the_end, "a poll");
	}
	if (frees(scheme) && !scheme->info.max_threads) {
		gives_back_of_another(scheme, barrier, "a barrier", false);
		gives_back_of_another(scheme, barrier, "a barrier", true);
		gives_back_of_another(scheme, poll_to_the_end, "a poll", true);
		if (!scheme->wait) /* as above */
			visits_give_back(scheme);
		worker_gives_back(scheme);
	}
}

int main(void)
{
	each_table(test_scheme);
	aligned_pages();
	return done_testing();
}
