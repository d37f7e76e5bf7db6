/*
 * stress/report.h - one self-contained page of all results.
 */
#ifndef STRESS_REPORT_H
#define STRESS_REPORT_H

#include <stdio.h>

#include "stress/summary.h"

/* Without gnuplot the page says so and has its numbers only.  False: it could not be written. */
bool report_write(const struct results *results, const struct summary *summary, const char *reference, FILE *page);

#endif
