/*
 * tests/conc/figures.c - the arithmetic behind the figures of instar-stress.
 */
#include <math.h>

#include "stress/histogram.h"
#include "stress/reclaim_costs.h"
#include "stress/statistics.h"
#include "stress/zipf.h"
#include "tests/support/rng.h"
#include "tests/support/tap.h"

static void a_bucket_is_within_one_percent_of_its_values(uint64_t seed)
{
	struct rng rng = { seed };
	unsigned wrong = 0;

	for (unsigned i = 0; i < 100000; i++) {
		uint64_t value = rng_next(&rng) >> rng_below(&rng, 64);
		uint64_t middle = histogram_middle(histogram_bucket(value));
		double error = value > middle ? (double)(value - middle) : (double)(middle - value);

		wrong += histogram_bucket(value) >= HISTOGRAM_BUCKETS || error > 0.01 * (double)value;
		wrong += histogram_bucket(middle) != histogram_bucket(value);
	}
	wrong += histogram_bucket(UINT64_MAX) != HISTOGRAM_BUCKETS - 1;
	ok(wrong == 0, "a histogram's bucket is within 1 %% of its values");
}

static void quantiles_are_those_of_the_values(void)
{
	static struct histogram a, b;
	bool right;

	for (uint64_t v = 1; v <= 10000; v++)
		histogram_record(v % 2 ? &a : &b, v);
	histogram_merge(&a, &b);
	right = a.total == 10000 && a.maximum == 10000;
	right &= fabs((double)histogram_quantile(&a, 0.5) - 5000) <= 50;
	right &= fabs((double)histogram_quantile(&a, 0.999) - 9990) <= 100;
	right &= histogram_quantile(&a, 1) <= 10000 && histogram_quantile(&a, 0) == 1;
	ok(right, "quantiles of a merged histogram");
}

static void medians_and_their_intervals(void)
{
	double one[] = { 7 }, five[] = { 5, 1, 4, 2, 3 }, six[] = { 6, 5, 4, 3, 2, 1 }, ten[10];
	double late[] = { 2, NEVER, 1 }, too_late[] = { NEVER, 1, NEVER };
	struct estimate e = estimate_median(one, 1);

	ok(e.median == 7 && e.low == 7 && e.high == 7 && e.n == 1, "one value");
	e = estimate_median(five, 5);
	ok(e.median == 3 && e.low == 1 && e.high == 5 && fabs(e.confidence - 0.9375) < 1e-9,
	   "five values: least to greatest, 93.75 %%");
	e = estimate_median(six, 6);
	ok(e.median == 3.5 && e.low == 1 && e.high == 6 && fabs(e.confidence - 0.96875) < 1e-9, "six values: 96.9 %%");
	for (unsigned i = 0; i < 10; i++)
		ten[i] = i;
	e = estimate_median(ten, 10);
	ok(e.median == 4.5 && e.low == 1 && e.high == 8 && fabs(e.confidence - 0.978515625) < 1e-9,
	   "ten values: second to ninth, 97.9 %%");
	ok(estimate_median(late, 3).median == 2 && estimate_median(too_late, 3).median == NEVER,
	   "what never ends is longer than anything");
	ok(estimate_median(ten, 0).n == 0, "no value, no estimate");
}

static void zipf_draws_follow_the_law(uint64_t seed)
{
	enum { N = 1000, DRAWS = 400000 };
	struct zipf zipf = zipf_make(N, 0.99);
	unsigned counts[N] = { 0 }, far = 0;
	double sum = 0;

	for (unsigned r = 1; r <= N; r++)
		sum += pow(r, -0.99);
	for (unsigned i = 0; i < DRAWS; i++)
		counts[zipf_draw(&zipf, &seed)]++;
	for (unsigned r = 1; r <= N; r++) {
		double expected = DRAWS * pow(r, -0.99) / sum;

		far += fabs(counts[r - 1] - expected) > 6 * sqrt(expected);
	}
	ok(far == 0, "ranks are drawn by Zipf's law");
}

int main(void)
{
	uint64_t seed = test_seed();

	a_bucket_is_within_one_percent_of_its_values(seed);
	quantiles_are_those_of_the_values();
	medians_and_their_intervals();
	zipf_draws_follow_the_law(seed);
	return done_testing();
}
