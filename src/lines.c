/*
 * src/lines.c - the per-thread lines of a map (src/state.h): finding, making, summing.
 */
#include "src/state.h"

/* Index i stands in chunk c, which begins at FIRST_LINES * (2^c - 1). */
static unsigned chunk_of(size_t index)
{
	unsigned c = 0;
	while (index >= (size_t)FIRST_LINES * (((size_t)2 << c) - 1))
		c++;
	return c;
}

struct line *map_line_slow(instar_map *map, const instar_thread *t)
{
	unsigned c = chunk_of(t->index);
	if (c >= LINE_CHUNKS)
		return &map->lines[0][0];
	struct line *chunk = load_acquire(&map->lines[c]);
	if (!chunk) {
		size_t bytes = ((size_t)FIRST_LINES << c) * sizeof *chunk;
		struct line *made = reclaim_alloc(map->domain, bytes, CACHE_LINE);
		if (!made)
			return &map->lines[0][0];
		if (cas_acq_rel(&map->lines[c], &chunk, made))
			chunk = made;
		else
			reclaim_free(map->domain, made, bytes, CACHE_LINE);
	}
	return &chunk[t->index - (size_t)FIRST_LINES * (((size_t)1 << c) - 1)];
}

static void add_entries(struct line *line, void *sum)
{
	*(uint64_t *)sum += load_relaxed(&line->entries);
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
