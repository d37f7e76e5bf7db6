/* stress/statistics.c - medians with intervals by order statistics. */
#include "stress/statistics.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>

static int compare_doubles(const void *a, const void *b)
{
	double x = *(const double *)a, y = *(const double *)b;

	return (x > y) - (x < y);
}

/*
 * The number of values below the true median is binomial (n, 1/2).  Leaving `rank` values out at either
 * end misses the median with probability 2 P(X <= rank): the greatest rank with at most 5 % is wanted.
 */
static size_t ranks_to_leave_out(size_t n, double *confidence)
{
	double term = pow(0.5, (double)n), below = term;
	size_t rank = 0;

	while (rank + 1 < n) {
		double next = term * (double)(n - rank) / (double)(rank + 1);

		if (2 * (below + next) > 0.05)
			break;
		term = next;
		below += next;
		rank++;
	}
	*confidence = 1 - 2 * below;
	return rank;
}

struct estimate estimate_median(double *values, size_t n)
{
	struct estimate estimate = { 0 };
	size_t rank;

	if (n == 0)
		return estimate;
	qsort(values, n, sizeof(*values), compare_doubles);
	rank = ranks_to_leave_out(n, &estimate.confidence);
	estimate.n = n;
	estimate.median = n % 2 ? values[n / 2] : (values[n / 2 - 1] + values[n / 2]) / 2;
	estimate.low = values[rank];
	estimate.high = values[n - 1 - rank];
	return estimate;
}

void estimate_spread_text(const struct estimate *estimate, char text[SPREAD_TEXT])
{
	if (estimate->n > 1)
		snprintf(text, SPREAD_TEXT, "±%2.0f%%", 100 * estimate_spread(estimate));
	else
		snprintf(text, SPREAD_TEXT, "± ? ");
}

double estimate_spread(const struct estimate *estimate)
{
	if (estimate->median == 0)
		return 0;
	return fmax(estimate->high - estimate->median, estimate->median - estimate->low) / estimate->median;
}
