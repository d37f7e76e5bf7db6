/*
 * stress/zipf.h - ranks by Zipf's law, by rejection-inversion (Hörmann, Derflinger 1996): no table.
 */
#ifndef STRESS_ZIPF_H
#define STRESS_ZIPF_H

#include <stddef.h>
#include <stdint.h>

struct zipf {
	double n, exponent;
	double integral_first, integral_last, squeeze;
};

/* Ranks below n; rank r with probability proportional to (r + 1)^-exponent; exponent != 1. */
struct zipf zipf_make(size_t n, double exponent);
size_t zipf_draw(const struct zipf *zipf, uint64_t *random);

#endif
