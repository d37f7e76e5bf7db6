/*
 * src/bundle.h - all entries of a byte-key map that have one hash, in one piece of memory.
 *
 *	struct bundle | item | item ... | struct release (boxed maps)
 *	                value, length, key bytes, padding to 8
 *
 * Nearly always there is one item.  A published bundle never changes, but for `displaced`: whoever
 * replaced it in the map writes there, before the reclaimer has it, which of its values went out of the map
 * with it, the rest having been copied into its successor.  So each value is freed once, with the last bundle
 * that held it; and in a child process, whose parent's other threads are lost wherever they were, at most once.
 *
 * A bundle may outlive its map, in the reclaimer: what its destruction needs it carries, or it is the domain.
 */
#ifndef INSTAR_BUNDLE_H
#define INSTAR_BUNDLE_H

#include "reclaim/contract.h"

struct item {
	uint64_t value;
	uint32_t length;
	unsigned char key[];
};

/* What becomes of a value that leaves a boxed map. */
struct release {
	void (*value_free)(void *value, void *ctx); /* NULL: not a boxed map */
	void *ctx;
};

#define DISPLACED_NONE UINT32_MAX
#define DISPLACED_ALL (UINT32_MAX - 1)
#define NO_ITEM UINT32_MAX

struct bundle {
	size_t bytes;
	uint32_t count;     /* of items, at least 1 */
	uint32_t displaced; /* an item's index, DISPLACED_NONE or DISPLACED_ALL */
};

struct byte_key {
	const void *bytes;
	uint32_t length;
};

static inline size_t item_bytes(uint32_t length)
{
	return (offsetof(struct item, key) + (size_t)length + 7) & ~(size_t)7;
}

static inline struct item *bundle_first(const struct bundle *b)
{
	return (struct item *)(uintptr_t)(b + 1);
}

static inline struct item *item_next(const struct item *item)
{
	return (struct item *)((uintptr_t)item + item_bytes(item->length));
}

/* Its index, and the item itself; NO_ITEM. */
uint32_t bundle_find(const struct bundle *b, const struct byte_key *key, const struct item **item);

/* A new bundle: the items of `old` (NULL: none) without the one at index `without` (or NO_ITEM), and then
 * `key` (NULL: none) with `value`.  NULL: no memory. */
struct bundle *bundle_make(instar_domain *domain, const struct release *release, const struct bundle *old,
			   uint32_t without, const struct byte_key *key, uint64_t value);

size_t bundle_size(const void *bundle);

/* Never published: its memory goes, its values stay. */
void bundle_discard(instar_domain *domain, struct bundle *b);

/* For the map of bundles; ctx is the domain.  Boxed maps: with the values displaced. */
void bundle_free(void *bundle, void *domain);
void bundle_free_boxed(void *bundle, void *domain);

#endif
