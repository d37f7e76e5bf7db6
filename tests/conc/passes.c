/*
 * tests/conc/passes.c - the calls that go over all entries: foreach, retain, drain.
 */
#include <time.h>

#include "reclaim/debra.h"
#include "tests/support/injector.h"
#include "tests/support/stir.h"
#include "tests/support/tap.h"
#include "tests/support/threads.h"
#include "tests/support/world.h"

enum { ENTRIES = 300 };

static void bail_if(bool failed, const struct instar_scheme_info *scheme)
{
	if (failed)
		bail_out("%s: no map", scheme->name);
}

/* ---- foreach ---- */

struct visit {
	instar_map *map;
	instar_thread *thread;
	unsigned visits, stop_at, cancel_at;
	bool cancel, slow, fine;
};

static bool visit(uint64_t key, uint64_t value, void *ctx)
{
	struct visit *v = ctx;
	struct timespec begin, now;

	v->visits++;
	v->fine = value == (key ^ 1);
	if (v->visits == v->cancel_at)
		__atomic_store_n(&v->cancel, true, __ATOMIC_RELEASE);
	clock_gettime(CLOCK_MONOTONIC, &begin);
	do
		clock_gettime(CLOCK_MONOTONIC, &now);
	while (v->slow && begin.tv_nsec == now.tv_nsec);
	return v->visits != v->stop_at;
}

/* Calls that may wait for sections are refused in a callback. */
static bool visit_and_wait(uint64_t key, uint64_t value, void *ctx)
{
	struct visit *v = ctx;

	v->fine = v->fine && instar_barrier(v->thread) == INSTAR_MISUSE && value == (key ^ 1) &&
		  instar_contains(v->map, v->thread, key);
	v->visits++;
	return true;
}

static void foreach_ends(const struct instar_scheme_info *scheme)
{
	struct world world;
	struct instar_deadline none = { 0, NULL }, soon = { 1, NULL };
	struct visit v = { .visits = 0 };
	instar_map *map;

	bail_if(!world_open(&world, scheme, NULL, NULL), scheme);
	map = world.map;
	for (uint64_t key = 0; key < ENTRIES; key++)
		instar_insert(map, NULL, key, key ^ 1, NULL);
	ok(instar_foreach(map, NULL, visit, &v, &none) == INSTAR_OK && v.visits == ENTRIES && v.fine,
	   "%s: foreach visits all", scheme->name);
	v = (struct visit){ .stop_at = 100 };
	ok(instar_foreach(map, NULL, visit, &v, NULL) == INSTAR_STOPPED && v.visits == 100,
	   "%s: foreach, STOPPED at once", scheme->name);
	v = (struct visit){ .cancel = true };
	none.cancel = &v.cancel;
	ok(instar_foreach(map, NULL, visit, &v, &none) == INSTAR_CANCELLED && !v.visits, "%s: foreach, CANCELLED before",
	   scheme->name);
	v = (struct visit){ .cancel_at = 1 };
	ok(instar_foreach(map, NULL, visit, &v, &none) == INSTAR_CANCELLED && v.visits <= 256,
	   "%s: foreach, CANCELLED within 256 entries", scheme->name);
	v = (struct visit){ .slow = true };
	ok(instar_foreach(map, NULL, visit, &v, &soon) == INSTAR_TIMEOUT && v.visits <= 256, "%s: foreach, TIMEOUT",
	   scheme->name);
	v = (struct visit){ .map = map, .fine = true };
	bail_if(instar_thread_self(world.domain, &v.thread), scheme);
	ok(instar_foreach(map, NULL, visit_and_wait, &v, NULL) == INSTAR_OK && v.fine && v.visits == ENTRIES,
	   "%s: barrier in a callback is MISUSE", scheme->name);
	ok(instar_foreach(NULL, NULL, visit, &v, NULL) == INSTAR_INVAL &&
	   instar_foreach(map, NULL, NULL, &v, NULL) == INSTAR_INVAL, "%s: foreach, INVAL", scheme->name);
	ok(instar_barrier(v.thread) == INSTAR_OK && world_close(&world), "%s: close", scheme->name);
}

enum { SPARSE = 1 << 18, SCATTERED = 10 };

/* Where there is little to meet the deadline is looked at all the same. */
static void foreach_ends_in_a_sparse_table(const struct instar_scheme_info *scheme)
{
	struct instar_map_opts opts = INSTAR_MAP_OPTS_INIT;
	struct visit v = { .cancel_at = 1 };
	struct instar_deadline cancelled = { 0, &v.cancel };
	struct instar_entry entry;
	struct world world;
	uint64_t cursor = 0;
	size_t n, met = 0, empty = 0;

	opts.capacity = SPARSE;
	bail_if(!world_open(&world, scheme, NULL, &opts), scheme);
	for (uint64_t key = 0; key < SCATTERED; key++)
		instar_insert(world.map, NULL, key, key ^ 1, NULL);
	ok(instar_foreach(world.map, NULL, visit, &v, &cancelled) == INSTAR_CANCELLED && v.visits < SCATTERED,
	   "%s: foreach, CANCELLED between entries far from each other", scheme->name);
	while (instar_scan(world.map, NULL, &cursor, &entry, 1, &n) == INSTAR_OK) {
		met += n;
		empty += n == 0;
	}
	ok(met + n == SCATTERED && !empty, "%s: a scan does not come back with nothing", scheme->name);
	ok(world_close(&world), "%s: close", scheme->name);
}

/* A scan goes over this many homes in one section at most, be there entries or not. */
enum { HOMES_A_SECTION = 1024 };

/* Counted by a scheme that counts its sections. */
static void scans_go_by_sections(void)
{
	struct instar_map_opts opts = INSTAR_MAP_OPTS_INIT;
	struct instar_map_stats stats;
	instar_snapshot *snapshot;
	struct instar_entry entry;
	uint64_t cursor[2] = { 0, 0 };
	unsigned before, live, shown;
	instar_domain *domain;
	instar_thread *thread;
	instar_map *map;
	size_t n;

	if (instar_domain_create(&domain, "debra", NULL) != INSTAR_OK) {
		skip(1, "debra is not built in");
		return;
	}
	opts.capacity = SPARSE;
	if (instar_map_create(&map, domain, &opts) || instar_thread_attach(domain, &thread) ||
	    instar_snapshot_open(map, thread, &snapshot))
		bail_out("no memory");
	instar_map_stats(map, &stats);
	before = debra_thread(thread)->sections;
	instar_snapshot_scan(snapshot, thread, &cursor[0], &entry, 1, &n);
	shown = debra_thread(thread)->sections - before;
	instar_snapshot_close(snapshot, thread);
	before = debra_thread(thread)->sections;
	instar_scan(map, thread, &cursor[1], &entry, 1, &n);
	live = debra_thread(thread)->sections - before;
	ok(shown >= stats.homes / HOMES_A_SECTION && live >= stats.homes / HOMES_A_SECTION,
	   "over %llu homes without an entry a scan goes by %u sections, one of a snapshot by %u",
	   (unsigned long long)stats.homes, live, shown);
	instar_thread_detach(thread);
	instar_map_destroy(map);
	instar_domain_destroy(domain);
}

/* Refused at once, not by what the pass meets: so the deadline is not looked at. */
static void no_pass_by_a_stranger(const struct instar_scheme_info *scheme)
{
	struct visit v = { .cancel = true };
	struct instar_deadline cancelled = { 0, &v.cancel };
	struct world world;
	instar_domain *other = NULL;
	instar_thread *stranger = NULL;

	bail_if(!world_open(&world, scheme, NULL, NULL) || instar_domain_create(&other, scheme->name, NULL) ||
		instar_thread_attach(other, &stranger) || instar_insert(world.map, NULL, 1, 0, NULL), scheme);
	ok(instar_foreach(world.map, stranger, visit, &v, &cancelled) == INSTAR_INVAL &&
	   instar_retain(world.map, stranger, visit, &v, NULL) == INSTAR_INVAL &&
	   instar_drain(world.map, stranger, visit, &v) == INSTAR_INVAL && !v.visits && instar_size(world.map) == 1,
	   "%s: a handle of another domain is INVAL", scheme->name);
	ok(instar_thread_detach(stranger) == INSTAR_OK && instar_domain_destroy(other) == INSTAR_OK &&
	   world_close(&world), "%s: close", scheme->name);
}

/* ---- retain ---- */

struct retaining {
	instar_map *map;
	unsigned asked[ENTRIES];
};

/* Keys of each kind: 0 stay; 1 go; 2 change under the question to a value that stays; 3 are asked about, vanish
 * and must not be counted. */
static bool keep(uint64_t key, uint64_t value, void *ctx)
{
	struct retaining *r = ctx;

	r->asked[key]++;
	if (key % 4 == 0 || value == 1000)
		return true;
	if (key % 4 == 2)
		instar_put(r->map, NULL, key, 1000, NULL);
	if (key % 4 == 3)
		instar_remove(r->map, NULL, key, NULL);
	return false;
}

static void open_to_retain(struct world *world, struct retaining *r, const struct instar_scheme_info *scheme)
{
	bail_if(!world_open(world, scheme, NULL, NULL), scheme);
	r->map = world->map;
	for (uint64_t key = 0; key < ENTRIES; key++)
		instar_insert(world->map, NULL, key, key, NULL);
}

static void retain_asks_again(const struct instar_scheme_info *scheme)
{
	struct retaining r = { .map = NULL };
	struct world world;
	uint64_t value;
	size_t removed = 9;
	bool fine = true;

	open_to_retain(&world, &r, scheme);
	ok(instar_retain(world.map, NULL, keep, &r, &removed) == INSTAR_OK && removed == ENTRIES / 4,
	   "%s: retain counts what it removed", scheme->name);
	for (uint64_t key = 0; key < ENTRIES; key++) {
		enum instar_status status = instar_get(world.map, NULL, key, &value);

		fine = fine && r.asked[key] == (key % 4 == 2 ? 2 : 1) &&
		       status == (key % 2 ? INSTAR_NOTFOUND : INSTAR_OK) &&
		       (key % 2 || value == (key % 4 ? 1000 : key));
	}
	ok(fine && instar_size(world.map) == ENTRIES / 2, "%s: retain removes what it asked about, no other value",
	   scheme->name);
	ok(instar_retain(world.map, NULL, keep, &r, NULL) == INSTAR_OK &&
	   instar_retain(world.map, NULL, NULL, &r, NULL) == INSTAR_INVAL, "%s: retain without a count, without keep",
	   scheme->name);
	ok(world_close(&world), "%s: close", scheme->name);
}

/* In parts of a few entries, until all have been asked about: as in one. */
static void retain_goes_on_by_a_cursor(const struct instar_scheme_info *scheme)
{
	struct retaining r = { .map = NULL };
	enum { PART = 7 };
	struct world world;
	enum instar_status status = INSTAR_OK;
	size_t removed, all = 0, asked = 0, parts = 0;
	uint64_t cursor = 0;
	bool fine = true;

	open_to_retain(&world, &r, scheme);
	for (; status == INSTAR_OK; parts++, all += removed) {
		size_t before = asked;

		status = instar_retain_some(world.map, NULL, keep, &r, &cursor, PART, &removed);
		asked = 0;
		for (uint64_t key = 0; key < ENTRIES; key++)
			asked += r.asked[key] != 0;
		fine = fine && asked - before <= PART && (status == INSTAR_NOTFOUND || cursor);
	}
	for (uint64_t key = 0; key < ENTRIES; key++)
		fine = fine && r.asked[key] == (key % 4 == 2 ? 2 : 1);
	ok(fine && status == INSTAR_NOTFOUND && !cursor && all == ENTRIES / 4 && instar_size(world.map) == ENTRIES / 2,
	   "%s: retain in %zu parts: each entry once", scheme->name, parts);
	ok(instar_retain_some(world.map, NULL, keep, &r, &cursor, 0, NULL) == INSTAR_INVAL &&
	   instar_retain_some(world.map, NULL, keep, &r, NULL, 1, NULL) == INSTAR_INVAL &&
	   instar_retain_some(world.map, NULL, NULL, &r, &cursor, 1, &removed) == INSTAR_INVAL && !removed,
	   "%s: without a budget, a cursor, keep", scheme->name);
	ok(world_close(&world), "%s: close", scheme->name);
}

/* A table of many homes and few entries: they are paid for, too. */
static void retain_pays_for_empty_homes(const struct instar_scheme_info *scheme)
{
	struct instar_map_opts opts = INSTAR_MAP_OPTS_INIT;
	struct retaining r = { .map = NULL };
	struct world world;
	uint64_t cursor = 0;

	opts.capacity = 100000;
	bail_if(!world_open(&world, scheme, NULL, &opts), scheme);
	ok(instar_retain_some(world.map, NULL, keep, &r, &cursor, 1, NULL) == INSTAR_OK && cursor,
	   "%s: a budget of one does not go over a whole table", scheme->name);
	ok(world_close(&world), "%s: close", scheme->name);
}

/* ---- drain ---- */

enum { BRINGERS = 2, DRAINERS = 2, BROUGHT = 3000 };

struct draining {
	struct world world;
	unsigned bringing;                        /* atomic */
	unsigned char taken[BRINGERS * BROUGHT];  /* atomic */
	unsigned takes, stop_at;
};

static bool take(uint64_t key, uint64_t value, void *ctx)
{
	struct draining *d = ctx;

	__atomic_fetch_add(&d->taken[key], value == (key ^ 1) ? 1 : 100, __ATOMIC_RELAXED);
	return __atomic_add_fetch(&d->takes, 1, __ATOMIC_RELAXED) != d->stop_at;
}

static void bring_or_drain(unsigned index, void *arg)
{
	struct draining *d = arg;
	instar_thread *thread = world_join(&d->world, index);

	for (uint64_t i = 0; index < BRINGERS && i < BROUGHT; i++) {
		uint64_t key = i * BRINGERS + index;

		instar_insert(d->world.map, thread, key, key ^ 1, NULL);
		if (i % 16 == 0)
			world_rest(&d->world, thread);
	}
	if (index < BRINGERS)
		__atomic_sub_fetch(&d->bringing, 1, __ATOMIC_RELEASE);
	while (index >= BRINGERS && __atomic_load_n(&d->bringing, __ATOMIC_ACQUIRE)) {
		instar_drain(d->world.map, thread, take, d);
		world_rest(&d->world, thread);
	}
	world_part(thread);
}

/* Each take changes all entries that are left. */
struct changing {
	instar_map *map;
	uint64_t key_end, now;
	bool fine;
};

static bool take_what_is_now(uint64_t key, uint64_t value, void *ctx)
{
	struct changing *c = ctx;

	c->fine = c->fine && value == c->now + key;
	c->now += c->key_end;
	for (uint64_t other = 0; other < c->key_end; other++)
		instar_replace(c->map, NULL, other, c->now + other, NULL);
	return true;
}

static void drain_shows_what_it_removes(const struct instar_scheme_info *scheme)
{
	struct changing c = { .key_end = 20, .fine = true };
	struct world world;

	bail_if(!world_open(&world, scheme, NULL, NULL), scheme);
	c.map = world.map;
	for (uint64_t key = 0; key < c.key_end; key++)
		instar_insert(world.map, NULL, key, key, NULL);
	ok(instar_drain(world.map, NULL, take_what_is_now, &c) == INSTAR_OK && c.fine && !instar_size(world.map),
	   "%s: drain shows the value that it removes", scheme->name);
	ok(world_close(&world), "%s: close", scheme->name);
}

static void drain_takes_each_once(const struct instar_scheme_info *scheme)
{
	struct draining d = { .bringing = BRINGERS };
	size_t left;
	bool fine = true;

	bail_if(!world_open(&d.world, scheme, NULL, NULL), scheme);
	run_threads(BRINGERS + DRAINERS, bring_or_drain, &d);
	left = instar_size(d.world.map);
	d.stop_at = d.takes + 1;
	ok(left + d.takes == BRINGERS * BROUGHT, "%s: %zu entries left of %u", scheme->name, left, BRINGERS * BROUGHT);
	ok(instar_drain(d.world.map, NULL, take, &d) == (left ? INSTAR_STOPPED : INSTAR_OK) &&
	   instar_size(d.world.map) == left - !!left, "%s: drain, STOPPED: that one is removed", scheme->name);
	d.stop_at = 0;
	ok(instar_drain(d.world.map, NULL, take, &d) == INSTAR_OK && !instar_size(d.world.map) &&
	   instar_drain(d.world.map, NULL, NULL, &d) == INSTAR_INVAL, "%s: drain leaves nothing", scheme->name);
	for (unsigned i = 0; i < BRINGERS * BROUGHT; i++)
		fine = fine && d.taken[i] == 1;
	ok(fine, "%s: every entry was taken once", scheme->name);
	ok(instar_map_check(d.world.map, stdout) == INSTAR_OK && world_close(&d.world), "%s: audit, close", scheme->name);
}

/* ---- without memory ---- */

static void free_counted(void *value, void *ctx)
{
	(void)value;
	__atomic_fetch_add((unsigned *)ctx, 1, __ATOMIC_RELAXED);
}

static bool remove_counted(uint64_t key, uint64_t value, void *ctx)
{
	(void)key;
	(void)value;
	++*(unsigned *)ctx;
	return false;
}

static bool take_counted(uint64_t key, uint64_t value, void *ctx)
{
	return !remove_counted(key, value, ctx);
}

/* Each allocation of retain and drain refused in turn: NOMEM unless all is removed, and the count is what is gone. */
static void refused(const struct instar_scheme_info *scheme, bool drains)
{
	bool fine = true, reached = true, seen = false;

	for (uint64_t nth = 1; fine && reached; nth += scheme->process_wide ? 9 : 1) { /* liburcu takes 10 ms to end */
		struct instar_map_opts opts = INSTAR_MAP_OPTS_INIT;
		struct injector injector;
		struct world world;
		instar_thread *thread;
		enum instar_status status;
		unsigned freed = 0, asked = 0;
		size_t removed = 0;

		injector_init(&injector);
		opts.value_free = free_counted;
		opts.ctx = &freed;
		bail_if(!world_open(&world, scheme, &injector.opts, &opts) ||
			instar_thread_attach(world.domain, &thread), scheme);
		for (uint64_t key = 0; key < ENTRIES; key++)
			instar_insert(world.map, thread, key, key + 1, NULL);
		injector_refuse(&injector, 0);
		injector.first += nth - 1;
		injector.last = injector.first + 1;
		if (drains)
			status = instar_drain(world.map, thread, take_counted, &asked);
		else
			status = instar_retain(world.map, thread, remove_counted, &asked, &removed);
		reached = injector.refused;
		seen |= status == INSTAR_NOMEM;
		fine = (status == INSTAR_OK || (reached && status == INSTAR_NOMEM)) &&
		       instar_size(world.map) == ENTRIES - (drains ? asked : removed) &&
		       (status == INSTAR_NOMEM || !instar_size(world.map)) &&
		       instar_map_check(world.map, stdout) == INSTAR_OK && instar_thread_detach(thread) == INSTAR_OK &&
		       world_close(&world) && freed == ENTRIES && !injector.live && !injector.mismatched;
	}
	ok(fine && seen, "%s: %s, each allocation refused in turn", scheme->name, drains ? "drain" : "retain");
}

static void run(const struct instar_scheme_info *scheme, void *arg)
{
	(void)arg;
	foreach_ends(scheme);
	foreach_ends_in_a_sparse_table(scheme);
	no_pass_by_a_stranger(scheme);
	retain_asks_again(scheme);
	retain_goes_on_by_a_cursor(scheme);
	retain_pays_for_empty_homes(scheme);
	drain_shows_what_it_removes(scheme);
	drain_takes_each_once(scheme);
	refused(scheme, false);
	refused(scheme, true);
}

int main(void)
{
	stir();
	each_scheme(run, NULL);
	scans_go_by_sections();
	return done_testing();
}
