/*
 * tests/conc/reclaim_threads.c - threads come and go, under every scheme, with and without detaching, more at the same
 * time than it may serve: their handles are used again, and those that nobody has cost nothing.
 */
#include <instar/instar.h>

#include "tests/support/actor.h"
#include "tests/support/cargo.h"
#include "tests/support/rng.h"
#include "tests/support/schemes.h"
#include "tests/support/tap.h"

enum { OBJECTS = 1000, CHURN = 400, AT_ONCE = 8, EACH = 5, GUESTS = 40 };
enum { MANY = 200, LOOKS = 20, PATIENCE = 30 };

/* ---- handles that nobody has ---- */

/* Until one object is freed, after so many threads have come and gone. */
static unsigned polls_after(const struct reclaim_scheme *scheme, unsigned gone)
{
	instar_domain *domain = open_domain(scheme, NULL);
	struct cargo *cargo = cargo_new(1);
	instar_thread *t = join_domain(domain);
	struct actor actors[GUESTS];
	unsigned polls = 0;

	for (unsigned i = 0; i < gone; i++)
		actor_start(&actors[i], domain);
	for (unsigned i = 0; i < gone; i++)
		actor_stop(&actors[i]);
	cargo_retire(t, cargo);
	for (; !cargo_destroyed(cargo) && polls < OBJECTS; polls++) {
		instar_thread_quiescent(t);
		instar_poll(t, 1);
	}
	close_domain(domain, t);
	free(cargo);
	return polls;
}

/* Where it is not the poll that makes a grace period, the number says nothing. */
static void handles_of_nobody(const struct reclaim_scheme *scheme)
{
	unsigned most = scheme->info.max_threads, gone = most && most < GUESTS ? most - 1 : GUESTS;
	unsigned before = polls_after(scheme, 0), after = polls_after(scheme, gone);

	ok(after <= before && before < OBJECTS,
	   "%s: %u polls free an object, and %u after %u threads have come and gone", scheme->info.name, before, after,
	   gone);
}

static void count_press(uint64_t pending_bytes, void *times)
{
	(void)pending_bytes;
	++*(unsigned *)times;
}

/* To look whether there is more garbage than is wanted goes over all handles: the more there are, the less often.  With
 * a limit of nothing each look tells of itself. */
static void looks_at_the_limit(const struct reclaim_scheme *scheme)
{
	struct instar_domain_opts opts = INSTAR_DOMAIN_OPTS_INIT;
	struct cargo *cargo = cargo_new(MANY * LOOKS);
	struct actor actors[MANY];
	unsigned looks = 0;
	instar_domain *domain;
	instar_thread *t;

	opts.max_pending_bytes = 1;
	opts.pressure = count_press;
	opts.ctx = &looks;
	domain = open_domain(scheme, &opts);
	for (unsigned i = 0; i < MANY; i++)
		actor_start(&actors[i], domain);
	for (unsigned i = 0; i < MANY; i++)
		actor_stop(&actors[i]);
	t = join_domain(domain);
	looks = 0;
	for (unsigned i = 0; i < MANY * LOOKS; i++)
		cargo_retire(t, &cargo[i]);
	ok(looks > 0 && looks <= LOOKS, "%s: after %u threads %u retirements look %u times whether there is too much",
	   scheme->info.name, MANY, MANY * LOOKS, looks);
	close_domain(domain, t);
	free(cargo);
}

/* ---- churn ---- */

struct visit {
	instar_domain *domain;
	struct cargo *cargo;
	unsigned way;
	bool failed;
};

/* Explicit and detached, explicit and not, implicit; every fifth leaves a section open. */
static void *visitor(void *arg)
{
	struct visit *v = arg;
	instar_thread *t;

	v->failed = (v->way % 3 == 2 ? instar_thread_self(v->domain, &t) : instar_thread_attach(v->domain, &t)) !=
		    INSTAR_OK;
	if (v->failed)
		return NULL;
	instar_enter(t);
	for (unsigned i = 0; i < EACH; i++)
		v->failed |= cargo_retire(t, &v->cargo[i]) != INSTAR_OK;
	if (v->way % 5)
		instar_leave(t);
	if (v->way % 3 == 0 && v->way % 5)
		v->failed |= instar_thread_detach(t) != INSTAR_OK;
	return NULL;
}

static void churn(const struct reclaim_scheme *scheme)
{
	unsigned n = CHURN * test_scale(), wrong = 0;
	instar_domain *domain = open_domain(scheme, NULL);
	struct cargo *cargo = cargo_new((size_t)n * EACH);
	instar_thread *t = join_domain(domain);
	struct visit visits[AT_ONCE];
	pthread_t threads[AT_ONCE];

	instar_thread_offline(t);
	for (unsigned i = 0; i < n; i += AT_ONCE) {
		for (unsigned k = 0; k < AT_ONCE; k++) {
			visits[k] = (struct visit){ domain, &cargo[(size_t)(i + k) * EACH], i + k, false };
			if (pthread_create(&threads[k], NULL, visitor, &visits[k]))
				bail_out("no thread");
		}
		for (unsigned k = 0; k < AT_ONCE; k++) {
			pthread_join(threads[k], NULL);
			wrong += visits[k].failed;
		}
	}
	ok(!wrong && attached(domain) == 1, "%s: %u threads came and went, with and without detaching",
	   scheme->info.name, n);
	ok(domain->next_index <= AT_ONCE + 1, "%s: their handles were used again", scheme->info.name);
	ok(instar_barrier(t) == INSTAR_OK && cargo_count(cargo, (size_t)n * EACH, frees(scheme)) == (size_t)n * EACH,
	   "%s: all that they retired is freed, and no section of theirs is left", scheme->info.name);
	close_domain(domain, t);
	free(cargo);
}

/* ---- more threads at the same time than a scheme may serve ---- */

struct guests {
	instar_domain *domain;
	instar_map *map;
	pthread_barrier_t all; /* have asked for a handle */
	struct cargo *cargo;
	unsigned came, turned_away, failed; /* atomic */
};

/* Who gets no handle uses the map without. */
static void *guest(void *arg)
{
	struct guests *guests = arg;
	unsigned i = __atomic_fetch_add(&guests->came, 1, __ATOMIC_RELAXED);
	instar_thread *t;
	enum instar_status status = instar_thread_attach(guests->domain, &t);
	bool wrong = status != INSTAR_OK && status != INSTAR_FULL;

	pthread_barrier_wait(&guests->all);
	wrong |= instar_insert(guests->map, NULL, i, i, NULL) != INSTAR_OK;
	if (status == INSTAR_OK)
		wrong |= cargo_retire(t, &guests->cargo[i]) != INSTAR_OK || instar_thread_detach(t) != INSTAR_OK;
	else
		__atomic_fetch_add(&guests->turned_away, 1, __ATOMIC_RELAXED);
	__atomic_fetch_add(&guests->failed, wrong, __ATOMIC_RELAXED);
	return NULL;
}

static void many_at_once(const struct reclaim_scheme *scheme)
{
	unsigned most = scheme->info.max_threads, away = most && most < GUESTS ? GUESTS - most : 0;
	struct guests guests = { .domain = open_domain(scheme, NULL), .cargo = cargo_new(GUESTS) };
	pthread_t threads[GUESTS];
	instar_thread *t;

	pthread_barrier_init(&guests.all, NULL, GUESTS);
	if (instar_map_create(&guests.map, guests.domain, NULL) != INSTAR_OK)
		bail_out("no map");
	for (unsigned i = 0; i < GUESTS; i++)
		if (pthread_create(&threads[i], NULL, guest, &guests))
			bail_out("no thread");
	for (unsigned i = 0; i < GUESTS; i++)
		pthread_join(threads[i], NULL);
	ok(!guests.failed && guests.turned_away == away && instar_size(guests.map) == GUESTS,
	   "%s: %u threads at the same time, %u of them without a handle", scheme->info.name, GUESTS, away);
	instar_map_destroy(guests.map);
	t = join_domain(guests.domain);
	ok(instar_barrier(t) == INSTAR_OK &&
	   cargo_count(guests.cargo, GUESTS, frees(scheme)) == (frees(scheme) ? GUESTS - away : GUESTS),
	   "%s: then there is room again, and what they retired is freed", scheme->info.name);
	close_domain(guests.domain, t);
	pthread_barrier_destroy(&guests.all);
	free(guests.cargo);
}

/* ---- explicit and implicit handles ---- */

static void job_self(struct actor *a, void *arg)
{
	(void)arg;
	if (instar_thread_self(a->domain, &a->self) != INSTAR_OK)
		abort();
}

static void counted_handles(const struct reclaim_scheme *scheme)
{
	instar_domain *domain = open_domain(scheme, NULL);
	instar_thread *a, *b, *c;
	struct actor other;
	bool same = instar_thread_attach(domain, &a) == INSTAR_OK && instar_thread_attach(domain, &b) == INSTAR_OK &&
		    instar_thread_self(domain, &c) == INSTAR_OK && a == b && a == c;

	ok(same && attached(domain) == 1, "%s: a thread has one handle, however it asks", scheme->info.name);
	ok(instar_thread_detach(a) == INSTAR_OK && attached(domain) == 1 && instar_thread_detach(a) == INSTAR_OK &&
	   attached(domain) == 0, "%s: it takes as many detaches", scheme->info.name);
	ok(instar_thread_detach(a) == INSTAR_MISUSE, "%s: and one more is MISUSE", scheme->info.name);
	ok(instar_thread_self(domain, &a) == INSTAR_OK && instar_thread_attach(domain, &b) == INSTAR_OK && a == b &&
	   instar_thread_detach(b) == INSTAR_OK && attached(domain) == 1, "%s: an implicit handle stays",
	   scheme->info.name);
	ok(instar_domain_destroy(domain) == INSTAR_OK, "%s: until its domain is destroyed", scheme->info.name);
	domain = open_domain(scheme, NULL);
	actor_start_bare(&other, domain);
	actor_do(&other, job_self, NULL);
	actor_stop(&other);
	a = join_domain(domain);
	ok(a == other.self && instar_thread_detach(a) == INSTAR_OK && attached(domain) == 0,
	   "%s: or its thread has ended: for the next it is an explicit one", scheme->info.name);
	instar_domain_destroy(domain);
}

/* ---- threads that do not go as they should ---- */

static struct instar_deadline patience(void)
{
	return (struct instar_deadline){ .timeout_ns = (uint64_t)PATIENCE * 1000000000 };
}

/* What another thread retires is freed. */
static void job_retire(struct actor *a, void *arg)
{
	struct instar_deadline deadline = patience();

	cargo_retire(a->self, arg);
	if (instar_barrier_until(a->self, &deadline) != INSTAR_OK)
		diag("nothing is freed within %d s", PATIENCE);
}

/* A thread is online in one domain, which goes with its handle, and offline in another: it holds back nobody there. */
static void gone_online(const struct reclaim_scheme *scheme)
{
	instar_domain *first = open_domain(scheme, NULL), *second = open_domain(scheme, NULL);
	struct cargo *cargo = cargo_new(1);
	instar_thread *t = join_domain(second), *implicit;
	struct actor other;
	bool fine = instar_thread_self(first, &implicit) == INSTAR_OK;

	instar_thread_online(implicit);
	fine = fine && instar_domain_destroy(first) == INSTAR_OK;
	instar_thread_offline(t);
	actor_start(&other, second);
	actor_do(&other, job_retire, cargo);
	actor_stop(&other);
	ok(fine && (cargo_destroyed(cargo) || !frees(scheme)), "%s: who was online in a domain that is gone holds back nobody",
	   scheme->info.name);
	close_domain(second, t);
	free(cargo);
}

struct victim {
	instar_domain *domain;
	struct cargo *cargo;
};

static void *wait_to_be_cancelled(void *arg)
{
	struct victim *v = arg;
	instar_thread *t = join_domain(v->domain);

	cargo_retire(t, v->cargo);
	instar_barrier(t);
	instar_thread_detach(t);
	return NULL;
}

/* While it waits for a reader; others do not find out. */
static void cancelled_in_a_barrier(const struct reclaim_scheme *scheme)
{
	const struct timespec nap = { 0, 50000000 };
	instar_domain *domain = open_domain(scheme, NULL);
	struct cargo *cargo = cargo_new(2);
	struct victim victim = { domain, cargo };
	struct actor reader, other;
	pthread_t thread;

	actor_start(&reader, domain);
	actor_start(&other, domain);
	actor_do(&reader, actor_enter, NULL);
	if (pthread_create(&thread, NULL, wait_to_be_cancelled, &victim))
		bail_out("no thread");
	nanosleep(&nap, NULL);
	pthread_cancel(thread);
	nanosleep(&nap, NULL);
	actor_do(&reader, actor_leave, NULL);
	pthread_join(thread, NULL);
	actor_do(&other, job_retire, cargo + 1);
	actor_stop(&other);
	actor_stop(&reader);
	ok(cargo_count(cargo, 2, 1) == 2 || !frees(scheme), "%s: one is cancelled in a barrier, and the next goes through",
	   scheme->info.name);
	instar_domain_destroy(domain);
	free(cargo);
}

/* ---- */

static void test_scheme(const struct reclaim_scheme *scheme)
{
	if (frees(scheme) && !scheme->wait)
		handles_of_nobody(scheme);
	if (!scheme->info.max_threads)
		looks_at_the_limit(scheme);
	churn(scheme);
	many_at_once(scheme);
	counted_handles(scheme);
	gone_online(scheme);
	cancelled_in_a_barrier(scheme);
}

int main(void)
{
	each_table(test_scheme);
	return done_testing();
}
