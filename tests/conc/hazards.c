/*
 * tests/conc/hazards.c - what a thread holds by hazards stays, whatever the others do meanwhile, and nothing else does;
 * and engines that forget one kind of hazard are caught.
 *
 * A victim is stopped in the middle of a call.  The others turn the tables over; tables are kept when they are
 * freed, so that one freed too early is seen for sure, and hurts nobody.
 */
#include <limits.h>
#include <sched.h>

#define HAZARD_ASYMMETRIC 0 /* for the layout of a handle */
#include "reclaim/hazard.h"
#include "src/state.h"
#include "src/step.h"
#include "tests/support/actor.h"
#include "tests/support/schemes.h"
#include "tests/support/tap.h"

void hyaline_s_count_pin(instar_thread *t, int by); /* its layout: hazards_hyaline_s.c */

extern const struct engine engine_without_root, engine_without_pin, engine_without_reference;

enum { KEYS = 1000, PIECES = 1 << 16, TURNS = 30, FEW_TABLES = 6, NESTED_KEY = 5, SEED = 2, MANY = 3000 };

/* ---- memory that stays when it is freed ---- */

static struct {
	pthread_mutex_t lock;
	unsigned n, tables; /* tables: not freed */
	struct {
		void *memory;
		bool freed;
	} piece[PIECES];
} keeper = { .lock = PTHREAD_MUTEX_INITIALIZER };

static void *keep_alloc(size_t size, size_t alignment, void *ctx)
{
	void *memory = aligned_alloc(alignment, (size + alignment - 1) & ~(alignment - 1));

	(void)ctx;
	pthread_mutex_lock(&keeper.lock);
	if (!memory || keeper.n == PIECES)
		abort();
	keeper.piece[keeper.n++].memory = memory;
	pthread_mutex_unlock(&keeper.lock);
	return memory;
}

static void keep_free(void *memory, size_t size, size_t alignment, void *ctx)
{
	(void)size;
	(void)alignment;
	(void)ctx;
	pthread_mutex_lock(&keeper.lock);
	for (unsigned i = 0; i < keeper.n; i++)
		if (keeper.piece[i].memory == memory)
			keeper.piece[i].freed = true;
	pthread_mutex_unlock(&keeper.lock);
}

static void *keep_map(size_t size, size_t alignment, void *ctx)
{
	fetch_add_seq_cst(&keeper.tables, 1);
	return memset(keep_alloc(size, alignment, ctx), 0, size);
}

static void keep_unmap(void *memory, size_t size, size_t alignment, void *ctx)
{
	keep_free(memory, size, alignment, ctx);
	fetch_sub_seq_cst(&keeper.tables, 1);
}

static bool is_freed(const void *memory)
{
	bool freed = false;

	pthread_mutex_lock(&keeper.lock);
	for (unsigned i = 0; i < keeper.n; i++)
		if (keeper.piece[i].memory == memory)
			freed = keeper.piece[i].freed;
	pthread_mutex_unlock(&keeper.lock);
	return freed;
}

static void keeper_clear(void)
{
	for (unsigned i = 0; i < keeper.n; i++) {
		free(keeper.piece[i].memory);
		keeper.piece[i].freed = false;
	}
	keeper.n = 0;
}

/* ---- the gate at which the victim stops ---- */

static struct {
	unsigned step;             /* atomic */
	unsigned parked, released; /* atomic */
	bool nested;               /* before it stops it calls the map once more, as a signal handler might */
	const void *source, *root; /* the tables it may be looking at */
} gate;

static __thread bool is_victim;
static instar_map *map;

static void look_at_tables(void)
{
	const struct table *root = (const struct table *)load_seq_cst(&map->root), *prev = prev_table(root->prev);

	gate.root = root->buckets;
	gate.source = prev ? prev->buckets : NULL;
}

static void hook(unsigned step)
{
	if (!is_victim || step != load_acquire(&gate.step))
		return;
	is_victim = false;
	look_at_tables();
	if (gate.nested && (!instar_contains(map, NULL, NESTED_KEY) || instar_put(map, NULL, NESTED_KEY, 1, NULL) != INSTAR_EXISTS))
		abort();
	store_release(&gate.parked, 1);
	while (!load_acquire(&gate.released))
		sched_yield();
}

/* ---- the victim's calls ---- */

static void *victim(void *arg)
{
	void (*call)(instar_thread *t) = *(void (**)(instar_thread *t))arg;
	instar_thread *t;

	if (instar_thread_self(map->domain, &t) != INSTAR_OK)
		abort();
	is_victim = true;
	call(t);
	is_victim = false;
	store_release(&gate.parked, 1);
	return NULL;
}

static void call_get(instar_thread *t)
{
	uint64_t value = 0;

	if (instar_get(map, t, 7, &value) != INSTAR_OK || value != 7)
		abort();
}

static bool is_hyaline_s(const struct reclaim_scheme *scheme)
{
	return !strcmp(scheme->info.name, "hyaline-s");
}

static void count_pin(instar_thread *t, int by)
{
	if (is_hyaline_s(t->domain->scheme))
		hyaline_s_count_pin(t, by);
	else
		hazard_thread(t)->pins += (unsigned)by;
}

/* As in a signal handler that comes when a section of the map's is counted, but not yet announced. */
static void call_get_unannounced(instar_thread *t)
{
	count_pin(t, 1);
	call_get(t);
	count_pin(t, -1);
}

static void call_insert(instar_thread *t)
{
	if (instar_insert(map, t, KEYS + 7, 1, NULL) != INSTAR_OK)
		abort();
}

static void call_reserve(instar_thread *t)
{
	if (instar_reserve(map, t, 8 * KEYS) != INSTAR_OK)
		abort();
}

/* ---- one victim ---- */

struct way {
	const char *what;
	void (*call)(instar_thread *t);
	unsigned step;
	bool nested, straight, heir;
};

static instar_domain *open_map(const struct reclaim_scheme *scheme, const struct engine *engine,
			       void (*value_free)(void *, void *))
{
	static const struct instar_allocator allocator = {
		sizeof(allocator), keep_map, keep_unmap, keep_alloc, keep_free, NULL
	};
	struct instar_domain_opts opts = INSTAR_DOMAIN_OPTS_INIT;
	struct instar_map_opts map_opts = INSTAR_MAP_OPTS_INIT;
	instar_domain *domain;

	opts.allocator = &allocator;
	map_opts.value_free = value_free;
	map_opts.flags = INSTAR_MAP_SMALL_PAGES;
	map_opts.seed[0] = SEED; /* by it the keys asked for are in their homes: the straight lines find them */
	domain = open_domain(scheme, &opts);
	if (instar_map_create(&map, domain, &map_opts) != INSTAR_OK)
		abort();
	if (engine)
		map->engine = engine;
	return domain;
}

/* Grows and shrinks the map, and frees what may be freed. */
static void turn_over(instar_thread *t)
{
	if (instar_reserve(map, t, 16 * KEYS) != INSTAR_OK || instar_shrink(map, t) != INSTAR_OK)
		abort();
	try_hard(t);
}

static void close_map(instar_domain *domain, instar_thread *t)
{
	if (instar_map_check(map, stdout) != INSTAR_OK || instar_barrier(t) != INSTAR_OK)
		abort();
	instar_map_destroy(map);
	instar_thread_detach(t);
	if (instar_domain_destroy(domain) != INSTAR_OK || load_acquire(&keeper.tables))
		abort();
	keeper_clear();
}

static void *end_within_a_call(void *domain)
{
	instar_thread *t;

	if (instar_thread_self(domain, &t) != INSTAR_OK)
		abort();
	t->domain->scheme->enter_all(t);
	return NULL;
}

/* To whom the victim is heir: it gets his handle. */
static void begin_and_end(instar_domain *domain)
{
	pthread_t thread;

	if (pthread_create(&thread, NULL, end_within_a_call, domain))
		abort();
	pthread_join(thread, NULL);
}

/* true: what the victim looks at stays while it sleeps, other tables do not, and all go after it. */
static bool tables_stay(const struct reclaim_scheme *scheme, const struct engine *engine, const struct way *way)
{
	instar_domain *domain = open_map(scheme, engine, NULL);
	instar_thread *t = join_domain(domain);
	pthread_t thread;
	bool good;

	for (uint64_t key = 0; key < KEYS; key++)
		instar_insert(map, t, key, key, NULL);
	gate.step = way->step;
	gate.nested = way->nested;
	gate.parked = gate.released = 0;
	if (way->heir)
		begin_and_end(domain);
	if (pthread_create(&thread, NULL, victim, (void *)(uintptr_t)&way->call))
		abort();
	while (!load_acquire(&gate.parked))
		sched_yield();
	for (unsigned i = 0; i < TURNS; i++)
		turn_over(t);
	good = !is_freed(gate.root) && !is_freed(gate.source);
	good &= !way->straight || load_acquire(&keeper.tables) <= FEW_TABLES;
	store_release(&gate.released, 1);
	pthread_join(thread, NULL);
	good &= gate.root != NULL;
	turn_over(t);
	if (instar_barrier(t) != INSTAR_OK)
		abort();
	good &= is_freed(gate.root);
	gate.root = gate.source = NULL;
	close_map(domain, t);
	return good;
}

/* ---- references ---- */

struct box {
	unsigned destroyed; /* atomic */
};

static void box_destroy(void *value, void *ctx)
{
	struct box *box = value;

	(void)ctx;
	fetch_add_seq_cst(&box->destroyed, 1);
}

static void job_get_ref(struct actor *a, void *arg)
{
	instar_enter(a->self);
	if (instar_get_ref(map, a->self, 7, arg) != INSTAR_OK)
		abort();
}

static void job_leave(struct actor *a, void *arg)
{
	(void)arg;
	instar_leave(a->self);
}

/* true: a value that is referred to stays until the section ends. */
static bool reference_stays(const struct reclaim_scheme *scheme, const struct engine *engine)
{
	instar_domain *domain = open_map(scheme, engine, box_destroy);
	struct box *boxes = calloc(KEYS, sizeof(*boxes));
	instar_thread *t = join_domain(domain);
	void *found = NULL;
	struct actor reader;
	bool good = true;

	for (uint64_t key = 0; key < KEYS; key++)
		instar_insert(map, t, key, (uintptr_t)&boxes[key], NULL);
	actor_start(&reader, domain);
	actor_do(&reader, job_get_ref, &found);
	for (uint64_t key = 0; key < KEYS; key++)
		instar_remove(map, t, key, NULL);
	turn_over(t);
	good &= found == &boxes[7] && !load_acquire(&boxes[7].destroyed);
	actor_do(&reader, job_leave, NULL);
	instar_barrier(t);
	for (uint64_t key = 0; key < KEYS; key++)
		good &= load_acquire(&boxes[key].destroyed) == 1;
	actor_stop(&reader);
	close_map(domain, t);
	free(boxes);
	return good;
}

/* As many references as there is room for, and one more; where they have no limit, many. */
static void too_many_references(const struct reclaim_scheme *scheme)
{
	instar_domain *domain = open_map(scheme, NULL, box_destroy);
	struct box *boxes = calloc(KEYS, sizeof(*boxes));
	instar_thread *t = join_domain(domain);
	unsigned taken = 0, limit = scheme->info.max_refs;
	bool limited = limit < UINT_MAX;
	void *object;

	for (uint64_t key = 0; key < KEYS; key++)
		instar_insert(map, t, key, (uintptr_t)&boxes[key], NULL);
	for (unsigned round = 0; round < 2; round++) {
		instar_enter(t);
		while (taken < (round + 1) * MANY && instar_get_ref(map, t, taken % KEYS, &object) == INSTAR_OK)
			taken++;
		ok(taken == (round + 1) * (limited ? limit : MANY) &&
		   instar_get_ref(map, t, 0, &object) == (limited ? INSTAR_FULL : INSTAR_OK) &&
		   instar_get(map, t, 0, NULL) == INSTAR_OK, "%s: a reference too many: %s", scheme->info.name,
		   limited ? "FULL" : "there is none");
		instar_leave(t);
	}
	ok(instar_clear(map, t) == INSTAR_UNSUPPORTED && instar_size(map) == KEYS,
	   "%s: a boxed map is not cleared at once", scheme->info.name);
	close_map(domain, t);
	free(boxes);
}

/* ---- */

static const struct way ways[] = {
	{ "a get", call_get, STEP_READING, false, true, false },
	{ "a get, before it looks at the table", call_get, STEP_ROOT_READ, false, true, false },
	{ "a get that a signal handler's calls interrupt", call_get, STEP_READING_VALUE, true, true, false },
	{ "a get in a signal handler, amid a section's beginning", call_get_unannounced, STEP_READING, false, true,
	  false },
	{ "an insertion, its claim made", call_insert, STEP_CLAIMED, false, true, false },
	{ "an insertion that a signal handler's calls interrupt", call_insert, STEP_ROOT_READ, true, true, false },
	{ "a migration, a home frozen", call_reserve, STEP_FROZEN, false, false, false },
	{ "a migration, a home's entries placed", call_reserve, STEP_BEFORE_BIRTH, false, false, false },
	{ "a migration, all homes born", call_reserve, STEP_ALL_BORN, false, false, false },
	{ "a get through the handle of one that ended within a call", call_get, STEP_READING, false, true, true },
};

static void test_scheme(const struct reclaim_scheme *scheme)
{
	if (!scheme->info.has_refs)
		return;
	for (unsigned i = 0; i < sizeof(ways) / sizeof(ways[0]); i++)
		ok(tables_stay(scheme, NULL, &ways[i]), "%s: %s sleeps: what it looks at stays, and nothing else",
		   scheme->info.name, ways[i].what);
	ok(reference_stays(scheme, NULL), "%s: a value referred to stays", scheme->info.name);
	too_many_references(scheme);
}

int main(void)
{
	const struct reclaim_scheme *hp;
	bool known;

	instar_step_hook = hook;
	each_table(test_scheme);
	hp = reclaim_find("hp", &known);
	if (!hp) /* left out */
		return done_testing();
	ok(!tables_stay(hp, &engine_without_root, &ways[0]), "an engine that does not announce its root is caught");
	ok(!tables_stay(hp, &engine_without_pin, &ways[6]), "an engine that does not pin its sections is caught");
	ok(!reference_stays(hp, &engine_without_reference), "an engine that does not keep references is caught");
	return done_testing();
}
