/* tests/support/scheme_loses.h - forgets the garbage of a leaving thread: the oracles must catch it. */
#ifndef TESTS_SCHEME_LOSES_H
#define TESTS_SCHEME_LOSES_H

#include "reclaim/epoch.h"

#define scheme_enter epoch_announce_exchange

#ifdef RECLAIM_SCHEME_BODY

#include "reclaim/private.h"

static void loses_thread_fini(instar_thread *t)
{
	epoch_withdraw(t);
	limbo_free(t->domain, &t->own->limbo);
}

#define SCHEME_TABLE \
	.info.name = "loses", \
	.domain_init = epoch_domain_init, \
	.domain_size = sizeof(struct epoch_domain), \
	.thread_size = sizeof(struct epoch_thread), \
	.thread_init = epoch_thread_init, \
	.thread_fini = loses_thread_fini, \
	.advance = epoch_advance

#endif
#endif
