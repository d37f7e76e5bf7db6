/*
 * tests/conc/library_defects.c - what libck and liburcu do to those who use them plainly, shown on the libraries
 * themselves; and that the schemes over them are not bitten.
 *
 * A library that has been mended since is no failure: what it did is printed.  Our side must be right in any case.
 * What ends in an abort happens in a child process.
 */
#include <pthread.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include <instar/instar.h>

#include "tests/support/child.h"
#include "tests/support/tap.h"

#include "tests/support/late_stores.h"

enum { OBJECTS = 100, EARLY_ROUNDS = 20000 };

__attribute__((unused)) static void count(void *object, void *ctx)
{
	(void)object;
	__atomic_fetch_add((unsigned *)ctx, 1, __ATOMIC_RELAXED);
}

__attribute__((unused)) static void report(const char *library, bool shown, const char *defect)
{
	diag("%s %s%s", library, shown ? "" : "(in this release no longer) ", defect);
}

/* The exit status of `act` in a child; -1: it was killed. */
__attribute__((unused)) static int in_child(int (*act)(void))
{
	int status;
	pid_t child;

	fflush(stdout);
	child = fork();
	if (child == 0) {
		if (!freopen("/dev/null", "w", stderr))
			_exit(99);
		child_exit(act());
	}
	if (child < 0 || waitpid(child, &status, 0) != child)
		bail_out("no child");
	return WIFEXITED(status) ? WEXITSTATUS(status) : -1;
}

__attribute__((unused)) static bool is_built(const char *scheme)
{
	const struct instar_scheme_info *list;
	size_t n = instar_schemes(&list);

	for (size_t i = 0; i < n; i++)
		if (!strcmp(list[i].name, scheme))
			return list[i].available;
	return false;
}

/* ---- Concurrency Kit ---- */

#ifdef HAVE_CK
#include <ck_epoch.h>
#include <ck_hp.h>

static unsigned called;

static void call(ck_epoch_entry_t *entry)
{
	(void)entry;
	called++;
}

static void count_destroyed(void *object)
{
	(void)object;
	called++;
}

static bool ck_unregister_drops(void)
{
	static ck_epoch_record_t leaver, other;
	static ck_epoch_entry_t entry;
	static ck_epoch_t epoch;

	called = 0;
	ck_epoch_init(&epoch);
	ck_epoch_register(&epoch, &leaver, NULL);
	ck_epoch_register(&epoch, &other, NULL);
	ck_epoch_call(&leaver, &entry, call);
	ck_epoch_unregister(&leaver);
	for (unsigned i = 0; i < 4; i++)
		ck_epoch_barrier(&other);
	return !called;
}

/* As above without leaving: the barrier of one record leaves what another deferred. */
static bool ck_barrier_is_its_own(void)
{
	static ck_epoch_record_t sleeper, other;
	static ck_epoch_entry_t entry;
	static ck_epoch_t epoch;

	called = 0;
	ck_epoch_init(&epoch);
	ck_epoch_register(&epoch, &sleeper, NULL);
	ck_epoch_register(&epoch, &other, NULL);
	ck_epoch_call(&sleeper, &entry, call);
	for (unsigned i = 0; i < 4; i++)
		ck_epoch_barrier(&other);
	return !called;
}

static bool ck_peak_is_zero(void)
{
	static ck_epoch_record_t record;
	static ck_epoch_entry_t entries[OBJECTS];
	static ck_epoch_t epoch;

	ck_epoch_init(&epoch);
	ck_epoch_register(&epoch, &record, NULL);
	for (unsigned i = 0; i < OBJECTS; i++)
		ck_epoch_call(&record, &entries[i], call);
	ck_epoch_barrier(&record);
	return record.n_peak == 0;
}

/* Ten threads with 64 hazards each, and the last of each thread's is retired: all ten are held.  The exit status is how
 * many are destroyed. */
static int ck_hp_many_hazards(void)
{
	enum { HOLDERS = 10, DEGREE = 64 };
	static ck_hp_record_t records[HOLDERS + 1];
	static ck_hp_hazard_t retired[HOLDERS];
	static void *hazards[HOLDERS + 1][DEGREE];
	static char objects[HOLDERS][DEGREE];
	static ck_hp_t hp;

	ck_hp_init(&hp, DEGREE, OBJECTS, count_destroyed);
	for (unsigned t = 0; t <= HOLDERS; t++)
		ck_hp_register(&hp, &records[t], hazards[t]);
	for (unsigned t = 0; t < HOLDERS; t++)
		for (unsigned i = 0; i < DEGREE; i++)
			ck_hp_set(&records[t], i, &objects[t][i]);
	called = 0;
	for (unsigned t = 0; t < HOLDERS; t++)
		ck_hp_retire(&records[HOLDERS], &retired[t], &objects[t][DEGREE - 1], &objects[t][DEGREE - 1]);
	ck_hp_reclaim(&records[HOLDERS]);
	return (int)called;
}

/*
 * ck_epoch_call reads the epoch without a fence: what unlinked the object may still be in the store buffer.  Then another
 * thread turns the epoch, and a reader begins in the new one and finds the object.  ck_epoch_poll sees all readers
 * in the new epoch and runs what was deferred in the one before.
 */
static struct {
	ck_epoch_t epoch;
	ck_epoch_record_t writer, turner, anchor, reader;
	ck_epoch_entry_t entry;
	void *linked; /* atomic */
	unsigned came, early;
	struct racer racers[2];
} early;

static void *turns_and_reads(void *unused)
{
	struct racer *racer = &early.racers[1];
	void *found;

	(void)unused;
	for (unsigned i = 0; i < EARLY_ROUNDS; i++) {
		ck_epoch_begin(&early.anchor, NULL); /* so that the epoch turns by one */
		race_begin(racer, &early.came);
		ck_epoch_poll(&early.turner);
		ck_epoch_begin(&early.reader, NULL);
		found = __atomic_load_n(&early.linked, __ATOMIC_ACQUIRE);
		ck_epoch_end(&early.anchor, NULL);
		racers_meet(racer, &early.came);
		racers_meet(racer, &early.came); /* the other has polled */
		early.early += found && called;
		ck_epoch_end(&early.reader, NULL);
		racers_meet(racer, &early.came);
		racers_meet(racer, &early.came); /* nothing is left */
	}
	return NULL;
}

/* How many callbacks ran under a reader that had the object. */
static unsigned ck_poll_early(void)
{
	struct racer *racer = &early.racers[0];
	pthread_t thread;

	ck_epoch_init(&early.epoch);
	ck_epoch_register(&early.epoch, &early.writer, NULL);
	ck_epoch_register(&early.epoch, &early.turner, NULL);
	ck_epoch_register(&early.epoch, &early.anchor, NULL);
	ck_epoch_register(&early.epoch, &early.reader, NULL);
	if (pthread_create(&thread, NULL, turns_and_reads, NULL))
		bail_out("no thread");
	for (unsigned i = 0; i < EARLY_ROUNDS; i++) {
		called = 0;
		__atomic_store_n(&early.linked, &early, __ATOMIC_SEQ_CST);
		race_begin(racer, &early.came);
		__atomic_store_n(&early.linked, NULL, __ATOMIC_RELEASE);
		ck_epoch_call(&early.writer, &early.entry, call);
		racers_meet(racer, &early.came); /* the other reads */
		ck_epoch_poll(&early.writer);
		racers_meet(racer, &early.came);
		racers_meet(racer, &early.came); /* nobody reads */
		ck_epoch_barrier(&early.writer);
		racers_meet(racer, &early.came);
	}
	pthread_join(thread, NULL);
	return early.early;
}

struct visit {
	instar_domain *domain;
	unsigned *freed;
};

static void *retire_and_leave(void *arg)
{
	static char objects[OBJECTS];
	struct visit *visit = arg;
	instar_thread *t;

	if (instar_thread_attach(visit->domain, &t) != INSTAR_OK)
		abort();
	instar_enter(t);
	for (unsigned i = 0; i < OBJECTS; i++)
		if (instar_retire(t, &objects[i], 1, count, visit->freed) != INSTAR_OK)
			abort();
	instar_leave(t);
	instar_thread_detach(t);
	return NULL;
}

static void ck_defects(void)
{
	unsigned freed = 0, ran_early = ck_poll_early();
	struct visit visit = { .freed = &freed };
	struct instar_reclaim_stats stats;
	instar_thread *t;
	pthread_t thread;

	diag("ck_epoch_poll ran %u callbacks under a reader of their object, in %u races of three threads (conc/late_stores has "
	     "ck-epoch race)", ran_early, EARLY_ROUNDS);
	report("ck_epoch_unregister", ck_unregister_drops(), "drops what its record had deferred");
	report("ck_epoch_barrier", ck_barrier_is_its_own(), "leaves what other records deferred");
	report("ck_epoch", ck_peak_is_zero(), "says 0 in n_peak, whatever waited");
	report("ck_hp", in_child(ck_hp_many_hazards) != 0, "destroys under hazards beyond 512 (our ck-hp serves as many threads as have fewer)");
	if (!is_built("ck-epoch")) {
		skip(3, "built without ck-epoch");
		return;
	}
	if (instar_domain_create(&visit.domain, "ck-epoch", NULL) != INSTAR_OK ||
	    instar_thread_attach(visit.domain, &t) != INSTAR_OK ||
	    pthread_create(&thread, NULL, retire_and_leave, &visit))
		bail_out("no domain, or no thread");
	pthread_join(thread, NULL);
	instar_domain_stats(visit.domain, &stats);
	ok(stats.pending_objects == OBJECTS && stats.peak_pending_objects == OBJECTS,
	   "ck-epoch: what a thread left waits, and the peak is told (%llu)", (unsigned long long)stats.peak_pending_objects);
	instar_barrier(t);
	ok(freed == OBJECTS, "ck-epoch: another thread's barrier frees it (%u)", freed);
	instar_thread_detach(t);
	ok(instar_domain_destroy(visit.domain) == INSTAR_OK, "ck-epoch: destroy");
}
#else
static void ck_defects(void)
{
	skip(3, "built without Concurrency Kit");
}
#endif

/* ---- liburcu ---- */

#ifdef HAVE_URCU
#include <urcu/urcu-memb.h>
#include <urcu/urcu-qsbr.h>

static int memb_registers_twice(void)
{
	urcu_memb_register_thread();
	urcu_memb_register_thread();
	return 0;
}

static int qsbr_registers_twice(void)
{
	urcu_qsbr_register_thread();
	urcu_qsbr_register_thread();
	return 0;
}

/* Two domains, each attached to twice, used and left. */
static int use_domains(const char *scheme)
{
	instar_domain *domains[2];
	unsigned freed = 0;
	instar_thread *t;
	int wrong = 0;

	for (unsigned i = 0; i < 2; i++) {
		wrong |= instar_domain_create(&domains[i], scheme, NULL) != INSTAR_OK;
		wrong |= instar_thread_attach(domains[i], &t) != INSTAR_OK || instar_thread_attach(domains[i], &t) != INSTAR_OK;
		instar_enter(t);
		wrong |= instar_retire(t, &freed, 1, count, &freed) != INSTAR_OK;
		instar_leave(t);
		wrong |= instar_barrier(t) != INSTAR_OK;
	}
	for (unsigned i = 0; i < 2; i++) {
		wrong |= instar_thread_self(domains[i], &t) != INSTAR_OK;
		wrong |= instar_thread_detach(t) != INSTAR_OK || instar_thread_detach(t) != INSTAR_OK;
		wrong |= instar_domain_destroy(domains[i]) != INSTAR_OK;
	}
	return wrong || freed != 2;
}

/* The application's own registration is there before and after; a library with live assertions would tell. */
static int memb_beside_the_application(void)
{
	int wrong;

	urcu_memb_register_thread();
	wrong = use_domains("urcu-memb");
	urcu_memb_read_lock();
	urcu_memb_read_unlock();
	urcu_memb_unregister_thread();
	wrong |= use_domains("urcu-memb");
	urcu_memb_register_thread();
	urcu_memb_unregister_thread();
	return wrong;
}

static int qsbr_beside_the_application(void)
{
	int wrong;

	urcu_qsbr_register_thread();
	wrong = use_domains("urcu-qsbr");
	wrong |= !urcu_qsbr_read_ongoing(); /* as it was: online */
	urcu_qsbr_unregister_thread();
	wrong |= use_domains("urcu-qsbr");
	urcu_qsbr_register_thread();
	urcu_qsbr_unregister_thread();
	return wrong;
}

static void urcu_defects(void)
{
	report("urcu-memb", in_child(memb_registers_twice) == -1, "aborts when a thread registers twice");
	report("urcu-qsbr", in_child(qsbr_registers_twice) == -1, "aborts when a thread registers twice");
	ok(!is_built("urcu-memb") || in_child(memb_beside_the_application) == 0,
	   "urcu-memb: handles of two domains, beside the application's own registration and without it");
	ok(!is_built("urcu-qsbr") || in_child(qsbr_beside_the_application) == 0,
	   "urcu-qsbr: handles of two domains, beside the application's own registration and without it");
}
#else
static void urcu_defects(void)
{
	skip(2, "built without liburcu");
}
#endif

int main(void)
{
	ck_defects();
	urcu_defects();
	return done_testing();
}
