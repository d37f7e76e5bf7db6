/*
 * tests/conc/ownership.c - each thread owns some keys and sees exactly its own writes, whatever the
 * others do to the tables meanwhile.
 *
 * The owner knows what each call must answer.  Its filler (tests/support/filler.h) keeps the tables moving.
 */
#include "tests/support/calls.h"
#include "tests/support/filler.h"
#include "tests/support/sanitizer.h"
#include "tests/support/tap.h"
#include "tests/support/threads.h"
#include "tests/support/world.h"

enum { THREADS = 4, OWN_KEYS = 1500, CALLS = TEST_WORK(40000), BATCH = 48, WINDOW = 400 };

struct test {
	struct world world;
	struct faults faults;
	uint64_t seed;
	struct cell cells[THREADS][OWN_KEYS]; /* what the owner knows */
};

struct owner {
	struct test *test;
	unsigned index;
	instar_thread *thread;
	struct rng rng;
	struct cell *cells;
};

static uint64_t key_of(unsigned owner, uint64_t i)
{
	return i * THREADS + owner;
}

static void single(struct owner *o, uint64_t i)
{
	struct call asked = call_random(&o->rng, key_of(o->index, i), 1u << 30), got = asked, expected;
	char text[2][CALL_TEXT];

	call_perform(&got, o->test->world.map, o->thread);
	expected = call_answer(&asked, &o->cells[i]);
	if (got.status != expected.status || got.out != expected.out)
		fault(&o->test->faults, "%s, expected %s", call_text(&got, text[0], CALL_TEXT),
		      call_text(&expected, text[1], CALL_TEXT));
}

static void read_batch(struct owner *o, uint64_t first)
{
	uint64_t keys[BATCH], values[BATCH];
	uint8_t found[BATCH];
	size_t hits = 0, said;

	for (unsigned i = 0; i < BATCH; i++)
		keys[i] = key_of(o->index, (first + i) % OWN_KEYS);
	said = instar_get_many(o->test->world.map, o->thread, keys, BATCH, values, found);
	for (unsigned i = 0; i < BATCH; i++) {
		struct cell *cell = &o->cells[(first + i) % OWN_KEYS];

		hits += found[i];
		if (found[i] != cell->present || (found[i] && values[i] != cell->value))
			fault(&o->test->faults, "get_many: key %llu wrong", (unsigned long long)keys[i]);
	}
	if (said != hits)
		fault(&o->test->faults, "get_many: %zu hits, found says %zu", said, hits);
}

static void insert_batch(struct owner *o, uint64_t first)
{
	uint64_t keys[BATCH], values[BATCH];
	enum instar_status status[BATCH];
	size_t inserted = 0, said;

	for (unsigned i = 0; i < BATCH; i++) {
		keys[i] = key_of(o->index, (first + i) % OWN_KEYS);
		values[i] = rng_below(&o->rng, 1u << 30);
	}
	said = instar_insert_many(o->test->world.map, o->thread, keys, values, BATCH, status);
	for (unsigned i = 0; i < BATCH; i++) {
		struct cell *cell = &o->cells[(first + i) % OWN_KEYS];

		if (status[i] != (cell->present ? INSTAR_EXISTS : INSTAR_OK))
			fault(&o->test->faults, "insert_many: key %llu: %s", (unsigned long long)keys[i],
			      instar_status_name(status[i]));
		inserted += !cell->present;
		if (!cell->present)
			*cell = (struct cell){ values[i], true };
	}
	if (said != inserted)
		fault(&o->test->faults, "insert_many said %zu, inserted %zu", said, inserted);
}

static void remove_range(struct owner *o, uint64_t first)
{
	for (unsigned i = 0; i < BATCH; i++) {
		struct cell *cell = &o->cells[(first + i) % OWN_KEYS];
		uint64_t key = key_of(o->index, (first + i) % OWN_KEYS), old = 0;
		enum instar_status status = instar_remove(o->test->world.map, o->thread, key, &old);

		if (status != (cell->present ? INSTAR_OK : INSTAR_NOTFOUND) || (cell->present && old != cell->value))
			fault(&o->test->faults, "remove(%llu): %s", (unsigned long long)key, instar_status_name(status));
		*cell = (struct cell){ 0, false };
	}
}

static void own(unsigned index, void *arg)
{
	struct test *test = arg;
	struct owner o = { test, index, world_join(&test->world, index), rng_stream(test->seed, index),
			   test->cells[index] };
	struct filler filler = filler_new(index, THREADS, WINDOW, NULL);
	const char *wrong = NULL;

	for (unsigned n = 0; n < CALLS && !wrong; n++) {
		uint64_t i = rng_below(&o.rng, OWN_KEYS);

		wrong = filler_step(&filler, test->world.map, o.thread);
		switch (rng_below(&o.rng, BATCH)) {
		case 0:
			read_batch(&o, i);
			break;
		case 1:
			insert_batch(&o, i);
			break;
		case 2:
			remove_range(&o, i);
			break;
		default:
			single(&o, i);
		}
		if (n % 64 == 0)
			world_rest(&test->world, o.thread);
	}
	if (!wrong)
		wrong = filler_empty(&filler, test->world.map, o.thread);
	if (wrong)
		fault(&test->faults, "%s", wrong);
	world_part(o.thread);
}

/* At rest: the map holds exactly what the owners know. */
static void compare(struct test *test)
{
	size_t present = 0;

	for (unsigned t = 0; t < THREADS; t++)
		for (uint64_t i = 0; i < OWN_KEYS; i++) {
			struct cell cell = { 0, false };

			cell.present = instar_get(test->world.map, NULL, key_of(t, i), &cell.value) == INSTAR_OK;
			present += cell.present;
			if (!cell_equal(cell, test->cells[t][i]))
				fault(&test->faults, "at rest: key %llu differs", (unsigned long long)key_of(t, i));
		}
	if (instar_size(test->world.map) != present)
		fault(&test->faults, "at rest: size %zu, %zu found", instar_size(test->world.map), present);
}

static void run(const struct instar_scheme_info *scheme, unsigned flags, uint64_t seed)
{
	const char *how = flags & INSTAR_MAP_NO_REUSE ? "tombstones stay, miss filter" : "tombstones are reused";
	struct instar_map_opts opts = INSTAR_MAP_OPTS_INIT;
	struct instar_map_stats stats;
	struct test *test = calloc(1, sizeof *test);

	opts.flags = flags;
	test->seed = seed;
	if (!test || !world_open(&test->world, scheme, NULL, &opts))
		bail_out("%s: no map", scheme->name);
	run_threads(THREADS, own, test);
	compare(test);
	ok(!test->faults.n, "%s, %s: each owner saw exactly its own writes", scheme->name, how);
	instar_map_stats(test->world.map, &stats);
	ok(stats.growths > 0 && stats.births > 0, "%s, %s: the table grew meanwhile", scheme->name, how);
	if (flags & INSTAR_MAP_NO_REUSE)
		ok(stats.purges > 0, "%s, %s: tables were purged meanwhile", scheme->name, how);
	ok(instar_map_check(test->world.map, stdout) == INSTAR_OK, "%s, %s: audit", scheme->name, how);
	ok(world_close(&test->world), "%s, %s: map and domain go without complaint", scheme->name, how);
	free(test);
}

static void both(const struct instar_scheme_info *scheme, void *seed)
{
	for (unsigned round = 0; round < test_scale(); round++) {
		run(scheme, 0, *(uint64_t *)seed + round);
		run(scheme, INSTAR_MAP_NO_REUSE | INSTAR_MAP_MISS_FILTER, *(uint64_t *)seed + round);
	}
}

int main(void)
{
	uint64_t seed = test_seed();

	each_scheme(both, &seed);
	return done_testing();
}
