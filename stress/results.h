/*
 * stress/results.h - results, in memory and in files.
 *
 * results.jsonl: an {"environment": ...} line, then a line for each cell measured.  Files can be put
 * one behind the other.
 *
 * What one process measured on one machine has a *source* in common: in memory its number is a member of each record that
 * was read, and figures of two sources are not related to each other.
 */
#ifndef STRESS_RESULTS_H
#define STRESS_RESULTS_H

#include <jansson.h>
#include <stdbool.h>
#include <stdio.h>

/* The "failure" of a cell that its scheme's own limit forbids: it is none. */
#define BEYOND_LIMIT "n/a (limit)"

struct results {
	json_t *environments; /* array: one of each machine or build */
	json_t *records;      /* array: cells with what was measured */
	size_t source;        /* of the records that come next */
	bool cut_off;         /* a file's last line was left out, for it was not whole */
};

void results_make(struct results *results);
void results_free(struct results *results);

/* Adds a record; what runner_run() is to do with each, with a struct results as its context. */
void results_take(json_t *record, void *results);

/* Hands each line of a file that is not blank to `take`.  False: not readable (*line is 0 and errno says why), or `take`
 * refused line *line. */
bool lines_read(const char *path, bool (*take)(const char *text, void *context), void *context, size_t *line);

/* Adds what a file holds.  False: as lines_read; the line is no result. */
bool results_read(struct results *results, const char *path, size_t *line);

/* A record's "failure", or NULL, is one. */
bool is_failure(const char *why);

bool results_have_failure(const struct results *results);

bool results_write_line(FILE *file, json_t *json);
bool results_write_csv(const struct results *results, FILE *file);

/* The columns of a table of raw results, as paths; ends with NULL. */
extern const char *const results_columns[];

/* A column of a record as text, "" where it has none. */
void record_text(json_t *record, const char *column, char *text, size_t size);

/* 0: measured just now, not read. */
size_t record_source(json_t *record);

/* The figure behind a path like "latency.p99" of a record; false: it has none. */
bool record_figure(json_t *record, const char *path, double *figure);

#endif
