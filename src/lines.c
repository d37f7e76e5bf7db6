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

static void add_entries(struct line *line, void *sum)
{
	*(uint64_t *)sum += load_relaxed(&line->inserted) - load_relaxed(&line->removed);
}

uint64_t map_entries(instar_map *map)
{
	uint64_t sum = 0;
	map_each_line(map, add_entries, &sum);
	/* While others write, a removal may be seen before its insertion. */
	return (int64_t)sum < 0 ? 0 : sum;
}

size_t map_threads(instar_map *map)
{
	size_t lines = 0;
	for (unsigned c = 0; c < LINE_CHUNKS && load_acquire(&map->lines[c]); c++)
		lines += (size_t)FIRST_LINES << c;
	return lines;
}
