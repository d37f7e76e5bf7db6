/*
 * reclaim/fork.c - a child process begins with the forking thread alone.
 *
 * All domains are in one list.  In the child every handle of a thread that is not there any more is given
 * back and its sections are ended; its garbage is not looked at (the thread may have been in the middle of
 * it) and stays allocated, as everything else that it held.  A domain's worker is not there either; the lists of maps
 * are whole, since their locks are held over the fork.
 */
#include <pthread.h>

#include "reclaim/private.h"

static pthread_mutex_t mutex = PTHREAD_MUTEX_INITIALIZER;
static pthread_once_t once = PTHREAD_ONCE_INIT;
static instar_domain *domains;

static void prepare(void)
{
	pthread_mutex_lock(&mutex);
	for (instar_domain *domain = domains; domain; domain = domain->next)
		pthread_mutex_lock(&domain->maps_lock);
}

static void parent(void)
{
	for (instar_domain *domain = domains; domain; domain = domain->next)
		pthread_mutex_unlock(&domain->maps_lock);
	pthread_mutex_unlock(&mutex);
}

static bool is_callers(const instar_thread *thread)
{
	return thread_mine(thread->domain) == thread;
}

/* The worker does not exist, unless it is the thread that forked, in a destructor. */
static void lose_worker(instar_domain *domain)
{
	instar_thread *worker = background_handle(domain);

	if (worker && !is_callers(worker))
		background_lost(domain);
}

static void child(void)
{
	for (instar_domain *domain = domains; domain; domain = domain->next) {
		pthread_mutex_unlock(&domain->maps_lock);
		lose_worker(domain);
		if (!domain->scheme->thread_lost)
			continue;
		for (instar_thread *t = domain->threads; t; t = t->next) {
			if (!is_callers(t)) {
				domain->scheme->thread_lost(t);
				t->attached = 0;
			} else if (!t->own->limbo.busy || reclaim_in_callback()) {
				continue;
			}
			/* The thread that was freeing out of it, for its own or for the caller, never ends that. */
			t->own->limbo = (struct limbo){ 0 };
		}
		if (!this_thread.shared_sections) {
			domain->scheme->thread_lost(domain->shared);
			domain->shared_readers = 0;
		}
	}
	pthread_mutex_unlock(&mutex);
}

static void watch_forks(void)
{
	pthread_atfork(prepare, parent, child);
}

void domains_add(instar_domain *domain)
{
	pthread_once(&once, watch_forks);
	pthread_mutex_lock(&mutex);
	domain->next = domains;
	domains = domain;
	pthread_mutex_unlock(&mutex);
}

void domains_remove(instar_domain *domain)
{
	instar_domain **link = &domains;

	pthread_mutex_lock(&mutex);
	while (*link != domain)
		link = &(*link)->next;
	*link = domain->next;
	pthread_mutex_unlock(&mutex);
}
