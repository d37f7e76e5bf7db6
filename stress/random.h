/*
 * stress/random.h - the generators: cheap, seeded, the same for every map.
 */
#ifndef STRESS_RANDOM_H
#define STRESS_RANDOM_H

#include <stdint.h>

/* The finalizer of splitmix64 (Steele, Lea, Flood 2014): a bijection. */
static inline uint64_t scramble(uint64_t x)
{
	x = (x ^ (x >> 30)) * 0xbf58476d1ce4e5b9u;
	x = (x ^ (x >> 27)) * 0x94d049bb133111ebu;
	return x ^ (x >> 31);
}

/* The next number of a sequence; the state is any number. */
static inline uint64_t random_next(uint64_t *state)
{
	return scramble(*state += 0x9e3779b97f4a7c15u);
}

/* Below `limit` (> 0, < 2^64), near enough to uniform. */
static inline uint64_t random_below(uint64_t *state, uint64_t limit)
{
	return (uint64_t)(((unsigned __int128)random_next(state) * limit) >> 64);
}

/* In [0, 1). */
static inline double random_unit(uint64_t *state)
{
	return (double)(random_next(state) >> 11) * 0x1p-53;
}

/* A 32-bit draw for choosing operations in a worker's loop: one multiplication and addition. */
static inline uint32_t random_draw(uint64_t *state)
{
	*state = *state * 6364136223846793005u + 1442695040888963407u;
	return (uint32_t)(*state >> 32);
}

#endif
