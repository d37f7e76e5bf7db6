/* stress/counter.c - strings to entries, in batches that overlap the map's cache misses. */
#include "stress/counter.h"

#include <stdlib.h>
#include <string.h>
#include <xxhash.h>

#include "stress/random.h"

enum { BLOCK_ENTRIES = 1 << 12 };

static uint64_t hash_bytes(const char *bytes, size_t length)
{
	return XXH3_64bits(bytes, length);
}

void counter_make(struct counter *counter, instar_map *map, instar_thread *thread,
		  uint64_t (*hash)(const char *bytes, size_t length))
{
	memset(counter, 0, sizeof(*counter));
	counter->map = map;
	counter->thread = thread;
	counter->hash = hash ? hash : hash_bytes;
}

void counter_free(struct counter *counter)
{
	for (size_t i = 0; i < counter->block_count; i++)
		free(counter->blocks[i]);
	free(counter->blocks);
}

struct counted *counter_entry(const struct counter *counter, size_t index)
{
	return &counter->blocks[index / BLOCK_ENTRIES][index % BLOCK_ENTRIES];
}

static uint64_t prefix_of(const char *bytes, size_t length)
{
	uint64_t prefix = 0;

	for (size_t i = 0; i < 8; i++)
		prefix = prefix << 8 | (i < length ? (unsigned char)bytes[i] : 0);
	return prefix;
}

/* The next entry to be used, not yet taken; NULL: no memory. */
static struct counted *spare_entry(struct counter *counter)
{
	if (counter->used == counter->block_count * BLOCK_ENTRIES) {
		struct counted **blocks = realloc(counter->blocks, (counter->block_count + 1) * sizeof(*blocks));

		if (!blocks)
			return NULL;
		counter->blocks = blocks;
		blocks[counter->block_count] = malloc(BLOCK_ENTRIES * sizeof(**blocks));
		if (!blocks[counter->block_count])
			return NULL;
		counter->block_count++;
	}
	return counter_entry(counter, counter->used);
}

static bool holds(const struct counted *entry, const char *bytes, size_t length)
{
	return entry->length == length && memcmp(entry->bytes, bytes, length) == 0;
}

static void count_one(struct counted *entry)
{
	atomic_fetch_add_explicit(&entry->count, 1, memory_order_relaxed);
}

/* Counts a string whose place is not known: finds its entry along the hashes, or makes it. */
static void place(struct counter *counter, uint64_t hash, const char *bytes, size_t length)
{
	struct counted *spare = spare_entry(counter);

	if (!spare) {
		counter->failed = true;
		return;
	}
	spare->bytes = bytes;
	spare->length = length;
	spare->prefix = prefix_of(bytes, length);
	atomic_init(&spare->count, 1);
	for (;; hash = scramble(hash + 1)) {
		uint64_t there;
		enum instar_status status = instar_get_or_insert(counter->map, counter->thread, hash, (uintptr_t)spare,
								 &there);
		struct counted *entry = (struct counted *)(uintptr_t)there;

		if (status == INSTAR_OK) {
			counter->used++;
			return;
		}
		if (status != INSTAR_EXISTS) {
			counter->failed = true;
			return;
		}
		if (holds(entry, bytes, length)) {
			count_one(entry);
			return;
		}
	}
}

void counter_flush(struct counter *counter)
{
	uint64_t values[COUNTER_BATCH];
	uint8_t found[COUNTER_BATCH];

	instar_get_many(counter->map, counter->thread, counter->hashes, counter->waiting, values, found);
	for (size_t i = 0; i < counter->waiting; i++)
		if (found[i])
			__builtin_prefetch((const void *)(uintptr_t)values[i], 1);
	for (size_t i = 0; i < counter->waiting; i++) {
		const char *bytes = counter->strings[i].bytes;
		size_t length = counter->strings[i].length;

		if (found[i] && holds((struct counted *)(uintptr_t)values[i], bytes, length))
			count_one((struct counted *)(uintptr_t)values[i]);
		else
			place(counter, counter->hashes[i], bytes, length);
	}
	counter->waiting = 0;
	instar_thread_quiescent(counter->thread);
}

void counter_add(struct counter *counter, const char *bytes, size_t length)
{
	counter->strings[counter->waiting].bytes = bytes;
	counter->strings[counter->waiting].length = length;
	counter->hashes[counter->waiting] = counter->hash(bytes, length);
	counter->total++;
	if (++counter->waiting == COUNTER_BATCH)
		counter_flush(counter);
}

int counted_compare(const struct counted *a, const struct counted *b)
{
	size_t shorter = a->length < b->length ? a->length : b->length;
	int order;

	if (a->count != b->count)
		return a->count > b->count ? -1 : 1;
	if (a->prefix != b->prefix)
		return a->prefix < b->prefix ? -1 : 1;
	order = memcmp(a->bytes, b->bytes, shorter);
	return order ? order : (a->length > b->length) - (a->length < b->length);
}
