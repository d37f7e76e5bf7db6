/*
 * tests/support/threads.h - start threads at once, join them all.
 */
#ifndef TESTS_THREADS_H
#define TESTS_THREADS_H

#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>

enum { THREADS_MAX = 64 };

typedef void thread_body(unsigned index, void *arg);

struct thread_start {
	pthread_barrier_t *barrier;
	thread_body *body;
	void *arg;
	unsigned index;
};

static inline void *thread_main(void *arg)
{
	struct thread_start *start = arg;

	pthread_barrier_wait(start->barrier);
	start->body(start->index, start->arg);
	return NULL;
}

/* Runs body(0 … n-1, arg) in n new threads that start together; returns when all are done. */
static inline void run_threads(unsigned n, thread_body *body, void *arg)
{
	struct thread_start starts[THREADS_MAX];
	pthread_t threads[THREADS_MAX];
	pthread_barrier_t barrier;

	if (n > THREADS_MAX || pthread_barrier_init(&barrier, NULL, n))
		abort();
	for (unsigned i = 0; i < n; i++) {
		starts[i] = (struct thread_start){ &barrier, body, arg, i };
		if (pthread_create(&threads[i], NULL, thread_main, &starts[i])) {
			printf("Bail out! no thread\n");
			exit(99);
		}
	}
	for (unsigned i = 0; i < n; i++)
		pthread_join(threads[i], NULL);
	pthread_barrier_destroy(&barrier);
}

#endif
