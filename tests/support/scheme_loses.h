/* tests/support/scheme_loses.h - forgets the garbage of a leaving thread: the oracles must catch it. */
#ifndef TESTS_SCHEME_LOSES_H
#define TESTS_SCHEME_LOSES_H

#include "reclaim/epoch.h"

enum { SCHEME_HAS_GRACE = 1, SCHEME_PROTECTS_ALL = 1, SCHEME_NESTS = 0 };

#define scheme_enter epoch_announce_exchange
#define scheme_leave epoch_withdraw
#define scheme_inside epoch_inside
#define scheme_grace_now epoch_grace_now
#define scheme_grace_elapsed epoch_grace_elapsed
#define scheme_protect epoch_protect

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
