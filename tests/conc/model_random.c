/*
 * tests/conc/model_random.c - random sequences of every call on one key or many, against the model map.
 *
 * A failing sequence is shortened and printed.
 */
#include "tests/support/sequence.h"
#include "tests/support/tap.h"
#include "tests/support/world.h"

enum { SHORT_RUNS = 150, SHORT = 300, LONG_RUNS = 6, LONG = 12000 };

static bool try(const struct instar_scheme_info *scheme, struct rng rng, size_t longest)
{
	struct sequence s = sequence_random(&rng, 1 + rng_below(&rng, longest));
	struct surroundings around = { scheme->name, NULL, NULL };
	bool fine = sequence_run(&s, &around, stdout);

	if (!fine) {
		sequence_shrink(&s, &around);
		sequence_run(&s, &around, stdout);
		sequence_print(&s, stdout);
	}
	sequence_free(&s);
	return fine;
}

static void run(const struct instar_scheme_info *scheme, void *arg)
{
	unsigned short_runs = SHORT_RUNS * test_scale(), long_runs = LONG_RUNS * test_scale();
	uint64_t seed = *(uint64_t *)arg;
	bool fine = true;

	for (unsigned i = 0; i < short_runs && fine; i++)
		fine = try(scheme, rng_stream(seed, i), SHORT);
	ok(fine, "%s: %u short sequences as the model", scheme->name, short_runs);
	for (unsigned i = 0; i < long_runs && fine; i++)
		fine = try(scheme, rng_stream(~seed, i), LONG);
	ok(fine, "%s: %u long sequences as the model", scheme->name, long_runs);
}

int main(void)
{
	uint64_t seed = test_seed();

	each_scheme(run, &seed);
	return done_testing();
}
