/*
 * tests/conc/reclaim_signals.c - a signal handler has sections of its own, which protect, in the middle of the calls
 * of the thread that it interrupts: under every scheme that takes no locks.
 */
#include <pthread.h>
#include <sched.h>
#include <signal.h>

#include "tests/support/cargo.h"
#include "tests/support/schemes.h"
#include "tests/support/tap.h"

enum { SIGNALS = 300 };

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

/* ---- */

static void test_scheme(const struct reclaim_scheme *scheme)
{
	if (strcmp(scheme->info.family, "lock"))
		signals(scheme);
	else
		skip(2, "%s: a signal handler must not take locks", scheme->info.name);
}

int main(void)
{
	each_table(test_scheme);
	return done_testing();
}
