/*
 * tests/conc/background.c - domains with a worker (INSTAR_DOMAIN_BACKGROUND): it does what the other threads leave to
 * it, and they go on without it.
 */
#include <sched.h>
#include <signal.h>
#include <sys/wait.h>
#include <unistd.h>

#include "reclaim/futex.h"
#include "reclaim/private.h"
#include "src/state.h"
#include "tests/support/cargo.h"
#include "tests/support/child.h"
#include "tests/support/sanitizer.h"
#include "tests/support/schemes.h"
#include "tests/support/tap.h"
#include "tests/support/threads.h"

enum {
	PATIENCE = 120,    /* seconds for everything: a worker that does nothing is a test that does not end */
	OBJECTS = 5000,    /* fewer than a thread would look after itself */
	TOO_MANY = 40000,  /* more than that */
	GROWTHS = 4,
	AUDITED = 100000,  /* keys, or more: until a migration was met */
	DOMAINS = 12,
	MAPS = 20,
	CHURNERS = 3,
	TIMEOUT_NS = 20000000,
	WORKER_NAPS = 1,   /* what reclaim/background.c says that it does */
	WORKER_SLEEPS = 2,
	TABLES = 20,
	NAPS = 10,         /* twice as long each time it would be more than */
	A_LONG_NAP_NS = 20000000
};

static instar_domain *open_with_worker(const struct reclaim_scheme *scheme)
{
	struct instar_domain_opts opts = INSTAR_DOMAIN_OPTS_INIT;

	opts.flags = INSTAR_DOMAIN_BACKGROUND;
	return open_domain(scheme, &opts);
}

static bool close_both(instar_domain *domain, instar_thread *t)
{
	return instar_thread_detach(t) == INSTAR_OK && instar_domain_destroy(domain) == INSTAR_OK;
}

static void pause_shortly(void)
{
	nanosleep(&(struct timespec){ 0, 200000 }, NULL);
}

static uint64_t pending(instar_domain *domain)
{
	struct instar_reclaim_stats stats;

	instar_domain_stats(domain, &stats);
	return stats.pending_objects;
}

/* The caller does nothing for it. */
static void wait_until_freed(instar_domain *domain)
{
	while (pending(domain))
		pause_shortly();
}

/* What this thread has freed, of whatever class. */
static uint64_t freed_by(const instar_thread *t)
{
	return t->own->counters.freed_objects[RECLAIM_ENTRY] + t->own->counters.freed_objects[RECLAIM_TABLE];
}

/* ---- destructors ---- */

struct seen {
	pthread_t thread;
	unsigned here, elsewhere; /* destructors that ran on `thread`, on others */
	bool signals;             /* one could have been interrupted by a signal */
};

static void see(void *object, void *context)
{
	struct seen *seen = context;
	sigset_t blocked;

	(void)object;
	if (pthread_equal(pthread_self(), seen->thread)) {
		__atomic_fetch_add(&seen->here, 1, __ATOMIC_RELAXED);
		return;
	}
	pthread_sigmask(SIG_SETMASK, NULL, &blocked);
	if (!sigismember(&blocked, SIGUSR1) || !sigismember(&blocked, SIGTERM))
		__atomic_store_n(&seen->signals, true, __ATOMIC_RELAXED);
	__atomic_fetch_add(&seen->elsewhere, 1, __ATOMIC_RELAXED);
}

/* Where the worker is parked. */
struct gate {
	bool reached, open; /* atomic */
};

static void wait_at_gate(void *object, void *context)
{
	struct gate *gate = object;

	(void)context;
	__atomic_store_n(&gate->reached, true, __ATOMIC_SEQ_CST);
	while (!__atomic_load_n(&gate->open, __ATOMIC_SEQ_CST))
		pause_shortly();
}

static void open_gate(struct gate *gate)
{
	__atomic_store_n(&gate->open, true, __ATOMIC_SEQ_CST);
}

/* The caller does not free: its queue is short. */
static void park_worker(instar_thread *t, struct gate *gate)
{
	*gate = (struct gate){ false, false };
	if (instar_retire(t, gate, 1, wait_at_gate, NULL) != INSTAR_OK)
		bail_out("no memory");
	instar_thread_offline(t);
	while (!__atomic_load_n(&gate->reached, __ATOMIC_SEQ_CST))
		pause_shortly();
	instar_thread_online(t);
}

/* ---- what it leaves alone, and what it is told ---- */

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

/* Burials leave no garbage: what the worker knows of them it was told. */
static void burials_ask(const struct reclaim_scheme *scheme)
{
	instar_domain *domain = open_with_worker(scheme);
	instar_thread *t = join_domain(domain);
	uint64_t before = load_relaxed(&domain->counters.grace_periods);

	instar_thread_offline(t);
	while (load_relaxed(&domain->counters.grace_periods) == before) {
		reclaim_worked(t, RECLAIM_WORK_STEP);
		reclaim_after_write(t);
		pause_shortly();
	}
	ok(close_both(domain, t), "%s: the worker makes grace periods for burials, too", scheme->info.name);
}

/* ---- its naps ---- */

static uint64_t naps, longest_nap; /* atomic; ns; as the linker has them seen here */
static uint64_t sleeps, wakes;     /* atomic; how often it found nothing to do, was woken up */

long __real_syscall(long number, ...);
long __wrap_syscall(long number, ...);

static void note_nap(const struct timespec *time)
{
	uint64_t ns = (uint64_t)time->tv_sec * 1000000000 + (uint64_t)time->tv_nsec;

	if (ns > load_relaxed(&longest_nap))
		store_relaxed(&longest_nap, ns);
	fetch_add_seq_cst(&naps, 1);
}

static void note_rest(unsigned how, const struct timespec *time)
{
	if (how == WORKER_NAPS)
		note_nap(time);
	else if (how == WORKER_SLEEPS)
		fetch_add_seq_cst(&sleeps, 1);
}

/* As the C library's, it takes what there is for six arguments. */
long __wrap_syscall(long number, ...)
{
	long argument[6];
	va_list list;

	va_start(list, number);
	for (unsigned i = 0; i < 6; i++)
		argument[i] = va_arg(list, long);
	va_end(list);
	if (number == SYS_futex && (int)argument[1] == FUTEX_WAKE_UP)
		fetch_add_seq_cst(&wakes, 1);
	else if (number == SYS_futex && (int)argument[1] == FUTEX_SLEEP)
		note_rest((unsigned)argument[2], (const struct timespec *)argument[3]);
	return __real_syscall(number, argument[0], argument[1], argument[2], argument[3], argument[4], argument[5]);
}

/* The worker sleeps while the first table is filled; true: it was woken by then. */
static bool growth_wakes(instar_domain *domain, instar_thread *t)
{
	uint64_t slept = load_seq_cst(&sleeps), woken;
	instar_map *map;

	if (instar_map_create(&map, domain, NULL) != INSTAR_OK)
		bail_out("no memory");
	instar_thread_offline(t);
	while (load_seq_cst(&sleeps) == slept)
		pause_shortly();
	instar_thread_online(t);
	woken = load_seq_cst(&wakes);
	for (uint64_t key = 0; !load_relaxed(&map->growths); key++)
		instar_insert(map, t, key, key, NULL);
	woken = load_seq_cst(&wakes) - woken;
	instar_map_destroy(map);
	return woken;
}

/* Unless it woke up by itself just then. */
static void told_of_migrations(const struct reclaim_scheme *scheme)
{
	instar_domain *domain = open_with_worker(scheme);
	instar_thread *t = join_domain(domain);
	unsigned told = 0;

	for (unsigned i = 0; i < TABLES; i++)
		told += growth_wakes(domain, t);
	ok(told > TABLES / 2, "%s: who installs a table wakes the worker (%u of %u times)", scheme->info.name, told, TABLES);
	close_both(domain, t);
}

/* What it asks for, not what it gets. */
static void naps_have_an_end(void)
{
	instar_domain *domain;
	instar_thread *t;
	static char object;
	bool known;

	store_relaxed(&naps, 0);
	store_relaxed(&longest_nap, 0);
	domain = open_with_worker(reclaim_find("ebr-fence", &known));
	t = join_domain(domain);
	instar_enter(t);
	for (unsigned i = 0; i < RECLAIM_WORK_STEP; i++)
		instar_retire(t, &object, 1, destroy_nothing, NULL);
	while (load_relaxed(&naps) < NAPS)
		pause_shortly();
	ok(load_relaxed(&longest_nap) <= A_LONG_NAP_NS,
	   "however long a reader stays, the worker looks again after %llu us at the latest",
	   (unsigned long long)load_relaxed(&longest_nap) / 1000);
	instar_leave(t);
	close_both(domain, t);
}

/* ---- while it keeps up ---- */

static void worker_frees(const struct reclaim_scheme *scheme)
{
	instar_domain *domain = open_with_worker(scheme);
	instar_thread *t = join_domain(domain);
	struct seen seen = { .thread = pthread_self() };
	static char object;
	uint64_t freed;

	for (unsigned i = 0; i < OBJECTS; i++) {
		instar_retire(t, &object, 1, see, &seen);
		instar_thread_quiescent(t);
	}
	instar_thread_offline(t);
	wait_until_freed(domain);
	freed = freed_by(t);
	ok(close_both(domain, t), "%s: the worker ends with its domain", scheme->info.name);
	ok(seen.elsewhere == OBJECTS && !seen.here && !freed, "%s: it has freed all, others nothing (%u, %u)",
	   scheme->info.name, seen.elsewhere, seen.here);
	ok(!seen.signals, "%s: signals are not for it", scheme->info.name);
}

static uint64_t births(instar_map *map, const instar_thread *t)
{
	return load_relaxed(&map_line(map, t)->births);
}

static void wait_until_migrated(instar_map *map)
{
	struct instar_map_stats stats;

	do {
		pause_shortly();
		instar_map_stats(map, &stats);
	} while (stats.migrating);
}

static bool holds_keys(instar_map *map, instar_thread *t, uint64_t keys)
{
	uint64_t value;
	unsigned wrong = 0;

	for (uint64_t key = 0; key < keys; key++)
		wrong += instar_get(map, t, key, &value) != INSTAR_OK || value != ~key;
	return !wrong && instar_size(map) == keys && instar_map_check(map, stdout) == INSTAR_OK;
}

static void worker_migrates(const struct reclaim_scheme *scheme)
{
	instar_domain *domain = open_with_worker(scheme);
	instar_thread *t = join_domain(domain);
	struct instar_map_opts opts = INSTAR_MAP_OPTS_INIT;
	uint64_t key = 0, borne;
	instar_map *map;

	opts.seed[0] = 1; /* with another, a home could be full before it is time to grow */
	if (instar_map_create(&map, domain, &opts) != INSTAR_OK)
		bail_out("no memory");
	for (unsigned growths = 0; growths < GROWTHS; growths++) {
		while (load_relaxed(&map->growths) == growths) {
			instar_insert(map, t, key, ~key, NULL);
			key++;
		}
		instar_thread_offline(t);
		wait_until_migrated(map);
		instar_thread_online(t);
	}
	borne = births(map, t);
	ok(!borne && holds_keys(map, t, key), "%s: the worker moves %u tables, others no home (%u)", scheme->info.name,
	   GROWTHS, (unsigned)borne);
	instar_map_destroy(map);
	close_both(domain, t);
}

/* The worker stands still while the map is looked at, and goes on in between. */
static void audits_meanwhile(const struct reclaim_scheme *scheme)
{
	instar_domain *domain = open_with_worker(scheme);
	instar_thread *t = join_domain(domain);
	unsigned audits = 0, wrong = 0;
	struct instar_map_stats stats;
	instar_map *map;

	if (instar_map_create(&map, domain, NULL) != INSTAR_OK)
		bail_out("no map");
	for (uint64_t key = 0; key < AUDITED || !audits; key++) {
		if (instar_insert(map, t, key, key, NULL) != INSTAR_OK)
			bail_out("no memory");
		if (!prev_table(load_acquire(&((struct table *)load_acquire(&map->root))->prev)))
			continue;
		do {
			wrong += instar_map_check(map, stdout) != INSTAR_OK;
			audits++;
			pause_shortly();
			instar_map_stats(map, &stats);
		} while (stats.migrating);
	}
	ok(!wrong, "%s: %u audits while the worker migrates, %u of them wrong", scheme->info.name, audits, wrong);
	instar_map_destroy(map);
	ok(close_both(domain, t), "%s: map and domain go", scheme->info.name);
}

/* ---- without it ---- */

static void others_free(const struct reclaim_scheme *scheme)
{
	instar_domain *domain = open_with_worker(scheme);
	instar_thread *t = join_domain(domain);
	struct seen seen = { .thread = pthread_self() };
	struct gate gate;
	unsigned retired = 0;
	static char object;

	park_worker(t, &gate);
	while (retired < TOO_MANY || !freed_by(t)) {
		instar_retire(t, &object, 1, see, &seen);
		instar_thread_quiescent(t);
		retired++;
	}
	ok(seen.here && !seen.elsewhere, "%s: while the worker sleeps others free (%u of %u)", scheme->info.name, seen.here,
	   retired);
	ok(instar_barrier_until(t, &(struct instar_deadline){ TIMEOUT_NS, NULL }) == INSTAR_TIMEOUT,
	   "%s: barrier waits for what the worker has in hand", scheme->info.name);
	open_gate(&gate);
	ok(instar_barrier(t) == INSTAR_OK && seen.here + seen.elsewhere == retired, "%s: and for no more",
	   scheme->info.name);
	close_both(domain, t);
}

static void others_migrate(const struct reclaim_scheme *scheme)
{
	instar_domain *domain = open_with_worker(scheme);
	instar_thread *t = join_domain(domain);
	struct gate gate;
	uint64_t key = 0;
	instar_map *map;

	if (instar_map_create(&map, domain, NULL) != INSTAR_OK)
		bail_out("no memory");
	park_worker(t, &gate);
	while (load_relaxed(&map->growths) < GROWTHS || prev_table(((struct table *)load_acquire(&map->root))->prev)) {
		instar_insert(map, t, key, ~key, NULL);
		instar_thread_quiescent(t);
		key++;
	}
	ok(births(map, t) && holds_keys(map, t, key), "%s: while the worker sleeps others migrate (%u homes, %u keys)",
	   scheme->info.name, (unsigned)births(map, t), (unsigned)key);
	instar_map_destroy(map);
	open_gate(&gate);
	close_both(domain, t);
}

static int child_goes_on(instar_domain *domain, instar_thread *t, instar_map *map)
{
	struct seen seen = { .thread = pthread_self() };
	uint64_t key = 0;
	int wrong = 0;
	static char object;

	alarm(PATIENCE);
	for (unsigned i = 0; i < OBJECTS; i++, key++) {
		wrong |= instar_retire(t, &object, 1, see, &seen) != INSTAR_OK;
		wrong |= instar_insert(map, t, key, ~key, NULL) != INSTAR_OK;
		instar_thread_quiescent(t);
	}
	wrong |= (frees(domain->scheme) && !freed_by(t)) << 1;
	wrong |= (instar_barrier(t) != INSTAR_OK || !holds_keys(map, t, key)) << 2;
	wrong |= (frees(domain->scheme) && seen.here != OBJECTS) << 3;
	wrong |= (instar_map_destroy(map) != INSTAR_OK || !close_both(domain, t)) << 4;
	return wrong | (seen.elsewhere != 0) << 5;
}

static void forks(const struct reclaim_scheme *scheme)
{
	instar_domain *domain = open_with_worker(scheme);
	instar_thread *t = join_domain(domain);
	instar_map *map;
	int status = -1;
	pid_t child;

	if (instar_map_create(&map, domain, NULL) != INSTAR_OK)
		bail_out("no memory");
	fflush(stdout);
	child = fork();
	if (child == 0)
		child_exit(child_goes_on(domain, t, map));
	waitpid(child, &status, 0);
	ok(status == 0, "%s: a child process goes on without the worker (status %#x)", scheme->info.name, (unsigned)status);
	instar_map_destroy(map);
	close_both(domain, t);
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

/* ---- many threads ---- */

struct churn {
	instar_domain *domain;
	instar_map *map;
	unsigned made, gone; /* values, atomic */
};

static void value_gone(void *value, void *context)
{
	struct churn *churn = context;

	free(value);
	__atomic_fetch_add(&churn->gone, 1, __ATOMIC_RELAXED);
}

static void churn_values(unsigned index, void *context)
{
	struct churn *churn = context;
	instar_thread *t = join_domain(churn->domain);

	for (uint64_t i = 0; i < TEST_WORK(30000); i++) {
		uint64_t key = (i * 2654435761u + index) % (i / 2 + 1);
		char *value = malloc(16);

		__atomic_fetch_add(&churn->made, 1, __ATOMIC_RELAXED);
		if (!value || instar_put(churn->map, t, key, (uint64_t)(uintptr_t)value, NULL) > INSTAR_EXISTS)
			abort();
		if (i % 3 == 0)
			instar_remove(churn->map, t, key, NULL);
		instar_thread_quiescent(t);
	}
	instar_thread_detach(t);
}

static void many_at_once(const struct reclaim_scheme *scheme, size_t max_pending_bytes)
{
	struct instar_domain_opts opts = INSTAR_DOMAIN_OPTS_INIT;
	struct instar_map_opts map_opts = INSTAR_MAP_OPTS_INIT;
	struct churn churn = { .domain = NULL };
	bool whole;

	opts.flags = INSTAR_DOMAIN_BACKGROUND;
	opts.max_pending_bytes = max_pending_bytes;
	churn.domain = open_domain(scheme, &opts);
	map_opts.value_free = value_gone;
	map_opts.value_bytes = 16;
	map_opts.ctx = &churn;
	if (instar_map_create(&churn.map, churn.domain, &map_opts) != INSTAR_OK)
		bail_out("no memory");
	run_threads(CHURNERS, churn_values, &churn);
	whole = instar_map_check(churn.map, stdout) == INSTAR_OK && instar_map_destroy(churn.map) == INSTAR_OK;
	whole &= instar_domain_destroy(churn.domain) == INSTAR_OK;
	ok(whole && churn.made == churn.gone,
	   "%s: %u threads and the worker, %zu bytes allowed: %u values made, %u gone", scheme->info.name, CHURNERS,
	   max_pending_bytes, churn.made, churn.gone);
}

static void many_domains(void)
{
	instar_domain *domain[DOMAINS];
	instar_thread *t[DOMAINS];
	struct seen seen = { .thread = pthread_self() };
	unsigned wrong = 0;
	static char object;
	bool known;

	for (unsigned i = 0; i < DOMAINS; i++) {
		domain[i] = open_with_worker(reclaim_find("ebr-fence", &known));
		t[i] = join_domain(domain[i]);
	}
	for (unsigned n = 0; n < 100 * DOMAINS; n++)
		instar_retire(t[n % DOMAINS], &object, 1, see, &seen);
	for (unsigned i = 0; i < DOMAINS; i++)
		wait_until_freed(domain[i]);
	for (unsigned i = 0; i < DOMAINS; i++)
		wrong += !close_both(domain[i], t[i]);
	ok(!wrong && seen.elsewhere == 100 * DOMAINS, "%u domains have a worker each", DOMAINS);
}

/* ---- without memory ---- */

static void *no_memory(size_t size, size_t alignment, void *context)
{
	unsigned *left = context;
	void *memory;

	if (!*left)
		return NULL;
	--*left;
	return posix_memalign(&memory, alignment < sizeof(void *) ? sizeof(void *) : alignment, size) ? NULL : memory;
}

static void give_back(void *memory, size_t size, size_t alignment, void *context)
{
	(void)size;
	(void)alignment;
	(void)context;
	free(memory);
}

static void no_worker_to_be_had(void)
{
	struct instar_domain_opts opts = INSTAR_DOMAIN_OPTS_INIT;
	struct instar_allocator allocator = { sizeof allocator, no_memory, give_back, no_memory, give_back, NULL };
	enum instar_status status = INSTAR_NOMEM;
	instar_domain *domain = NULL;
	pthread_attr_t small, huge;
	unsigned wrong = 0, requests;

	opts.flags = INSTAR_DOMAIN_BACKGROUND;
	opts.allocator = &allocator;
	for (requests = 0; status == INSTAR_NOMEM; requests++) {
		unsigned left = requests;

		allocator.ctx = &left;
		status = instar_domain_create(&domain, "ebr-fence", &opts);
		wrong += status == INSTAR_NOMEM && domain;
	}
	ok(status == INSTAR_OK && !wrong && requests > 3, "create: NOMEM whichever of the %u requests fails", requests - 1);
	ok(instar_domain_destroy(domain) == INSTAR_OK, "and then a domain");
	opts.allocator = NULL;
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
			attached += load_acquire(&other->attached) != 0;
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

static void test_scheme(const struct reclaim_scheme *scheme)
{
	signals_are_the_callers(scheme);
	if (frees(scheme)) {
		burials_ask(scheme);
		worker_frees(scheme);
		others_free(scheme);
		others_migrate(scheme);
		many_at_once(scheme, 4096);
		worker_ends(scheme);
	}
	told_of_migrations(scheme);
	worker_migrates(scheme);
	audits_meanwhile(scheme);
	destroy_at_once(scheme);
	maps_come_and_go(scheme);
	many_at_once(scheme, 0);
	if (scheme->thread_lost && FORKS_AT_WORK)
		forks(scheme);
}

int main(void)
{
	alarm(PATIENCE * 5);
	each_table(test_scheme);
	many_domains();
	naps_have_an_end();
	no_worker_to_be_had();
	return done_testing();
}
