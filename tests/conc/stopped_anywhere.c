/*
 * tests/conc/stopped_anywhere.c - a thread stops between two instructions of a call, any two: the others go on, each of
 * their calls comes to its end and a migration too, and a child process that has no such thread goes on as well.  Who stops
 * amid an attempt to advance does not keep the others from freeing what was born later; under robust schemes nor who stops
 * amid retiring.  And who stops amid reading the statistics shows no garbage that never was.
 */
#include "tests/support/child.h"
#include "tests/support/tap.h"

#include <sys/wait.h>
#include <unistd.h>

#include "tests/support/actor.h"
#include "tests/support/mapped.h"
#include "tests/support/rng.h"
#include "tests/support/sanitizer.h"
#include "tests/support/single_step.h"
#include "tests/support/world.h"

#if CAN_SINGLE_STEP

enum { FIRST_OWN = 1 << 24, OWN = 120, FIRST_STEPPED = 1 << 25, COUNTER = 1 << 26, FEW = 8 };
enum { POLLS = 100000, STRIDE = 211, NEXT = 5, NEXT_OF_KINDS = 30 };
enum { STOCK = 64, ROUNDS = 2 };
enum { STOPS = 6, STOPS_OF_KINDS = 2, FORKS = 2, PATIENCE = 60, CHILD_PATIENCE = 20, MAINTAINS = 100000, NO_CALL_IS_LONGER = 1 << 30 };

static struct world world;
static instar_thread *stepped;
static uint64_t residents;  /* keys 0 ... */
static uint64_t fit;        /* so many, and the map grows with one more */

/* ---- what the one thread does ---- */

static void join(void)
{
	if (instar_thread_self(world.domain, &stepped) != INSTAR_OK)
		abort();
}

static void insert_and_remove(void)
{
	instar_insert(world.map, stepped, FIRST_STEPPED, 1, NULL);
	instar_remove(world.map, stepped, FIRST_STEPPED, NULL);
}

static void add(void)
{
	instar_fetch_add(world.map, stepped, COUNTER, 1, 0, NULL);
}

static void put(void)
{
	instar_put(world.map, stepped, 1, ~(uint64_t)1, NULL);
}

static void maintain(void)
{
	instar_maintain(world.map, stepped, FEW);
}

static void nothing_left(void *object, void *ctx)
{
	(void)object;
	(void)ctx;
}

static void retire(void)
{
	for (unsigned i = 0; i < FEW; i++)
		instar_retire(stepped, &world, 1, nothing_left, NULL);
	instar_poll(stepped, FEW);
}

static void snapshot(void)
{
	instar_snapshot *s;

	if (instar_snapshot_open(world.map, stepped, &s) == INSTAR_OK)
		instar_snapshot_close(s, stepped);
}

static struct {
	const char *name;
	void (*call)(void);
	bool is_plain; /* takes no lock for which fork waits, and ends no growth */
	unsigned long length[2]; /* instructions, before and amid a growth, nobody else about; 0: not known yet */
} calls[] = {
	{ "insert and remove", insert_and_remove, true, { 0 } }, { "fetch_add", add, true, { 0 } }, { "put", put, true, { 0 } },
	{ "maintain", maintain, true, { 0 } }, { "retire and poll", retire, true, { 0 } }, { "snapshot", snapshot, false, { 0 } },
};

/* ---- what the others do meanwhile ---- */

static const char *go_through_own_keys(instar_thread *t)
{
	for (uint64_t i = 0; i < OWN; i++)
		if (instar_insert(world.map, t, FIRST_OWN + i, i, NULL) != INSTAR_OK)
			return "a key was not inserted";
	for (uint64_t i = 0; i < OWN; i++) {
		uint64_t value = 0;

		if (instar_put(world.map, t, FIRST_OWN + i, ~i, &value) != INSTAR_EXISTS || value != i)
			return "a key was not there, or had another value";
		if (instar_remove(world.map, t, FIRST_OWN + i, &value) != INSTAR_OK || value != ~i ||
		    instar_contains(world.map, t, FIRST_OWN + i))
			return "a key was not removed";
	}
	return NULL;
}

static const char *others_go_on(instar_thread *t)
{
	const char *wrong = go_through_own_keys(t);
	unsigned n = 0;

	for (uint64_t key = 0; key < residents && !wrong; key++) {
		uint64_t value = 0;

		if (instar_get(world.map, t, key, &value) != INSTAR_OK || value != ~key)
			wrong = "a resident was gone";
	}
	while (!wrong && instar_maintain(world.map, t, 1000) == INSTAR_BUSY)
		if (n++ == MAINTAINS)
			wrong = "a migration did not end";
	instar_thread_quiescent(t);
	instar_poll(t, 100);
	return wrong;
}

static bool count(uint64_t key, uint64_t value, void *ctx)
{
	unsigned *n = ctx;

	(void)value;
	n[key >= residents]++;
	return true;
}

/* What is counted as it comes and goes may be off, by what the lost thread had not counted yet: not what is there. */
static bool all_are_there(instar_thread *t)
{
	unsigned n[2] = { 0, 0 };
	size_t counted;

	return instar_foreach(world.map, t, count, n, NULL) == INSTAR_OK && n[0] == residents && n[1] <= FEW &&
	       instar_count(world.map, t, &counted) == INSTAR_OK && counted == n[0] + n[1];
}

static const char *child_goes_on(instar_thread *t)
{
	int status = -1;
	pid_t child;

	fflush(stdout);
	child = fork();
	if (child == 0) {
		const char *wrong;

		alarm(CHILD_PATIENCE);
		wrong = others_go_on(t);
		if (!wrong && !all_are_there(t))
			wrong = "an entry too many, or one lost";
		if (!wrong && instar_barrier(t) != INSTAR_OK)
			wrong = "barrier";
		if (!wrong && (instar_thread_detach(t) != INSTAR_OK || !world_close(&world)))
			wrong = "the end";
		if (wrong)
			diag("in the child: %s", wrong);
		fflush(stdout);
		child_exit(wrong != NULL);
	}
	waitpid(child, &status, 0);
	return status == 0 ? NULL : "a child process did not go on";
}

/* ---- */

/* Just before a growth, or amid one. */
static void prepare(instar_thread *t, bool growing)
{
	if (instar_clear(world.map, t) != INSTAR_OK)
		abort();
	residents = fit + (growing ? FEW : 0);
	for (uint64_t key = 0; key < residents; key++)
		if (instar_put(world.map, t, key, ~key, NULL) != INSTAR_OK)
			abort();
}

static void learn_what_fits(instar_thread *t)
{
	struct instar_map_stats stats;

	for (fit = 0;; fit++) {
		instar_put(world.map, t, fit, fit, NULL);
		instar_map_stats(world.map, &stats);
		if (stats.growths)
			return;
	}
}

static void learn_length(instar_thread *t, size_t call, bool growing)
{
	for (unsigned i = 0; i < 2; i++) { /* functions are bound */
		prepare(t, growing);
		stepper_stands(NO_CALL_IS_LONGER, NULL);
	}
	calls[call].length[growing] = NO_CALL_IS_LONGER - stepper.left;
}

static const char *stop_at(instar_thread *t, bool growing, unsigned long n, const char *(*meanwhile)(instar_thread *))
{
	const char *wrong = NULL;

	prepare(t, growing);
	if (stepper_stands(n, NULL)) {
		wrong = meanwhile(t);
		stepper_goes_on();
	}
	if (!wrong && instar_map_check(world.map, stdout) != INSTAR_OK)
		wrong = "audit";
	return wrong;
}

static void stop_anywhere(instar_thread *t, const char *scheme, size_t call, unsigned flags, struct rng *rng)
{
	bool forks = flags & INSTAR_DOMAIN_ATFORK;
	unsigned stops = (forks ? FORKS : only_kinds() ? STOPS_OF_KINDS : STOPS) * test_scale();
	const char *wrong = NULL;
	bool growing = false;
	unsigned long n = 0;

	for (unsigned i = 0; i < stops && !wrong; i++) {
		growing = calls[call].is_plain && i % 2;
		if (!calls[call].length[growing])
			learn_length(t, call, growing);
		n = 1 + rng_below(rng, calls[call].length[growing]);
		wrong = stop_at(t, growing, n, forks ? child_goes_on : others_go_on);
	}
	ok(!wrong, "%s: %s%s: stopped at %u of %lu and %lu instructions", scheme, calls[call].name, forks ? ", and a fork" : "",
	   stops, calls[call].length[false], calls[call].length[true]);
	if (wrong)
		diag("%s: after instruction %lu, %s a growth", wrong, n, growing ? "amid" : "before");
}

static void run_with(const struct instar_scheme_info *scheme, unsigned flags, struct rng *rng)
{
	struct instar_domain_opts opts = INSTAR_DOMAIN_OPTS_INIT;
	instar_thread *t;

	opts.allocator = &mapped_allocator;
	opts.flags = flags;
	for (size_t call = 0; call < sizeof calls / sizeof calls[0]; call++) {
		if (!calls[call].is_plain && flags)
			continue;
		if (!world_open(&world, scheme, &opts, NULL) || instar_thread_attach(world.domain, &t) != INSTAR_OK)
			abort();
		learn_what_fits(t);
		stepper_start(join, calls[call].call);
		stop_anywhere(t, scheme->name, call, flags, rng);
		stepper_end();
		instar_thread_detach(t);
		if (!world_close(&world))
			ok(false, "%s: %s: nothing is left", scheme->name, calls[call].name);
	}
}

/* ---- who stops amid an attempt to advance ---- */

static unsigned left; /* boxes of the others, not yet freed */

static void retire_boxes_of(instar_thread *t, void (*destructor)(void *, void *))
{
	for (unsigned i = 0; i < FEW; i++) {
		void *box = instar_box_alloc(world.domain, 1, destructor);

		if (!box || instar_retire(t, box, 1, instar_box_free, NULL) != INSTAR_OK)
			abort();
	}
}

/* Of others' queues it would hold one back for as long as it stands: it tries to advance, and they free. */
static void retire_boxes(void)
{
	retire_boxes_of(stepped, nothing_left);
	instar_poll(stepped, 0);
}

/* In no section, not even for a moment as one that retires. */
static void advance_only(void)
{
	instar_thread_offline(stepped);
	instar_poll(stepped, 0);
}

static void one_less(void *object, void *ctx)
{
	(void)object;
	(void)ctx;
	left--;
}

static bool others_free(instar_thread *t)
{
	left = FEW;
	retire_boxes_of(t, one_less);
	for (unsigned i = 0; i < POLLS && left; i++) {
		instar_thread_quiescent(t);
		instar_poll(t, 2 * FEW);
		sched_yield(); /* to whom a signal is sent */
	}
	return !left;
}

/* At instruction n of its call, and every STRIDE-th from there on: so it does some of its work before others can. */
static bool stop_from(instar_thread *t, unsigned long n, unsigned *stops)
{
	bool freed = true;

	for (bool stands = stepper_stands(n, NULL); stands; ++*stops) {
		freed = others_free(t);
		stands = freed ? stepper_stands_further(STRIDE) : stepper_goes_on();
	}
	return freed;
}

/* Concurrency Kit's attempt is a section, and so is liburcu's call_rcu. */
static bool tries_outside_sections(const struct instar_scheme_info *scheme)
{
	return strcmp(scheme->name, "leak") && strcmp(scheme->name, "ck-epoch") && !scheme->process_wide;
}

static void stop_amid_attempts(const struct instar_scheme_info *scheme)
{
	struct instar_domain_opts opts = INSTAR_DOMAIN_OPTS_INIT;
	struct actor idle; /* whom all ask, where a scheme asks */
	unsigned stops = 0;
	bool freed = true;
	instar_thread *t;

	opts.allocator = &mapped_allocator;
	if (!world_open(&world, scheme, &opts, NULL) || instar_thread_attach(world.domain, &t) != INSTAR_OK)
		abort();
	actor_start(&idle, world.domain);
	stepper_start(join, scheme->robust & INSTAR_ROBUST_PARKED ? retire_boxes : advance_only);
	for (unsigned n = 1; n <= STRIDE && freed; n += only_kinds() ? NEXT_OF_KINDS : NEXT)
		freed = stop_from(t, n, &stops);
	ok(freed && stops, "%s: a thread stops amid attempts to advance, %u times: the others free", scheme->name, stops);
	if (!freed)
		diag("%s: of what was born later %u of %u stay", scheme->name, left, (unsigned)FEW);
	stepper_end();
	actor_stop(&idle);
	instar_thread_detach(t);
	if (!world_close(&world))
		ok(false, "%s: nothing is left", scheme->name);
}

/* ---- who stops amid reading the statistics ---- */

static instar_domain *watched;
static struct instar_reclaim_stats shown;
static unsigned retired, freed; /* never fewer apart than STOCK / 2 once there are STOCK, or more than twice that */

static void join_nothing(void)
{
}

static void read_statistics(void)
{
	instar_domain_stats(watched, &shown);
}

static void one_more(void *object, void *ctx)
{
	(void)object;
	(void)ctx;
	freed++;
}

/* As many as before wait when it has come to its end.  Meanwhile retiring frees a few by itself. */
static void renew_stock(instar_thread *t)
{
	for (unsigned i = 0; i < STOCK; i++, retired++)
		instar_retire(t, &watched, 1, one_more, NULL);
	while (retired - freed > STOCK)
		instar_poll(t, 1);
}

static void stop_amid_statistics(void)
{
	unsigned stops = 0, wrong = 0;
	bool stands = true;
	instar_thread *t;

	if (instar_domain_create(&watched, NULL, NULL) != INSTAR_OK || instar_thread_attach(watched, &t) != INSTAR_OK)
		abort();
	renew_stock(t);
	stepper_start(join_nothing, read_statistics);
	/* Each begins anew: at fewer and fewer the longer the way there is. */
	for (unsigned at = 1; stands; at += 1 + at / 16, stops++) {
		stands = stepper_stands(at, NULL);
		for (unsigned i = 0; i < ROUNDS && stands; i++)
			renew_stock(t);
		if (stands)
			stepper_goes_on();
		wrong += shown.pending_objects < STOCK / 2 || shown.pending_objects > 2 * STOCK;
		wrong += shown.pending_bytes < STOCK / 2 || shown.pending_bytes > 2 * STOCK;
		wrong += shown.retired_objects - shown.freed_objects != shown.pending_objects;
		wrong += shown.peak_pending_objects > 2 * STOCK || shown.peak_pending_bytes > 2 * STOCK;
	}
	ok(!wrong && stops > STOCK, "the statistics, stopped at %u instructions: what waited, and no more", stops);
	stepper_end();
	instar_thread_detach(t);
	ok(instar_domain_destroy(watched) == INSTAR_OK && retired == freed, "nothing is left");
}

/* ---- */

static void run(const struct instar_scheme_info *scheme, void *rng)
{
	alarm(PATIENCE * test_scale());
	if (!strcmp(scheme->family, "lock")) {
		skip(1, "%s: takes locks", scheme->name);
		return;
	}
	run_with(scheme, 0, rng);
	if (tries_outside_sections(scheme))
		stop_amid_attempts(scheme);
	if (!scheme->process_wide && FORKS_AT_WORK)
		run_with(scheme, INSTAR_DOMAIN_ATFORK, rng);
}

int main(void)
{
	struct rng rng = rng_stream(test_seed(), 0);

	alarm(PATIENCE * test_scale());
	stop_amid_statistics();
	each_scheme(run, &rng);
	return done_testing();
}

#endif
