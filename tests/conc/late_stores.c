/*
 * tests/conc/late_stores.c - a reader and one who retires race for one object, and the stores of both are late.
 *
 * What a fence or an asymmetric barrier is for: the announcement of the reader that has the object is still in its store
 * buffer when the other looks; or what unlinked the object is still in the other's when a reader begins in a later
 * epoch.  The explorer looks for the same in a model of the buffers; here it is the processor's.
 *
 * LATE_ROOT_FILE, LATE_ROOT_SCHEME: the reader holds the object as the map's straight lines hold a table, by the
 * brief sections of this scheme, which are inline.
 */
#include "tests/support/tap.h"
#include "tests/support/threads.h"

#include <string.h>
#include <time.h>

#include <instar/instar.h>

#include "tests/support/late_stores.h"
#include "tests/support/world.h"

enum { READER, WRITER, RACERS };
enum { RACES = 10000, ROUNDS = 8 * RACES, PATIENCE = 4, POLLS = 6 };

struct object {
	bool freed; /* atomic */
};

static struct {
	instar_domain *domain;
	unsigned came;
	time_t until;
	bool over; /* set by the one, read by the other when they have met */
	void *linked; /* atomic */
	struct racer racers[RACERS];
	struct object *objects; /* one a round */
	struct faults faults;
	unsigned met; /* so often the reader got the object */
	bool has_refs, prepared;
} race;

#ifdef LATE_ROOT_FILE
#include LATE_ROOT_FILE

static void prepare(instar_thread *t, struct rng *rng)
{
	(void)t;
	(void)rng;
}

static void *take(instar_thread *t)
{
	scheme_enter_brief(t);
	return (void *)scheme_protect(t, 0, (const uintptr_t *)&race.linked);
}

#define let_go scheme_leave_brief
#else
#define LATE_ROOT_SCHEME ""

/* Where a section keeps references only, it has begun before the race every other time, and has one. */
static void prepare(instar_thread *t, struct rng *rng)
{
	static struct object beside;
	void *to_beside = &beside, *object;

	race.prepared = race.has_refs && rng_below(rng, 2);
	if (!race.prepared)
		return;
	instar_enter(t);
	if (instar_protect(t, &to_beside, &object) != INSTAR_OK)
		abort();
}

static void *take(instar_thread *t)
{
	void *object;

	if (!race.prepared)
		instar_enter(t);
	return instar_protect(t, &race.linked, &object) == INSTAR_OK ? object : NULL;
}

#define let_go instar_leave
#endif

static const char *const only = LATE_ROOT_SCHEME;

static void destroy(void *object, void *ctx)
{
	(void)ctx;
	__atomic_store_n(&((struct object *)object)->freed, true, __ATOMIC_SEQ_CST);
}

static void read_it(instar_thread *t, struct racer *racer)
{
	struct object *object;

	prepare(t, &racer->rng);
	race_begin(racer, &race.came);
	object = take(t);
	racers_meet(racer, &race.came); /* the other has polled */
	if (object && __atomic_load_n(&object->freed, __ATOMIC_SEQ_CST))
		fault(&race.faults, "object %td was freed under its reader", object - race.objects);
	race.met += object != NULL;
	let_go(t);
	instar_thread_quiescent(t);
	racers_meet(racer, &race.came);
}

/* Enough of races; or of rounds, or time, where the threads hardly ever run at once. */
static bool enough(unsigned round)
{
	unsigned wanted = RACES * test_scale();

	return (race.racers[READER].raced >= wanted && race.racers[WRITER].raced >= wanted) ||
	       round + 1 == ROUNDS * test_scale() || time(NULL) > race.until;
}

/* Every other time within a section, which has ended when it polls. */
static void retire_it(instar_thread *t, struct racer *racer, struct object *object)
{
	bool inside = rng_below(&racer->rng, 2);

	__atomic_store_n(&race.linked, object, __ATOMIC_SEQ_CST);
	race_begin(racer, &race.came);
	if (inside)
		instar_enter(t);
	__atomic_store_n(&race.linked, NULL, __ATOMIC_RELEASE);
	if (instar_retire(t, object, sizeof(*object), destroy, NULL) != INSTAR_OK)
		abort();
	if (inside)
		instar_leave(t);
	for (unsigned i = 0; i < POLLS; i++) {
		instar_thread_quiescent(t);
		instar_poll(t, 1);
	}
	racers_meet(racer, &race.came);
	race.over = enough((unsigned)(object - race.objects));
	racers_meet(racer, &race.came); /* the reader has left */
	instar_poll(t, 4);
}

static void one_of_both(unsigned index, void *unused)
{
	instar_thread *t;

	(void)unused;
	if (instar_thread_attach(race.domain, &t) != INSTAR_OK)
		abort();
	for (unsigned round = 0; !race.over; round++)
		if (index == READER)
			read_it(t, &race.racers[index]);
		else
			retire_it(t, &race.racers[index], &race.objects[round]);
	instar_thread_detach(t);
}

static void run(const struct instar_scheme_info *scheme, void *seed)
{
	if (*only && strcmp(scheme->name, only))
		return;
	race.objects = calloc((size_t)ROUNDS * test_scale(), sizeof(*race.objects));
	race.until = time(NULL) + PATIENCE * test_scale();
	race.over = false;
	if (!race.objects)
		abort();
	race.linked = NULL;
	race.came = race.met = race.faults.n = 0;
	race.has_refs = scheme->has_refs;
	for (unsigned i = 0; i < RACERS; i++)
		race.racers[i] = (struct racer){ .rng = rng_stream(*(const uint64_t *)seed, i) };
	if (instar_domain_create(&race.domain, scheme->name, NULL) != INSTAR_OK)
		abort();
	run_threads(RACERS, one_of_both, NULL);
	diag("%s: %u races; the reader got the object %u times", scheme->name, race.racers[READER].raced, race.met);
	ok(!race.faults.n, "%s: nothing is freed under its reader", scheme->name);
	if (instar_domain_destroy(race.domain) != INSTAR_OK)
		ok(false, "%s: destroy", scheme->name);
	free(race.objects);
}

int main(void)
{
	uint64_t seed = test_seed();

	each_scheme(run, &seed);
	if (*only && !race.until)
		skip(1, "%s is left out", only);
	return done_testing();
}
