/*
 * tests/conc/snapshot.c - a snapshot is the map at one moment, stays so, and gives its memory back.
 *
 * Writers leave trails (tests/support/trail.h), so what a snapshot shows tells how many puts had been made by its
 * moment; others churn, grow, shrink and in some runs clear the map.
 */
#include "tests/support/filler.h"
#include "tests/support/injector.h"
#include "tests/support/stir.h"
#include "tests/support/tap.h"
#include "tests/support/threads.h"
#include "tests/support/trail.h"
#include "tests/support/upheaval.h"
#include "tests/support/world.h"

enum { WRITERS = 2, LOOKERS = 2, FILLERS = 1, TURNER = WRITERS + LOOKERS + FILLERS, THREADS, LOOKS = 12, WINDOW = 700,
       CAPACITY = 64 };

/* The moment of a snapshot, in puts of each trail; TRAIL_NO_MOMENT: it shows none of them. */
struct moment {
	uint64_t puts[WRITERS];
};

struct test {
	struct world world;
	struct injector injector;
	struct faults faults;
	uint64_t seed;
	bool clears;
	struct trail trails[WRITERS];
	struct moment moments[LOOKERS][LOOKS];
	unsigned looking; /* atomic */
};

/* ---- what one snapshot shows ---- */

struct picture {
	struct cell cells[WRITERS][TRAIL_KEYS];
	size_t entries;
	uint64_t sum;
};

static void paint(struct test *test, struct picture *picture, const struct instar_entry *entry)
{
	uint64_t trail = entry->key / TRAIL_KEYS;

	picture->entries++;
	picture->sum += entry->key * 31 + entry->value;
	if (trail < WRITERS)
		picture->cells[trail][entry->key % TRAIL_KEYS] = (struct cell){ entry->value, true };
	else if (entry->value != (entry->key ^ 1))
		fault(&test->faults, "key %llu has a foreign value", (unsigned long long)entry->key);
}

static struct picture picture_of(struct test *test, instar_snapshot *snapshot, instar_thread *thread, size_t capacity)
{
	struct picture picture = { .entries = 0 };
	struct instar_entry out[CAPACITY];
	enum instar_status status;
	uint64_t cursor = 0, last = 0;
	size_t n;

	do {
		status = instar_snapshot_scan(snapshot, thread, &cursor, out, capacity, &n);
		for (size_t i = 0; i < n; i++) {
			uint64_t hash = instar_hash(test->world.map, out[i].key);

			if (picture.entries && hash <= last)
				fault(&test->faults, "an entry out of order");
			last = hash;
			paint(test, &picture, &out[i]);
		}
	} while (status == INSTAR_OK);
	if (status != INSTAR_NOTFOUND || cursor)
		fault(&test->faults, "a snapshot's scan ended with %s", instar_status_name(status));
	return picture;
}

/* get and count tell the same as the scan; and so does a scan later. */
static void stays_the_same(struct test *test, instar_snapshot *snapshot, instar_thread *thread, struct rng *rng,
			   const struct picture *picture)
{
	struct picture again = picture_of(test, snapshot, thread, 1 + rng_below(rng, CAPACITY));
	size_t n = 0;

	if (again.entries != picture->entries || again.sum != picture->sum)
		fault(&test->faults, "a snapshot changed: %zu entries, then %zu", picture->entries, again.entries);
	if (instar_snapshot_count(snapshot, thread, &n) != INSTAR_OK || n != picture->entries)
		fault(&test->faults, "a snapshot counts %zu, shows %zu", n, picture->entries);
	for (unsigned i = 0; i < 20; i++) {
		uint64_t trail = rng_below(rng, WRITERS), place = rng_below(rng, TRAIL_KEYS), value = 0;
		const struct cell *cell = &picture->cells[trail][place];
		enum instar_status status = instar_snapshot_get(snapshot, thread, trail * TRAIL_KEYS + place, &value);

		if (status != (cell->present ? INSTAR_OK : INSTAR_NOTFOUND) || value != cell->value)
			fault(&test->faults, "a snapshot's get: %s", instar_status_name(status));
	}
}

/* ---- the moment of the open call ---- */

/* What was known before it, and after. */
struct bounds {
	uint64_t least[WRITERS], most[WRITERS];
};

static struct moment moment_of(struct test *test, const struct picture *picture, const struct bounds *bounds)
{
	struct moment moment;

	for (unsigned w = 0; w < WRITERS; w++) {
		unsigned shown;
		uint64_t puts = trail_moment(picture->cells[w], &shown);

		moment.puts[w] = shown ? puts : TRAIL_NO_MOMENT;
		if (puts == TRAIL_NO_MOMENT || (shown < TRAIL_KEYS && !test->clears))
			fault(&test->faults, "not a moment of one trail: %u of it shown", shown);
		else if (shown && (puts < bounds->least[w] || puts > bounds->most[w]))
			fault(&test->faults, "a moment before or after the call: %llu puts, not %llu ... %llu",
			      (unsigned long long)puts, (unsigned long long)bounds->least[w],
			      (unsigned long long)bounds->most[w]);
	}
	return moment;
}

/* A get after the snapshot was opened shows no older value.  Puts go up; who clears may hide them. */
static void not_behind(struct test *test, instar_snapshot *snapshot, instar_thread *thread, struct rng *rng)
{
	for (unsigned i = 0; i < 30; i++) {
		uint64_t key = rng_below(rng, WRITERS * TRAIL_KEYS), now = 0, then = 0;

		if (instar_get(test->world.map, thread, key, &now) == INSTAR_OK &&
		    instar_snapshot_get(snapshot, thread, key, &then) == INSTAR_OK && now < then)
			fault(&test->faults, "key %llu was %llu for a reader after the snapshot that shows %llu",
			      (unsigned long long)key, (unsigned long long)now, (unsigned long long)then);
	}
}

static struct moment look(struct test *test, instar_thread *thread, struct rng *rng)
{
	instar_snapshot *snapshot, *second = NULL;
	struct bounds bounds;
	struct picture picture;

	for (unsigned w = 0; w < WRITERS; w++)
		bounds.least[w] = trail_done(&test->trails[w]);
	if (instar_snapshot_open(test->world.map, thread, &snapshot) != INSTAR_OK)
		bail_out("%s: no snapshot", test->world.scheme->name);
	for (unsigned w = 0; w < WRITERS; w++)
		bounds.most[w] = trail_begun(&test->trails[w]);
	not_behind(test, snapshot, thread, rng);
	if (rng_below(rng, 2) && instar_snapshot_open(test->world.map, thread, &second) != INSTAR_OK)
		fault(&test->faults, "no second snapshot");
	world_rest(&test->world, thread);
	picture = picture_of(test, snapshot, thread, 1 + rng_below(rng, CAPACITY));
	if (rng_below(rng, 2)) {
		instar_snapshot_close(second, thread);
		second = NULL;
	}
	stays_the_same(test, snapshot, thread, rng, &picture);
	instar_snapshot_close(snapshot, thread);
	instar_snapshot_close(second, thread);
	return moment_of(test, &picture, &bounds);
}

static bool before(const struct moment *x, const struct moment *y)
{
	for (unsigned w = 0; w < WRITERS; w++)
		if (x->puts[w] != TRAIL_NO_MOMENT && y->puts[w] != TRAIL_NO_MOMENT && x->puts[w] > y->puts[w])
			return false;
	return true;
}

/* All snapshots stand in one order; those of one thread in the order it took them. */
static bool one_order(const struct test *test)
{
	const struct moment *all = test->moments[0];

	for (unsigned x = 0; x < LOOKERS * LOOKS; x++)
		for (unsigned y = x + 1; y < LOOKERS * LOOKS; y++)
			if (!before(&all[x], &all[y]) && (x / LOOKS == y / LOOKS || !before(&all[y], &all[x])))
				return false;
	return true;
}

/* ---- the threads ---- */

static const char *write_one(struct test *test, unsigned w, instar_thread *thread)
{
	struct trail *trail = &test->trails[w];
	uint64_t old = 0, expected = trail->begun - TRAIL_KEYS;
	enum instar_status status = trail_put(trail, test->world.map, thread, &old);

	if (status == INSTAR_OK ? !test->clears : status != INSTAR_EXISTS || old != expected)
		return "a put did not meet the put before it";
	return NULL;
}

/* The exact count: every key of the trails, and the filler's window. */
static const char *count(struct test *test, instar_thread *thread)
{
	size_t n = 0;

	if (instar_count(test->world.map, thread, &n) != INSTAR_OK)
		return "count was refused";
	if (!test->clears && (n < WRITERS * TRAIL_KEYS + WINDOW || n > WRITERS * TRAIL_KEYS + WINDOW + FILLERS))
		return "count is not exact";
	return NULL;
}

static const char *step(struct test *test, unsigned index, instar_thread *thread, struct rng *rng,
			struct filler *filler)
{
	const char *wrong;

	if (index < WRITERS)
		return write_one(test, index, thread);
	if (index != TURNER) {
		wrong = filler_step(filler, test->world.map, thread);
		return test->clears ? NULL : wrong; /* its keys may be gone */
	}
	return rng_below(rng, 4) ? upheaval(test->world.map, thread, rng, test->clears) : count(test, thread);
}

static void work(unsigned index, void *arg)
{
	struct test *test = arg;
	struct rng rng = rng_stream(test->seed, index);
	struct filler filler = filler_new(0, 1, WINDOW, NULL);
	instar_thread *thread = world_join(&test->world, index);
	const char *wrong = NULL;

	filler.inserted = WINDOW; /* they are there already */
	if (index >= WRITERS && index < WRITERS + LOOKERS) {
		for (unsigned i = 0; i < LOOKS; i++)
			test->moments[index - WRITERS][i] = look(test, thread, &rng);
		__atomic_sub_fetch(&test->looking, 1, __ATOMIC_RELEASE);
	} else {
		for (unsigned n = 0; !wrong && __atomic_load_n(&test->looking, __ATOMIC_ACQUIRE); n++) {
			wrong = step(test, index, thread, &rng, &filler);
			if (index == TURNER || n % 16 == 0)
				world_rest(&test->world, thread);
		}
	}
	if (wrong)
		fault(&test->faults, "%s", wrong);
	world_part(thread);
}

static bool open_test(struct test *test, const struct instar_scheme_info *scheme)
{
	struct filler filler = filler_new(0, 1, WINDOW, NULL);
	bool fine;

	injector_init(&test->injector);
	fine = world_open(&test->world, scheme, &test->injector.opts, NULL);
	while (fine && filler.inserted < WINDOW)
		fine = !filler_step(&filler, test->world.map, NULL);
	for (unsigned w = 0; w < WRITERS; w++) {
		test->trails[w].first_key = w * TRAIL_KEYS;
		for (unsigned i = 0; fine && i < TRAIL_KEYS; i++)
			fine = trail_put(&test->trails[w], test->world.map, NULL, NULL) == INSTAR_OK;
	}
	return fine;
}

/* The one table and no other pages are still there, once all has been waited for. */
static bool memory_is_back(struct world *world, const struct injector *injector)
{
	struct instar_reclaim_stats reclaim;
	struct instar_map_stats stats;
	instar_thread *thread;
	uint64_t heads;
	bool fine = instar_thread_attach(world->domain, &thread) == INSTAR_OK;

	while (fine && instar_maintain(world->map, thread, 1000) == INSTAR_BUSY)
		;
	fine = fine && instar_barrier(thread) == INSTAR_OK;
	instar_domain_stats(world->domain, &reclaim);
	instar_map_stats(world->map, &stats);
	heads = stats.table_bytes - injector->page_bytes; /* huge if more is there */
	if (strcmp(world->scheme->name, "leak"))
		fine = fine && !reclaim.pending_objects && !reclaim.pending_bytes && !stats.migrating &&
		       heads < 4096;
	if (!fine)
		diag("%llu bytes of tables, %llu of pages, %llu pending", (unsigned long long)stats.table_bytes,
		     (unsigned long long)injector->page_bytes, (unsigned long long)reclaim.pending_objects);
	return instar_thread_detach(thread) == INSTAR_OK && fine;
}

static void snapshots_are_moments(const struct instar_scheme_info *scheme, uint64_t seed, bool clears)
{
	struct test test = { .seed = seed, .clears = clears, .looking = LOOKERS };
	const char *how = clears ? ", clears" : "";

	if (!open_test(&test, scheme))
		bail_out("%s: no map", scheme->name);
	run_threads(THREADS, work, &test);
	ok(!test.faults.n, "%s%s: each snapshot is a moment of its open call", scheme->name, how);
	ok(one_order(&test), "%s%s: all in one order", scheme->name, how);
	ok(memory_is_back(&test.world, &test.injector), "%s%s: closed, they give their memory back", scheme->name, how);
	ok(instar_map_check(test.world.map, stdout) == INSTAR_OK && world_close(&test.world) && !test.injector.live &&
	   !test.injector.mismatched, "%s%s: audit, close, no memory left", scheme->name, how);
}

#ifdef INSTAR_STEPS

/* ---- a writer from before the snapshot ---- */

enum gate { ARMED, PARKED, RELEASED };

static unsigned gate; /* atomic: enum gate */
static __thread bool is_victim;

struct parked_put {
	struct world world;
	uint64_t read, shown, at_last;
	bool parked, done; /* done: atomic */
};

static void park(unsigned step)
{
	if (!is_victim || step != STEP_ROOT_READ || __atomic_load_n(&gate, __ATOMIC_ACQUIRE) != ARMED)
		return;
	__atomic_store_n(&gate, PARKED, __ATOMIC_RELEASE);
	while (__atomic_load_n(&gate, __ATOMIC_ACQUIRE) != RELEASED)
		sched_yield();
}

static bool put_done(const struct parked_put *p)
{
	return __atomic_load_n(&p->done, __ATOMIC_ACQUIRE);
}

static void put_or_look(unsigned index, void *arg)
{
	struct parked_put *p = arg;
	instar_snapshot *snapshot;

	if (index == 0) {
		is_victim = true;
		instar_put(p->world.map, NULL, 1, 6, NULL);
		is_victim = false;
		__atomic_store_n(&p->done, true, __ATOMIC_RELEASE);
		return;
	}
	while (__atomic_load_n(&gate, __ATOMIC_ACQUIRE) != PARKED && !put_done(p))
		sched_yield();
	p->parked = !put_done(p);
	if (instar_snapshot_open(p->world.map, NULL, &snapshot) != INSTAR_OK)
		bail_out("%s: no snapshot", p->world.scheme->name);
	instar_get(p->world.map, NULL, 1, &p->read);
	__atomic_store_n(&gate, RELEASED, __ATOMIC_RELEASE);
	while (!put_done(p))
		sched_yield();
	instar_snapshot_get(snapshot, NULL, 1, &p->shown);
	instar_get(p->world.map, NULL, 1, &p->at_last);
	instar_snapshot_close(snapshot, NULL);
}

/* A put that has the old root when the snapshot is opened, and does nothing until a reader has looked. */
static void a_sleeping_put_comes_after(const struct instar_scheme_info *scheme)
{
	struct parked_put p = { .parked = false };

	if (!world_open(&p.world, scheme, NULL, NULL) || instar_put(p.world.map, NULL, 1, 5, NULL) != INSTAR_OK)
		bail_out("%s: no map", scheme->name);
	gate = ARMED;
	instar_step_hook = park;
	run_threads(2, put_or_look, &p);
	stir();
	ok(p.parked && p.read == 5 && p.shown == 5 && p.at_last == 6,
	   "%s: what a reader has not seen after the snapshot is not in it (read %llu, shown %llu, then %llu)", scheme->name,
	   (unsigned long long)p.read, (unsigned long long)p.shown, (unsigned long long)p.at_last);
	ok(world_close(&p.world), "%s: close", scheme->name);
}

#else

static void a_sleeping_put_comes_after(const struct instar_scheme_info *scheme)
{
	(void)scheme;
}

#endif

static void run(const struct instar_scheme_info *scheme, void *seed)
{
	a_sleeping_put_comes_after(scheme);
	for (unsigned round = 0; round < test_scale(); round++) {
		snapshots_are_moments(scheme, *(uint64_t *)seed + round, false);
		snapshots_are_moments(scheme, *(uint64_t *)seed + round, true);
	}
}

int main(void)
{
	uint64_t seed = test_seed();

	stir();
	each_scheme(run, &seed);
	return done_testing();
}
