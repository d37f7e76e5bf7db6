/*
 * reclaim/urcu_bp.h - liburcu's bulletproof flavour: a thread registers itself with its first section and is
 * unregistered when it ends.
 *
 * Source: Desnoyers et al., User-Level Implementations of Read-Copy Update, IEEE TPDS 2012; liburcu.
 * Safety: reclaim/urcu.h.  At a thread's end the library may come before us: then the section that was left open
 * is over, and there is nothing to leave.
 */
#ifndef RECLAIM_URCU_BP_H
#define RECLAIM_URCU_BP_H

#include "reclaim/tsan.h"
/* The thread sanitizer knows the library's functions, not what they are made of; the other ones see that it places its
 * readers at addresses less aligned than their type. */
#if !defined(__SANITIZE_THREAD__) && !defined(__SANITIZE_ADDRESS__)
#define _LGPL_SOURCE
#endif
#define URCU_API_MAP
#include <urcu/urcu-bp.h>
#include <urcu/static/urcu-bp.h>

#define urcu_is_registered() (URCU_TLS(rcu_reader) != NULL)
#define urcu_is_gone() unlikely(!URCU_TLS(rcu_reader))

#define URCU_HAS_MEMBARRIER true
#include "reclaim/urcu_reader.h"

#ifdef RECLAIM_SCHEME_BODY

#define SCHEME_TABLE \
	.info.name = "urcu-bp", \
	.info.family = "rcu", \
	.info.source = "liburcu, urcu-bp.h", \
	.stand_in = "urcu-mb", \
	URCU_TABLE

#endif
#endif
