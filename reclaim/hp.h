/*
 * reclaim/hp.h - hazard pointers: a thread announces the one object it is about to use, by an exchange.
 *
 * Source: Michael, Hazard Pointers, IEEE TPDS 2004.  Safety: reclaim/hazard.h.
 */
#ifndef RECLAIM_HP_H
#define RECLAIM_HP_H

#define HAZARD_ASYMMETRIC 0
#include "reclaim/hazard.h"

#ifdef RECLAIM_SCHEME_BODY

#define SCHEME_TABLE \
	.info.name = "hp", \
	.info.source = "Michael, Hazard Pointers, IEEE TPDS 2004", \
	.domain_init = hazard_domain_init, \
	HAZARD_TABLE

#endif
#endif
