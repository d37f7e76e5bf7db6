/*
 * tests/conc/bytes_snapshot.c - snapshots of byte-key maps: one moment, and what they show stays.
 *
 * Writers move money between accounts, each one amount of its own, so that at every moment only what is under way is
 * missing; other keys come and go among the accounts, in the same bundles too, and the tables move.  Of boxed maps
 * no box that a snapshot shows is freed before it is closed, also where its key has moved from bundle to bundle,
 * was removed or cleared; and then each is freed once.
 */
#include "tests/support/bytes.h"
#include "tests/support/injector.h"
#include "tests/support/rng.h"
#include "tests/support/sanitizer.h"
#include "tests/support/stir.h"
#include "tests/support/tap.h"
#include "tests/support/threads.h"
#include "tests/support/world.h"

enum { ACCOUNTS = 120, KEYS = 300, BALANCE = 1000, WRITERS = 2, READERS = 2, CALLS = TEST_WORK(1500), CAPACITY = 200, EXTRA = 3 };

/* What a snapshot shows; the sum is of keys and values. */
struct shown {
	uint64_t sum;
	size_t n;
};

struct test {
	struct world world; /* for world_join, world_rest */
	instar_bmap *map;
	struct faults faults;
	uint64_t seed;
	unsigned writing, looks; /* atomic */
	struct box *boxes;       /* CALLS for each writer, and EXTRA */
	uint64_t freed;          /* atomic */
	void (*write)(struct test *test, unsigned index, unsigned n, instar_thread *t, struct rng *rng);
	struct shown (*read)(struct test *test, instar_bmap_snapshot *s, instar_thread *t);
};

static void close_all(struct test *test, const char *what)
{
	ok(instar_bmap_check(test->map, stdout) == INSTAR_OK && instar_bmap_destroy(test->map) == INSTAR_OK &&
	   instar_domain_destroy(test->world.domain) == INSTAR_OK, "%s, %s: audit, close", test->world.scheme->name, what);
}

/* Now and then a call that moves the tables. */
static void move_tables(struct test *test, instar_thread *t, struct rng *rng)
{
	enum instar_status status = INSTAR_OK;

	switch (rng_below(rng, 150)) {
	case 0:
		status = instar_bmap_reserve(test->map, t, rng_below(rng, 3000));
		break;
	case 1:
		status = instar_bmap_shrink(test->map, t);
		break;
	case 2:
		instar_bmap_maintain(test->map, t, 16);
		break;
	}
	if (status != INSTAR_OK)
		fault(&test->faults, "tables: %s", instar_status_name(status));
}

/* ---- writers, and readers whose snapshots overlap ---- */

static void look_on(struct test *test, instar_thread *t)
{
	instar_bmap_snapshot *older = NULL, *newer;
	struct shown was = { 0, 0 }, is, again;

	do {
		if (instar_bmap_snapshot_open(test->map, t, &newer) != INSTAR_OK)
			bail_out("no snapshot");
		world_rest(&test->world, t);
		is = test->read(test, newer, t);
		world_rest(&test->world, t);
		if (older) {
			again = test->read(test, older, t);
			if (again.sum != was.sum || again.n != was.n)
				fault(&test->faults, "a snapshot changed");
		}
		instar_bmap_snapshot_close(older, t);
		older = newer;
		was = is;
		__atomic_fetch_add(&test->looks, 1, __ATOMIC_RELAXED);
	} while (__atomic_load_n(&test->writing, __ATOMIC_ACQUIRE));
	instar_bmap_snapshot_close(older, t);
}

static void work(unsigned index, void *arg)
{
	struct test *test = arg;
	struct rng rng = rng_stream(test->seed, index);
	instar_thread *t = world_join(&test->world, index);

	for (unsigned n = 0; index < WRITERS && n < CALLS; n++) {
		test->write(test, index, n, t, &rng);
		move_tables(test, t, &rng);
		if (n % 64 == 0)
			world_rest(&test->world, t);
	}
	if (index < WRITERS)
		__atomic_sub_fetch(&test->writing, 1, __ATOMIC_RELEASE);
	else
		look_on(test, t);
	world_part(t);
}

/* ---- one moment ---- */

static void transfer(struct test *test, unsigned index, instar_thread *t, struct rng *rng)
{
	unsigned char from[BYTES_KEY_MAX], to[BYTES_KEY_MAX];
	uint64_t amount = index ? 4 : 1;
	size_t from_length = bytes_key(from, rng_below(rng, ACCOUNTS)), to_length = bytes_key(to, rng_below(rng, ACCOUNTS));

	if (instar_bmap_fetch_sub(test->map, t, from, from_length, amount, 0, NULL) != INSTAR_EXISTS ||
	    instar_bmap_fetch_add(test->map, t, to, to_length, amount, 0, NULL) != INSTAR_EXISTS)
		fault(&test->faults, "an account was not there");
}

static void come_or_go(struct test *test, instar_thread *t, struct rng *rng)
{
	unsigned char key[BYTES_KEY_MAX];
	size_t length = bytes_key(key, ACCOUNTS + rng_below(rng, KEYS - ACCOUNTS));

	if (rng_below(rng, 2))
		instar_bmap_put(test->map, t, key, length, BALANCE, NULL);
	else
		instar_bmap_remove(test->map, t, key, length, NULL);
}

/* Everything, and by get what was scanned. */
static struct shown read_snapshot(struct test *test, instar_bmap_snapshot *s, instar_thread *t)
{
	struct instar_bmap_entry out[CAPACITY];
	struct shown shown = { 0, 0 };
	uint64_t missing = (uint64_t)ACCOUNTS * BALANCE;
	bool met[KEYS] = { false };
	enum instar_status status;
	uint64_t cursor = 0, value;
	size_t n, count = 0;

	do {
		status = instar_bmap_snapshot_scan(s, t, &cursor, out, CAPACITY, &n);
		for (size_t i = 0; i < n; i++) {
			uint64_t number = bytes_number(out[i].key, out[i].length, KEYS);

			if (number >= KEYS || met[number])
				fault(&test->faults, "a key that nobody gave, or twice");
			else
				met[number] = true;
			if (number < ACCOUNTS)
				missing -= out[i].value;
			shown.sum += number * 31 + out[i].value;
			if (instar_bmap_snapshot_get(s, t, out[i].key, out[i].length, &value) != INSTAR_OK ||
			    value != out[i].value)
				fault(&test->faults, "get and scan differ");
		}
		shown.n += n;
	} while (status == INSTAR_OK);
	for (unsigned i = 0; i < KEYS; i++) {
		unsigned char key[BYTES_KEY_MAX];
		bool there = instar_bmap_snapshot_get(s, t, key, bytes_key(key, i), NULL) == INSTAR_OK;

		if (there != met[i] || (i < ACCOUNTS && !there))
			fault(&test->faults, "key %u: scanned %d, there %d", i, met[i], there);
	}
	if (status != INSTAR_NOTFOUND || instar_bmap_snapshot_count(s, t, &count) != INSTAR_OK || count != shown.n)
		fault(&test->faults, "count: %zu of %zu, %s", count, shown.n, instar_status_name(status));
	if (missing & ~5ull)
		fault(&test->faults, "%lld is missing", (long long)missing);
	return shown;
}

static void move_money(struct test *test, unsigned index, unsigned n, instar_thread *t, struct rng *rng)
{
	(void)n;
	transfer(test, index, t, rng);
	come_or_go(test, t, rng);
}

static void moments(const struct instar_scheme_info *scheme, instar_bmap_hash_fn *hash, const char *what, uint64_t seed)
{
	struct test test = { .world = { scheme, NULL, NULL }, .seed = seed, .writing = WRITERS,
			     .write = move_money, .read = read_snapshot };
	unsigned char key[BYTES_KEY_MAX];

	if (instar_domain_create(&test.world.domain, scheme->name, NULL))
		bail_out("%s: no domain", scheme->name);
	test.map = bytes_map(test.world.domain, hash, NULL);
	for (uint64_t i = 0; i < ACCOUNTS; i++)
		instar_bmap_put(test.map, NULL, key, bytes_key(key, i), BALANCE, NULL);
	run_threads(WRITERS + READERS, work, &test);
	ok(!test.faults.n && test.looks, "%s, %s: no money is missing in %u snapshots", scheme->name, what, test.looks);
	close_all(&test, what);
}

/* ---- what is shown stays ---- */

enum box_state { BOX_MINE = 1, BOX_OWNED_BY_MAP, BOX_FREED };

struct box {
	uint64_t key;
	unsigned state; /* atomic */
};

static void box_free(void *value, void *ctx)
{
	struct test *test = ctx;
	struct box *box = value;

	if (__atomic_exchange_n(&box->state, BOX_FREED, __ATOMIC_ACQ_REL) != BOX_OWNED_BY_MAP)
		fault(&test->faults, "a box of key %llu freed twice, or never given", (unsigned long long)box->key);
	__atomic_fetch_add(&test->freed, 1, __ATOMIC_RELAXED);
}

static struct shown read_boxes(struct test *test, instar_bmap_snapshot *s, instar_thread *t)
{
	struct instar_bmap_entry out[CAPACITY];
	enum instar_status status;
	struct shown shown = { 0, 0 };
	uint64_t cursor = 0;
	size_t n;

	do {
		status = instar_bmap_snapshot_scan(s, t, &cursor, out, CAPACITY, &n);
		for (size_t i = 0; i < n; i++) {
			const struct box *box = (const struct box *)(uintptr_t)out[i].value;

			if (bytes_number(out[i].key, out[i].length, KEYS) != box->key)
				fault(&test->faults, "a box of another key");
			if (__atomic_load_n(&box->state, __ATOMIC_ACQUIRE) != BOX_OWNED_BY_MAP)
				fault(&test->faults, "a snapshot showed a freed box");
			shown.sum += box->key * 31 + out[i].value;
		}
		shown.n += n;
	} while (status == INSTAR_OK);
	return shown;
}

static bool seldom(const void *key, size_t length, uint64_t value, void *ctx)
{
	(void)value;
	(void)ctx;
	return bytes_number(key, length, KEYS) % 16;
}

static bool few(const void *key, size_t length, uint64_t value, void *ctx)
{
	unsigned *left = ctx;

	(void)key;
	(void)length;
	(void)value;
	return --*left;
}

static void write_box(struct test *test, unsigned index, unsigned n, instar_thread *t, struct rng *rng)
{
	struct box *box = &test->boxes[index * CALLS + n];
	unsigned char key[BYTES_KEY_MAX];
	size_t length;
	unsigned left = 20;

	box->key = rng_below(rng, KEYS);
	length = bytes_key(key, box->key);
	if (rng_below(rng, 3)) {
		box->state = BOX_OWNED_BY_MAP;
		if (instar_bmap_put(test->map, t, key, length, (uint64_t)(uintptr_t)box, NULL) > INSTAR_EXISTS)
			fault(&test->faults, "put");
		return;
	}
	switch (rng_below(rng, 300)) {
	case 0:
		instar_bmap_clear(test->map, t);
		break;
	case 1:
		instar_bmap_retain(test->map, t, seldom, NULL, NULL);
		break;
	case 2:
		instar_bmap_drain(test->map, t, few, &left);
		break;
	default:
		instar_bmap_remove(test->map, t, key, length, NULL);
	}
}

static size_t still_owned(const struct test *test)
{
	size_t owned = 0;

	for (unsigned i = 0; i < WRITERS * CALLS + EXTRA; i++)
		owned += test->boxes[i].state == BOX_OWNED_BY_MAP;
	return owned;
}

/* One key's box moves on into bundles that the snapshot does not show, and goes out of the map with the last. */
static void box_moves_on(struct test *test, const char *what)
{
	const char *scheme = test->world.scheme->name;
	unsigned char a[BYTES_KEY_MAX], b[BYTES_KEY_MAX];
	size_t a_length = bytes_key(a, 1), b_length = bytes_key(b, 2);
	instar_bmap_snapshot *s;
	uint64_t sum;
	instar_thread *t;
	struct box *box = &test->boxes[WRITERS * CALLS];
	bool fine;

	for (unsigned i = 0; i < EXTRA; i++)
		box[i] = (struct box){ i == 1 ? 2 : 1, BOX_OWNED_BY_MAP };
	instar_thread_attach(test->world.domain, &t);
	instar_bmap_put(test->map, t, a, a_length, (uint64_t)(uintptr_t)&box[0], NULL);
	instar_bmap_put(test->map, t, b, b_length, (uint64_t)(uintptr_t)&box[1], NULL);
	fine = instar_bmap_snapshot_open(test->map, t, &s) == INSTAR_OK;
	sum = read_boxes(test, s, t).sum;
	instar_bmap_put(test->map, t, a, a_length, (uint64_t)(uintptr_t)&box[2], NULL);
	instar_bmap_remove(test->map, t, b, b_length, NULL);
	ok(fine && instar_barrier(t) == INSTAR_OK && box[0].state == BOX_OWNED_BY_MAP && box[1].state == BOX_OWNED_BY_MAP &&
	   read_boxes(test, s, t).sum == sum && instar_bmap_destroy(test->map) == INSTAR_BUSY,
	   "%s, %s: what is replaced and removed stays while it is shown; destroy is BUSY", scheme, what);
	ok(instar_bmap_clear(test->map, t) == INSTAR_OK && instar_barrier(t) == INSTAR_OK && still_owned(test) == EXTRA &&
	   read_boxes(test, s, t).sum == sum, "%s, %s: what is cleared, too", scheme, what);
	instar_bmap_snapshot_close(s, t);
	ok(instar_barrier(t) == INSTAR_OK && (!still_owned(test) || !strcmp(scheme, "leak")),
	   "%s, %s: until the close", scheme, what);
	instar_thread_detach(t);
}

static void shown_stays(const struct instar_scheme_info *scheme, instar_bmap_hash_fn *hash, const char *what,
			uint64_t seed)
{
	struct test test = { .world = { scheme, NULL, NULL }, .seed = seed, .writing = WRITERS,
			     .write = write_box, .read = read_boxes };
	struct instar_bmap_opts opts = INSTAR_BMAP_OPTS_INIT;

	opts.value_free = box_free;
	opts.ctx = &test;
	test.boxes = calloc((size_t)WRITERS * CALLS + EXTRA, sizeof *test.boxes);
	if (!test.boxes || instar_domain_create(&test.world.domain, scheme->name, NULL))
		bail_out("%s: no domain", scheme->name);
	test.map = bytes_map(test.world.domain, hash, &opts);
	box_moves_on(&test, what);
	run_threads(WRITERS + READERS, work, &test);
	ok(!test.faults.n && test.looks, "%s, %s: %u snapshots show no freed box, and do not change", scheme->name, what,
	   test.looks);
	close_all(&test, what);
	ok(!still_owned(&test) && !test.faults.n && test.freed, "%s, %s: every box was freed once (%llu)", scheme->name,
	   what, (unsigned long long)test.freed);
	free(test.boxes);
}

/* ---- statuses ---- */

static void statuses(const struct instar_scheme_info *scheme)
{
	struct instar_bmap_entry out[2];
	instar_domain *domain, *other;
	instar_bmap_snapshot *s, *none = (instar_bmap_snapshot *)&out;
	enum instar_status status;
	instar_bmap *map;
	instar_thread *stranger;
	uint64_t cursor = 0, value = 0;
	size_t n = 9;

	if (instar_domain_create(&domain, scheme->name, NULL) || instar_domain_create(&other, "leak", NULL) ||
	    instar_thread_attach(other, &stranger))
		bail_out("%s: no domain", scheme->name);
	map = bytes_map(domain, bytes_three_hashes, NULL);
	ok(instar_bmap_snapshot_open(NULL, NULL, &none) == INSTAR_INVAL && !none &&
	   instar_bmap_snapshot_open(map, NULL, NULL) == INSTAR_INVAL &&
	   instar_bmap_snapshot_open(map, stranger, &none) == INSTAR_INVAL && !none, "%s: open, INVAL", scheme->name);
	ok(instar_bmap_count(map, NULL, &n) == INSTAR_OK && !n && instar_bmap_count(map, NULL, NULL) == INSTAR_INVAL &&
	   instar_bmap_count(NULL, NULL, &n) == INSTAR_INVAL && instar_bmap_count(map, stranger, &n) == INSTAR_INVAL,
	   "%s: count", scheme->name);
	for (const char *key = "abcdefghi"; *key; key++)
		instar_bmap_put(map, NULL, key, 1, (uint64_t)*key, NULL);
	if (instar_bmap_snapshot_open(map, NULL, &s) != INSTAR_OK)
		bail_out("%s: no snapshot", scheme->name);
	instar_bmap_put(map, NULL, "a", 1, 7, NULL);
	instar_bmap_put(map, NULL, "z", 1, 7, NULL);
	instar_bmap_remove(map, NULL, "b", 1, NULL);
	ok(instar_bmap_snapshot_get(s, NULL, "a", 1, &value) == INSTAR_OK && value == 'a' &&
	   instar_bmap_snapshot_get(s, NULL, "b", 1, NULL) == INSTAR_OK &&
	   instar_bmap_snapshot_get(s, NULL, "z", 1, &value) == INSTAR_NOTFOUND && value == 'a',
	   "%s: get, of the moment of the open", scheme->name);
	ok(instar_bmap_snapshot_count(s, NULL, &n) == INSTAR_OK && n == 9 && instar_bmap_size(map) == 9 &&
	   instar_bmap_remove(map, NULL, "z", 1, NULL) == INSTAR_OK && instar_bmap_count(map, NULL, &n) == INSTAR_OK &&
	   n == 8, "%s: counts", scheme->name);
	ok(instar_bmap_snapshot_get(NULL, NULL, "a", 1, &value) == INSTAR_INVAL &&
	   instar_bmap_snapshot_get(s, NULL, NULL, 1, &value) == INSTAR_INVAL &&
	   instar_bmap_snapshot_get(s, stranger, "a", 1, &value) == INSTAR_INVAL &&
	   instar_bmap_snapshot_scan(NULL, NULL, &cursor, out, 2, &n) == INSTAR_INVAL && !n &&
	   instar_bmap_snapshot_scan(s, NULL, &cursor, out, 0, &n) == INSTAR_INVAL &&
	   instar_bmap_snapshot_scan(s, NULL, NULL, out, 2, &n) == INSTAR_INVAL &&
	   instar_bmap_snapshot_scan(s, NULL, &cursor, NULL, 2, &n) == INSTAR_INVAL &&
	   instar_bmap_snapshot_scan(s, NULL, &cursor, out, 2, NULL) == INSTAR_INVAL &&
	   instar_bmap_snapshot_scan(s, stranger, &cursor, out, 2, &n) == INSTAR_INVAL &&
	   instar_bmap_snapshot_count(NULL, NULL, &n) == INSTAR_INVAL &&
	   instar_bmap_snapshot_count(s, NULL, NULL) == INSTAR_INVAL &&
	   instar_bmap_snapshot_count(s, stranger, &n) == INSTAR_INVAL, "%s: INVAL", scheme->name);
	do
		status = instar_bmap_snapshot_scan(s, NULL, &cursor, out, 2, &n);
	while (status == INSTAR_OK);
	ok(status == INSTAR_FULL && !n, "%s: no room for a bundle of three: FULL", scheme->name);
	instar_bmap_snapshot_close(s, NULL);
	instar_bmap_snapshot_close(NULL, NULL);
	ok(instar_bmap_destroy(map) == INSTAR_OK && instar_thread_detach(stranger) == INSTAR_OK &&
	   instar_domain_destroy(domain) == INSTAR_OK && instar_domain_destroy(other) == INSTAR_OK, "%s: close",
	   scheme->name);
}

/* Each allocation of open, of a count and of writes under an open snapshot refused in turn. */
static void refused(const struct instar_scheme_info *scheme)
{
	struct injector injector;
	bool fine = true, reached = true, seen = false;

	for (uint64_t nth = 1; fine && reached; nth++) {
		unsigned char key[BYTES_KEY_MAX];
		instar_domain *domain;
		instar_bmap *map;
		instar_bmap_snapshot *s;
		instar_thread *t;
		size_t n = 0, size = KEYS;

		injector_init(&injector);
		if (instar_domain_create(&domain, scheme->name, &injector.opts) || instar_thread_attach(domain, &t))
			bail_out("%s: no domain", scheme->name);
		map = bytes_map(domain, bytes_few_hashes, NULL);
		for (uint64_t i = 0; i < KEYS; i++)
			instar_bmap_put(map, t, key, bytes_key(key, i), i, NULL);
		injector.first = injector.requests + nth;
		injector.last = injector.first + 1;
		enum instar_status status = instar_bmap_snapshot_open(map, t, &s);
		fine = status == INSTAR_OK || (status == INSTAR_NOMEM && !s && injector.refused);
		seen |= status == INSTAR_NOMEM;
		for (uint64_t i = 0; i < 10; i++)
			if (instar_bmap_remove(map, t, key, bytes_key(key, i), NULL) == INSTAR_OK)
				size--;
		status = instar_bmap_count(map, t, &n);
		fine = fine && ((status == INSTAR_OK && n == size) || (status == INSTAR_NOMEM && injector.refused));
		seen |= status == INSTAR_NOMEM;
		reached = injector.refused;
		fine = fine && (!s || (instar_bmap_snapshot_count(s, t, &n) == INSTAR_OK && n == KEYS));
		instar_bmap_snapshot_close(s, t);
		injector_refuse(&injector, 0);
		fine = fine && instar_bmap_size(map) == size && instar_bmap_check(map, stdout) == INSTAR_OK &&
		       instar_bmap_destroy(map) == INSTAR_OK && instar_thread_detach(t) == INSTAR_OK &&
		       instar_domain_destroy(domain) == INSTAR_OK && !injector.live && !injector.mismatched;
	}
	ok(fine && seen, "%s: each allocation refused in turn", scheme->name);
}

static void every(const struct instar_scheme_info *scheme, void *arg)
{
	uint64_t seed = *(uint64_t *)arg;

	if (!scheme->section_protects_all)
		return; /* tests/conc/bytes.c: refused */
	statuses(scheme);
	refused(scheme);
	for (unsigned round = 0; round < test_scale(); round++) {
		moments(scheme, bytes_mixed, "many hashes", seed + round);
		moments(scheme, bytes_few_hashes, "few hashes", seed + round);
		shown_stays(scheme, bytes_mixed, "many hashes", seed + round);
		shown_stays(scheme, bytes_three_hashes, "three hashes", seed + round);
	}
}

int main(void)
{
	uint64_t seed = test_seed();

	stir();
	each_scheme(every, &seed);
	return done_testing();
}
