/*
 * stress/histogram.h - counts of 64-bit values in log-linear buckets, after HdrHistogram.
 *
 * Below 128 every value has its own bucket; above, each power of two is cut into 64 buckets, so that a
 * bucket's middle is within 0.8 % of every value in it.  The maximum is kept exactly.
 */
#ifndef STRESS_HISTOGRAM_H
#define STRESS_HISTOGRAM_H

#include <stddef.h>
#include <stdint.h>

enum {
	HISTOGRAM_CUT_BITS = 6,
	HISTOGRAM_BUCKETS = (64 - HISTOGRAM_CUT_BITS + 1) << HISTOGRAM_CUT_BITS
};

struct histogram {
	uint64_t total;
	uint64_t maximum;
	uint64_t counts[HISTOGRAM_BUCKETS];
};

static inline size_t histogram_bucket(uint64_t value)
{
	unsigned shift;

	if (value < 2u << HISTOGRAM_CUT_BITS)
		return value;
	shift = 63 - HISTOGRAM_CUT_BITS - (unsigned)__builtin_clzll(value);
	return ((size_t)shift << HISTOGRAM_CUT_BITS) + (value >> shift);
}

static inline void histogram_record(struct histogram *histogram, uint64_t value)
{
	histogram->counts[histogram_bucket(value)]++;
	histogram->total++;
	if (value > histogram->maximum)
		histogram->maximum = value;
}

/* The middle of a bucket. */
uint64_t histogram_middle(size_t bucket);

/* Adds `from` to `to`. */
void histogram_merge(struct histogram *to, const struct histogram *from);

/* The value below or at which the share `quantile` (0 … 1) of all values lies; 0 when empty. */
uint64_t histogram_quantile(const struct histogram *histogram, double quantile);

#endif
