/*
 * stress/runner.h - runs cells one after the other, each in a fresh process of this program.
 */
#ifndef STRESS_RUNNER_H
#define STRESS_RUNNER_H

#include <jansson.h>
#include <stdbool.h>

#include "stress/cell.h"
#include "stress/key_file.h"

/* From now on SIGINT and SIGTERM end the current run, not the program. */
void runner_catch_interrupts(void);

/* 0, or the status to exit with after such a signal: 128 and its number. */
int runner_interrupted(void);

/*
 * Runs `count` cells and hands each result, the cell's own members included, to `take` (which borrows
 * it).  Shows a progress line on standard error where that is a terminal.  No repetition but the
 * first is begun that would probably end after `seconds` (0: no limit).  False: it was interrupted; the
 * cell that was running then has no result.
 */
bool runner_run(const struct cell *cells, size_t count, const struct key_file *keys, double seconds,
		void (*take)(json_t *result, void *context), void *context);

#endif
