/*
 * stress/statistics.h - the median of repeated runs and how far it can be trusted.
 */
#ifndef STRESS_STATISTICS_H
#define STRESS_STATISTICS_H

#include <stddef.h>

struct estimate {
	size_t n;          /* values it rests on; 0: nothing is known, the rest is 0 */
	double median;
	double low, high;  /* an interval that covers the true median ... */
	double confidence; /* ... with this probability */
};

/*
 * Median and 95 % interval by order statistics: no distribution is assumed.  Fewer than six values
 * cannot reach 95 %: then the interval is from the least to the greatest, and `confidence` says what
 * that is worth.  `values` gets sorted.
 */
struct estimate estimate_median(double *values, size_t n);

/* How far the interval reaches from the median, as a share of it. */
double estimate_spread(const struct estimate *estimate);

/* The same as "±2%"; of one value nobody knows. */
enum { SPREAD_TEXT = 24 };
void estimate_spread_text(const struct estimate *estimate, char text[SPREAD_TEXT]);

#endif
