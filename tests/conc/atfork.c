/*
 * tests/conc/atfork.c - domains made with INSTAR_DOMAIN_ATFORK: what a child process may do, whatever the threads that
 * it does not have were doing.
 */
#include <sched.h>

#include "src/step.h"
#include "tests/support/inherited.h"
#include "tests/support/sanitizer.h"

enum { FORKS = 8, CHURNERS = 2 };

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
	struct inherited *w = arg;
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
	struct inherited w = { .domain = open_for_forks(scheme, 0) };
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
	struct inherited *w = arg;
	size_t n = 0;
	bool counted = instar_put(w->map, w->t, KEYS, 1, NULL) == INSTAR_OK &&
		       instar_snapshot_count(w->snapshot, w->t, &n) == INSTAR_OK && n == KEYS;

	instar_remove(w->map, w->t, KEYS, NULL);
	instar_snapshot_close(w->snapshot, w->t);
	return !counted || all_is_usable(w);
}

static void *open_snapshot(void *arg)
{
	struct inherited *w = arg;

	instar_snapshot_open(w->map, NULL, &w->snapshot);
	return NULL;
}

/* By another thread than forks: for that alone it is not taken for one of a call. */
static void forks_with_a_snapshot(const struct reclaim_scheme *scheme)
{
	struct inherited w = { .domain = open_for_forks(scheme, 0) };
	pthread_t opener;
	int status;

	w.t = join_domain(w.domain);
	w.map = open_map(w.domain, w.t);
	instar_thread_offline(w.t);
	if (pthread_create(&opener, NULL, open_snapshot, &w) || pthread_join(opener, NULL) || !w.snapshot)
		bail_out("no snapshot");
	instar_thread_online(w.t);
	status = child_of(snapshot_is_usable, &w, CHILD_PATIENCE);
	ok(status == 0, "%s: a child has the snapshot that was open (status %#x)", scheme->info.name, (unsigned)status);
	ok(snapshot_is_usable(&w) == 0, "%s: and so has its parent", scheme->info.name);
}

/* ---- a fork by a destructor that an open ran ---- */

enum { RETIRED_AN_OPEN = 100, OPENS = 1000 };

static struct {
	bool armed;
	pid_t child; /* -1: not yet */
} destructor;

static void fork_if_armed(void *object, void *ctx)
{
	(void)object;
	(void)ctx;
	if (!destructor.armed || destructor.child != -1)
		return;
	fflush(stdout);
	destructor.child = fork();
	if (destructor.child == 0)
		alarm(CHILD_PATIENCE);
}

/* Opens until a destructor has forked amid one: that snapshot. */
static void open_until_forked(struct inherited *w)
{
	for (unsigned i = 0; i < OPENS && destructor.child == -1; i++) {
		instar_snapshot_close(w->snapshot, w->t);
		instar_enter(w->t);
		for (unsigned n = 0; n < RETIRED_AN_OPEN; n++)
			instar_retire(w->t, w, 1, fork_if_armed, NULL);
		instar_leave(w->t);
		instar_thread_quiescent(w->t);
		destructor.armed = true;
		if (instar_snapshot_open(w->map, w->t, &w->snapshot) != INSTAR_OK)
			bail_out("no memory");
		destructor.armed = false;
	}
}

static void forks_in_an_open(const struct reclaim_scheme *scheme)
{
	struct inherited w = { .domain = open_for_forks(scheme, 0) };
	int status = -1;

	w.t = join_domain(w.domain);
	w.map = open_map(w.domain, w.t);
	destructor.child = -1;
	open_until_forked(&w);
	if (destructor.child == 0)
		child_exit(snapshot_is_usable(&w));
	if (destructor.child != -1)
		waitpid(destructor.child, &status, 0);
	ok(status == 0, "%s: a destructor forks amid an open, whose snapshot both have (status %#x)", scheme->info.name,
	   (unsigned)status);
	ok(snapshot_is_usable(&w) == 0, "%s: the parent, too", scheme->info.name);
}

/* ---- forks at any moment ---- */

struct churn {
	struct inherited *w;
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
	struct inherited *w = churn->w;
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
	struct inherited w = { .domain = open_for_forks(scheme, more) };
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
	if (frees(scheme))
		forks_in_an_open(scheme);
	forks_at_any_moment(scheme, 0);
	forks_at_any_moment(scheme, INSTAR_DOMAIN_BACKGROUND);
}

int main(void)
{
	each_table(test_scheme);
	return done_testing();
}
