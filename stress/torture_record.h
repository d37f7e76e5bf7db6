/*
 * stress/torture_record.h - a round of torture in a file: how it was made, and the calls recorded on its hot keys.
 */
#ifndef STRESS_TORTURE_RECORD_H
#define STRESS_TORTURE_RECORD_H

#include "stress/torture.h"

enum { RECORD_SCHEME = 32, RECORD_ERROR = 160 };

struct torture_record {
	char scheme[RECORD_SCHEME];
	struct torture_plan plan; /* its scheme is NULL where this build lacks it */
	struct history *history;
};

/* False: errno says why. */
bool record_write(const char *path, const struct torture_plan *plan, const struct history *history);

/* False: `error` says in one line why. */
bool record_read(struct torture_record *record, const char *path, char error[RECORD_ERROR]);

/* Whether the recorded calls have an order that explains them; says so on standard output. */
bool record_judge(const struct torture_record *record);

#endif
