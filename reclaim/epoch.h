/*
 * reclaim/epoch.h - the global-epoch core shared by ebr, ebr-fence and qsbr.
 *
 * After K. Fraser, Practical Lock-Freedom, 2004, section 5.2.3.  The domain has an epoch G; a thread in
 * a section announces the G it read on entry.  G may go from g to g+1 when every announcement is g.
 *
 *	G = g:     | announce g-1: holds G back | announce g: lets G go to g+1, not further |
 *
 * Why an announcement cannot be missed (store buffering, Dekker's pattern: the reader writes its
 * announcement and then reads the shared structure; the advancer wrote the structure, or read what
 * follows from that, and then reads the announcement).  Three forms:
 *   asymmetric  the reader stores plainly, the advancer issues membarrier between its load of G and its
 *               scan.  Either the scan sees the announcement, or the reader's barrier point lay before it:
 *               then all that the section reads is at least as new as what the advancer knew.
 *   exchange    the reader announces by an RMW and the scan reads by RMWs, which write back what they
 *               read.  Either the scan's comes second and sees the announcement, or the announcement's
 *               comes second and reads (acquires) what the scan's wrote (released).  The list of handles
 *               and the shared readers' count are read so in both forms: they change rarely.
 * Below, "missed" is the second case: *the section then sees all that the advancer knew when it read G*.
 *
 * Why a stale announcement is harmless.  A thread may sleep between reading G = e and announcing e, while
 * G goes on.  Once visible it stops G (e is not G); while it is not, every advance missed it.
 *
 * Why stamp = x + 3, with x = G read inside the caller's section S, covers every section S' that begins
 * before S ends:
 *   1. G <= x+1 until S has ended.  An advance to x+2 begins by reading G = x+1.  If its scan missed S, S
 *      would see G >= x+1, but read x.  So it sees S, which announces at most x and stops it.
 *   2. So the advance to x+2 saw S inactive: its leave happens-before G = x+2 (ORD:epoch-exit, ORD:epoch-turn).
 *   3. Consider the advance to x+3, which read G = x+2, and any S'.  It found S' ended: its exit
 *      happens-before G = x+3, as promised.  Or missed it: S' sees the end of S, and did not begin before.
 *      Or found it announcing x+2: S' acquired G = x+2, hence sees the end of S, too.
 *   With x+2 step 3 fails: the advance to x+2 may find S' announcing x+1, begun while S was open.
 *
 * Nobody waits for an advancer: it is its CAS on G that decides; `advancing` only keeps most threads from
 * scanning at the same time, and for a bounded number of attempts.
 */
#ifndef RECLAIM_EPOCH_H
#define RECLAIM_EPOCH_H

#include "reclaim/contract.h"

struct epoch_domain {
	struct instar_domain head;
	bool asymmetric;               /* readers announce by a plain store */
	CACHE_ALIGNED uint64_t epoch;  /* G, starts at 2; alone in its line: all readers read it */
	CACHE_ALIGNED uint64_t advancing; /* the G that somebody is trying to advance; 0: nobody */
};

struct epoch_thread {
	struct instar_thread head;
	uint64_t announced;            /* 0: in no section; else G on entry << 1 | 1 */
	bool transient;                /* qsbr: online for the current section only */
	unsigned skipped;              /* attempts left to another advancer */
};

static inline struct epoch_thread *epoch_thread(instar_thread *t)
{
	return (struct epoch_thread *)t;
}

static inline struct epoch_domain *epoch_domain(instar_domain *d)
{
	return (struct epoch_domain *)d;
}

/* ORD:epoch-begin — acquire; pairs with ORD:epoch-turn (epoch.h); carries what sections before G saw and did */
static inline uint64_t epoch_announcement(instar_thread *t)
{
	return load_acquire(&epoch_domain(t->domain)->epoch) << 1 | 1;
}

/* ORD:epoch-announce — RMW; pairs with ORD:epoch-scan (epoch.h); store buffering, see above */
static inline void epoch_announce_exchange(instar_thread *t)
{
	exchange_seq_cst(&epoch_thread(t)->announced, epoch_announcement(t));
}

/* ORD:epoch-announce-plain — release and a compiler barrier; pairs with ORD:epoch-membarrier (epoch.h); store
 * buffering.  The release repeats ORD:epoch-exit of the thread's section before, for a scan that sees only this. */
static inline void epoch_announce_plain(instar_thread *t)
{
	store_release(&epoch_thread(t)->announced, epoch_announcement(t));
	compiler_barrier();
}

/* ORD:epoch-exit — release; pairs with ORD:epoch-scan (epoch.h); carries every access of the section */
static inline void epoch_withdraw(instar_thread *t)
{
	store_release(&epoch_thread(t)->announced, 0);
}

static inline bool epoch_inside(const instar_thread *t)
{
	return load_relaxed(&((const struct epoch_thread *)t)->announced) != 0;
}

static inline uint64_t epoch_grace_now(instar_thread *t)
{
	return load_seq_cst(&epoch_domain(t->domain)->epoch) + 3;
}

/* ORD:epoch-elapsed — acquire; pairs with ORD:epoch-turn (epoch.h); carries the exits of all sections covered */
static inline bool epoch_grace_elapsed(instar_thread *t, uint64_t stamp)
{
	return load_acquire(&epoch_domain(t->domain)->epoch) >= stamp;
}

/* A section protects everything: references need no hazard. */
static inline uintptr_t epoch_protect(instar_thread *t, unsigned slot, const uintptr_t *source)
{
	(void)t;
	(void)slot;
	return load_seq_cst(source);
}

/* ---- a section: what a scheme does otherwise it undefines and defines anew; its scheme_enter announces ---- */

enum { SCHEME_HAS_GRACE = 1, SCHEME_PROTECTS_ALL = 1, SCHEME_NESTS = 0 };

#define scheme_leave epoch_withdraw
#define scheme_inside epoch_inside
#define scheme_grace_now epoch_grace_now
#define scheme_grace_elapsed epoch_grace_elapsed
#define scheme_protect epoch_protect

/* ---- an advance in steps, by threads that enter and leave meanwhile (debra, ebr-token) ----
 *
 * The argument above asks that each look comes after the load of G = g and before the turn to g+1, not that they come
 * together, nor that one thread makes them all, if who goes on acquires what those before it saw. */

/* One look, of the exchange form.  false: it holds back G = g. */
static inline bool epoch_look(instar_thread *t, uint64_t g)
{
	uint64_t word = fetch_add_seq_cst(&epoch_thread(t)->announced, 0); /* ORD:epoch-scan */

	return !word || word == (g << 1 | 1);
}

/* ORD:epoch-turn — acq_rel; pairs with ORD:epoch-begin, ORD:epoch-elapsed (epoch.h) and itself; carries the
 * exits that the looks saw.  true: G went on, by this thread. */
static inline bool epoch_turn(instar_domain *domain, uint64_t g)
{
	if (!cas_seq_cst(&epoch_domain(domain)->epoch, &g, g + 1))
		return false;
	fetch_add_relaxed(&domain->counters.grace_periods, 1);
	return true;
}

/* All handles were looked at. */
static inline bool epoch_finish(instar_domain *domain, uint64_t g)
{
	return !fetch_add_seq_cst(&domain->shared_readers, 0) && epoch_turn(domain, g); /* ORD:epoch-scan */
}

#ifdef RECLAIM_SCHEME_BODY

#include "reclaim/membarrier.h"

enum { EPOCH_PATIENCE = 16 }; /* attempts left to another advancer before trying all the same */

/* True if no announcement other than g is seen; a look without any order: only a false answer is used. */
static bool epoch_seems_free(struct epoch_domain *d, uint64_t g)
{
	const instar_thread *t;

	if (load_relaxed(&d->head.shared_readers))
		return false;
	for (t = load_acquire(&d->head.threads); t; t = t->next) {
		uint64_t word = load_relaxed(&((const struct epoch_thread *)t)->announced);

		if (word && word != (g << 1 | 1))
			return false;
	}
	return true;
}

/* ORD:epoch-scan — RMWs; pairs with ORD:epoch-announce, ORD:epoch-exit (epoch.h), ORD:shared-enter (thread.c);
 * carries what the advancer knows to those missed, and the ended sections' accesses here.
 * In the asymmetric form announcements are loaded after ORD:epoch-membarrier instead. */
static bool epoch_all_at(struct epoch_domain *d, uint64_t g)
{
	if (fetch_add_seq_cst(&d->head.shared_readers, 0))
		return false;
	for (instar_thread *t = domain_handles(&d->head); t; t = t->next) {
		uint64_t *announced = &epoch_thread(t)->announced;
		uint64_t word = d->asymmetric ? load_acquire(announced) : fetch_add_seq_cst(announced, 0);

		if (word && word != (g << 1 | 1))
			return false;
	}
	return true;
}

/* The barrier of the asymmetric form, after G = g was read.  false: it has not happened. */
static bool epoch_barrier(instar_domain *domain, uint64_t g);

#ifndef EPOCH_PINGS
static bool epoch_barrier(instar_domain *domain, uint64_t g)
{
	(void)g;
	fetch_add_relaxed(&domain->counters.barriers, 1);
	/* ORD:epoch-membarrier — membarrier; pairs with ORD:epoch-announce-plain (epoch.h); store buffering */
	return membarrier_all();
}
#endif

/* Another thread is trying the same, and we have not left it to others too often. */
static bool epoch_leave_to_others(struct epoch_thread *e, struct epoch_domain *d, uint64_t g)
{
	unsigned skipped = load_relaxed(&e->skipped);
	bool leave = load_relaxed(&d->advancing) == g && skipped < EPOCH_PATIENCE;

	store_relaxed(&e->skipped, leave ? skipped + 1 : 0);
	return leave;
}

static __attribute__((unused)) bool epoch_advance(instar_thread *t)
{
	struct epoch_domain *d = epoch_domain(t->domain);
	struct reclaim_counters *counters = &d->head.counters;
	uint64_t g = load_acquire(&d->epoch);
	bool free;

	if (epoch_leave_to_others(epoch_thread(t), d, g))
		return false;
	store_relaxed(&d->advancing, g);
	fetch_add_relaxed(&counters->advances_tried, 1);
	free = epoch_seems_free(d, g);
	if (free && d->asymmetric)
		free = epoch_barrier(&d->head, g);
	free = free && epoch_all_at(d, g);
	store_relaxed(&d->advancing, 0);
	if (!free)
		fetch_add_relaxed(&counters->advances_blocked, 1);
	else
		epoch_turn(&d->head, g);
	return free;
}

static enum instar_status epoch_domain_init(instar_domain *domain)
{
	epoch_domain(domain)->epoch = 2;
	return INSTAR_OK;
}

static enum instar_status epoch_thread_init(instar_thread *t)
{
	epoch_thread(t)->transient = false;
	return INSTAR_OK;
}

#define EPOCH_TABLE \
	.domain_size = sizeof(struct epoch_domain), \
	.thread_size = sizeof(struct epoch_thread), \
	.thread_init = epoch_thread_init, \
	.thread_fini = epoch_withdraw, \
	.thread_lost = epoch_withdraw, \
	.advance = epoch_advance

#endif
#endif
