/*
 * tests/conc/meanwhile.c - what may happen between two steps of a call, made to happen there: the park hook calls
 * the map in the place of another thread.
 */
#include <pthread.h>

#include "src/layout.h"
#include "src/step.h"
#include "tests/support/crowd.h"
#include "tests/support/tap.h"
#include "tests/support/world.h"

enum { HOME_BITS = 8, FEW = 5, STAYING = 300, STAYING_FIRST = 1 << 20, CHURN = 60000, WARM_UP = 6000, WINDOW = 700,
       MOST_TABLES = 20, BIRTHS = 12 };

static struct world world;
static struct crowd crowd;      /* keys of one home */
static enum step at;            /* where it is to happen */
static unsigned passes;         /* how often the step is passed before */
static void (*happens)(void);   /* NULL: it has happened */
static bool fine, wrong;          /* as the call found it; as what happened found it */
static unsigned tables;           /* that this world was offered */

static void hook(unsigned step)
{
	void (*now)(void) = happens;

	if (step == STEP_BEFORE_TABLE && ++tables == MOST_TABLES)
		bail_out("%s: table after table", world.scheme->name);
	if (step != at || !now || passes-- > 0)
		return;
	happens = NULL;
	now();
}

static void let_happen(enum step step, void (*what)(void))
{
	at = step;
	passes = 0;
	happens = what;
}

static uint64_t key(uint64_t i)
{
	return crowd_key(&crowd, 0, i);
}

static void open_world_with(const struct instar_scheme_info *scheme, unsigned flags, size_t max_capacity)
{
	struct instar_map_opts opts = INSTAR_MAP_OPTS_INIT;

	opts.seed[0] = 1;
	opts.flags = flags;
	opts.max_capacity = max_capacity;
	crowd = crowd_new(opts.seed, HOME_BITS, 77);
	if (!world_open(&world, scheme, NULL, &opts))
		bail_out("%s: no map", scheme->name);
	fine = true;
	wrong = false;
	tables = 0;
}

static void open_world(const struct instar_scheme_info *scheme)
{
	open_world_with(scheme, 0, 0);
}

static void close_world(const char *what)
{
	ok(fine && !wrong && instar_map_check(world.map, stdout) == INSTAR_OK && world_close(&world), "%s: %s",
	   world.scheme->name, what);
}

/* How often a scan of everything meets the key. */
static unsigned scanned(uint64_t wanted)
{
	struct instar_entry out[FEW];
	enum instar_status status;
	uint64_t cursor = 0;
	unsigned met = 0;
	size_t n;

	do {
		status = instar_scan(world.map, NULL, &cursor, out, FEW, &n);
		for (size_t i = 0; i < n; i++)
			met += out[i].key == wanted;
	} while (status == INSTAR_OK);
	return met;
}

/* ---- a claim is nobody's to see ---- */

static void look_at_a_claim(void)
{
	wrong = scanned(key(1)) || instar_contains(world.map, NULL, key(1)) ||
		instar_replace(world.map, NULL, key(1), 9, NULL) != INSTAR_NOTFOUND ||
		instar_remove(world.map, NULL, key(1), NULL) != INSTAR_NOTFOUND;
}

static void claims_are_unseen(const struct instar_scheme_info *scheme)
{
	open_world(scheme);
	fine = instar_insert(world.map, NULL, key(0), 1, NULL) == INSTAR_OK;
	let_happen(STEP_CLAIMED, look_at_a_claim);
	fine = fine && instar_insert(world.map, NULL, key(1), 2, NULL) == INSTAR_OK && !happens && scanned(key(1)) == 1;
	close_world("no call sees a key that is claimed and not published");
}

/* ---- a scan and a key that moves ahead of it ---- */

/* The key goes, another takes its place, and it comes back behind that. */
static void move_the_key(void)
{
	wrong = instar_remove(world.map, NULL, key(0), NULL) != INSTAR_OK ||
		instar_insert(world.map, NULL, key(5), 6, NULL) != INSTAR_OK ||
		instar_insert(world.map, NULL, key(0), 7, NULL) != INSTAR_OK;
}

static void moved_keys_are_met_once(const struct instar_scheme_info *scheme)
{
	open_world(scheme);
	fine = instar_insert(world.map, NULL, key(0), 1, NULL) == INSTAR_OK;
	let_happen(STEP_SCANNING, move_the_key);
	fine = fine && scanned(key(0)) == 1 && !happens;
	close_world("a scan meets a key once that moves on within its home");
}

/* ---- the table moves under a call that holds the root ---- */

static void grow(void)
{
	wrong |= instar_reserve(world.map, NULL, 4000) != INSTAR_OK;
	while (instar_maintain(world.map, NULL, 64) == INSTAR_BUSY)
		;
}

static void clear(void)
{
	wrong |= instar_clear(world.map, NULL) != INSTAR_OK;
}

/* A call that began before the clear is ordered before it or after it. */
static bool gone_or(uint64_t wanted, uint64_t value)
{
	uint64_t found = value;

	return instar_get(world.map, NULL, wanted, &found) == INSTAR_NOTFOUND || found == value;
}

static void calls_outlive_growth(const struct instar_scheme_info *scheme)
{
	uint64_t old = 0;

	open_world(scheme);
	for (uint64_t i = 0; i < STAYING; i++)
		fine = fine && instar_insert(world.map, NULL, STAYING_FIRST + i, i, NULL) == INSTAR_OK;
	let_happen(STEP_ROOT_READ, grow);
	fine = fine && instar_insert(world.map, NULL, key(1), 1, NULL) == INSTAR_OK && !happens &&
	       instar_get(world.map, NULL, key(1), &old) == INSTAR_OK && old == 1;
	close_world("an insertion that holds the root is not lost in a table that was left meanwhile");

	open_world(scheme);
	fine = instar_insert(world.map, NULL, key(1), 1, NULL) == INSTAR_OK;
	let_happen(STEP_ROOT_READ, grow);
	fine = fine && instar_put(world.map, NULL, key(1), 2, &old) == INSTAR_EXISTS && old == 1 && !happens;
	let_happen(STEP_ROOT_READ, grow);
	fine = fine && instar_fetch_add(world.map, NULL, key(1), 3, 0, &old) == INSTAR_EXISTS && old == 2 &&
	       instar_remove(world.map, NULL, key(1), &old) == INSTAR_OK && old == 5;
	close_world("nor is a change");

	open_world_with(scheme, 0, 1);
	let_happen(STEP_ROOT_READ, grow);
	fine = instar_insert(world.map, NULL, key(1), 1, NULL) == INSTAR_OK && !happens &&
	       instar_insert(world.map, NULL, key(2), 1, NULL) == INSTAR_FULL;
	close_world("and an insertion that looks again takes one place of max_capacity");
}

static void calls_outlive_clear(const struct instar_scheme_info *scheme)
{
	open_world(scheme);
	let_happen(STEP_ROOT_READ, clear);
	fine = instar_insert(world.map, NULL, key(1), 1, NULL) == INSTAR_OK && !happens && gone_or(key(1), 1);
	let_happen(STEP_CLAIMED, clear);
	fine = fine && instar_put(world.map, NULL, key(2), 2, NULL) == INSTAR_OK && !happens && gone_or(key(2), 2) &&
	       instar_size(world.map) == scanned(key(1)) + scanned(key(2));
	close_world("calls that hold the root while the map is cleared");
}

/* ---- the miss filter shows a key before its home does ---- */

/* Within the call that is interrupted the straight line of get, which asks the filter, may not be open. */
static void by_another_thread(void *(*what)(void *))
{
	pthread_t thread;

	if (pthread_create(&thread, NULL, what, NULL) || pthread_join(thread, NULL))
		bail_out("no thread");
}

static void *find_then_get(void *unused)
{
	wrong = instar_insert(world.map, NULL, key(1), 3, NULL) != INSTAR_EXISTS ||
		!instar_contains(world.map, NULL, key(1));
	return unused;
}

static void look_at_the_published(void)
{
	by_another_thread(find_then_get);
}

static void *get_the_staying(void *unused)
{
	for (uint64_t i = 0; i < STAYING; i++)
		wrong |= !instar_contains(world.map, NULL, STAYING_FIRST + i);
	return unused;
}

/* T15 comes while a helper sleeps that has just given birth: from then on the filter alone settles misses. */
static void end_the_migration(void)
{
	while (instar_maintain(world.map, NULL, 64) == INSTAR_BUSY)
		;
	by_another_thread(get_the_staying);
}

static void filter_hides_nothing(const struct instar_scheme_info *scheme)
{
	open_world_with(scheme, INSTAR_MAP_MISS_FILTER, 0);
	fine = instar_insert(world.map, NULL, key(0), 1, NULL) == INSTAR_OK;
	let_happen(STEP_PUBLISHED, look_at_the_published);
	fine = fine && instar_insert(world.map, NULL, key(1), 2, NULL) == INSTAR_OK && !happens;
	close_world("the miss filter shows a key as soon as an insertion finds it");

	for (unsigned births = 0; births < BIRTHS; births++) { /* of some homes nothing is in */
		open_world_with(scheme, INSTAR_MAP_MISS_FILTER, 0);
		for (uint64_t i = 0; i < STAYING; i++)
			fine = fine && instar_insert(world.map, NULL, STAYING_FIRST + i, i, NULL) == INSTAR_OK;
		let_happen(STEP_BORN, end_the_migration);
		passes = births;
		fine = fine && instar_reserve(world.map, NULL, 4000) == INSTAR_OK && !happens;
		get_the_staying(NULL);
		close_world("and what a home is born with");
	}
}

/* ---- entries come while a smaller table is on its way ---- */

enum { CAME = 3000, CAME_FIRST = 1 << 21 };

static void entries_come(void)
{
	for (uint64_t i = 0; i < CAME; i++)
		wrong |= instar_insert(world.map, NULL, CAME_FIRST + i, i, NULL) != INSTAR_OK;
}

/* More come than the smaller table holds: it is given up, and the map no larger than it was. */
static void shrink_gives_up(const struct instar_scheme_info *scheme)
{
	struct instar_map_stats before, after;

	open_world(scheme);
	fine = instar_reserve(world.map, NULL, 2 * CAME) == INSTAR_OK;
	instar_map_stats(world.map, &before);
	let_happen(STEP_BEFORE_TABLE, entries_come);
	fine = fine && instar_shrink(world.map, NULL) == INSTAR_OK && !happens && instar_size(world.map) == CAME;
	instar_map_stats(world.map, &after);
	fine = fine && after.shrinks == before.shrinks + 1 && after.homes <= before.homes;
	close_world("a shrink that meets more entries than its table holds is taken back");
}

/* A large one goes by several tables, so that each home has but a few to come from. */
static void shrink_goes_by_steps(const struct instar_scheme_info *scheme)
{
	struct instar_map_stats before, after;

	open_world(scheme);
	instar_map_stats(world.map, &before);
	fine = instar_reserve(world.map, NULL, before.slots * 32) == INSTAR_OK &&
	       instar_insert(world.map, NULL, 1, 2, NULL) == INSTAR_OK &&
	       instar_shrink(world.map, NULL) == INSTAR_OK && instar_contains(world.map, NULL, 1);
	instar_map_stats(world.map, &after);
	fine = fine && after.shrinks == before.shrinks + 2 && after.homes == before.homes;
	close_world("a shrink to a much smaller table goes by steps");
}

/* The smallest table that they fill to 40 % at most, but for some hundred slots: it need not grow soon. */
static void shrink_leaves_room(const struct instar_scheme_info *scheme)
{
	struct instar_map_stats after;

	open_world(scheme);
	fine = instar_reserve(world.map, NULL, 8 * CAME) == INSTAR_OK;
	entries_come();
	fine = fine && instar_shrink(world.map, NULL) == INSTAR_OK;
	instar_map_stats(world.map, &after);
	fine = fine && after.shrinks && after.slots * 40 >= CAME * 100 && (after.slots / 2 - 100) * 40 < CAME * 100;
	close_world("a shrink leaves room in the smaller table, and no more than that");
}

/* ---- a clear is seen before it is counted ---- */

static void come_into_the_cleared(void)
{
	entries_come();
	wrong |= instar_size(world.map) != CAME;
}

/* The clearing thread may stop there: the others' table grows all the same, and they are counted. */
static void cleared_maps_grow(const struct instar_scheme_info *scheme)
{
	open_world(scheme);
	for (uint64_t i = 0; i < STAYING; i++)
		fine = fine && instar_insert(world.map, NULL, STAYING_FIRST + i, i, NULL) == INSTAR_OK;
	let_happen(STEP_CLEARED, come_into_the_cleared);
	fine = fine && instar_clear(world.map, NULL) == INSTAR_OK && !happens && instar_size(world.map) == CAME;
	close_world("what comes into a cleared map is counted, whoever cleared it");
}

static enum instar_action clear_and_fill(uint64_t same, bool present, uint64_t *value, void *ctx)
{
	(void)same;
	(void)ctx;
	wrong |= !present || instar_clear(world.map, NULL) != INSTAR_OK;
	entries_come();
	*value = 5;
	return INSTAR_REMOVE;
}

/* A call that is overtaken by a clear within its own callback ends in the table before it, and does not count. */
static void cleared_by_a_callback(const struct instar_scheme_info *scheme)
{
	open_world(scheme);
	fine = instar_insert(world.map, NULL, 1, 2, NULL) == INSTAR_OK &&
	       instar_compute(world.map, NULL, 1, clear_and_fill, NULL) <= INSTAR_NOTFOUND;
	fine = fine && instar_size(world.map) == CAME;
	close_world("a call whose callback clears the map counts no more");
}

/* ---- steady churn ---- */

/* Eager burial makes slots free again: a table half full never needs to be purged, and keys find room at home. */
static void churn_needs_no_migration(const struct instar_scheme_info *scheme)
{
	struct instar_map_stats warm, after;

	open_world(scheme);
	fine = instar_reserve(world.map, NULL, 2 * WINDOW) == INSTAR_OK;
	for (uint64_t i = 0; i < CHURN; i++) {
		fine = fine && instar_insert(world.map, NULL, i, i, NULL) == INSTAR_OK &&
		       (i < WINDOW || instar_remove(world.map, NULL, i - WINDOW, NULL) == INSTAR_OK);
		if (i == WARM_UP)
			instar_map_stats(world.map, &warm);
		if (i % 8 == 0)
			world_rest(&world, NULL);
	}
	instar_map_stats(world.map, &after);
	fine = fine && after.growths + after.purges == warm.growths + warm.purges &&
	       after.displaced - warm.displaced < CHURN / (SLOTS == 7 ? 20 : 5); /* Poisson: 1 % and 16 % of full homes */
	close_world("steady churn needs no migration, and hardly displaces");
}

static void run(const struct instar_scheme_info *scheme, void *unused)
{
	(void)unused;
	claims_are_unseen(scheme);
	moved_keys_are_met_once(scheme);
	calls_outlive_growth(scheme);
	calls_outlive_clear(scheme);
	filter_hides_nothing(scheme);
	shrink_gives_up(scheme);
	shrink_goes_by_steps(scheme);
	shrink_leaves_room(scheme);
	cleared_maps_grow(scheme);
	cleared_by_a_callback(scheme);
	if (scheme->has_grace && !scheme->process_wide) /* liburcu's worker takes its time */
		churn_needs_no_migration(scheme);
}

int main(void)
{
	instar_step_hook = hook;
	each_scheme(run, NULL);
	return done_testing();
}
