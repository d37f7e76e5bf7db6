/*
 * reclaim/ebr_fence.h - epoch-based reclamation whose readers pay the barrier: entering a section is an
 * exchange.  It shows what the asymmetric barrier of ebr buys.
 *
 * Source: Fraser 2004.  Safety: reclaim/epoch.h, exchange form.
 */
#ifndef RECLAIM_EBR_FENCE_H
#define RECLAIM_EBR_FENCE_H

#include "reclaim/epoch.h"

enum { SCHEME_HAS_GRACE = 1, SCHEME_PROTECTS_ALL = 1, SCHEME_NESTS = 0 };

#define scheme_enter epoch_announce_exchange
#define scheme_leave epoch_withdraw
#define scheme_inside epoch_inside
#define scheme_grace_now epoch_grace_now
#define scheme_grace_elapsed epoch_grace_elapsed
#define scheme_protect epoch_protect

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
