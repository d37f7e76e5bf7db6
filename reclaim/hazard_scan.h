/*
 * reclaim/hazard_scan.h - the freeing side of hazard.h: scans.  What a scan notes, and answers from, is here for places
 * that name objects, in era.h for those that name eras.
 */
#ifndef RECLAIM_HAZARD_SCAN_H
#define RECLAIM_HAZARD_SCAN_H

#include "reclaim/membarrier.h"
#include "reclaim/references.h"

static inline void references_drop(instar_thread *t)
{
	hazard_drop_references(hazard_thread(t));
}

#define SCHEME_STAMP hazard_stamp
#define SCHEME_ELAPSED hazard_elapsed

/* ---- stamps ---- */

/* The fence orders what made the object unreachable before the load; asymmetric: the scan's membarrier does, but pings
 * reach only threads that are attached. */
static uint64_t hazard_stamp(instar_thread *t)
{
	if (!HAZARD_ASYMMETRIC || HAZARD_PINGS)
		fence_seq_cst(); /* store buffering with ORD:hazard-publish's second look */
	return load_seq_cst(&hazard_domain(t->domain)->era);
}

/* ---- what a scan finds ---- */

#ifndef ERA_SPANS

/* A place held it at h's last scan, or one that meets it in h's set. */
static bool hazard_found(const struct hazard_thread *h, uintptr_t object);

#ifndef HAZARD_LIBRARY

static unsigned hazard_hash(const struct hazard_thread *h, uint64_t object)
{
	return (unsigned)((object ^ h->salt) * 0x9e3779b97f4a7c15u >> (64 - HAZARD_SET_BITS));
}

static bool hazard_note_place(struct hazard_thread *h, const uint64_t *place)
{
	uint64_t object = load_seq_cst(place);
	unsigned bit = hazard_hash(h, object);

	if (object)
		h->set[bit / 64] |= (uint64_t)1 << bit % 64;
	return object != 0;
}

/* Takes down what `o` holds.  false: nothing. */
static bool hazard_note(struct hazard_thread *h, const struct hazard_thread *o)
{
	bool held = hazard_note_place(h, &o->root);

	for (unsigned i = 0; i < HAZARD_REFERENCES; i++)
		held |= hazard_note_place(h, &o->reference[i]);
	return held;
}

static bool hazard_found(const struct hazard_thread *h, uintptr_t object)
{
	unsigned bit = hazard_hash(h, object);

	return h->set[bit / 64] >> bit % 64 & 1;
}

#endif

/* A place may hold it; asked after hazard_elapsed. */
static bool hazard_holds(instar_thread *t, const void *object, uint64_t birth, uint64_t stamp)
{
	const struct hazard_thread *h = hazard_thread(t);

	(void)birth;
	(void)stamp;
	if (!t->is_shared)
		return hazard_found(h, (uintptr_t)object);
	for (t = load_acquire(&t->domain->threads); t; t = t->next) {
		h = hazard_thread(t);
		if (load_seq_cst(&h->root) == (uintptr_t)object)
			return true;
		for (unsigned i = 0; i < HAZARD_REFERENCES; i++)
			if (load_seq_cst(&h->reference[i]) == (uintptr_t)object)
				return true;
	}
	return false;
}

#endif

/* Takes down what all of them hold.  false: nothing. */
static bool hazard_note_all(struct hazard_thread *h, const instar_thread *handles);

#ifndef HAZARD_LIBRARY
static bool hazard_note_all(struct hazard_thread *h, const instar_thread *handles)
{
	bool held = false;

	h->salt += 0xff51afd7ed558ccdu;
	h->crowded = false;
	for (unsigned i = 0; i < HAZARD_SET_WORDS; i++)
		h->set[i] = 0;
	for (; handles; handles = handles->next)
		held |= hazard_note(h, hazard_thread(handles));
	return held;
}
#endif

/* ---- scans ---- */

/* The barrier of the asymmetric form, after G has become `number`.  false: it has not happened. */
static bool hazard_barrier(instar_domain *domain, uint64_t number);

#if !HAZARD_PINGS
static bool hazard_barrier(instar_domain *domain, uint64_t number)
{
	(void)number;
	fetch_add_relaxed(&domain->counters.barriers, 1);
	return membarrier_all();
}
#endif

/* The barrier of the asymmetric form, and the list of handles as it is after it.  false: somebody may hold anything.
 * ORD:hazard-scan — seq_cst; pairs with ORD:hazard-publish, ORD:hazard-give-up (hazard.h), ORD:shared-enter (thread.c) */
static bool hazard_look(instar_domain *domain, uint64_t number, instar_thread **handles)
{
	if (HAZARD_ASYMMETRIC && !hazard_barrier(domain, number))
		return false;
	*handles = domain_handles(domain);
	return fetch_add_seq_cst(&domain->shared_readers, 0) == 0;
}

/* The oldest pin among the handles, at most `era`. */
static uint64_t hazard_oldest(const instar_thread *handles, uint64_t era)
{
	for (const instar_thread *t = handles; t; t = t->next) {
		uint64_t pin = load_seq_cst(&hazard_thread(t)->pin);

		if (pin && pin < era)
			era = pin;
	}
	return era;
}

/* Of a scan that waits for answers, the same again: nobody is asked twice. */
static uint64_t hazard_number(instar_thread *t)
{
	uint64_t waiting = HAZARD_PINGS && !t->is_shared ? hazard_thread(t)->waiting : 0;

	return waiting ? waiting : fetch_add_seq_cst(&hazard_domain(t->domain)->era, 1) + 1;
}

/* A scan; true: nothing at all is held. */
static bool hazard_scan(instar_thread *t)
{
	struct hazard_thread *h = hazard_thread(t);
	struct reclaim_counters *counters = &t->domain->counters;
	uint64_t number = hazard_number(t), oldest;
	instar_thread *handles;
	bool held;

	fetch_add_relaxed(&counters->advances_tried, 1);
	if (t->is_shared)
		return false; /* the handle is everybody's: it has no set */
	if (!hazard_look(t->domain, number, &handles)) {
		h->waiting = number;
		fetch_add_relaxed(&counters->advances_blocked, 1);
		return false;
	}
	h->waiting = 0;
	oldest = hazard_oldest(handles, number);
	held = hazard_note_all(h, handles);
	h->limit = oldest;
	fetch_add_relaxed(&counters->grace_periods, 1);
	return !held && oldest == number;
}

/* No pin keeps what was retired at `stamp`, as far as t's last scan knows.  The shared handle has none, and looks. */
static bool hazard_elapsed(instar_thread *t, uint64_t stamp)
{
	instar_thread *handles;
	uint64_t era;

	if (!t->is_shared)
		return stamp < hazard_thread(t)->limit;
	era = load_seq_cst(&hazard_domain(t->domain)->era);
	return stamp < era && hazard_look(t->domain, stamp + 1, &handles) && stamp < hazard_oldest(handles, era);
}

/* ---- domains and handles ---- */

static enum instar_status hazard_domain_init(instar_domain *domain)
{
	hazard_domain(domain)->era = 2;
	hazard_thread(domain->shared)->pin = 1; /* its sections hold back every scan: no place is needed */
	return INSTAR_OK;
}

static void hazard_thread_fini(instar_thread *t)
{
	struct hazard_thread *h = hazard_thread(t);

	hazard_drop_references(h);
	h->pins = 0;
	hazard_give_up(&h->root);
	if (!t->is_shared)
		hazard_give_up(&h->pin);
}

/* In the child of a fork; the thread may have been anywhere: amid giving up its places, or amid a scan, so that its set
 * does not tell what limit says. */
static void hazard_thread_lost(instar_thread *t)
{
	struct hazard_thread *h = hazard_thread(t);

	hazard_thread_fini(t);
	for (unsigned i = 0; i < HAZARD_REFERENCES; i++)
		h->reference[i] = 0;
	h->limit = 0;
}

#ifndef ERA_SPANS
#define HAZARD_KIND \
	.info.family = "hazard", \
	.info.bound = "objects: threads x (2048 + 17 x threads), while no thread stalls in a pinned call", \
	.info.max_refs = HAZARD_REFERENCES
#endif

#define HAZARD_COMMON \
	REFERENCES_TABLE, \
	.info.robust = INSTAR_ROBUST_PREEMPTED | INSTAR_ROBUST_PARKED, \
	.holds = hazard_holds, \
	.advance = hazard_scan

#define HAZARD_TABLE \
	HAZARD_KIND, \
	HAZARD_COMMON, \
	.domain_size = sizeof(struct hazard_domain), \
	.thread_size = sizeof(struct hazard_thread), \
	.thread_fini = hazard_thread_fini, \
	.thread_lost = hazard_thread_lost

#endif
