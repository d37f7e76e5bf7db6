/*
 * src/state.h - a map and what each thread keeps of it.
 *
 * A thread's line has one writer, the thread whose handle has that index (the line passes on with the
 * index), so its counters cost no locked instruction.  Line 0 serves every thread that has none of its
 * own: there, and only there, they are added to by fetch_add.
 */
#ifndef INSTAR_STATE_H
#define INSTAR_STATE_H

#include "src/engine.h"
#include "src/hash.h"
#include "src/table.h"

struct line {
	CACHE_ALIGNED uint64_t entries;   /* inserted - removed by this thread, modulo 2^64 */
	uint64_t buried, displaced, withdrawn, births, stillborn;
	unsigned unchecked;               /* insertions since the last look at the load */
	bool shared;
	uint64_t credit;                  /* entries of max_capacity put aside for this thread */
	/* Homes of a migration taken from its table's next_home, not yet born. */
	CACHE_ALIGNED const struct table *helping;
	size_t help_from, help_to;
};

/* Lines come in chunks: FIRST_LINES, then twice as many each time. */
enum { FIRST_LINES = 16, LINE_CHUNKS = 28 };

struct instar_map {
	const struct engine *engine;
	instar_domain *domain;
	struct hash_seed hash;
	uintptr_t root;               /* struct table */

	CACHE_ALIGNED struct line *lines[LINE_CHUNKS];
	bool reuse;                   /* tombstones, before the next migration */
	bool prefault;
	void (*value_free)(void *value, void *ctx);
	void *value_ctx;
	size_t max_capacity;
	char name[32];

	CACHE_ALIGNED uint64_t growths; /* migrations begun, by kind */
	uint64_t purges, shrinks;
	CACHE_ALIGNED uint64_t taken; /* of max_capacity: entries and credits */
};

/* The line of a thread; line 0 if there is none and no memory for it. */
struct line *map_line_slow(instar_map *map, const instar_thread *t);

static inline struct line *map_line(instar_map *map, const instar_thread *t)
{
	if (likely(t->index < FIRST_LINES))
		return &map->lines[0][t->index];
	return map_line_slow(map, t);
}

static inline void line_add(struct line *line, uint64_t *counter, uint64_t n)
{
	if (unlikely(line->shared))
		fetch_add_relaxed(counter, n);
	else
		count_add(counter, n);
}

/* Calls visit for every line that exists. */
static inline void map_each_line(instar_map *map, void (*visit)(struct line *, void *), void *ctx)
{
	for (unsigned c = 0; c < LINE_CHUNKS; c++) {
		struct line *chunk = load_acquire(&map->lines[c]);
		for (size_t i = 0; chunk && i < (size_t)FIRST_LINES << c; i++)
			visit(&chunk[i], ctx);
	}
}

/* Entries, as the lines tell; exact at rest. */
uint64_t map_entries(instar_map *map);

/* How many lines exist: a bound on the threads that insert. */
size_t map_threads(instar_map *map);

#endif
