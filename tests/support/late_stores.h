/*
 * tests/support/late_stores.h - two threads in a race, whose stores stay in the processor's store buffer for long.
 *
 * Processors let stores wait while the loads behind them go on, for some tens of nanoseconds: too short for a missing
 * fence to be seen by chance.  On x86-64 stores leave the buffer in order, so those to lines that are in no cache hold
 * all later ones back for microseconds.
 */
#ifndef TESTS_LATE_STORES_H
#define TESTS_LATE_STORES_H

#include <sched.h>
#include <stdbool.h>
#include <stdint.h>

#include "tests/support/rng.h"

enum { LATE_LINES = 48, LATE_LINE = 256, LATE_SPINS = 20000, LATE_DELAY = 1024 };

struct racer {
	_Alignas(LATE_LINE) unsigned char lines[LATE_LINES][LATE_LINE];
	struct rng rng;
	unsigned met;
	unsigned raced; /* beginnings at which it was at once with the other: neither waited for a processor */
};

static inline void late_flush(void *line)
{
#if defined(__x86_64__)
	__builtin_ia32_clflush(line);
#elif defined(__aarch64__)
	__asm__ volatile("dc civac, %0" ::"r"(line) : "memory");
#else
	(void)line;
#endif
}

/* The two threads come here as often as each other; each leaves when both have come.  What was stored is seen.  false: it
 * gave its processor up meanwhile. */
static inline bool racers_meet(struct racer *racer, unsigned *came)
{
	unsigned wanted = 2 * ++racer->met, spins;

	__atomic_fetch_add(came, 1, __ATOMIC_SEQ_CST);
	for (spins = 0; (int)(__atomic_load_n(came, __ATOMIC_ACQUIRE) - wanted) < 0; spins++)
		if (spins > LATE_SPINS)
			sched_yield();
	return spins <= LATE_SPINS;
}

/* Meets the other; then, some time later, from here on its stores are late, every other time. */
static inline void race_begin(struct racer *racer, unsigned *came)
{
	unsigned delay = rng_below(&racer->rng, LATE_DELAY);
	bool late = rng_below(&racer->rng, 2);

	for (unsigned i = 0; late && i < LATE_LINES; i++)
		late_flush(racer->lines[i]);
	racer->raced += racers_meet(racer, came);
	for (unsigned i = 0; i < delay; i++)
		__asm__ volatile("");
	for (unsigned i = 0; late && i < LATE_LINES; i++)
		*(volatile unsigned char *)racer->lines[i] = (unsigned char)delay;
}

#endif
