/*
 * reclaim/hyaline.h - reference counts instead of scans for announcements: what was retired is handed to the sections
 * that are open, and the last of them to leave ends the grace period.
 *
 * Source: Nikolaev, Ravindran, Snapshot-Free, Transparent, and Robust Memory Reclamation for Lock-Free Data Structures,
 * PLDI 2021: Hyaline-1, a slot for each thread.  There each batch of objects is linked into the list of every slot in
 * use, and who drops its last reference frees it.  Here the objects wait in the queues of reclaim/limbo.h; the batch that
 * is handed out is all that was retired before, so a slot needs one bit and no list, and who drops the last reference turns
 * C.  That makes it a grace period, which their batches are not, and tombstones are reused.
 *
 *	slot:  NONE -- enter --> OPEN -- handed --> HELD       leave: NONE, and of HELD: holders - 1
 *
 * One pass for C = c, by anybody, goes over all handles: OPEN becomes HELD, and `holders` has gone up by one before.
 * Then `handed` becomes c.  Whoever finds holders = 0 after it has read handed = c turns C to c+1.
 *
 * Safety (reclaim/counter.h; COUNTER_DETECTIONS = 1).  The detection behind the turn to c+1 is the pass whose end wrote
 * handed = c, and the moment at which holders was 0 after that:
 *   - It began after C = c was read.  A slot found OPEN or HELD is counted from before it is HELD until its section has left,
 *     so at that moment the section has left, and all its accesses happen before (RMWs of holders).  One found NONE
 *     was read by an RMW: its sections before have ended, and one after it acquires that C = c.
 *   - So a section that the pass missed reads C >= c, and sees the end of all that ended before C became c.  That is
 *     what counter.h asks of a detection: S with C = x inside is seen by the pass for x+1; S' that begins before
 *     S ends is seen by the pass for x+2, or sees the end of S.
 *   - Passes for one c may overlap, and one for an old c may be late.  They hand out too much: `holders` counts that, too,
 *     and waits for it.  For one c there are no more passes once handed = c, so it comes to an end.
 * A thread that sleeps in a pass between the two steps leaves one section too many counted: until it goes on, nothing is
 * freed, as under a reader that sleeps.  (Of the epochs' advancers nobody waits for one.)
 */
#ifndef RECLAIM_HYALINE_H
#define RECLAIM_HYALINE_H

#include "reclaim/counter.h"

enum { SCHEME_HAS_GRACE = 1, SCHEME_PROTECTS_ALL = 1, SCHEME_NESTS = 0, COUNTER_DETECTIONS = 1 };
enum { HYALINE_NONE, HYALINE_OPEN, HYALINE_HELD };

struct hyaline_domain {
	struct counter_domain head;
	uint64_t handed;               /* the last C for which a pass has ended */
	CACHE_ALIGNED uint64_t holders;
};

struct hyaline_thread {
	struct instar_thread head;
	uint64_t slot;
};

static inline struct hyaline_domain *hyaline_domain(instar_domain *d)
{
	return (struct hyaline_domain *)d;
}

static inline struct hyaline_thread *hyaline_thread(instar_thread *t)
{
	return (struct hyaline_thread *)t;
}

/* ORD:hyaline-drop — seq_cst: handed, then holders; pairs with ORD:hyaline-hand (hyaline.h) and itself; carries the
 * section's accesses to who finds holders = 0 */
static __attribute__((noinline, unused)) void hyaline_drop(instar_domain *domain)
{
	struct hyaline_domain *d = hyaline_domain(domain);
	uint64_t c = load_seq_cst(&d->handed);

	if (fetch_sub_seq_cst(&d->holders, 1) != 1 || fetch_add_seq_cst(&domain->shared_readers, 0))
		return;
	if (cas_seq_cst(&d->head.grace, &c, c + 1)) /* ORD:counter-turn */
		fetch_add_relaxed(&domain->counters.grace_periods, 1);
}

/* ORD:hyaline-slot — exchange; pairs with ORD:hyaline-hand (hyaline.h): see above.  A signal handler's section may have been
 * there before, and been handed something. */
static inline void scheme_enter(instar_thread *t)
{
	if (unlikely(exchange_seq_cst(&hyaline_thread(t)->slot, HYALINE_OPEN) == HYALINE_HELD))
		hyaline_drop(t->domain);
}

static inline void scheme_leave(instar_thread *t)
{
	if (unlikely(exchange_seq_cst(&hyaline_thread(t)->slot, HYALINE_NONE) == HYALINE_HELD)) /* ORD:hyaline-slot */
		hyaline_drop(t->domain);
}

static inline uint64_t scheme_grace_now(instar_thread *t)
{
	return counter_read(t) + 2 + COUNTER_DETECTIONS;
}

#define scheme_inside(t) (load_relaxed(&((const struct hyaline_thread *)(t))->slot) != HYALINE_NONE)
#define scheme_grace_elapsed counter_elapsed
#define scheme_protect counter_protect

#ifdef RECLAIM_SCHEME_BODY

/* ORD:hyaline-hand — RMWs; pairs with ORD:hyaline-slot, ORD:hyaline-drop (hyaline.h); carries C = c to the sections that
 * come after, and from those that have ended their accesses */
static void hyaline_hand(struct hyaline_domain *d, uint64_t *slot)
{
	uint64_t word = load_seq_cst(slot);

	while (word != HYALINE_HELD) {
		bool open = word == HYALINE_OPEN;

		if (open)
			fetch_add_seq_cst(&d->holders, 1);
		if (cas_seq_cst(slot, &word, open ? HYALINE_HELD : HYALINE_NONE))
			return;
		if (open)
			hyaline_drop(&d->head.head);
	}
}

static void hyaline_pass(struct hyaline_domain *d, uint64_t c)
{
	uint64_t handed = load_seq_cst(&d->handed);

	for (instar_thread *t = domain_handles(&d->head.head); t && handed < c; t = t->next)
		hyaline_hand(d, &hyaline_thread(t)->slot);
	while (handed < c && !cas_seq_cst(&d->handed, &handed, c))
		;
}

static bool hyaline_advance(instar_thread *t)
{
	struct reclaim_counters *counters = &t->domain->counters;
	struct hyaline_domain *d = hyaline_domain(t->domain);
	uint64_t c = load_seq_cst(&d->head.grace);

	fetch_add_relaxed(&counters->advances_tried, 1);
	hyaline_pass(d, c);
	if (!fetch_add_seq_cst(&d->holders, 0))
		return counter_turn(t->domain, c);
	fetch_add_relaxed(&counters->advances_blocked, 1);
	return false;
}

/* In the child of a fork: what the others held, or were about to count. */
static void hyaline_thread_lost(instar_thread *lost)
{
	struct hyaline_domain *d = hyaline_domain(lost->domain);
	uint64_t holders = 0;

	hyaline_thread(lost)->slot = HYALINE_NONE;
	for (instar_thread *t = lost->domain->threads; t; t = t->next)
		holders += hyaline_thread(t)->slot == HYALINE_HELD;
	d->holders = holders;
}

#define SCHEME_TABLE \
	.info.name = "hyaline", \
	.info.family = "reference batch", \
	.info.source = "Nikolaev, Ravindran, Snapshot-Free, Transparent, and Robust Memory Reclamation, PLDI 2021", \
	.info.bound = "unbounded", \
	.domain_size = sizeof(struct hyaline_domain), \
	.thread_size = sizeof(struct hyaline_thread), \
	.domain_init = counter_domain_init, \
	.thread_lost = hyaline_thread_lost, \
	.advance = hyaline_advance

#endif
#endif
