/*
 * stress/population.h - the keys of a cell, and what a value must look like.
 *
 * `entries` keys are in the map at the start of most workloads, as many more are strangers.  The first
 * come from a file or are made from the seed, strangers always are; churn makes ever new ones.
 * Each worker draws its keys beforehand into a stream, so that every map meets the same keys and no
 * drawing is measured.
 */
#ifndef STRESS_POPULATION_H
#define STRESS_POPULATION_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "stress/random.h"
#include "stress/workload.h"

/* Values carry a small note besides their key: a wrong one shows. */
enum { NOTES = 1 << 16 };

static inline uint64_t value_of(uint64_t key, uint64_t note)
{
	return ~key + note;
}

static inline uint64_t note_of(uint64_t key, uint64_t value)
{
	return value - ~key;
}

struct population {
	size_t entries;
	uint64_t *keys; /* entries of the map, then as many strangers */
	uint64_t seed;
};

/* `known` (NULL: none) are `entries` keys from elsewhere.  False: no memory. */
bool population_make(struct population *population, size_t entries, uint64_t seed, const uint64_t *known);
void population_free(struct population *population);

/* The n-th key that thread `thread` inserts in churn. */
static inline uint64_t population_new_key(uint64_t seed, unsigned thread, uint64_t n)
{
	return scramble(scramble(seed) + ((uint64_t)(thread + 1) << 40) + n);
}

struct stream {
	uint64_t *keys;
	size_t length; /* a power of two; a multiple of BATCH */
};

/* The keys that worker `thread` uses, one after the other, again and again. */
bool stream_make(struct stream *stream, const struct population *population, enum keys keys, unsigned thread);

#endif
