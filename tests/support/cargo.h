/*
 * tests/support/cargo.h - objects to retire that know what happened to them.  Destroying one marks it and leaves it
 * where it is, so that whoever looks at it too late, or destroys it twice, is seen for sure.
 */
#ifndef TESTS_CARGO_H
#define TESTS_CARGO_H

#include <stdlib.h>

#include "reclaim/contract.h"

enum { CARGO_ALIVE = 0x600d, CARGO_BYTES = 64 };

struct cargo {
	unsigned canary;    /* atomic: CARGO_ALIVE until destroyed */
	unsigned destroyed; /* atomic: how often */
};

static inline struct cargo *cargo_new(size_t n)
{
	struct cargo *cargo = calloc(n, sizeof(*cargo));

	if (!cargo)
		abort();
	for (size_t i = 0; i < n; i++)
		cargo[i].canary = CARGO_ALIVE;
	return cargo;
}

static void cargo_destroy(void *object, void *ctx)
{
	struct cargo *cargo = object;

	(void)ctx;
	__atomic_store_n(&cargo->canary, 0xdead, __ATOMIC_RELAXED);
	__atomic_fetch_add(&cargo->destroyed, 1, __ATOMIC_ACQ_REL);
}

/* For what is retired to make work only. */
__attribute__((unused)) static void destroy_nothing(void *object, void *ctx)
{
	(void)object;
	(void)ctx;
}

static inline bool cargo_intact(const struct cargo *cargo)
{
	return __atomic_load_n(&cargo->canary, __ATOMIC_RELAXED) == CARGO_ALIVE;
}

static inline unsigned cargo_destroyed(const struct cargo *cargo)
{
	return __atomic_load_n(&cargo->destroyed, __ATOMIC_ACQUIRE);
}

/* How many of n objects were destroyed `times` times. */
static inline size_t cargo_count(const struct cargo *cargo, size_t n, unsigned times)
{
	size_t count = 0;

	for (size_t i = 0; i < n; i++)
		count += cargo_destroyed(&cargo[i]) == times;
	return count;
}

static inline enum instar_status cargo_retire(instar_thread *t, struct cargo *cargo)
{
	return instar_retire(t, cargo, CARGO_BYTES, cargo_destroy, NULL);
}

static inline void cargo_retire_all(instar_thread *t, struct cargo *cargo, size_t n)
{
	for (size_t i = 0; i < n; i++)
		if (cargo_retire(t, &cargo[i]) != INSTAR_OK)
			abort();
}

#endif
