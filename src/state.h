/*
 * src/state.h - a map and what each thread keeps of it.
 *
 * A thread's line has one writer, the thread whose handle has that index (the line passes on with the
 * index), so its counters cost no locked instruction.  Line 0 serves every thread that has none of its
 * own: there, and only there, they are added to by fetch_add.
 *
 * A clear begins a new *generation*: what calls still do to the tables before it counts no more.  A thread starts its
 * line anew when it first meets a table of the next one, and does not go back: a call that was amid its work in an
 * older table, because its callback met the new one, counts no more, too.
 */
#ifndef INSTAR_STATE_H
#define INSTAR_STATE_H

#include <pthread.h>

#include "src/engine.h"
#include "src/hash.h"
#include "src/table.h"

struct line {
	CACHE_ALIGNED uint64_t inserted; /* entries, by this thread, in tables of `generation` */
	uint64_t removed;
	uint64_t generation;
	uint64_t buried, displaced, withdrawn, births, stillborn; /* counters */
	uint64_t credit;                  /* entries of max_capacity put aside for this thread */
	/* Homes of a migration taken from its table's next_home, not yet born. */
	const struct table *helping;
	size_t help_from, help_to;
	bool shared;
	uint32_t touched;                 /* homes, in fresh tables without prev */
	struct parked *spare;             /* boxed maps: for the next value displaced */
	const struct table *left_in;      /* src/leave.h */
	size_t left;
};

/* Lines come in chunks: FIRST_LINES, then twice as many each time. */
enum { FIRST_LINES = 16, LINE_CHUNKS = 29 };

_Static_assert(sizeof(struct line) == 2 * CACHE_LINE, "found by a shift");

struct instar_map {
	const struct engine *engine;
	instar_domain *domain;
	struct hash_seed hash;
	uintptr_t root;               /* struct table */

	bool plain;                   /* neither boxed nor limited: the straight lines of src/glance.h apply */
	bool reuse;                   /* tombstones, before the next migration */
	struct table_pages pages;
	unsigned first_log2_homes;    /* of the table made at creation */
	void (*value_free)(void *value, void *ctx);
	void *value_ctx;
	size_t value_bytes;           /* of each boxed value, as far as is known ... */
	size_t (*value_size)(const void *value); /* ... NULL; or it tells itself */
	void (*value_leaves)(void *value); /* NULL; or of each value that a call displaced, before the reclaimer has it */
	size_t max_capacity;
	char name[32];
	CACHE_ALIGNED struct line *lines[LINE_CHUNKS];

	CACHE_ALIGNED uint64_t growths; /* migrations begun, by kind */
	uint64_t purges, shrinks;
	uint64_t generation;
	/* Snapshots (src/snapshot.h). */
	CACHE_ALIGNED uint64_t open_snapshots;
	uint64_t last_snapshot;          /* number of the last one opened */
	struct parked *parked;
	struct table *abandoned;         /* tables whose last owner could not retire them */
	pthread_mutex_t snapshots_lock;  /* of the list; taken to open and to close */
	struct instar_snapshot *snapshots;
	CACHE_ALIGNED pair_cell taken;   /* { generation, entries and credits }, of max_capacity */
	pair_cell shared_entries;        /* { generation, entries counted by line 0's users, modulo 2^W } */
	struct reclaim_map attachment;   /* to the domain */
};

/* What threads have of it, at its end. */
void free_lines(instar_map *map);

/* The map's own memory, without its tables. */
static inline void map_free(instar_map *map)
{
	free_lines(map);
	reclaim_free(map->domain, map, sizeof *map, CACHE_LINE);
}

/* Sections may still refer to boxed values: all go to the reclaimer.  BUSY: snapshots are open.  NOMEM: not all, the rest
 * is in the map still. */
enum instar_status map_retire_values(instar_map *map);

/* The rest of instar_map_destroy but for the last step, reclaim_map_gone: after that the domain may be gone, too.  What is
 * in the map is freed at once. */
void map_unmake(instar_map *map);

/* Index i stands in chunk c, which begins at FIRST_LINES * (2^c - 1). */
static inline unsigned line_chunk(unsigned index)
{
	return 31 - (unsigned)__builtin_clz(index / FIRST_LINES + 1);
}

static inline size_t line_chunk_begin(unsigned chunk)
{
	return (size_t)FIRST_LINES * (((size_t)1 << chunk) - 1);
}

/* Makes the chunk that a thread's line stands in; line 0 if there is no memory for it. */
struct line *map_line_slow(instar_map *map, const instar_thread *t);

/* The line of a thread. */
static inline struct line *map_line(instar_map *map, const instar_thread *t)
{
	if (likely(t->index < FIRST_LINES))
		return &map->lines[0][t->index];
	unsigned c = line_chunk(t->index);
	struct line *chunk = load_acquire(&map->lines[c]);
	if (unlikely(!chunk))
		return map_line_slow(map, t);
	return &chunk[t->index - line_chunk_begin(c)];
}

/* The same for a reader, which asks for no memory: line 0, too, where the chunk is not made yet. */
static inline struct line *map_line_made(instar_map *map, const instar_thread *t)
{
	bool made = load_acquire(&map->lines[line_chunk(t->index)]) != NULL;
	return made ? map_line(map, t) : &map->lines[0][0];
}

static inline void line_add(struct line *line, uint64_t *counter, uint64_t n)
{
	if (unlikely(line->shared))
		fetch_add_relaxed(counter, n);
	else
		count_add(counter, n);
}

/* An open snapshot: the table it owns, which nobody writes to but to seal it. */
struct instar_snapshot {
	instar_map *map;
	struct table *table;          /* NULL: there was no memory to swap the root */
	uint64_t number;              /* in the order of opening */
	bool given;                   /* to the user, who closes it; else a call that is under way does ... */
	const char *opener;           /* ... of this thread (snapshot.c) */
	struct instar_snapshot *next; /* in map->snapshots */
};

/* The same as instar_snapshot_open, for a call that closes it itself, or hands it on and says so in `given`. */
enum instar_status snapshot_open(instar_map *map, instar_thread *thread, instar_snapshot **out);

/* As instar_foreach, of the next `budget` entries from *cursor on.  OK: more to come; NOTFOUND: the end; STOPPED: the last
 * few will be visited again. */
enum instar_status foreach_some(instar_map *map, instar_thread *thread, instar_visit_fn *visit, void *ctx,
				uint64_t *cursor, size_t budget);

/* At a fork, around which the list is locked: over in the child snapshots that lost threads had open for a call are
 * none any more; what they kept stays allocated. */
void snapshots_fork(instar_map *map, enum fork_side side);

/* A boxed value displaced, or a table of them cleared, while snapshots up to `number` were open. */
struct parked {
	struct parked *next;
	void *object;
	bool is_table;
	uint64_t number;
};

static inline size_t map_value_bytes(const instar_map *map, const void *value)
{
	return map->value_size ? map->value_size(value) : map->value_bytes;
}

/* The map's counts are those of `generation` from now on: said by whoever clears, and by all who count in a newer table,
 * for the clearing thread may stop between the two. */
void map_turn(instar_map *map, uint64_t generation);

/* No generation, but that the line's thread is about to begin it anew; in a child process it may have been lost there. */
#define LINE_TURNING UINT64_MAX

/* The line is to count for tables of `generation`, newer than its own. */
void line_turn(instar_map *map, struct line *line, uint64_t generation);

/* May the line count what was done to a table of `generation`?  false: it was cleared. */
static inline bool line_counts(instar_map *map, struct line *line, uint64_t generation)
{
	if (likely(line->generation == generation))
		return true;
	if (line->generation > generation && line->generation != LINE_TURNING)
		return false;
	line_turn(map, line, generation);
	return true;
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

/* A pair { generation, n }: n += delta modulo 2^W, unless the pair belongs to a later generation.  false:
 * n would exceed limit, nothing changed. */
bool generation_add(pair_cell *cell, uint64_t generation, word delta, word limit);

/* Entries, as the lines tell; exact at rest. */
uint64_t map_entries(instar_map *map);

/* How many lines exist: a bound on the threads that insert. */
size_t map_threads(instar_map *map);

#endif
