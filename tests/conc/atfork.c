/*
 * tests/conc/atfork.c - domains made with INSTAR_DOMAIN_ATFORK: what a child process may do, whatever the threads that
 * it does not have were doing.
 */
#include <sched.h>
#include <sys/wait.h>
#include <unistd.h>

#include <instar/bytes.h>

#include "reclaim/debra.h"
#include "reclaim/private.h"
#include "src/state.h"
#include "src/step.h"
#include "tests/support/actor.h"
#include "tests/support/cargo.h"
#include "tests/support/child.h"
#include "tests/support/sanitizer.h"
#include "tests/support/schemes.h"
#include "tests/support/tap.h"

enum { CHILD_PATIENCE = 60, OBJECTS = 1000, KEYS = 500, FORKS = 8, CHURNERS = 2, MANY = 20000, BUSY_FORKS = 10, LOOKS = 2000 };
enum { MEND_STRIDE = LIMBO_RECORDS / 5 }; /* meets the ends of chunks */

_Static_assert(LIMBO_RECORDS % MEND_STRIDE == 0, "all of them");

static instar_domain *open_for_forks(const struct reclaim_scheme *scheme, unsigned more)
{
	struct instar_domain_opts opts = INSTAR_DOMAIN_OPTS_INIT;

	opts.flags = INSTAR_DOMAIN_ATFORK | more;
	return open_domain(scheme, &opts);
}

static instar_map *open_map(instar_domain *domain, instar_thread *t)
{
	instar_map *map;

	if (instar_map_create(&map, domain, NULL) != INSTAR_OK)
		bail_out("no memory");
	for (uint64_t key = 0; key < KEYS; key++)
		instar_insert(map, t, key, key, NULL);
	return map;
}

static bool close_all(instar_map *map, instar_domain *domain, instar_thread *t)
{
	return instar_map_destroy(map) == INSTAR_OK && instar_thread_detach(t) == INSTAR_OK &&
	       instar_domain_destroy(domain) == INSTAR_OK;
}

/* A worker may retire meanwhile. */
static bool nothing_is_pending(instar_domain *domain)
{
	struct instar_reclaim_stats stats;

	instar_domain_stats(domain, &stats);
	return !frees(domain->scheme) || domain->background || !(stats.pending_objects | stats.pending_bytes);
}

/* Everything that a process with a map and a handle can do. */
static int uses_all(instar_map *map, instar_domain *domain, instar_thread *t)
{
	struct cargo *cargo = cargo_new(OBJECTS);
	instar_snapshot *snapshot;
	size_t n = 0;
	int wrong = 0;

	for (unsigned i = 0; i < OBJECTS; i++) {
		wrong |= cargo_retire(t, &cargo[i]) != INSTAR_OK;
		instar_thread_quiescent(t);
	}
	wrong |= (instar_snapshot_open(map, t, &snapshot) != INSTAR_OK) << 1;
	wrong |= (instar_put(map, t, KEYS, 1, NULL) != INSTAR_OK) << 2;
	wrong |= (instar_snapshot_count(snapshot, t, &n) != INSTAR_OK || n != KEYS) << 2;
	instar_snapshot_close(snapshot, t);
	wrong |= (instar_count(map, t, &n) != INSTAR_OK || n != KEYS + 1) << 3;
	wrong |= (instar_remove(map, t, KEYS, NULL) != INSTAR_OK) << 3;
	wrong |= (instar_barrier(t) != INSTAR_OK || instar_map_check(map, stdout) != INSTAR_OK) << 4;
	wrong |= ((frees(domain->scheme) && cargo_count(cargo, OBJECTS, 1) != OBJECTS) || !nothing_is_pending(domain)) << 5;
	wrong |= !close_all(map, domain, t) << 6;
	wrong |= (cargo_count(cargo, OBJECTS, 1) != OBJECTS) << 7;
	return wrong;
}

struct world {
	instar_domain *domain;
	instar_thread *t;
	instar_map *map;
	instar_bmap *bytes; /* or NULL */
	instar_snapshot *snapshot; /* or NULL: that the user has open */
	struct cargo *cargo;
};

static int all_is_usable(void *arg)
{
	struct world *w = arg;

	return instar_bmap_destroy(w->bytes) != INSTAR_OK || uses_all(w->map, w->domain, w->t);
}

/* ---- another thread parked in the middle of a count ---- */

static unsigned park_at;          /* enum step */
static pthread_t parked_thread;
static bool reached, go_on;       /* atomic */

static void park(unsigned step)
{
	if (step != park_at || !pthread_equal(pthread_self(), parked_thread) ||
	    __atomic_exchange_n(&reached, true, __ATOMIC_SEQ_CST))
		return;
	while (!__atomic_load_n(&go_on, __ATOMIC_SEQ_CST))
		sched_yield();
}

static void *count_main(void *arg)
{
	struct world *w = arg;
	instar_thread *t = join_domain(w->domain);
	size_t n;

	instar_thread_offline(t);
	parked_thread = pthread_self();
	instar_step_hook = park;
	if (w->bytes)
		instar_bmap_count(w->bytes, t, &n);
	else
		instar_count(w->map, t, &n);
	instar_thread_detach(t);
	return NULL;
}

static uint64_t hash_length(const void *key, size_t length, uint64_t seed, void *ctx)
{
	(void)key;
	(void)ctx;
	return length ^ seed;
}

static instar_bmap *open_bytes(instar_domain *domain, instar_thread *t)
{
	struct instar_bmap_opts opts = INSTAR_BMAP_OPTS_INIT;
	instar_bmap *bytes;

	opts.hash = hash_length;
	if (instar_bmap_create(&bytes, domain, &opts) || instar_bmap_put(bytes, t, "key", 3, 1, NULL))
		bail_out("no memory");
	return bytes;
}

static void forks_amid_a_count(const struct reclaim_scheme *scheme, unsigned step, bool of_bytes)
{
	struct world w = { .domain = open_for_forks(scheme, 0) };
	pthread_t counter;
	int status;

	w.t = join_domain(w.domain);
	w.map = open_map(w.domain, w.t);
	if (of_bytes)
		w.bytes = open_bytes(w.domain, w.t);
	instar_thread_offline(w.t);
	park_at = step;
	reached = go_on = false;
	if (pthread_create(&counter, NULL, count_main, &w))
		bail_out("no thread");
	while (!__atomic_load_n(&reached, __ATOMIC_SEQ_CST))
		sched_yield();
	status = child_of(all_is_usable, &w, CHILD_PATIENCE);
	ok(status == 0, "%s: a child goes on while another thread was counting%s, at %s (status %#x)", scheme->info.name,
	   of_bytes ? " byte strings" : "", step_name(step), (unsigned)status);
	__atomic_store_n(&go_on, true, __ATOMIC_SEQ_CST);
	pthread_join(counter, NULL);
	instar_step_hook = NULL;
	ok(all_is_usable(&w) == 0, "%s: and so does its parent", scheme->info.name);
}

/* ---- a snapshot that the user has open ---- */

static int snapshot_is_usable(void *arg)
{
	struct world *w = arg;
	size_t n = 0;
	bool counted = instar_put(w->map, w->t, KEYS, 1, NULL) == INSTAR_OK &&
		       instar_snapshot_count(w->snapshot, w->t, &n) == INSTAR_OK && n == KEYS;

	instar_remove(w->map, w->t, KEYS, NULL);
	instar_snapshot_close(w->snapshot, w->t);
	return !counted || all_is_usable(w);
}

static void forks_with_a_snapshot(const struct reclaim_scheme *scheme)
{
	struct world w = { .domain = open_for_forks(scheme, 0) };
	int status;

	w.t = join_domain(w.domain);
	w.map = open_map(w.domain, w.t);
	if (instar_snapshot_open(w.map, w.t, &w.snapshot) != INSTAR_OK)
		bail_out("no memory");
	status = child_of(snapshot_is_usable, &w, CHILD_PATIENCE);
	ok(status == 0, "%s: a child has the snapshot that was open (status %#x)", scheme->info.name, (unsigned)status);
	ok(snapshot_is_usable(&w) == 0, "%s: and so has its parent", scheme->info.name);
}

/* ---- the garbage of others ---- */

static void job_retire(struct actor *a, void *arg)
{
	cargo_retire_all(a->self, arg, OBJECTS);
}

static int child_frees_others(void *arg)
{
	struct world *w = arg;
	int wrong = instar_barrier(w->t) != INSTAR_OK;

	wrong |= (frees(w->domain->scheme) && cargo_count(w->cargo, OBJECTS, 1) != OBJECTS) << 1;
	wrong |= uses_all(w->map, w->domain, w->t);
	return wrong | (cargo_count(w->cargo, OBJECTS, 1) != OBJECTS) << 1;
}

/* A third thread keeps it, so that it is there at the fork. */
static void garbage_of_others(const struct reclaim_scheme *scheme)
{
	struct world w = { .domain = open_for_forks(scheme, 0), .cargo = cargo_new(OBJECTS) };
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

/* ---- the worker ---- */

static void note_thread(void *object, void *context)
{
	(void)object;
	if (!pthread_equal(pthread_self(), *(pthread_t *)context))
		__atomic_fetch_add((unsigned *)object, 1, __ATOMIC_SEQ_CST);
}

/* Waits for another thread to free; there is none but the worker. */
static int child_has_worker(void *arg)
{
	struct world *w = arg;
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
	struct world w = { .domain = open_for_forks(scheme, INSTAR_DOMAIN_BACKGROUND) };
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

/* Between the domain's preparation for a fork and the fork: where nobody destroys out of a queue, nobody has it locked. */
static const struct limbo *watched;
static bool seen_locked;

static void watch_queue(void)
{
	for (unsigned i = 0; watched && i < LOOKS && !seen_locked; i++) {
		seen_locked = load_acquire(&watched->busy);
		sched_yield();
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
	seen_locked = false;
	watched = &tally.t->own->limbo;
	for (unsigned i = 0; i < BUSY_FORKS && !status; i++) {
		retire_many(&tally);
		status = child_of(child_has_all_but_a_handful, &tally, CHILD_PATIENCE);
	}
	watched = NULL;
	closed = instar_thread_detach(tally.t) == INSTAR_OK && instar_domain_destroy(domain) == INSTAR_OK;
	ok(status == 0 && !seen_locked && closed, "%s: a child frees its garbage although the worker was at it (status %#x)",
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

/* ---- forks at any moment ---- */

struct churn {
	struct world *w;
	bool stop; /* atomic */
};

static void free_object(void *object, void *context)
{
	(void)context;
	free(object);
}

static void *churn_main(void *arg)
{
	struct churn *churn = arg;
	struct world *w = churn->w;
	instar_thread *t = join_domain(w->domain);
	size_t n;

	for (uint64_t i = 0; !__atomic_load_n(&churn->stop, __ATOMIC_RELAXED); i++) {
		char *object = malloc(32);

		instar_fetch_add(w->map, t, i % KEYS, 1, 0, NULL);
		if (object)
			instar_retire(t, object, 32, free_object, NULL);
		if (i % 16 == 0)
			instar_count(w->map, t, &n);
		instar_thread_quiescent(t);
	}
	instar_thread_detach(t);
	return NULL;
}

static void forks_at_any_moment(const struct reclaim_scheme *scheme, unsigned more)
{
	struct world w = { .domain = open_for_forks(scheme, more) };
	struct churn churn = { &w, false };
	pthread_t thread[CHURNERS];
	int status = 0;

	w.t = join_domain(w.domain);
	w.map = open_map(w.domain, w.t);
	instar_thread_offline(w.t);
	for (unsigned i = 0; i < CHURNERS; i++)
		if (pthread_create(&thread[i], NULL, churn_main, &churn))
			bail_out("no thread");
	for (unsigned i = 0; i < FORKS && !status; i++)
		status = child_of(all_is_usable, &w, CHILD_PATIENCE);
	__atomic_store_n(&churn.stop, true, __ATOMIC_RELAXED);
	for (unsigned i = 0; i < CHURNERS; i++)
		pthread_join(thread[i], NULL);
	ok(status == 0 && close_all(w.map, w.domain, w.t), "%s: %u children go on, with a worker %s (status %#x)",
	   scheme->info.name, FORKS, more ? "each" : "none", (unsigned)status);
}

/* ---- */

static void test_scheme(const struct reclaim_scheme *scheme)
{
	struct instar_domain_opts opts = INSTAR_DOMAIN_OPTS_INIT;
	instar_domain *domain;

	opts.flags = INSTAR_DOMAIN_ATFORK;
	if (!scheme->thread_lost) {
		ok(instar_domain_create(&domain, scheme->info.name, &opts) == INSTAR_UNSUPPORTED && !domain,
		   "%s: does not survive a fork, and says so", scheme->info.name);
		return;
	}
	if (!FORKS_AT_WORK)
		return;
	forks_amid_a_count(scheme, STEP_BEFORE_TABLE, false);
	forks_amid_a_count(scheme, STEP_TABLE_INSTALLED, false);
	forks_amid_a_count(scheme, STEP_CLOSING, false);
	if (scheme->info.section_protects_all)
		forks_amid_a_count(scheme, STEP_SEALED, true);
	forks_with_a_snapshot(scheme);
	garbage_of_others(scheme);
	handles_begin_anew(scheme);
	if (frees(scheme)) {
		worker_is_started_anew(scheme);
		workers_wait_for_all(scheme);
		forks_beside_a_busy_worker(scheme);
	}
	forks_amid_the_end(scheme);
	forks_at_any_moment(scheme, 0);
	forks_at_any_moment(scheme, INSTAR_DOMAIN_BACKGROUND);
}

int main(void)
{
	pthread_atfork(watch_queue, NULL, NULL); /* registered before the library's, it runs after that */
	queues_are_mended();
	looks_begin_anew();
	each_table(test_scheme);
	return done_testing();
}
