/*
 * tests/unit/manual.h - a scheme whose grace periods pass when the test says so.
 */
#ifndef TESTS_UNIT_MANUAL_H
#define TESTS_UNIT_MANUAL_H

#include "reclaim/contract.h"

enum { SCHEME_HAS_GRACE = 1, SCHEME_PROTECTS_ALL = 1, SCHEME_NESTS = 1 };

/* The epoch. */
static uint64_t manual_now = 10;

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

static inline uint64_t scheme_grace_now(instar_thread *t)
{
	(void)t;
	return manual_now + 3;
}

static inline bool scheme_grace_elapsed(instar_thread *t, uint64_t stamp)
{
	(void)t;
	return manual_now >= stamp;
}

static inline uintptr_t scheme_protect(instar_thread *t, unsigned slot, const uintptr_t *source)
{
	(void)t;
	(void)slot;
	return load_seq_cst(source);
}

#endif
