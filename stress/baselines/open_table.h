/*
 * stress/baselines/open_table.h - a plain open-addressing table for one thread at a time.
 *
 * Linear probing in an array of {key, value}, a power of two long and at most 3/4 full; removal shifts
 * the entries behind back, so that there are no tombstones.  Key 0 marks a free place; an entry with
 * that key lives in one extra place behind the array.
 */
#ifndef STRESS_BASELINES_OPEN_TABLE_H
#define STRESS_BASELINES_OPEN_TABLE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "stress/memory.h"

struct open_entry {
	uint64_t key, value;
};

struct open_table {
	struct open_entry *entries; /* mask + 1, and one for key 0 */
	size_t mask;
	size_t used;
	bool has_zero;
};

static inline size_t open_table_bytes(const struct open_table *table)
{
	return (table->mask + 2) * sizeof(struct open_entry);
}

static bool open_table_make(struct open_table *table, size_t capacity)
{
	size_t places = 16;

	while (places / 4 * 3 < capacity)
		places *= 2;
	*table = (struct open_table){ .mask = places - 1 };
	table->entries = memory_map(open_table_bytes(table), 64);
	return table->entries != NULL;
}

static void open_table_free(struct open_table *table)
{
	memory_unmap(table->entries, open_table_bytes(table));
}

/* The place of the key, or the free one where it would go. */
static inline struct open_entry *open_table_place(const struct open_table *table, uint64_t hash, uint64_t key)
{
	size_t at = hash & table->mask;

	if (key == 0)
		return &table->entries[table->mask + 1];
	while (table->entries[at].key != key && table->entries[at].key != 0)
		at = (at + 1) & table->mask;
	return &table->entries[at];
}

static inline bool open_table_taken(const struct open_table *table, uint64_t key, const struct open_entry *place)
{
	return key == 0 ? table->has_zero : place->key == key;
}

/* The entry of the key, or NULL. */
static inline struct open_entry *open_table_find(const struct open_table *table, uint64_t hash, uint64_t key)
{
	struct open_entry *place = open_table_place(table, hash, key);

	return open_table_taken(table, key, place) ? place : NULL;
}

static bool open_table_double(struct open_table *table, uint64_t (*hash)(uint64_t key))
{
	struct open_table larger;

	if (!open_table_make(&larger, (table->mask + 1) / 4 * 3 + 1))
		return false;
	for (size_t i = 0; i <= table->mask; i++) {
		struct open_entry *from = &table->entries[i];

		if (from->key)
			*open_table_place(&larger, hash(from->key), from->key) = *from;
	}
	larger.entries[larger.mask + 1] = table->entries[table->mask + 1];
	larger.used = table->used;
	larger.has_zero = table->has_zero;
	open_table_free(table);
	*table = larger;
	return true;
}

/* The entry of the key, made with `value` if there is none; *is_new says which.  NULL: no memory. */
static inline struct open_entry *open_table_obtain(struct open_table *table, uint64_t (*hash)(uint64_t key),
						   uint64_t key, uint64_t value, bool *is_new)
{
	struct open_entry *place = open_table_place(table, hash(key), key);

	*is_new = !open_table_taken(table, key, place);
	if (!*is_new)
		return place;
	if (table->used >= (table->mask + 1) / 4 * 3) {
		if (!open_table_double(table, hash))
			return NULL;
		place = open_table_place(table, hash(key), key);
	}
	*place = (struct open_entry){ key, value };
	table->has_zero |= key == 0;
	table->used++;
	return place;
}

/* Fills the hole with the next entry that may stand there, and so on, until a free place follows. */
static inline void open_table_close_hole(struct open_table *table, uint64_t (*hash)(uint64_t key), size_t hole)
{
	size_t at = hole;

	for (;;) {
		size_t home;

		at = (at + 1) & table->mask;
		if (table->entries[at].key == 0)
			break;
		home = hash(table->entries[at].key) & table->mask;
		if (((at - home) & table->mask) >= ((at - hole) & table->mask)) {
			table->entries[hole] = table->entries[at];
			hole = at;
		}
	}
	table->entries[hole].key = 0;
}

static inline bool open_table_remove(struct open_table *table, uint64_t (*hash)(uint64_t key), uint64_t key,
				     uint64_t *old)
{
	struct open_entry *place = open_table_find(table, hash(key), key);

	if (!place)
		return false;
	*old = place->value;
	table->used--;
	if (key == 0)
		table->has_zero = false;
	else
		open_table_close_hole(table, hash, (size_t)(place - table->entries));
	return true;
}

#endif
