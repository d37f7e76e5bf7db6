/* tests/support/scheme_broken.h - frees at once: the oracles must catch it. */
#ifndef TESTS_SCHEME_BROKEN_H
#define TESTS_SCHEME_BROKEN_H

#include "reclaim/epoch.h"

#undef scheme_grace_elapsed
static inline bool scheme_grace_elapsed(instar_thread *t, uint64_t stamp)
{
	(void)t;
	(void)stamp;
	return true;
}

#define scheme_enter epoch_announce_exchange

#ifdef RECLAIM_SCHEME_BODY
#define SCHEME_TABLE .info.name = "broken", .domain_init = epoch_domain_init, EPOCH_TABLE
#endif
#endif
