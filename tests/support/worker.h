/*
 * tests/support/worker.h - domains with a worker (INSTAR_DOMAIN_BACKGROUND), and who frees there.
 */
#ifndef TESTS_WORKER_H
#define TESTS_WORKER_H

#include <signal.h>
#include <stdio.h>
#include <unistd.h>

#include <instar/map.h>

#include "reclaim/private.h"
#include "tests/support/schemes.h"
#include "tests/support/tap.h"

enum { PATIENCE = 120 }; /* seconds: a worker that does nothing is a test that does not end */

static inline instar_domain *open_with_worker(const struct reclaim_scheme *scheme)
{
	struct instar_domain_opts opts = INSTAR_DOMAIN_OPTS_INIT;

	opts.flags = INSTAR_DOMAIN_BACKGROUND;
	return open_domain(scheme, &opts);
}

static inline bool close_both(instar_domain *domain, instar_thread *t)
{
	return instar_thread_detach(t) == INSTAR_OK && instar_domain_destroy(domain) == INSTAR_OK;
}

static inline void pause_shortly(void)
{
	nanosleep(&(struct timespec){ 0, 200000 }, NULL);
}

static inline uint64_t pending(instar_domain *domain)
{
	struct instar_reclaim_stats stats;

	instar_domain_stats(domain, &stats);
	return stats.pending_objects;
}

/* The caller does nothing for it. */
static inline void wait_until_freed(instar_domain *domain)
{
	while (pending(domain))
		pause_shortly();
}

/* What this thread has freed, of whatever class. */
static inline uint64_t freed_by(const instar_thread *t)
{
	return t->own->counters.freed_objects[RECLAIM_ENTRY] + t->own->counters.freed_objects[RECLAIM_TABLE];
}

struct seen {
	pthread_t thread;
	unsigned here, elsewhere; /* destructors that ran on `thread`, on others */
	bool signals;             /* one could have been interrupted by a signal */
};

static inline void see(void *object, void *context)
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

static inline bool holds_keys(instar_map *map, instar_thread *t, uint64_t keys)
{
	uint64_t value;
	unsigned wrong = 0;

	for (uint64_t key = 0; key < keys; key++)
		wrong += instar_get(map, t, key, &value) != INSTAR_OK || value != ~key;
	return !wrong && instar_size(map) == keys && instar_map_check(map, stdout) == INSTAR_OK;
}

#endif
