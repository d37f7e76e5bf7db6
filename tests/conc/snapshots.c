/*
 * tests/conc/snapshots.c - scan, snapshot and count while others write and tables move.
 *
 * Each writer goes round its own ring of keys and stores 1, 1, 1, …, then 2, 2, 2, …: at every moment a
 * ring reads r … r, r-1 … r-1.  So a snapshot that is no moment shows itself, and the writer's progress
 * before and after the call says which moments it may be.  Residents are never touched: a scan meets each
 * exactly once.  Fillers (tests/support/filler.h) keep the tables moving and the number of entries known:
 * between two stores a writer inserts one key and removes another.
 */
#include "tests/support/filler.h"
#include "tests/support/rng.h"
#include "tests/support/sanitizer.h"
#include "tests/support/stir.h"
#include "tests/support/tap.h"
#include "tests/support/threads.h"
#include "tests/support/world.h"

enum { WRITERS = 2, READERS = 2, RING = 24, RESIDENTS = 500, STORES = TEST_WORK(8000), WINDOW = 600, FEW = 7 };
enum { RING_FIRST = 1000, RESIDENT_FIRST = 100000 };

struct test {
	struct world world;
	struct faults faults;
	uint64_t seed;
	unsigned writing, snapshots, scans;   /* atomic */
	struct {
		uint64_t stored;              /* atomic: stores done by this writer */
	} __attribute__((aligned(128))) rings[WRITERS];
};

static uint64_t ring_key(unsigned writer, uint64_t i)
{
	return RING_FIRST * (writer + 1) + i;
}

/* Store number n (from 0): key n % RING := n / RING + 1. */
static void write_ring(struct test *test, unsigned index, instar_thread *thread)
{
	struct filler filler = filler_new(index, WRITERS, WINDOW, NULL);
	const char *wrong = NULL;

	for (uint64_t n = 0; n < STORES && !wrong; n++) {
		enum instar_status status = instar_put(test->world.map, thread, ring_key(index, n % RING), n / RING + 1, NULL);

		if (status != (n < RING ? INSTAR_OK : INSTAR_EXISTS))
			fault(&test->faults, "put: %s", instar_status_name(status));
		__atomic_store_n(&test->rings[index].stored, n + 1, __ATOMIC_SEQ_CST);
		wrong = filler_step(&filler, test->world.map, thread);
		if (n % 32 == 0)
			world_rest(&test->world, thread);
	}
	if (wrong)
		fault(&test->faults, "%s", wrong);
	__atomic_sub_fetch(&test->writing, 1, __ATOMIC_SEQ_CST);
}

/* How many stores a ring's values tell; the values are a state of the ring or it is a fault. */
static uint64_t stores_told(struct test *test, unsigned writer, instar_snapshot *snapshot, instar_thread *thread)
{
	uint64_t values[RING], sum = 0;
	bool fine = true;

	for (unsigned i = 0; i < RING; i++) {
		values[i] = 0;
		instar_snapshot_get(snapshot, thread, ring_key(writer, i), &values[i]);
		sum += values[i];
		fine = fine && values[i] <= values[0] && values[i] + 1 >= values[0] && (!i || values[i] <= values[i - 1]);
	}
	if (!fine)
		fault(&test->faults, "a snapshot that was no moment: ring %u began %llu, ended %llu", writer,
		      (unsigned long long)values[0], (unsigned long long)values[RING - 1]);
	return sum;
}

/* A snapshot's own scan: the same entries as its get, as many as its count. */
static void scan_snapshot(struct test *test, instar_snapshot *snapshot, instar_thread *thread, uint64_t *ring_sum)
{
	struct instar_entry out[FEW];
	enum instar_status status;
	uint64_t cursor = 0, value;
	size_t n, met = 0, counted = 0;

	do {
		status = instar_snapshot_scan(snapshot, thread, &cursor, out, FEW, &n);
		for (size_t i = 0; i < n; i++) {
			if (instar_snapshot_get(snapshot, thread, out[i].key, &value) != INSTAR_OK || value != out[i].value)
				fault(&test->faults, "a snapshot's scan and get differ");
			*ring_sum += out[i].key < RESIDENT_FIRST ? out[i].value : 0;
		}
		met += n;
	} while (status == INSTAR_OK);
	if (status != INSTAR_NOTFOUND || instar_snapshot_count(snapshot, thread, &counted) != INSTAR_OK || met != counted)
		fault(&test->faults, "a snapshot's scan met %zu, its count is %zu", met, counted);
}

static void take_snapshot(struct test *test, instar_thread *thread)
{
	uint64_t before[WRITERS], told[WRITERS], again = 0, sum = 0;
	instar_snapshot *snapshot;
	enum instar_status status;

	for (unsigned w = 0; w < WRITERS; w++)
		before[w] = __atomic_load_n(&test->rings[w].stored, __ATOMIC_SEQ_CST);
	status = instar_snapshot_open(test->world.map, thread, &snapshot);
	if (status != INSTAR_OK) {
		fault(&test->faults, "snapshot: %s", instar_status_name(status));
		return;
	}
	for (unsigned w = 0; w < WRITERS; w++) {
		/* A store may be done and not yet counted by its writer. */
		uint64_t after = __atomic_load_n(&test->rings[w].stored, __ATOMIC_SEQ_CST) + 1;

		told[w] = stores_told(test, w, snapshot, thread);
		sum += told[w];
		if (told[w] < before[w] || told[w] > after)
			fault(&test->faults, "a moment outside the call: %llu stores, %llu before, %llu after",
			      (unsigned long long)told[w], (unsigned long long)before[w], (unsigned long long)after);
	}
	scan_snapshot(test, snapshot, thread, &again);
	if (again != sum)
		fault(&test->faults, "a snapshot changed");
	instar_snapshot_close(snapshot, thread);
	__atomic_add_fetch(&test->snapshots, 1, __ATOMIC_RELAXED);
}

/* A scan of the living map: each resident exactly once, no key twice, nothing foreign. */
static void scan_map(struct test *test, instar_thread *thread)
{
	unsigned char met[RESIDENTS] = { 0 };
	struct instar_entry out[FEW];
	enum instar_status status;
	uint64_t cursor = 0, last = 0;
	size_t n, total = 0;

	do {
		status = instar_scan(test->world.map, thread, &cursor, out, FEW, &n);
		for (size_t i = 0; i < n; i++) {
			uint64_t hash = instar_hash(test->world.map, out[i].key), r = out[i].key - RESIDENT_FIRST;

			if (total++ && hash <= last)
				fault(&test->faults, "a scan went back");
			last = hash;
			if (r < RESIDENTS)
				met[r]++;
		}
	} while (status == INSTAR_OK);
	for (unsigned i = 0; i < RESIDENTS; i++)
		if (met[i] != 1)
			fault(&test->faults, "a scan met a resident %u times", met[i]);
	__atomic_add_fetch(&test->scans, 1, __ATOMIC_RELAXED);
}

/* Each writer's entries at any moment: its ring, its window, and one that comes before one goes. */
static void count_map(struct test *test, instar_thread *thread)
{
	size_t exact = 0, most = RESIDENTS + WRITERS * (RING + WINDOW + 1);
	enum instar_status status = instar_count(test->world.map, thread, &exact);

	if (status != INSTAR_OK || exact < RESIDENTS || exact > most)
		fault(&test->faults, "count: %s, %zu of at most %zu", instar_status_name(status), exact, most);
}

static void read_all(struct test *test, instar_thread *thread)
{
	while (__atomic_load_n(&test->writing, __ATOMIC_SEQ_CST)) {
		take_snapshot(test, thread);
		world_rest(&test->world, thread);
		scan_map(test, thread);
		count_map(test, thread);
		world_rest(&test->world, thread);
	}
}

static void work(unsigned index, void *arg)
{
	struct test *test = arg;
	instar_thread *thread = world_join(&test->world, index);

	if (index < WRITERS)
		write_ring(test, index, thread);
	else
		read_all(test, thread);
	world_part(thread);
}

static void run(const struct instar_scheme_info *scheme, void *seed)
{
	struct test test = { .seed = *(uint64_t *)seed, .writing = WRITERS };
	struct instar_map_stats stats;
	size_t exact = 0;

	if (!world_open(&test.world, scheme, NULL, NULL))
		bail_out("%s: no map", scheme->name);
	for (uint64_t i = 0; i < RESIDENTS; i++)
		if (instar_insert(test.world.map, NULL, RESIDENT_FIRST + i, i, NULL))
			bail_out("%s: no residents", scheme->name);
	run_threads(WRITERS + READERS, work, &test);
	ok(!test.faults.n, "%s: %u snapshots were moments, %u scans met every resident once", scheme->name,
	   test.snapshots, test.scans);
	ok(instar_count(test.world.map, NULL, &exact) == INSTAR_OK && exact == instar_size(test.world.map),
	   "%s: count and size agree at rest (%zu)", scheme->name, exact);
	instar_map_stats(test.world.map, &stats);
	ok(stats.growths + stats.purges > 0, "%s: tables moved meanwhile", scheme->name);
	while (instar_maintain(test.world.map, NULL, 64) == INSTAR_BUSY)
		;
	ok(instar_map_check(test.world.map, stdout) == INSTAR_OK, "%s: audit", scheme->name);
	ok(world_close(&test.world), "%s: map and domain go without complaint", scheme->name);
}

int main(void)
{
	uint64_t seed = test_seed();

	stir();
	each_scheme(run, &seed);
	return done_testing();
}
