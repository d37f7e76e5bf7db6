/*
 * tests/conc/atfork_worker.c - domains made with INSTAR_DOMAIN_ATFORK and a worker: a child process has one of its own,
 * whatever its parent's was doing, and a domain's end has none.
 */
#include <sched.h>
#include <time.h>

#include "tests/support/actor.h"
#include "tests/support/inherited.h"
#include "tests/support/sanitizer.h"

enum { MANY = 20000, BUSY_FORKS = 10, LOOKS = 50 };

/* ---- a new one ---- */

static void note_thread(void *object, void *context)
{
	(void)object;
	if (!pthread_equal(pthread_self(), *(pthread_t *)context))
		__atomic_fetch_add((unsigned *)object, 1, __ATOMIC_SEQ_CST);
}

/* Waits for another thread to free; there is none but the worker. */
static int child_has_worker(void *arg)
{
	struct inherited *w = arg;
	pthread_t mine = pthread_self();
	unsigned freed = 0;

	for (unsigned i = 0; i < OBJECTS; i++)
		instar_retire(w->t, &freed, 1, note_thread, &mine);
	instar_thread_offline(w->t);
	while (__atomic_load_n(&freed, __ATOMIC_SEQ_CST) != OBJECTS)
		sched_yield();
	instar_thread_online(w->t);
	return uses_all(w->map, w->domain, w->t);
}

static void worker_is_started_anew(const struct reclaim_scheme *scheme)
{
	struct inherited w = { .domain = open_for_forks(scheme, INSTAR_DOMAIN_BACKGROUND) };
	int status;

	w.t = join_domain(w.domain);
	w.map = open_map(w.domain, w.t);
	status = child_of(child_has_worker, &w, CHILD_PATIENCE);
	ok(status == 0, "%s: a child has a worker of its own (status %#x)", scheme->info.name, (unsigned)status);
	ok(close_all(w.map, w.domain, w.t), "%s: and the parent its", scheme->info.name);
}

struct tally {
	instar_thread *t;
	size_t retired, freed; /* freed: atomic */
};

static void count_off(void *object, void *context)
{
	(void)object;
	__atomic_fetch_add(&((struct tally *)context)->freed, 1, __ATOMIC_RELAXED);
}

/* What the worker had taken over to destroy is lost, but not what waits elsewhere. */
static int child_has_all_but_a_handful(void *arg)
{
	struct tally *tally = arg;

	return instar_barrier(tally->t) != INSTAR_OK || tally->retired - tally->freed > 2 * RECLAIM_WORK_STEP;
}

/* Between the domain's preparation for a fork and the fork: nobody takes anything out of a queue. */
static const struct limbo *watched;
static bool seen_taken;

static void watch_queue(void)
{
	uint64_t taken = watched ? load_acquire(&watched->taken) : 0;

	for (unsigned i = 0; watched && i < LOOKS && !seen_taken; i++) {
		nanosleep(&(struct timespec){ 0, 20000 }, NULL);
		seen_taken = load_acquire(&watched->busy) || load_acquire(&watched->taken) != taken;
	}
}

/* Until the worker takes over. */
static void retire_many(struct tally *tally)
{
	struct limbo *limbo = &tally->t->own->limbo;
	uint64_t taken;

	for (unsigned i = 0; i < MANY; i++, tally->retired++)
		if (instar_retire(tally->t, tally, 1, count_off, tally) != INSTAR_OK)
			bail_out("no memory");
	taken = load_acquire(&limbo->taken);
	while (limbo_pending(limbo) && load_acquire(&limbo->taken) == taken)
		sched_yield();
}

static void forks_beside_a_busy_worker(const struct reclaim_scheme *scheme)
{
	instar_domain *domain = open_for_forks(scheme, INSTAR_DOMAIN_BACKGROUND);
	struct tally tally = { .t = join_domain(domain) };
	int status = 0;
	bool closed;

	instar_thread_offline(tally.t);
	seen_taken = false;
	watched = &tally.t->own->limbo;
	for (unsigned i = 0; i < BUSY_FORKS && !status; i++) {
		retire_many(&tally);
		status = child_of(child_has_all_but_a_handful, &tally, CHILD_PATIENCE);
	}
	watched = NULL;
	closed = instar_thread_detach(tally.t) == INSTAR_OK && instar_domain_destroy(domain) == INSTAR_OK;
	ok(status == 0 && !seen_taken && closed, "%s: a child frees its garbage although the worker was at it (status %#x)",
	   scheme->info.name, (unsigned)status);
}

/* ---- a domain that another thread is destroying ---- */

struct ending {
	instar_domain *domain;
	pthread_t ender;
	bool reached, go_on; /* atomic */
	unsigned ended;
};

/* Only the domain's end gets rid of it. */
static void wait_for_the_end(void *object, void *context)
{
	struct ending *e = context;
	instar_thread *t;

	if (!pthread_equal(pthread_self(), e->ender)) {
		if (instar_thread_self(e->domain, &t) || instar_retire(t, object, 1, wait_for_the_end, e))
			bail_out("no memory");
		return;
	}
	__atomic_store_n(&e->reached, true, __ATOMIC_SEQ_CST);
	while (!__atomic_load_n(&e->go_on, __ATOMIC_SEQ_CST))
		sched_yield();
	e->ended++;
}

static void *end_main(void *arg)
{
	struct ending *e = arg;
	instar_thread *t = join_domain(e->domain);

	e->ender = pthread_self();
	if (instar_retire(t, e, 1, wait_for_the_end, e) != INSTAR_OK)
		bail_out("no memory");
	instar_thread_detach(t);
	if (instar_domain_destroy(e->domain) != INSTAR_OK)
		bail_out("in use");
	return NULL;
}

static int nobody_goes_on(void *arg)
{
	const struct ending *e = arg;

	return background_handle(e->domain) != NULL;
}

static void forks_amid_the_end(const struct reclaim_scheme *scheme)
{
	struct ending e = { .domain = open_for_forks(scheme, INSTAR_DOMAIN_BACKGROUND) };
	pthread_t ender;
	int status;

	if (pthread_create(&ender, NULL, end_main, &e))
		bail_out("no thread");
	while (!__atomic_load_n(&e.reached, __ATOMIC_SEQ_CST))
		sched_yield();
	status = child_of(nobody_goes_on, &e, CHILD_PATIENCE);
	__atomic_store_n(&e.go_on, true, __ATOMIC_SEQ_CST);
	pthread_join(ender, NULL);
	ok(status == 0 && e.ended == 1, "%s: a child starts no worker in a domain that was being destroyed (status %#x)",
	   scheme->info.name, (unsigned)status);
}

/* ---- a worker whose destructors use another domain ---- */

enum { MOMENT_NS = 200000000 };

static struct {
	struct reclaim_map watch; /* attached to the older domain, whose turn in the child is later */
	bool destroyed, early;    /* atomic: on the worker; while that domain was not made good yet */
	pthread_t forks;
} order;

static void note_destroyed(void *object, void *context)
{
	(void)object;
	(void)context;
	if (!pthread_equal(pthread_self(), order.forks))
		__atomic_store_n(&order.destroyed, true, __ATOMIC_SEQ_CST);
}

static void look_for_workers(struct reclaim_map *map, enum fork_side side)
{
	(void)map;
	if (side != FORK_CHILD)
		return;
	__atomic_store_n(&order.destroyed, false, __ATOMIC_SEQ_CST);
	nanosleep(&(struct timespec){ 0, MOMENT_NS }, NULL);
	order.early = __atomic_load_n(&order.destroyed, __ATOMIC_SEQ_CST);
}

static bool help_nothing(struct reclaim_map *map, instar_thread *t, size_t homes)
{
	(void)map;
	(void)t;
	(void)homes;
	return false;
}

static int all_were_good(void *arg)
{
	(void)arg;
	while (!__atomic_load_n(&order.destroyed, __ATOMIC_SEQ_CST))
		sched_yield();
	return order.early;
}

static void workers_wait_for_all(const struct reclaim_scheme *scheme)
{
	instar_domain *older = open_for_forks(scheme, 0), *newer;
	struct actor reader;
	instar_thread *t;
	int status;

	order.watch = (struct reclaim_map){ .help = help_nothing, .fork = look_for_workers };
	order.forks = pthread_self();
	reclaim_map_attach(older, &order.watch);
	newer = open_for_forks(scheme, INSTAR_DOMAIN_BACKGROUND);
	t = join_domain(newer);
	instar_thread_offline(t);
	actor_start(&reader, newer); /* lost in the child, where the object's time comes therefore */
	actor_do(&reader, actor_enter, NULL);
	instar_retire(t, &order, 1, note_destroyed, NULL);
	status = child_of(all_were_good, NULL, CHILD_PATIENCE);
	ok(status == 0, "%s: no worker begins in a child before all domains are made good (status %#x)", scheme->info.name,
	   (unsigned)status);
	actor_do(&reader, actor_leave, NULL);
	actor_stop(&reader);
	instar_thread_online(t);
	instar_barrier(t);
	instar_thread_detach(t);
	reclaim_map_detach(older, &order.watch);
	reclaim_map_gone(older);
	if (instar_domain_destroy(newer) != INSTAR_OK || instar_domain_destroy(older) != INSTAR_OK)
		bail_out("%s: in use", scheme->info.name);
}

static void test_scheme(const struct reclaim_scheme *scheme)
{
	if (!scheme->thread_lost || !FORKS_AT_WORK)
		return;
	if (frees(scheme)) {
		worker_is_started_anew(scheme);
		workers_wait_for_all(scheme);
		forks_beside_a_busy_worker(scheme);
	}
	forks_amid_the_end(scheme);
}

int main(void)
{
	pthread_atfork(watch_queue, NULL, NULL); /* registered before the library's, it runs after that */
	each_table(test_scheme);
	return done_testing();
}
