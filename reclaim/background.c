/*
 * reclaim/background.c - the worker of a domain made with INSTAR_DOMAIN_BACKGROUND: a thread that advances grace
 * periods, destroys garbage and moves entries of growing maps, so that the threads which use them do neither.
 *
 * What it does is what any thread may do at any time: it visits every handle's queue as instar_poll does, advances as
 * instar_poll does, and helps maps as instar_maintain does.  So it needs no safety argument of its own,
 * of no scheme: that of a scan or an epoch's turn does not ask who makes it, and a queue has one consumer at a time,
 * anybody (limbo.h).  It goes through an implicit handle: under quiescent states it is online only while
 * it helps a map.
 *
 * Who destroys where.  Destructors are the user's and may take any time, and a queue is locked while its consumer
 * works.  So the worker first takes what has elapsed, a handful at a time, over to the queue of its own
 * handle, and destroys out of that.  Thus a queue of another thread is locked for a moment only, and that thread can
 * free out of it even while the worker sleeps in a destructor.  A record is appended to the worker's queue before it is
 * dropped from the other: so a barrier finds it in one of the two if it looks at the worker's last.  Nothing else about
 * a queue's order is asked of the worker's: what is in it has elapsed, or is held.
 *
 * Nobody depends on it.  A thread leaves its work to the worker (background_takes) while
 *   - its own queue is not longer than LEFT_OBJECTS: a worker that keeps up lets it grow no further, one that
 *     sleeps, has died at a fork, or waits for a reader, does not matter;
 *   - the domain's garbage was within max_pending_bytes when the thread last looked, if there is such a limit;
 * and else does what it would without a worker.  For migrations see src/leave.h.  Retiring and leaving take no
 * lock and wait for nothing: lock-free stays lock-free.
 *
 * How it is woken.  A thread that has retired or buried RECLAIM_WORK_STEP times looks whether the worker is asleep, and
 * wakes it if so; who installs a table wakes it from a nap, too.  There is no fence in that: a worker that
 * goes to sleep at the same time may miss it, and finds the work when its time is over.
 *
 *	AWAKE     at work
 *	NAPPING   garbage or burials wait for readers, or did just now: NAP_NS, then twice as long each time in vain
 *	ASLEEP    there was nothing to do: SLEEP_NS
 *
 * Of maps it knows what they attach (contract.h), in a list under the domain's lock, which it holds while it helps
 * them, for HELP_BUDGET homes each.  So a map is not destroyed under its hands, and a fork waits that long; as it does
 * while records are taken over.
 */
#include <errno.h>
#include <pthread.h>
#include <semaphore.h>
#include <signal.h>

#include "reclaim/futex.h"
#include "reclaim/private.h"

enum {
	LEFT_OBJECTS = 1 << 15, /* of a thread, garbage that it leaves to the worker */
	TAKEN = RECLAIM_WORK_STEP, /* records taken over at once */
	TURN = 16,              /* times that, out of one queue before the next is looked at */
	PARTS = 1024,           /* of large tables, before it looks for other work */
	HELP_BUDGET = 256,      /* homes */
	NAP_NS = 100000,
	LONGEST_NAP_NS = 10000000,
	SLEEP_NS = 100000000
};

enum rest { AWAKE, NAPPING, ASLEEP };

struct background {
	instar_domain *domain;
	instar_thread *self;        /* the worker's handle; NULL: it has ended in a destructor */
	pthread_t thread;
	sem_t started;
	enum instar_status status;  /* of its start */
	uint64_t nap;
	CACHE_ALIGNED unsigned rest; /* enum rest; slept upon */
	bool stop;
	bool due;                   /* retirements or burials were made: grace periods are wanted */
	bool migration;             /* a map may have one under way */
};

/* ---- what the others do ---- */

static void wake(struct background *w)
{
	if (exchange_acq_rel(&w->rest, AWAKE) != AWAKE)
		futex_wake(&w->rest);
}

static void raise_flag(bool *flag)
{
	if (!load_relaxed(flag))
		store_relaxed(flag, true);
}

bool background_takes(instar_thread *t)
{
	struct background *w = t->domain->background;

	if (t == load_relaxed(&w->self))
		return true;
	if (unlikely(!load_relaxed(&w->self)))
		return false;
	raise_flag(&w->due);
	if (load_relaxed(&w->rest) == ASLEEP)
		wake(w);
	return limbo_pending(&t->own->limbo) <= LEFT_OBJECTS && !t->own->pressed;
}

void reclaim_migration_begins(instar_domain *domain)
{
	struct background *w = domain->background;

	if (likely(!w))
		return;
	raise_flag(&w->migration);
	if (load_relaxed(&w->rest) != AWAKE)
		wake(w);
}

instar_thread *background_handle(const instar_domain *domain)
{
	return domain->background ? load_acquire(&domain->background->self) : NULL;
}

/* ---- what it does ---- */

/* true: a map waits for more. */
static bool help_maps(struct background *w)
{
	bool more = false;

	if (!load_relaxed(&w->migration))
		return false;
	store_relaxed(&w->migration, false);
	pthread_mutex_lock(&w->domain->maps_lock);
	for (struct reclaim_map *m = w->domain->first_map; m; m = m->next)
		more |= m->help(m, w->self, HELP_BUDGET);
	pthread_mutex_unlock(&w->domain->maps_lock);
	if (more)
		raise_flag(&w->migration);
	return more;
}

/* Up to TAKEN elapsed records of another's queue come into the worker's.  How many; without memory they are
 * destroyed where they are.  A fork waits for that: a child finds each record in one of the two, and the other's whole. */
static size_t take_over(instar_thread *t, struct limbo *from)
{
	const struct limbo_record *record;
	size_t n = 0;

	if (!limbo_pending(from))
		return 0;
	if (!reclaim_reserve(t, TAKEN))
		return free_elapsed(t, from, TAKEN);
	pthread_mutex_lock(&t->domain->maps_lock);
	if (limbo_lock(from)) {
		while (n < TAKEN && (record = limbo_first(from)) && has_elapsed(t, from, record->stamp)) {
			limbo_append(t->domain, &t->own->limbo, record);
			limbo_drop(from);
			n++;
		}
		limbo_unlock(from);
	}
	pthread_mutex_unlock(&t->domain->maps_lock);
	return n;
}

/* For each handful taken a few more looks than that: what is held is passed by.  true: something was freed. */
static bool free_garbage(instar_thread *t)
{
	bool freed = false;

	for (instar_thread *other = load_acquire(&t->domain->threads); other; other = other->next) {
		for (unsigned i = 0; i < TURN && other != t && take_over(t, &other->own->limbo); i++)
			freed |= free_elapsed(t, &t->own->limbo, TAKEN) != 0;
		thread_tidy(other, SIZE_MAX);
	}
	for (unsigned i = 0; i < PARTS && free_elapsed(t, &t->own->limbo, TAKEN); i++)
		freed = true;
	return freed;
}

static bool garbage_waits(const instar_domain *domain)
{
	const instar_thread *t = load_acquire(&domain->threads);

	while (t && !limbo_pending(&t->own->limbo) && !thread_is_untidy(t))
		t = t->next;
	return t;
}

/* Unless it was told to go on or to stop meanwhile. */
static void rest(struct background *w, enum rest how, uint64_t ns)
{
	exchange_acq_rel(&w->rest, how);
	if (!load_relaxed(&w->stop) && !load_relaxed(&w->migration))
		futex_sleep(&w->rest, how, ns);
	store_relaxed(&w->rest, AWAKE);
}

/* Under leak nothing is advanced, and nothing freed. */
static bool look_after_garbage(struct background *w, bool *fruitful)
{
	uint64_t elapsed = load_relaxed(&w->domain->counters.grace_periods);
	bool due = load_relaxed(&w->due);

	if (!w->domain->scheme->advance || (!due && !garbage_waits(w->domain)))
		return false;
	store_relaxed(&w->due, false);
	advance_domain(w->self);
	watch_pending(w->self);
	*fruitful = free_garbage(w->self) || (due && load_relaxed(&w->domain->counters.grace_periods) != elapsed);
	return true;
}

/* What is there to do, once; then it rests, unless a map waits. */
static void work(struct background *w)
{
	bool fruitful = false;
	bool helping = help_maps(w);
	bool garbage = look_after_garbage(w, &fruitful);

	if (fruitful || !garbage)
		w->nap = NAP_NS;
	if (helping)
		return;
	if (!garbage) {
		rest(w, ASLEEP, SLEEP_NS);
		raise_flag(&w->migration); /* in case nobody told, or there was no memory */
		return;
	}
	rest(w, NAPPING, w->nap);
	if (!fruitful && w->nap < LONGEST_NAP_NS)
		w->nap *= 2;
}

/* ---- beginning and end ---- */

/* Before its handle becomes somebody else's, who is no worker: the others work as without one from now on. */
static void end_early(void *arg)
{
	struct background *w = arg;

	store_relaxed(&w->self, NULL); /* seen by who takes the handle (ORD:handle-take) */
}

static void *background_main(void *arg)
{
	struct background *w = arg;
	instar_thread *t = NULL;

	pthread_setname_np(pthread_self(), "instar-worker");
	w->status = instar_thread_self(w->domain, &t);
	w->self = t;
	sem_post(&w->started);
	if (!t)
		return NULL;
	pthread_cleanup_push(end_early, w);
	while (!load_relaxed(&w->stop))
		work(w);
	pthread_cleanup_pop(0);
	thread_release(t);
	return NULL;
}

/* The signals of the application are not for it. */
static bool start_thread(struct background *w)
{
	sigset_t all, before;
	bool started;

	sigfillset(&all);
	pthread_sigmask(SIG_SETMASK, &all, &before);
	started = pthread_create(&w->thread, NULL, background_main, w) == 0;
	pthread_sigmask(SIG_SETMASK, &before, NULL);
	return started;
}

static void background_free(struct background *w)
{
	sem_destroy(&w->started);
	reclaim_free(w->domain, w, sizeof(*w), CACHE_LINE);
}

enum instar_status background_start(instar_domain *domain)
{
	struct background *w;
	enum instar_status status = INSTAR_NOMEM;

	if (!HAVE_FUTEX)
		return INSTAR_UNSUPPORTED;
	w = reclaim_alloc(domain, sizeof(*w), CACHE_LINE);
	if (!w)
		return INSTAR_NOMEM;
	w->domain = domain;
	w->nap = NAP_NS;
	sem_init(&w->started, 0, 0);
	domain->background = w; /* the worker reads it; nobody else knows the domain yet */
	if (start_thread(w)) {
		while (sem_wait(&w->started) && errno == EINTR)
			;
		status = w->status;
		if (status != INSTAR_OK)
			pthread_join(w->thread, NULL);
	}
	if (status != INSTAR_OK) {
		domain->background = NULL;
		background_free(w);
	}
	return status;
}

void background_stop(instar_domain *domain)
{
	struct background *w = domain->background;

	if (!w)
		return;
	store_relaxed(&w->stop, true);
	wake(w);
	pthread_join(w->thread, NULL);
	domain->background = NULL;
	background_free(w);
}

void background_lost(instar_domain *domain)
{
	struct background *w = domain->background;

	if (!w)
		return;
	domain->background = NULL;
	background_free(w);
}
