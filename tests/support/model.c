/*
 * tests/support/model.c - the model map: chains of cells, never shortened.
 */
#include <stdlib.h>

#include "tests/support/model.h"

enum { CHAIN_BITS = 16, CHAINS = 1 << CHAIN_BITS }; /* batches of scattered keys meet half a million */

struct model {
	struct model_entry *made; /* all, newest first */
	struct model_entry *chains[CHAINS];
};

struct model *model_new(void)
{
	return calloc(1, sizeof(struct model));
}

void model_free(struct model *model)
{
	struct model_entry *entry = model->made;

	while (entry) {
		struct model_entry *next = entry->next_made;

		free(entry);
		entry = next;
	}
	free(model);
}

struct cell *model_cell(struct model *model, uint64_t key)
{
	struct model_entry **chain = &model->chains[(key * 0x9e3779b97f4a7c15u) >> (64 - CHAIN_BITS)];
	struct model_entry *entry;

	for (entry = *chain; entry; entry = entry->next_in_chain)
		if (entry->key == key)
			return &entry->cell;
	entry = malloc(sizeof *entry);
	if (!entry)
		abort();
	*entry = (struct model_entry){ *chain, model->made, key, { 0, false } };
	*chain = model->made = entry;
	return &entry->cell;
}

size_t model_size(const struct model *model)
{
	size_t present = 0;

	for (const struct model_entry *entry = model->made; entry; entry = entry->next_made)
		present += entry->cell.present;
	return present;
}

bool model_next(const struct model *model, const struct model_entry **position)
{
	*position = *position ? (*position)->next_made : model->made;
	return *position;
}
