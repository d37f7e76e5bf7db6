/*
 * reclaim/wait.c - the calls that wait for grace periods, and instar_retire without memory, which must.
 */
#include <sched.h>
#include <time.h>

#include "reclaim/private.h"

enum { SPIN_ROUNDS = 32, YIELD_ROUNDS = 64, SLEEP_NS = 100000 };
enum { GRACE_ADVANCES = 4 }; /* with nobody in a section so many make all elapse */
enum { DRAIN_STEP = 1024, DEADLINE_STEP = 8 }; /* objects destroyed before it looks at its deadline: each may take long */

struct waiting {
	const struct instar_deadline *deadline;
	bool quiescent; /* the caller holds no reference, whatever state its thread is in */
	uint64_t began;
	unsigned round;
};

static uint64_t now_ns(void)
{
	struct timespec now;

	clock_gettime(CLOCK_MONOTONIC, &now);
	return (uint64_t)now.tv_sec * 1000000000 + (uint64_t)now.tv_nsec;
}

static enum instar_status expired(const struct waiting *w)
{
	const struct instar_deadline *deadline = w->deadline;

	if (!deadline)
		return INSTAR_OK;
	if (deadline->cancel && load_relaxed(deadline->cancel))
		return INSTAR_CANCELLED;
	if (deadline->timeout_ns && now_ns() - w->began >= deadline->timeout_ns)
		return INSTAR_TIMEOUT;
	return INSTAR_OK;
}

/* One attempt to come closer to the next grace period; then a pause, the longer the later the round. */
static void wait_a_round(instar_thread *t, struct waiting *w)
{
	const struct reclaim_scheme *scheme = t->domain->scheme;

	if (w->quiescent && scheme->quiescent && !t->is_shared)
		scheme->quiescent(t);
	if (scheme->wait && !w->deadline && !this_thread.callbacks && scheme->wait(t))
		return;
	/* Progress that frees nothing is none: who is waited for may sleep in a destructor. */
	if ((scheme->advance(t) && w->round < YIELD_ROUNDS) || w->round < SPIN_ROUNDS)
		cpu_pause();
	else if (w->round < YIELD_ROUNDS)
		sched_yield();
	else
		nanosleep(&(struct timespec){ 0, SLEEP_NS }, NULL);
	w->round++;
}

/* While it waits, the caller is quiescent. */
static bool go_offline(instar_thread *t)
{
	bool online = t->own->online;

	if (online)
		thread_go_offline(t);
	return online;
}

static void come_back(instar_thread *t, bool online)
{
	if (online)
		thread_go_online(t);
}

static bool may_wait(void)
{
	return !this_thread.callbacks && !thread_in_section();
}

/* Until all sections that are open now have ended; quiescent: as in struct waiting. */
static void outlast(instar_thread *t, bool quiescent)
{
	struct waiting w = { NULL, quiescent, 0, 0 };
	uint64_t stamp = grace_stamp(t);

	while (!t->domain->scheme->grace_elapsed(t, stamp))
		wait_a_round(t, &w);
}

enum instar_status instar_synchronize(instar_thread *thread)
{
	instar_thread *t = thread_or_self(thread);
	bool online;

	if (!may_wait())
		return INSTAR_MISUSE;
	if (!t)
		return INSTAR_NOMEM;
	if (!t->domain->scheme->info.has_grace)
		return INSTAR_UNSUPPORTED;
	online = go_offline(t);
	outlast(t, true);
	come_back(t, online);
	return INSTAR_OK;
}

/* All that stood in the queue, `target` records ever, is destroyed; where held objects change their places: all that
 * was retired up to `stamp`. */
static bool is_drained(instar_thread *t, struct limbo *limbo, uint64_t target, uint64_t stamp)
{
	bool older;

	/* ORD:limbo-gone — acquire; pairs with ORD:limbo-taken (limbo.c); carries the destructors' effects */
	if (!t->domain->scheme->holds)
		return load_acquire(&limbo->taken) >= target;
	if (!limbo_lock(limbo))
		return false;
	older = limbo_has_older(limbo, stamp);
	limbo_unlock(limbo);
	return !older;
}

/* Until everything appended so far is destroyed, by us or by others. */
static enum instar_status drain(instar_thread *t, struct limbo *limbo, struct waiting *w)
{
	uint64_t target = load_acquire(&limbo->appended);
	uint64_t stamp = t->domain->scheme->holds ? t->domain->scheme->grace_now(t) : 0;
	size_t step = w->deadline ? DEADLINE_STEP : DRAIN_STEP;

	while (!is_drained(t, limbo, target, stamp)) {
		enum instar_status status = expired(w);

		if (status != INSTAR_OK)
			return status;
		if (free_elapsed(t, limbo, step))
			w->round = 0;
		else
			wait_a_round(t, w);
	}
	return INSTAR_OK;
}

enum instar_status instar_barrier_until(instar_thread *thread, const struct instar_deadline *deadline)
{
	instar_thread *t = thread_or_self(thread), *other, *worker;
	struct waiting w = { deadline, true, deadline ? now_ns() : 0, 0 };
	enum instar_status status = INSTAR_OK;
	bool online;

	if (!may_wait())
		return INSTAR_MISUSE;
	if (!t)
		return INSTAR_NOMEM;
	if (!t->domain->scheme->advance)
		return INSTAR_OK;
	worker = background_handle(t->domain);
	online = go_offline(t);
	for (other = load_acquire(&t->domain->threads); other && status == INSTAR_OK; other = other->next) {
		if (other == worker)
			continue;
		status = drain(t, &other->own->limbo, &w);
		thread_tidy(other, SIZE_MAX);
	}
	if (worker && status == INSTAR_OK) /* at last: what it takes over, it takes out of the others */
		status = drain(t, &worker->own->limbo, &w);
	come_back(t, online);
	sample_pending(t->domain);
	if (!t->is_shared)
		limbo_give_back(t->domain, &t->own->limbo);
	return status;
}

enum instar_status instar_barrier(instar_thread *thread)
{
	return instar_barrier_until(thread, NULL);
}

/* To wait for a grace period is not to wait for the caller itself. */
static bool refers_to_nothing(instar_thread *t)
{
	const struct reclaim_scheme *scheme = t->domain->scheme;

	return !thread_in_section() && !t->own->online && !(scheme->is_online && scheme->is_online(t));
}

bool reclaim_outlast_sections(instar_thread *t)
{
	if (!t->domain->scheme->info.has_grace || !refers_to_nothing(t))
		return false;
	outlast(t, false);
	return true;
}

void reclaim_free_own(instar_thread *t)
{
	if (!may_wait() || t->is_shared || !t->domain->scheme->advance)
		return;
	for (unsigned i = 0; i < GRACE_ADVANCES && limbo_pending(&t->own->limbo); i++) {
		t->domain->scheme->advance(t);
		while (free_elapsed(t, &t->own->limbo, SIZE_MAX))
			;
	}
	limbo_give_back(t->domain, &t->own->limbo);
}

/* Without a record to put it in, the object is destroyed here, after a grace period: unless that would wait for
 * the caller itself. */
static enum instar_status retire_now(instar_thread *t, const struct limbo_record *record)
{
	const struct instar_scheme_info *info = &t->domain->scheme->info;
	struct waiting w = { NULL, false, 0, 0 };
	const struct reclaim_scheme *scheme = t->domain->scheme;
	uint64_t stamp;

	if (!refers_to_nothing(t) || !(info->has_grace || scheme->holds))
		return INSTAR_NOMEM;
	stamp = grace_stamp(t);
	while (!scheme->grace_elapsed(t, stamp) || (scheme->holds && scheme->holds(t, record->ptr, record->birth, stamp)))
		wait_a_round(t, &w);
	destroy_part(record); /* an entry: all of it */
	count_retired(t, record); /* not before: its thread may end in it */
	count_freed(t, record);
	return INSTAR_OK;
}

enum instar_status instar_retire(instar_thread *thread, void *ptr, size_t bytes, void (*destroy)(void *ptr, void *ctx),
				 void *ctx)
{
	instar_thread *t = thread_or_self(thread);
	uint64_t birth;

	if (!destroy || bytes > SIZE_MAX / 2)
		return INSTAR_INVAL;
	if (unlikely(!t))
		return INSTAR_NOMEM;
	birth = reclaim_birth_of(t->domain, ptr, destroy);
	if (unlikely(!reclaim_reserve(t, 1)))
		return retire_now(t, &(struct limbo_record){ ptr, destroy, ctx, birth, 0, (uint64_t)bytes << 1 });
	reclaim_retire_reserved(t, ptr, birth, bytes, RECLAIM_ENTRY, destroy, ctx);
	if (t->nest)
		t->owes_work = true;
	else
		reclaim_after_write(t);
	return INSTAR_OK;
}

size_t instar_poll(instar_thread *thread, size_t budget)
{
	instar_thread *t = thread_or_self(thread);
	size_t n;

	if (!t || !may_wait())
		return 0;
	if (t->domain->scheme->advance)
		t->domain->scheme->advance(t);
	n = free_anywhere(t, budget);
	if (!t->is_shared)
		limbo_give_back(t->domain, &t->own->limbo);
	return n;
}
