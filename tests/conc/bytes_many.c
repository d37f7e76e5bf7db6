/*
 * tests/conc/bytes_many.c - batches of byte-string keys: each element answers as the call alone would, whatever else is
 * in the batch; together they lose nothing; and without memory every status is true.
 */
#include "tests/support/bytes.h"
#include "tests/support/injector.h"
#include "tests/support/rng.h"
#include "tests/support/sanitizer.h"
#include "tests/support/tap.h"
#include "tests/support/threads.h"
#include "tests/support/world.h"

enum { KEYS = 200, LONGEST = 700, BATCHES = TEST_WORK(400) };

struct keys {
	unsigned char bytes[LONGEST][BYTES_KEY_MAX];
	const void *key[LONGEST];
	size_t length[LONGEST];
	uint64_t number[LONGEST], value[LONGEST];
};

/* Any numbers below KEYS, often the same ones again. */
static void draw_keys(struct keys *keys, size_t n, struct rng *rng)
{
	for (size_t i = 0; i < n; i++) {
		keys->number[i] = i && rng_below(rng, 4) == 0 ? keys->number[i - 1] : rng_below(rng, KEYS);
		keys->length[i] = bytes_key(keys->bytes[i], keys->number[i]);
		keys->key[i] = keys->bytes[i];
		keys->value[i] = rng_below(rng, 1000);
	}
}

/* What a batch answered, or calls one by one. */
struct answers {
	enum instar_status status[LONGEST];
	uint64_t out[LONGEST];
	uint8_t found[LONGEST];
	size_t good;
};

enum verb { GET, INSERT, PUT, REMOVE, FETCH_ADD, VERBS };

/* One by one.  Only what is specified is filled in. */
static void call_each(enum verb verb, instar_bmap *map, const struct keys *k, size_t n, struct answers *a)
{
	for (size_t i = 0; i < n; i++) {
		enum instar_status *s = &a->status[i];

		switch (verb) {
		case GET:
			*s = instar_bmap_get(map, NULL, k->key[i], k->length[i], &a->out[i]);
			a->found[i] = *s == INSTAR_OK;
			break;
		case INSERT:
			*s = instar_bmap_insert(map, NULL, k->key[i], k->length[i], k->value[i], NULL);
			break;
		case PUT:
			*s = instar_bmap_put(map, NULL, k->key[i], k->length[i], k->value[i], NULL);
			break;
		case REMOVE:
			*s = instar_bmap_remove(map, NULL, k->key[i], k->length[i], &a->out[i]);
			break;
		default:
			*s = instar_bmap_fetch_add(map, NULL, k->key[i], k->length[i], k->value[i], 7, &a->out[i]);
		}
		a->good += *s == INSTAR_OK || ((verb == PUT || verb == FETCH_ADD) && *s == INSTAR_EXISTS);
	}
}

/* bare: nothing but the number is wanted. */
static void call_many(enum verb verb, instar_bmap *map, instar_thread *t, const struct keys *k, size_t n,
		      struct answers *a, bool bare)
{
	enum instar_status *status = bare ? NULL : a->status;
	uint64_t *out = bare ? NULL : a->out;

	switch (verb) {
	case GET:
		a->good = instar_bmap_get_many(map, t, k->key, k->length, n, out, bare ? NULL : a->found);
		for (size_t i = 0; i < n; i++)
			a->status[i] = a->found[i] ? INSTAR_OK : INSTAR_NOTFOUND;
		break;
	case INSERT:
		a->good = instar_bmap_insert_many(map, t, k->key, k->length, k->value, n, status);
		break;
	case PUT:
		a->good = instar_bmap_put_many(map, t, k->key, k->length, k->value, n, status);
		break;
	case REMOVE:
		a->good = instar_bmap_remove_many(map, t, k->key, k->length, n, out, status);
		break;
	default:
		a->good = instar_bmap_fetch_add_many(map, t, k->key, k->length, k->value, n, 7, out, status);
	}
}

static bool same(enum verb verb, const struct answers *a, const struct answers *b, size_t n)
{
	for (size_t i = 0; i < n; i++) {
		bool shown = verb == FETCH_ADD || ((verb == GET || verb == REMOVE) && a->status[i] == INSTAR_OK);

		if (a->status[i] != b->status[i] || (shown && a->out[i] != b->out[i]) ||
		    (verb == GET && a->found[i] != b->found[i]))
			return false;
	}
	return a->good == b->good;
}

/* Whether both maps hold the same. */
static bool same_maps(instar_bmap *a, instar_bmap *b)
{
	unsigned char key[BYTES_KEY_MAX];
	bool fine = instar_bmap_size(a) == instar_bmap_size(b);

	for (uint64_t i = 0; i < KEYS; i++) {
		size_t length = bytes_key(key, i);
		uint64_t u = 0, v = 0;

		fine = fine && instar_bmap_get(a, NULL, key, length, &u) == instar_bmap_get(b, NULL, key, length, &v) &&
		       u == v;
	}
	return fine;
}

static void as_one_by_one(const struct instar_scheme_info *scheme, instar_bmap_hash_fn *hash, uint64_t seed)
{
	static struct keys keys;
	static struct answers alone, many;
	struct rng rng = rng_stream(seed, 0);
	instar_domain *domain;
	instar_bmap *map, *twin;
	bool fine = true;

	if (instar_domain_create(&domain, scheme->name, NULL))
		bail_out("%s: no domain", scheme->name);
	map = bytes_map(domain, hash, NULL);
	twin = bytes_map(domain, hash, NULL);
	for (unsigned batch = 0; batch < BATCHES && fine; batch++) {
		enum verb verb = (enum verb)rng_below(&rng, VERBS);
		size_t n = rng_below(&rng, rng_below(&rng, 4) ? 40 : LONGEST + 1);
		bool bare = rng_below(&rng, 8) == 0;

		draw_keys(&keys, n, &rng);
		memset(&alone, 0, sizeof alone);
		memset(&many, 0, sizeof many);
		call_each(verb, twin, &keys, n, &alone);
		call_many(verb, map, NULL, &keys, n, &many, bare);
		fine = (bare ? alone.good == many.good : same(verb, &alone, &many, n)) && same_maps(map, twin);
		if (!fine)
			diag("verb %u of %zu keys", verb, n);
	}
	ok(fine, "%s: each answers as it would alone", scheme->name);
	ok(instar_bmap_destroy(map) == INSTAR_OK && instar_bmap_destroy(twin) == INSTAR_OK &&
	   instar_domain_destroy(domain) == INSTAR_OK, "%s: close", scheme->name);
}

static void value_stays(void *value, void *ctx)
{
	(void)value;
	(void)ctx;
}

/* Two keys, of which the first is none. */
static void edges(const char *scheme, instar_domain *domain, instar_thread *stranger)
{
	struct instar_bmap_opts opts = INSTAR_BMAP_OPTS_INIT;
	instar_bmap *map = bytes_map(domain, bytes_mixed, NULL), *boxed;
	const void *keys[2] = { NULL, "x" };
	const size_t lengths[2] = { 1, 1 };
	uint64_t values[2] = { 5, 6 }, out[2] = { 0, 0 };
	uint8_t found[2] = { 9, 9 };
	enum instar_status s[2] = { INSTAR_OK, INSTAR_OK };

	opts.value_free = value_stays;
	boxed = bytes_map(domain, bytes_mixed, &opts);
	ok(instar_bmap_insert_many(map, NULL, keys, lengths, values, 2, s) == 1 && s[0] == INSTAR_INVAL &&
	   s[1] == INSTAR_OK && instar_bmap_size(map) == 1, "%s: a key that is none is INVAL, the others go on", scheme);
	ok(instar_bmap_get_many(map, NULL, keys, lengths, 2, out, found) == 1 && !found[0] && found[1] == 1 && out[1] == 6,
	   "%s: and not found", scheme);
	s[1] = INSTAR_OK;
	ok(instar_bmap_insert_many(map, NULL, keys, lengths, NULL, 2, s) == 0 && s[1] == INSTAR_INVAL,
	   "%s: no values: all INVAL", scheme);
	s[1] = INSTAR_OK;
	ok(instar_bmap_put_many(map, stranger, keys, lengths, values, 2, s) == 0 && s[1] == INSTAR_INVAL &&
	   instar_bmap_get_many(map, stranger, keys, lengths, 2, NULL, found) == 0 && !found[1],
	   "%s: a handle of another domain: the same", scheme);
	s[1] = INSTAR_OK;
	ok(instar_bmap_fetch_add_many(boxed, NULL, keys, lengths, values, 2, 0, NULL, s) == 0 && s[1] == INSTAR_INVAL &&
	   !instar_bmap_size(boxed), "%s: fetch_add of boxed values: the same", scheme);
	s[1] = INSTAR_OK;
	ok(instar_bmap_remove_many(NULL, NULL, keys, lengths, 2, NULL, s) == 0 && s[1] == INSTAR_INVAL &&
	   instar_bmap_remove_many(map, NULL, NULL, lengths, 2, NULL, NULL) == 0 &&
	   instar_bmap_remove_many(map, NULL, keys, NULL, 2, NULL, NULL) == 0 &&
	   instar_bmap_remove_many(map, NULL, NULL, NULL, 0, NULL, NULL) == 0 && instar_bmap_size(map) == 1,
	   "%s: no map, no keys: the same", scheme);
	instar_bmap_prefetch(map, NULL, "x", 1);
	instar_bmap_prefetch(map, NULL, NULL, 1);
	instar_bmap_prefetch(NULL, NULL, "x", 1);
	ok(instar_bmap_get_h(map, NULL, instar_bmap_hash(map, "x", 1), "x", 1, out) == INSTAR_OK && *out == 6 &&
	   instar_bmap_insert_h(map, NULL, instar_bmap_hash(map, "x", 1), "x", 1, 3, out) == INSTAR_EXISTS && *out == 6 &&
	   instar_bmap_put_h(map, NULL, instar_bmap_hash(map, "x", 1), "x", 1, 8, out) == INSTAR_EXISTS && *out == 6 &&
	   instar_bmap_get(map, NULL, "x", 1, out) == INSTAR_OK && *out == 8 &&
	   instar_bmap_remove_h(map, NULL, instar_bmap_hash(map, "x", 1) + 1, "x", 1, out) == INSTAR_NOTFOUND &&
	   instar_bmap_remove_h(map, NULL, instar_bmap_hash(map, "x", 1), "x", 1, out) == INSTAR_OK && *out == 8,
	   "%s: by a hash computed before", scheme);
	ok(instar_bmap_get_h(map, stranger, 0, "x", 1, out) == INSTAR_INVAL &&
	   instar_bmap_insert_h(map, NULL, 0, NULL, 1, 3, out) == INSTAR_INVAL &&
	   instar_bmap_put_h(NULL, NULL, 0, "x", 1, 8, out) == INSTAR_INVAL &&
	   instar_bmap_remove_h(map, stranger, 0, "x", 1, out) == INSTAR_INVAL, "%s: that, INVAL", scheme);
	ok(instar_bmap_destroy(map) == INSTAR_OK && instar_bmap_destroy(boxed) == INSTAR_OK, "%s: destroy", scheme);
}

static void alone(const struct instar_scheme_info *scheme)
{
	instar_domain *domain, *other;
	instar_thread *stranger;

	if (instar_domain_create(&domain, scheme->name, NULL) || instar_domain_create(&other, "leak", NULL) ||
	    instar_thread_attach(other, &stranger))
		bail_out("%s: no domain", scheme->name);
	edges(scheme->name, domain, stranger);
	ok(instar_thread_detach(stranger) == INSTAR_OK && instar_domain_destroy(domain) == INSTAR_OK &&
	   instar_domain_destroy(other) == INSTAR_OK, "%s: close", scheme->name);
}

enum { PUTS = 8000 };

/* Of one key: each displaces a bundle.  Those of the first ones need not wait for the end of the batch. */
static void batch_frees_what_it_displaces(const struct instar_scheme_info *scheme)
{
	static const void *keys[PUTS];
	static size_t lengths[PUTS];
	static uint64_t values[PUTS];
	struct instar_reclaim_stats stats;
	instar_domain *domain;
	instar_bmap *map;

	if (strcmp(scheme->name, "ebr"))
		return; /* others free sooner or later */
	if (instar_domain_create(&domain, scheme->name, NULL))
		bail_out("%s: no domain", scheme->name);
	map = bytes_map(domain, bytes_mixed, NULL);
	instar_bmap_put_many(map, NULL, keys, lengths, values, PUTS, NULL);
	instar_domain_stats(domain, &stats);
	ok(stats.retired_objects >= PUTS - 1 && stats.freed_objects >= PUTS / 2,
	   "%s: of %llu bundles that a batch displaced %llu are freed when it ends", scheme->name,
	   (unsigned long long)stats.retired_objects, (unsigned long long)stats.freed_objects);
	ok(instar_bmap_destroy(map) == INSTAR_OK && instar_domain_destroy(domain) == INSTAR_OK, "%s: close",
	   scheme->name);
}

/* ---- without memory ---- */

/* Each allocation refused in turn: what is NOMEM did not happen, all else did. */
static void refused(const struct instar_scheme_info *scheme, enum verb verb, uint64_t seed)
{
	static struct keys keys;
	static struct answers many;
	struct rng rng = rng_stream(seed, verb);
	struct injector injector;
	bool fine = true, reached = true, seen = false;

	for (uint64_t nth = 1; fine && reached; nth++) {
		struct answers *a = &many;
		instar_domain *domain;
		instar_bmap *map;
		instar_thread *t;
		size_t before, good = 0, added = 0;

		injector_init(&injector);
		if (instar_domain_create(&domain, scheme->name, &injector.opts) || instar_thread_attach(domain, &t))
			bail_out("%s: no domain", scheme->name);
		map = bytes_map(domain, bytes_three_hashes, NULL);
		draw_keys(&keys, 60, &rng);
		call_many(PUT, map, t, &keys, 30, a, true);
		before = instar_bmap_size(map);
		injector.first = injector.requests + nth;
		injector.last = injector.first + 2;
		call_many(verb, map, t, &keys, 60, a, false);
		reached = injector.refused;
		for (size_t i = 0; i < 60; i++) {
			seen |= a->status[i] == INSTAR_NOMEM;
			good += a->status[i] == INSTAR_OK || (verb != INSERT && a->status[i] == INSTAR_EXISTS);
			added += a->status[i] == INSTAR_OK;
			fine = fine && (a->status[i] <= INSTAR_NOTFOUND || (a->status[i] == INSTAR_NOMEM && reached));
		}
		fine = fine && good == a->good && instar_bmap_check(map, stdout) == INSTAR_OK &&
		       instar_bmap_size(map) == (verb == REMOVE ? before - added : before + added);
		instar_bmap_destroy(map);
		instar_thread_detach(t);
		fine = fine && instar_domain_destroy(domain) == INSTAR_OK && !injector.live && !injector.mismatched;
	}
	ok(fine && seen, "%s: verb %u, each allocation refused in turn", scheme->name, verb);
}

/* ---- together ---- */

enum { THREADS = 4, COUNTERS = 50, ROUNDS = TEST_WORK(800), BATCH = 48 };

struct test {
	struct world world; /* for world_join, world_rest */
	instar_bmap *map;
	struct faults faults;
	uint64_t seed, added[THREADS];
};

/* Keys below COUNTERS are added to and never removed; the others come and go with values that tell them. */
static void one_batch(struct test *test, unsigned index, instar_thread *t, struct rng *rng, struct keys *k,
		      struct answers *a)
{
	size_t n = 1 + rng_below(rng, BATCH);
	enum verb verb = (enum verb)rng_below(rng, VERBS);

	draw_keys(k, n, rng);
	for (size_t i = 0; i < n; i++) {
		bool counts = verb == FETCH_ADD;

		k->number[i] = counts ? k->number[i] % COUNTERS : COUNTERS + k->number[i] % (KEYS - COUNTERS);
		k->length[i] = bytes_key(k->bytes[i], k->number[i]);
		k->value[i] = counts ? k->value[i] : k->number[i] + KEYS * k->value[i];
	}
	call_many(verb, test->map, t, k, n, a, false);
	for (size_t i = 0; i < n; i++) {
		if (a->status[i] > INSTAR_NOTFOUND)
			fault(&test->faults, "verb %u: %s", verb, instar_status_name(a->status[i]));
		if ((verb == GET || verb == REMOVE) && a->status[i] == INSTAR_OK && a->out[i] % KEYS != k->number[i])
			fault(&test->faults, "verb %u: a value of another key", verb);
		if (verb == FETCH_ADD)
			test->added[index] += k->value[i];
	}
}

static void work(unsigned index, void *arg)
{
	struct test *test = arg;
	struct rng rng = rng_stream(test->seed, index);
	struct keys *keys = calloc(1, sizeof *keys);
	struct answers *answers = calloc(1, sizeof *answers);
	instar_thread *t = world_join(&test->world, index);

	for (unsigned n = 0; keys && answers && n < ROUNDS; n++) {
		one_batch(test, index, t, &rng, keys, answers);
		if (n % 64 == 0 && instar_bmap_shrink(test->map, t) != INSTAR_OK)
			fault(&test->faults, "shrink");
		if (n % 8 == 0)
			world_rest(&test->world, t);
	}
	world_part(t);
	free(keys);
	free(answers);
}

static void together(const struct instar_scheme_info *scheme, instar_bmap_hash_fn *hash, const char *what, uint64_t seed)
{
	struct test test = { .world = { scheme, NULL, NULL }, .seed = seed };
	unsigned char key[BYTES_KEY_MAX];
	uint64_t sum = 0, added = 0;

	if (instar_domain_create(&test.world.domain, scheme->name, NULL))
		bail_out("%s: no domain", scheme->name);
	test.map = bytes_map(test.world.domain, hash, NULL);
	for (uint64_t i = 0; i < COUNTERS; i++) /* fetch_add_many begins at 7, this not */
		instar_bmap_put(test.map, NULL, key, bytes_key(key, i), 0, NULL);
	run_threads(THREADS, work, &test);
	for (uint64_t i = 0; i < COUNTERS; i++) {
		uint64_t value = 0;

		instar_bmap_get(test.map, NULL, key, bytes_key(key, i), &value);
		sum += value;
	}
	for (unsigned i = 0; i < THREADS; i++)
		added += test.added[i];
	ok(!test.faults.n && sum == added && added, "%s, %s: no addition is lost, no value is another's", scheme->name, what);
	ok(instar_bmap_check(test.map, stdout) == INSTAR_OK && instar_bmap_destroy(test.map) == INSTAR_OK &&
	   instar_domain_destroy(test.world.domain) == INSTAR_OK, "%s, %s: audit, close", scheme->name, what);
}

static void every(const struct instar_scheme_info *scheme, void *arg)
{
	uint64_t seed = *(uint64_t *)arg;

	if (!scheme->section_protects_all)
		return; /* tests/conc/bytes.c: refused */
	alone(scheme);
	batch_frees_what_it_displaces(scheme);
	for (int verb = INSERT; verb < VERBS; verb++)
		refused(scheme, (enum verb)verb, seed);
	for (unsigned round = 0; round < test_scale(); round++) {
		as_one_by_one(scheme, bytes_mixed, seed + round);
		as_one_by_one(scheme, bytes_few_hashes, seed + round);
		together(scheme, bytes_mixed, "many hashes", seed + round);
		together(scheme, bytes_few_hashes, "few hashes", seed + round);
	}
}

int main(void)
{
	uint64_t seed = test_seed();

	each_scheme(every, &seed);
	return done_testing();
}
