/*
 * reclaim/fork.c - a child process begins with the forking thread alone.
 *
 * All domains are in one list, up to the destruction of what is left in them: from there on either the destroying
 * thread is the one that forks, and goes on in both processes, or nobody can use the domain in the child.  There every
 * handle of a thread that is not there any more is given back and its sections are ended; its garbage is not looked at
 * (the thread may have been in the middle of it) and stays allocated, as everything else that it held, and counts as
 * freed.  A domain's worker is not there either; the lists of maps are whole, since their locks are held over the fork.
 *
 * INSTAR_DOMAIN_ATFORK asks for more.  What a lost thread leaves is what it stored, in the order of its program, up to some
 * point (system calls that copy memory stop each processor's stores at one point).  So
 *   - its queue holds whole records up to `appended`, and the rest of the producer's side follows from the
 *     consumer's, if nobody was consuming: then it is mended, and what waits in it is freed in the child by who comes.
 *     If somebody was, the first record may be half destroyed and the consumer's side half moved: the queue is given up
 *     as without the flag, also where he only looked through it in a barrier.  To wait for him in prepare would be to wait
 *     for a destructor, which may want what the forking thread has locked.  (But the worker's taking over out of others'
 *     queues is waited for: it destroys out of its own.)  If it is the forking thread that frees out of it, a destructor
 *     called fork: it returns in the child, too, and the queue is mended under it, with or without the flag;
 *   - a map's list of snapshots is locked over the fork; those that a call of a lost thread had open for itself are taken
 *     out of it in the child;
 *   - a worker is started anew.
 */
#include <pthread.h>

#include "reclaim/private.h"

static pthread_mutex_t mutex = PTHREAD_MUTEX_INITIALIZER;
static pthread_once_t once = PTHREAD_ONCE_INIT;
static bool watched; /* forks */
static instar_domain *domains;

static bool asked(const instar_domain *domain)
{
	return domain->opts.flags & INSTAR_DOMAIN_ATFORK;
}

static void tell_maps(instar_domain *domain, enum fork_side side)
{
	for (struct reclaim_map *m = domain->first_map; asked(domain) && m; m = m->next)
		m->fork(m, side);
}

static void prepare(void)
{
	pthread_mutex_lock(&mutex);
	for (instar_domain *domain = domains; domain; domain = domain->next) {
		pthread_mutex_lock(&domain->maps_lock);
		tell_maps(domain, FORK_PREPARE);
	}
}

static void parent(void)
{
	for (instar_domain *domain = domains; domain; domain = domain->next) {
		tell_maps(domain, FORK_PARENT);
		pthread_mutex_unlock(&domain->maps_lock);
	}
	pthread_mutex_unlock(&mutex);
}

static bool is_callers(const instar_thread *thread)
{
	return thread_mine(thread->domain) == thread;
}

/* The worker does not exist, unless it is the thread that forked, in a destructor.  (It may also have ended in one.) */
static void lose_worker(instar_domain *domain)
{
	instar_thread *worker = background_handle(domain);

	if (!worker || !is_callers(worker))
		background_lost(domain);
}

static bool caller_frees(const struct thread_private *own)
{
	return this_thread.frees == &own->limbo;
}

/* What waits in the queue of a handle whose thread, or whose queue's consumer, was lost. */
static void take_queue(const instar_domain *domain, struct thread_private *own)
{
	if (caller_frees(own) || (asked(domain) && !own->limbo.busy)) {
		limbo_mend(&own->limbo);
		return;
	}
	own->limbo = (struct limbo){ 0 };
	own->table_end = 0;
}

static void lose_threads(instar_domain *domain)
{
	bool lost = false;

	for (instar_thread *t = domain->threads; t; t = t->next) {
		if (!is_callers(t)) {
			domain->scheme->thread_lost(t);
			t->interrupted = false;
			t->state = HANDLE_FREE;
		} else if (!t->own->limbo.busy || caller_frees(t->own)) {
			continue;
		}
		/* The thread that was freeing out of it, for its own or for the caller, never ends that. */
		take_queue(domain, t->own);
		lost = true;
	}
	if (lost)
		count_lost(domain);
	domain->shared_readers = thread_shared_sections(domain);
	if (!domain->shared_readers)
		domain->scheme->thread_lost(domain->shared);
}

static void child(void)
{
	ping_after_fork();
	for (instar_domain *domain = domains; domain; domain = domain->next) {
		tell_maps(domain, FORK_CHILD);
		lose_worker(domain);
		if (domain->scheme->thread_lost)
			lose_threads(domain);
	}
	/* Now that all are made good: a worker's destructors may use any of them. */
	for (instar_domain *domain = domains; domain; domain = domain->next) {
		pthread_mutex_unlock(&domain->maps_lock);
		if (asked(domain) && (domain->opts.flags & INSTAR_DOMAIN_BACKGROUND) && !domain->background)
			background_start(domain); /* or the others do its work */
	}
	pthread_mutex_unlock(&mutex);
}

static void watch_forks(void)
{
	watched = pthread_atfork(prepare, parent, child) == 0;
}

bool domains_add(instar_domain *domain)
{
	pthread_once(&once, watch_forks);
	if (!watched)
		return false;
	pthread_mutex_lock(&mutex);
	domain->next = domains;
	domains = domain;
	pthread_mutex_unlock(&mutex);
	return true;
}

void domains_remove(instar_domain *domain)
{
	instar_domain **link = &domains;

	pthread_mutex_lock(&mutex);
	while (*link && *link != domain)
		link = &(*link)->next;
	if (*link) /* else its end was begun before, by a thread that did not come back */
		*link = domain->next;
	pthread_mutex_unlock(&mutex);
}
