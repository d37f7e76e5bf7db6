/*
 * tests/fuzz/driver.c - runs a fuzz target without a fuzzer.
 *
 *	TARGET                 examples, and what becomes of them by chance; TAP
 *	TARGET FILE...         these inputs
 *	TARGET --corpus DIR    writes examples there, for a fuzzer to begin with
 */
#include <string.h>

#include "tests/fuzz/fuzz.h"
#include "tests/support/tap.h"

enum { CAPACITY = 1 << 14, EXAMPLES = 60, OFFSPRING = 12, CORPUS = 64 };

static uint8_t buffer[CAPACITY + 1];

static bool replay(const char *path)
{
	FILE *file = fopen(path, "rb");
	size_t size = file ? fread(buffer, 1, CAPACITY, file) : 0;
	bool fine = file && !ferror(file);

	if (file)
		fclose(file);
	if (!fine)
		fprintf(stderr, "%s: cannot be read\n", path);
	else
		LLVMFuzzerTestOneInput(buffer, size);
	return fine;
}

static bool write_corpus(const char *directory, uint64_t seed)
{
	bool fine = true;

	for (unsigned i = 0; i < CORPUS && fine; i++) {
		struct rng rng = rng_stream(seed, i);
		size_t size = fuzz_example(&rng, buffer, CAPACITY);
		char path[4096];
		FILE *file;

		snprintf(path, sizeof path, "%s/%03u", directory, i);
		file = fopen(path, "wb");
		fine = file && fwrite(buffer, 1, size, file) == size;
		fine = file && fclose(file) == 0 && fine;
	}
	if (!fine)
		perror(directory);
	return fine;
}

/* Bits flip, bytes and ends go, pieces come twice. */
static size_t spoil(struct rng *rng, size_t size)
{
	for (uint64_t n = 1 + rng_below(rng, 4); n-- && size; ) {
		size_t at = rng_below(rng, size), some = 1 + rng_below(rng, size - at);

		switch (rng_below(rng, 5)) {
		case 0:
			buffer[at] ^= (uint8_t)(1u << rng_below(rng, 8));
			break;
		case 1:
			buffer[at] = (uint8_t)rng_next(rng);
			break;
		case 2:
			size = at;
			break;
		case 3:
			memmove(buffer + at, buffer + at + some, size - at - some);
			size -= some;
			break;
		default:
			memmove(buffer + rng_below(rng, size - some + 1), buffer + at, some);
		}
	}
	return size;
}

static void run_by_chance(uint64_t seed)
{
	unsigned runs = 0;

	for (unsigned i = 0; i < EXAMPLES * test_scale(); i++)
		for (unsigned k = 0; k <= OFFSPRING; k++, runs++) {
			struct rng rng = rng_stream(seed, i);
			size_t size = fuzz_example(&rng, buffer, CAPACITY);

			rng = rng_stream(seed ^ k, i);
			LLVMFuzzerTestOneInput(buffer, k ? spoil(&rng, size) : size);
		}
	ok(true, "%u inputs, each as it must be or an abort", runs);
}

int main(int argc, char **argv)
{
	bool fine = true;

	if (argc == 3 && strcmp(argv[1], "--corpus") == 0)
		return !write_corpus(argv[2], 1);
	for (int i = 1; i < argc; i++)
		fine &= replay(argv[i]);
	if (argc > 1)
		return !fine;
	run_by_chance(test_seed());
	return done_testing();
}
