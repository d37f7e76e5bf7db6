/*
 * tests/conc/oom.c - out of memory: the statuses are right, nothing is lost, nothing leaks, and all is
 * well again once there is memory.
 */
#include "reclaim/contract.h"
#include "src/state.h"
#include "src/step.h"
#include "tests/support/actor.h"
#include "tests/support/injector.h"
#include "tests/support/sequence.h"
#include "tests/support/tap.h"
#include "tests/support/threads.h"
#include "tests/support/world.h"

enum { LENGTH = 800, NTH_MAX = 400, THREADS = 4, KEYS_EACH = 6000 };

/* Whether the injector's books are balanced after everything was destroyed. */
static bool balanced(const struct injector *injector)
{
	if (injector->live || injector->mismatched)
		diag("%llu blocks left, %llu freed with a wrong size", (unsigned long long)injector->live,
		     (unsigned long long)injector->mismatched);
	return injector_balanced(injector);
}

/* One sequence, with the nth request refused, or all from the nth on. */
static bool refused_from(const struct instar_scheme_info *scheme, const struct sequence *s, uint64_t nth, uint64_t n,
			 bool *reached)
{
	struct injector injector;
	struct surroundings around = { scheme->name, &injector.opts, &injector.refused };
	bool fine;

	injector_init(&injector);
	injector.first = nth;
	injector.last = n == INJECT_ALL ? INJECT_ALL : nth + n;
	fine = sequence_run(s, &around, stdout) && balanced(&injector);
	*reached = injector.refused;
	if (!fine)
		diag("requests from %llu on refused: %s", (unsigned long long)nth, n == 1 ? "one" : "all");
	return fine;
}

static void every_nth(const struct instar_scheme_info *scheme, uint64_t seed, uint64_t n)
{
	struct rng rng = rng_stream(seed, n);
	struct sequence s = sequence_random(&rng, LENGTH);
	bool fine = true, reached = true;
	uint64_t nth;

	s.opts.capacity = 0;
	for (nth = 1; nth <= NTH_MAX && fine && reached; nth++)
		fine = refused_from(scheme, &s, nth, n, &reached);
	ok(fine && nth > 3, "%s: %s each of %llu requests refused in turn: as the model", scheme->name,
	   n == 1 ? "just" : "from", (unsigned long long)nth - 1);
	sequence_free(&s);
}

/* All keys 0 … n-1 are there with their values, n and its successor not. */
static bool holds_first(instar_map *map, uint64_t n)
{
	uint64_t value;

	for (uint64_t key = 0; key < n; key++)
		if (instar_get(map, NULL, key, &value) != INSTAR_OK || value != key + 1)
			return false;
	return !instar_contains(map, NULL, n) && !instar_contains(map, NULL, n + 1) && instar_size(map) == n;
}

/* Inserts from *n on until something else than OK comes back. */
static enum instar_status fill(instar_map *map, uint64_t *n, uint64_t limit)
{
	enum instar_status status = INSTAR_OK;

	while (*n < limit && (status = instar_insert(map, NULL, *n, *n + 1, NULL)) == INSTAR_OK)
		++*n;
	return status;
}

static void growth_refused(const struct instar_scheme_info *scheme)
{
	struct injector injector;
	struct world world;
	struct instar_map_stats stats;
	uint64_t n = 1, old, actual;

	injector_init(&injector);
	if (!world_open(&world, scheme, &injector.opts, NULL) || instar_insert(world.map, NULL, 0, 1, NULL))
		bail_out("%s: no map", scheme->name);
	injector_refuse(&injector, INJECT_ALL);
	ok(fill(world.map, &n, 1 << 20) == INSTAR_NOMEM, "%s: no memory to grow: NOMEM in the end", scheme->name);
	instar_map_stats(world.map, &stats);
	ok(n >= stats.slots * 6 / 10 && !stats.growths, "%s: inserts went on while slots were left: %llu of %llu",
	   scheme->name, (unsigned long long)n, (unsigned long long)stats.slots);
	ok(holds_first(world.map, n), "%s: nothing was lost", scheme->name);
	ok(instar_insert(world.map, NULL, 0, 5, &old) == INSTAR_EXISTS && old == 1 &&
	   instar_put(world.map, NULL, 1, 2, &old) == INSTAR_EXISTS && old == 2 &&
	   instar_get_or_insert(world.map, NULL, 2, 9, &actual) == INSTAR_EXISTS && actual == 3 &&
	   instar_get_or_insert(world.map, NULL, n, 9, &actual) == INSTAR_NOMEM &&
	   instar_fetch_add(world.map, NULL, n, 9, 9, &old) == INSTAR_NOMEM &&
	   instar_put(world.map, NULL, n, 9, &old) == INSTAR_NOMEM &&
	   instar_reserve(world.map, NULL, n * 10) == INSTAR_NOMEM,
	   "%s: present keys are still served, new ones and reserve NOMEM", scheme->name);
	ok(instar_remove(world.map, NULL, n - 1, &old) == INSTAR_OK && old == n &&
	   instar_insert(world.map, NULL, n - 1, n, NULL) == INSTAR_OK,
	   "%s: a removed key can come back", scheme->name);
	ok(instar_map_check(world.map, stdout) == INSTAR_OK, "%s: audit", scheme->name);
	injector_refuse(&injector, 0);
	ok(fill(world.map, &n, n * 4) == INSTAR_OK && holds_first(world.map, n), "%s: memory again: it grows",
	   scheme->name);
	ok(instar_map_check(world.map, stdout) == INSTAR_OK, "%s: audit", scheme->name);
	ok(world_close(&world) && balanced(&injector), "%s: nothing leaked", scheme->name);
}

struct crowd {
	struct world world;
	struct injector injector;
	uint64_t inserted[THREADS], refused[THREADS];
	struct faults faults;
};

/* Inserts own keys while requests are refused by chance; even keys are removed again. */
static void insert_own(unsigned index, void *arg)
{
	struct crowd *crowd = arg;

	for (uint64_t i = 0; i < KEYS_EACH; i++) {
		uint64_t key = i * THREADS + index, value = 0;
		enum instar_status status = instar_insert(crowd->world.map, NULL, key, key + 1, NULL);

		if (status == INSTAR_NOMEM) {
			crowd->refused[index]++;
			if (instar_contains(crowd->world.map, NULL, key))
				fault(&crowd->faults, "a refused key is there");
			continue;
		}
		if (status != INSTAR_OK)
			fault(&crowd->faults, "insert: %s", instar_status_name(status));
		if (instar_get(crowd->world.map, NULL, key, &value) != INSTAR_OK || value != key + 1)
			fault(&crowd->faults, "an inserted key is not there");
		if (i % 4 == 0 && instar_remove(crowd->world.map, NULL, key, &value) != INSTAR_OK)
			fault(&crowd->faults, "a key could not be removed");
		crowd->inserted[index] += i % 4 != 0;
	}
}

static void crowd_refused(const struct instar_scheme_info *scheme, unsigned percent)
{
	struct crowd crowd;
	uint64_t inserted = 0, refused = 0;

	memset(&crowd, 0, sizeof crowd);
	injector_init(&crowd.injector);
	if (!world_open(&crowd.world, scheme, &crowd.injector.opts, NULL))
		bail_out("%s: no map", scheme->name);
	crowd.injector.percent = percent;
	run_threads(THREADS, insert_own, &crowd);
	crowd.injector.percent = 0;
	for (unsigned t = 0; t < THREADS; t++) {
		inserted += crowd.inserted[t];
		refused += crowd.refused[t];
	}
	ok(!crowd.faults.n && inserted == instar_size(crowd.world.map),
	   "%s, %u %% of requests refused: %d threads keep what they were told (%llu OK, %llu NOMEM)", scheme->name,
	   percent, THREADS, (unsigned long long)inserted, (unsigned long long)refused);
	ok(crowd.injector.refused > 0, "%s, %u %%: requests were refused", scheme->name, percent);
	ok(instar_map_check(crowd.world.map, stdout) == INSTAR_OK, "%s, %u %%: audit", scheme->name, percent);
	ok(world_close(&crowd.world) && balanced(&crowd.injector), "%s, %u %%: nothing leaked", scheme->name, percent);
}

static void keep(void *value, void *ctx)
{
	(void)value;
	(void)ctx;
}

/* A reference is for a section, also for a caller that can have no handle. */
static void reference_refused(const struct instar_scheme_info *scheme)
{
	struct instar_map_opts opts = INSTAR_MAP_OPTS_INIT;
	struct injector injector;
	struct world world;
	void *object = NULL;

	injector_init(&injector);
	opts.value_free = keep;
	if (!world_open(&world, scheme, &injector.opts, &opts))
		bail_out("%s: no map", scheme->name);
	injector_refuse(&injector, INJECT_ALL);
	ok(instar_get_ref(world.map, NULL, 1, &object) == INSTAR_MISUSE && !object && injector.refused,
	   "%s: no handle to be had, no section: no reference", scheme->name);
	injector_refuse(&injector, 0);
	ok(world_close(&world) && balanced(&injector), "%s: nothing leaked", scheme->name);
}

/* ---- callers that can have no handle ---- */

static bool keep_odd(uint64_t key, uint64_t value, void *ctx)
{
	(void)value;
	(void)ctx;
	return key % 2;
}

static struct {
	instar_thread *handle;
	void *before;
	size_t bytes;
	bool same;
} shared;

static void look_at_shared(unsigned step)
{
	(void)step;
	shared.same &= !memcmp(shared.before, shared.handle, shared.bytes);
}

static void watch_shared(bool watched)
{
	instar_step_hook = watched ? look_at_shared : NULL; /* amid the calls */
	if (!watched)
		look_at_shared(0);
}

/* They share one, and write nothing of it, by whatever call it comes into the map's. */
static void handle_refused(const struct instar_scheme_info *scheme)
{
	struct instar_deadline patience = { 5000000000u, NULL };
	struct injector injector;
	struct world world;
	instar_thread *thread;
	size_t removed = 0;
	bool found;

	injector_init(&injector);
	if (!world_open(&world, scheme, &injector.opts, NULL) || instar_thread_attach(world.domain, &thread))
		bail_out("%s: no map", scheme->name);
	for (uint64_t key = 0; key < 100; key++)
		instar_insert(world.map, thread, key, key, NULL);
	instar_thread_detach(thread);
	shared.handle = world.domain->shared;
	shared.bytes = world.domain->scheme->thread_size;
	shared.before = malloc(shared.bytes);
	shared.same = true;
	if (!shared.before)
		bail_out("no memory");
	memcpy(shared.before, shared.handle, shared.bytes);
	injector_refuse(&injector, INJECT_ALL);
	watch_shared(true);
	found = instar_contains(world.map, shared.handle, 1) && instar_contains(world.map, NULL, 1);
	ok(instar_retain(world.map, NULL, keep_odd, NULL, &removed) == INSTAR_OK && removed == 50 && found,
	   "%s: no handle to be had: all the same", scheme->name);
	watch_shared(false);
	injector_refuse(&injector, 0);
	if (instar_thread_attach(world.domain, &thread))
		bail_out("%s: no handle", scheme->name);
	ok(shared.same && instar_barrier_until(thread, &patience) == INSTAR_OK, "%s: the shared handle is as it was",
	   scheme->name);
	free(shared.before);
	ok(instar_thread_detach(thread) == INSTAR_OK && world_close(&world) && balanced(&injector),
	   "%s: nothing leaked", scheme->name);
}

struct reading {
	instar_map *map;
	bool fine;
};

static void job_read(struct actor *a, void *arg)
{
	struct reading *r = arg;

	for (uint64_t key = 0; key < 100; key++)
		r->fine &= instar_contains(r->map, a->self, key);
}

/* Not even the first one of a thread which the map does not know yet, in a table that readers take part in making. */
static void gets_ask_for_nothing(const struct instar_scheme_info *scheme)
{
	enum { HANDLES = FIRST_LINES + 1 };
	struct actor actor[HANDLES];
	struct injector injector;
	struct world world;
	struct reading r = { .fine = true };
	instar_snapshot *snapshot;
	uint64_t requests;

	injector_init(&injector);
	if (!world_open(&world, scheme, &injector.opts, NULL))
		bail_out("%s: no map", scheme->name);
	r.map = world.map;
	for (uint64_t key = 0; key < 100; key++)
		instar_insert(world.map, NULL, key, key, NULL);
	for (unsigned i = 0; i < HANDLES; i++)
		actor_start(&actor[i], world.domain);
	if (instar_snapshot_open(world.map, NULL, &snapshot))
		bail_out("%s: no snapshot", scheme->name);
	requests = injector.requests;
	actor_do(&actor[HANDLES - 1], job_read, &r);
	ok(r.fine && injector.requests == requests, "%s: gets under a snapshot ask for no memory (%llu times)",
	   scheme->name, (unsigned long long)(injector.requests - requests));
	instar_snapshot_close(snapshot, NULL);
	for (unsigned i = 0; i < HANDLES; i++)
		actor_stop(&actor[i]);
	ok(world_close(&world) && balanced(&injector), "%s: nothing leaked", scheme->name);
}

struct lines {
	instar_map *map;
	struct instar_thread next; /* whose line comes next */
	unsigned others;           /* met in its place */
};

static void compare_line(struct line *line, void *ctx)
{
	struct lines *lines = ctx;

	lines->others += map_line(lines->map, &lines->next) != line;
	lines->next.index++;
}

/* A thread's line comes with all before it, so that their number bounds that of the threads. */
static void lines_leave_no_gap(const struct instar_scheme_info *scheme)
{
	struct instar_thread late = { .index = 40 * FIRST_LINES };
	struct lines lines = { .others = 0 };
	struct injector injector;
	struct world world;
	struct line *line;

	injector_init(&injector);
	if (!world_open(&world, scheme, &injector.opts, NULL))
		bail_out("%s: no map", scheme->name);
	injector_refuse(&injector, 1);
	line = map_line(world.map, &late);
	ok(line == &world.map->lines[0][0] && map_line(world.map, &late) != line &&
	   map_threads(world.map) == 63 * FIRST_LINES, "%s: there are as many lines as the last one's number says",
	   scheme->name);
	lines.map = world.map;
	map_each_line(world.map, compare_line, &lines);
	ok(!lines.others && lines.next.index == 63 * FIRST_LINES, "%s: and each number has one of its own",
	   scheme->name);
	ok(world_close(&world) && balanced(&injector), "%s: nothing leaked", scheme->name);
}

static void run(const struct instar_scheme_info *scheme, void *arg)
{
	uint64_t seed = *(uint64_t *)arg;

	reference_refused(scheme);
	handle_refused(scheme);
	gets_ask_for_nothing(scheme);
	lines_leave_no_gap(scheme);
	for (unsigned round = 0; round < test_scale(); round++) {
		every_nth(scheme, seed + round, 1);
		every_nth(scheme, seed + round, INJECT_ALL);
		growth_refused(scheme);
		crowd_refused(scheme, 50);
		crowd_refused(scheme, 97);
	}
}

int main(void)
{
	uint64_t seed = test_seed();

	each_scheme(run, &seed);
	return done_testing();
}
