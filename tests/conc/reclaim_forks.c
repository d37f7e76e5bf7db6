/*
 * tests/conc/reclaim_forks.c - child processes use the domain, under every scheme: wherever the fork was, nothing in
 * them waits for the threads that they do not have, and their parents go on as before.
 */
#include <sched.h>
#include <sys/wait.h>
#include <unistd.h>

#include "reclaim/tsan.h"
#include "tests/support/actor.h"
#include "tests/support/cargo.h"
#include "tests/support/child.h"
#include "tests/support/injector.h"
#include "tests/support/schemes.h"
#include "tests/support/tap.h"

#ifdef __SANITIZE_THREAD__
enum { FOLLOW_FORKS = 0 };
#else
enum { FOLLOW_FORKS = 1 };
#endif
enum { OBJECTS = 1000, FORK_OBJECTS = 300, HEIRLOOMS = 100, CHILD_PATIENCE = 20 };

/* ---- a child process ---- */

static uint64_t pending(instar_domain *domain)
{
	struct instar_reclaim_stats stats;

	instar_domain_stats(domain, &stats);
	return stats.pending_objects | stats.pending_bytes;
}

/* In the child: the stalled reader is not there any more, and nobody waits for what it retired. */
static int child_uses(void *handle)
{
	instar_thread *t = handle;
	instar_domain *domain = t->domain;
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

static void job_retire(struct actor *a, void *arg)
{
	cargo_retire_all(a->self, arg, OBJECTS);
}

static void forks(const struct reclaim_scheme *scheme)
{
	instar_domain *domain = open_domain(scheme, NULL);
	struct cargo *cargo = cargo_new(OBJECTS);
	instar_thread *t = join_domain(domain);
	struct actor reader;
	int status;

	actor_start(&reader, domain);
	actor_do(&reader, actor_enter, NULL);
	actor_do(&reader, job_retire, cargo);
	status = child_of(child_uses, t, CHILD_PATIENCE);
	ok(status == 0, "%s: a child process goes on alone (status %d)", scheme->info.name, status);
	actor_do(&reader, actor_leave, NULL);
	ok(instar_barrier(t) == INSTAR_OK && cargo_count(cargo, OBJECTS, frees(scheme)) == OBJECTS,
	   "%s: and its parent as before", scheme->info.name);
	actor_stop(&reader);
	close_domain(domain, t);
	free(cargo);
}

/* ---- a fork in a section ---- */

static int child_leaves(void *handle)
{
	instar_leave(handle);
	return child_uses(handle);
}

/* What the others had been waiting for of it, it need not give back to them. */
static void forks_in_a_section(const struct reclaim_scheme *scheme)
{
	instar_domain *domain = open_domain(scheme, NULL);
	instar_thread *t = join_domain(domain);
	struct actor other;
	int status;

	actor_start(&other, domain);
	instar_enter(t);
	actor_do(&other, actor_try_hard, NULL);
	status = child_of(child_leaves, t, CHILD_PATIENCE);
	instar_leave(t);
	ok(status == 0, "%s: a child goes on that was made in a section (status %#x)", scheme->info.name,
	   (unsigned)status);
	actor_stop(&other);
	close_domain(domain, t);
}

/* The child's thread has a section of the shared handle, and then a handle. */
static int child_leaves_shared(void *arg)
{
	instar_domain *domain = arg;
	int wrong = domain->shared_readers != 1;
	instar_thread *t;

	instar_leave(reclaim_self(domain));
	if (instar_thread_attach(domain, &t) != INSTAR_OK)
		return wrong | 1 << 4;
	return wrong | child_uses(t);
}

struct bare_fork {
	struct injector injector;
	int status;
};

static void job_fork_in_shared(struct actor *a, void *arg)
{
	struct bare_fork *bare = arg;

	injector_refuse(&bare->injector, INJECT_ALL);
	instar_enter(reclaim_self(a->domain));
	injector_refuse(&bare->injector, 0);
	bare->status = child_of(child_leaves_shared, a->domain, CHILD_PATIENCE);
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
static int child_frees(void *handle)
{
	instar_thread *t = handle;
	struct cargo *cargo = cargo_new(1);

	return cargo_retire(t, cargo) != INSTAR_OK || instar_barrier(t) != INSTAR_OK || cargo_count(cargo, 1, 1) != 1 ||
	       pending(t->domain);
}

static void forks_amid_freeing(const struct reclaim_scheme *scheme)
{
	struct freeing freeing = { .domain = open_domain(scheme, NULL) };
	instar_thread *t = join_domain(freeing.domain);
	pthread_t freer;
	int status;

	instar_retire(t, &freeing, 1, free_slowly, &freeing);
	instar_thread_offline(t);
	if (pthread_create(&freer, NULL, freer_main, &freeing) != 0)
		bail_out("no thread");
	while (!__atomic_load_n(&freeing.begun, __ATOMIC_SEQ_CST))
		sched_yield();
	instar_thread_online(t);
	status = child_of(child_frees, t, CHILD_PATIENCE);
	ok(status == 0, "%s: a child goes on whose garbage another thread was freeing (status %d)", scheme->info.name,
	   status);
	__atomic_store_n(&freeing.go, true, __ATOMIC_SEQ_CST);
	instar_thread_offline(t);
	pthread_join(freer, NULL);
	instar_thread_online(t);
	close_domain(freeing.domain, t);
}

/* ---- a fork by a destructor, of what another thread retired ---- */

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
	ok(status == 0 && h.freed == HEIRLOOMS,
	   "%s: a destructor forks and goes on in both processes (status %d, freed %u)", scheme->info.name, status,
	   h.freed);
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
	   "%s: a destructor forks while its domain is destroyed (status %d, freed %u)", scheme->info.name, status,
	   h.freed);
}

/* ---- */

static void test_scheme(const struct reclaim_scheme *scheme)
{
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
	return done_testing();
}
