/*
 * src/lines.c - the per-thread lines of a map (src/state.h): finding, making, summing.
 */
#include "src/state.h"

struct line *map_line_slow(instar_map *map, const instar_thread *t)
{
	unsigned c = line_chunk(t->index);
	size_t bytes = ((size_t)FIRST_LINES << c) * sizeof(struct line);
	struct line *chunk = NULL, *made = reclaim_alloc(map->domain, bytes, CACHE_LINE);
	if (!made)
		return &map->lines[0][0];
	if (cas_acq_rel(&map->lines[c], &chunk, made))
		chunk = made;
	else
		reclaim_free(map->domain, made, bytes, CACHE_LINE);
	return &chunk[t->index - line_chunk_begin(c)];
}

bool generation_add(pair_cell *cell, uint64_t generation, word delta, word limit)
{
	for (;;) {
		struct pair e = load_pair(cell);
		if (e.first > (word)generation)
			return true;
		struct pair next = { (word)generation, (e.first == (word)generation ? e.second : 0) + delta };
		if (next.second > limit)
			return false;
		if (cas_pair(cell, e, next))
			return true;
	}
}

struct entries {
	uint64_t generation, sum;
};

static void add_entries(struct line *line, void *ctx)
{
	struct entries *e = ctx;
	if (load_relaxed(&line->generation) == e->generation)
		e->sum += load_relaxed(&line->inserted) - load_relaxed(&line->removed);
}

uint64_t map_entries(instar_map *map)
{
	struct entries e = { load_acquire(&map->generation), 0 };
	map_each_line(map, add_entries, &e);
	struct pair shared = load_pair(&map->shared_entries);
	if (shared.first == (word)e.generation)
		e.sum += (uint64_t)(int64_t)(signed_word)shared.second;
	/* While others write, a removal may be seen before its insertion. */
	return (int64_t)e.sum < 0 ? 0 : e.sum;
}

size_t map_threads(instar_map *map)
{
	size_t lines = 0;
	for (unsigned c = 0; c < LINE_CHUNKS && load_acquire(&map->lines[c]); c++)
		lines += (size_t)FIRST_LINES << c;
	return lines;
}
