/*
 * stress/verify.c - population, sum of keys, values and the map's own audit.
 *
 * The workers counted what they put in and took out; the map is searched for every key there can be.
 */
#include "stress/verify.h"

struct tally {
	uint64_t entries, keys; /* their number, and the sum of their keys */
	uint64_t wrong;         /* values that do not belong to their key */
};

/* Looks n keys up and adds what is there. */
static void search(const struct crew *crew, struct map_thread *thread, const uint64_t *keys, size_t n,
		   struct tally *tally)
{
	uint64_t values[BATCH];
	uint8_t found[BATCH];

	if (crew->cell->workload->boxed)
		for (size_t i = 0; i < n; i++)
			found[i] = crew->subject->get_boxed(crew->map, thread, keys[i], &values[i]);
	else
		crew->subject->get_many(crew->map, thread, keys, n, values, found);
	for (size_t i = 0; i < n; i++) {
		if (!found[i])
			continue;
		tally->entries++;
		tally->keys += keys[i];
		tally->wrong += note_of(keys[i], values[i]) >= NOTES;
	}
}

static void search_population(const struct crew *crew, struct map_thread *thread, struct tally *tally)
{
	const struct population *population = crew->population;

	for (size_t i = 0; i < 2 * population->entries; i += BATCH) {
		size_t left = 2 * population->entries - i;

		search(crew, thread, population->keys + i, left < BATCH ? left : BATCH, tally);
	}
}

static void search_new_keys(const struct crew *crew, struct map_thread *thread, struct tally *tally)
{
	for (unsigned t = 0; t < crew->count; t++) {
		const struct work *work = &crew->workers[t].work;

		for (uint64_t n = work->churn_first; n < work->churn_end; n++) {
			uint64_t key = population_new_key(work->seed, work->index, n);

			search(crew, thread, &key, 1, tally);
		}
	}
}

/* What must be there. */
static struct tally expect(const struct crew *crew)
{
	const struct workload *workload = crew->cell->workload;
	struct tally tally = { 0 };

	for (unsigned t = 0; t < crew->count; t++) {
		const struct work *work = &crew->workers[t].work;

		tally.entries += work->entries_gained;
		tally.keys += work->keys_gained;
		for (uint64_t n = work->churn_first; n < work->churn_end; n++, tally.entries++)
			tally.keys += population_new_key(work->seed, work->index, n);
	}
	if (workload->from_empty || workload->loop == LOOP_CHURN)
		return tally;
	for (size_t i = 0; i < crew->population->entries; i++, tally.entries++)
		tally.keys += crew->population->keys[i];
	return tally;
}

const char *verify(const struct crew *crew)
{
	struct tally expected = expect(crew), there = { 0 };
	struct map_thread *thread;

	for (unsigned t = 0; t < crew->count; t++)
		if (crew->workers[t].work.wrong)
			return "calls gave wrong answers";
	if (crew->subject->kind == SUBJECT_BOUND)
		return NULL;
	if (crew->cell->workload->from_empty && expected.entries != crew->population->entries)
		return "not every insert succeeded";
	thread = crew->subject->attach(crew->map);
	if (!thread)
		return "no memory to verify";
	(crew->cell->workload->loop == LOOP_CHURN ? search_new_keys : search_population)(crew, thread, &there);
	crew->subject->detach(crew->map, thread);
	if (there.wrong)
		return "the map holds wrong values";
	if (there.entries != expected.entries || there.keys != expected.keys)
		return "the map does not hold the keys it must";
	if (crew->subject->size(crew->map) != expected.entries)
		return "the map's size is wrong";
	if (!crew->subject->audit(crew->map))
		return "the map's audit found it damaged";
	return NULL;
}
