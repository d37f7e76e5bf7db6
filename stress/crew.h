/*
 * stress/crew.h - the workers of a cell: started, pinned, led through the stages of a measurement.
 *
 *	prepare   streams are drawn, heaps warmed     (no map yet)
 *	prefill   the map's first entries go in
 *	work      the workload's loop, on the clock
 */
#ifndef STRESS_CREW_H
#define STRESS_CREW_H

#include <pthread.h>

#include "stress/cell.h"
#include "stress/population.h"

struct worker {
	struct work work;
	struct crew *crew;
	struct stream stream;
	pthread_t thread;
	double start, end;
} __attribute__((aligned(128)));

struct crew {
	const struct cell *cell;
	const struct subject *subject;
	const struct population *population;
	struct map *map;          /* set between the first two stages */
	struct worker *workers;
	unsigned count;
	pthread_barrier_t meeting;
	atomic_bool stop;
	_Atomic unsigned finished;
	_Atomic(const char *) failure; /* a sentence, once something has gone wrong */
	void (*sample)(size_t inserted);
};

/* Starts the workers; they prepare.  False: no memory or no threads. */
bool crew_start(struct crew *crew);

/* The leader's part of a meeting: returns when all workers have ended the stage before. */
void crew_meet(struct crew *crew);

/* Waits for the workers' end. */
void crew_join(struct crew *crew);
void crew_free(struct crew *crew);

#endif
