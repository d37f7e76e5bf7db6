/*
 * stress/count_input.h - files as pieces of whole lines, and lines as keys.
 */
#ifndef STRESS_COUNT_INPUT_H
#define STRESS_COUNT_INPUT_H

#include <stdatomic.h>
#include <stdbool.h>
#include <stddef.h>

#include "stress/file_view.h"

enum key_kind { KEY_WORDS, KEY_LINES, KEY_FIELDS };

struct count_input {
	struct file_view *files;
	size_t file_count;
	enum key_kind kind;
	unsigned field;   /* from 1 */
	char delimiter;
	size_t pieces;    /* in all */
	_Atomic size_t next, done;
};

/* After the files are open. */
void count_input_divide(struct count_input *input);

/* Hands every key of one more piece, still in the file's memory, to `take`.  False: no piece is left. */
bool count_input_take(struct count_input *input, void (*take)(const char *key, size_t length, void *context),
		      void *context);

#endif
