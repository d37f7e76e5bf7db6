/*
 * tests/support/stir.h - gives the processor away between transitions now and then, so that threads
 * meet in the middle of each other's calls on any number of cores.  For builds with park hooks; in others
 * stir() does nothing.
 */
#ifndef TESTS_STIR_H
#define TESTS_STIR_H

#ifdef INSTAR_STEPS

#include <sched.h>

#include "src/step.h"
#include "tests/support/rng.h"

enum { STIR_ONE_IN = 24 };

static inline void stir_at(unsigned step)
{
	static __thread struct rng rng;

	rng.state += step;
	if (!rng_below(&rng, STIR_ONE_IN))
		sched_yield();
}

static inline void stir(void)
{
	instar_step_hook = stir_at;
}

#else

static inline void stir(void)
{
}

#endif
#endif
