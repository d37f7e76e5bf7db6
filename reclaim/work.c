/*
 * reclaim/work.c - retiring, and the bounded care for garbage that comes with it.
 *
 * Freeing is amortised: a call of reclaim_work frees a handful of objects, about twice as many as came in
 * since the last, and is due again soon while elapsed objects wait.  Freeing all that a grace period made
 * free at once would overflow the allocator's caches and stop a thread for long.
 *
 * A table is as large as half the map: it does not wait until as much garbage has come as makes a grace
 * period worth its price.  While one waits, every writing call of its thread comes here; every TABLE_NAPS-th
 * tries to advance, and once the table has elapsed, each gives back a part of it.
 */
#include "reclaim/private.h"

enum {
	ADVANCE_STEP = 512,  /* new work between two attempts to advance: an attempt may cost 10 us of membarrier */
	STALL_LEAST = 4096,  /* new work without a grace period that is no stall yet: the least patience */
	REFILL_STEP = 4,     /* new work between two calls while elapsed objects wait ... */
	FREE_STEP = 8,       /* ... and how many each of them frees, at least */
	HELD_LOOKS = 56,     /* at objects that are held, besides */
	TABLE_NAPS = 63,     /* calls between two attempts while a table waits */
	VISIT_BUDGET = 64,   /* objects freed at a visit to a handle that nobody has */
	SAMPLE_STEP = 8192,  /* new work between two looks at what waits, for the peaks */
	PRESSURE_BUDGET = 1024,
	PRESSURE_ROUNDS = 4
};

void reclaim_callback_begin(void)
{
	this_thread.callbacks++;
}

void reclaim_callback_end(void)
{
	this_thread.callbacks--;
}

bool reclaim_in_callback(void)
{
	return this_thread.callbacks != 0;
}

void reclaim_destroy_again(void)
{
	this_thread.destroy_again = true;
}

bool destroy_part(const struct limbo_record *record)
{
	bool again;

	reclaim_callback_begin();
	record->destroy(record->ptr, record->ctx);
	reclaim_callback_end();
	again = this_thread.destroy_again;
	this_thread.destroy_again = false;
	return !again;
}

static bool is_table(const struct limbo_record *record)
{
	return (record->bytes_class & 1) == RECLAIM_TABLE;
}

/* Into reserved room of t's own queue. */
static void append(instar_thread *t, const struct limbo_record *record)
{
	struct thread_private *own = t->own;

	limbo_append(t->domain, &own->limbo, record);
	if (unlikely(is_table(record)))
		store_relaxed(&own->table_end, load_relaxed(&own->limbo.appended));
}

static bool table_waits(const struct thread_private *own)
{
	return load_relaxed(&own->limbo.taken) < load_relaxed(&own->table_end);
}

uint64_t grace_stamp(instar_thread *t)
{
	const struct reclaim_scheme *scheme = t->domain->scheme;
	uint64_t stamp;

	if (likely(t->nest))
		return scheme->grace_now(t);
	scheme->enter(t);
	stamp = scheme->grace_now(t);
	scheme->leave(t);
	return stamp;
}

bool reclaim_reserve(instar_thread *t, unsigned records)
{
	return !t->is_shared && limbo_reserve(t->domain, &t->own->limbo, records);
}

void reclaim_retire_reserved(instar_thread *t, void *ptr, uint64_t birth, size_t bytes, enum reclaim_class class,
			     void (*destroy)(void *ptr, void *ctx), void *ctx)
{
	struct limbo_record record = { ptr, destroy, ctx, birth, grace_stamp(t), (uint64_t)bytes << 1 | class };

	count_retired(t, &record);
	append(t, &record);
	reclaim_worked(t, class == RECLAIM_TABLE ? RECLAIM_WORK_STEP : 1);
}

/* Where objects are held one by one, what one thread knows to have elapsed another does not. */
bool has_elapsed(instar_thread *t, struct limbo *limbo, uint64_t stamp)
{
	if (t->domain->scheme->holds)
		return t->domain->scheme->grace_elapsed(t, stamp);
	if (stamp <= limbo->elapsed)
		return true;
	if (!t->domain->scheme->grace_elapsed(t, stamp))
		return false;
	limbo->elapsed = stamp;
	return true;
}

static bool is_held(instar_thread *t, const struct limbo_record *record)
{
	const struct reclaim_scheme *scheme = t->domain->scheme;

	return scheme->holds && scheme->holds(t, record->ptr, record->birth, record->stamp);
}

/* The first object is held: it goes to the end, if t owns the queue and there is memory.  false: it stays. */
static bool put_back(instar_thread *t, struct limbo *limbo)
{
	struct limbo_record record;

	if (limbo != &t->own->limbo || !reclaim_reserve(t, 1))
		return false;
	record = *limbo_first(limbo);
	append(t, &record);
	limbo_drop(limbo);
	return true;
}

bool begin_freeing(instar_thread *t, struct limbo *limbo)
{
	if (!limbo_lock(limbo))
		return false;
	this_thread.frees = limbo;
	this_thread.freer = t;
	return true;
}

void end_freeing(void)
{
	struct limbo *limbo = this_thread.frees;

	this_thread.frees = NULL;
	limbo_unlock(limbo);
}

static void drop_destroyed(const struct limbo_record *record)
{
	count_freed(this_thread.freer, record);
	limbo_drop(this_thread.frees);
}

bool destroy_first(const struct limbo_record *record)
{
	bool all = destroy_part(record);

	if (all)
		drop_destroyed(record);
	return all;
}

/* Nobody can take up a destructor where its thread ended: the object counts as destroyed.  A table has noted how far it
 * had come. */
void cut_freeing_short(void)
{
	const struct limbo_record *record = this_thread.frees ? limbo_first(this_thread.frees) : NULL;

	this_thread.callbacks = 0;
	this_thread.destroy_again = false;
	if (!record)
		return;
	if (!is_table(record))
		drop_destroyed(record);
	end_freeing();
}

/* Destroys up to `budget` objects of a queue of t's domain, whoever retired them; a part of a table uses the
 * budget up.  Returns how many. */
size_t free_elapsed(instar_thread *t, struct limbo *limbo, size_t budget)
{
	const struct limbo_record *record;
	size_t n = 0, looks;

	if (!limbo_pending(limbo) || !begin_freeing(t, limbo))
		return 0;
	looks = (size_t)limbo_pending(limbo); /* at none twice */
	if (looks > budget && looks - budget > HELD_LOOKS)
		looks = budget + HELD_LOOKS;
	while (n < budget && looks-- && (record = limbo_first(limbo)) && has_elapsed(t, limbo, record->stamp)) {
		if (unlikely(is_held(t, record))) {
			if (!put_back(t, limbo))
				break;
			continue;
		}
		if (is_table(record))
			budget = 0;
		n++;
		if (!destroy_first(record))
			break;
	}
	end_freeing();
	return n;
}

/* Out of the queue of another, and what that has in excess if no thread has it any more. */
static size_t free_others(instar_thread *t, instar_thread *other, size_t budget)
{
	size_t n = free_elapsed(t, &other->own->limbo, budget);

	thread_tidy(other, budget);
	return n;
}

size_t free_anywhere(instar_thread *t, size_t budget)
{
	instar_thread *other;
	size_t n = 0;

	if (!t->is_shared)
		n = free_elapsed(t, &t->own->limbo, budget);
	for (other = load_acquire(&t->domain->threads); other && n < budget; other = other->next)
		n += free_others(t, other, budget - n);
	return n;
}

/* Looks at one handle; what waits in one that no thread has is freed here, and tables whose thread may be idle.  With the
 * former it stays while there is something to free: nobody else may ever come to it. */
static void visit_next(instar_thread *t)
{
	instar_thread *other = t->own->visit;
	bool left;

	if (!other)
		other = load_acquire(&t->domain->threads);
	left = load_relaxed(&other->state) != HANDLE_ATTACHED;
	t->own->visit = other->next;
	if ((left || table_waits(other->own)) && free_others(t, other, VISIT_BUDGET) && left)
		t->own->visit = other;
}

/* More garbage than the domain's user wants: tells so, and does more than its share, of others' garbage, too, who may be
 * idle.  It waits for nobody, whoever sleeps: retiring is lock-free, and the caller may have what a reader waits for. */
static void work_under_pressure(instar_thread *t, uint64_t pending)
{
	instar_domain *domain = t->domain;

	if (domain->opts.pressure) {
		reclaim_callback_begin();
		domain->opts.pressure(pending, domain->opts.ctx);
		reclaim_callback_end();
	}
	for (unsigned i = 0; i < PRESSURE_ROUNDS; i++) {
		if (domain->scheme->advance)
			domain->scheme->advance(t);
		free_elapsed(t, &t->own->limbo, PRESSURE_BUDGET);
	}
	if (t != background_handle(domain)) /* it goes over all, and destroys elsewhere */
		free_anywhere(t, PRESSURE_BUDGET);
}

void advance_domain(instar_thread *t)
{
	instar_domain *domain = t->domain;

	if (domain->scheme->advance)
		domain->scheme->advance(t);
	if (t != background_handle(domain)) /* it goes over all, and destroys elsewhere */
		visit_next(t);
}

void watch_pending(instar_thread *t)
{
	size_t limit = t->domain->opts.max_pending_bytes;
	uint64_t pending = sample_pending(t->domain);

	t->own->since_sample = 0;
	t->own->pressed = limit && pending > limit;
	if (t->own->pressed)
		work_under_pressure(t, pending);
}

/*
 * How often: with a limit, an attempt to advance and a look at what waits for each RECLAIM_WORK_STEP of new work.  Both go
 * over all handles there are, also those that nobody has, and those never become fewer; so where there are more handles
 * than that, for as much new work as there are handles, and a retirement costs the same after any number of
 * threads.  The limit is exceeded by that much per thread before it is noticed.
 */
static unsigned sample_step(const instar_domain *domain)
{
	unsigned least = domain->opts.max_pending_bytes ? RECLAIM_WORK_STEP : SAMPLE_STEP;
	unsigned handles = load_relaxed(&domain->next_index);

	return handles > least ? handles : least;
}

static unsigned advance_step(const instar_domain *domain)
{
	unsigned step = sample_step(domain);

	return step < ADVANCE_STEP ? step : ADVANCE_STEP;
}

/*
 * Stall: the thread has made more work than its patience since it saw a grace period elapse.  Patience is two to four
 * times what they take at present, since where they are slow (a library's worker, many threads on few processors) work
 * has to go on ahead of them; and STALL_LEAST at least.  However long a stall was, its end only doubles it.
 */
static void watch_grace(instar_thread *t, unsigned worked)
{
	struct thread_private *own = t->own;
	uint64_t elapsed = load_relaxed(&t->domain->counters.grace_periods);

	if (elapsed != own->grace_periods) {
		own->patience = own->since_grace > own->patience / 2 ? 2 * own->patience : own->patience - own->patience / 8;
		own->grace_periods = elapsed;
		own->since_grace = 0;
	} else if (own->since_grace <= own->patience) {
		own->since_grace += worked;
	}
	if (own->patience < STALL_LEAST)
		own->patience = STALL_LEAST;
	t->stalled = own->since_grace > own->patience;
}

bool reclaim_still_stalled(instar_thread *t)
{
	reclaim_worked(t, 1);
	watch_grace(t, 0);
	return t->stalled;
}

/* Twice what came in while elapsed objects waited: a section of many writes is one call, and its like may follow. */
static size_t free_step(const struct thread_private *own, unsigned worked)
{
	return own->carried && worked > FREE_STEP / 2 ? 2 * (size_t)worked : FREE_STEP;
}

void reclaim_work(instar_thread *t)
{
	struct thread_private *own = t->own;
	unsigned worked = t->work - own->carried;
	size_t budget = free_step(own, worked);
	bool more, table;

	if (t->is_shared || t->nest || this_thread.callbacks)
		return;
	if (own->naps && own->naps--)
		return;
	watch_grace(t, worked);
	own->since_advance += worked;
	own->since_sample += worked;
	if (own->since_sample >= sample_step(t->domain) && t != background_handle(t->domain))
		watch_pending(t);
	if (t->domain->background && background_takes(t)) {
		own->carried = t->work = 0;
		return;
	}
	table = table_waits(own);
	more = table && free_elapsed(t, &own->limbo, budget);
	if (own->since_advance >= advance_step(t->domain) || (table && !more)) {
		own->since_advance = 0;
		advance_domain(t);
	}
	more = more || (free_elapsed(t, &own->limbo, budget) && limbo_pending(&own->limbo));
	own->naps = table && !more ? TABLE_NAPS : 0;
	own->carried = t->work = table ? RECLAIM_WORK_STEP : more ? RECLAIM_WORK_STEP - REFILL_STEP : 0;
}
