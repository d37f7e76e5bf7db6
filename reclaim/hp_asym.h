/*
 * reclaim/hp_asym.h - hazard pointers announced by a plain store; the thread that scans pays membarrier.
 *
 * Source: Michael, Hazard Pointers, IEEE TPDS 2004; the asymmetric barrier as in Folly's hazptr.
 * Safety: reclaim/hazard.h.  Where the kernel has no membarrier, or with INSTAR_DOMAIN_NO_IPI, the domain
 * is made with hp instead.
 */
#ifndef RECLAIM_HP_ASYM_H
#define RECLAIM_HP_ASYM_H

#define HAZARD_ASYMMETRIC 1
#include "reclaim/hazard.h"

#ifdef RECLAIM_SCHEME_BODY

static enum instar_status hp_asym_domain_init(instar_domain *domain)
{
	if (!membarrier_serves(domain))
		return INSTAR_UNSUPPORTED;
	return hazard_domain_init(domain);
}

#define SCHEME_TABLE \
	.info.name = "hp-asym", \
	.info.source = "Michael, Hazard Pointers, IEEE TPDS 2004; asymmetric barrier: Folly, hazptr", \
	.stand_in = "hp", \
	.domain_init = hp_asym_domain_init, \
	HAZARD_TABLE

#endif
#endif
