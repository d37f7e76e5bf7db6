/*
 * tests/support/schemes.h - the function tables of all schemes built in, and of those made to be caught.
 */
#ifndef TESTS_SCHEMES_H
#define TESTS_SCHEMES_H

#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "reclaim/contract.h"
#include "tests/support/injector.h"
#include "tests/support/wanted.h"

extern const struct reclaim_scheme reclaim_scheme_broken; /* frees at once */
extern const struct reclaim_scheme reclaim_scheme_early;  /* one epoch too early */
extern const struct reclaim_scheme reclaim_scheme_loses;  /* forgets what a leaving thread had retired */

typedef void scheme_test(const struct reclaim_scheme *scheme);

/* Runs the test for each scheme built in that is wanted. */
static inline void each_table(scheme_test *test)
{
	const struct instar_scheme_info *list;
	size_t n = instar_schemes(&list);
	bool known;

	for (size_t i = 0; i < n; i++)
		if (list[i].available && scheme_is_wanted(list[i].name))
			test(reclaim_find(list[i].name, &known));
}

static inline bool frees(const struct reclaim_scheme *scheme)
{
	return scheme->advance != NULL;
}

static inline instar_domain *open_domain(const struct reclaim_scheme *scheme, const struct instar_domain_opts *opts)
{
	instar_domain *domain;

	if (reclaim_domain_create(&domain, scheme, opts) != INSTAR_OK)
		abort();
	return domain;
}

static inline instar_thread *join_domain(instar_domain *domain)
{
	instar_thread *t;

	if (instar_thread_attach(domain, &t) != INSTAR_OK)
		abort();
	return t;
}

/* The handle of a new domain that has its memory from the injector. */
static inline instar_thread *join_rationed(const struct reclaim_scheme *scheme, struct injector *injector)
{
	injector_init(injector);
	return join_domain(open_domain(scheme, &injector->opts));
}

static inline void close_domain(instar_domain *domain, instar_thread *t)
{
	instar_thread_detach(t);
	if (instar_domain_destroy(domain) != INSTAR_OK)
		abort();
}

/* How many threads. */
static inline uint64_t attached(instar_domain *domain)
{
	struct instar_reclaim_stats stats;

	instar_domain_stats(domain, &stats);
	return stats.threads;
}

/* Everything that can free without waiting for anybody, often enough for any number of grace periods that could pass.
 * Where a library's worker does the waiting it gets time to, and where threads are asked they get time to answer. */
static inline void try_hard(instar_thread *t)
{
	const struct reclaim_scheme *scheme = t->domain->scheme;
	const struct timespec pause = { 0, scheme->info.uses_signals ? 20000 : 1000000 };

	for (unsigned i = 0; i < 40; i++) {
		instar_thread_quiescent(t);
		instar_poll(t, 1000);
		if (scheme->wait)
			nanosleep(&pause, NULL);
	}
}

/* Where a thread is asked by a signal, the bound is of what is retired while none is asked: until all have answered. */
static inline void wait_for_answers(instar_thread *t)
{
	struct instar_reclaim_stats before, now;

	if (!t->domain->scheme->info.uses_signals)
		return;
	instar_domain_stats(t->domain, &before);
	do {
		instar_poll(t, 0);
		instar_domain_stats(t->domain, &now);
	} while (now.grace_periods == before.grace_periods);
}

#endif
