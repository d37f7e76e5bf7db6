/* stress/reclaim_costs.c */
#include <errno.h>
#include <pthread.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/wait.h>
#include <unistd.h>

#include "stress/clock.h"
#include "stress/reclaim_costs.h"
#include "stress/subjects.h"

enum { SECTIONS = 1 << 20, OBJECTS = 1 << 18, OBJECT_BYTES = 64, WINDOW = 1024, BLOCK = 64 };
enum { STALLED = 1 << 20, NEAR = 4096, RECOVERY = 4 * STALLED };

/* ---- sections ---- */

static double section_cost(instar_thread *thread)
{
	double start = clock_seconds();

	for (unsigned i = 0; i < SECTIONS; i++) {
		instar_enter(thread);
		instar_leave(thread);
		if (i % BLOCK == 0)
			instar_thread_quiescent(thread);
	}
	return (clock_seconds() - start) * 1e9 / SECTIONS;
}

/* ---- retiring ---- */

static void destroy(void *object, void *ctx)
{
	(void)ctx;
	free(object);
}

/* Objects as their scheme wants them: with births, where it asks for them. */
struct worker {
	instar_domain *domain;
	instar_thread *thread;
	bool births;
};

static void *new_object(const struct worker *worker)
{
	void *object = worker->births ? instar_box_alloc(worker->domain, OBJECT_BYTES, NULL) : malloc(OBJECT_BYTES);

	if (!object)
		abort();
	return object;
}

static void retire(const struct worker *worker, void *object)
{
	if (instar_retire(worker->thread, object, OBJECT_BYTES, worker->births ? instar_box_free : destroy, NULL) != INSTAR_OK)
		abort();
}

static void free_at_once(const struct worker *worker, void *object)
{
	(worker->births ? instar_box_free : destroy)(object, NULL);
}

/* Objects come and go; the last WINDOW of them are kept, as a map would. */
static double turnover(const struct worker *worker, void (*let_go)(const struct worker *worker, void *object))
{
	void *window[WINDOW] = { NULL };
	double start = clock_seconds(), spent;

	for (unsigned i = 0; i < OBJECTS; i++) {
		void **place = &window[i % WINDOW];

		if (*place)
			let_go(worker, *place);
		*place = new_object(worker);
		if (i % BLOCK == 0)
			instar_thread_quiescent(worker->thread);
	}
	spent = clock_seconds() - start;
	for (unsigned i = 0; i < WINDOW; i++)
		free_at_once(worker, window[i]);
	return spent * 1e9 / OBJECTS;
}

/* ---- a reader that sleeps in a section ---- */

struct reader {
	instar_domain *domain;
	pthread_barrier_t meeting; /* asleep; awake again; gone */
	bool attached;
};

static void *reader_main(void *context)
{
	struct reader *reader = context;
	static int something;
	static void *const source = &something;
	instar_thread *thread;
	void *object;

	reader->attached = instar_thread_attach(reader->domain, &thread) == INSTAR_OK;
	if (reader->attached) {
		instar_enter(thread);
		instar_protect(thread, &source, &object);
	}
	pthread_barrier_wait(&reader->meeting);
	pthread_barrier_wait(&reader->meeting);
	if (reader->attached) {
		instar_leave(thread);
		instar_thread_detach(thread);
	}
	return NULL;
}

static uint64_t pending(instar_domain *domain)
{
	struct instar_reclaim_stats stats;

	instar_domain_stats(domain, &stats);
	return stats.pending_objects;
}

static void retire_some(const struct worker *worker, unsigned n)
{
	for (unsigned i = 0; i < n; i++) {
		retire(worker, new_object(worker));
		if (i % BLOCK == 0)
			instar_thread_quiescent(worker->thread);
	}
}

/* The slope of the second half: what a scheme keeps as a matter of course is there by then. */
static void stalled_reader(const struct worker *worker, struct reader *reader, struct reclaim_costs *costs)
{
	uint64_t before = pending(worker->domain), half;
	double woken;

	pthread_barrier_wait(&reader->meeting);
	retire_some(worker, STALLED / 2);
	half = pending(worker->domain);
	retire_some(worker, STALLED / 2);
	costs->slope = ((double)pending(worker->domain) - (double)half) / (STALLED / 2);
	pthread_barrier_wait(&reader->meeting);
	woken = clock_seconds();
	for (unsigned i = 0; i < RECOVERY / BLOCK; i++) {
		retire_some(worker, BLOCK);
		costs->recovery = (clock_seconds() - woken) * 1e3;
		if (pending(worker->domain) <= before + NEAR)
			return;
	}
	costs->recovery = NEVER;
}

static bool measure_stall(const struct worker *worker, struct reclaim_costs *costs)
{
	struct reader reader = { .domain = worker->domain };
	pthread_t id;

	pthread_barrier_init(&reader.meeting, NULL, 2);
	if (pthread_create(&id, NULL, reader_main, &reader) != 0)
		return false;
	stalled_reader(worker, &reader, costs);
	pthread_join(id, NULL);
	pthread_barrier_destroy(&reader.meeting);
	return reader.attached;
}

/* ---- */

static bool measure(const struct instar_scheme_info *scheme, struct reclaim_costs *costs)
{
	struct worker worker = { .births = scheme->wants_births };
	bool ok;

	if (instar_domain_create(&worker.domain, scheme->name, NULL) != INSTAR_OK)
		return false;
	ok = instar_thread_attach(worker.domain, &worker.thread) == INSTAR_OK;
	if (ok) {
		costs->section = section_cost(worker.thread);
		costs->retire = turnover(&worker, retire) - turnover(&worker, free_at_once);
		ok = measure_stall(&worker, costs);
		instar_thread_detach(worker.thread);
	}
	return instar_domain_destroy(worker.domain) == INSTAR_OK && ok;
}

bool reclaim_costs_measure(const struct instar_scheme_info *scheme, struct reclaim_costs *costs)
{
	int out[2], status = -1;
	bool ok;
	pid_t child;

	if (pipe(out) != 0)
		return false;
	fflush(NULL);
	child = fork();
	if (child == 0) {
		signal(SIGINT, SIG_DFL);
		_exit(!measure(scheme, costs) || write(out[1], costs, sizeof(*costs)) != sizeof(*costs));
	}
	close(out[1]);
	ok = child > 0 && read(out[0], costs, sizeof(*costs)) == sizeof(*costs);
	close(out[0]);
	while (child > 0 && waitpid(child, &status, 0) < 0 && errno == EINTR)
		continue;
	return ok && status == 0;
}
