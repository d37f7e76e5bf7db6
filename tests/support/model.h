/*
 * tests/support/model.h - a plain single-threaded map that answers as instar must.
 */
#ifndef TESTS_MODEL_H
#define TESTS_MODEL_H

#include "tests/support/calls.h"

struct model;

/* Empty.  NULL: no memory. */
struct model *model_new(void);
void model_free(struct model *model);

/* The key's cell, made (absent) on first use; valid until model_free. */
struct cell *model_cell(struct model *model, uint64_t key);

/* Entries present. */
size_t model_size(const struct model *model);

/* Every key ever used, in no order: *position starts at NULL; false at the end. */
struct model_entry {
	struct model_entry *next_in_chain, *next_made;
	uint64_t key;
	struct cell cell;
};
bool model_next(const struct model *model, const struct model_entry **position);

#endif
