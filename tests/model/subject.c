/*
 * tests/model/subject.c - the real source, in one translation unit over the shim, and its world.
 */
#include "tests/model/shim.h"

#include <stdlib.h>
#include <string.h>

#include MODEL_RECLAIM_FILE

#include "src/engine.c"
#include "src/check.c"
#include "src/lines.c"
#include "src/map.c"
#include "tests/model/lock.h"
#include "src/snapshot.c"
#include "src/status.c"
#include "src/step.c"
#include "src/table.c"

#include "tests/model/arena.h"
#include "tests/model/history.h"
#include "tests/model/memory.h"
#include "tests/model/schedule.h"
#include "tests/model/subject.h"

enum { OBSERVER = MAX_THREADS, MAX_OPS = 16, KEYS_OF_HOME = 26, FILLER_LOW = 1 << 10, FILLER_VALUE = 9 };

static struct world {
	instar_domain *domain;
	instar_map *map;
	instar_thread *thread[MAX_THREADS + 1];
	word hash[MAX_KEYS];          /* of each letter's key */
	bool used[MAX_KEYS];
	struct content initial[MAX_KEYS];
	unsigned threads, fillers, fillers_first; /* those of the preparation */
	struct cell *cell;            /* see objects.h */
	struct op {
		char verb;
		unsigned key;
		uint64_t a, b;
	} program[MAX_THREADS][MAX_OPS];
	unsigned ops[MAX_THREADS];
} world;

const struct engine *engine_for(const char *scheme)
{
	(void)scheme;
	return &ENGINE_NAME; /* with its counterpart for filtered maps */
}

#include "tests/model/picture.h"
#include "tests/model/oracle.h"
#include "tests/model/objects.h"

/* ---- programs ---- */

static unsigned key_number(char letter)
{
	return letter >= 'a' ? (unsigned)(letter - 'a') : KEYS_OF_HOME + (unsigned)(letter - 'A');
}

/* The next word of a program.  false: there is none. */
static bool parse_op(const char **text, struct op *op)
{
	const char *s = *text + strspn(*text, " ");
	if (!*s)
		return false;
	*op = (struct op){ .verb = *s++, .key = MAX_KEYS };
	if (strchr("ipfrcexgBFO", op->verb)) {
		op->key = key_number(*s++);
		world.used[op->key] = true;
	}
	uint64_t *number[2] = { &op->a, &op->b };
	for (unsigned i = 0; *s && *s != ' '; i++)
		if (op->verb == 'F' || op->verb == 'O')
			op->a = op->a * 10 + (uint64_t)(*s++ - '0');
		else
			*number[i % 2] = (uint64_t)(*s++ - '0');
	*text = s;
	return true;
}

static void parse_programs(const struct scenario *s)
{
	struct op op;
	for (const char *text = s->setup; parse_op(&text, &op);)
		;
	for (world.threads = 0; world.threads < SCENARIO_THREADS && s->thread[world.threads]; world.threads++) {
		const char *text = s->thread[world.threads];
		unsigned *n = &world.ops[world.threads];
		for (*n = 0; *n < MAX_OPS && parse_op(&text, &world.program[world.threads][*n]);)
			++*n;
	}
}

/* ---- keys in chosen homes ---- */

/* Among the last homes, so that T15's look over the table soon comes to them. */
static void choose_hashes(unsigned log2_homes)
{
	for (unsigned k = 0; k < MAX_KEYS; k++) {
		word home = ((word)1 << log2_homes) - 4 + k / KEYS_OF_HOME, number = k % KEYS_OF_HOME;
		word child = number % 2;
		world.hash[k] = home << (WORD_BITS - log2_homes) | child << (WORD_BITS - log2_homes - 1) | (number + 1);
	}
}

static uint64_t key_of(word h)
{
	return hash_key(&world.map->hash, h);
}

/* ---- calls ---- */

static enum instar_status make_call(instar_thread *t, const struct op *op, uint64_t *out)
{
	instar_map *map = world.map;
	uint64_t key = op->key < MAX_KEYS ? key_of(world.hash[op->key]) : 0;
	switch (op->verb) {
	case 'i': return instar_insert(map, t, key, op->a, out);
	case 'p': return instar_put(map, t, key, op->a, out);
	case 'f': return instar_fetch_add(map, t, key, op->a, 0, out);
	case 'r': return instar_replace(map, t, key, op->a, out);
	case 'e': return instar_remove(map, t, key, out);
	case 'x': return instar_remove_if(map, t, key, op->a);
	case 'g': return instar_get(map, t, key, out);
	case 'c':
		*out = op->a;
		return instar_cas(map, t, key, out, op->b);
	case 'm': return instar_maintain(map, t, 1);
	case 'M': return instar_reserve(map, t, 1);
	case 'C': return instar_clear(map, t);
	default: return INSTAR_INVAL;
	}
}

static bool is_of_interest(const struct table *table, size_t home)
{
	for (unsigned k = 0; k < MAX_KEYS; k++)
		if (world.used[k] && home_of(table, world.hash[k]) == home)
			return true;
	return false;
}

/*
 * In no time, the migration comes as far as it can without the homes of interest; all others are handed
 * out, and seen born but for the last, which take two looks.
 */
static void bear_the_rest(instar_thread *t)
{
	bool active = trial.active;
	trial.active = false;
	struct table *root = section_root(world.map, t);
	const struct table *before = prev_table(root->prev);
	bool siblings = before && before->log2_homes < root->log2_homes; /* are born together */
	for (size_t home = 0; home < table_homes(root); home++)
		if (!is_of_interest(root, home) && !(siblings && is_of_interest(root, home ^ 1)))
			bear_home(world.map, t, map_line(world.map, t), root, home);
	root->next_home = table_homes(root);
	root->born = table_homes(root) - 2 * VERIFY_HOMES;
	trial.active = active;
}

/* ---- fillers ---- */

/* An entry of no interest; without the help for migrations that an insertion gives. */
static void insert_filler(size_t home)
{
	instar_thread *t = world.thread[OBSERVER];
	struct table *root = (struct table *)world.map->root;
	unsigned shift = WORD_BITS - root->log2_homes;
	word low = FILLER_LOW + (word)world.fillers;
	word h = (word)home << shift | (word)(world.fillers++ % 2) << (shift - 1) | low;
	struct request r = { .value = FILLER_VALUE };
	struct place p;
	section_enter(t);
	struct line *line = map_line(world.map, t);
	while (try_modify(world.map, t, line, h, VERB_INSERT, &r, &p) == AGAIN)
		;
	line_add(line, &line->inserted, 1);
	section_leave(t);
}

static unsigned free_slots(size_t home)
{
	const struct table *root = (const struct table *)world.map->root;
	unsigned n = 0;
	for (unsigned i = 0; i < SLOTS; i++)
		n += q_tag(load_first_acquire(&root->buckets[home].slot[i])) == TAG_FREE;
	return n;
}

static void fill_home(size_t home, uint64_t free)
{
	while (free_slots(home) > free)
		insert_filler(home);
}

/* All that a home reaches from distance d on, in no time. */
static void fill_from(size_t home, uint64_t d)
{
	const struct table *root = (const struct table *)world.map->root;
	bool active = trial.active;
	trial.active = false;
	for (; d <= FAR_BUCKETS; d++)
		fill_home(far_bucket(home, (unsigned)d, root->mask), 0);
	trial.active = active;
}

/* ---- steps ---- */

/* What is no public call: one step of the protocol, in a section. */
static void make_step(instar_thread *t, const struct op *op)
{
	section_enter(t);
	struct table *root = section_root(world.map, t);
	unsigned log2 = root->log2_homes;
	switch (op->verb) {
	case 'G': install_table(world.map, root, log2 + 1); break;
	case 'P': install_table(world.map, root, log2); break;
	case 'S': install_table(world.map, root, log2 - 1); break;
	case 'B': bear_home(world.map, t, map_line(world.map, t), root, home_of(root, world.hash[op->key])); break;
	case 'R': bear_the_rest(t); break;
	case 'O': fill_from(home_of(root, world.hash[op->key]), op->a); break;
	default: run_fail("no such word: %c", op->verb);
	}
	section_leave_writer(t);
}

/* The call that is checked is the opening; what is read later must be what was there then. */
static enum instar_status read_snapshot(unsigned thread)
{
	static struct content shown[MAX_THREADS + 1][MAX_KEYS];
	instar_thread *t = world.thread[thread];
	instar_snapshot *snapshot;
	enum instar_status status = instar_snapshot_open(world.map, t, &snapshot);
	history_end(thread, status, 0);
	if (status != INSTAR_OK)
		return status;
	for (unsigned k = 0; k < MAX_KEYS; k++) {
		shown[thread][k] = (struct content){ false, 0 };
		if (world.used[k])
			shown[thread][k].present = instar_snapshot_get(snapshot, t, key_of(world.hash[k]),
								       &shown[thread][k].value) == INSTAR_OK;
	}
	history_show(thread, shown[thread]);
	instar_snapshot_close(snapshot, t);
	return INSTAR_OK;
}

static void make_op(unsigned thread, const struct op *op)
{
	bool of_key = strchr("ipfrcexg", op->verb) != NULL;
	struct call call = { .verb = op->verb, .thread = thread, .key = of_key ? op->key : MAX_KEYS, .a = op->a, .b = op->b };
	uint64_t out = 0;
	enum instar_status status = INSTAR_OK;
	history_announce(&call);
	meetings_begin_call(thread);
	if (trial.trace)
		trace_call(&call);
	if (strchr("GPSBRO", op->verb))
		make_step(world.thread[thread], op);
	else if (strchr("vwuszkbo", op->verb))
		make_object_op(world.thread[thread], op->verb);
	else if (op->verb == 'N')
		status = read_snapshot(thread);
	else
		status = make_call(world.thread[thread], op, &out);
	history_end(thread, status, out);
	after_model_call(world.thread[thread]);
	if (trial.trace)
		trace_answer(thread, status, out);
	if (status > INSTAR_BUSY)
		run_fail("%c answers %s", op->verb, instar_status_name(status));
}

void subject_thread(unsigned thread)
{
	begin_model_thread(world.thread[thread]);
	for (unsigned i = 0; i < world.ops[thread]; i++)
		make_op(thread, &world.program[thread][i]);
	end_model_thread(world.thread[thread]);
}

/* ---- preparation ---- */

static void prepare_op(const struct op *op)
{
	const struct table *root = (const struct table *)world.map->root;
	size_t home = op->key < MAX_KEYS ? home_of(root, world.hash[op->key]) : 0;
	switch (op->verb) {
	case 'F': fill_home(home, op->a); break;
	case 'O': fill_from(home, op->a); break;
	case 'K':
		world.cell->held = true;
		hold_object(world.thread[OBSERVER]);
		break;
	case 'W': break; /* make_world has seen to it */
	default: make_op(OBSERVER, op);
	}
}

static void make_world(unsigned log2_homes, bool filter)
{
	struct instar_map_opts opts = INSTAR_MAP_OPTS_INIT;
	opts.seed[0] = 1;
	opts.flags = filter ? INSTAR_MAP_MISS_FILTER : 0;
	opts.capacity = ((size_t)1 << log2_homes) * SLOTS * 6 / 10;
	arena_clear();
	memset(&world, 0, sizeof world);
	world.domain = domain_for_model();
	if (instar_map_create(&world.map, world.domain, &opts) != INSTAR_OK)
		run_fail("no map");
	for (unsigned t = 0; t <= MAX_THREADS; t++)
		world.thread[t] = thread_for_model(world.domain, t + 1);
	memory_ignore(&world.map->growths, sizeof(uint64_t) * 3);
	world.cell = arena_alloc(sizeof *world.cell, CACHE_LINE);
	world.cell->object = world.cell->first = (uintptr_t)arena_alloc(CACHE_LINE, CACHE_LINE);
}

void subject_prepare(const struct scenario *s)
{
	unsigned log2_homes = s->log2_homes ? s->log2_homes : MIN_LOG2_HOMES;
	memory_forget();
	history_forget();
	history_clear();
	make_world(log2_homes, strchr(s->setup, 'W') != NULL);
	choose_hashes(log2_homes);
	parse_programs(s);
	struct op op;
	for (const char *text = s->setup; parse_op(&text, &op);)
		prepare_op(&op);
	for (unsigned k = 0; k < MAX_KEYS; k++)
		world.initial[k] = world.used[k] ? content_of(k) : (struct content){ false, 0 };
	world.fillers_first = world.fillers;
	save_for_model();
	arena_save();
}

void subject_begin_run(void)
{
	arena_restore();
	world.fillers = world.fillers_first;
	restore_for_model();
	memory_begin_run();
	meetings_begin_run();
	history_clear();
	instar_step_hook = trial.trace ? trace_step : NULL;
}

void subject_switch(unsigned from, unsigned to)
{
	switch_for_model(from, to);
}

/* ---- the end of a run ---- */

static void observe_keys(void)
{
	for (unsigned k = 0; k < MAX_KEYS; k++) {
		struct op get = { 'g', k, 0, 0 };
		if (world.used[k])
			make_op(OBSERVER, &get);
	}
}

/* Everything is at rest: no claim, no unfinished burial, nothing forgotten. */
static void check_rest(void)
{
	char *text = NULL;
	size_t size;
	FILE *report = open_memstream(&text, &size);
	enum instar_status status = instar_map_check(world.map, report);
	fclose(report);
	if (status != INSTAR_OK)
		run_fail("at rest: %s", text);
	free(text);
	if (world.cell->held)
		user_leave(world.thread[OBSERVER]);
	free_all_for_model(world.thread[OBSERVER]);
	check_tables_reachable();
}

void subject_end_run(void)
{
	static const struct op all = { 'M', MAX_KEYS, 0, 0 };
	memory_end_run();
	if (trial.parked < MAX_THREADS)
		history_now(trial.parked); /* it may have come into effect, whether or not it seemed to begin */
	if (!memory_learnt() && history_is_known(mix(memory_hash(), trial.parked)))
		return;
	observe_keys();
	make_op(OBSERVER, &all);
	observe_keys();
	if (trial.parked == MAX_THREADS)
		check_rest();
	if (!memory_learnt() && !history_is_linearizable(world.initial))
		run_fail("no order of the calls explains their answers");
}
