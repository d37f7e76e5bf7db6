/*
 * stress/count_versus.h - the same count by coreutils, to be compared with.
 */
#ifndef STRESS_COUNT_VERSUS_H
#define STRESS_COUNT_VERSUS_H

#include <stdio.h>

#include "stress/count_input.h"

/* Runs coreutils over the files, at most `top` lines (0: all), into a new temporary file; *seconds is
 * how long it took.  NULL: it failed. */
FILE *count_versus(const struct count_input *input, char **paths, size_t top, double *seconds);

/* Whether both files, read from their beginnings, hold the same bytes. */
bool same_bytes(FILE *a, FILE *b);

#endif
