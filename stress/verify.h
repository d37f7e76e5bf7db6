/*
 * stress/verify.h - after a cell: does the map hold what the workers say it must?
 */
#ifndef STRESS_VERIFY_H
#define STRESS_VERIFY_H

#include "stress/crew.h"

/* The workers have ended.  NULL, or a sentence that says what is wrong. */
const char *verify(const struct crew *crew);

#endif
