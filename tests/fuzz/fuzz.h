/*
 * tests/fuzz/fuzz.h - a fuzz target: a function of bytes that aborts if the library answers wrongly.
 *
 * Linked with tests/fuzz/driver.c it is a test of `make check`, over examples of the target's own and what
 * becomes of them by chance; configured with --enable-fuzzing (clang), libFuzzer looks for bytes itself.
 */
#ifndef TESTS_FUZZ_H
#define TESTS_FUZZ_H

#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>

#include "tests/support/rng.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

/* Something sensible to begin with; returns its size, at most `capacity`. */
size_t fuzz_example(struct rng *rng, uint8_t *out, size_t capacity);

/* What is left of the input; reading beyond its end gives zeros. */
struct bytes {
	const uint8_t *at;
	size_t left;
};

static inline uint64_t bytes_take(struct bytes *bytes, unsigned n)
{
	uint64_t number = 0;

	for (unsigned i = 0; i < n; i++) {
		number = number << 8 | (bytes->left ? *bytes->at : 0);
		bytes->at += bytes->left != 0;
		bytes->left -= bytes->left != 0;
	}
	return number;
}

#define FUZZ_CHECK(right) \
	do { \
		if (!(right)) { \
			fprintf(stderr, "%s:%d: %s\n", __FILE__, __LINE__, #right); \
			abort(); \
		} \
	} while (0)

#endif
