/*
 * tests/conc/background_ends.c - domains with a worker (INSTAR_DOMAIN_BACKGROUND): how it begins, and how it ends.
 */
#include "tests/support/cargo.h"
#include "tests/support/child.h"
#include "tests/support/sanitizer.h"
#include "tests/support/worker.h"

enum {
	OBJECTS = 5000,
	TOO_MANY = 40000, /* more than a thread leaves to a worker */
	DOMAINS = 12,
	MAPS = 20
};

static unsigned signals_blocked(void)
{
	unsigned n = 0;
	sigset_t set;

	pthread_sigmask(SIG_SETMASK, NULL, &set);
	for (int signal = 1; signal < SIGRTMAX; signal++)
		n += sigismember(&set, signal) == 1;
	return n;
}

/* They are blocked only while the worker is made. */
static void signals_are_the_callers(const struct reclaim_scheme *scheme)
{
	unsigned before = signals_blocked(), after;
	instar_domain *domain = open_with_worker(scheme);

	after = signals_blocked();
	ok(before == after, "%s: who makes a worker has the signals blocked that it had before (%u, then %u)",
	   scheme->info.name, before, after);
	instar_domain_destroy(domain);
}

/* ---- beginning and end ---- */

static void destroy_at_once(const struct reclaim_scheme *scheme)
{
	struct seen seen = { .thread = pthread_self() };
	unsigned wrong = 0, retired = 0;
	static char object;

	for (unsigned i = 0; i < DOMAINS; i++) {
		instar_domain *domain = open_with_worker(scheme);
		instar_thread *t = join_domain(domain);

		for (; retired < (i + 1) * 200; retired++)
			instar_retire(t, &object, 1, see, &seen);
		wrong += !close_both(domain, t);
	}
	ok(!wrong && seen.here + seen.elsewhere == retired, "%s: a domain is destroyed with garbage waiting", scheme->info.name);
}

static void maps_come_and_go(const struct reclaim_scheme *scheme)
{
	instar_domain *domain = open_with_worker(scheme);
	instar_thread *t = join_domain(domain);
	struct instar_reclaim_stats stats;
	unsigned wrong = 0;

	for (unsigned i = 0; i < MAPS; i++) {
		instar_map *map;

		wrong += instar_map_create(&map, domain, NULL) != INSTAR_OK;
		for (uint64_t key = 0; key < 500 + 100 * i; key++)
			wrong += instar_insert(map, t, key, key, NULL) != INSTAR_OK;
		wrong += instar_domain_destroy(domain) != INSTAR_BUSY;
		wrong += instar_map_destroy(map) != INSTAR_OK;
		instar_thread_quiescent(t);
	}
	instar_domain_stats(domain, &stats);
	ok(!wrong && stats.threads == 1, "%s: maps are destroyed under the worker's hands", scheme->info.name);
	ok(close_both(domain, t), "%s: after BUSY a domain is as usable as before", scheme->info.name);
}

/* ---- without memory ---- */

static void no_worker_to_be_had(void)
{
	struct instar_domain_opts opts = INSTAR_DOMAIN_OPTS_INIT;
	struct injector injector;
	enum instar_status status = INSTAR_NOMEM;
	instar_domain *domain = NULL;
	pthread_attr_t small, huge;
	unsigned wrong = 0, requests;

	for (requests = 0; status == INSTAR_NOMEM; requests++) {
		injector_init(&injector);
		injector.opts.flags = INSTAR_DOMAIN_BACKGROUND;
		injector.first = requests + 1;
		injector.last = INJECT_ALL;
		status = instar_domain_create(&domain, "ebr-fence", &injector.opts);
		wrong += status == INSTAR_NOMEM && (domain || !injector_balanced(&injector));
	}
	ok(status == INSTAR_OK && !wrong && requests > 3, "create: NOMEM whichever of the %u requests fails", requests - 1);
	ok(instar_domain_destroy(domain) == INSTAR_OK && injector_balanced(&injector), "and then a domain");
	opts.flags = INSTAR_DOMAIN_BACKGROUND;
	pthread_getattr_default_np(&small);
	pthread_attr_init(&huge);
	pthread_attr_setstacksize(&huge, (size_t)1 << 46);
	if (pthread_setattr_default_np(&huge)) {
		skip(1, "stacks cannot be made so large here");
	} else {
		ok(instar_domain_create(&domain, NULL, &opts) == INSTAR_NOMEM && !domain, "create: NOMEM without a thread");
		pthread_setattr_default_np(&small);
	}
	pthread_attr_destroy(&small);
	pthread_attr_destroy(&huge);
}

/* ---- a destructor that ends the worker ---- */

static void end_thread(void *object, void *context)
{
	(void)object;
	if (!pthread_equal(pthread_self(), *(pthread_t *)context))
		pthread_exit(NULL);
}

static void *use_alone(void *context)
{
	instar_domain *domain = context;
	instar_thread *t = join_domain(domain); /* with the handle that was the worker's */
	struct cargo *cargo = cargo_new(TOO_MANY);

	for (unsigned i = 0; i < TOO_MANY; i++) {
		instar_thread_quiescent(t);
		cargo_retire(t, &cargo[i]);
		if (i % OBJECTS) /* else grace periods that somebody else makes */
			continue;
		if (domain->scheme->wait)
			instar_synchronize(t);
		wait_for_answers(t);
	}
	ok(pending(domain) < TOO_MANY, "%s: its handle's next owner frees by itself", domain->scheme->info.name);
	instar_barrier(t);
	instar_thread_detach(t);
	free(cargo);
	return NULL;
}

/* From then on it is a domain without one. */
static void worker_ends(const struct reclaim_scheme *scheme)
{
	instar_domain *domain = open_with_worker(scheme);
	instar_thread *t = join_domain(domain);
	pthread_t mine = pthread_self(), user;
	struct instar_reclaim_stats stats;

	instar_retire(t, &mine, 1, end_thread, &mine);
	instar_thread_offline(t);
	for (bool gone = false; !gone; pause_shortly()) {
		unsigned attached = 0;

		for (const instar_thread *other = domain_handles(domain); other; other = other->next)
			attached += load_acquire(&other->state) != HANDLE_FREE;
		gone = attached == 1;
	}
	instar_domain_stats(domain, &stats);
	ok(!background_handle(domain) && stats.threads == 1, "%s: a destructor ends the worker", scheme->info.name);
	if (pthread_create(&user, NULL, use_alone, domain))
		bail_out("no thread");
	pthread_join(user, NULL);
	instar_thread_online(t);
	ok(instar_barrier(t) == INSTAR_OK && !pending(domain) && close_both(domain, t), "%s: and the others do without",
	   scheme->info.name);
}

/* ---- a child process has none ---- */

struct ours {
	instar_domain *domain;
	instar_thread *t;
	instar_map *map;
};

static int child_goes_on(void *arg)
{
	const struct ours *o = arg;
	struct seen seen = { .thread = pthread_self() };
	uint64_t key = 0;
	int wrong = 0;
	static char object;

	for (unsigned i = 0; i < OBJECTS; i++, key++) {
		wrong |= instar_retire(o->t, &object, 1, see, &seen) != INSTAR_OK;
		wrong |= instar_insert(o->map, o->t, key, ~key, NULL) != INSTAR_OK;
		instar_thread_quiescent(o->t);
	}
	wrong |= (frees(o->domain->scheme) && !freed_by(o->t)) << 1;
	wrong |= (instar_barrier(o->t) != INSTAR_OK || !holds_keys(o->map, o->t, key)) << 2;
	wrong |= (frees(o->domain->scheme) && seen.here != OBJECTS) << 3;
	wrong |= (instar_map_destroy(o->map) != INSTAR_OK || !close_both(o->domain, o->t)) << 4;
	return wrong | (seen.elsewhere != 0) << 5;
}

static void forks(const struct reclaim_scheme *scheme)
{
	struct ours o = { .domain = open_with_worker(scheme) };
	int status;

	o.t = join_domain(o.domain);
	if (instar_map_create(&o.map, o.domain, NULL) != INSTAR_OK)
		bail_out("no memory");
	status = child_of(child_goes_on, &o, PATIENCE);
	ok(status == 0, "%s: a child process goes on without the worker (status %#x)", scheme->info.name, (unsigned)status);
	instar_map_destroy(o.map);
	close_both(o.domain, o.t);
}

static void test_scheme(const struct reclaim_scheme *scheme)
{
	signals_are_the_callers(scheme);
	destroy_at_once(scheme);
	maps_come_and_go(scheme);
	if (frees(scheme))
		worker_ends(scheme);
	if (scheme->thread_lost && FORKS_AT_WORK)
		forks(scheme);
}

int main(void)
{
	alarm(PATIENCE * 5);
	each_table(test_scheme);
	no_worker_to_be_had();
	return done_testing();
}
