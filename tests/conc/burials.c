/*
 * tests/conc/burials.c - tombstones are made as long as grace periods elapse, however slowly.  While a reader sleeps that
 * ends; then keys that come back get their old slots, and no migration is needed.
 */
#include <time.h>

#include "tests/support/actor.h"
#include "tests/support/tap.h"
#include "tests/support/world.h"

/* MANY: beyond any patience.  PERIOD: slower than what a thread takes for a stall at first. */
enum {
	PRESENT = 10000,
	KEYS = 2 * PRESENT,
	CAPACITY = 4 * KEYS,
	ROUNDS = 8,
	SLEEPERS = 2, /* one does not make the thread more patient for good */
	MANY = 25000,
	PERIOD = 10000,
	PERIODS = 10,
	REST = 64,
	PATIENCE = 20
};

struct churn {
	struct world world;
	instar_thread *thread;
	struct actor reader;
	uint64_t first; /* the smallest key present */
	uint64_t calls, wrong;
};

static struct instar_map_stats stats_of(const struct churn *churn)
{
	struct instar_map_stats stats;

	instar_map_stats(churn->world.map, &stats);
	return stats;
}

static uint64_t buried(const struct churn *churn)
{
	return stats_of(churn).buried;
}

static uint64_t migrations(const struct churn *churn)
{
	struct instar_map_stats stats = stats_of(churn);

	return stats.growths + stats.purges + stats.shrinks;
}

/* One key goes, another comes. */
static void exchange(struct churn *churn, uint64_t out, uint64_t in)
{
	uint64_t value;

	churn->wrong += instar_remove(churn->world.map, churn->thread, out, &value) != INSTAR_OK || value != ~out;
	churn->wrong += instar_insert(churn->world.map, churn->thread, in, ~in, NULL) != INSTAR_OK;
	if (churn->calls++ % REST == 0)
		instar_thread_quiescent(churn->thread);
}

/* In turn: each key that goes comes back half a round later. */
static void come_and_go(struct churn *churn)
{
	for (uint64_t i = 0; i < KEYS; i++)
		exchange(churn, churn->first + i % KEYS, churn->first + (i + PRESENT) % KEYS);
}

static void go_for_new_keys(struct churn *churn, unsigned n)
{
	for (; n; n--, churn->first++)
		exchange(churn, churn->first, churn->first + PRESENT);
}

/* In a new table.  The one before is freed first: while a table waits, its owner asks for grace periods anyway. */
static void start_again(struct churn *churn)
{
	instar_clear(churn->world.map, churn->thread);
	instar_barrier(churn->thread);
	for (uint64_t i = 0; i < PRESENT; i++) {
		uint64_t key = churn->first + i;

		churn->wrong += instar_insert(churn->world.map, churn->thread, key, ~key, NULL) != INSTAR_OK;
	}
}

/* New keys until tombstones are made, many.  A library's worker, and who is asked by a signal, get time. */
static bool burials_go_on(struct churn *churn)
{
	uint64_t enough = buried(churn) + MANY;
	time_t until = time(NULL) + PATIENCE;

	while (buried(churn) < enough && time(NULL) < until) {
		go_for_new_keys(churn, PRESENT / 10);
		nanosleep(&(struct timespec){ 0, 1000000 }, NULL);
	}
	return buried(churn) >= enough;
}

/* Rounds until one makes no tombstones, before they are many. */
static bool burials_end(struct churn *churn)
{
	uint64_t first = buried(churn), before, now = first;

	do {
		before = now;
		come_and_go(churn);
		now = buried(churn);
	} while (now != before && now - first < MANY);
	return now == before;
}

static void beside_a_sleeper(struct churn *churn, const char *name)
{
	uint64_t tables, tombstones;

	start_again(churn);
	actor_do(&churn->reader, actor_enter, NULL);
	ok(burials_end(churn), "%s: their making ends beside a reader that sleeps", name);
	tables = migrations(churn);
	tombstones = buried(churn);
	for (unsigned i = 0; i < ROUNDS; i++)
		come_and_go(churn);
	ok(buried(churn) == tombstones, "%s: none are made from then on", name);
	actor_do(&churn->reader, actor_leave, NULL);
	ok(burials_go_on(churn), "%s: they are again when it has gone", name);
	ok(migrations(churn) == tables, "%s: all that without a migration", name);
}

/* Another thread's grace periods take the time that it gets: how patient that makes this one is not known. */
static void beside_a_library(struct churn *churn, const char *name)
{
	actor_do(&churn->reader, actor_enter, NULL);
	for (unsigned i = 0; i < ROUNDS; i++)
		come_and_go(churn);
	actor_do(&churn->reader, actor_leave, NULL);
	ok(burials_go_on(churn), "%s: they are again when a reader has slept", name);
}

/* One reader after the other: some grace periods elapse between them. */
static void beside_readers(struct churn *churn, unsigned periods)
{
	while (periods--) {
		actor_do(&churn->reader, actor_enter, NULL);
		go_for_new_keys(churn, PERIOD);
		actor_do(&churn->reader, actor_leave, NULL);
		for (unsigned i = 0; i < REST; i++) {
			instar_thread_quiescent(churn->thread);
			instar_poll(churn->thread, 1);
		}
	}
}

static void beside_slow_readers(struct churn *churn, const char *name)
{
	uint64_t tables, tombstones;

	start_again(churn);
	go_for_new_keys(churn, 4 * CAPACITY); /* until as many are buried as go */
	beside_readers(churn, PERIODS);
	tables = migrations(churn);
	tombstones = buried(churn);
	beside_readers(churn, PERIODS);
	ok(buried(churn) - tombstones > PERIODS * PERIOD / 10 * 9, "%s: one for each key beside readers that are slow", name);
	ok(migrations(churn) == tables, "%s: no migration for their sake", name);
}

static void run(const struct instar_scheme_info *scheme, void *arg)
{
	struct instar_map_opts opts = INSTAR_MAP_OPTS_INIT;
	struct churn churn = { .first = 0 };

	(void)arg;
	if (!scheme->has_grace)
		return;
	opts.capacity = CAPACITY;
	if (!world_open(&churn.world, scheme, NULL, &opts) ||
	    instar_thread_attach(churn.world.domain, &churn.thread) != INSTAR_OK)
		abort();
	actor_start(&churn.reader, churn.world.domain);
	start_again(&churn);
	if (!ok(burials_go_on(&churn), "%s: tombstones are made", scheme->name))
		bail_out("%s: no use to go on", scheme->name);
	if (scheme->process_wide) {
		beside_a_library(&churn, scheme->name);
	} else {
		for (unsigned i = 0; i < SLEEPERS; i++)
			beside_a_sleeper(&churn, scheme->name);
		beside_slow_readers(&churn, scheme->name);
	}
	actor_stop(&churn.reader);
	ok(!churn.wrong && instar_map_check(churn.world.map, stdout) == INSTAR_OK, "%s: nothing is lost", scheme->name);
	instar_thread_detach(churn.thread);
	ok(world_close(&churn.world), "%s: map and domain go without complaint", scheme->name);
}

int main(void)
{
	each_scheme(run, NULL);
	return done_testing();
}
