/* stress/reclaim_costs.c */
#include <pthread.h>
#include <stdlib.h>

#include "stress/clock.h"
#include "stress/reclaim_costs.h"

enum { SECTIONS = 1 << 20, OBJECTS = 1 << 18, OBJECT_BYTES = 64, WINDOW = 1024, BLOCK = 64 };
enum { STALLED = 1 << 17, NEAR = 4096, PATIENCE = 5 };

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

/* Objects come and go; the last WINDOW of them are kept, as a map would.  thread NULL: they go at once. */
static double turnover(instar_thread *thread)
{
	void *window[WINDOW] = { NULL };
	double start = clock_seconds(), spent;

	for (unsigned i = 0; i < OBJECTS; i++) {
		void **place = &window[i % WINDOW];

		if (!thread)
			free(*place);
		else if (*place && instar_retire(thread, *place, OBJECT_BYTES, destroy, NULL) != INSTAR_OK)
			abort();
		*place = malloc(OBJECT_BYTES);
		if (!*place)
			abort();
		if (thread && i % BLOCK == 0)
			instar_thread_quiescent(thread);
	}
	spent = clock_seconds() - start;
	for (unsigned i = 0; i < WINDOW; i++)
		free(window[i]);
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

static void retire_some(instar_thread *thread, unsigned n)
{
	for (unsigned i = 0; i < n; i++) {
		void *object = malloc(OBJECT_BYTES);

		if (!object || instar_retire(thread, object, OBJECT_BYTES, destroy, NULL) != INSTAR_OK)
			abort();
		if (i % BLOCK == 0)
			instar_thread_quiescent(thread);
	}
}

/* The slope of the second half: what a scheme keeps as a matter of course is there by then. */
static void stalled_reader(instar_domain *domain, instar_thread *thread, struct reader *reader,
			   struct reclaim_costs *costs)
{
	uint64_t before = pending(domain), half;
	double woken;

	pthread_barrier_wait(&reader->meeting);
	retire_some(thread, STALLED / 2);
	half = pending(domain);
	retire_some(thread, STALLED / 2);
	costs->slope = ((double)pending(domain) - (double)half) / (STALLED / 2);
	pthread_barrier_wait(&reader->meeting);
	woken = clock_seconds();
	do {
		retire_some(thread, BLOCK);
		costs->recovery = (clock_seconds() - woken) * 1e3;
		if (pending(domain) <= before + NEAR)
			return;
	} while (costs->recovery < PATIENCE * 1e3);
	costs->recovery = -1;
}

static bool measure_stall(instar_domain *domain, instar_thread *thread, struct reclaim_costs *costs)
{
	struct reader reader = { .domain = domain };
	pthread_t id;

	pthread_barrier_init(&reader.meeting, NULL, 2);
	if (pthread_create(&id, NULL, reader_main, &reader) != 0)
		return false;
	stalled_reader(domain, thread, &reader, costs);
	pthread_join(id, NULL);
	pthread_barrier_destroy(&reader.meeting);
	return reader.attached;
}

bool reclaim_costs_measure(const struct instar_scheme_info *scheme, struct reclaim_costs *costs)
{
	instar_domain *domain;
	instar_thread *thread;
	bool ok;

	if (instar_domain_create(&domain, scheme->name, NULL) != INSTAR_OK)
		return false;
	ok = instar_thread_attach(domain, &thread) == INSTAR_OK;
	if (ok) {
		costs->section = section_cost(thread);
		costs->retire = turnover(thread) - turnover(NULL);
		ok = measure_stall(domain, thread, costs);
		instar_thread_detach(thread);
	}
	return instar_domain_destroy(domain) == INSTAR_OK && ok;
}
