/*
 * tests/support/bytes.h - byte-string keys made of numbers, and hashes by which they meet or do not.
 */
#ifndef TESTS_BYTES_H
#define TESTS_BYTES_H

#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <instar/bytes.h>

enum { BYTES_KEY_MAX = 128 };

/* The key of a number: it, and then as many of its low byte as differ from number to number.  Returns the length. */
static inline size_t bytes_key(unsigned char key[BYTES_KEY_MAX], uint64_t number)
{
	size_t length = sizeof number + number * 7 % (BYTES_KEY_MAX - sizeof number);

	memset(key, (int)(number & 0xff), length);
	memcpy(key, &number, sizeof number);
	return length;
}

/* The number below `end`; UINT64_MAX: it is not such a key. */
static inline uint64_t bytes_number(const void *key, size_t length, uint64_t end)
{
	unsigned char made[BYTES_KEY_MAX];
	uint64_t number;

	if (length < sizeof number)
		return UINT64_MAX;
	memcpy(&number, key, sizeof number);
	if (number >= end || bytes_key(made, number) != length || memcmp(made, key, length) != 0)
		return UINT64_MAX;
	return number;
}

/* Of the number alone: the rest of the key follows from it. */
static inline uint64_t bytes_mixed(const void *key, size_t length, uint64_t seed, void *ctx)
{
	uint64_t number = 0;

	(void)ctx;
	memcpy(&number, key, length < sizeof number ? length : sizeof number);
	return (number ^ seed) * 0x9e3779b97f4a7c15;
}

static inline uint64_t bytes_few_hashes(const void *key, size_t length, uint64_t seed, void *ctx)
{
	return bytes_mixed(key, length, seed, ctx) >> 57;
}

static inline uint64_t bytes_three_hashes(const void *key, size_t length, uint64_t seed, void *ctx)
{
	return bytes_mixed(key, length, seed, ctx) % 3;
}

/* A map by that hash; opts: what else is wanted, or NULL.  Never NULL. */
static inline instar_bmap *bytes_map(instar_domain *domain, instar_bmap_hash_fn *hash,
				     const struct instar_bmap_opts *wanted)
{
	struct instar_bmap_opts opts = INSTAR_BMAP_OPTS_INIT;
	instar_bmap *map;

	if (wanted)
		opts = *wanted;
	opts.hash = hash;
	if (instar_bmap_create(&map, domain, &opts) != INSTAR_OK)
		abort();
	return map;
}

#endif
