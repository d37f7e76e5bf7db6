/*
 * tests/conc/parked.c - one thread sleeps for ever between two transitions; the others go on, and nothing
 * is lost.
 *
 * For each step a victim is stopped there, in the middle of a call, while the others grow and purge the
 * tables over it.  Then it is let go.  All calls on the hot keys, the victim's included, are recorded and
 * must be linearizable; the audit runs while it sleeps and at the end.
 */
#include "src/step.h"
#include "tests/support/filler.h"
#include "tests/support/linear.h"
#include "tests/support/stir.h"
#include "tests/support/tap.h"
#include "tests/support/threads.h"
#include "tests/support/world.h"

enum { OTHERS = 2, VICTIM = OTHERS, THREADS };
enum { HOT = 10, CALLS = 4000, AFTER = 800, CROWD_BITS = 4, HOME_BITS = 10, TRIES = 500 };
enum { STEPS = STEP_PARKING }; /* those from there on need a snapshot, a scan or a clear */

struct test {
	struct world world;
	struct faults faults;
	struct history *history;
	uint64_t seed;
	struct crowd crowd, home;
	bool crowded;
	unsigned others_busy;  /* atomic */
	bool victim_done;      /* atomic: it ended without coming to the step */
};

/* Where the victim sleeps. */
static struct {
	pthread_mutex_t lock;
	pthread_cond_t changed;
	unsigned step, passes; /* passes by the step before it stops there */
	bool parked, released;
} gate = { .lock = PTHREAD_MUTEX_INITIALIZER, .changed = PTHREAD_COND_INITIALIZER };

static __thread bool is_victim;

static bool gate_is_shut(void)
{
	return __atomic_load_n(&gate.parked, __ATOMIC_ACQUIRE);
}

static void hook(unsigned step)
{
	stir_at(step);
	if (!is_victim || step != gate.step || gate.parked || gate.passes-- > 0)
		return;
	pthread_mutex_lock(&gate.lock);
	__atomic_store_n(&gate.parked, true, __ATOMIC_RELEASE);
	while (!gate.released)
		pthread_cond_wait(&gate.changed, &gate.lock);
	pthread_mutex_unlock(&gate.lock);
}

static void release(void)
{
	pthread_mutex_lock(&gate.lock);
	gate.released = true;
	pthread_cond_broadcast(&gate.changed);
	pthread_mutex_unlock(&gate.lock);
}

static void one_call(struct test *test, struct history_log *log, struct rng *rng, instar_thread *thread)
{
	uint64_t i = rng_below(rng, HOT);
	struct call call = call_random(rng, test->crowded ? crowd_key(&test->home, 0, i) : i, 1000);

	history_perform(log, &call, test->world.map, thread);
	if (log->n % 16 == 0)
		world_rest(&test->world, thread);
}

/* Until it was parked and released, or its log is full. */
static void be_victim(struct test *test, struct history_log *log, struct rng *rng, instar_thread *thread,
		      struct filler *filler)
{
	const char *wrong = NULL;

	is_victim = true;
	while (!wrong && !gate_is_shut() && !history_full(log)) {
		one_call(test, log, rng, thread);
		wrong = filler_step(filler, test->world.map, thread);
	}
	is_victim = false;
	if (!gate_is_shut())
		__atomic_store_n(&test->victim_done, true, __ATOMIC_RELEASE);
	if (wrong)
		fault(&test->faults, "victim: %s", wrong);
}

/* Calls until the victim sleeps, and AFTER more. */
static void be_other(struct test *test, struct history_log *log, struct rng *rng, instar_thread *thread,
		     struct filler *filler)
{
	const char *wrong = NULL;
	unsigned after = 0;

	while (!wrong && after < AFTER) {
		bool waiting = !gate_is_shut() && !__atomic_load_n(&test->victim_done, __ATOMIC_ACQUIRE);

		after += !waiting;
		if (log->n < log->capacity - (waiting ? AFTER : 0))
			one_call(test, log, rng, thread);
		wrong = filler_step(filler, test->world.map, thread);
	}
	if (wrong)
		fault(&test->faults, "other: %s", wrong);
	__atomic_sub_fetch(&test->others_busy, 1, __ATOMIC_RELEASE);
}

static void work(unsigned index, void *arg);

/* What an audit may say while a thread sleeps: its claims, its unfinished burial, its entry not counted. */
static bool excused(const char *line)
{
	return strstr(line, "neither published nor withdrawn") || strstr(line, "unfinished burial") ||
	       strstr(line, "counted");
}

static bool audit_around_sleeper(instar_map *map)
{
	char *text = NULL, *line, *rest;
	size_t size;
	FILE *report = open_memstream(&text, &size);
	bool fine = true;

	instar_map_check(map, report);
	fclose(report);
	for (line = strtok_r(text, "\n", &rest); line; line = strtok_r(NULL, "\n", &rest))
		if (!excused(line)) {
			diag("while it sleeps: %s", line);
			fine = false;
		}
	free(text);
	return fine;
}

/* The warden: waits until the others are done, looks, and lets the victim go. */
static void be_warden(struct test *test)
{
	while (__atomic_load_n(&test->others_busy, __ATOMIC_ACQUIRE))
		sched_yield();
	if (gate_is_shut() && !audit_around_sleeper(test->world.map))
		fault(&test->faults, "audit around the sleeper");
	release();
}

/* The audit wants a map in which nothing moves: under hazards a table goes although the victim sleeps. */
static void wait_for_warden(void)
{
	pthread_mutex_lock(&gate.lock);
	while (!gate.released)
		pthread_cond_wait(&gate.changed, &gate.lock);
	pthread_mutex_unlock(&gate.lock);
}

static void work(unsigned index, void *arg)
{
	struct test *test = arg;
	struct filler filler = filler_new(index, THREADS, test->crowded ? 170 : 450, test->crowded ? &test->crowd : NULL);
	struct rng rng = rng_stream(test->seed, index);
	instar_thread *thread;

	if (index == THREADS) {
		be_warden(test);
		return;
	}
	thread = world_join(&test->world, index);
	(index == VICTIM ? be_victim : be_other)(test, &test->history->logs[index], &rng, thread, &filler);
	if (index != VICTIM)
		wait_for_warden();
	if (!test->faults.n && filler_empty(&filler, test->world.map, thread))
		fault(&test->faults, "a filler's key was lost");
	world_part(thread);
}

/* One way to meet the step. */
struct way {
	const struct instar_scheme_info *scheme;
	unsigned step, flags;
	bool crowded;
	uint64_t seed;
};

static bool open_test(struct test *test, const struct way *way)
{
	struct instar_map_opts opts = INSTAR_MAP_OPTS_INIT;

	opts.flags = way->flags;
	opts.seed[0] = way->seed | 1;
	test->crowd = crowd_new(opts.seed, CROWD_BITS, way->seed);
	test->home = crowd_new(opts.seed, HOME_BITS, way->seed << (HOME_BITS - CROWD_BITS) | 5);
	test->history = history_new(THREADS, CALLS);
	return world_open(&test->world, way->scheme, NULL, &opts);
}

/* True if the victim came to the step. */
static bool park(const struct way *way, bool *fine)
{
	struct test test = { .seed = way->seed, .crowded = way->crowded, .others_busy = OTHERS };

	if (!open_test(&test, way))
		bail_out("%s: no map", way->scheme->name);
	gate.step = way->step;
	gate.passes = (unsigned)(way->seed >> 5) % 4;
	gate.parked = gate.released = false;
	run_threads(THREADS + 1, work, &test);
	if (test.faults.n || !linear_check(test.history, stdout) ||
	    instar_map_check(test.world.map, stdout) != INSTAR_OK || !world_close(&test.world)) {
		diag("%s, flags %u, %s keys, parked at %s (%s)", way->scheme->name, way->flags,
		     way->crowded ? "crowded" : "scattered", step_name(way->step),
		     gate.parked ? "reached" : "not reached");
		*fine = false;
	}
	history_free(test.history);
	return gate.parked;
}

struct plan {
	uint64_t seed;
	unsigned reached[STEPS], rounds;
	const struct instar_scheme_info *last;
};

/* Without reuse of tombstones, with a miss filter. */
static unsigned flags_of(unsigned turn)
{
	return (turn % 2 ? INSTAR_MAP_NO_REUSE : 0u) | (turn / 4 % 2 ? INSTAR_MAP_MISS_FILTER : 0u);
}

/* Every step; rounds take turns with and without reuse of tombstones, and with keys of both kinds. */
static void every_step(const struct instar_scheme_info *scheme, void *arg)
{
	struct plan *plan = arg;
	bool fine = true;

	for (unsigned n = 0; n < STEPS * test_scale(); n++) {
		unsigned step = n % STEPS, turn = plan->rounds + step;
		struct way way = { scheme, step, flags_of(turn), turn / 2 % 2,
				   plan->seed + n * 0x9e3779b97f4a7c15u };

		plan->reached[step] += park(&way, &fine);
		plan->rounds += step == STEPS - 1;
	}
	if (!plan->last || scheme->has_grace) /* without, nothing is buried */
		plan->last = scheme;
	ok(fine, "%s: others go on and nothing is lost, wherever a thread sleeps", scheme->name);
}

/* The rare steps depend on who meets whom: on until one has slept there. */
static void insist(struct plan *plan, unsigned step)
{
	bool fine = true;

	if (!plan->last->has_grace && (step == STEP_BURIED || step == STEP_UNLISTED)) {
		skip(1, "%s buries nothing", plan->last->name);
		return;
	}
	for (unsigned n = 0; !plan->reached[step] && n < TRIES && fine; n++) {
		struct way way = { plan->last, step, flags_of(n), n % 4 != 3,
				   ~plan->seed + n * 0x9e3779b97f4a7c15u };

		plan->reached[step] += park(&way, &fine);
	}
	ok(fine && plan->reached[step], "a thread slept at %s (%u times)", step_name(step), plan->reached[step]);
}

int main(void)
{
	struct plan plan = { .seed = test_seed() };

	instar_step_hook = hook;
	each_scheme(every_step, &plan);
	for (unsigned step = 0; plan.last && step < STEPS; step++)
		insist(&plan, step);
	return done_testing();
}
