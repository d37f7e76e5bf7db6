/*
 * reclaim/hyaline_s_batch.h - the freeing side of hyaline_s.h: batches are begun, handed out, and end.
 */
#ifndef RECLAIM_HYALINE_S_BATCH_H
#define RECLAIM_HYALINE_S_BATCH_H

#include <limits.h>

#include "reclaim/references.h"

/* Eras before a batch counts as one that stays out; on the last level more: it may give way, and begin anew. */
#ifndef HYALINE_S_PATIENCE
#define HYALINE_S_PATIENCE 4
#endif
enum { HYALINE_S_LAST_PATIENCE = 4 * HYALINE_S_PATIENCE };

#define SCHEME_STAMP hyaline_s_stamp
#define SCHEME_ELAPSED hyaline_s_elapsed

/* The fence orders what made the object unreachable before the load. */
static uint64_t hyaline_s_stamp(instar_thread *t)
{
	fence_seq_cst(); /* store buffering with ORD:hyaline-s-open */
	return load_seq_cst(&hyaline_s_domain(t->domain)->era);
}

/* The publication that follows carries it. */
static uint64_t hyaline_s_birth(const instar_domain *domain)
{
	return load_relaxed(&hyaline_s_domain(domain)->era);
}

/* ---- what has ended ---- */

/* A batch has ended of a number above `stamp` and a floor not above `birth`.  Of a level whose last batch changes meanwhile
 * this finds, since numbers of a level rise, a part of the new one.  ORD:hyaline-s-ended — acquire; pairs with
 * ORD:hyaline-s-end (hyaline_s_batch.h) */
static bool hyaline_s_covers(instar_domain *domain, uint64_t birth, uint64_t stamp)
{
	const struct hyaline_s_end *end = hyaline_s_domain(domain)->end;

	for (unsigned i = 0; i < HYALINE_S_LEVELS; i++)
		if (load_acquire(&end[i].number) > stamp && load_acquire(&end[i].floor) <= birth)
			return true;
	return false;
}

static bool hyaline_s_elapsed(instar_thread *t, uint64_t stamp)
{
	return hyaline_s_covers(t->domain, UINT64_MAX, stamp);
}

static bool hyaline_s_holds(instar_thread *t, const void *object, uint64_t birth, uint64_t stamp)
{
	(void)object;
	return !hyaline_s_covers(t->domain, birth, stamp);
}

/* ---- batches ---- */

/* The era of the last access by which it may refer to something of batch `number`; 0: to nothing; UINT64_MAX: pinned
 * before that, to anything.  The pin before access: see scheme_leave.
 * ORD:hyaline-s-look — seq_cst; pairs with ORD:hyaline-s-open, ORD:hyaline-s-close (hyaline_s.h) */
static uint64_t hyaline_s_last_access(const struct hyaline_s_thread *h, uint64_t number)
{
	uint64_t pin = load_seq_cst(&h->pin), root, access;

	if (pin && pin < number)
		return UINT64_MAX;
	access = load_seq_cst(&h->access);
	root = load_seq_cst(&h->root);
	return root < number && root > access ? root : access;
}

/* It may refer to something of batch `number`, born in era `floor` or later. */
static bool hyaline_s_may_refer(const struct hyaline_s_thread *h, uint64_t floor, uint64_t number)
{
	uint64_t last = hyaline_s_last_access(h, number);

	return last && last >= floor;
}

/* Who is met closed, or has it, needs no more: the word changes once for each other level at most. */
static void hyaline_s_hand(struct hyaline_s_thread *h, unsigned level, uint64_t floor, uint64_t number)
{
	uint64_t word = load_seq_cst(&h->held), bit = (uint64_t)1 << level; /* ORD:hyaline-s-look */

	while (word && !(word & bit) && hyaline_s_may_refer(h, floor, number))
		if (cas_seq_cst(&h->held, &word, word | bit))
			return;
}

static bool hyaline_s_got(const struct hyaline_s_thread *h, unsigned level)
{
	return load_seq_cst(&h->held) >> level & 1; /* ORD:hyaline-s-look */
}

/* From `state`: that none is out, or that one is which gives way.  The number is that of an era which begins when the level
 * is the caller's: so the numbers of a level rise. */
static bool hyaline_s_begin(struct hyaline_s_domain *d, unsigned level, uint64_t state, uint64_t now, uint64_t floor)
{
	struct hyaline_s_batch *batch = &d->batch[level];
	uint64_t number;

	if (!cas_seq_cst(&batch->state, &state, now << 1))
		return false;
	number = fetch_add_seq_cst(&d->era, 1) + 1;
	store_release(&batch->floor, floor);
	for (instar_thread *t = domain_handles(&d->head); t; t = t->next)
		hyaline_s_hand(hyaline_s_thread(t), level, floor, number);
	store_release(&batch->state, number << 1 | 1);
	return true;
}

/* Floor before number: with the number before, the new floor is that of a part of the new batch.  true: a batch of floor 0
 * has ended, so that nothing is held back.
 * ORD:hyaline-s-end — RMWs, and a release; pairs with ORD:hyaline-s-ended (hyaline_s_batch.h), ORD:shared-enter (thread.c);
 * carries the accesses of all who got it */
static bool hyaline_s_ends(struct hyaline_s_domain *d, unsigned level)
{
	struct hyaline_s_batch *batch = &d->batch[level];
	struct hyaline_s_end *end = &d->end[level];
	uint64_t state = load_seq_cst(&batch->state), floor = load_acquire(&batch->floor);

	if (!(state & 1))
		return false;
	for (instar_thread *t = load_acquire(&d->head.threads); t; t = t->next)
		if (hyaline_s_got(hyaline_s_thread(t), level) &&
		    hyaline_s_may_refer(hyaline_s_thread(t), floor, state >> 1))
			return false;
	if (fetch_add_seq_cst(&d->head.shared_readers, 0) || !cas_seq_cst(&batch->state, &state, state & ~(uint64_t)1))
		return false;
	store_release(&end->floor, floor);
	store_release(&end->number, state >> 1);
	store_release(&batch->state, 0);
	fetch_add_relaxed(&d->head.counters.grace_periods, 1);
	return !floor;
}

/* Raises the floor above the last eras of those who hold that batch.  false: one may refer to anything. */
static bool hyaline_s_raise(struct hyaline_s_domain *d, unsigned level, uint64_t number, uint64_t *floor)
{
	for (instar_thread *t = load_acquire(&d->head.threads); t; t = t->next) {
		const struct hyaline_s_thread *h = hyaline_s_thread(t);
		uint64_t last = hyaline_s_got(h, level) ? hyaline_s_last_access(h, number) : 0;

		if (last == UINT64_MAX)
			return false;
		*floor = last && last >= *floor ? last + 1 : *floor;
	}
	return true;
}

static bool hyaline_s_stays_out(unsigned level, uint64_t state, uint64_t now)
{
	int64_t patience = level < HYALINE_S_LAST ? HYALINE_S_PATIENCE : HYALINE_S_LAST_PATIENCE;

	return state && (int64_t)(now - (state >> 1)) >= patience;
}

/* Ends what has ended, and begins a batch on the first level on which none is out, if those before it stay out; if all do,
 * in the place of the last.  A thread in an attempt has the levels whose state is even. */
static bool hyaline_s_advance(instar_thread *t)
{
	struct hyaline_s_domain *d = hyaline_s_domain(t->domain);
	uint64_t now = fetch_add_seq_cst(&d->era, 1) + 1, floor = 0, out = 0;
	bool progress = false, stays = true;
	unsigned last = 0;

	fetch_add_relaxed(&d->head.counters.advances_tried, 1);
	for (unsigned i = 0; i < HYALINE_S_LEVELS && stays; i++) {
		uint64_t state;

		progress |= hyaline_s_ends(d, i);
		if (hyaline_s_begin(d, i, 0, now, floor))
			return hyaline_s_ends(d, i) || progress;
		state = load_seq_cst(&d->batch[i].state);
		stays = hyaline_s_stays_out(i, state, now) && hyaline_s_raise(d, i, state >> 1, &floor);
		if (state & 1) {
			out = state;
			last = i;
		}
	}
	if (stays && out && hyaline_s_begin(d, last, out, now, floor))
		return hyaline_s_ends(d, last) || progress;
	fetch_add_relaxed(&d->head.counters.advances_blocked, 1);
	return progress;
}

/* ---- domains and handles ---- */

static enum instar_status hyaline_s_domain_init(instar_domain *domain)
{
	hyaline_s_domain(domain)->era = 2;
	hyaline_s_thread(domain->shared)->told = 1; /* its sections hold back every batch: no place is needed */
	return INSTAR_OK;
}

static void hyaline_s_thread_fini(instar_thread *t)
{
	struct hyaline_s_thread *h = hyaline_s_thread(t);

	h->pins = 0;
	h->told = t->is_shared;
	store_release(&h->pin, 0);
	store_release(&h->root, 0);
	store_release(&h->access, 0);
	store_release(&h->held, 0);
}

/* In the child of a fork: what the others held, and the levels on which they were about to begin or end something. */
static void hyaline_s_thread_lost(instar_thread *t)
{
	struct hyaline_s_batch *batch = hyaline_s_domain(t->domain)->batch;

	hyaline_s_thread_fini(t);
	for (unsigned i = 0; i < HYALINE_S_LEVELS; i++)
		if (!(batch[i].state & 1))
			batch[i].state = 0;
}

#endif
