/*
 * tests/conc/interrupted.c - threads that are cancelled, exit, are signalled or left behind by a fork in the
 * middle of sections, callbacks and calls: others go on, nothing is lost, nothing waits for them.
 */
#include <sched.h>
#include <signal.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "tests/support/child.h"
#include "tests/support/filler.h"
#include "tests/support/sanitizer.h"
#include "tests/support/stir.h"
#include "tests/support/tap.h"
#include "tests/support/threads.h"
#include "tests/support/upheaval.h"
#include "tests/support/world.h"

enum { RESIDENTS = 300, RESIDENT_FIRST = 1 << 18, COUNTERS = 4, COUNTER_FIRST = 1 << 19, WINDOW = 300 };
enum { WORKERS = 3, LEAVERS = 32, FORKS = 6, SIGNALS = 400, CHILD_PATIENCE = 60 };

struct test {
	struct world world;
	struct faults faults;
	uint64_t seed;
	unsigned working;              /* atomic */
	bool stop;                     /* atomic */
	uint64_t counted;              /* atomic: additions that returned */
	instar_thread *handle;         /* of the thread that is signalled */
	uint64_t handled;              /* atomic: signals */
};

static uint64_t resident(uint64_t i)
{
	return RESIDENT_FIRST + i;
}

static bool stopped(const struct test *test)
{
	return __atomic_load_n(&test->stop, __ATOMIC_RELAXED);
}

static void check_resident(struct test *test, instar_thread *thread, uint64_t i)
{
	uint64_t value = 0;

	if (instar_get(test->world.map, thread, resident(i), &value) != INSTAR_OK || value != ~resident(i) % UINT32_MAX)
		fault(&test->faults, "a resident was gone");
}

static void open_test(struct test *test, const struct instar_scheme_info *scheme, uint64_t seed)
{
	memset(test, 0, sizeof *test);
	test->seed = seed;
	if (!world_open(&test->world, scheme, NULL, NULL))
		bail_out("%s: no map", scheme->name);
	for (uint64_t i = 0; i < RESIDENTS; i++)
		if (instar_insert(test->world.map, NULL, resident(i), ~resident(i) % UINT32_MAX, NULL) != INSTAR_OK)
			bail_out("%s: no residents", scheme->name);
}

/* The map is whole, and whatever was left waits for nobody. */
static void close_test(struct test *test, const char *what)
{
	const char *scheme = test->world.scheme->name;
	instar_thread *self;

	ok(!test->faults.n, "%s: %s: nothing was lost", scheme, what);
	while (instar_maintain(test->world.map, NULL, 64) == INSTAR_BUSY)
		;
	ok(instar_map_check(test->world.map, stdout) == INSTAR_OK, "%s: %s: audit", scheme, what);
	ok(instar_thread_self(test->world.domain, &self) == INSTAR_OK && instar_barrier(self) == INSTAR_OK &&
	   world_close(&test->world), "%s: %s: no section is left open, no handle in use", scheme, what);
}

/* ---- leaving in the middle ---- */

enum way { IN_SECTION, IN_COMPUTE, IN_VISIT, BETWEEN, WAYS };

struct leaver {
	struct test *test;
	enum way way;
	bool cancelled; /* waits to be; else it exits */
	bool *arrived;  /* atomic */
};

/* Does not return.  It is not cancelled in a system call: TSan would look at no atomic operation after that. */
static void leave(struct leaver *leaver)
{
	__atomic_store_n(leaver->arrived, true, __ATOMIC_SEQ_CST);
	if (!leaver->cancelled)
		pthread_exit(NULL);
	for (;; sched_yield())
		pthread_testcancel();
}

static enum instar_action leave_computing(uint64_t key, bool present, uint64_t *value, void *ctx)
{
	(void)key;
	(void)present;
	(void)value;
	leave(ctx);
	return INSTAR_REMOVE;
}

static bool leave_visiting(uint64_t key, uint64_t value, void *ctx)
{
	(void)key;
	(void)value;
	leave(ctx);
	return false;
}

static void *leaver_main(void *arg)
{
	struct leaver *leaver = arg;
	struct test *test = leaver->test;
	instar_thread *thread;

	if (instar_thread_self(test->world.domain, &thread) != INSTAR_OK)
		abort();
	for (uint64_t i = 0; i < 100; i++)
		if (instar_fetch_add(test->world.map, thread, COUNTER_FIRST + i % COUNTERS, 1, 0, NULL) <= INSTAR_EXISTS)
			__atomic_fetch_add(&test->counted, 1, __ATOMIC_RELAXED);
	if (leaver->way == IN_COMPUTE)
		instar_compute(test->world.map, thread, resident(7), leave_computing, leaver);
	if (leaver->way == IN_VISIT)
		instar_foreach(test->world.map, thread, leave_visiting, leaver, NULL);
	if (leaver->way == IN_SECTION) {
		instar_enter(thread);
		instar_enter(thread);
		check_resident(test, thread, 3);
	}
	leave(leaver);
	return NULL;
}

/* Tables move, so that there is garbage that only waits for the leavers' sections. */
static void work(unsigned index, void *arg)
{
	struct test *test = arg;
	struct filler filler = filler_new(index, WORKERS + 1, WINDOW, NULL);
	instar_thread *thread = world_join(&test->world, index);
	struct rng rng = rng_stream(test->seed, index);
	const char *wrong = NULL;

	while (!stopped(test) && !wrong) {
		wrong = filler_step(&filler, test->world.map, thread);
		if (!wrong && !rng_below(&rng, 200))
			wrong = upheaval(test->world.map, thread, &rng, false);
		check_resident(test, thread, rng_below(&rng, RESIDENTS));
		if (!rng_below(&rng, 32))
			world_rest(&test->world, thread);
	}
	if (!wrong)
		wrong = filler_empty(&filler, test->world.map, thread);
	if (wrong)
		fault(&test->faults, "%s", wrong);
	world_part(thread);
}

static void send_leavers(struct test *test)
{
	for (unsigned i = 0; i < LEAVERS; i++) {
		bool arrived = false;
		struct leaver leaver = { test, i % WAYS, i / WAYS % 2, &arrived };
		pthread_t thread;

		if (pthread_create(&thread, NULL, leaver_main, &leaver))
			bail_out("no thread");
		while (!__atomic_load_n(&arrived, __ATOMIC_SEQ_CST))
			sched_yield();
		if (leaver.cancelled)
			pthread_cancel(thread);
		pthread_join(thread, NULL);
	}
}

/* Thread 0 does what is tested, the others work until it is done. */
struct leading {
	struct test *test;
	void (*lead)(struct test *test);
};

static void lead_or_work(unsigned index, void *arg)
{
	struct leading *leading = arg;

	if (index > 0) {
		work(index - 1, leading->test);
		return;
	}
	leading->lead(leading->test);
	__atomic_store_n(&leading->test->stop, true, __ATOMIC_RELAXED);
}

static void run_led(struct test *test, void (*lead)(struct test *test))
{
	struct leading leading = { test, lead };

	run_threads(WORKERS + 1, lead_or_work, &leading);
}

static void leaving(const struct instar_scheme_info *scheme, uint64_t seed)
{
	struct test test;
	uint64_t sum = 0, value;

	open_test(&test, scheme, seed);
	run_led(&test, send_leavers);
	for (uint64_t i = 0; i < COUNTERS; i++)
		sum += instar_get(test.world.map, NULL, COUNTER_FIRST + i, &value) == INSTAR_OK ? value : 0;
	ok(sum == test.counted && sum == LEAVERS * 100, "%s: %d threads exit or are cancelled in sections and callbacks: "
	   "what they wrote stays", scheme->name, LEAVERS);
	for (uint64_t i = 0; i < RESIDENTS; i++)
		check_resident(&test, NULL, i);
	close_test(&test, "exit and cancellation");
}

/* ---- signals ---- */

static struct test *signalled;

/* Reads, with the handle of the thread that it interrupts anywhere. */
static void handler(int number)
{
	struct test *test = signalled;
	uint64_t i = __atomic_fetch_add(&test->handled, 1, __ATOMIC_RELAXED);

	(void)number;
	instar_enter(test->handle);
	check_resident(test, test->handle, i % RESIDENTS);
	if (instar_contains(test->world.map, test->handle, 3))
		fault(&test->faults, "an absent key was there");
	instar_leave(test->handle);
}

static void *interrupted_main(void *arg)
{
	struct test *test = arg;
	struct filler filler = filler_new(WORKERS, WORKERS + 1, WINDOW, NULL);
	struct rng rng = rng_stream(test->seed, WORKERS);
	const char *wrong = NULL;
	size_t count;

	if (instar_thread_attach(test->world.domain, &test->handle) != INSTAR_OK)
		abort();
	__atomic_store_n(&test->working, 1, __ATOMIC_SEQ_CST);
	while (__atomic_load_n(&test->working, __ATOMIC_RELAXED) && !wrong) {
		wrong = filler_step(&filler, test->world.map, test->handle);
		if (!wrong && !rng_below(&rng, 100))
			wrong = upheaval(test->world.map, test->handle, &rng, false);
		if (!rng_below(&rng, 100))
			instar_count(test->world.map, test->handle, &count);
		if (!rng_below(&rng, 20))
			world_rest(&test->world, test->handle);
	}
	if (!wrong)
		wrong = filler_empty(&filler, test->world.map, test->handle);
	if (wrong)
		fault(&test->faults, "%s", wrong);
	instar_thread_offline(test->handle);
	return NULL;
}

static void send_signals(struct test *test)
{
	struct sigaction action = { .sa_handler = handler, .sa_flags = SA_RESTART }, before;
	struct rng rng = rng_stream(test->seed, 99);
	pthread_t thread;

	signalled = test;
	sigaction(SIGUSR1, &action, &before);
	if (pthread_create(&thread, NULL, interrupted_main, test))
		bail_out("no thread");
	while (!__atomic_load_n(&test->working, __ATOMIC_SEQ_CST))
		sched_yield();
	for (unsigned i = 0; i < SIGNALS; i++) {
		pthread_kill(thread, SIGUSR1);
		nanosleep(&(struct timespec){ 0, (long)rng_below(&rng, 100000) }, NULL);
	}
	__atomic_store_n(&test->working, 0, __ATOMIC_SEQ_CST);
	pthread_join(thread, NULL);
	sigaction(SIGUSR1, &before, NULL);
}

static void signals(const struct instar_scheme_info *scheme, uint64_t seed)
{
	struct test test;

	open_test(&test, scheme, seed);
	run_led(&test, send_signals);
	ok(test.handled > 0, "%s: a signal handler read the map %llu times", scheme->name,
	   (unsigned long long)test.handled);
	close_test(&test, "signals");
}

/* ---- fork ---- */

/* The child, alone with a map in the middle of anything.  Entries whose writers are not there any more may be
 * counted or not. */
static int child_main(struct test *test)
{
	instar_map *map = test->world.map;
	size_t size, exact = 0;
	uint64_t old;

	alarm(CHILD_PATIENCE);
	for (uint64_t i = 0; i < RESIDENTS; i++)
		check_resident(test, NULL, i);
	for (uint64_t i = 0; i < 3000; i++)
		if (instar_put(map, NULL, i, i, NULL) != INSTAR_OK)
			fault(&test->faults, "in the child: put");
	for (uint64_t i = 0; i < 3000; i++)
		if (instar_remove(map, NULL, i, &old) != INSTAR_OK || old != i)
			fault(&test->faults, "in the child: remove");
	while (instar_maintain(map, NULL, 64) == INSTAR_BUSY)
		;
	if (instar_count(map, NULL, &exact) != INSTAR_OK)
		fault(&test->faults, "in the child: count");
	size = instar_size(map);
	if (size > exact + WORKERS || exact > size + WORKERS)
		fault(&test->faults, "in the child: size %zu of %zu", size, exact);
	for (uint64_t i = 0; i < RESIDENTS; i++)
		check_resident(test, NULL, i);
	return test->faults.n != 0;
}

static void fork_often(struct test *test)
{
	struct rng rng = rng_stream(test->seed, 98);

	for (unsigned i = 0; i < FORKS; i++) {
		int status = -1;
		pid_t child;

		nanosleep(&(struct timespec){ 0, (long)rng_below(&rng, 5000000) }, NULL);
		child = fork();
		if (child == 0)
			child_exit(child_main(test));
		if (child < 0 || waitpid(child, &status, 0) < 0 || status != 0)
			fault(&test->faults, "a child ended with status %d", status);
	}
}

static void forks(const struct instar_scheme_info *scheme, uint64_t seed)
{
	struct test test;

	open_test(&test, scheme, seed);
	run_led(&test, fork_often);
	ok(!test.faults.n, "%s: %d children went on alone with the map", scheme->name, FORKS);
	close_test(&test, "fork");
}

/* ---- */

static void run(const struct instar_scheme_info *scheme, void *arg)
{
	uint64_t seed = *(uint64_t *)arg;
	bool lock = strcmp(scheme->family, "lock") == 0;

	leaving(scheme, seed);
	if (lock)
		skip(4, "%s: a signal handler must not take locks", scheme->name);
	else
		signals(scheme, seed);
	if (!FORKS_AT_WORK)
		skip(4, "%s: the sanitizer does not follow into a child process", scheme->name);
	else if (lock || scheme->process_wide)
		skip(4, "%s: a child process does not use its domains", scheme->name);
	else
		forks(scheme, seed);
}

int main(void)
{
	uint64_t seed = test_seed();

	stir();
	for (unsigned round = 0; round < test_scale(); round++, seed++)
		each_scheme(run, &seed);
	return done_testing();
}
