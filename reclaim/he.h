/*
 * reclaim/he.h - hazard eras: hazard pointers whose places name the era of a reference instead of its object.
 *
 * Source: Ramalhete, Correia, Brief Announcement: Hazard Eras - Non-Blocking Memory Reclamation, SPAA 2017.
 * Safety: reclaim/era.h and reclaim/hazard.h.  References of one era share a place, so their number has no limit; a
 * section that takes them in more eras than there are places has its last place grow.
 */
#ifndef RECLAIM_HE_H
#define RECLAIM_HE_H

#define HAZARD_ASYMMETRIC 0
#define ERA_SPANS 8
#include "reclaim/hazard.h"

#ifdef RECLAIM_SCHEME_BODY

#define SCHEME_TABLE \
	.info.name = "he", \
	.info.source = "Ramalhete, Correia, Hazard Eras, SPAA 2017", \
	HAZARD_TABLE

#endif
#endif
