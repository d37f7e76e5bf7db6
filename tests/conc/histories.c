/*
 * tests/conc/histories.c - recorded histories of a few hot keys are linearizable while tables grow and
 * are purged under them.
 *
 * After each recorded call the thread moves its own window of other keys on (tests/support/filler.h),
 * so migrations go on during the whole history, however the threads are scheduled.
 */
#include "tests/support/filler.h"
#include "tests/support/linear.h"
#include "tests/support/stir.h"
#include "tests/support/tap.h"
#include "tests/support/threads.h"
#include "tests/support/world.h"

enum { THREADS = 4, HOT = 6, CALLS = 8000, WINDOW = 500, BATCH = 4, ROUNDS = 2 };

struct test {
	struct world world;
	struct faults faults;
	struct history *history;
	uint64_t seed;
};

/* One get_many of different keys: as many gets with the same begin and end. */
static void record_get_many(struct history_log *log, struct rng *rng, instar_map *map, instar_thread *thread)
{
	struct event *events = &log->events[log->n];
	uint64_t keys[BATCH], values[BATCH], first = rng_below(rng, HOT), begin, end;
	uint8_t found[BATCH];

	for (unsigned i = 0; i < BATCH; i++)
		keys[i] = (first + i) % HOT;
	begin = history_now();
	instar_get_many(map, thread, keys, BATCH, values, found);
	end = history_end();
	for (unsigned i = 0; i < BATCH; i++)
		events[i] = (struct event){ { .key = keys[i], .kind = CALL_GET, .out = found[i] ? values[i] : 0,
					      .status = found[i] ? INSTAR_OK : INSTAR_NOTFOUND }, begin, end };
	log->n += BATCH;
}

static void record_insert_many(struct history_log *log, struct rng *rng, instar_map *map, instar_thread *thread)
{
	struct event *events = &log->events[log->n];
	uint64_t keys[BATCH], values[BATCH], first = rng_below(rng, HOT), begin, end;
	enum instar_status status[BATCH];

	for (unsigned i = 0; i < BATCH; i++) {
		keys[i] = (first + i) % HOT;
		values[i] = rng_below(rng, 1000);
	}
	begin = history_now();
	instar_insert_many(map, thread, keys, values, BATCH, status);
	end = history_end();
	for (unsigned i = 0; i < BATCH; i++)
		events[i] = (struct event){ { .key = keys[i], .a = values[i], .kind = CALL_INSERT,
					      .status = (uint8_t)status[i], .blind = true }, begin, end };
	log->n += BATCH;
}

/* One to BATCH recorded events. */
static void record(struct history_log *log, struct rng *rng, instar_map *map, instar_thread *thread)
{
	struct call call = call_random(rng, rng_below(rng, HOT), rng_below(rng, 2) ? 4 : 1u << 30);

	switch (rng_below(rng, 24)) {
	case 0:
		record_get_many(log, rng, map, thread);
		break;
	case 1:
		record_insert_many(log, rng, map, thread);
		break;
	default:
		history_perform(log, &call, map, thread);
	}
}

static void work(unsigned index, void *arg)
{
	struct test *test = arg;
	struct history_log *log = &test->history->logs[index];
	instar_thread *thread = world_join(&test->world, index);
	struct filler filler = filler_new(index, THREADS, WINDOW);
	struct rng rng = rng_stream(test->seed, index);
	const char *wrong = NULL;

	while (log->n + BATCH <= log->capacity) {
		record(log, &rng, test->world.map, thread);
		if (!wrong)
			wrong = filler_step(&filler, test->world.map, thread);
		if (log->n % 16 == 0)
			world_rest(thread);
	}
	if (!wrong)
		wrong = filler_empty(&filler, test->world.map, thread);
	if (wrong)
		fault(&test->faults, "%s", wrong);
	world_part(thread);
}

static void run(const struct instar_scheme_info *scheme, unsigned flags, uint64_t seed)
{
	const char *how = flags & INSTAR_MAP_NO_REUSE ? "tombstones stay" : "tombstones are reused";
	struct instar_map_opts opts = INSTAR_MAP_OPTS_INIT;
	struct test test = { .seed = seed };
	struct instar_map_stats stats;

	opts.flags = flags;
	test.history = history_new(THREADS, CALLS);
	if (!world_open(&test.world, scheme, NULL, &opts))
		bail_out("%s: no map", scheme->name);
	run_threads(THREADS, work, &test);
	instar_map_stats(test.world.map, &stats);
	ok(linear_check(test.history, stdout), "%s, %s: linearizable", scheme->name, how);
	ok(!test.faults.n, "%s, %s: the other keys were kept", scheme->name, how);
	ok(stats.growths > 0, "%s, %s: the table grew meanwhile", scheme->name, how);
	if (flags & INSTAR_MAP_NO_REUSE || !scheme->has_grace)
		ok(stats.purges > 0, "%s, %s: tables were purged meanwhile", scheme->name, how);
	ok(instar_map_check(test.world.map, stdout) == INSTAR_OK, "%s, %s: audit", scheme->name, how);
	ok(world_close(&test.world), "%s, %s: map and domain go without complaint", scheme->name, how);
	history_free(test.history);
}

static void both(const struct instar_scheme_info *scheme, void *seed)
{
	for (unsigned round = 0; round < ROUNDS * test_scale(); round++) {
		run(scheme, 0, *(uint64_t *)seed + round);
		run(scheme, INSTAR_MAP_NO_REUSE, *(uint64_t *)seed + round);
	}
}

int main(void)
{
	uint64_t seed = test_seed();

	stir();
	each_scheme(both, &seed);
	return done_testing();
}
