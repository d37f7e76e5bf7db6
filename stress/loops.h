/*
 * stress/loops.h - every worker's loop, compiled into the file of each map that includes this.
 *
 * The file defines before: SUBJECT (an identifier), MAP_KIND, map_name, map_about, struct map,
 * struct map_thread, and static
 *	map_create map_destroy map_attach map_detach map_quiescent map_offline map_online
 *	map_get map_get_many map_insert map_put map_remove
 *	map_get_boxed map_put_boxed map_remove_boxed map_size map_figures map_audit
 * with the meanings of struct subject's pointers; defaults.h has some that many maps share.
 *
 * Every BLOCK operations a loop counts them, announces a quiescent state and looks whether to stop.
 */
#include "stress/clock.h"
#include "stress/population.h"
#include "stress/subject.h"

enum { BLOCK = 64, SAMPLES = 400 };

static inline bool next_block(struct work *work, uint64_t done)
{
	map_quiescent(work->map, work->thread);
	atomic_store_explicit(&work->operations, done, memory_order_relaxed);
	return !atomic_load_explicit(work->stop, memory_order_relaxed);
}

static inline const uint64_t *block_keys(const struct work *work, uint64_t done)
{
	return &work->stream[done & work->stream_mask];
}

static inline void gained(struct work *work, uint64_t key)
{
	work->entries_gained++;
	work->keys_gained += key;
}

static inline void lost(struct work *work, uint64_t key)
{
	work->entries_gained--;
	work->keys_gained -= key;
}

static void work_hit(struct work *work)
{
	struct map *map = work->map;
	struct map_thread *thread = work->thread;
	uint64_t hits = 0, notes = 0, done = 0;

	for (; next_block(work, done); done += BLOCK) {
		const uint64_t *keys = block_keys(work, done);

		for (size_t i = 0; i < BLOCK; i++) {
			uint64_t value;

			if (map_get(map, thread, keys[i], &value)) {
				hits++;
				notes += note_of(keys[i], value);
			}
		}
	}
	work->wrong += done - hits + (notes != 0);
}

static void work_miss(struct work *work)
{
	struct map *map = work->map;
	struct map_thread *thread = work->thread;
	uint64_t hits = 0, done = 0;

	for (; next_block(work, done); done += BLOCK) {
		const uint64_t *keys = block_keys(work, done);

		for (size_t i = 0; i < BLOCK; i++) {
			uint64_t value;

			hits += map_get(map, thread, keys[i], &value);
		}
	}
	work->wrong += hits;
}

static void work_get_many(struct work *work)
{
	struct map *map = work->map;
	struct map_thread *thread = work->thread;
	uint64_t hits = 0, notes = 0, done = 0;
	uint64_t values[BATCH];
	uint8_t found[BATCH];

	for (; next_block(work, done); done += BLOCK) {
		for (size_t batch = 0; batch < BLOCK; batch += BATCH) {
			const uint64_t *keys = block_keys(work, done) + batch;

			hits += map_get_many(map, thread, keys, BATCH, values, found);
			for (size_t i = 0; i < BATCH; i++)
				notes += note_of(keys[i], values[i]);
		}
	}
	work->wrong += done - hits + (notes != 0);
}

static void work_insert(struct work *work)
{
	struct map *map = work->map;
	struct map_thread *thread = work->thread;
	for (size_t i = 0; i < work->share_length; i++) {
		uint64_t key = work->share[i];

		if (map_insert(map, thread, key, value_of(key, 0)))
			gained(work, key);
		if (i % BLOCK == 0)
			next_block(work, i);
	}
	atomic_store_explicit(&work->operations, work->share_length, memory_order_relaxed);
}

static void work_insert_timed(struct work *work)
{
	struct map *map = work->map;
	struct map_thread *thread = work->thread;
	for (size_t i = 0; i < work->share_length; i++) {
		uint64_t key = work->share[i], start = clock_ticks();

		if (map_insert(map, thread, key, value_of(key, 0)))
			gained(work, key);
		histogram_record(work->latency, clock_ticks() - start);
		if (i % BLOCK == 0)
			next_block(work, i);
	}
	atomic_store_explicit(&work->operations, work->share_length, memory_order_relaxed);
}

static void work_insert_sampled(struct work *work)
{
	struct map *map = work->map;
	struct map_thread *thread = work->thread;
	size_t between = work->share_length / SAMPLES + 1;

	for (size_t i = 0; i < work->share_length; i++) {
		uint64_t key = work->share[i];

		if (map_insert(map, thread, key, value_of(key, 0)))
			gained(work, key);
		if (i % BLOCK == 0)
			next_block(work, i);
		if (i % between == between - 1)
			work->sample(i + 1);
	}
	atomic_store_explicit(&work->operations, work->share_length, memory_order_relaxed);
}

static void work_put(struct work *work)
{
	struct map *map = work->map;
	struct map_thread *thread = work->thread;
	uint64_t done = 0;

	for (; next_block(work, done); done += BLOCK) {
		const uint64_t *keys = block_keys(work, done);

		for (size_t i = 0; i < BLOCK; i++)
			work->wrong += map_put(map, thread, keys[i], value_of(keys[i], done % NOTES + i));
	}
}

/* `percent` of the draws, which are uniform in 32 bits. */
static inline bool chosen(uint32_t draw, unsigned percent)
{
	return draw < (uint32_t)(((uint64_t)percent << 32) / 100);
}

static void work_get_put(struct work *work)
{
	struct map *map = work->map;
	struct map_thread *thread = work->thread;
	uint64_t done = 0, random = work->seed;

	for (; next_block(work, done); done += BLOCK) {
		const uint64_t *keys = block_keys(work, done);

		for (size_t i = 0; i < BLOCK; i++) {
			uint64_t value;

			if (!chosen(random_draw(&random), work->reads))
				work->wrong += map_put(map, thread, keys[i],
						       value_of(keys[i], done % NOTES + i));
			else if (!map_get(map, thread, keys[i], &value) ||
				 note_of(keys[i], value) >= NOTES)
				work->wrong++;
		}
	}
}

static void work_mix(struct work *work)
{
	struct map *map = work->map;
	struct map_thread *thread = work->thread;
	uint64_t done = 0, random = work->seed;
	unsigned inserts = work->reads + (100 - work->reads) / 2;

	for (; next_block(work, done); done += BLOCK) {
		const uint64_t *keys = block_keys(work, done);

		for (size_t i = 0; i < BLOCK; i++) {
			uint32_t draw = random_draw(&random);
			uint64_t key = keys[i], value;

			if (chosen(draw, work->reads)) {
				if (map_get(map, thread, key, &value) && value != value_of(key, 0))
					work->wrong++;
			} else if (chosen(draw, inserts)) {
				if (map_insert(map, thread, key, value_of(key, 0)))
					gained(work, key);
			} else if (map_remove(map, thread, key, &value)) {
				lost(work, key);
			}
		}
	}
}

static void work_churn(struct work *work)
{
	struct map *map = work->map;
	struct map_thread *thread = work->thread;
	uint64_t done = 0, first = work->churn_first, end = work->churn_end;

	for (; next_block(work, done); done += BLOCK) {
		for (size_t i = 0; i < BLOCK; i += 2) {
			uint64_t value, key = population_new_key(work->seed, work->index, end++);
			uint64_t oldest = population_new_key(work->seed, work->index, first++);

			work->wrong += !map_insert(map, thread, key, value_of(key, 0));
			work->wrong += !map_remove(map, thread, oldest, &value);
		}
	}
	work->churn_first = first;
	work->churn_end = end;
}

static void work_boxed(struct work *work)
{
	struct map *map = work->map;
	struct map_thread *thread = work->thread;
	uint64_t done = 0, random = work->seed;
	unsigned puts = work->reads + (100 - work->reads) / 2;

	for (; next_block(work, done); done += BLOCK) {
		const uint64_t *keys = block_keys(work, done);

		for (size_t i = 0; i < BLOCK; i++) {
			uint32_t draw = random_draw(&random);
			uint64_t key = keys[i], value;

			if (chosen(draw, work->reads)) {
				if (map_get_boxed(map, thread, key, &value) &&
				    note_of(key, value) >= NOTES)
					work->wrong++;
			} else if (chosen(draw, puts)) {
				if (map_put_boxed(map, thread, key, value_of(key, done % NOTES + i)))
					gained(work, key);
			} else if (map_remove_boxed(map, thread, key)) {
				lost(work, key);
			}
		}
	}
}

#define SUBJECT_NAME_(name) subject_##name
#define SUBJECT_NAME(name) SUBJECT_NAME_(name)

extern const struct subject SUBJECT_NAME(SUBJECT);
const struct subject SUBJECT_NAME(SUBJECT) = {
	.name = map_name,
	.about = map_about,
	.kind = MAP_KIND,
	.create = map_create,
	.destroy = map_destroy,
	.attach = map_attach,
	.detach = map_detach,
	.offline = map_offline,
	.online = map_online,
	.get = map_get,
	.get_many = map_get_many,
	.insert = map_insert,
	.put = map_put,
	.remove = map_remove,
	.get_boxed = map_get_boxed,
	.put_boxed = map_put_boxed,
	.remove_boxed = map_remove_boxed,
	.size = map_size,
	.figures = map_figures,
	.audit = map_audit,
	.work = {
		[LOOP_HIT] = work_hit,
		[LOOP_MISS] = work_miss,
		[LOOP_GET_MANY] = work_get_many,
		[LOOP_INSERT] = work_insert,
		[LOOP_INSERT_TIMED] = work_insert_timed,
		[LOOP_INSERT_SAMPLED] = work_insert_sampled,
		[LOOP_PUT] = work_put,
		[LOOP_GET_PUT] = work_get_put,
		[LOOP_MIX] = work_mix,
		[LOOP_CHURN] = work_churn,
		[LOOP_BOXED] = work_boxed,
	},
};
