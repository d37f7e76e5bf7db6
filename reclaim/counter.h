/*
 * reclaim/counter.h - grace stamps over a detector that somebody else provides (a library's grace period or
 * epoch, a lock): a counter C of the domain that goes up by one per detection.
 *
 * One turn:  base = C;  detect;  no shared reader is left;  CAS C: base -> base + 1.
 * So the detection behind C = c+1 began after C = c was stored; turns that overlap count once, and a thread
 * that sleeps in the middle of one holds up nobody.
 *
 * While a section S is open that read C = x, C stays <= x+1: the turn to x+2 began when C = x+1, after S read
 * x, and its detection (S in a handle) or its look at the shared readers (S in the shared handle) waits for
 * S.  So every section S' that begins before S ends begins before C = x+2 is stored, and each detection
 * from then on is later than its begin.  How many of them it takes is the detector's:
 * stamp = x + 2 + COUNTER_DETECTIONS.
 *
 * A shared reader that the look missed (its RMW came second) acquired all that was known by then,
 * in particular the end of S.
 */
#ifndef RECLAIM_COUNTER_H
#define RECLAIM_COUNTER_H

#include "reclaim/contract.h"
#include "reclaim/tsan.h"

struct counter_domain {
	struct instar_domain head;
	CACHE_ALIGNED uint64_t grace; /* C, starts at 2 */
};

static inline struct counter_domain *counter_domain(instar_domain *d)
{
	return (struct counter_domain *)d;
}

static inline uint64_t counter_read(instar_thread *t)
{
	return load_seq_cst(&counter_domain(t->domain)->grace);
}

/* ORD:counter-elapsed — acquire; pairs with ORD:counter-turn (counter.h); carries the exits of the sections covered */
static inline bool counter_elapsed(instar_thread *t, uint64_t stamp)
{
	return load_acquire(&counter_domain(t->domain)->grace) >= stamp;
}

static inline uintptr_t counter_protect(instar_thread *t, unsigned slot, const uintptr_t *source)
{
	(void)t;
	(void)slot;
	return load_seq_cst(source);
}

#ifdef RECLAIM_SCHEME_BODY

static enum instar_status counter_domain_init(instar_domain *domain)
{
	counter_domain(domain)->grace = 2;
	return INSTAR_OK;
}

/* ORD:counter-turn — acq_rel; pairs with ORD:counter-elapsed (counter.h); carries the exits that were detected */
static bool counter_turn(instar_domain *domain, uint64_t base)
{
	TSAN_ACQUIRE(domain);
	/* ORD:counter-shared — RMW; pairs with ORD:shared-enter (thread.c); store buffering: see above */
	if (fetch_add_seq_cst(&domain->shared_readers, 0)) {
		fetch_add_relaxed(&domain->counters.advances_blocked, 1);
		return false;
	}
	if (!cas_seq_cst(&counter_domain(domain)->grace, &base, base + 1))
		return false;
	fetch_add_relaxed(&domain->counters.grace_periods, 1);
	return true;
}

#endif
#endif
