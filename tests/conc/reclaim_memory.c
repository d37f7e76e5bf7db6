/*
 * tests/conc/reclaim_memory.c - running out of memory, destructors that retire, and where the memory goes, under
 * every scheme: whatever is refused, nothing is lost, freed twice or left over.
 */
#include "tests/support/actor.h"
#include "tests/support/cargo.h"
#include "tests/support/injector.h"
#include "tests/support/schemes.h"
#include "tests/support/tap.h"
#include "tests/support/threads.h"

#include <sched.h>
#include <unistd.h>

enum { BARE_THREADS = 3, BARE_POLLS = 5000, PATIENCE = 60, POLLS = 20 };
enum { A_FEW = 50, ALIGNED = 100 };
enum { INSIDE = 250, OUTSIDE = 250, RETIRED = INSIDE + OUTSIDE, CHAIN = 5, TREES = 200, STEADY = 10000, BURST = 16 };

static bool frees(const struct reclaim_scheme *scheme)
{
	return scheme->advance != NULL;
}

static bool balanced(const struct injector *injector)
{
	return !injector->live && !injector->live_bytes && !injector->mismatched;
}

/* ---- destructors that retire ---- */

struct link {
	instar_domain *domain;
	struct link *next;
	unsigned destroyed;
};

static unsigned destructor_failures;

static void link_destroy(void *object, void *ctx)
{
	struct link *link = object;
	instar_thread *t;

	link->destroyed++;
	if (!link->next)
		return;
	if (instar_thread_self(link->domain, &t) != INSTAR_OK ||
	    instar_retire(t, link->next, sizeof(*link), link_destroy, ctx) != INSTAR_OK)
		destructor_failures++;
	if (instar_synchronize(t) != INSTAR_MISUSE || instar_barrier(t) != INSTAR_MISUSE ||
	    instar_thread_detach(t) != INSTAR_MISUSE || instar_domain_destroy(link->domain) != INSTAR_MISUSE)
		destructor_failures++;
}

static struct link *chains_new(instar_domain *domain)
{
	struct link *links = calloc(TREES * CHAIN, sizeof(*links));

	if (!links)
		abort();
	for (unsigned i = 0; i < TREES * CHAIN; i++) {
		links[i].domain = domain;
		links[i].next = (i + 1) % CHAIN ? &links[i + 1] : NULL;
	}
	return links;
}

static unsigned links_destroyed(const struct link *links)
{
	unsigned n = 0;

	for (unsigned i = 0; i < TREES * CHAIN; i++)
		n += links[i].destroyed == 1;
	return n;
}

/* Each destructor retires the next link of its chain. */
static void destructors_retire(const struct reclaim_scheme *scheme)
{
	instar_domain *domain = open_domain(scheme, NULL);
	instar_thread *t = join_domain(domain);
	struct link *links = chains_new(domain), *more = chains_new(domain);
	struct actor leaver;

	actor_start(&leaver, domain); /* its handle is before t's: at the end destructors retire through it */
	actor_stop(&leaver);
	destructor_failures = 0;
	for (unsigned i = 0; i < TREES; i++)
		instar_retire(t, &links[i * CHAIN], sizeof(*links), link_destroy, NULL);
	for (unsigned i = 0; i < CHAIN; i++)
		instar_barrier(t);
	ok((links_destroyed(links) == TREES * CHAIN || !frees(scheme)) && !destructor_failures,
	   "%s: a destructor retires, and may not wait", scheme->info.name);
	for (unsigned i = 0; i < TREES; i++)
		instar_retire(t, &more[i * CHAIN], sizeof(*more), link_destroy, NULL);
	instar_thread_detach(t);
	ok(instar_domain_destroy(domain) == INSTAR_OK && links_destroyed(links) == TREES * CHAIN &&
	   links_destroyed(more) == TREES * CHAIN && !destructor_failures,
	   "%s: destroying the domain follows the whole chain", scheme->info.name);
	free(links);
	free(more);
}

/* ---- within a destructor ---- */

struct nesting {
	instar_thread *t;
	void (*tempt)(struct nesting *nesting);
	unsigned depth, deepest, destroyed;
};

static void nested_destroy(void *object, void *context)
{
	struct nesting *nesting = context;

	nesting->depth++;
	nesting->deepest = nesting->depth > nesting->deepest ? nesting->depth : nesting->deepest;
	nesting->destroyed++;
	if (object == nesting)
		nesting->tempt(nesting);
	nesting->depth--;
}

static void tempt_to_work(struct nesting *nesting)
{
	for (unsigned i = 0; i < STEADY; i++)
		instar_retire(nesting->t, &nesting->depth, 1, nested_destroy, nesting);
}

static void tempt_to_poll(struct nesting *nesting)
{
	if (instar_poll(nesting->t, SIZE_MAX) != 0)
		destructor_failures++;
}

static void job_leave_some(struct actor *a, void *nesting)
{
	for (unsigned i = 0; i < A_FEW; i++)
		instar_retire(a->self, a, 1, nested_destroy, nesting);
}

/* While it runs, there is something of another's that could be destroyed as well as it. */
static void destructors_do_not_nest(const struct reclaim_scheme *scheme, void (*tempt)(struct nesting *nesting),
				    const char *what)
{
	instar_domain *domain = open_domain(scheme, NULL);
	struct nesting nesting = { .t = join_domain(domain), .tempt = tempt };
	struct actor leaver;

	destructor_failures = 0;
	instar_retire(nesting.t, &nesting, 1, nested_destroy, &nesting);
	actor_start(&leaver, domain);
	actor_do(&leaver, job_leave_some, &nesting);
	actor_stop(&leaver);
	while (!nesting.destroyed) {
		instar_thread_quiescent(nesting.t);
		instar_poll(nesting.t, 1); /* of its own */
	}
	ok(instar_barrier(nesting.t) == INSTAR_OK && nesting.deepest == 1 && !destructor_failures,
	   "%s: a destructor that %s runs no other", scheme->info.name, what);
	instar_thread_detach(nesting.t);
	instar_domain_destroy(domain);
}

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
		if (!good || !balanced(&injector) || cargo_count(cargo, RETIRED, 1) + cargo_count(cargo, RETIRED, 0) != RETIRED)
			wrong++;
		if (cargo_count(cargo, RETIRED, 1) && cargo_count(cargo, RETIRED, 0) != kept)
			wrong++;
		free(cargo);
	}
	ok(!wrong && refusals >= 3, "%s: each of %u allocations refused%s: a status, nothing lost", scheme->info.name,
	   refusals, all ? ", and all after it" : "");
}

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

/* The handle of a domain that has its memory from the injector. */
static instar_thread *join_rationed(const struct reclaim_scheme *scheme, struct injector *injector)
{
	injector_init(injector);
	return join_domain(open_domain(scheme, &injector->opts));
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
	   "%s: no handle to be had: retire waits and destroys, or refuses (%s)", name, instar_status_name(bare.status));
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
	ok(instar_domain_destroy(domain) == INSTAR_OK && cargo_count(cargo, 3, 1) == 3 && balanced(&injector),
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
	ok(status == INSTAR_FULL && instar_domain_destroy(domain) == INSTAR_OK && balanced(&injector),
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
	ok(instar_domain_destroy(domain) == INSTAR_OK && balanced(&injector), "%s: boxes go as they came",
	   scheme->info.name);
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

/* ---- the steady state ---- */

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
	for (unsigned i = 0; i < STEADY; i++)
		cargo_retire(t, &cargo[i]);
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
	for (unsigned i = 0; i < STEADY; i++)
		cargo_retire(t, &cargo[i]);
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
	destructors_retire(scheme);
	if (frees(scheme)) {
		destructors_do_not_nest(scheme, tempt_to_work, "retires much");
		destructors_do_not_nest(scheme, tempt_to_poll, "polls");
	}
	refuse_each(scheme, false);
	refuse_each(scheme, true);
	shared_readers(scheme);
	exit_in_a_section(scheme);
	shared_section_among_others(scheme);
	if (frees(scheme) && !scheme->wait)
		waits_for_references(scheme);
	online_without_memory(scheme);
	if (scheme->info.max_threads)
		one_too_many(scheme);
	boxes(scheme);
	many_without_a_handle(scheme);
	if (frees(scheme)) {
		no_bursts(scheme);
		in_sections_only(scheme);
	}
	if (frees(scheme) && !scheme->wait)
		as_many_as_wanted(scheme);
	if (frees(scheme) && !scheme->wait) /* else it is the library's worker that sets the pace */
		no_allocation(scheme);
	if (frees(scheme)) {
		gives_back(scheme, barrier, "a barrier");
		gives_back(scheme, poll_to_the_end, "a poll");
	}
}

int main(void)
{
	each_table(test_scheme);
	aligned_pages();
	return done_testing();
}
