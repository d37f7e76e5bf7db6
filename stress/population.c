/* stress/population.c - making keys and drawing streams from them. */
#include "stress/population.h"

#include <stdlib.h>
#include <string.h>

#include "stress/zipf.h"

bool population_make(struct population *population, size_t entries, uint64_t seed, const uint64_t *known)
{
	uint64_t state = seed;
	size_t first = 0;

	population->entries = entries;
	population->seed = seed;
	population->keys = malloc(2 * entries * sizeof(uint64_t));
	if (!population->keys)
		return false;
	if (known) {
		memcpy(population->keys, known, entries * sizeof(uint64_t));
		first = entries;
	}
	for (size_t i = first; i < 2 * entries; i++)
		population->keys[i] = random_next(&state);
	return true;
}

void population_free(struct population *population)
{
	free(population->keys);
}

static size_t stream_length(size_t entries)
{
	size_t length = 1 << 16;

	while (length < entries && length < 1 << 22)
		length *= 2;
	return length;
}

bool stream_make(struct stream *stream, const struct population *population, enum keys keys, unsigned thread)
{
	uint64_t state = scramble(population->seed + 1) + thread;
	const uint64_t *from = population->keys + (keys == KEYS_STRANGERS ? population->entries : 0);
	size_t range = (keys == KEYS_BOTH ? 2 : 1) * population->entries;
	struct zipf zipf = zipf_make(range, 0.99);

	stream->length = keys == KEYS_NONE ? 0 : stream_length(range);
	stream->keys = malloc(stream->length * sizeof(uint64_t));
	if (!stream->keys && stream->length)
		return false;
	for (size_t i = 0; i < stream->length; i++)
		stream->keys[i] = from[keys == KEYS_ZIPF ? zipf_draw(&zipf, &state) : random_below(&state, range)];
	return true;
}
