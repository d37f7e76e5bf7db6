/*
 * tests/support/actor.h - threads that do what they are told, one thing at a time: an order of events
 * across threads is written down in the test, not left to chance.
 */
#ifndef TESTS_ACTOR_H
#define TESTS_ACTOR_H

#include <pthread.h>
#include <stdbool.h>
#include <stdlib.h>

#include "tests/support/schemes.h"

struct actor;
typedef void actor_job(struct actor *actor, void *arg);

struct actor {
	pthread_t thread;
	pthread_mutex_t mutex;
	pthread_cond_t changed;
	instar_domain *domain;
	instar_thread *self; /* an explicit handle; NULL for a bare actor */
	actor_job *job;      /* NULL: idle */
	void *arg;
	bool bare, stop;
};

static void *actor_main(void *arg)
{
	struct actor *a = arg;

	if (!a->bare) {
		if (instar_thread_attach(a->domain, &a->self) != INSTAR_OK)
			abort();
		instar_thread_offline(a->self);
	}
	pthread_mutex_lock(&a->mutex);
	while (!a->stop) {
		if (a->job) {
			pthread_mutex_unlock(&a->mutex);
			a->job(a, a->arg);
			pthread_mutex_lock(&a->mutex);
			a->job = NULL;
			pthread_cond_broadcast(&a->changed);
		} else {
			pthread_cond_wait(&a->changed, &a->mutex);
		}
	}
	pthread_mutex_unlock(&a->mutex);
	return NULL;
}

/* Has the actor do it, and waits until it is done. */
static inline void actor_do(struct actor *a, actor_job *job, void *arg)
{
	pthread_mutex_lock(&a->mutex);
	a->job = job;
	a->arg = arg;
	pthread_cond_broadcast(&a->changed);
	while (a->job)
		pthread_cond_wait(&a->changed, &a->mutex);
	pthread_mutex_unlock(&a->mutex);
}

static void actor_nothing(struct actor *a, void *arg)
{
	(void)a;
	(void)arg;
}

static inline void actor_start_as(struct actor *a, instar_domain *domain, bool bare)
{
	*a = (struct actor){ .domain = domain, .bare = bare };
	pthread_mutex_init(&a->mutex, NULL);
	pthread_cond_init(&a->changed, NULL);
	if (pthread_create(&a->thread, NULL, actor_main, a))
		abort();
	actor_do(a, actor_nothing, NULL);
}

static inline void actor_start(struct actor *a, instar_domain *domain)
{
	actor_start_as(a, domain, false);
}

/* Without a handle. */
static inline void actor_start_bare(struct actor *a, instar_domain *domain)
{
	actor_start_as(a, domain, true);
}

/* It leaves without detaching. */
static inline void actor_stop(struct actor *a)
{
	pthread_mutex_lock(&a->mutex);
	a->stop = true;
	pthread_cond_broadcast(&a->changed);
	pthread_mutex_unlock(&a->mutex);
	pthread_join(a->thread, NULL);
	pthread_mutex_destroy(&a->mutex);
	pthread_cond_destroy(&a->changed);
}

/* ---- what most actors do ---- */

/* Within a section: refers to the object found at arg; NULL: to none. */
__attribute__((unused)) static void actor_refer(struct actor *a, void *arg)
{
	void *object;

	if (arg && instar_protect(a->self, arg, &object) != INSTAR_OK)
		abort();
}

/* Under schemes with quiescent states, idle actors are offline: online and idle they would block for ever.
 * arg: as for actor_refer. */
__attribute__((unused)) static void actor_enter(struct actor *a, void *arg)
{
	instar_thread_online(a->self);
	instar_enter(a->self);
	actor_refer(a, arg);
}

__attribute__((unused)) static void actor_inner_leave(struct actor *a, void *arg)
{
	(void)arg;
	instar_leave(a->self);
}

__attribute__((unused)) static void actor_leave(struct actor *a, void *arg)
{
	(void)arg;
	instar_leave(a->self);
	instar_thread_offline(a->self);
}

__attribute__((unused)) static void actor_try_hard(struct actor *a, void *arg)
{
	(void)arg;
	try_hard(a->self);
}

/* A section of the map's, as in the middle of a call. */
__attribute__((unused)) static void actor_pin(struct actor *a, void *arg)
{
	(void)arg;
	a->domain->scheme->enter_all(a->self);
}

__attribute__((unused)) static void actor_unpin(struct actor *a, void *arg)
{
	(void)arg;
	a->domain->scheme->leave_all(a->self);
}

#endif
