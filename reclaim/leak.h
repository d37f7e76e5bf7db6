/*
 * reclaim/leak.h - nothing is freed before the domain is destroyed: the reference that others are
 * measured against.  (Not quite an upper bound: fresh memory costs page faults.)
 *
 * Safety: nothing is freed while a thread is attached.
 */
#ifndef RECLAIM_LEAK_H
#define RECLAIM_LEAK_H

#include "reclaim/no_grace.h"

enum { SCHEME_HAS_GRACE = 0, SCHEME_PROTECTS_ALL = 1, SCHEME_NESTS = 1 };

static inline void scheme_enter(instar_thread *t)
{
	(void)t;
}

static inline void scheme_leave(instar_thread *t)
{
	(void)t;
}

static inline bool scheme_inside(const instar_thread *t)
{
	(void)t;
	return true;
}

static inline uintptr_t scheme_protect(instar_thread *t, unsigned slot, const uintptr_t *source)
{
	(void)t;
	(void)slot;
	return load_seq_cst(source);
}

#ifdef RECLAIM_SCHEME_BODY

static void leak_thread_lost(instar_thread *t)
{
	(void)t;
}

#define SCHEME_TABLE \
	.thread_lost = leak_thread_lost, \
	.info.name = "leak", \
	.info.family = "none", \
	.info.source = "-", \
	.info.bound = "unbounded", \
	.domain_size = sizeof(struct instar_domain), \
	.thread_size = sizeof(struct instar_thread)

#endif
#endif
