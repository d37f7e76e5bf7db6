/*
 * stress/print.h - the summary on the terminal.
 */
#ifndef STRESS_PRINT_H
#define STRESS_PRINT_H

#include <stdbool.h>
#include <stdio.h>

#include "stress/summary.h"

/* Maps by workloads: throughput with its relation to `reference`; latencies; memory; what failed. */
void print_summary(const struct results *results, const struct summary *summary, const char *reference, FILE *out);

/* What failed, a line each.  False: nothing. */
bool print_failures(const struct summary *summary, FILE *out);

#endif
