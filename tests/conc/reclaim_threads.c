/*
 * tests/conc/reclaim_threads.c - threads come and go, under every scheme: what they retired is freed by
 * others, what they held is let go; signal handlers and child processes use the domain as well.
 */
#include <sched.h>
#include <signal.h>
#include <sys/wait.h>
#include <unistd.h>

#include <instar/instar.h>

#include "reclaim/tsan.h"
#include "tests/support/actor.h"
#include "tests/support/cargo.h"
#include "tests/support/child.h"
#include "tests/support/injector.h"
#include "tests/support/rng.h"
#include "tests/support/schemes.h"
#include "tests/support/tap.h"

#ifdef __SANITIZE_THREAD__
enum { FOLLOW_FORKS = 0 };
#else
enum { FOLLOW_FORKS = 1 };
#endif
enum { OBJECTS = 1000, CHURN = 400, AT_ONCE = 8, EACH = 5, GUESTS = 40, SIGNALS = 300, FORK_OBJECTS = 300, CHILD_PATIENCE = 20 };
enum { MANY = 200, LOOKS = 20 };

static bool frees(const struct reclaim_scheme *scheme)
{
	return scheme->advance != NULL;
}

static uint64_t attached(instar_domain *domain)
{
	struct instar_reclaim_stats stats;

	instar_domain_stats(domain, &stats);
	return stats.threads;
}

static void close_domain(instar_domain *domain, instar_thread *t)
{
	instar_thread_detach(t);
	if (instar_domain_destroy(domain) != INSTAR_OK)
		abort();
}

/* ---- barrier covers what every thread retired ---- */

static void job_retire(struct actor *a, void *arg)
{
	struct cargo *cargo = arg;

	for (unsigned i = 0; i < OBJECTS; i++)
		if (cargo_retire(a->self, &cargo[i]) != INSTAR_OK)
			abort();
}

/* One thread sleeps attached, one has left. */
static bool barrier_covers_all(const struct reclaim_scheme *scheme)
{
	instar_domain *domain = open_domain(scheme, NULL);
	struct cargo *cargo = cargo_new(2 * OBJECTS);
	instar_thread *t = join_domain(domain);
	struct actor sleeper, leaver;
	bool kept;

	actor_start(&sleeper, domain);
	actor_start(&leaver, domain);
	actor_do(&sleeper, job_retire, cargo);
	actor_do(&leaver, job_retire, cargo + OBJECTS);
	actor_stop(&leaver);
	kept = instar_barrier(t) == INSTAR_OK;
	kept &= cargo_count(cargo, 2 * OBJECTS, frees(scheme)) == 2 * OBJECTS;
	actor_stop(&sleeper);
	close_domain(domain, t);
	kept &= cargo_count(cargo, 2 * OBJECTS, 1) == 2 * OBJECTS;
	free(cargo);
	return kept;
}

/* Where grace periods are made by a library's worker, or when threads have answered signals: lets some go by. */
static void let_pass(instar_thread *t)
{
	if (!t->domain->scheme->wait)
		return;
	instar_synchronize(t);
	wait_for_answers(t);
}

/* Nobody waits for anything, but somebody goes on working: what one of those who left has left is taken up, in no more
 * visits than that takes. */
static void garbage_is_taken_up(const struct reclaim_scheme *scheme)
{
	instar_domain *domain = open_domain(scheme, NULL);
	struct cargo *left = cargo_new(OBJECTS), *own = cargo_new(40 * OBJECTS);
	instar_thread *t = join_domain(domain);
	struct actor leavers[AT_ONCE];

	for (unsigned i = 0; i < AT_ONCE; i++)
		actor_start(&leavers[i], domain);
	actor_do(&leavers[0], job_retire, left);
	for (unsigned i = 0; i < AT_ONCE; i++)
		actor_stop(&leavers[i]);
	for (unsigned i = 0; i < 40 * OBJECTS; i++) {
		instar_thread_quiescent(t);
		cargo_retire(t, &own[i]);
		if (i % OBJECTS == 0)
			let_pass(t);
	}
	ok(cargo_count(left, OBJECTS, frees(scheme)) == OBJECTS,
	   "%s: garbage of a thread that left is taken up by one that retires", scheme->info.name);
	close_domain(domain, t);
	free(left);
	free(own);
}

/* ---- more garbage than is wanted, in the queue of a thread that does nothing ---- */

static void idle_thread_has_it(const struct reclaim_scheme *scheme)
{
	struct instar_domain_opts opts = INSTAR_DOMAIN_OPTS_INIT;
	struct cargo *cargo = cargo_new(OBJECTS);
	struct instar_reclaim_stats stats;
	struct actor idle, reader;
	instar_domain *domain;
	void *found = cargo;
	instar_thread *t;

	opts.max_pending_bytes = OBJECTS / 10 * CARGO_BYTES;
	domain = open_domain(scheme, &opts);
	t = join_domain(domain);
	actor_start(&idle, domain);
	actor_start(&reader, domain);
	instar_thread_offline(t);
	actor_do(&reader, actor_enter, &found); /* so that the idle thread could not free it */
	actor_do(&idle, job_retire, cargo);
	actor_do(&reader, actor_leave, NULL);
	for (unsigned i = 0; i < 4 * OBJECTS; i++) {
		instar_retire(t, cargo, 0, destroy_nothing, NULL);
		if (i % OBJECTS == 0)
			let_pass(t);
	}
	instar_domain_stats(domain, &stats);
	ok(stats.pending_bytes <= opts.max_pending_bytes, "%s: under pressure garbage of an idle thread is freed, too",
	   scheme->info.name);
	actor_stop(&idle);
	actor_stop(&reader);
	close_domain(domain, t);
	free(cargo);
}

/* ---- a table, in the queue of a thread that does nothing ---- */

static void job_retire_table(struct actor *a, void *cargo)
{
	if (!reclaim_reserve(a->self, 1))
		abort();
	reclaim_retire_reserved(a->self, cargo, 0, CARGO_BYTES, RECLAIM_TABLE, cargo_destroy, NULL);
}

/* Tables are large: they wait for no limit, nor for their thread. */
static void idle_thread_has_a_table(const struct reclaim_scheme *scheme)
{
	instar_domain *domain = open_domain(scheme, NULL);
	instar_thread *t = join_domain(domain);
	struct cargo *cargo = cargo_new(1);
	struct actor idle;

	actor_start(&idle, domain);
	actor_do(&idle, job_retire_table, cargo);
	for (unsigned i = 0; i < 20 * OBJECTS; i++) {
		instar_thread_quiescent(t);
		instar_retire(t, cargo, 0, destroy_nothing, NULL);
		if (i % OBJECTS == 0)
			let_pass(t);
	}
	ok(cargo_destroyed(cargo) == 1, "%s: a table of an idle thread is freed by one that retires", scheme->info.name);
	actor_stop(&idle);
	close_domain(domain, t);
	free(cargo);
}

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

	ok(after <= before && before < OBJECTS, "%s: %u polls free an object, and %u after %u threads have come and gone", scheme->info.name, before,
	   after, gone);
}

static void count_press(uint64_t pending_bytes, void *times)
{
	(void)pending_bytes;
	++*(unsigned *)times;
}

/* To look whether there is more garbage than is wanted goes over all handles: the more there are, the less often.  With a
 * limit of nothing each look tells of itself. */
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

	v->failed = (v->way % 3 == 2 ? instar_thread_self(v->domain, &t) : instar_thread_attach(v->domain, &t)) != INSTAR_OK;
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
	ok(!wrong && attached(domain) == 1, "%s: %u threads came and went, with and without detaching", scheme->info.name, n);
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

/* ---- a thread that ends in a destructor ---- */

enum { LEFT = 20, LEAVES_AT = LEFT / 2 };

struct leaving {
	instar_domain *domain;
	struct cargo *cargo;
	pthread_t leaver;
};

static void leave_destroying(void *object, void *context)
{
	struct leaving *leaving = context;

	cargo_destroy(object, NULL);
	if (pthread_equal(pthread_self(), leaving->leaver))
		pthread_exit(NULL);
}

static void retire_to_leave(instar_thread *t, struct leaving *leaving)
{
	for (unsigned i = 0; i < LEFT; i++)
		if (instar_retire(t, &leaving->cargo[i], CARGO_BYTES, i == LEAVES_AT ? leave_destroying : cargo_destroy, leaving))
			abort();
}

static void *leave_polling(void *arg)
{
	struct leaving *leaving = arg;
	instar_thread *t = join_domain(leaving->domain);

	leaving->leaver = pthread_self();
	instar_thread_offline(t);
	retire_to_leave(t, leaving);
	for (;;)
		try_hard(t);
	return NULL;
}

static void *leave_ending(void *arg)
{
	struct leaving *leaving = arg;

	leaving->leaver = pthread_self();
	instar_domain_destroy(leaving->domain);
	return NULL;
}

static void run_leaver(void *leaver_main(void *arg), struct leaving *leaving)
{
	pthread_t leaver;

	if (pthread_create(&leaver, NULL, leaver_main, leaving) != 0)
		bail_out("no thread");
	pthread_join(leaver, NULL);
}

/* The next thread gets its handle, and the queue. */
static void leaver_leaves_a_queue(const struct reclaim_scheme *scheme)
{
	const struct instar_deadline patience = { (uint64_t)CHILD_PATIENCE * 1000000000, NULL };
	struct leaving leaving = { .domain = open_domain(scheme, NULL), .cargo = cargo_new(LEFT + OBJECTS) };
	struct instar_reclaim_stats stats;
	instar_thread *t;
	bool freed;

	run_leaver(leave_polling, &leaving);
	t = join_domain(leaving.domain);
	for (unsigned i = LEFT; i < LEFT + OBJECTS; i++)
		cargo_retire(t, &leaving.cargo[i]);
	freed = instar_barrier_until(t, &patience) == INSTAR_OK;
	instar_domain_stats(leaving.domain, &stats);
	ok(freed && !stats.pending_objects && cargo_count(leaving.cargo, LEFT + OBJECTS, 1) == LEFT + OBJECTS,
	   "%s: what a thread that ended in a destructor left is freed, and that object counts as destroyed",
	   scheme->info.name);
	close_domain(leaving.domain, t);
	free(leaving.cargo);
}

static void leaver_leaves_a_domain(const struct reclaim_scheme *scheme)
{
	struct leaving leaving = { .domain = open_domain(scheme, NULL), .cargo = cargo_new(LEFT) };
	instar_thread *t = join_domain(leaving.domain);

	retire_to_leave(t, &leaving);
	instar_thread_detach(t);
	run_leaver(leave_ending, &leaving);
	ok(instar_domain_destroy(leaving.domain) == INSTAR_OK && cargo_count(leaving.cargo, LEFT, 1) == LEFT,
	   "%s: a domain whose destroyer ended in a destructor can be destroyed", scheme->info.name);
	free(leaving.cargo);
}

/* ---- a thread that ends within a call ---- */

/* As one that is cancelled in a callback.  The next gets its handle, and has sections of its own. */
static void ends_within_a_call(const struct reclaim_scheme *scheme)
{
	const struct instar_deadline patience = { (uint64_t)CHILD_PATIENCE * 1000000000, NULL };
	instar_domain *domain = open_domain(scheme, NULL);
	instar_thread *t = join_domain(domain), *left;
	struct cargo *cargo = cargo_new(1);
	struct actor actor;
	bool kept;

	actor_start(&actor, domain);
	left = actor.self;
	actor_do(&actor, actor_pin, NULL);
	actor_stop(&actor);
	actor_start(&actor, domain);
	actor_do(&actor, actor_pin, NULL);
	cargo_retire(t, cargo);
	try_hard(t);
	kept = cargo_intact(cargo);
	actor_do(&actor, actor_unpin, NULL);
	ok(actor.self == left && kept, "%s: after a thread that ended within a call its handle's next owner is protected",
	   scheme->info.name);
	ok(instar_barrier_until(t, &patience) == INSTAR_OK && cargo_destroyed(cargo) == frees(scheme),
	   "%s: and holds nothing back when it has left", scheme->info.name);
	actor_stop(&actor);
	close_domain(domain, t);
	free(cargo);
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
	   instar_thread_detach(b) == INSTAR_OK && attached(domain) == 1, "%s: an implicit handle stays", scheme->info.name);
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

/* ---- a signal handler has sections of its own ---- */

static instar_thread *handlers;
static struct cargo *shown; /* atomic */
static unsigned handler_faults, handlers_without;

/* FULL: one handler follows another so fast that the section which the first interrupted does not come to its end. */
static void handler(int number)
{
	enum instar_status status;
	void *found;

	(void)number;
	instar_enter(handlers);
	status = instar_protect(handlers, (void *const *)&shown, &found);
	if (status == INSTAR_FULL)
		handlers_without++;
	else if (status != INSTAR_OK)
		abort();
	for (unsigned i = 0; i < 50 && status == INSTAR_OK; i++)
		if (!cargo_intact(found))
			__atomic_fetch_add(&handler_faults, 1, __ATOMIC_RELAXED);
	instar_leave(handlers);
}

static unsigned stop;

static void *interrupted(void *arg)
{
	if (instar_thread_attach(arg, &handlers) != INSTAR_OK)
		abort();
	__atomic_store_n(&stop, 1, __ATOMIC_SEQ_CST);
	while (__atomic_load_n(&stop, __ATOMIC_RELAXED) == 1) {
		instar_enter(handlers);
		instar_enter(handlers);
		instar_leave(handlers);
		instar_leave(handlers);
		instar_thread_quiescent(handlers);
	}
	instar_thread_offline(handlers);
	return NULL;
}

static void signals(const struct reclaim_scheme *scheme)
{
	instar_domain *domain = open_domain(scheme, NULL);
	struct cargo *cargo = cargo_new(SIGNALS + 1);
	instar_thread *t = join_domain(domain);
	struct sigaction action = { .sa_handler = handler }, before;
	pthread_t thread;

	handler_faults = handlers_without = stop = 0;
	shown = &cargo[0];
	sigaction(SIGUSR1, &action, &before);
	if (pthread_create(&thread, NULL, interrupted, domain))
		bail_out("no thread");
	while (!__atomic_load_n(&stop, __ATOMIC_SEQ_CST))
		sched_yield();
	for (unsigned i = 0; i < SIGNALS; i++) {
		pthread_kill(thread, SIGUSR1);
		__atomic_store_n(&shown, &cargo[i + 1], __ATOMIC_SEQ_CST);
		cargo_retire(t, &cargo[i]);
		instar_thread_quiescent(t);
		instar_poll(t, 10);
	}
	__atomic_store_n(&stop, 2, __ATOMIC_SEQ_CST);
	pthread_join(thread, NULL);
	sigaction(SIGUSR1, &before, NULL);
	ok(!handler_faults && handlers_without < SIGNALS, "%s: sections in a signal handler protect (%u had no room)",
	   scheme->info.name, handlers_without);
	ok(instar_barrier(t) == INSTAR_OK && cargo_count(cargo, SIGNALS, frees(scheme)) == SIGNALS,
	   "%s: and leave none open", scheme->info.name);
	close_domain(domain, t);
	free(cargo);
}

/* ---- a child process ---- */

static uint64_t pending(instar_domain *domain)
{
	struct instar_reclaim_stats stats;

	instar_domain_stats(domain, &stats);
	return stats.pending_objects | stats.pending_bytes;
}

/* In the child: the stalled reader is not there any more, and nobody waits for what it retired. */
static int child_uses(instar_domain *domain, instar_thread *t)
{
	struct cargo *cargo = cargo_new(FORK_OBJECTS);
	int wrong = attached(domain) != 1 || pending(domain);

	for (unsigned i = 0; i < FORK_OBJECTS; i++)
		wrong |= cargo_retire(t, &cargo[i]) != INSTAR_OK;
	wrong |= instar_barrier(t) != INSTAR_OK;
	wrong |= (cargo_count(cargo, FORK_OBJECTS, frees(domain->scheme)) != FORK_OBJECTS) << 1;
	wrong |= (instar_thread_detach(t) != INSTAR_OK || instar_domain_destroy(domain) != INSTAR_OK) << 2;
	wrong |= (cargo_count(cargo, FORK_OBJECTS, 1) != FORK_OBJECTS) << 3;
	return wrong;
}

static void forks(const struct reclaim_scheme *scheme)
{
	instar_domain *domain = open_domain(scheme, NULL);
	struct cargo *cargo = cargo_new(OBJECTS);
	instar_thread *t = join_domain(domain);
	struct actor reader;
	int status = -1;
	pid_t child;

	actor_start(&reader, domain);
	actor_do(&reader, actor_enter, NULL);
	actor_do(&reader, job_retire, cargo);
	fflush(stdout);
	child = fork();
	if (child == 0)
		child_exit(child_uses(domain, t));
	waitpid(child, &status, 0);
	ok(WIFEXITED(status) && WEXITSTATUS(status) == 0, "%s: a child process goes on alone (status %d)", scheme->info.name,
	   status);
	actor_do(&reader, actor_leave, NULL);
	ok(instar_barrier(t) == INSTAR_OK && cargo_count(cargo, OBJECTS, frees(scheme)) == OBJECTS,
	   "%s: and its parent as before", scheme->info.name);
	actor_stop(&reader);
	close_domain(domain, t);
	free(cargo);
}

/* ---- a fork in a section ---- */

static void job_try_hard(struct actor *a, void *arg)
{
	(void)arg;
	try_hard(a->self);
}

/* What the others had been waiting for of it, it need not give back to them. */
static void forks_in_a_section(const struct reclaim_scheme *scheme)
{
	instar_domain *domain = open_domain(scheme, NULL);
	instar_thread *t = join_domain(domain);
	struct actor other;
	int status = -1;
	pid_t child;

	actor_start(&other, domain);
	instar_enter(t);
	actor_do(&other, job_try_hard, NULL);
	fflush(stdout);
	child = fork();
	if (child == 0) {
		alarm(CHILD_PATIENCE);
		instar_leave(t);
		child_exit(child_uses(domain, t));
	}
	waitpid(child, &status, 0);
	instar_leave(t);
	ok(status == 0, "%s: a child goes on that was made in a section (status %#x)", scheme->info.name, (unsigned)status);
	actor_stop(&other);
	close_domain(domain, t);
}

/* The child's thread has a section of the shared handle, and then a handle. */
static int child_leaves_shared(instar_domain *domain)
{
	int wrong = domain->shared_readers != 1;
	instar_thread *t;

	alarm(CHILD_PATIENCE);
	instar_leave(reclaim_self(domain));
	if (instar_thread_attach(domain, &t) != INSTAR_OK)
		return wrong | 1 << 4;
	return wrong | child_uses(domain, t);
}

struct bare_fork {
	struct injector injector;
	int status;
};

static void job_fork_in_shared(struct actor *a, void *arg)
{
	struct bare_fork *bare = arg;
	pid_t child;

	injector_refuse(&bare->injector, INJECT_ALL);
	instar_enter(reclaim_self(a->domain));
	injector_refuse(&bare->injector, 0);
	child = fork();
	if (child == 0)
		child_exit(child_leaves_shared(a->domain));
	waitpid(child, &bare->status, 0);
	instar_leave(reclaim_self(a->domain));
}

static void forks_in_a_shared_section(const struct reclaim_scheme *scheme)
{
	struct bare_fork bare = { .status = -1 };
	instar_domain *domain;
	struct actor actor;

	injector_init(&bare.injector);
	domain = open_domain(scheme, &bare.injector.opts);
	actor_start_bare(&actor, domain);
	fflush(stdout);
	actor_do(&actor, job_fork_in_shared, &bare);
	ok(bare.status == 0, "%s: and one that was made in a section without a handle (status %#x)", scheme->info.name,
	   (unsigned)bare.status);
	actor_stop(&actor);
	instar_domain_destroy(domain);
}

/* ---- a fork while another thread frees what the caller retired ---- */

struct freeing {
	instar_domain *domain;
	bool begun, go; /* atomic */
};

static void free_slowly(void *object, void *context)
{
	struct freeing *freeing = context;

	(void)object;
	__atomic_store_n(&freeing->begun, true, __ATOMIC_SEQ_CST);
	while (!__atomic_load_n(&freeing->go, __ATOMIC_SEQ_CST))
		sched_yield();
}

static void *freer_main(void *context)
{
	struct freeing *freeing = context;
	instar_thread *t = join_domain(freeing->domain);

	instar_barrier(t);
	instar_thread_detach(t);
	return NULL;
}

/* In the child nobody goes on freeing; the caller retires and frees all the same. */
static int child_frees(instar_thread *t)
{
	struct cargo *cargo = cargo_new(1);

	alarm(CHILD_PATIENCE);
	return cargo_retire(t, cargo) != INSTAR_OK || instar_barrier(t) != INSTAR_OK || cargo_count(cargo, 1, 1) != 1 ||
	       pending(t->domain);
}

static void forks_amid_freeing(const struct reclaim_scheme *scheme)
{
	struct freeing freeing = { .domain = open_domain(scheme, NULL) };
	instar_thread *t = join_domain(freeing.domain);
	pthread_t freer;
	int status = -1;
	pid_t child;

	instar_retire(t, &freeing, 1, free_slowly, &freeing);
	instar_thread_offline(t);
	if (pthread_create(&freer, NULL, freer_main, &freeing) != 0)
		bail_out("no thread");
	while (!__atomic_load_n(&freeing.begun, __ATOMIC_SEQ_CST))
		sched_yield();
	instar_thread_online(t);
	fflush(stdout);
	child = fork();
	if (child == 0)
		child_exit(child_frees(t));
	waitpid(child, &status, 0);
	ok(status == 0, "%s: a child goes on whose garbage another thread was freeing (status %d)", scheme->info.name, status);
	__atomic_store_n(&freeing.go, true, __ATOMIC_SEQ_CST);
	instar_thread_offline(t);
	pthread_join(freer, NULL);
	instar_thread_online(t);
	close_domain(freeing.domain, t);
}

/* ---- a fork by a destructor, of what another thread retired ---- */

enum { HEIRLOOMS = 100 };

struct heirlooms {
	instar_domain *domain;
	bool retired, done; /* atomic */
	unsigned freed;
	pid_t child;
};

static void fork_once(void *object, void *context)
{
	struct heirlooms *h = context;

	(void)object;
	if (h->freed++ == HEIRLOOMS / 2) {
		fflush(stdout);
		h->child = fork();
		if (h->child == 0)
			alarm(CHILD_PATIENCE);
	}
}

static void *retire_and_wait(void *context)
{
	struct heirlooms *h = context;
	instar_thread *t = join_domain(h->domain);

	instar_enter(t); /* it frees nothing itself */
	for (unsigned i = 0; i < HEIRLOOMS; i++)
		instar_retire(t, h, 1, fork_once, h);
	instar_leave(t);
	instar_thread_offline(t);
	__atomic_store_n(&h->retired, true, __ATOMIC_SEQ_CST);
	while (!__atomic_load_n(&h->done, __ATOMIC_SEQ_CST))
		sched_yield();
	instar_thread_online(t);
	instar_thread_detach(t);
	return NULL;
}

static void fork_in_a_destructor(const struct reclaim_scheme *scheme, unsigned flags)
{
	struct instar_domain_opts opts = INSTAR_DOMAIN_OPTS_INIT;
	struct heirlooms h = { .child = -1 };
	instar_thread *t;
	pthread_t retirer;
	int status = -1;

	opts.flags = flags;
	h.domain = open_domain(scheme, &opts);
	t = join_domain(h.domain);
	if (pthread_create(&retirer, NULL, retire_and_wait, &h))
		bail_out("no thread");
	while (!__atomic_load_n(&h.retired, __ATOMIC_SEQ_CST))
		sched_yield();
	for (unsigned i = 0; i < 10 && h.freed < HEIRLOOMS; i++)
		try_hard(t);
	if (h.child == 0)
		child_exit(child_frees(t) || h.freed != HEIRLOOMS || instar_thread_detach(t) != INSTAR_OK ||
			   instar_domain_destroy(h.domain) != INSTAR_OK);
	waitpid(h.child, &status, 0);
	ok(status == 0 && h.freed == HEIRLOOMS, "%s: a destructor forks and goes on in both processes (status %d, freed %u)",
	   scheme->info.name, status, h.freed);
	__atomic_store_n(&h.done, true, __ATOMIC_SEQ_CST);
	pthread_join(retirer, NULL);
	close_domain(h.domain, t);
}

/* The same, when the domain's end destroys what is left. */
static void fork_at_the_end(const struct reclaim_scheme *scheme, unsigned flags)
{
	struct instar_domain_opts opts = INSTAR_DOMAIN_OPTS_INIT;
	struct heirlooms h = { .child = -1 };
	enum instar_status end;
	instar_thread *t;
	int status = -1;

	opts.flags = flags;
	h.domain = open_domain(scheme, &opts);
	t = join_domain(h.domain);
	instar_enter(t);
	for (unsigned i = 0; i < HEIRLOOMS; i++)
		instar_retire(t, &h, 1, fork_once, &h);
	instar_leave(t);
	instar_thread_detach(t);
	end = instar_domain_destroy(h.domain);
	if (h.child == 0)
		child_exit(end != INSTAR_OK || h.freed != HEIRLOOMS);
	waitpid(h.child, &status, 0);
	ok(status == 0 && end == INSTAR_OK && h.freed == HEIRLOOMS,
	   "%s: a destructor forks while its domain is destroyed (status %d, freed %u)", scheme->info.name, status, h.freed);
}

/* ---- */

/* ---- online and offline, where it is not expected ---- */

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
	instar_thread_quiescent(kept->t);
	instar_thread_offline(kept->t);
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

static bool holds_nothing(struct actor *other, struct kept *kept)
{
	kept->patience = (uint64_t)CHILD_PATIENCE * 1000000000;
	actor_do(other, retire_and_see, kept);
	return kept->status == INSTAR_OK && kept->freed == 1;
}

static void on_and_offline(const struct reclaim_scheme *scheme)
{
	instar_domain *domain = open_domain(scheme, NULL);
	struct actor other;
	struct kept kept;
	instar_thread *again;

	actor_start(&other, domain);
	if (instar_thread_self(domain, &kept.t))
		bail_out("no handle");
	instar_enter(kept.t);
	again = join_domain(domain);
	instar_leave(kept.t);
	ok(again == kept.t && stays_online(&other, &kept), "%s: attached amid a section, and online after it",
	   scheme->info.name);
	ok(instar_synchronize(kept.t) == INSTAR_OK && stays_online(&other, &kept) && instar_barrier(kept.t) == INSTAR_OK &&
	   stays_online(&other, &kept), "%s: online after it has waited, too", scheme->info.name);
	instar_retire(kept.t, &kept, 1, be_quiescent_and_gone, &kept);
	ok(instar_barrier(kept.t) == INSTAR_OK && stays_online(&other, &kept), "%s: no destructor says where its thread is",
	   scheme->info.name);
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
	ok(kept.t == leaver.self && stays_online(&other, &kept), "%s: attached after a thread that ended online, and online",
	   scheme->info.name);
	actor_stop(&other);
	close_domain(domain, kept.t);
}

static void test_scheme(const struct reclaim_scheme *scheme)
{
	ok(barrier_covers_all(scheme), "%s: barrier covers threads asleep and threads gone", scheme->info.name);
	if (frees(scheme)) {
		garbage_is_taken_up(scheme);
		idle_thread_has_it(scheme);
		idle_thread_has_a_table(scheme);
	}
	if (scheme->quiescent) {
		on_and_offline(scheme);
		ends_online(scheme);
	}
	if (frees(scheme) && !scheme->wait)
		handles_of_nobody(scheme);
	if (!scheme->info.max_threads)
		looks_at_the_limit(scheme);
	churn(scheme);
	many_at_once(scheme);
	if (frees(scheme))
		leaver_leaves_a_queue(scheme);
	leaver_leaves_a_domain(scheme);
	ends_within_a_call(scheme);
	counted_handles(scheme);
	if (strcmp(scheme->info.family, "lock"))
		signals(scheme);
	else
		skip(2, "%s: a signal handler must not take locks", scheme->info.name);
	if (!scheme->thread_lost)
		skip(2, "%s: a child process does not use its domains", scheme->info.name);
	else if (FOLLOW_FORKS)
		forks(scheme);
	else
		skip(2, "the thread sanitizer does not follow into a child process");
	if (scheme->thread_lost && FOLLOW_FORKS) {
		forks_in_a_section(scheme);
		forks_in_a_shared_section(scheme);
		fork_at_the_end(scheme, 0);
		fork_at_the_end(scheme, INSTAR_DOMAIN_ATFORK);
	}
	if (scheme->thread_lost && frees(scheme) && FOLLOW_FORKS) {
		forks_amid_freeing(scheme);
		fork_in_a_destructor(scheme, 0);
		fork_in_a_destructor(scheme, INSTAR_DOMAIN_ATFORK);
	}
}

int main(void)
{
	each_table(test_scheme);
	ok(!barrier_covers_all(&reclaim_scheme_loses), "a scheme that loses a leaving thread's garbage is caught");
	return done_testing();
}
