/*
 * tests/conc/scan.c - who is there throughout is met exactly once, whatever the tables do meanwhile.
 */
#include "tests/support/calls.h"
#include "tests/support/filler.h"
#include "tests/support/stir.h"
#include "tests/support/tap.h"
#include "tests/support/threads.h"
#include "tests/support/upheaval.h"
#include "tests/support/world.h"

enum { SCANNERS = 2, FILLERS = 2, TURNER = SCANNERS + FILLERS, THREADS, SCANS = 4, STAYING = 300, WINDOW = 300,
       TURNS = 4, CAPACITY = 300, CROWD_BITS = 3, CROWDED = 12 };

struct test {
	struct world world;
	struct faults faults;
	uint64_t seed;
	struct crowd crowd; /* of the last CROWDED that stay: one home for all of them, while the table is small */
	unsigned scanning;  /* atomic */
	unsigned turns;     /* atomic: the tables were turned over so often */
};

static const uint64_t map_seed[2] = { 0x243f6a8885a308d3u, 0x13198a2e03707344u };

static void bail_if(bool failed, const struct instar_scheme_info *scheme)
{
	if (failed)
		bail_out("%s: no map", scheme->name);
}

static uint64_t staying_key(const struct test *test, unsigned i)
{
	return i < STAYING - CROWDED ? i : crowd_key(&test->crowd, 0, i);
}

static void open_test(struct test *test, const struct instar_scheme_info *scheme)
{
	struct instar_map_opts opts = INSTAR_MAP_OPTS_INIT;
	bool fine;

	memcpy(opts.seed, map_seed, sizeof map_seed);
	test->crowd = crowd_new(map_seed, 8, 77);
	fine = world_open(&test->world, scheme, NULL, &opts);
	for (unsigned i = 0; fine && i < STAYING; i++)
		fine = !instar_insert(test->world.map, NULL, staying_key(test, i), staying_key(test, i) ^ 1, NULL);
	bail_if(!fine, scheme);
}

/* ---- one scan, checked as it goes ---- */

struct meeting {
	struct test *test;
	uint64_t last_hash;
	unsigned met, stayed;
};

static bool stays(const struct test *test, uint64_t key)
{
	if (key < STAYING - CROWDED)
		return true;
	for (unsigned i = STAYING - CROWDED; i < STAYING; i++)
		if (key == staying_key(test, i))
			return true;
	return false;
}

/* Hashes rise from one to the next, so none comes twice. */
static bool meet(struct meeting *m, const struct instar_entry *entry)
{
	uint64_t hash = instar_hash(m->test->world.map, entry->key);

	if (m->met++ && hash <= m->last_hash)
		fault(&m->test->faults, "key %llu comes out of order", (unsigned long long)entry->key);
	if (entry->value != (entry->key ^ 1))
		fault(&m->test->faults, "key %llu has a foreign value", (unsigned long long)entry->key);
	m->last_hash = hash;
	m->stayed += stays(m->test, entry->key);
	return true;
}

static bool meet_one(uint64_t key, uint64_t value, void *ctx)
{
	return meet(ctx, &(struct instar_entry){ key, value });
}

/* One part, `capacity` entries at a time. */
static void scan_one_part(struct meeting *m, instar_thread *thread, unsigned part, unsigned parts, size_t capacity)
{
	struct instar_entry out[CAPACITY];
	enum instar_status status;
	uint64_t cursor, last;
	size_t n;

	instar_scan_part(part, parts, &cursor, &last);
	do {
		uint64_t before = cursor;

		status = instar_scan_range(m->test->world.map, thread, &cursor, last, out, capacity, &n);
		if (n > capacity || (status == INSTAR_OK && (n != capacity || cursor <= before || cursor > last)) ||
		    (status != INSTAR_OK && (status != INSTAR_NOTFOUND || cursor)))
			fault(&m->test->faults, "scan of %zu: %s with %zu, cursor %#llx", capacity,
			      instar_status_name(status), n, (unsigned long long)cursor);
		for (size_t i = 0; i < n && n <= capacity; i++)
			meet(m, &out[i]);
	} while (status == INSTAR_OK);
}

static void scan_all(struct test *test, instar_thread *thread, struct rng *rng)
{
	static const unsigned parts_of[] = { 1, 1, 2, 8 };
	static const size_t capacities[] = { 1, 3, 64, CAPACITY };
	unsigned parts = parts_of[rng_below(rng, 4)];
	size_t capacity = capacities[rng_below(rng, 4)];
	struct meeting m = { .test = test };

	world_rest(&test->world, thread);
	if (rng_below(rng, 4) == 0) {
		if (instar_foreach(test->world.map, thread, meet_one, &m, NULL) != INSTAR_OK)
			fault(&test->faults, "foreach did not end well");
	} else {
		for (unsigned part = 0; part < parts; part++)
			scan_one_part(&m, thread, part, parts, capacity);
	}
	if (m.stayed != STAYING)
		fault(&test->faults, "%u of %u keys that stay were met", m.stayed, STAYING);
}

static bool still_turning(struct test *test)
{
	return __atomic_load_n(&test->turns, __ATOMIC_ACQUIRE) < TURNS;
}

static bool still_scanning(struct test *test)
{
	return __atomic_load_n(&test->scanning, __ATOMIC_ACQUIRE);
}

/* At least once the tables grow and once they shrink. */
static const char *turn(instar_map *map, instar_thread *thread, struct rng *rng, unsigned n)
{
	if (n == 0)
		return instar_reserve(map, thread, UPHEAVAL_ENTRIES) == INSTAR_OK ? NULL : "reserve was refused";
	if (n == 1)
		return instar_shrink(map, thread) == INSTAR_OK ? NULL : "shrink was refused";
	return upheaval(map, thread, rng, false);
}

static void work(unsigned index, void *arg)
{
	struct test *test = arg;
	struct rng rng = rng_stream(test->seed, index);
	struct filler filler = filler_new(index, THREADS, WINDOW, NULL);
	instar_thread *thread = world_join(&test->world, index);
	const char *wrong = NULL;

	if (index < SCANNERS) {
		for (unsigned i = 0; i < SCANS || still_turning(test); i++)
			scan_all(test, thread, &rng);
		__atomic_sub_fetch(&test->scanning, 1, __ATOMIC_RELEASE);
	}
	for (unsigned n = 0; index >= SCANNERS && !wrong && still_scanning(test); n++) {
		wrong = index == TURNER ? turn(test->world.map, thread, &rng, n) :
					  filler_step(&filler, test->world.map, thread);
		if (index == TURNER)
			__atomic_fetch_add(&test->turns, 1, __ATOMIC_RELEASE);
		if (index == TURNER || n % 16 == 0)
			world_rest(&test->world, thread);
	}
	if (wrong)
		fault(&test->faults, "%s", wrong);
	world_part(thread);
}

static void who_stays_is_met_once(const struct instar_scheme_info *scheme, uint64_t seed)
{
	struct test test = { .seed = seed, .scanning = SCANNERS };
	struct instar_map_stats stats;

	open_test(&test, scheme);
	run_threads(THREADS, work, &test);
	instar_map_stats(test.world.map, &stats);
	ok(!test.faults.n && stats.growths && stats.shrinks,
	   "%s: who stays is met once, nobody twice, through %llu growths, %llu purges, %llu shrinks",
	   scheme->name, (unsigned long long)stats.growths, (unsigned long long)stats.purges,
	   (unsigned long long)stats.shrinks);
	ok(instar_map_check(test.world.map, stdout) == INSTAR_OK && world_close(&test.world), "%s: audit, close",
	   scheme->name);
}

/* ---- a cursor is a plain number ---- */

/* Three entries of one map and one table, three of the next. */
static void cursors_survive(const struct instar_scheme_info *scheme)
{
	struct test test[2] = { { .seed = 0 }, { .seed = 0 } };
	struct meeting m = { .test = &test[0] };
	struct instar_entry out[3];
	enum instar_status status;
	uint64_t cursor = 0;
	size_t n;

	open_test(&test[0], scheme);
	open_test(&test[1], scheme);
	for (unsigned round = 0; ; round++) {
		instar_map *map = test[round % 2].world.map;

		status = instar_scan(map, NULL, &cursor, out, 3, &n);
		for (size_t i = 0; i < n; i++)
			meet(&m, &out[i]);
		if (status != INSTAR_OK)
			break;
		if (round % 4 < 2)
			instar_reserve(map, NULL, (size_t)3000 << round % 3);
		else
			instar_shrink(map, NULL);
	}
	ok(status == INSTAR_NOTFOUND && !cursor && m.stayed == STAYING && m.met == STAYING && !test[0].faults.n,
	   "%s: a cursor survives growth, shrink and the map itself", scheme->name);
	ok(world_close(&test[0].world) && world_close(&test[1].world), "%s: close", scheme->name);
}

/* Which of `parts` has the key of this hash. */
static unsigned found_in(instar_map *map, uint64_t key, unsigned parts, unsigned *times)
{
	struct instar_entry out[8];
	enum instar_status status;
	unsigned where = parts;
	uint64_t cursor, last;
	size_t n;

	*times = 0;
	for (unsigned part = 0; part < parts; part++) {
		instar_scan_part(part, parts, &cursor, &last);
		do {
			status = instar_scan_range(map, NULL, &cursor, last, out, 8, &n);
			for (size_t i = 0; i < n; i++)
				if (out[i].key == key) {
					++*times;
					where = part;
				}
		} while (status == INSTAR_OK);
	}
	return where;
}

/* The hashes at the borders of every part. */
static bool borders_hold(instar_map *map, unsigned parts)
{
	struct hash_seed seed = hash_seed_from(map_seed);
	uint64_t end = 0, first, last;
	unsigned times;
	bool fine = true;

	for (unsigned part = 0; fine && part < parts; part++) {
		instar_scan_part(part, parts, &first, &last);
		fine = first == end && (part ? first : !first) && last >= first;
		end = last + 1;
		for (unsigned side = 0; side < 2; side++) {
			uint64_t key = hash_key(&seed, (word)((side ? last : first) >> (64 - WORD_BITS)));

			instar_put(map, NULL, key, 1, NULL);
			fine = fine && found_in(map, key, parts, &times) == part && times == 1;
		}
	}
	return fine && !end;
}

static void parts_split_the_hashes(const struct instar_scheme_info *scheme)
{
	struct instar_map_opts opts = INSTAR_MAP_OPTS_INIT;
	struct instar_entry out[2];
	uint64_t cursor = 5, last;
	struct world world;
	size_t n = 7;

	memcpy(opts.seed, map_seed, sizeof map_seed);
	bail_if(!world_open(&world, scheme, NULL, &opts), scheme);
	/* At half width hashes are coarser than cursors: only powers of two split between two of them. */
	for (unsigned parts = 1; parts <= 16; parts += WORD_BITS == 64 ? 1 : parts)
		ok(borders_hold(world.map, parts), "%s: %u parts, each hash in one of them", scheme->name, parts);
	instar_scan_part(3, 3, &cursor, &last);
	ok(cursor > last && instar_scan_range(world.map, NULL, &cursor, last, out, 2, &n) == INSTAR_INVAL && !n,
	   "%s: no such part: an empty range", scheme->name);
	cursor = 0;
	ok(instar_scan(world.map, NULL, &cursor, out, 0, &n) == INSTAR_INVAL &&
	   instar_scan(world.map, NULL, NULL, out, 2, &n) == INSTAR_INVAL &&
	   instar_scan(world.map, NULL, &cursor, NULL, 2, &n) == INSTAR_INVAL &&
	   instar_scan(world.map, NULL, &cursor, out, 2, NULL) == INSTAR_INVAL &&
	   instar_scan(NULL, NULL, &cursor, out, 2, &n) == INSTAR_INVAL && !cursor,
	   "%s: capacity 0 and missing pointers are INVAL", scheme->name);
	ok(world_close(&world), "%s: close", scheme->name);
}

static void run(const struct instar_scheme_info *scheme, void *seed)
{
	for (unsigned round = 0; round < test_scale(); round++)
		who_stays_is_met_once(scheme, *(uint64_t *)seed + round);
	cursors_survive(scheme);
	parts_split_the_hashes(scheme);
}

int main(void)
{
	uint64_t seed = test_seed();

	stir();
	each_scheme(run, &seed);
	return done_testing();
}
