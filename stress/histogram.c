/* stress/histogram.c - merging and reading histograms. */
#include "stress/histogram.h"

#include <math.h>

uint64_t histogram_middle(size_t bucket)
{
	unsigned shift;
	uint64_t low;

	if (bucket < 2u << HISTOGRAM_CUT_BITS)
		return bucket;
	shift = (unsigned)(bucket >> HISTOGRAM_CUT_BITS) - 1;
	low = (uint64_t)(bucket - ((size_t)shift << HISTOGRAM_CUT_BITS)) << shift;
	return low + ((1ull << shift) >> 1);
}

void histogram_merge(struct histogram *to, const struct histogram *from)
{
	for (size_t i = 0; i < HISTOGRAM_BUCKETS; i++)
		to->counts[i] += from->counts[i];
	to->total += from->total;
	if (from->maximum > to->maximum)
		to->maximum = from->maximum;
}

uint64_t histogram_quantile(const struct histogram *histogram, double quantile)
{
	uint64_t wanted = (uint64_t)ceil(quantile * (double)histogram->total), seen = 0;

	if (histogram->total == 0)
		return 0;
	if (wanted == 0)
		wanted = 1;
	for (size_t i = 0; i < HISTOGRAM_BUCKETS; i++) {
		seen += histogram->counts[i];
		if (seen >= wanted) {
			uint64_t middle = histogram_middle(i);

			return middle < histogram->maximum ? middle : histogram->maximum;
		}
	}
	return histogram->maximum;
}
