/*
 * reclaim/hyaline_s.h - robust Hyaline: what was retired is handed, in batches, to the threads that may refer to it, and
 * a thread is handed nothing that was born after its last access: so one that sleeps does not hold that back.
 *
 * Source: Nikolaev, Ravindran, Snapshot-Free, Transparent, and Robust Memory Reclamation for Lock-Free Data Structures,
 * PLDI 2021: Hyaline-1S, a slot and an access era for each thread.  There a batch is linked into the list of each slot and
 * counts who has it.  Here, as in reclaim/hyaline.h, objects wait in queues, and a batch is what its number n and its floor
 * say: all that was retired before G became n and was born in era `floor` or later.  So a slot needs one bit for it; and
 * instead of a count, at which a leaver might sleep, who wants it to end looks at those who got it.
 *
 *	handle:  | pin | root | access |  held: open, and a bit for each batch that was handed to it  |
 *
 *   pin      the era in which the first of the map's open sections began, but its straight lines: these may refer to anything
 *            that was not unreachable by then; else 0
 *   root     of a straight line: the era of its access to the table; else 0
 *   access   of a user's section: the era of its last reference; else 0
 *   held     0: closed; it is opened after one of these is written, and closed at the end of the outermost section
 *
 * Why it is safe.  G, the era, counts attempts to advance and batches.  An object with birth b gets the stamp s = G, read
 * after it was made unreachable; it is freed if some batch of s < n and floor <= b has ended.  All accesses named are in one
 * total order.  The batch is handed out: each thread is looked at, once.  Later each who got it is looked at again.
 *   1. The object was unreachable before G became s+1, so before anybody was looked at: what a thread loads after it was
 *      looked at is not in the batch.
 *   2. Found closed: the thread's accesses before that happen before the end (release), later ones are as in 1.
 *   3. Found open, with root and access below the floor: what it refers to was born before the floor (4), so is not in the
 *      batch; with a root or pin of n or more: G was n before it loaded what it refers to by these: as in 1.  What it had
 *      before that, it has done with (release); what it finds by a later root, access or pin it loads after that is
 *      written and opened (RMW): as in 1.
 *      Found so at the first look, or at the second, or closed since the first: it has nothing of the batch.
 *   4. A straight line writes root, opens, loads the table, and sees that G is root still: birth <= root, since the birth was
 *      read from G before the table was published.  A reference is found under a pin; access becomes G as read
 *      after that, and then the pin is given up: who finds no pin, or a later one, reads access after it.
 *
 * Levels.  One batch at a time is out on each.  That of the first has floor 0.  If it stays out, the next level's floor is
 * the era after the last root or access of all who got it: while they sleep they do not get it.  And so on; if batches
 * stay out on all levels, the last of them gives way to one with that floor.  So what stays, however many sleep, was born up
 * to some sleeper's last access.  A thread that sleeps in the middle of an attempt keeps one level from being used.
 * Where more sleep than there are levels, and always somebody else stays in one section for longer than the last level's
 * patience, that floor is above his last access, too: what is older stays as long as it is so.
 *
 * Signal handlers may come between any two of these steps: sections are counted before the pin is looked at, and until it is
 * given up; an era is written before the place is opened, by each section for itself; opening lets go of nothing; and the
 * place is closed outside every section only, where nothing that a handler refers to outlives it.  In a user's section that
 * does: who writes access looks whether G is still what he has written.
 */
#ifndef RECLAIM_HYALINE_S_H
#define RECLAIM_HYALINE_S_H

#include "reclaim/no_grace.h"

enum { SCHEME_HAS_GRACE = 0, SCHEME_PROTECTS_ALL = 0, SCHEME_NESTS = 1 };
#define SCHEME_TAKES_REFERENCES

enum { HYALINE_S_LEVELS = 8, HYALINE_S_LAST = HYALINE_S_LEVELS - 1 };
#define HYALINE_S_OPEN ((uint64_t)1 << HYALINE_S_LEVELS)

struct hyaline_s_batch {
	CACHE_ALIGNED uint64_t state; /* 0: none is out; out: n << 1 | 1; somebody begins or ends one: any other even number */
	uint64_t floor;
};

/* The last batch of a level that has ended. */
struct hyaline_s_end {
	uint64_t number, floor;
};

struct hyaline_s_domain {
	struct instar_domain head;
	CACHE_ALIGNED uint64_t era;   /* G, starts at 2 */
	CACHE_ALIGNED struct hyaline_s_end end[HYALINE_S_LEVELS];
	struct hyaline_s_batch batch[HYALINE_S_LEVELS];
};

struct hyaline_s_thread {
	struct instar_thread head;
	unsigned pins;                /* open sections of the map's ... */
	unsigned told;                /* ... for which the place was opened */
	uint64_t pin, root, access, held;
};

static inline struct hyaline_s_domain *hyaline_s_domain(const instar_domain *d)
{
	return (struct hyaline_s_domain *)(uintptr_t)d;
}

static inline struct hyaline_s_thread *hyaline_s_thread(const instar_thread *t)
{
	return (struct hyaline_s_thread *)(uintptr_t)t;
}

/* ---- opening and closing ---- */

/* ORD:hyaline-s-open — RMW; pairs with ORD:hyaline-s-look (hyaline_s_batch.h): store buffering, pin, root or access before
 * what is loaded then */
static inline void hyaline_s_open(struct hyaline_s_thread *h)
{
	fetch_or_seq_cst(&h->held, HYALINE_S_OPEN);
}

/* ORD:hyaline-s-close — release; pairs with ORD:hyaline-s-look (hyaline_s_batch.h); carries all accesses */
static inline void hyaline_s_close_unneeded(instar_thread *t)
{
	struct hyaline_s_thread *h = hyaline_s_thread(t);

	compiler_barrier();
	if (!t->nest && !load_relaxed(&h->pin) && !load_relaxed(&h->root))
		store_release(&h->held, 0);
}

static inline void references_drop(instar_thread *t)
{
	compiler_barrier();
	store_release(&hyaline_s_thread(t)->access, 0);
	hyaline_s_close_unneeded(t);
}

/* ---- sections of the map's: pinned, they protect everything ---- */

#define scheme_inside(t) (hyaline_s_thread(t)->told != 0)

static inline void scheme_enter(instar_thread *t)
{
	struct hyaline_s_thread *h = hyaline_s_thread(t);

	h->pins++;
	compiler_barrier();
	if (!load_relaxed(&h->pin))
		store_release(&h->pin, load_seq_cst(&hyaline_s_domain(t->domain)->era));
	hyaline_s_open(h);
	compiler_barrier();
	h->told++;
}

/* The pin is given up after access, if a reference was taken. */
static inline void scheme_leave(instar_thread *t)
{
	struct hyaline_s_thread *h = hyaline_s_thread(t);

	h->told--;
	compiler_barrier();
	if (!t->nest)
		store_release(&h->access, 0);
	if (--h->pins == 0)
		store_release(&h->pin, 0);
	hyaline_s_close_unneeded(t);
}

/* ---- brief sections: one table, by the era of the access to it ---- */

/* false: another one is under way in this thread, interrupted by a signal handler. */
static inline bool scheme_allows_brief(const instar_thread *t)
{
	return likely(!load_relaxed(&hyaline_s_thread(t)->root));
}

static inline void scheme_enter_brief(instar_thread *t)
{
	(void)t;
}

static inline void scheme_leave_brief(instar_thread *t)
{
	store_release(&hyaline_s_thread(t)->root, 0);
	hyaline_s_close_unneeded(t);
}

/* Slot 0 is the root; what others refer to is used in pinned sections only. */
static inline uintptr_t scheme_protect(instar_thread *t, unsigned slot, const uintptr_t *source)
{
	const uint64_t *clock = &hyaline_s_domain(t->domain)->era;
	struct hyaline_s_thread *h = hyaline_s_thread(t);

	if (slot || scheme_inside(t))
		return load_seq_cst(source);
	for (uint64_t era = load_seq_cst(clock), now;; era = now) {
		uintptr_t object;

		store_release(&h->root, era);
		hyaline_s_open(h);
		object = load_seq_cst(source);
		now = load_seq_cst(clock);
		if (likely(now == era))
			return object;
	}
}

/* Always true: there is always room. */
static inline bool scheme_take_reference(instar_thread *t, uintptr_t object)
{
	const uint64_t *clock = &hyaline_s_domain(t->domain)->era;
	struct hyaline_s_thread *h = hyaline_s_thread(t);
	uint64_t now;

	(void)object;
	do {
		now = load_seq_cst(clock);
		store_release(&h->access, now);
		compiler_barrier();
	} while (unlikely(now != load_seq_cst(clock)));
	return true;
}

#ifdef RECLAIM_SCHEME_BODY
#include "reclaim/hyaline_s_batch.h"

#define SCHEME_TABLE \
	REFERENCES_TABLE, \
	.info.name = "hyaline-s", \
	.info.family = "reference batch", \
	.info.source = "Nikolaev, Ravindran, Snapshot-Free, Transparent, and Robust Memory Reclamation, PLDI 2021", \
	.info.bound = "tables, instar_box_alloc: threads x 2048 + 16384 + 4 x those not yet freed at a last reference, " \
		      "while no thread stalls in a pinned call, nor eight in attempts to advance; other objects: unbounded", \
	.info.wants_births = true, \
	.info.max_refs = UINT_MAX, \
	.info.robust = INSTAR_ROBUST_PREEMPTED | INSTAR_ROBUST_PARKED, \
	.domain_size = sizeof(struct hyaline_s_domain), \
	.thread_size = sizeof(struct hyaline_s_thread), \
	.domain_init = hyaline_s_domain_init, \
	.thread_fini = hyaline_s_thread_fini, \
	.thread_lost = hyaline_s_thread_lost, \
	.holds = hyaline_s_holds, \
	.birth = hyaline_s_birth, \
	.advance = hyaline_s_advance

#endif
#endif
