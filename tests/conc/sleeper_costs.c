/*
 * tests/conc/sleeper_costs.c - what the others lose while a thread sleeps at a step of a migration.
 *
 * A victim fills a map until it migrates and comes to the step.  There it sleeps on, or is woken at once; meanwhile
 * two threads read, insert and remove keys out of twice the population.  The ratio of what they do is said, over the first
 * second, in which falls what the sleeper forces upon them, and over the next three; it is no result, since the
 * machine may do other work.  That the sleeper's calls and theirs are whole is.
 *
 * Under ebr, or the schemes of INSTAR_TEST_SCHEME.
 */
#include <time.h>

#include "src/step.h"
#include "tests/support/rng.h"
#include "tests/support/tap.h"
#include "tests/support/threads.h"
#include "tests/support/world.h"

enum { WORKERS = 2, VICTIM = WORKERS, WARDEN, THREADS };
enum { POPULATION = 1 << 20, PASSES = 500, ROUNDS = 5, WINDOWS = 2, CALLS = 64 };

static const unsigned steps[] = { STEP_FROZEN, STEP_SEALED,       STEP_PLACING,         STEP_PLACED,   STEP_BEFORE_BIRTH,
				  STEP_BORN,   STEP_BEFORE_TABLE, STEP_TABLE_INSTALLED, STEP_ALL_BORN, STEP_MIGRATED };
enum { STEPS = sizeof(steps) / sizeof(steps[0]) };

static const unsigned window_s[WINDOWS] = { 1, 3 };

/* What one map's threads share. */
struct run {
	struct world world;
	struct faults faults;
	uint64_t seed;
	double calls[WINDOWS];
	uint64_t done; /* calls; atomic */
	bool sleeps, over; /* over: atomic */
};

/* Where the victim sleeps. */
static struct {
	unsigned step, passes; /* passes by the step before it stops there */
	bool parked, released; /* atomic */
} gate;

static __thread bool is_victim;

static bool is_set(const bool *flag)
{
	return __atomic_load_n(flag, __ATOMIC_ACQUIRE);
}

static void set(bool *flag)
{
	__atomic_store_n(flag, true, __ATOMIC_RELEASE);
}

static void nap(double seconds)
{
	struct timespec time = { (time_t)seconds, (long)((seconds - (double)(time_t)seconds) * 1e9) };

	nanosleep(&time, NULL);
}

static void hook(unsigned step)
{
	if (!is_victim || step != gate.step || is_set(&gate.parked) || gate.passes-- > 0)
		return;
	set(&gate.parked);
	while (!is_set(&gate.released))
		nap(0.001);
}

/* Those that a thread passes once a migration. */
static bool is_rare(unsigned step)
{
	return step == STEP_BEFORE_TABLE || step == STEP_TABLE_INSTALLED || step == STEP_ALL_BORN || step == STEP_MIGRATED;
}

static uint64_t value_of(uint64_t key)
{
	return key * 3 + 1;
}

static void one_call(struct run *run, struct rng *rng, instar_thread *thread)
{
	uint64_t key = rng_below(rng, 2 * POPULATION), value = value_of(key);
	enum instar_status status;

	switch (rng_below(rng, 4)) {
	case 0:
		status = instar_insert(run->world.map, thread, key, value, NULL);
		break;
	case 1:
		status = instar_remove(run->world.map, thread, key, &value);
		break;
	default:
		status = instar_get(run->world.map, thread, key, &value);
	}
	if ((status != INSTAR_OK && status != INSTAR_EXISTS && status != INSTAR_NOTFOUND) || value != value_of(key))
		fault(&run->faults, "key %llu: %s", (unsigned long long)key, instar_status_name(status));
}

static void be_worker(struct run *run, struct rng *rng, instar_thread *thread)
{
	while (!is_set(&gate.parked))
		nap(0.001);
	while (!is_set(&run->over)) {
		for (unsigned i = 0; i < CALLS; i++)
			one_call(run, rng, thread);
		instar_thread_quiescent(thread);
		__atomic_fetch_add(&run->done, CALLS, __ATOMIC_RELAXED);
	}
}

/* Its keys are nobody else's. */
static void be_victim(struct run *run, instar_thread *thread)
{
	uint64_t n = 0, value;

	is_victim = true;
	for (; !is_set(&gate.parked) && n < 4 * POPULATION; n++)
		if (instar_insert(run->world.map, thread, ~n, value_of(~n), NULL) != INSTAR_OK)
			fault(&run->faults, "the sleeper's insert failed");
	is_victim = false;
	if (!is_set(&gate.parked)) {
		fault(&run->faults, "it never came to the step");
		set(&gate.parked);
	}
	instar_thread_offline(thread);
	while (!is_set(&run->over))
		nap(0.001);
	instar_thread_online(thread);
	for (; n > 0; n--)
		if (instar_get(run->world.map, thread, ~(n - 1), &value) != INSTAR_OK || value != value_of(~(n - 1)))
			fault(&run->faults, "a key of the sleeper's was lost");
}

/* Looks at the clock, and wakes it. */
static void be_warden(struct run *run)
{
	while (!is_set(&gate.parked))
		nap(0.001);
	if (!run->sleeps)
		set(&gate.released);
	for (unsigned w = 0; w < WINDOWS; w++) {
		uint64_t before = __atomic_load_n(&run->done, __ATOMIC_RELAXED);

		nap(window_s[w]);
		run->calls[w] = (double)(__atomic_load_n(&run->done, __ATOMIC_RELAXED) - before);
	}
	set(&run->over);
	set(&gate.released);
}

static void work(unsigned index, void *arg)
{
	struct run *run = arg;
	struct rng rng = rng_stream(run->seed, index);
	instar_thread *thread;

	if (index == WARDEN) {
		be_warden(run);
		return;
	}
	if (instar_thread_attach(run->world.domain, &thread) != INSTAR_OK)
		bail_out("no handle");
	if (index == VICTIM)
		be_victim(run, thread);
	else
		be_worker(run, &rng, thread);
	instar_thread_detach(thread);
}

static bool fill(struct run *run)
{
	bool fine = true;

	for (uint64_t key = 0; fine && key < 2 * POPULATION; key += 2)
		fine = instar_insert(run->world.map, NULL, key, value_of(key), NULL) == INSTAR_OK;
	return fine;
}

static struct run run_once(const struct instar_scheme_info *scheme, unsigned step, uint64_t seed, bool sleeps)
{
	struct instar_map_opts opts = INSTAR_MAP_OPTS_INIT;
	struct run run = { .seed = seed, .sleeps = sleeps };

	opts.seed[0] = seed | 1;
	opts.capacity = POPULATION;
	if (!world_open(&run.world, scheme, NULL, &opts) || !fill(&run))
		bail_out("%s: no memory", scheme->name);
	gate.step = step;
	gate.passes = is_rare(step) ? 0 : PASSES;
	gate.parked = gate.released = false;
	run_threads(THREADS, work, &run);
	if (instar_map_check(run.world.map, stdout) != INSTAR_OK || !world_close(&run.world))
		fault(&run.faults, "audit");
	return run;
}

static int compare(const void *x, const void *y)
{
	double a = *(const double *)x, b = *(const double *)y;

	return (a > b) - (a < b);
}

static double median(double *values, unsigned n)
{
	qsort(values, n, sizeof(*values), compare);
	return values[n / 2];
}

static void costs_of(const struct instar_scheme_info *scheme, unsigned step, uint64_t seed)
{
	unsigned rounds = test_scale() > 1 ? ROUNDS : 1;
	double ratio[WINDOWS][ROUNDS];
	unsigned faults = 0;

	for (unsigned round = 0; round < rounds; round++) {
		struct run asleep = run_once(scheme, step, seed + round, true);
		struct run awake = run_once(scheme, step, seed + round, false);

		for (unsigned w = 0; w < WINDOWS; w++)
			ratio[w][round] = asleep.calls[w] / awake.calls[w];
		faults += asleep.faults.n + awake.faults.n;
	}
	ok(!faults, "%s: who sleeps at %s and all others lose nothing", scheme->name, step_name(step));
	diag("%s, asleep at %s: of what the others do without that, %.2f in the first second, %.2f in the next three",
	     scheme->name, step_name(step), median(ratio[0], rounds), median(ratio[1], rounds));
}

static void each_step(const struct instar_scheme_info *scheme, void *seed)
{
	if (!getenv("INSTAR_TEST_SCHEME") && strcmp(scheme->name, "ebr"))
		return;
	for (unsigned i = 0; i < STEPS; i++)
		costs_of(scheme, steps[i], *(uint64_t *)seed);
}

int main(void)
{
	uint64_t seed = test_seed();

	instar_step_hook = hook;
	each_scheme(each_step, &seed);
	return done_testing();
}
