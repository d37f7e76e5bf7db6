/*
 * reclaim/ebr_fence.h - epoch-based reclamation whose readers pay the barrier: entering a section is an
 * exchange.  It shows what the asymmetric barrier of ebr buys.
 *
 * Source: Fraser 2004.  Safety: reclaim/epoch.h, exchange form.
 */
#ifndef RECLAIM_EBR_FENCE_H
#define RECLAIM_EBR_FENCE_H

#include "reclaim/epoch.h"

#define scheme_enter epoch_announce_exchange

#ifdef RECLAIM_SCHEME_BODY

#define SCHEME_TABLE \
	.info.name = "ebr-fence", \
	.info.family = "epoch", \
	.info.source = "Fraser, Practical Lock-Freedom, 2004", \
	.info.bound = "unbounded", \
	.domain_init = epoch_domain_init, \
	EPOCH_TABLE

#endif
#endif
