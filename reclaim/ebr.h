/*
 * reclaim/ebr.h - epoch-based reclamation with an asymmetric barrier: entering a section is a plain
 * store, the advancing thread pays membarrier.
 *
 * Source: Fraser 2004 for the epochs; the asymmetric barrier as in liburcu's membarrier flavour.
 * Safety: reclaim/epoch.h.  Where the kernel has no membarrier, or with INSTAR_DOMAIN_NO_IPI, the domain
 * is made with ebr-fence instead.
 */
#ifndef RECLAIM_EBR_H
#define RECLAIM_EBR_H

#include "reclaim/epoch.h"

#define scheme_enter epoch_announce_plain

#ifdef RECLAIM_SCHEME_BODY

static enum instar_status ebr_domain_init(instar_domain *domain)
{
	if (!membarrier_serves(domain))
		return INSTAR_UNSUPPORTED;
	epoch_domain(domain)->asymmetric = true;
	return epoch_domain_init(domain);
}

#define SCHEME_TABLE \
	.info.name = "ebr", \
	.info.family = "epoch", \
	.info.source = "Fraser, Practical Lock-Freedom, 2004; asymmetric barrier: Desnoyers et al., 2012", \
	.info.bound = "unbounded", \
	.stand_in = "ebr-fence", \
	.domain_init = ebr_domain_init, \
	EPOCH_TABLE

#endif
#endif
