/*
 * tests/conc/pings.c - schemes that ask threads by a signal: which signal, and what a thread that is asked may be doing.
 */
#include <signal.h>
#include <sys/wait.h>
#include <unistd.h>

#include "reclaim/tsan.h"
#include "tests/support/actor.h"
#include "tests/support/cargo.h"
#include "tests/support/child.h"
#include "tests/support/schemes.h"
#include "tests/support/tap.h"

#ifdef __SANITIZE_THREAD__
enum { HANDLERS_AT_ONCE = 0 };
#else
enum { HANDLERS_AT_ONCE = 1 };
#endif
enum { TIMEOUT_NS = 20000000, CHILD_PATIENCE = 20, OBJECTS = 100 };

static void users_handler(int number)
{
	(void)number;
}

/* Retires one; true: a barrier of t's frees it in time. */
static bool frees_one(instar_thread *t, uint64_t timeout_ns)
{
	struct instar_deadline deadline = { timeout_ns, NULL };
	static struct cargo *cargo;
	static unsigned n;

	cargo = cargo ? cargo : cargo_new(OBJECTS);
	if (n == OBJECTS)
		abort();
	cargo_retire(t, &cargo[n++]);
	return instar_barrier_until(t, &deadline) == INSTAR_OK && cargo_destroyed(&cargo[n - 1]);
}

/* ---- which signal ---- */

static enum instar_status create_with(const struct reclaim_scheme *scheme, int number, int *taken)
{
	struct instar_domain_opts opts = INSTAR_DOMAIN_OPTS_INIT;
	enum instar_status status;
	instar_domain *domain;

	opts.signal = number;
	status = reclaim_domain_create(&domain, scheme, &opts);
	if (status == INSTAR_OK)
		*taken = domain->opts.signal;
	instar_domain_destroy(domain);
	return status;
}

static void chooses_a_signal(const struct reclaim_scheme *scheme)
{
	struct sigaction users = { .sa_handler = users_handler }, before, after;
	const char *name = scheme->info.name;
	int taken = 0, free = SIGRTMIN + 1, users_own = SIGRTMIN + 2;

	ok(create_with(scheme, 0, &taken) == INSTAR_OK && taken >= SIGRTMIN && taken <= SIGRTMAX,
	   "%s: takes a real-time signal by itself", name);
	ok(create_with(scheme, free, &taken) == INSTAR_OK && taken == free && create_with(scheme, free, &taken) == INSTAR_OK,
	   "%s: takes the one it is given, again and again", name);
	sigaction(users_own, &users, &before);
	ok(create_with(scheme, users_own, &taken) == INSTAR_BUSY, "%s: BUSY: it has a handler of the user's", name);
	sigaction(users_own, &before, &after);
	ok(after.sa_handler == users_handler, "%s: which stays", name);
	ok(create_with(scheme, SIGKILL, &taken) == INSTAR_INVAL && create_with(scheme, 1000, &taken) == INSTAR_INVAL,
	   "%s: INVAL: it cannot be caught", name);
}

/* ---- what the thread that is asked is doing ---- */

static void job_mask(struct actor *a, void *arg)
{
	sigset_t signals;

	sigemptyset(&signals);
	sigaddset(&signals, a->domain->opts.signal);
	pthread_sigmask(*(int *)arg, &signals, NULL);
}

static void job_attach(struct actor *a, void *arg)
{
	(void)arg;
	a->self = join_domain(a->domain);
}

static void blocks_it(const struct reclaim_scheme *scheme)
{
	instar_domain *domain = open_domain(scheme, NULL);
	instar_thread *t = join_domain(domain);
	int block = SIG_BLOCK, unblock = SIG_UNBLOCK;
	struct actor other;

	actor_start_bare(&other, domain);
	actor_do(&other, job_mask, &block);
	ok(frees_one(t, 0), "%s: a thread that is not attached is not asked", scheme->info.name);
	actor_do(&other, job_attach, NULL);
	ok(frees_one(t, 0), "%s: to attach unblocks the signal", scheme->info.name);
	actor_do(&other, job_mask, &block);
	ok(!frees_one(t, TIMEOUT_NS), "%s: one that blocks it holds back everything", scheme->info.name);
	ok(!frees_one(t, TIMEOUT_NS), "%s: as long as it does", scheme->info.name);
	actor_do(&other, job_mask, &unblock);
	ok(frees_one(t, 0), "%s: and no longer", scheme->info.name);
	actor_do(&other, job_mask, &block);
	ok(!frees_one(t, TIMEOUT_NS), "%s: asked while it blocks the signal", scheme->info.name);
	actor_stop(&other);
	ok(frees_one(t, 0), "%s: it ends, and holds back nobody", scheme->info.name);
	close_domain(domain, t);
}

struct reading {
	instar_domain *domain;
	int pipe[2];
	bool attached; /* atomic */
	ssize_t got;
};

static void *reader_main(void *arg)
{
	struct reading *reading = arg;
	instar_thread *t = join_domain(reading->domain);
	char byte;

	__atomic_store_n(&reading->attached, true, __ATOMIC_SEQ_CST);
	reading->got = read(reading->pipe[0], &byte, 1);
	instar_thread_detach(t);
	return NULL;
}

static void sleeps_in_a_call(const struct reclaim_scheme *scheme)
{
	struct reading reading = { .domain = open_domain(scheme, NULL) };
	instar_thread *t = join_domain(reading.domain);
	pthread_t reader;

	if (pipe(reading.pipe) || pthread_create(&reader, NULL, reader_main, &reading))
		bail_out("no pipe or thread");
	while (!__atomic_load_n(&reading.attached, __ATOMIC_SEQ_CST))
		cpu_pause();
	ok(frees_one(t, 0) && frees_one(t, 0), "%s: a thread asleep in a system call answers", scheme->info.name);
	ok(write(reading.pipe[1], "", 1) == 1 && pthread_join(reader, NULL) == 0 && reading.got == 1,
	   "%s: and sleeps on", scheme->info.name);
	close(reading.pipe[0]);
	close(reading.pipe[1]);
	close_domain(reading.domain, t);
}

/* ---- a child process ---- */

static void *asks(void *domain)
{
	instar_thread *t = join_domain(domain);
	bool freed = frees_one(t, 0);

	instar_thread_detach(t);
	return freed ? domain : NULL;
}

/* The forking thread is asked by one that the child made. */
static void asked_in_a_child(const struct reclaim_scheme *scheme)
{
	instar_domain *domain = open_domain(scheme, NULL);
	instar_thread *t = join_domain(domain);
	int status = -1;
	pid_t child;

	fflush(stdout);
	child = fork();
	if (child == 0) {
		pthread_t thread;
		void *freed = NULL;

		alarm(CHILD_PATIENCE);
		child_exit(pthread_create(&thread, NULL, asks, domain) || pthread_join(thread, &freed) || freed != domain);
	}
	waitpid(child, &status, 0);
	ok(status == 0, "%s: the forking thread answers in the child, too (status %d)", scheme->info.name, status);
	close_domain(domain, t);
}

/* ---- */

static void test_scheme(const struct reclaim_scheme *scheme)
{
	if (!scheme->info.uses_signals)
		return;
	chooses_a_signal(scheme);
	blocks_it(scheme);
	if (HANDLERS_AT_ONCE) {
		sleeps_in_a_call(scheme);
		asked_in_a_child(scheme);
	} else {
		skip(3, "the thread sanitizer puts off handlers until a read has ended, and does not follow into a child process");
	}
}

int main(void)
{
	each_table(test_scheme);
	ok(true, "schemes that ask no thread need no signal");
	return done_testing();
}
