/* stress/crew.c - the workers' way through a cell. */
#include "stress/crew.h"

#include <sched.h>
#include <stdlib.h>

#include "stress/clock.h"
#include "stress/memory.h"

enum { HEAP_PER_ENTRY = 96 }; /* of the map that allocates most for each */

/* To the index-th processor this process may use, round and round. */
static void pin(unsigned index)
{
	cpu_set_t allowed, one;
	int nth;

	if (sched_getaffinity(0, sizeof(allowed), &allowed) != 0 || CPU_COUNT(&allowed) == 0)
		return;
	nth = (int)(index % (unsigned)CPU_COUNT(&allowed));
	for (int cpu = 0; cpu < CPU_SETSIZE; cpu++) {
		if (!CPU_ISSET(cpu, &allowed) || nth-- > 0)
			continue;
		CPU_ZERO(&one);
		CPU_SET(cpu, &one);
		sched_setaffinity(0, sizeof(one), &one);
		return;
	}
}

static void prepare(struct worker *worker)
{
	struct crew *crew = worker->crew;
	const struct workload *workload = crew->cell->workload;
	struct work *work = &worker->work;
	size_t first = crew->population->entries * work->index / crew->count;
	size_t end = crew->population->entries * (work->index + 1) / crew->count;

	work->share = crew->population->keys + first;
	work->share_length = end - first;
	work->reads = workload->reads;
	work->seed = scramble(crew->cell->seed + work->index);
	work->stop = &crew->stop;
	work->sample = crew->sample;
	work->latency = calloc(1, sizeof(*work->latency));
	if (!work->latency || !stream_make(&worker->stream, crew->population, workload->keys, work->index))
		crew->failure = "no memory for the workers";
	work->stream = worker->stream.keys;
	work->stream_mask = worker->stream.length - 1;
	if (workload->warm)
		memory_warm_heap(work->share_length * HEAP_PER_ENTRY);
}

static void prefill(struct worker *worker)
{
	const struct subject *subject = worker->crew->subject;
	const struct workload *workload = worker->crew->cell->workload;
	struct work *work = &worker->work;

	if (workload->from_empty)
		return;
	for (size_t i = 0; i < work->share_length; i++) {
		uint64_t key = workload->loop == LOOP_CHURN ? population_new_key(work->seed, work->index, i)
							    : work->share[i];

		(workload->boxed ? subject->put_boxed : subject->insert)(work->map, work->thread, key,
									 value_of(key, 0));
	}
	work->churn_end = workload->loop == LOOP_CHURN ? work->share_length : 0;
}

static void work_on_the_clock(struct worker *worker)
{
	const struct crew *crew = worker->crew;

	worker->start = clock_seconds();
	crew->subject->work[crew->cell->workload->loop](&worker->work);
	worker->end = clock_seconds();
}

static void *worker_main(void *argument)
{
	struct worker *worker = argument;
	struct crew *crew = worker->crew;
	struct work *work = &worker->work;

	pin(work->index);
	prepare(worker);
	crew_meet(crew); /* prepared */
	crew_meet(crew); /* the map is there */
	work->map = crew->map;
	if (crew->failure)
		goto failed;
	work->thread = crew->subject->attach(work->map);
	if (!work->thread) {
		crew->failure = "a thread could not attach";
		goto failed;
	}
	prefill(worker);
	crew->subject->offline(work->map, work->thread);
	crew_meet(crew); /* prefilled */
	crew_meet(crew); /* go */
	crew->subject->online(work->map, work->thread);
	work_on_the_clock(worker);
	crew->subject->detach(work->map, work->thread);
	crew->finished++;
	return NULL;
failed:
	crew_meet(crew);
	crew_meet(crew);
	crew->finished++;
	return NULL;
}

void crew_meet(struct crew *crew)
{
	pthread_barrier_wait(&crew->meeting);
}

bool crew_start(struct crew *crew)
{
	crew->workers = aligned_alloc(_Alignof(struct worker), crew->count * sizeof(struct worker));
	if (!crew->workers || pthread_barrier_init(&crew->meeting, NULL, crew->count + 1) != 0)
		return false;
	for (unsigned i = 0; i < crew->count; i++) {
		struct worker *worker = &crew->workers[i];

		*worker = (struct worker){ .crew = crew, .work = { .index = i } };
		if (pthread_create(&worker->thread, NULL, worker_main, worker) != 0)
			return false;
	}
	return true;
}

void crew_join(struct crew *crew)
{
	for (unsigned i = 0; i < crew->count; i++)
		pthread_join(crew->workers[i].thread, NULL);
}

void crew_free(struct crew *crew)
{
	for (unsigned i = 0; i < crew->count; i++) {
		free(crew->workers[i].stream.keys);
		free(crew->workers[i].work.latency);
	}
	free(crew->workers);
	pthread_barrier_destroy(&crew->meeting);
}
