/*
 * tests/conc/bytes.c - byte-string keys: each thread owns some and sees exactly its own writes, by every call, with the
 * library's hash and with one under which all threads' keys meet in four bundles.
 *
 * One thread alone is the sequential test against a model; at rest a pass and the audit look at everything.
 */
#include "tests/support/injector.h"
#include "tests/support/rng.h"
#include "tests/support/sanitizer.h"
#include "tests/support/tap.h"
#include "tests/support/threads.h"
#include "tests/support/world.h"

enum { THREADS = 4, OWN_KEYS = 24, KEYS = THREADS * OWN_KEYS, CALLS = TEST_WORK(15000), KEY_BYTES = 320, UNTOUCHED = 777 };

struct cell {
	bool present;
	uint64_t value;
};

struct test {
	instar_bmap *map;
	instar_domain *domain;
	struct world world; /* for world_rest */
	struct faults faults;
	uint64_t seed;
	struct cell cells[KEYS]; /* what the owners know */
};

static const char counter[] = "the counter that all add to";

/* Keys that begin like each other: i zero bytes; and longer ones that differ at the end. */
static size_t key_make(unsigned char *key, uint64_t i)
{
	size_t length = i < 32 ? i : i % 3 == 0 ? 16 : i % 3 == 1 ? 9 : KEY_BYTES;

	memset(key, 0, KEY_BYTES);
	if (i >= 32)
		memcpy(key + length - sizeof i, &i, sizeof i);
	return length;
}

static uint64_t four_hashes(const void *key, size_t length, uint64_t seed, void *ctx)
{
	const unsigned char *byte = key;
	uint64_t sum = length;

	(void)seed;
	for (size_t i = 0; i < length; i++)
		sum += byte[i];
	__atomic_fetch_add((unsigned *)ctx, 1, __ATOMIC_RELAXED); /* the options' hash_ctx came */
	return sum % 4;
}

struct asked {
	enum instar_action action;
	uint64_t store;
	struct cell shown;
};

static enum instar_action answer(const void *key, size_t length, bool present, uint64_t *value, void *ctx)
{
	struct asked *asked = ctx;

	(void)key;
	(void)length;
	asked->shown = (struct cell){ present, *value };
	if (asked->action == INSTAR_STORE)
		*value = asked->store;
	return asked->action;
}

typedef enum instar_status fetch_call(instar_bmap *, instar_thread *, const void *, size_t, uint64_t, uint64_t,
				      uint64_t *);
static fetch_call *const fetch_calls[] = { instar_bmap_fetch_add, instar_bmap_fetch_sub, instar_bmap_fetch_and,
					   instar_bmap_fetch_or,  instar_bmap_fetch_xor, instar_bmap_fetch_min,
					   instar_bmap_fetch_max };

static uint64_t fetched(unsigned which, uint64_t a, uint64_t b)
{
	const uint64_t results[] = { a + b, a - b, a & b, a | b, a ^ b, a < b ? a : b, a > b ? a : b };

	return results[which];
}

/* What a call answered, or should have. */
struct result {
	enum instar_status status;
	uint64_t out;
};

static struct result result_if(bool condition, enum instar_status yes, uint64_t out, enum instar_status no)
{
	return condition ? (struct result){ yes, out } : (struct result){ no, UNTOUCHED };
}

static void try_fetch(struct test *test, instar_thread *t, struct rng *rng, const unsigned char *key, size_t n,
		      struct cell *cell, struct result *got, struct result *want)
{
	unsigned which = (unsigned)rng_below(rng, 7);
	uint64_t operand = rng_below(rng, 8), initial = rng_below(rng, 8);
	uint64_t before = cell->present ? cell->value : initial;

	got->status = fetch_calls[which](test->map, t, key, n, operand, initial, &got->out);
	*want = (struct result){ cell->present ? INSTAR_EXISTS : INSTAR_OK, before };
	*cell = (struct cell){ true, fetched(which, before, operand) };
}

static void try_compute(struct test *test, instar_thread *t, struct rng *rng, const unsigned char *key, size_t n,
			struct cell *cell, struct result *got, struct result *want)
{
	struct asked asked = { (enum instar_action)rng_below(rng, 3), rng_below(rng, 8), { false, 0 } };

	got->status = instar_bmap_compute(test->map, t, key, n, answer, &asked);
	*want = result_if(cell->present || asked.action == INSTAR_STORE, INSTAR_OK, UNTOUCHED, INSTAR_NOTFOUND);
	if (asked.shown.present != cell->present || asked.shown.value != (cell->present ? cell->value : 0))
		fault(&test->faults, "compute was shown another value");
	if (asked.action != INSTAR_KEEP)
		*cell = (struct cell){ asked.action == INSTAR_STORE,
				       asked.action == INSTAR_STORE ? asked.store : 0 };
}

static void try_conditional(struct test *test, instar_thread *t, struct rng *rng, const unsigned char *key, size_t n,
			    struct cell *cell, struct result *got, struct result *want)
{
	uint64_t guess = cell->present && rng_below(rng, 2) ? cell->value : rng_below(rng, 8), v = rng_below(rng, 8);
	bool equal = cell->present && cell->value == guess;

	want->status = !cell->present ? INSTAR_NOTFOUND : equal ? INSTAR_OK : INSTAR_CHANGED;
	if (rng_below(rng, 2)) {
		got->out = guess;
		got->status = instar_bmap_cas(test->map, t, key, n, &got->out, v);
		want->out = want->status == INSTAR_CHANGED ? cell->value : guess;
		if (equal)
			cell->value = v;
	} else {
		got->status = instar_bmap_remove_if(test->map, t, key, n, guess);
		if (equal)
			cell->present = false;
	}
}

static void try_plain(struct test *test, instar_thread *t, struct rng *rng, const unsigned char *key, size_t n,
		      struct cell *cell, struct result *got, struct result *want)
{
	struct cell was = *cell, stored = { true, rng_below(rng, 8) };

	switch (rng_below(rng, 6)) {
	case 0:
		got->status = instar_bmap_get(test->map, t, key, n, &got->out);
		*want = result_if(was.present, INSTAR_OK, was.value, INSTAR_NOTFOUND);
		break;
	case 1:
		got->status = instar_bmap_insert(test->map, t, key, n, stored.value, &got->out);
		*want = result_if(was.present, INSTAR_EXISTS, was.value, INSTAR_OK);
		*cell = was.present ? was : stored;
		break;
	case 2:
		got->status = instar_bmap_put(test->map, t, key, n, stored.value, &got->out);
		*want = result_if(was.present, INSTAR_EXISTS, was.value, INSTAR_OK);
		*cell = stored;
		break;
	case 3:
		got->status = instar_bmap_replace(test->map, t, key, n, stored.value, &got->out);
		*want = result_if(was.present, INSTAR_OK, was.value, INSTAR_NOTFOUND);
		*cell = was.present ? stored : was;
		break;
	case 4:
		got->status = instar_bmap_get_or_insert(test->map, t, key, n, stored.value, &got->out);
		*cell = was.present ? was : stored;
		*want = (struct result){ was.present ? INSTAR_EXISTS : INSTAR_OK, cell->value };
		break;
	default:
		got->status = instar_bmap_remove(test->map, t, key, n, &got->out);
		*want = result_if(was.present, INSTAR_OK, was.value, INSTAR_NOTFOUND);
		cell->present = false;
	}
}

static void one_call(struct test *test, instar_thread *t, struct rng *rng, uint64_t i)
{
	struct result got = { INSTAR_OK, UNTOUCHED }, want = got;
	unsigned char key[KEY_BYTES];
	size_t n = key_make(key, i);
	struct cell *cell = &test->cells[i];
	unsigned kind = (unsigned)rng_below(rng, 8);

	if (kind == 0)
		try_fetch(test, t, rng, key, n, cell, &got, &want);
	else if (kind == 1)
		try_compute(test, t, rng, key, n, cell, &got, &want);
	else if (kind < 4)
		try_conditional(test, t, rng, key, n, cell, &got, &want);
	else
		try_plain(test, t, rng, key, n, cell, &got, &want);
	if (got.status != want.status || got.out != want.out)
		fault(&test->faults, "key %llu, kind %u: %s %llu, expected %s %llu", (unsigned long long)i, kind,
		      instar_status_name(got.status), (unsigned long long)got.out, instar_status_name(want.status),
		      (unsigned long long)want.out);
	if (instar_bmap_contains(test->map, t, key, n) != cell->present)
		fault(&test->faults, "key %llu, kind %u: contains is wrong", (unsigned long long)i, kind);
}

static void own(unsigned index, void *arg)
{
	struct test *test = arg;
	struct rng rng = rng_stream(test->seed, index);
	instar_thread *t = world_join(&test->world, index);

	for (unsigned n = 0; n < CALLS; n++) {
		one_call(test, t, &rng, rng_below(&rng, OWN_KEYS) * THREADS + index);
		if (n % 8 == 0)
			instar_bmap_fetch_add(test->map, t, counter, sizeof counter, 1, 0, NULL);
		if (n % 64 == 0)
			world_rest(&test->world, t);
	}
	world_part(t);
}

struct met {
	struct test *test;
	size_t n;
	bool seen[KEYS];
};

static bool meet(const void *key, size_t length, uint64_t value, void *ctx)
{
	struct met *met = ctx;
	unsigned char other[KEY_BYTES];

	met->n++;
	if (length == sizeof counter && !memcmp(key, counter, length))
		return true;
	for (uint64_t i = 0; i < KEYS; i++)
		if (key_make(other, i) == length && !memcmp(other, key, length)) {
			if (met->seen[i] || !met->test->cells[i].present || met->test->cells[i].value != value)
				fault(&met->test->faults, "foreach: key %llu", (unsigned long long)i);
			met->seen[i] = true;
			return true;
		}
	fault(&met->test->faults, "foreach: a key that nobody gave");
	return true;
}

/* At rest: the map holds what the owners know, and the counter. */
static void compare(struct test *test, unsigned threads, const char *what)
{
	struct met met = { .test = test };
	struct instar_map_stats stats;
	size_t present = 1;
	uint64_t sum = 0;

	for (unsigned i = 0; i < KEYS; i++)
		present += test->cells[i].present;
	instar_bmap_get(test->map, NULL, counter, sizeof counter, &sum);
	ok(sum == threads * ((CALLS + 7ull) / 8), "%s: no addition was lost", what);
	ok(instar_bmap_foreach(test->map, NULL, meet, &met, NULL) == INSTAR_OK && met.n == present &&
		   instar_bmap_size(test->map) == present,
	   "%s: %zu keys by foreach, %zu by size, %zu", what, met.n, instar_bmap_size(test->map), present);
	instar_bmap_stats(test->map, &stats);
	ok(stats.entries == present && instar_bmap_check(test->map, stdout) == INSTAR_OK, "%s: audit", what);
	ok(instar_bmap_clear(test->map, NULL) == INSTAR_OK && instar_bmap_size(test->map) == 0 &&
		   !instar_bmap_contains(test->map, NULL, counter, sizeof counter),
	   "%s: nothing after clear", what);
}

static void run(const struct instar_scheme_info *scheme, instar_bmap_hash_fn *hash, unsigned threads, uint64_t seed)
{
	struct instar_bmap_opts opts = INSTAR_BMAP_OPTS_INIT;
	struct test *test = calloc(1, sizeof *test);
	unsigned hashed = 0;
	char what[80];

	snprintf(what, sizeof what, "%s, %s, %u threads", scheme->name, hash ? "four hashes" : "XXH3", threads);
	opts.hash = hash;
	opts.flags = hash ? 0 : INSTAR_MAP_MISS_FILTER;
	opts.hash_ctx = &hashed;
	if (!test || instar_domain_create(&test->domain, scheme->name, NULL) != INSTAR_OK ||
	    instar_bmap_create(&test->map, test->domain, &opts) != INSTAR_OK)
		bail_out("%s: no map", what);
	test->seed = seed;
	test->world = (struct world){ scheme, test->domain, NULL };
	run_threads(threads, own, test);
	compare(test, threads, what);
	ok(!test->faults.n, "%s: each owner saw exactly its own writes", what);
	ok(instar_bmap_destroy(test->map) == INSTAR_OK && instar_domain_destroy(test->domain) == INSTAR_OK,
	   "%s: map and domain go without complaint", what);
	free(test);
}

static bool have_xxhash(void)
{
	instar_bmap *map;
	enum instar_status status = instar_bmap_create(&map, NULL, NULL);

	instar_bmap_destroy(map);
	return status == INSTAR_OK;
}

static void refuse(const struct instar_scheme_info *scheme)
{
	struct instar_bmap_opts opts = INSTAR_BMAP_OPTS_INIT;
	instar_domain *domain;
	instar_bmap *map = (instar_bmap *)&opts;
	unsigned hashed = 0;

	opts.hash = four_hashes;
	opts.hash_ctx = &hashed;
	if (instar_domain_create(&domain, scheme->name, NULL) != INSTAR_OK)
		bail_out("%s: no domain", scheme->name);
	ok(instar_bmap_create(&map, domain, &opts) == INSTAR_UNSUPPORTED && !map,
	   "%s keeps only references taken: refused", scheme->name);
	ok(instar_domain_destroy(domain) == INSTAR_OK, "%s: nothing stays attached", scheme->name);
}

static void every(const struct instar_scheme_info *scheme, void *seed)
{
	if (!scheme->section_protects_all) {
		refuse(scheme);
		return;
	}
	for (unsigned round = 0; round < test_scale(); round++)
		for (unsigned threads = 1; threads <= THREADS; threads += THREADS - 1) {
			run(scheme, four_hashes, threads, *(uint64_t *)seed + round);
			if (have_xxhash())
				run(scheme, NULL, threads, *(uint64_t *)seed + round);
		}
}

static uint64_t note_seed(const void *key, size_t length, uint64_t seed, void *ctx)
{
	(void)key;
	(void)length;
	*(uint64_t *)ctx = seed;
	return seed;
}

static uint64_t seed_told(uint64_t seed)
{
	struct instar_bmap_opts opts = INSTAR_BMAP_OPTS_INIT;
	instar_bmap *map;
	uint64_t told = 0;

	opts.hash = note_seed;
	opts.hash_ctx = &told;
	opts.seed[0] = seed;
	opts.seed[1] = 1;
	if (instar_bmap_create(&map, NULL, &opts) != INSTAR_OK)
		bail_out("no map");
	instar_bmap_get(map, NULL, "x", 1, NULL);
	instar_bmap_destroy(map);
	return told;
}

/* Another seed, another hash: else whoever chooses keys chooses those that meet. */
static void seeds(void)
{
	uint64_t one = seed_told(1), two = seed_told(2);

	ok(one && two && one != two && seed_told(1) == one, "the map's seed reaches the hash");
}

/* The domain, once it could have been destroyed within a call. */
struct watched {
	struct injector injector;
	void (*free)(void *memory, size_t size, size_t alignment, void *ctx);
	instar_domain *domain; /* NULL: not now */
	bool gone;
};

static struct watched watched;

static void free_watched(void *memory, size_t size, size_t alignment, void *ctx)
{
	watched.free(memory, size, alignment, ctx);
	if (!watched.domain || watched.gone)
		return;
	instar_domain *domain = watched.domain;
	watched.domain = NULL; /* its own frees are none of ours */
	watched.gone = instar_domain_destroy(domain) == INSTAR_OK;
	watched.domain = domain;
}

/* Somebody else destroys the domain as soon as it can be. */
static void destroy_is_last(void)
{
	struct instar_bmap_opts opts = INSTAR_BMAP_OPTS_INIT;
	instar_domain *domain;
	instar_bmap *map;
	uint64_t told;

	injector_init(&watched.injector);
	watched.free = watched.injector.allocator.free;
	watched.injector.allocator.free = free_watched;
	opts.hash = note_seed;
	opts.hash_ctx = &told;
	if (instar_domain_create(&domain, "ebr", &watched.injector.opts) || instar_bmap_create(&map, domain, &opts))
		bail_out("no map");
	watched.domain = domain;
	instar_bmap_destroy(map);
	watched.domain = NULL;
	ok(!watched.gone && instar_domain_destroy(domain) == INSTAR_OK && !watched.injector.live,
	   "the domain can go when the destruction of its last map is over, not before");
}

static enum instar_action no_action(const void *key, size_t length, bool present, uint64_t *value, void *ctx)
{
	(void)key, (void)length, (void)present, (void)value, (void)ctx;
	return (enum instar_action)7;
}

/* Options and statistics are those of the map of bundles within; and where that is refused, nothing stays. */
static void map_within(void)
{
	static const char key[KEY_BYTES];
	struct instar_bmap_opts opts = INSTAR_BMAP_OPTS_INIT;
	struct instar_map_stats stats;
	struct instar_reclaim_stats garbage;
	struct injector injector;
	instar_domain *domain;
	instar_thread *thread;
	instar_bmap *map;
	uint64_t told;

	injector_init(&injector);
	opts.hash = note_seed;
	opts.hash_ctx = &told;
	opts.capacity = 50000;
	opts.flags = 1u << 31;
	if (instar_domain_create(&domain, NULL, &injector.opts) || instar_thread_attach(domain, &thread))
		bail_out("no domain");
	ok(instar_bmap_create(&map, domain, &opts) == INSTAR_INVAL && !map, "a flag that is none: INVAL");
	opts.flags = 0;
	if (instar_bmap_create(&map, domain, &opts))
		bail_out("no map");
	instar_bmap_stats(map, &stats);
	ok(stats.slots >= opts.capacity, "room for %zu keys: %llu slots", opts.capacity,
	   (unsigned long long)stats.slots);
	instar_enter(thread);
	instar_bmap_put(map, thread, key, sizeof key, 1, NULL);
	instar_bmap_put(map, thread, key, sizeof key, 2, NULL); /* what it displaces stays while the section lasts */
	instar_domain_stats(domain, &garbage);
	instar_leave(thread);
	ok(garbage.pending_objects == 1 && garbage.pending_bytes >= sizeof key,
	   "the statistics know what a bundle weighs (%llu bytes)", (unsigned long long)garbage.pending_bytes);
	ok(instar_bmap_destroy(map) == INSTAR_OK && instar_thread_detach(thread) == INSTAR_OK &&
	   instar_domain_destroy(domain) == INSTAR_OK && !injector.live, "nothing is left");
}

static void edges(void)
{
	struct instar_bmap_opts opts = INSTAR_BMAP_OPTS_INIT;
	instar_bmap *map;
	uint64_t value = 0;
	unsigned hashed = 0;

	opts.hash = four_hashes;
	opts.hash_ctx = &hashed;
	if (instar_bmap_create(&map, NULL, &opts) != INSTAR_OK)
		bail_out("no map");
	ok(instar_bmap_put(map, NULL, NULL, 0, 5, NULL) == INSTAR_OK && instar_bmap_get(map, NULL, "", 0, &value) == 0 &&
		   value == 5,
	   "the empty key, with and without an address");
	ok(instar_bmap_get(map, NULL, NULL, 1, NULL) == INSTAR_INVAL, "no address: INVAL");
	ok(instar_bmap_get(map, NULL, "x", (size_t)UINT32_MAX + 1, NULL) == INSTAR_INVAL, "a key of 4 GiB: INVAL");
	ok(instar_bmap_take(map, NULL, "", 0, &value) == INSTAR_INVAL, "take of no boxed map: INVAL");
	ok(instar_bmap_compute(map, NULL, "", 0, no_action, NULL) == INSTAR_INVAL &&
		   instar_bmap_compute(map, NULL, "y", 1, no_action, NULL) == INSTAR_NOTFOUND && instar_bmap_size(map) == 1,
	   "compute by what is no action: INVAL, of an absent key NOTFOUND, and nothing changes");
	ok(hashed > 0, "the user's hash was asked");
	ok(instar_bmap_destroy(map) == INSTAR_OK && instar_bmap_destroy(NULL) == INSTAR_OK, "destroy, also of NULL");
	opts.struct_size = offsetof(struct instar_bmap_opts, reserved) - 1;
	ok(instar_bmap_create(&map, NULL, &opts) == INSTAR_INVAL && !map, "options that are too small: INVAL");
	opts.struct_size = sizeof opts;
	opts.reserved[7] = 1;
	ok(instar_bmap_create(&map, NULL, &opts) == INSTAR_INVAL && !map, "a reserved word is used: INVAL");
}

int main(void)
{
	uint64_t seed = test_seed();

	edges();
	seeds();
	destroy_is_last();
	map_within();
	each_scheme(every, &seed);
	return done_testing();
}
