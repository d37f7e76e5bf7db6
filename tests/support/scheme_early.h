/* tests/support/scheme_early.h - stamps one epoch too early: the oracles must catch it. */
#ifndef TESTS_SCHEME_EARLY_H
#define TESTS_SCHEME_EARLY_H

#include "reclaim/epoch.h"

#undef scheme_grace_now
static inline uint64_t scheme_grace_now(instar_thread *t)
{
	return epoch_grace_now(t) - 1;
}

#define scheme_enter epoch_announce_exchange

#ifdef RECLAIM_SCHEME_BODY
#define SCHEME_TABLE .info.name = "early", .domain_init = epoch_domain_init, EPOCH_TABLE
#endif
#endif
