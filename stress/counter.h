/*
 * stress/counter.h - counts byte strings with many threads through the map, exactly.
 *
 * The map leads from a string's 64-bit hash to its entry, which knows where the string is.  Two strings
 * with one hash are told apart by their bytes: the second goes where the hash of the hash leads, and so on.
 */
#ifndef STRESS_COUNTER_H
#define STRESS_COUNTER_H

#include <instar/instar.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct counted {
	const char *bytes;
	size_t length;
	uint64_t prefix;        /* the first eight bytes, as a number that compares as they do */
	_Atomic uint64_t count;
};

enum { COUNTER_BATCH = 64 };

/* One thread's view. */
struct counter {
	instar_map *map;
	instar_thread *thread;
	uint64_t (*hash)(const char *bytes, size_t length);
	struct counted **blocks; /* entries this thread made */
	size_t block_count;
	size_t used;             /* in all blocks */
	uint64_t total;          /* strings this thread was given */
	bool failed;             /* no memory: the counts are not right */
	size_t waiting;
	uint64_t hashes[COUNTER_BATCH];
	struct { const char *bytes; size_t length; } strings[COUNTER_BATCH];
};

/* `hash` NULL: XXH3.  The bytes stay where they are until the counter is freed. */
void counter_make(struct counter *counter, instar_map *map, instar_thread *thread,
		  uint64_t (*hash)(const char *bytes, size_t length));
void counter_add(struct counter *counter, const char *bytes, size_t length);
void counter_flush(struct counter *counter);
void counter_free(struct counter *counter);

/* The index-th entry that this thread made. */
struct counted *counter_entry(const struct counter *counter, size_t index);

/* More frequent ones first, then by bytes. */
int counted_compare(const struct counted *a, const struct counted *b);

#endif
