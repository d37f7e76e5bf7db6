/*
 * reclaim/ibr.h - interval-based reclamation with two global eras: a section names the first and the last era in which
 * it took a reference, and holds what lived between them.
 *
 * Source: Wen, Izraelevitz, Cai, Beadle, Scott, Interval-Based Memory Reclamation, PPoPP 2018 (2GE-IBR).
 * Safety: reclaim/era.h and reclaim/hazard.h.  The interval begins with the section's first reference, not with the
 * section; and who has found an object under a pin need not look again.
 */
#ifndef RECLAIM_IBR_H
#define RECLAIM_IBR_H

#define HAZARD_ASYMMETRIC 0
#define ERA_SPANS 1
#include "reclaim/hazard.h"

#ifdef RECLAIM_SCHEME_BODY

#define SCHEME_TABLE \
	.info.name = "ibr", \
	.info.source = "Wen et al., Interval-Based Memory Reclamation, PPoPP 2018", \
	HAZARD_TABLE

#endif
#endif
