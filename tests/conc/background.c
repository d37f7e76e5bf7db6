/*
 * tests/conc/background.c - domains with a worker (INSTAR_DOMAIN_BACKGROUND): it does what the other threads leave to
 * it, and they go on while it sleeps.
 */
#include "src/state.h"
#include "tests/support/sanitizer.h"
#include "tests/support/threads.h"
#include "tests/support/worker.h"

enum {
	OBJECTS = 5000,   /* fewer than a thread would look after itself */
	TOO_MANY = 40000, /* more than that */
	FAR_TOO_MANY = 100 * TOO_MANY,
	GROWTHS = 4,
	AUDITED = 100000, /* keys, or more: until a migration was met */
	DOMAINS = 12,
	CHURNERS = 3,
	TIMEOUT_NS = 20000000
};

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

/* ---- while it sleeps ---- */

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

static void others_free(const struct reclaim_scheme *scheme)
{
	instar_domain *domain = open_with_worker(scheme);
	instar_thread *t = join_domain(domain);
	struct seen seen = { .thread = pthread_self() };
	struct gate gate;
	unsigned retired = 0;
	static char object;

	park_worker(t, &gate);
	while (retired < TOO_MANY || (!freed_by(t) && retired < FAR_TOO_MANY)) {
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

static void test_scheme(const struct reclaim_scheme *scheme)
{
	if (frees(scheme)) {
		worker_frees(scheme);
		others_free(scheme);
		others_migrate(scheme);
		many_at_once(scheme, 4096);
	}
	worker_migrates(scheme);
	audits_meanwhile(scheme);
	many_at_once(scheme, 0);
}

int main(void)
{
	alarm(PATIENCE * 5);
	each_table(test_scheme);
	many_domains();
	return done_testing();
}
