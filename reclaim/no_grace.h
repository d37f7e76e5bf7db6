/*
 * reclaim/no_grace.h - the stamps of a scheme that can tell the map no grace period: they never elapse.
 */
#ifndef RECLAIM_NO_GRACE_H
#define RECLAIM_NO_GRACE_H

#include "reclaim/contract.h"

static inline uint64_t scheme_grace_now(instar_thread *t)
{
	(void)t;
	return RECLAIM_NEVER;
}

static inline bool scheme_grace_elapsed(instar_thread *t, uint64_t stamp)
{
	(void)t;
	(void)stamp;
	return false;
}

#endif
