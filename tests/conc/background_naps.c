/*
 * tests/conc/background_naps.c - domains with a worker (INSTAR_DOMAIN_BACKGROUND): how long it rests, and what it is
 * told of meanwhile.
 */
#include <stdarg.h>

#include "reclaim/futex.h"
#include "src/state.h"
#include "tests/support/cargo.h"
#include "tests/support/worker.h"

enum {
	WORKER_NAPS = 1, /* what reclaim/background.c says that it does */
	WORKER_SLEEPS = 2,
	TABLES = 20,
	NAPS = 10,       /* twice as long each time it would be more than */
	A_LONG_NAP_NS = 20000000
};

static uint64_t naps, longest_nap; /* atomic; ns; as the linker has them seen here */
static uint64_t sleeps, wakes;     /* atomic; how often it found nothing to do, was woken up */

long __real_syscall(long number, ...);
long __wrap_syscall(long number, ...);

static void note_nap(const struct timespec *time)
{
	uint64_t ns = (uint64_t)time->tv_sec * 1000000000 + (uint64_t)time->tv_nsec;

	if (ns > load_relaxed(&longest_nap))
		store_relaxed(&longest_nap, ns);
	fetch_add_seq_cst(&naps, 1);
}

static void note_rest(unsigned how, const struct timespec *time)
{
	if (how == WORKER_NAPS)
		note_nap(time);
	else if (how == WORKER_SLEEPS)
		fetch_add_seq_cst(&sleeps, 1);
}

/* As the C library's, it takes what there is for six arguments. */
long __wrap_syscall(long number, ...)
{
	long argument[6];
	va_list list;

	va_start(list, number);
	for (unsigned i = 0; i < 6; i++)
		argument[i] = va_arg(list, long);
	va_end(list);
	if (number == SYS_futex && (int)argument[1] == FUTEX_WAKE_UP)
		fetch_add_seq_cst(&wakes, 1);
	else if (number == SYS_futex && (int)argument[1] == FUTEX_SLEEP)
		note_rest((unsigned)argument[2], (const struct timespec *)argument[3]);
	return __real_syscall(number, argument[0], argument[1], argument[2], argument[3], argument[4], argument[5]);
}

/* The worker sleeps while the first table is filled; true: it was woken by then. */
static bool growth_wakes(instar_domain *domain, instar_thread *t)
{
	uint64_t slept = load_seq_cst(&sleeps), woken;
	instar_map *map;

	if (instar_map_create(&map, domain, NULL) != INSTAR_OK)
		bail_out("no memory");
	instar_thread_offline(t);
	while (load_seq_cst(&sleeps) == slept)
		pause_shortly();
	instar_thread_online(t);
	woken = load_seq_cst(&wakes);
	for (uint64_t key = 0; !load_relaxed(&map->growths); key++)
		instar_insert(map, t, key, key, NULL);
	woken = load_seq_cst(&wakes) - woken;
	instar_map_destroy(map);
	return woken;
}

/* Unless it woke up by itself just then. */
static void told_of_migrations(const struct reclaim_scheme *scheme)
{
	instar_domain *domain = open_with_worker(scheme);
	instar_thread *t = join_domain(domain);
	unsigned told = 0;

	for (unsigned i = 0; i < TABLES; i++)
		told += growth_wakes(domain, t);
	ok(told > TABLES / 2, "%s: who installs a table wakes the worker (%u of %u times)", scheme->info.name, told, TABLES);
	close_both(domain, t);
}

/* What it asks for, not what it gets. */
static void naps_have_an_end(void)
{
	instar_domain *domain;
	instar_thread *t;
	static char object;
	bool known;

	store_relaxed(&naps, 0);
	store_relaxed(&longest_nap, 0);
	domain = open_with_worker(reclaim_find("ebr-fence", &known));
	t = join_domain(domain);
	instar_enter(t);
	for (unsigned i = 0; i < RECLAIM_WORK_STEP; i++)
		instar_retire(t, &object, 1, destroy_nothing, NULL);
	while (load_relaxed(&naps) < NAPS)
		pause_shortly();
	ok(load_relaxed(&longest_nap) <= A_LONG_NAP_NS,
	   "however long a reader stays, the worker looks again after %llu us at the latest",
	   (unsigned long long)load_relaxed(&longest_nap) / 1000);
	instar_leave(t);
	close_both(domain, t);
}

/* Burials leave no garbage: what the worker knows of them it was told. */
static void burials_ask(const struct reclaim_scheme *scheme)
{
	instar_domain *domain = open_with_worker(scheme);
	instar_thread *t = join_domain(domain);
	uint64_t before = load_relaxed(&domain->counters.grace_periods);

	instar_thread_offline(t);
	while (load_relaxed(&domain->counters.grace_periods) == before) {
		reclaim_worked(t, RECLAIM_WORK_STEP);
		reclaim_after_write(t);
		pause_shortly();
	}
	ok(close_both(domain, t), "%s: the worker makes grace periods for burials, too", scheme->info.name);
}

static void test_scheme(const struct reclaim_scheme *scheme)
{
	told_of_migrations(scheme);
	if (frees(scheme))
		burials_ask(scheme);
}

int main(void)
{
	alarm(PATIENCE * 5);
	each_table(test_scheme);
	naps_have_an_end();
	return done_testing();
}
