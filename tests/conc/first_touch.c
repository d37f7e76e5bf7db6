/*
 * tests/conc/first_touch.c - a page of a table is written to first: it costs one fault, and nobody is interrupted.  What
 * only reads, or has nothing to change, leaves the pages alone.
 */
#include <sys/resource.h>

#include "tests/support/resident.h"
#include "tests/support/tap.h"
#include "tests/support/world.h"

#if defined(__x86_64__)
enum { WRITES_FIRST = !SANITIZED }; /* else their shadow is touched, too */
#else
enum { WRITES_FIRST = 0 };
#endif

enum { KEYS = 200000, OTHERS = 512 }; /* OTHERS: pages that are no table's */

static uint64_t faults(void)
{
	struct rusage usage;

	getrusage(RUSAGE_THREAD, &usage);
	return (uint64_t)usage.ru_minflt;
}

static instar_thread *open_small(struct world *world, const struct instar_scheme_info *scheme, size_t capacity)
{
	struct instar_map_opts opts = INSTAR_MAP_OPTS_INIT;
	instar_thread *thread;

	opts.flags = INSTAR_MAP_SMALL_PAGES;
	opts.capacity = capacity;
	if (!world_open(world, scheme, NULL, &opts) || instar_thread_attach(world->domain, &thread) != INSTAR_OK)
		abort();
	return thread;
}

static void migrate_all(struct world *world, instar_thread *thread)
{
	while (instar_maintain(world->map, thread, KEYS) == INSTAR_BUSY)
		;
}

static void close_small(struct world *world, instar_thread *thread)
{
	instar_thread_detach(thread);
	if (!world_close(world))
		abort();
}

static uint64_t table_pages(const struct world *world)
{
	struct instar_map_stats stats;

	instar_map_stats(world->map, &stats);
	return stats.table_bytes / (uint64_t)sysconf(_SC_PAGESIZE);
}

/* With a key that came earlier looked up after each, or none. */
static void insert_all(struct world *world, instar_thread *thread, bool look)
{
	uint64_t value;

	for (uint64_t key = 0; key < KEYS; key++) {
		instar_insert(world->map, thread, key, key, NULL);
		if (look && instar_get(world->map, thread, key * 2654435761u % (key + 1), &value) != INSTAR_OK)
			abort();
		instar_thread_quiescent(thread);
	}
}

/* One for each page, or little more. */
static void judge(const struct instar_scheme_info *scheme, const char *what, uint64_t since, uint64_t pages)
{
	uint64_t n = faults() - since;

	ok(n < pages + pages / 4 + OTHERS, "%s: %s: %llu faults for %llu pages", scheme->name, what, (unsigned long long)n,
	   (unsigned long long)pages);
}

/* All tables of a growth are twice the last one. */
static void growing(const struct instar_scheme_info *scheme, bool look)
{
	struct world world;
	instar_thread *thread = open_small(&world, scheme, 0);
	uint64_t before = faults();

	insert_all(&world, thread, look);
	migrate_all(&world, thread);
	judge(scheme, look ? "growing beside lookups" : "growing", before, 2 * table_pages(&world));
	close_small(&world, thread);
}

/* Nobody writes meanwhile: each page is handed out first. */
static void maintaining(const struct instar_scheme_info *scheme)
{
	struct instar_map_stats stats;
	struct world world;
	instar_thread *thread = open_small(&world, scheme, KEYS);
	uint64_t before, key = 0;

	do {
		instar_insert(world.map, thread, key, key, NULL);
		instar_thread_quiescent(thread);
		instar_map_stats(world.map, &stats);
	} while (key++, !stats.migrating);
	before = faults();
	migrate_all(&world, thread);
	judge(scheme, "maintaining", before, table_pages(&world));
	close_small(&world, thread);
}

static void filling(const struct instar_scheme_info *scheme)
{
	struct world world;
	instar_thread *thread = open_small(&world, scheme, KEYS);
	uint64_t before = faults();

	insert_all(&world, thread, false);
	judge(scheme, "filling", before, table_pages(&world));
	close_small(&world, thread);
}

static void changing_nothing(const struct instar_scheme_info *scheme)
{
	struct world world;
	instar_thread *thread = open_small(&world, scheme, KEYS);
	size_t before = resident(), now;
	uint64_t value;

	for (uint64_t key = 0; key < KEYS; key++) {
		instar_remove(world.map, thread, key, NULL);
		instar_get(world.map, thread, key, &value);
	}
	now = resident();
	ok(now < before + OTHERS * 4096, "%s: changing nothing: %zu KiB more in memory", scheme->name,
	   now > before ? (now - before) >> 10 : 0);
	close_small(&world, thread);
}

static void run(const struct instar_scheme_info *scheme, void *arg)
{
	(void)arg;
	if (!WRITES_FIRST) {
		skip(5, "not known of this build");
		return;
	}
	growing(scheme, false);
	growing(scheme, true);
	maintaining(scheme);
	filling(scheme);
	changing_nothing(scheme);
}

int main(void)
{
	each_scheme(run, NULL);
	return done_testing();
}
