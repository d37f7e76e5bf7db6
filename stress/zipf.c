/* stress/zipf.c - rejection-inversion sampling. */
#include "stress/zipf.h"

#include <math.h>

#include "stress/random.h"

/* The integral of x^-exponent, and its inverse. */
static double integral(const struct zipf *zipf, double x)
{
	return (pow(x, 1 - zipf->exponent) - 1) / (1 - zipf->exponent);
}

static double integral_inverse(const struct zipf *zipf, double y)
{
	return pow(1 + y * (1 - zipf->exponent), 1 / (1 - zipf->exponent));
}

struct zipf zipf_make(size_t n, double exponent)
{
	struct zipf zipf = { .n = (double)n, .exponent = exponent };

	zipf.integral_first = integral(&zipf, 1.5) - 1;
	zipf.integral_last = integral(&zipf, zipf.n + 0.5);
	zipf.squeeze = 2 - integral_inverse(&zipf, integral(&zipf, 2.5) - pow(2, -exponent));
	return zipf;
}

size_t zipf_draw(const struct zipf *zipf, uint64_t *random)
{
	for (;;) {
		double y = zipf->integral_last + random_unit(random) * (zipf->integral_first - zipf->integral_last);
		double x = integral_inverse(zipf, y);
		double rank = floor(x + 0.5);

		if (rank < 1)
			rank = 1;
		if (rank > zipf->n)
			rank = zipf->n;
		if (rank - x <= zipf->squeeze || y >= integral(zipf, rank + 0.5) - pow(rank, -zipf->exponent))
			return (size_t)rank - 1;
	}
}
