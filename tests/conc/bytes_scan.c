/*
 * tests/conc/bytes_scan.c - going over the keys of a byte-key map: by cursor, foreach, retain, drain.
 *
 * While others write, grow and shrink the map: keys that stay are met exactly once by every pass, whatever is
 * written to them and to the keys of their hash; keys that come and go at most once; and what is met can be read.
 */
#include "tests/support/bytes.h"
#include "tests/support/injector.h"
#include "tests/support/rng.h"
#include "tests/support/sanitizer.h"
#include "tests/support/stir.h"
#include "tests/support/tap.h"
#include "tests/support/threads.h"
#include "tests/support/world.h"

enum { KEYS = 300, STAY = KEYS / 2, CAPACITY = 64, PARTS = 7, CHANGED = 20 };

/* ---- alone ---- */

struct count {
	unsigned met[KEYS];
	bool fine;
};

static void count_key(struct count *count, const void *key, size_t length, uint64_t value)
{
	uint64_t i = bytes_number(key, length, KEYS);

	count->fine = count->fine && i < KEYS && value % KEYS == i;
	if (i < KEYS)
		count->met[i]++;
}

/* From *cursor to last, by sections of one call each.  The last status. */
static enum instar_status scan(instar_bmap *map, instar_thread *t, uint64_t cursor, uint64_t last, size_t capacity,
			       struct count *count)
{
	struct instar_bmap_entry out[CAPACITY];
	enum instar_status status;
	size_t n;

	do {
		instar_enter(t);
		status = instar_bmap_scan_range(map, t, &cursor, last, out, capacity, &n);
		for (size_t i = 0; i < n; i++)
			count_key(count, out[i].key, out[i].length, out[i].value);
		instar_leave(t);
	} while (status == INSTAR_OK);
	count->fine = count->fine && (status != INSTAR_NOTFOUND || !cursor);
	return status;
}

static bool each_met(const struct count *count, unsigned times)
{
	for (unsigned i = 0; i < KEYS; i++)
		if (count->met[i] != times)
			return false;
	return count->fine;
}

static void fill(instar_bmap *map)
{
	unsigned char key[BYTES_KEY_MAX];

	for (uint64_t i = 0; i < KEYS; i++)
		if (instar_bmap_put(map, NULL, key, bytes_key(key, i), i, NULL) > INSTAR_EXISTS)
			bail_out("no memory");
}

static void statuses(const char *scheme, instar_bmap *map, instar_thread *t, instar_thread *stranger)
{
	struct instar_bmap_entry out[2];
	uint64_t cursor = 0;
	size_t n = 9;

	ok(instar_bmap_scan(map, t, &cursor, out, 2, &n) == INSTAR_MISUSE && !n, "%s: outside a section: MISUSE", scheme);
	instar_enter(t);
	ok(instar_bmap_scan(map, t, &cursor, out, 2, &n) == INSTAR_NOTFOUND && !n && !cursor,
	   "%s: an empty map: NOTFOUND", scheme);
	n = 9;
	ok(instar_bmap_scan(NULL, t, &cursor, out, 2, &n) == INSTAR_INVAL && !n &&
	   instar_bmap_scan(map, t, NULL, out, 2, &n) == INSTAR_INVAL &&
	   instar_bmap_scan(map, t, &cursor, NULL, 2, &n) == INSTAR_INVAL &&
	   instar_bmap_scan(map, t, &cursor, out, 0, &n) == INSTAR_INVAL &&
	   instar_bmap_scan(map, t, &cursor, out, 2, NULL) == INSTAR_INVAL &&
	   instar_bmap_scan(map, stranger, &cursor, out, 2, &n) == INSTAR_INVAL, "%s: scan, INVAL", scheme);
	cursor = 2;
	ok(instar_bmap_scan_range(map, t, &cursor, 1, out, 2, &n) == INSTAR_INVAL && cursor == 2,
	   "%s: behind the range: INVAL", scheme);
	instar_leave(t);
}

static void every_capacity(const char *scheme, instar_bmap *map, instar_thread *t)
{
	bool fine = true;

	for (size_t capacity = 1; capacity <= CAPACITY; capacity++) {
		struct count count = { .fine = true };

		fine = fine && scan(map, t, 0, UINT64_MAX, capacity, &count) == INSTAR_NOTFOUND && each_met(&count, 1);
	}
	ok(fine, "%s: any capacity meets each key once", scheme);
}

static void parts(const char *scheme, instar_bmap *map, instar_thread *t)
{
	struct count count = { .fine = true };
	bool fine = true;

	for (unsigned part = 0; part < PARTS; part++) {
		uint64_t first, last;

		instar_scan_part(part, PARTS, &first, &last);
		fine = fine && scan(map, t, first, last, 5, &count) == INSTAR_NOTFOUND;
	}
	ok(fine && each_met(&count, 1), "%s: the parts together meet each key once", scheme);
}

/* All keys in three bundles. */
static void crowded(const char *scheme, instar_domain *domain, instar_thread *t)
{
	struct instar_bmap_entry out[KEYS];
	struct count count = { .fine = true };
	instar_bmap *map = bytes_map(domain, bytes_three_hashes, NULL);
	uint64_t cursor = 0, before;
	enum instar_status status = INSTAR_FULL;
	size_t capacity = 1, n;

	fill(map);
	instar_enter(t);
	ok(instar_bmap_scan(map, t, &cursor, out, CAPACITY, &n) == INSTAR_FULL && !n, "%s: no room for a bundle: FULL",
	   scheme);
	while (status == INSTAR_FULL || status == INSTAR_OK) {
		before = cursor;
		status = instar_bmap_scan(map, t, &cursor, out, capacity, &n);
		if (status == INSTAR_FULL && (n || cursor < before))
			break;
		for (size_t i = 0; i < n; i++)
			count_key(&count, out[i].key, out[i].length, out[i].value);
		capacity = status == INSTAR_FULL ? capacity + 1 : 1;
	}
	instar_leave(t);
	ok(status == INSTAR_NOTFOUND && each_met(&count, 1), "%s: with room it goes on where it was", scheme);
	ok(instar_bmap_destroy(map) == INSTAR_OK, "%s: destroy", scheme);
}

/* ---- retain, drain ---- */

struct asking {
	instar_bmap *map;
	unsigned asked[KEYS], asks, stop_at;
	bool fine;
};

/* As in tests/conc/passes.c: keys of each kind: 0 stay; 1 go; 2 change under the question to a value that stays;
 * 3 are asked about, vanish and must not be counted. */
static bool keep(const void *key, size_t length, uint64_t value, void *ctx)
{
	struct asking *a = ctx;
	uint64_t i = bytes_number(key, length, KEYS);

	a->fine = a->fine && value % KEYS == i;
	a->asked[i]++;
	if (i % 4 == 0 || value >= KEYS)
		return true;
	if (i % 4 == 2)
		instar_bmap_put(a->map, NULL, key, length, i + KEYS, NULL);
	if (i % 4 == 3)
		instar_bmap_remove(a->map, NULL, key, length, NULL);
	return false;
}

static bool count_asked(const void *key, size_t length, uint64_t value, void *ctx)
{
	struct asking *a = ctx;
	uint64_t i = bytes_number(key, length, KEYS);

	a->fine = a->fine && value % KEYS == i && ++a->asked[i] == 1;
	return ++a->asks != a->stop_at;
}

/* Each time all values that are left grow by KEYS. */
static bool take_what_is_now(const void *key, size_t length, uint64_t value, void *ctx)
{
	struct asking *a = ctx;
	unsigned char other[BYTES_KEY_MAX];

	a->fine = a->fine && value == bytes_number(key, length, KEYS) + a->asks * (uint64_t)KEYS;
	a->asks++;
	for (uint64_t i = 0; i < CHANGED; i++)
		instar_bmap_replace(a->map, NULL, other, bytes_key(other, i), i + a->asks * (uint64_t)KEYS, NULL);
	return true;
}

static void retain_and_drain(const char *scheme, instar_bmap *map, const char *hash)
{
	struct asking a = { .map = map, .fine = true };
	unsigned char key[BYTES_KEY_MAX];
	uint64_t value;
	size_t removed = 9;
	bool fine = true;

	ok(instar_bmap_retain(map, NULL, keep, &a, &removed) == INSTAR_OK && removed == KEYS / 4 && a.fine,
	   "%s, %s: retain counts what it removed (%zu)", scheme, hash, removed);
	for (uint64_t i = 0; i < KEYS; i++) {
		enum instar_status status = instar_bmap_get(map, NULL, key, bytes_key(key, i), &value);

		fine = fine && a.asked[i] == (i % 4 == 2 ? 2 : 1) && status == (i % 2 ? INSTAR_NOTFOUND : INSTAR_OK) &&
		       (i % 2 || value == i + (i % 4 ? KEYS : 0));
	}
	ok(fine && instar_bmap_size(map) == KEYS / 2, "%s, %s: it removes what it asked about, no other value", scheme,
	   hash);
	a = (struct asking){ .fine = true, .stop_at = 3 };
	ok(instar_bmap_foreach(map, NULL, count_asked, &a, NULL) == INSTAR_STOPPED && a.asks == 3,
	   "%s, %s: foreach, STOPPED at once", scheme, hash);
	a = (struct asking){ .fine = true, .stop_at = 3 };
	ok(instar_bmap_drain(map, NULL, count_asked, &a) == INSTAR_STOPPED && a.asks == 3 &&
	   instar_bmap_size(map) == KEYS / 2 - 3, "%s, %s: drain, STOPPED: that one is removed", scheme, hash);
	a.stop_at = 0;
	ok(instar_bmap_drain(map, NULL, count_asked, &a) == INSTAR_OK && a.fine && a.asks == KEYS / 2 &&
	   !instar_bmap_size(map), "%s, %s: drain takes each key once, and leaves nothing", scheme, hash);
	a = (struct asking){ .map = map, .fine = true };
	for (uint64_t i = 0; i < CHANGED; i++)
		instar_bmap_insert(map, NULL, key, bytes_key(key, i), i, NULL);
	ok(instar_bmap_drain(map, NULL, take_what_is_now, &a) == INSTAR_OK && a.fine && a.asks == CHANGED &&
	   !instar_bmap_size(map), "%s, %s: it shows the value that it removes", scheme, hash);
	ok(instar_bmap_retain(map, NULL, NULL, &a, NULL) == INSTAR_INVAL &&
	   instar_bmap_drain(map, NULL, NULL, &a) == INSTAR_INVAL &&
	   instar_bmap_foreach(map, NULL, NULL, &a, NULL) == INSTAR_INVAL &&
	   instar_bmap_retain(NULL, NULL, keep, &a, NULL) == INSTAR_INVAL &&
	   instar_bmap_drain(NULL, NULL, count_asked, &a) == INSTAR_INVAL &&
	   instar_bmap_retain(map, NULL, keep, &a, NULL) == INSTAR_OK, "%s, %s: INVAL", scheme, hash);
}

static void retain_in_parts(const char *scheme, instar_bmap *map, const char *hash)
{
	enum { PART = 5 };
	struct asking a = { .map = map, .fine = true };
	enum instar_status status = INSTAR_OK;
	unsigned char key[BYTES_KEY_MAX];
	size_t removed, all = 0;
	uint64_t cursor = 0;

	for (uint64_t i = 0; i < KEYS; i++)
		instar_bmap_put(map, NULL, key, bytes_key(key, i), i, NULL);
	for (; status == INSTAR_OK; all += removed)
		status = instar_bmap_retain_some(map, NULL, keep, &a, &cursor, PART, &removed);
	for (uint64_t i = 0; i < KEYS; i++)
		a.fine = a.fine && a.asked[i] == (i % 4 == 2 ? 2 : 1);
	ok(status == INSTAR_NOTFOUND && !cursor && a.fine && all == KEYS / 4 && instar_bmap_size(map) == KEYS / 2,
	   "%s, %s: retain in parts: each key once (%zu)", scheme, hash, all);
	ok(instar_bmap_retain_some(map, NULL, NULL, &a, &cursor, 1, &removed) == INSTAR_INVAL && !removed &&
	   instar_bmap_retain_some(map, NULL, keep, &a, NULL, 1, NULL) == INSTAR_INVAL &&
	   instar_bmap_retain_some(NULL, NULL, keep, &a, &cursor, 1, NULL) == INSTAR_INVAL, "%s, %s: INVAL", scheme, hash);
}

static void alone(const struct instar_scheme_info *scheme)
{
	instar_domain *domain, *other;
	instar_thread *t, *stranger;
	instar_bmap *map;

	if (instar_domain_create(&domain, scheme->name, NULL) || instar_domain_create(&other, "leak", NULL) ||
	    instar_thread_attach(domain, &t) || instar_thread_attach(other, &stranger))
		bail_out("%s: no domain", scheme->name);
	map = bytes_map(domain, bytes_mixed, NULL);
	statuses(scheme->name, map, t, stranger);
	fill(map);
	every_capacity(scheme->name, map, t);
	parts(scheme->name, map, t);
	retain_and_drain(scheme->name, map, "many hashes");
	retain_in_parts(scheme->name, map, "many hashes");
	ok(instar_bmap_destroy(map) == INSTAR_OK, "%s: destroy", scheme->name);
	map = bytes_map(domain, bytes_three_hashes, NULL);
	fill(map);
	retain_and_drain(scheme->name, map, "three hashes");
	ok(instar_bmap_destroy(map) == INSTAR_OK, "%s: destroy", scheme->name);
	crowded(scheme->name, domain, t);
	ok(instar_thread_detach(t) == INSTAR_OK && instar_thread_detach(stranger) == INSTAR_OK &&
	   instar_domain_destroy(domain) == INSTAR_OK && instar_domain_destroy(other) == INSTAR_OK, "%s: close",
	   scheme->name);
}

/* ---- without memory ---- */

static bool keep_none(const void *key, size_t length, uint64_t value, void *ctx)
{
	(void)key;
	(void)length;
	(void)value;
	(void)ctx;
	return false;
}

/* Each allocation of retain and drain refused in turn: OK or NOMEM, the count is what is gone, and what is left can be
 * met. */
static void refused(const struct instar_scheme_info *scheme, bool drains)
{
	struct injector injector;
	struct instar_domain_opts *opts = &injector.opts;
	bool fine = true, reached = true, seen = false;

	for (uint64_t nth = 1; fine && reached; nth += scheme->process_wide ? 9 : 1) { /* liburcu takes 10 ms to end */
		struct asking a = { .fine = true };
		struct count count = { .fine = true };
		instar_domain *domain;
		instar_bmap *map;
		instar_thread *t;
		enum instar_status status;
		size_t removed = 0, left = 0;

		injector_init(&injector);
		if (instar_domain_create(&domain, scheme->name, opts) || instar_thread_attach(domain, &t))
			bail_out("%s: no domain", scheme->name);
		map = bytes_map(domain, bytes_three_hashes, NULL);
		fill(map);
		injector.first = injector.requests + nth;
		injector.last = injector.first + 1;
		if (drains)
			status = instar_bmap_drain(map, t, count_asked, &a);
		else
			status = instar_bmap_retain(map, t, keep_none, NULL, &removed);
		reached = injector.refused;
		seen |= status == INSTAR_NOMEM;
		fine = (status == INSTAR_OK || (reached && status == INSTAR_NOMEM)) &&
		       instar_bmap_size(map) == KEYS - (drains ? a.asks : removed) &&
		       (status == INSTAR_NOMEM || !instar_bmap_size(map)) && a.fine;
		for (size_t capacity = KEYS; capacity == KEYS; capacity++) {
			struct instar_bmap_entry out[KEYS];
			uint64_t cursor = 0;

			instar_enter(t);
			fine = fine && instar_bmap_scan(map, t, &cursor, out, capacity, &left) <= INSTAR_NOTFOUND;
			for (size_t i = 0; i < left; i++)
				count_key(&count, out[i].key, out[i].length, out[i].value);
			instar_leave(t);
		}
		fine = fine && left == instar_bmap_size(map) && count.fine && instar_bmap_check(map, stdout) == INSTAR_OK;
		instar_bmap_destroy(map);
		instar_thread_detach(t);
		fine = fine && instar_domain_destroy(domain) == INSTAR_OK && !injector.live && !injector.mismatched;
	}
	ok(fine && seen, "%s: %s, each allocation refused in turn", scheme->name, drains ? "drain" : "retain");
}

/* ---- while others write ---- */

enum { WRITERS = 2, SCANNERS = 2, CALLS = TEST_WORK(5000) };

struct test {
	struct world world; /* for world_join, world_rest */
	instar_bmap *map;
	struct faults faults;
	uint64_t seed;
	unsigned writing, passes; /* atomic */
};

/* Keys below STAY are put and changed, never removed. */
static void write_one(struct test *test, instar_thread *t, struct rng *rng)
{
	unsigned char key[BYTES_KEY_MAX];
	uint64_t i = rng_below(rng, KEYS), value = i + KEYS * rng_below(rng, 8);
	size_t length = bytes_key(key, i);
	enum instar_status status = INSTAR_OK;

	switch (rng_below(rng, 32)) {
	case 0:
		status = instar_bmap_reserve(test->map, t, rng_below(rng, 4000));
		break;
	case 1:
		status = instar_bmap_shrink(test->map, t);
		break;
	case 2:
		instar_bmap_maintain(test->map, t, 8);
		break;
	default:
		if (i < STAY || rng_below(rng, 2))
			status = instar_bmap_put(test->map, t, key, length, value, NULL);
		else
			instar_bmap_remove(test->map, t, key, length, NULL);
	}
	if (status > INSTAR_EXISTS)
		fault(&test->faults, "%s", instar_status_name(status));
}

static bool count_visit(const void *key, size_t length, uint64_t value, void *ctx)
{
	count_key(ctx, key, length, value);
	return true;
}

static void look_over(struct test *test, instar_thread *t, struct rng *rng)
{
	struct count count = { .fine = true };
	enum instar_status status;

	if (rng_below(rng, 3) == 0)
		status = instar_bmap_foreach(test->map, t, count_visit, &count, NULL);
	else
		status = scan(test->map, t, 0, UINT64_MAX, CAPACITY, &count);
	if (status > INSTAR_NOTFOUND || !count.fine)
		fault(&test->faults, "a pass: %s, %s", instar_status_name(status), count.fine ? "fine" : "bad keys");
	for (unsigned i = 0; i < KEYS; i++)
		if (count.met[i] > 1 || (i < STAY && count.met[i] != 1))
			fault(&test->faults, "key %u was met %u times", i, count.met[i]);
	__atomic_fetch_add(&test->passes, 1, __ATOMIC_RELAXED);
}

static void work(unsigned index, void *arg)
{
	struct test *test = arg;
	struct rng rng = rng_stream(test->seed, index);
	instar_thread *t = NULL;

	if (instar_thread_attach(test->world.domain, &t) != INSTAR_OK)
		bail_out("no thread");
	for (unsigned n = 0; index < WRITERS && n < CALLS; n++) {
		write_one(test, t, &rng);
		if (n % 64 == 0)
			world_rest(&test->world, t);
	}
	if (index < WRITERS)
		__atomic_sub_fetch(&test->writing, 1, __ATOMIC_RELEASE);
	while (index >= WRITERS && __atomic_load_n(&test->writing, __ATOMIC_ACQUIRE)) {
		look_over(test, t, &rng);
		world_rest(&test->world, t);
	}
	instar_thread_detach(t);
}

static void meanwhile(const struct instar_scheme_info *scheme, instar_bmap_hash_fn *hash, const char *what, uint64_t seed)
{
	struct test test = { .world = { scheme, NULL, NULL }, .seed = seed, .writing = WRITERS };

	if (instar_domain_create(&test.world.domain, scheme->name, NULL))
		bail_out("%s: no domain", scheme->name);
	test.map = bytes_map(test.world.domain, hash, NULL);
	fill(test.map);
	run_threads(WRITERS + SCANNERS, work, &test);
	ok(!test.faults.n && test.passes, "%s, %s: %u passes meet what stays once, the rest at most once", scheme->name, what,
	   test.passes);
	ok(instar_bmap_check(test.map, stdout) == INSTAR_OK && instar_bmap_destroy(test.map) == INSTAR_OK &&
	   instar_domain_destroy(test.world.domain) == INSTAR_OK, "%s, %s: audit, close", scheme->name, what);
}

static void every(const struct instar_scheme_info *scheme, void *seed)
{
	if (!scheme->section_protects_all)
		return; /* tests/conc/bytes.c: refused */
	alone(scheme);
	refused(scheme, false);
	refused(scheme, true);
	for (unsigned round = 0; round < test_scale(); round++) {
		meanwhile(scheme, bytes_mixed, "many hashes", *(uint64_t *)seed + round);
		meanwhile(scheme, bytes_few_hashes, "few hashes", *(uint64_t *)seed + round);
	}
}

int main(void)
{
	uint64_t seed = test_seed();

	stir();
	each_scheme(every, &seed);
	return done_testing();
}
