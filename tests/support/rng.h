/*
 * tests/support/rng.h - a small seeded generator (splitmix64), and the seed of a test run.
 *
 * The seed is printed by the test; INSTAR_SEED in the environment replays it.
 */
#ifndef TESTS_RNG_H
#define TESTS_RNG_H

#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <time.h>

struct rng {
	uint64_t state;
};

static inline uint64_t rng_next(struct rng *rng)
{
	uint64_t z = rng->state += 0x9e3779b97f4a7c15u;

	z = (z ^ z >> 30) * 0xbf58476d1ce4e5b9u;
	z = (z ^ z >> 27) * 0x94d049bb133111ebu;
	return z ^ z >> 31;
}

/* 0 … n-1; the bias is below n / 2^32. */
static inline uint64_t rng_below(struct rng *rng, uint64_t n)
{
	return n >> 32 ? rng_next(rng) % n : (rng_next(rng) >> 32) * n >> 32;
}

/* An independent stream, for thread or round `index`. */
static inline struct rng rng_stream(uint64_t seed, uint64_t index)
{
	struct rng mixed = { seed ^ index * 0xd1342543de82ef95u };

	rng_next(&mixed);
	return (struct rng){ rng_next(&mixed) };
}

/* The run's seed: INSTAR_SEED, else from the clock.  Printed either way. */
static inline uint64_t test_seed(void)
{
	const char *given = getenv("INSTAR_SEED");
	struct timespec now;
	uint64_t seed;

	clock_gettime(CLOCK_REALTIME, &now);
	seed = given ? strtoull(given, NULL, 0) : ((uint64_t)now.tv_sec << 30 ^ (uint64_t)now.tv_nsec);
	printf("# seed: replay with INSTAR_SEED=%llu\n", (unsigned long long)seed);
	return seed;
}

/* How much longer than usual the tests may run: INSTAR_TEST_SCALE, else 1. */
static inline unsigned test_scale(void)
{
	const char *given = getenv("INSTAR_TEST_SCALE");
	long scale = given ? strtol(given, NULL, 0) : 1;

	return scale < 1 ? 1 : (unsigned)scale;
}

#endif
