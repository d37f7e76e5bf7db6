/*
 * tests/conc/histories.c - recorded histories of a few hot keys are linearizable while tables grow and
 * are purged under them.
 *
 * After each recorded call the thread moves its own window of other keys on (tests/support/filler.h),
 * so migrations go on during the whole history, however the threads are scheduled.  The keys are
 *   scattered: small numbers, the hot ones in homes of their own; or
 *   crowded: the hot ones all in one home, more than it has slots, and the others in the homes around it
 *   (tests/support/crowd.h), so that claims, burials and births of the hot keys' home meet all the time.
 * In some runs the map is also cleared now and then; for each hot key that is one more write.
 */
#include "tests/support/filler.h"
#include "tests/support/linear.h"
#include "tests/support/stir.h"
#include "tests/support/tap.h"
#include "tests/support/threads.h"
#include "tests/support/world.h"

enum { THREADS = 4, HOT_MAX = 12, CALLS = 6000, BATCH = 4, RECORDED = HOT_MAX, CROWD_BITS = 4, HOME_BITS = 10 };

struct test {
	struct world world;
	struct faults faults;
	struct history *history;
	uint64_t seed, window;
	pthread_barrier_t all_full; /* no window is emptied before every thread is done */
	bool crowded, clears;
	struct crowd crowd, home;
	unsigned hot;               /* keys */
};

static uint64_t hot_key(const struct test *test, uint64_t i)
{
	return test->crowded ? crowd_key(&test->home, 0, i) : i;
}

/* One get_many of different keys: as many gets with the same begin and end. */
static void record_get_many(struct test *test, struct history_log *log, struct rng *rng, instar_thread *thread)
{
	struct event *events = &log->events[log->n];
	uint64_t keys[BATCH], values[BATCH], first = rng_below(rng, test->hot), begin, end;
	uint8_t found[BATCH];

	for (unsigned i = 0; i < BATCH; i++)
		keys[i] = hot_key(test, (first + i) % test->hot);
	begin = history_now();
	instar_get_many(test->world.map, thread, keys, BATCH, values, found);
	end = history_end();
	for (unsigned i = 0; i < BATCH; i++)
		events[i] = (struct event){ { .key = keys[i], .kind = CALL_GET, .out = found[i] ? values[i] : 0,
					      .status = found[i] ? INSTAR_OK : INSTAR_NOTFOUND }, begin, end };
	log->n += BATCH;
}

static void record_insert_many(struct test *test, struct history_log *log, struct rng *rng, instar_thread *thread)
{
	struct event *events = &log->events[log->n];
	uint64_t keys[BATCH], values[BATCH], first = rng_below(rng, test->hot), begin, end;
	enum instar_status status[BATCH];

	for (unsigned i = 0; i < BATCH; i++) {
		keys[i] = hot_key(test, (first + i) % test->hot);
		values[i] = rng_below(rng, 1000);
	}
	begin = history_now();
	instar_insert_many(test->world.map, thread, keys, values, BATCH, status);
	end = history_end();
	for (unsigned i = 0; i < BATCH; i++)
		events[i] = (struct event){ { .key = keys[i], .a = values[i], .kind = CALL_INSERT,
					      .status = (uint8_t)status[i], .blind = true }, begin, end };
	log->n += BATCH;
}

/* A clear happens to every hot key, between the same begin and end. */
static void record_clear(struct test *test, struct history_log *log, instar_thread *thread)
{
	struct call call = { .kind = CALL_CLEAR };
	uint64_t begin = history_now(), end;

	call_perform(&call, test->world.map, thread);
	end = history_end();
	for (unsigned i = 0; i < test->hot; i++) {
		call.key = hot_key(test, i);
		log->events[log->n++] = (struct event){ call, begin, end };
	}
}

/* One to RECORDED recorded events. */
static void record(struct test *test, struct history_log *log, struct rng *rng, instar_thread *thread)
{
	uint64_t key = hot_key(test, rng_below(rng, test->hot));
	struct call call = call_random(rng, key, rng_below(rng, 2) ? 4 : 1u << 30);

	if (test->clears && !rng_below(rng, 300)) {
		record_clear(test, log, thread);
		return;
	}
	switch (rng_below(rng, 24)) {
	case 0:
		record_get_many(test, log, rng, thread);
		break;
	case 1:
		record_insert_many(test, log, rng, thread);
		break;
	default:
		history_perform(log, &call, test->world.map, thread);
	}
}

static void work(unsigned index, void *arg)
{
	struct test *test = arg;
	struct history_log *log = &test->history->logs[index];
	instar_thread *thread = world_join(&test->world, index);
	struct filler filler = filler_new(index, THREADS, test->window, test->crowded ? &test->crowd : NULL);
	struct rng rng = rng_stream(test->seed, index);
	const char *wrong = NULL;

	filler.forgiving = test->clears;
	while (log->n + RECORDED <= log->capacity) {
		record(test, log, &rng, thread);
		if (!wrong)
			wrong = filler_step(&filler, test->world.map, thread);
		if (log->n % 16 == 0)
			world_rest(&test->world, thread);
	}
	pthread_barrier_wait(&test->all_full);
	if (!wrong)
		wrong = filler_empty(&filler, test->world.map, thread);
	if (wrong)
		fault(&test->faults, "%s", wrong);
	world_part(thread);
}

/* The totals of all runs. */
struct totals {
	uint64_t seed, stillborn, withdrawn, buried;
	bool buries; /* a scheme tested does */
};

/* The seed of the hash is known, so that keys can be chosen by their home. */
static bool open_test(struct test *test, const struct instar_scheme_info *scheme, unsigned flags)
{
	struct instar_map_opts opts = INSTAR_MAP_OPTS_INIT;

	opts.flags = flags;
	opts.seed[0] = test->seed | 1;
	test->crowd = crowd_new(opts.seed, CROWD_BITS, test->seed);
	test->home = crowd_new(opts.seed, HOME_BITS, test->seed << (HOME_BITS - CROWD_BITS) | 5);
	test->hot = test->crowded ? HOT_MAX : HOT_MAX / 2;
	test->window = test->crowded ? 125 : 500;
	test->history = history_new(THREADS, CALLS);
	pthread_barrier_init(&test->all_full, NULL, THREADS);
	return world_open(&test->world, scheme, NULL, &opts);
}

static void run(const struct instar_scheme_info *scheme, unsigned way, uint64_t seed, struct totals *totals)
{
	unsigned reuse = way & 1 ? INSTAR_MAP_NO_REUSE : 0;
	/* each way in every second round */
	unsigned filter = ((unsigned)__builtin_popcount(way) + seed) % 2 ? INSTAR_MAP_MISS_FILTER : 0;
	struct test test = { .seed = seed, .crowded = way >> 1 & 1, .clears = way >> 2 };
	struct instar_map_stats stats;
	char what[100];

	snprintf(what, sizeof what, "%s, %s keys, tombstones %s%s%s", scheme->name,
		 test.crowded ? "crowded" : "scattered", reuse ? "stay" : "are reused",
		 test.clears ? ", clears" : "", filter ? ", miss filter" : "");
	if (!open_test(&test, scheme, reuse | filter))
		bail_out("%s: no map", scheme->name);
	run_threads(THREADS, work, &test);
	instar_map_stats(test.world.map, &stats);
	ok(linear_check(test.history, stdout), "%s: linearizable", what);
	ok(!test.faults.n, "%s: the other keys were kept", what);
	ok(test.clears || stats.growths + stats.purges > 0, "%s: %llu growths, %llu purges meanwhile", what,
	   (unsigned long long)stats.growths, (unsigned long long)stats.purges);
	ok(instar_map_check(test.world.map, stdout) == INSTAR_OK, "%s: audit", what);
	ok(world_close(&test.world), "%s: map and domain go without complaint", what);
	totals->stillborn += stats.stillborn;
	totals->withdrawn += stats.withdrawn;
	totals->buried += stats.buried;
	pthread_barrier_destroy(&test.all_full);
	history_free(test.history);
}

static void all_ways(const struct instar_scheme_info *scheme, void *arg)
{
	struct totals *totals = arg;

	totals->buries |= scheme->has_grace;
	for (unsigned round = 0; round < test_scale(); round++)
		for (unsigned way = 0; way < 8; way += way < 4 ? 1 : 3)
			run(scheme, way, totals->seed + round, totals);
}

int main(void)
{
	struct totals totals = { .seed = test_seed() };

	stir();
	each_scheme(all_ways, &totals);
	ok(totals.withdrawn && (totals.buried || !totals.buries), "claims were withdrawn (%llu) and slots buried (%llu) meanwhile",
	   (unsigned long long)totals.withdrawn, (unsigned long long)totals.buried);
	diag("%llu homes were stillborn", (unsigned long long)totals.stillborn);
	return done_testing();
}
