/*
 * reclaim/urcu_mb.h - liburcu's flavour whose readers make full barriers: what a kernel without membarrier leaves.
 *
 * Source: Desnoyers et al., User-Level Implementations of Read-Copy Update, IEEE TPDS 2012; liburcu.
 * Safety: reclaim/urcu.h.
 */
#ifndef RECLAIM_URCU_MB_H
#define RECLAIM_URCU_MB_H

#include "reclaim/tsan.h"
#ifndef __SANITIZE_THREAD__ /* it knows the library's functions, not what they are made of */
#define _LGPL_SOURCE
#endif
#define URCU_API_MAP
#include <urcu/urcu-mb.h>
#include <urcu/static/urcu-mb.h>

#include "reclaim/urcu_reader.h"

#ifdef RECLAIM_SCHEME_BODY

#define SCHEME_TABLE \
	.info.name = "urcu-mb", \
	.info.family = "rcu", \
	.info.source = "liburcu, urcu-mb.h", \
	URCU_TABLE

#endif
#endif
