/*
 * src/lines.c - the per-thread lines of a map (src/state.h): finding, making, summing.
 */
#include "src/state.h"

/* false: no memory. */
static bool make_chunk(instar_map *map, unsigned c)
{
	size_t bytes = ((size_t)FIRST_LINES << c) * sizeof(struct line);
	struct line *none = NULL, *made = reclaim_alloc(map->domain, bytes, CACHE_LINE);
	if (made && !cas_acq_rel(&map->lines[c], &none, made))
		reclaim_free(map->domain, made, bytes, CACHE_LINE);
	return made;
}

/* Those before it, too: chunks are there up to some one (map_threads). */
struct line *map_line_slow(instar_map *map, const instar_thread *t)
{
	unsigned last = line_chunk(t->index);
	for (unsigned c = 1; c <= last; c++)
		if (!load_acquire(&map->lines[c]) && !make_chunk(map, c))
			return &map->lines[0][0];
	return &load_acquire(&map->lines[last])[t->index - line_chunk_begin(last)];
}

void map_turn(instar_map *map, uint64_t generation)
{
	uint64_t now = load_acquire(&map->generation);
	while (now < generation && !cas_acq_rel(&map->generation, &now, generation))
		;
}

void line_turn(instar_map *map, struct line *line, uint64_t generation)
{
	/* ORD:line-turn — release, all; pairs with ORD:line-sum (lines.c): no sum has counts of two generations */
	store_relaxed(&line->generation, LINE_TURNING);
	store_release(&line->inserted, 0);
	store_release(&line->removed, 0);
	line->credit = 0;
	store_release(&line->generation, generation);
	map_turn(map, generation);
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
	/* ORD:line-sum — acquire, all; pairs with ORD:line-turn (lines.c) */
	if (load_acquire(&line->generation) != e->generation)
		return;
	uint64_t n = load_acquire(&line->inserted) - load_acquire(&line->removed);
	if (load_relaxed(&line->generation) == e->generation)
		e->sum += n;
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

static void free_spare(struct line *line, void *ctx)
{
	instar_map *map = ctx;
	if (line->spare)
		reclaim_free(map->domain, line->spare, sizeof *line->spare, sizeof(void *));
}

void free_lines(instar_map *map)
{
	map_each_line(map, free_spare, map);
	for (unsigned c = 0; c < LINE_CHUNKS; c++)
		if (map->lines[c])
			reclaim_free(map->domain, map->lines[c], ((size_t)FIRST_LINES << c) * sizeof(struct line),
				     CACHE_LINE);
}
