/*
 * tests/conc/boxes.c - boxes, whose birth is known: under schemes of the era family a reader that never leaves keeps
 * what lived in the eras of its references, and nothing born later; under every scheme it keeps what it refers to.
 */
#include <instar/instar.h>
#include <sched.h>

#include <sys/wait.h>

#include "src/step.h"
#include "tests/support/actor.h"
#include "tests/support/child.h"
#include "tests/support/rng.h"
#include "tests/support/sanitizer.h"
#include "tests/support/schemes.h"
#include "tests/support/tap.h"
#include "tests/support/threads.h"

enum { KEYS = 300, TURNS = 100, RETIRED = 2048, SAME_ERA = 512, TABLES = 10 };
enum { THREADS = 4, CALLS = TEST_WORK(8000), HELD = 12, SLEEPERS = 70, PATIENCE = 60, MEETINGS = 400 };
enum { READERS = 10, EACH = 12, BOXES = READERS * EACH };

struct cargo_box {
	uint64_t canary, key;
};

static uint64_t freed; /* atomic; boxes, ever */

static uint64_t canary_of(const struct cargo_box *box)
{
	return ((uint64_t)(uintptr_t)box ^ box->key) * 0x9e3779b97f4a7c15u;
}

static void unload(void *object, void *ctx)
{
	struct cargo_box *box = object;

	(void)ctx;
	if (load_relaxed(&box->canary) != canary_of(box))
		abort();
	store_relaxed(&box->canary, 0);
	fetch_add_seq_cst(&freed, 1);
}

static struct cargo_box *load_box(instar_domain *domain, uint64_t key)
{
	struct cargo_box *box = instar_box_alloc(domain, sizeof(*box), unload);

	if (!box || box->canary || box->key || (uintptr_t)box % 16)
		abort();
	box->key = key;
	box->canary = canary_of(box);
	return box;
}

static bool intact(const struct cargo_box *box, uint64_t key)
{
	return load_relaxed(&box->canary) == canary_of(box) && box->key == key;
}

static void retire_box(instar_thread *t, struct cargo_box *box)
{
	if (instar_retire(t, box, sizeof(*box), instar_box_free, NULL) != INSTAR_OK)
		abort();
}

/* ---- lives and references ---- */

static bool holds_between(const char *scheme)
{
	return !strcmp(scheme, "ibr") || !strcmp(scheme, "hyaline-s");
}

/* Four boxes, each born after the one before was retired, and in a later era.  The reader refers to two, and between to
 * none, so that only an interval, or a last access, keeps what lived between. */
static void lives(const struct reclaim_scheme *scheme)
{
	instar_domain *domain = open_domain(scheme, NULL);
	instar_thread *t = join_domain(domain);
	const char *name = scheme->info.name;
	void *box[4] = { NULL };
	struct actor reader;
	uint64_t before, kept, expected = !scheme->holds ? 2 : holds_between(name) ? 1 : 0;

	actor_start(&reader, domain);
	instar_thread_offline(t);
	before = load_seq_cst(&freed);
	for (unsigned i = 0; i < 4; i++) {
		box[i] = load_box(domain, i);
		if (i == 0)
			actor_do(&reader, actor_enter, &box[0]);
		if (i == 2)
			actor_do(&reader, actor_refer, &box[2]);
		retire_box(t, box[i]);
		if (i == 1 && scheme->holds)
			scheme->advance(t); /* the era goes on, and frees nothing */
		else
			try_hard(t);
	}
	ok(intact(box[0], 0) && intact(box[2], 2), "%s: boxes referred to stay", name);
	kept = 2 - (load_seq_cst(&freed) - before);
	ok(kept == expected, "%s: of one that lived between and one born later %llu stay", name, (unsigned long long)kept);
	actor_do(&reader, actor_leave, NULL);
	ok(instar_barrier(t) == INSTAR_OK && (load_seq_cst(&freed) - before == 4 || !scheme->advance),
	   "%s: after the section all go", name);
	actor_stop(&reader);
	close_domain(domain, t);
	ok(load_seq_cst(&freed) - before == 4, "%s: each once", name);
}

/* There are more than places for them: he has eight for the eras of a thread, and a scan notes 64 in all.  The thread
 * that came last, whom scans find first, has the oldest, so that the last noted are the youngest. */
static void an_era_each(const struct reclaim_scheme *scheme)
{
	instar_domain *domain = open_domain(scheme, NULL);
	instar_thread *t = join_domain(domain);
	uint64_t before = load_seq_cst(&freed);
	struct actor reader[READERS];
	unsigned kept = 0;
	void *box[BOXES];

	instar_thread_offline(t);
	for (unsigned i = 0; i < READERS; i++)
		actor_start(&reader[i], domain);
	for (unsigned i = 0; i < BOXES; i++) {
		struct actor *a = &reader[READERS - 1 - i / EACH];

		box[i] = load_box(domain, i);
		actor_do(a, i % EACH ? actor_refer : actor_enter, &box[i]);
		retire_box(t, box[i]);
		if (scheme->advance)
			scheme->advance(t);
	}
	try_hard(t);
	for (unsigned i = 0; i < BOXES; i++)
		kept += intact(box[i], i);
	ok(kept == BOXES, "%s: %u references in as many eras: %u boxes stay", scheme->info.name, BOXES, kept);
	for (unsigned i = 0; i < READERS; i++) {
		actor_do(&reader[i], actor_leave, NULL);
		actor_stop(&reader[i]);
	}
	ok(instar_barrier(t) == INSTAR_OK && (load_seq_cst(&freed) - before == BOXES || !scheme->advance),
	   "%s: and go when all have left", scheme->info.name);
	close_domain(domain, t);
}

/* ---- a map of boxes, and a reader that never leaves ---- */

static instar_map *open_map(instar_domain *domain)
{
	struct instar_map_opts opts = INSTAR_MAP_OPTS_INIT;
	instar_map *map;

	opts.value_free = instar_box_free;
	opts.value_bytes = sizeof(struct cargo_box);
	if (instar_map_create(&map, domain, &opts) != INSTAR_OK)
		abort();
	return map;
}

static uint64_t pending(instar_domain *domain)
{
	struct instar_reclaim_stats stats;

	instar_domain_stats(domain, &stats);
	return stats.pending_objects;
}

struct finding {
	instar_map *map;
	uint64_t key;
	void *object;
};

static void job_get_ref(struct actor *a, void *arg)
{
	struct finding *f = arg;

	instar_enter(a->self);
	if (instar_get_ref(f->map, a->self, f->key, &f->object) != INSTAR_OK)
		abort();
}

/* Each turn replaces all values; tables come and go, too. */
static void stalled_for_ever(const struct reclaim_scheme *scheme)
{
	instar_domain *domain = open_domain(scheme, NULL);
	instar_thread *t = join_domain(domain);
	uint64_t most = 0, bound = RETIRED + 4 * (KEYS + SAME_ERA + TABLES), left;
	struct finding finding = { open_map(domain), 7, NULL };
	struct actor reader;
	bool kept = true;

	for (uint64_t key = 0; key < KEYS; key++)
		instar_put(finding.map, t, key, (uintptr_t)load_box(domain, key), NULL);
	actor_start(&reader, domain);
	actor_do(&reader, job_get_ref, &finding);
	for (unsigned turn = 0; turn < TURNS; turn++) {
		for (uint64_t key = 0; key < KEYS; key++) {
			instar_put(finding.map, t, key, (uintptr_t)load_box(domain, key), NULL);
			most = pending(domain) > most ? pending(domain) : most;
		}
		if (turn % 10 == 0)
			instar_reserve(finding.map, t, turn % 20 ? 100 * KEYS : KEYS);
		instar_shrink(finding.map, t);
		wait_for_answers(t);
		kept &= intact(finding.object, 7);
	}
	try_hard(t);
	left = pending(domain);
	ok(kept, "%s: a boxed value referred to stays for ever", scheme->info.name);
	ok(most <= bound && left <= KEYS + SAME_ERA + TABLES, "%s: of %u others at most %llu wait, and %llu in the end",
	   scheme->info.name, TURNS * KEYS, (unsigned long long)most, (unsigned long long)left);
	actor_do(&reader, actor_leave, NULL);
	ok(instar_barrier(t) == INSTAR_OK && !pending(domain), "%s: recovered", scheme->info.name);
	actor_stop(&reader);
	instar_map_destroy(finding.map);
	close_domain(domain, t);
}

/* Keys are given new values until eras have gone by and what may be freed is. */
static void replace_all(instar_domain *domain, instar_map *map, instar_thread *t)
{
	for (uint64_t key = 0; key < KEYS; key++)
		instar_put(map, t, key, (uintptr_t)load_box(domain, key), NULL);
	wait_for_answers(t);
	try_hard(t);
}

/* In a child process there are no sleepers. */
static bool child_frees(instar_domain *domain, instar_thread *t)
{
	pid_t child;
	int status;

	fflush(stdout);
	child = fork();
	if (child == 0) {
		alarm(PATIENCE);
		child_exit(instar_barrier(t) == INSTAR_OK && !pending(domain) ? 0 : 1);
	}
	return child > 0 && waitpid(child, &status, 0) == child && WIFEXITED(status) && !WEXITSTATUS(status);
}

/* One after the other they take a reference and sleep, each to values that the one before had not seen: more of them than a
 * scan has room for.  One more, whose place is looked at last, always refers to what is new; not under hyaline-s, where he
 * counts as one of them, so long are his sections (hyaline_s.h). */
static void stalled_in_turn(const struct reclaim_scheme *scheme)
{
	instar_domain *domain = open_domain(scheme, NULL);
	instar_thread *t = join_domain(domain);
	instar_map *map = open_map(domain);
	struct finding finding[SLEEPERS], found = { map, SLEEPERS, NULL };
	struct actor sleeper[SLEEPERS], awake;
	unsigned most = scheme->info.max_threads, sleepers = most ? most - 2 : SLEEPERS;
	unsigned turns_awake = strcmp(scheme->info.name, "hyaline-s") ? TURNS : 0;
	uint64_t held, left;
	bool kept = true, gone = true;

	actor_start(&awake, domain);
	replace_all(domain, map, t);
	actor_do(&awake, job_get_ref, &found);
	for (unsigned i = 0; i < sleepers; i++) {
		finding[i] = (struct finding){ map, i, NULL };
		actor_start(&sleeper[i], domain);
		actor_do(&sleeper[i], job_get_ref, &finding[i]);
		replace_all(domain, map, t);
		gone &= !FORKS_AT_WORK || i % 4 || child_frees(domain, t);
		for (unsigned turn = 0; turn < 3; turn++)
			replace_all(domain, map, t);
	}
	held = pending(domain);
	for (unsigned turn = 0; turn < TURNS; turn++) {
		actor_do(&awake, actor_leave, NULL);
		if (turn < turns_awake)
			actor_do(&awake, job_get_ref, &found);
		else
			actor_do(&awake, actor_enter, NULL);
		replace_all(domain, map, t);
	}
	left = pending(domain);
	for (unsigned i = 0; i < sleepers; i++)
		kept &= intact(finding[i].object, i);
	ok(kept, "%s: what %u sleepers refer to stays", scheme->info.name, sleepers);
	ok(left <= held + SAME_ERA, "%s: and of %u others, born after they slept, %lld more than the %llu before",
	   scheme->info.name, TURNS * KEYS, (long long)(left - held), (unsigned long long)held);
	ok(gone, "%s: in a child process, whenever it forks, all goes", scheme->info.name);
	for (unsigned i = 0; i < sleepers; i++) {
		actor_do(&sleeper[i], actor_leave, NULL);
		actor_stop(&sleeper[i]);
	}
	actor_do(&awake, actor_leave, NULL);
	actor_stop(&awake);
	ok(instar_barrier(t) == INSTAR_OK && !pending(domain), "%s: and all goes when they wake", scheme->info.name);
	instar_map_destroy(map);
	close_domain(domain, t);
}

/* ---- a section that does not end, of one who is in a call whenever the others look ---- */

static struct {
	struct actor other;
	uint64_t most; /* boxes that wait */
	bool meets;
} meeting;

static void retire_one(struct actor *a, void *arg)
{
	uint64_t waiting;

	(void)arg;
	retire_box(a->self, load_box(a->domain, 0));
	instar_poll(a->self, 2);
	waiting = pending(a->domain);
	meeting.most = waiting > meeting.most ? waiting : meeting.most;
}

static void meet_in_a_get(unsigned step)
{
	if (step != STEP_ROOT_READ || !meeting.meets)
		return;
	meeting.meets = false;
	actor_do(&meeting.other, retire_one, NULL);
}

static bool meet_in_a_scan(uint64_t key, uint64_t value, void *ctx)
{
	(void)key;
	(void)value;
	(void)ctx;
	actor_do(&meeting.other, retire_one, NULL);
	return true;
}

static void always_in_a_call(const struct reclaim_scheme *scheme)
{
	instar_domain *domain = open_domain(scheme, NULL);
	instar_thread *t = join_domain(domain);
	instar_map *map = open_map(domain);
	uint64_t value, most[2];

	instar_put(map, t, 0, (uintptr_t)load_box(domain, 0), NULL);
	actor_start(&meeting.other, domain);
	for (unsigned scans = 0; scans < 2; scans++) {
		meeting.most = 0;
		instar_enter(t);
		for (unsigned i = 0; i < MEETINGS; i++)
			if (scans) {
				instar_foreach(map, t, meet_in_a_scan, NULL, NULL);
			} else {
				meeting.meets = true;
				instar_step_hook = meet_in_a_get;
				instar_get(map, t, 0, &value);
				instar_step_hook = NULL;
			}
		instar_leave(t);
		most[scans] = meeting.most;
	}
	ok(most[0] <= MEETINGS / 4 && most[1] <= MEETINGS / 4,
	   "%s: of %u retired while somebody was in a get, each time another, %llu wait at most; in a scan, %llu",
	   scheme->info.name, MEETINGS, (unsigned long long)most[0], (unsigned long long)most[1]);
	actor_stop(&meeting.other);
	instar_map_destroy(map);
	close_domain(domain, t);
}

static void leave_it(void *object, void *ctx)
{
	(void)object;
	(void)ctx;
}

/* What has no birth era is kept by every reference: the bound is not for it. */
static void unborn_stay(const struct reclaim_scheme *scheme)
{
	instar_domain *domain = open_domain(scheme, NULL);
	instar_thread *t = join_domain(domain);
	static char objects[KEYS];
	struct actor reader;
	void *found = &objects[0];

	actor_start(&reader, domain);
	actor_do(&reader, actor_enter, &found);
	for (unsigned i = 0; i < KEYS; i++) {
		if (instar_retire(t, &objects[i], 1, leave_it, NULL) != INSTAR_OK)
			abort();
		if (i % 50 == 0)
			try_hard(t);
	}
	ok(pending(domain) == KEYS, "%s: objects that are no boxes all wait for a reader with one reference",
	   scheme->info.name);
	actor_do(&reader, actor_leave, NULL);
	actor_stop(&reader);
	close_domain(domain, t);
}

/* ---- a crowd ---- */

struct crowd {
	instar_map *map;
	instar_domain *domain;
	struct faults faults;
	uint64_t seed;
};

static void read_some(struct crowd *crowd, instar_thread *t, struct rng *rng)
{
	void *objects[HELD] = { NULL };
	uint64_t keys[HELD];

	instar_enter(t);
	for (unsigned i = 0; i < HELD; i++) {
		keys[i] = rng_below(rng, KEYS);
		instar_get_ref(crowd->map, t, keys[i], &objects[i]);
		if (rng_below(rng, 8) == 0)
			sched_yield();
	}
	for (unsigned i = 0; i < HELD; i++)
		if (objects[i] && !intact(objects[i], keys[i]))
			fault(&crowd->faults, "a reader met a freed box of key %llu", (unsigned long long)keys[i]);
	instar_leave(t);
}

static void write_one(struct crowd *crowd, instar_thread *t, struct rng *rng)
{
	uint64_t key = rng_below(rng, KEYS), value = 0;
	struct cargo_box *box;

	switch (rng_below(rng, 4)) {
	case 0:
		instar_remove(crowd->map, t, key, NULL);
		break;
	case 1:
		if (instar_take(crowd->map, t, key, &value) == INSTAR_OK)
			retire_box(t, (void *)(uintptr_t)value);
		break;
	default:
		box = load_box(crowd->domain, key);
		if (instar_put(crowd->map, t, key, (uintptr_t)box, NULL) > INSTAR_EXISTS)
			fault(&crowd->faults, "put");
	}
}

static void work(unsigned index, void *arg)
{
	struct crowd *crowd = arg;
	struct rng rng = rng_stream(crowd->seed, index);
	unsigned calls = CALLS * test_scale();
	instar_thread *t = join_domain(crowd->domain);

	for (unsigned n = 0; n < calls; n++) {
		if (rng_below(&rng, 3))
			read_some(crowd, t, &rng);
		else
			write_one(crowd, t, &rng);
		if (rng_below(&rng, 16) == 0)
			instar_poll(t, 16); /* eras go by */
		if (rng_below(&rng, 4096) == 0)
			instar_shrink(crowd->map, t);
		instar_thread_quiescent(t);
	}
	instar_thread_detach(t);
}

static uint64_t seed;

static void crowd_of_readers(const struct reclaim_scheme *scheme)
{
	struct crowd crowd = { .domain = open_domain(scheme, NULL), .seed = seed };

	crowd.map = open_map(crowd.domain);
	run_threads(THREADS, work, &crowd);
	ok(!crowd.faults.n, "%s: no box is freed under a reader", scheme->info.name);
	if (instar_map_check(crowd.map, stdout) != INSTAR_OK || instar_map_destroy(crowd.map) != INSTAR_OK)
		abort();
	ok(instar_domain_destroy(crowd.domain) == INSTAR_OK, "%s: and map and domain go", scheme->info.name);
}

/* ---- */

static void test_scheme(const struct reclaim_scheme *scheme)
{
	ok(scheme->info.wants_births == (scheme->birth != NULL), "%s: tells whether it asks for births", scheme->info.name);
	lives(scheme);
	an_era_each(scheme);
	if (scheme->holds) {
		stalled_for_ever(scheme);
		stalled_in_turn(scheme);
		always_in_a_call(scheme);
	}
	if (scheme->birth)
		unborn_stay(scheme);
	crowd_of_readers(scheme);
}

int main(void)
{
	seed = test_seed();
	each_table(test_scheme);
	return done_testing();
}
