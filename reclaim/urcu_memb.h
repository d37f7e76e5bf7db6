/*
 * reclaim/urcu_memb.h - liburcu's default flavour: readers do without barriers where the
 * kernel has membarrier.
 *
 * Source: Desnoyers et al., User-Level Implementations of Read-Copy Update, IEEE TPDS 2012; liburcu.
 * Safety: reclaim/urcu.h.
 */
#ifndef RECLAIM_URCU_MEMB_H
#define RECLAIM_URCU_MEMB_H

#include "reclaim/tsan.h"
#ifndef __SANITIZE_THREAD__ /* it knows the library's functions, not what they are made of */
#define _LGPL_SOURCE
#endif
#define URCU_API_MAP
#include <urcu/urcu-memb.h>
#include <urcu/static/urcu-memb.h>

#define URCU_HAS_MEMBARRIER true
#include "reclaim/urcu_reader.h"

#ifdef RECLAIM_SCHEME_BODY

#define SCHEME_TABLE \
	.info.name = "urcu-memb", \
	.info.family = "rcu", \
	.info.source = "liburcu, urcu-memb.h", \
	.stand_in = "urcu-mb", \
	URCU_TABLE

#endif
#endif
