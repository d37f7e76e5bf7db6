/*
 * tests/conc/reclaim_status.c - what the calls of instar/reclaim.h answer to those who use them wrongly, and that
 * nothing changes by it.
 */
#include "tests/support/actor.h"
#include "tests/support/cargo.h"
#include "tests/support/injector.h"
#include "tests/support/schemes.h"
#include "tests/support/tap.h"

#include <instar/map.h>

enum { TIMEOUT_NS = 5000000, OBJECTS = 200, A_FEW = 16, MAPS = 3 };

static void refuses_bad_options(void)
{
	struct instar_domain_opts opts = INSTAR_DOMAIN_OPTS_INIT;
	struct instar_allocator allocator = { .struct_size = sizeof allocator };
	struct larger {
		struct instar_domain_opts opts;
		uint64_t more;
	} larger = { INSTAR_DOMAIN_OPTS_INIT, 0 };
	instar_domain *domain = (instar_domain *)&opts;
	struct instar_reclaim_stats stats;
	instar_thread *t;

	ok(instar_domain_create(NULL, NULL, NULL) == INSTAR_INVAL, "create: no place for the answer");
	ok(instar_domain_create(&domain, "no such scheme", NULL) == INSTAR_INVAL && !domain, "create: unknown scheme");
	ok(instar_domain_create(&domain, "", NULL) == INSTAR_INVAL && !domain, "create: empty name");
	opts.struct_size = 0;
	ok(instar_domain_create(&domain, NULL, &opts) == INSTAR_INVAL && !domain, "create: struct_size 0");
	opts.struct_size = sizeof opts;
	opts.flags = 1u << 31;
	ok(instar_domain_create(&domain, NULL, &opts) == INSTAR_INVAL && !domain, "create: unknown flag");
	opts.flags = 0;
	opts.reserved[7] = 1;
	ok(instar_domain_create(&domain, NULL, &opts) == INSTAR_INVAL && !domain, "create: reserved field used");
	opts.reserved[7] = 0;
	opts.signal = -1;
	ok(instar_domain_create(&domain, NULL, &opts) == INSTAR_INVAL && !domain, "create: negative signal");
	opts.signal = 0;
	opts.allocator = &allocator;
	ok(instar_domain_create(&domain, NULL, &opts) == INSTAR_INVAL && !domain, "create: allocator without functions");
	larger.opts.struct_size = sizeof larger;
	ok(instar_domain_create(&domain, NULL, &larger.opts) == INSTAR_OK && instar_domain_destroy(domain) == INSTAR_OK,
	   "create: options of a later version, not used");
	larger.more = 1;
	ok(instar_domain_create(&domain, NULL, &larger.opts) == INSTAR_INVAL && !domain,
	   "create: options of a later version, used");
	opts.allocator = NULL;
	opts.flags = INSTAR_DOMAIN_NO_IPI;
	ok(instar_domain_create(&domain, "ebr", &opts) == INSTAR_OK && instar_thread_self(domain, &t) == INSTAR_OK &&
	   instar_synchronize(t) == INSTAR_OK, "create: ebr without membarrier");
	instar_domain_stats(domain, &stats);
	ok(stats.grace_periods > 0 && stats.barriers == 0 && stats.threads == 1, "without a barrier");
	ok(instar_domain_destroy(domain) == INSTAR_OK, "destroy: it is not in use");
}

/* All four functions of an allocator, or none. */
static void refuses_half_an_allocator(void)
{
	struct injector injector, three;
	instar_domain *domain;
	bool refused = true;

	injector_init(&injector);
	for (unsigned i = 0; i < 4; i++) {
		injector_init(&three);
		if (i == 0)
			three.allocator.map = NULL;
		else if (i == 1)
			three.allocator.unmap = NULL;
		else if (i == 2)
			three.allocator.alloc = NULL;
		else
			three.allocator.free = NULL;
		refused = refused && instar_domain_create(&domain, NULL, &three.opts) == INSTAR_INVAL && !domain;
	}
	ok(refused && instar_domain_create(&domain, NULL, &injector.opts) == INSTAR_OK &&
	   instar_domain_destroy(domain) == INSTAR_OK, "create: an allocator that lacks one of its functions");
}

static void refuses_too_large(void)
{
	struct instar_reclaim_stats stats;
	instar_domain *domain;
	instar_thread *t;

	if (instar_domain_create(&domain, NULL, NULL) || instar_thread_attach(domain, &t))
		bail_out("no memory");
	ok(instar_retire(t, &domain, SIZE_MAX / 2 + 1, destroy_nothing, NULL) == INSTAR_INVAL &&
	   instar_retire(t, &domain, SIZE_MAX, destroy_nothing, NULL) == INSTAR_INVAL, "retire: more than fits in memory");
	instar_domain_stats(domain, &stats);
	ok(!stats.retired_objects && !stats.pending_bytes, "and nothing is retired by it");
	ok(!instar_box_alloc(domain, SIZE_MAX, NULL) && !instar_box_alloc(domain, SIZE_MAX - sizeof(void *), NULL) &&
	   !instar_box_alloc(domain, SIZE_MAX / 2 + 1, NULL), "box: more than fits in memory");
	close_domain(domain, t);
}

static void boxes_of_the_default_domain(void)
{
	void *box = instar_box_alloc(NULL, 1, NULL);

	ok(box && instar_retire(NULL, box, 1, instar_box_free, NULL) == INSTAR_OK && instar_barrier(NULL) == INSTAR_OK,
	   "box: without a domain, of the default one");
}

static void lists_schemes(void)
{
	const struct instar_scheme_info *list;
	size_t n = instar_schemes(&list);
	unsigned wrong = 0;
	bool known;

	for (size_t i = 0; i < n; i++) {
		const struct reclaim_scheme *table = reclaim_find(list[i].name, &known);
		instar_domain *domain;

		wrong += !known || (table != NULL) != list[i].available || strchr(list[i].name, '_');
		wrong += table && strcmp(table->info.name, list[i].name);
		wrong += !list[i].family || !list[i].source || !list[i].bound;
		if (!list[i].available)
			wrong += instar_domain_create(&domain, list[i].name, NULL) != INSTAR_UNSUPPORTED;
	}
	ok(n >= 4 && !wrong, "the list of schemes agrees with what is built in");
	ok(instar_schemes(NULL) == n, "the list need not be asked for");
}

/* ---- the default domain, made by two at once ---- */

static bool racing;
static instar_domain *winner;
static int domains; /* by their locks, as the linker has them counted here */

int __real_pthread_mutex_init(pthread_mutex_t *mutex, const pthread_mutexattr_t *attributes);
int __real_pthread_mutex_destroy(pthread_mutex_t *mutex);
int __wrap_pthread_mutex_init(pthread_mutex_t *mutex, const pthread_mutexattr_t *attributes);
int __wrap_pthread_mutex_destroy(pthread_mutex_t *mutex);

/* While one makes it, it is made. */
int __wrap_pthread_mutex_init(pthread_mutex_t *mutex, const pthread_mutexattr_t *attributes)
{
	domains++;
	if (racing) {
		racing = false;
		winner = instar_domain_default();
	}
	return __real_pthread_mutex_init(mutex, attributes);
}

int __wrap_pthread_mutex_destroy(pthread_mutex_t *mutex)
{
	domains--;
	return __real_pthread_mutex_destroy(mutex);
}

/* Before any other use of the default domain. */
static void one_default_domain(void)
{
	instar_domain *domain, *found;
	instar_thread *t;
	int before;

	if (instar_domain_create(&domain, NULL, NULL) != INSTAR_OK)
		bail_out("no memory");
	t = join_domain(domain);
	before = domains;
	racing = true;
	instar_enter(t);
	found = instar_domain_default();
	instar_leave(t);
	ok(found && found == winner && domains == before + 1, "default: of two made at once, in a section, one is left");
	instar_thread_detach(t);
	instar_domain_destroy(domain);
}

static void refuses_null(void)
{
	instar_thread *t = (instar_thread *)&t;

	ok(instar_thread_attach(NULL, &t) == INSTAR_INVAL && !t, "attach: no domain");
	ok(instar_thread_attach(instar_domain_default(), NULL) == INSTAR_INVAL, "attach: no place for the answer");
	ok(instar_thread_self(NULL, NULL) == INSTAR_INVAL, "self: no place for the answer");
	ok(instar_thread_detach(NULL) == INSTAR_INVAL, "detach: nothing");
	ok(instar_domain_destroy(NULL) == INSTAR_OK, "destroy: nothing");
	ok(instar_retire(NULL, &t, 0, NULL, NULL) == INSTAR_INVAL, "retire: no destructor");
	ok(instar_domain_destroy(instar_domain_default()) == INSTAR_MISUSE, "the default domain is not destroyed");
	ok(instar_thread_self(NULL, &t) == INSTAR_OK && instar_thread_detach(t) == INSTAR_MISUSE,
	   "detach: an implicit handle");
	instar_leave(NULL);
	ok(instar_protect(NULL, (void **)&t, (void **)&t) == INSTAR_MISUSE, "protect: in no section");
	instar_enter(NULL);
	ok(instar_protect(NULL, NULL, (void **)&t) == INSTAR_INVAL && instar_protect(NULL, (void **)&t, NULL) == INSTAR_INVAL,
	   "protect: nothing");
	ok(instar_barrier(NULL) == INSTAR_MISUSE, "a leave too many is ignored, NULL is the caller's own handle");
	instar_leave(NULL);
	ok(instar_barrier(NULL) == INSTAR_OK && instar_synchronize(NULL) == INSTAR_OK, "and its section has ended");
}

/* ---- under every scheme ---- */

static void job_attach(struct actor *a, void *arg)
{
	(void)arg;
	if (instar_thread_attach(a->domain, &a->self) != INSTAR_OK)
		abort();
	instar_thread_offline(a->self);
}

static void job_detach(struct actor *a, void *arg)
{
	*(enum instar_status *)arg = instar_thread_detach(a->self);
}

static void in_use(const struct reclaim_scheme *scheme)
{
	const char *name = scheme->info.name;
	instar_domain *domain = open_domain(scheme, NULL);
	enum instar_status status;
	struct actor other;
	instar_map *map = NULL;

	actor_start_bare(&other, domain);
	actor_do(&other, job_attach, NULL);
	ok(instar_domain_destroy(domain) == INSTAR_BUSY, "%s: destroy: BUSY while a thread is attached", name);
	actor_do(&other, job_detach, &status);
	ok(status == INSTAR_OK && instar_map_create(&map, domain, NULL) == INSTAR_OK &&
	   instar_domain_destroy(domain) == INSTAR_BUSY, "%s: destroy: BUSY while a map is", name);
	ok(instar_insert(map, NULL, 1, 2, NULL) == INSTAR_OK && instar_contains(map, NULL, 1) &&
	   instar_map_destroy(map) == INSTAR_OK, "%s: and the domain is as usable as before", name);
	ok(instar_domain_destroy(domain) == INSTAR_OK, "%s: destroy: the caller's implicit handle does not matter", name);
	actor_stop(&other);
}

struct stolen {
	instar_thread *handle;
	enum instar_status status;
};

static void job_detach_stolen(struct actor *a, void *arg)
{
	struct stolen *stolen = arg;

	(void)a;
	stolen->status = instar_thread_detach(stolen->handle);
}

/* In a section of one domain no call may wait, of whatever domain. */
static void not_in_a_section(const struct reclaim_scheme *scheme)
{
	instar_domain *domain = open_domain(scheme, NULL), *second = open_domain(scheme, NULL);
	instar_thread *t = join_domain(domain), *u = join_domain(second);
	struct cargo *cargo = cargo_new(1);
	const char *name = scheme->info.name;

	instar_enter(t);
	ok(instar_synchronize(t) == INSTAR_MISUSE && instar_barrier(t) == INSTAR_MISUSE &&
	   instar_thread_detach(t) == INSTAR_MISUSE && instar_domain_destroy(domain) == INSTAR_MISUSE,
	   "%s: in a section: MISUSE", name);
	ok(instar_synchronize(u) == INSTAR_MISUSE && instar_barrier(u) == INSTAR_MISUSE &&
	   instar_thread_detach(u) == INSTAR_MISUSE && instar_domain_destroy(second) == INSTAR_MISUSE,
	   "%s: in a section of another domain: MISUSE", name);
	ok(cargo_retire(u, cargo) == INSTAR_OK && instar_poll(u, 10) == 0 && cargo_intact(cargo),
	   "%s: in a section poll frees nothing", name);
	instar_leave(t);
	instar_leave(t);
	ok(instar_barrier(t) == INSTAR_OK && instar_barrier(u) == INSTAR_OK, "%s: after it, and one leave too many: OK",
	   name);
	ok(instar_synchronize(t) == (scheme->info.has_grace ? INSTAR_OK : INSTAR_UNSUPPORTED), "%s: synchronize", name);
	instar_thread_detach(t);
	instar_thread_detach(u);
	ok(instar_domain_destroy(domain) == INSTAR_OK && instar_domain_destroy(second) == INSTAR_OK, "%s: destroy", name);
	free(cargo);
}

static void not_the_callers(const struct reclaim_scheme *scheme)
{
	instar_domain *domain = open_domain(scheme, NULL);
	struct stolen stolen = { join_domain(domain), INSTAR_OK };
	struct actor thief;

	actor_start_bare(&thief, domain);
	actor_do(&thief, job_detach_stolen, &stolen);
	ok(stolen.status == INSTAR_MISUSE, "%s: detach: another thread's handle", scheme->info.name);
	actor_stop(&thief);
	ok(instar_thread_detach(stolen.handle) == INSTAR_OK && instar_thread_detach(stolen.handle) == INSTAR_MISUSE,
	   "%s: detach: twice", scheme->info.name);
	ok(instar_domain_destroy(domain) == INSTAR_OK, "%s: destroy", scheme->info.name);
}

/* The reader stays in its section, so only the deadline can end the wait. */
static void deadlines(const struct reclaim_scheme *scheme)
{
	struct instar_deadline timeout = { TIMEOUT_NS, NULL }, cancel = { 0, NULL }, both = { TIMEOUT_NS, NULL };
	instar_domain *domain = open_domain(scheme, NULL);
	instar_thread *t = join_domain(domain);
	struct cargo *cargo = cargo_new(1);
	bool yes = true, no = false;
	void *found = cargo;
	struct actor reader;

	cancel.cancel = &yes;
	both.cancel = &no;
	actor_start(&reader, domain);
	actor_do(&reader, actor_enter, &found);
	cargo_retire(t, cargo);
	ok(instar_barrier_until(t, &timeout) == INSTAR_TIMEOUT, "%s: barrier_until: TIMEOUT", scheme->info.name);
	ok(instar_barrier_until(t, &cancel) == INSTAR_CANCELLED, "%s: barrier_until: CANCELLED", scheme->info.name);
	ok(instar_barrier_until(t, &both) == INSTAR_TIMEOUT && cargo_intact(cargo), "%s: barrier_until: both",
	   scheme->info.name);
	actor_do(&reader, actor_leave, NULL);
	cancel.cancel = &no;
	ok(instar_barrier_until(t, &cancel) == INSTAR_OK && cargo_destroyed(cargo), "%s: barrier_until: neither",
	   scheme->info.name);
	actor_stop(&reader);
	instar_thread_detach(t);
	ok(instar_domain_destroy(domain) == INSTAR_OK, "%s: destroy", scheme->info.name);
	free(cargo);
}

static void cancel(void *object, void *cancelled)
{
	cargo_destroy(object, NULL);
	__atomic_store_n((bool *)cancelled, true, __ATOMIC_RELAXED);
}

/* Nothing is in the way but the work itself. */
static void cancelled_while_it_frees(const struct reclaim_scheme *scheme)
{
	bool cancelled = false;
	struct instar_deadline deadline = { 0, &cancelled };
	instar_domain *domain = open_domain(scheme, NULL);
	struct cargo *cargo = cargo_new(OBJECTS);
	instar_thread *t = join_domain(domain);
	enum instar_status status;
	size_t freed;

	instar_enter(t); /* so that none is freed before */
	for (unsigned i = 0; i < OBJECTS; i++)
		instar_retire(t, &cargo[i], CARGO_BYTES, cancel, &cancelled);
	instar_leave(t);
	status = instar_barrier_until(t, &deadline);
	freed = cargo_count(cargo, OBJECTS, 1);
	ok(status == INSTAR_CANCELLED && freed > 0 && freed <= A_FEW,
	   "%s: barrier_until: cancelled by the first of %u destructors (%zu ran)", scheme->info.name, OBJECTS, freed);
	ok(instar_barrier(t) == INSTAR_OK && cargo_count(cargo, OBJECTS, 1) == OBJECTS, "%s: the others run later",
	   scheme->info.name);
	instar_thread_detach(t);
	ok(instar_domain_destroy(domain) == INSTAR_OK, "%s: destroy", scheme->info.name);
	free(cargo);
}

/* Fewer than a thread looks after by itself. */
static void peaks(const struct reclaim_scheme *scheme)
{
	instar_domain *domain = open_domain(scheme, NULL);
	struct cargo *cargo = cargo_new(A_FEW);
	instar_thread *t = join_domain(domain);
	struct instar_reclaim_stats before, after;

	for (unsigned i = 0; i < A_FEW; i++)
		cargo_retire(t, &cargo[i]);
	instar_domain_stats(domain, &before);
	instar_barrier(t);
	instar_domain_stats(domain, &after);
	ok(before.peak_pending_objects == A_FEW && before.peak_pending_bytes == A_FEW * CARGO_BYTES,
	   "%s: the peaks are those of what waits, in objects and in bytes", scheme->info.name);
	ok(after.peak_pending_objects == A_FEW && after.peak_pending_bytes == A_FEW * CARGO_BYTES,
	   "%s: and stay when it is gone", scheme->info.name);
	instar_thread_detach(t);
	instar_domain_destroy(domain);
	free(cargo);
}

/* By signals, or by liburcu's membarriers, which nobody counts. */
static bool is_interrupting(const struct reclaim_scheme *scheme)
{
	return scheme->info.uses_signals || !strcmp(scheme->info.name, "urcu-memb") || !strcmp(scheme->info.name, "urcu-bp");
}

/* Isolated cores are not interrupted: the scheme does without, or another stands in for it, or there is no domain. */
static void no_interrupts(const struct reclaim_scheme *scheme)
{
	struct instar_domain_opts opts = INSTAR_DOMAIN_OPTS_INIT;
	struct cargo *cargo = cargo_new(1);
	struct instar_reclaim_stats stats = { 0 };
	enum instar_status status;
	bool interrupts = false;
	instar_domain *domain;
	instar_thread *t;

	opts.flags = INSTAR_DOMAIN_NO_IPI;
	status = instar_domain_create(&domain, scheme->info.name, &opts);
	if (status == INSTAR_OK) {
		interrupts = is_interrupting(domain->scheme);
		t = join_domain(domain);
		cargo_retire(t, cargo);
		instar_barrier(t);
		instar_domain_stats(domain, &stats);
		instar_thread_detach(t);
		instar_domain_destroy(domain);
	}
	ok((status == INSTAR_OK || (status == INSTAR_UNSUPPORTED && !domain)) && !stats.barriers && !interrupts,
	   "%s: without membarrier and signals, if they are not to be used (%s)", scheme->info.name,
	   instar_status_name(status));
	free(cargo);
}

/* ---- the maps of a domain ---- */

static unsigned maps_listed(const instar_domain *domain)
{
	const struct reclaim_map *m = domain->first_map;
	unsigned n = 0;

	for (; m && n <= MAPS; m = m->next)
		n++;
	return n;
}

/* All orders in which three maps may go: in each the list has those that there are. */
static void maps_go(const struct reclaim_scheme *scheme)
{
	static const unsigned orders[][MAPS] = {
		{ 0, 1, 2 }, { 0, 2, 1 }, { 1, 0, 2 }, { 1, 2, 0 }, { 2, 0, 1 }, { 2, 1, 0 },
	};
	instar_domain *domain = open_domain(scheme, NULL);
	unsigned wrong = 0;

	for (unsigned o = 0; o < sizeof(orders) / sizeof(orders[0]) && !wrong; o++) {
		instar_map *map[MAPS];

		for (unsigned i = 0; i < MAPS; i++)
			if (instar_map_create(&map[i], domain, NULL) != INSTAR_OK)
				bail_out("no map");
		for (unsigned i = 0; i < MAPS && !wrong; i++) {
			instar_map_destroy(map[orders[o][i]]);
			wrong += maps_listed(domain) != MAPS - 1 - i;
		}
	}
	ok(!wrong, "%s: the list of maps has those that there are, in whatever order they go", scheme->info.name);
	if (!wrong)
		instar_domain_destroy(domain);
}

static void test_scheme(const struct reclaim_scheme *scheme)
{
	peaks(scheme);
	no_interrupts(scheme);
	maps_go(scheme);
	in_use(scheme);
	not_in_a_section(scheme);
	not_the_callers(scheme);
	if (scheme->advance) {
		deadlines(scheme);
		cancelled_while_it_frees(scheme);
	}
}

int main(void)
{
	one_default_domain();
	refuses_bad_options();
	refuses_half_an_allocator();
	refuses_too_large();
	boxes_of_the_default_domain();
	lists_schemes();
	refuses_null();
	each_table(test_scheme);
	return done_testing();
}
