/*
 * reclaim/ck_epoch.h - Concurrency Kit's ck_epoch as the detector: its records, its begin and end, and
 * ck_epoch_poll made from within a short section of the caller's own, which advances ck's epoch when every
 * record in a section has seen it.
 *
 * Safety (reclaim/counter.h; COUNTER_DETECTIONS = 2).  A poll answers true when its scan, at ck's epoch e,
 * found every record inactive or at e, and leaves the epoch at e+1 or later.  A section S' begins with its
 * load of the epoch (what it reads comes after); its record was active before (an atomic exchange, or a store and a
 * fence).  Two turns that began after that scan at e1 and at e2 > e1.  S' announces at most what it
 * loaded, <= e1; so at e2 it was found to have ended, and what it did happens-before the counter (release
 * fence in ck_epoch_end, fence after the poll).
 *
 * ck's own deferral is not used, and with it go its defects: ck_epoch_poll running callbacks one epoch
 * early, ck_epoch_unregister dropping them, ck_epoch_barrier seeing only its own record's.  A record is
 * registered once, with its handle, and never unregistered: inactive it holds back nothing.  ck_epoch_begin
 * does not order its load of the epoch before the section's on weakly ordered processors: a fence here does.
 */
#ifndef RECLAIM_CK_EPOCH_H
#define RECLAIM_CK_EPOCH_H

#include <ck_epoch.h>

#include "reclaim/ck.h"
#include "reclaim/counter.h"

enum { SCHEME_HAS_GRACE = 1, SCHEME_PROTECTS_ALL = 1, SCHEME_NESTS = 1, COUNTER_DETECTIONS = 2 };

struct ck_epoch_domain {
	struct counter_domain head;
	ck_epoch_t epoch;
	bool shared_polls; /* somebody polls on the shared handle's record */
};

struct ck_epoch_thread {
	struct instar_thread head;
	ck_epoch_record_t record;
};

static inline ck_epoch_record_t *ck_epoch_own(instar_thread *t)
{
	return &((struct ck_epoch_thread *)t)->record;
}

static inline void scheme_enter(instar_thread *t)
{
	ck_epoch_begin(ck_epoch_own(t), NULL);
#ifndef CK_MD_TSO
	fence_seq_cst(); /* load-load: the epoch before what the section reads */
#endif
}

static inline void scheme_leave(instar_thread *t)
{
	TSAN_RELEASE(t->domain);
	ck_epoch_end(ck_epoch_own(t), NULL);
}

static inline uint64_t scheme_grace_now(instar_thread *t)
{
	return counter_read(t) + 2 + COUNTER_DETECTIONS;
}

#define scheme_inside(t) true
#define scheme_grace_elapsed counter_elapsed
#define scheme_protect counter_protect

#ifdef RECLAIM_SCHEME_BODY

static struct ck_epoch_domain *ck_epoch_domain(instar_domain *domain)
{
	return (struct ck_epoch_domain *)domain;
}

static enum instar_status ck_epoch_domain_init(instar_domain *domain)
{
	struct ck_epoch_domain *d = ck_epoch_domain(domain);

	ck_epoch_init(&d->epoch);
	ck_epoch_register(&d->epoch, ck_epoch_own(domain->shared), NULL);
	return counter_domain_init(domain);
}

static enum instar_status ck_epoch_thread_init(instar_thread *t)
{
	ck_epoch_t *epoch = &ck_epoch_domain(t->domain)->epoch;
	ck_epoch_record_t *record = ck_epoch_own(t);

	if (!ck_is_registered(&epoch->records, &record->record_next))
		ck_epoch_register(epoch, record, NULL);
	return INSTAR_OK;
}

static bool ck_epoch_detect(instar_thread *t)
{
	ck_epoch_record_t *record = ck_epoch_own(t);
	bool passed;

	ck_epoch_begin(record, NULL);
	passed = ck_epoch_poll(record);
	ck_epoch_end(record, NULL);
	fence_seq_cst(); /* message passing: the scan's loads before the counter */
	return passed;
}

static bool ck_epoch_advance(instar_thread *t)
{
	struct ck_epoch_domain *d = ck_epoch_domain(t->domain);
	struct reclaim_counters *counters = &t->domain->counters;
	uint64_t base = load_acquire(&d->head.grace);
	bool passed;

	if (t->is_shared && exchange_acq_rel(&d->shared_polls, true))
		return false;
	fetch_add_relaxed(&counters->advances_tried, 1);
	passed = ck_epoch_detect(t);
	if (t->is_shared)
		store_release(&d->shared_polls, false);
	if (!passed)
		fetch_add_relaxed(&counters->advances_blocked, 1);
	return passed && counter_turn(t->domain, base);
}

static void ck_epoch_thread_lost(instar_thread *t)
{
	ck_epoch_own(t)->active = 0;
	if (t->is_shared)
		ck_epoch_domain(t->domain)->shared_polls = false;
}

#define SCHEME_TABLE \
	.info.name = "ck-epoch", \
	.info.family = "epoch", \
	.info.source = "Concurrency Kit, ck_epoch", \
	.info.bound = "unbounded", \
	.domain_size = sizeof(struct ck_epoch_domain), \
	.thread_size = sizeof(struct ck_epoch_thread), \
	.domain_init = ck_epoch_domain_init, \
	.thread_init = ck_epoch_thread_init, \
	.thread_lost = ck_epoch_thread_lost, \
	.advance = ck_epoch_advance

#endif
#endif
