/*
 * reclaim/debra.h - distributed epochs: nobody ever looks at all announcements at once.  Now and then a thread that
 * enters a section looks at one, and who has seen them all turns the epoch.
 *
 * Source: T. Brown, Reclaiming Memory for Lock-Free Data Structures: There has to be a Better Way, PODC 2015.
 * Its limbo bags are the queues of reclaim/limbo.h.
 *
 * Safety: reclaim/epoch.h, exchange form.  There an advance reads G = g, looks at every announcement and turns G to g+1;
 * the argument asks that each look comes after that load and before that turn, not that they come together.
 * Here they lie as far apart as the thread's sections do; if G has changed meanwhile, they begin anew.  An
 * announcement found inactive or at g stays harmless: what it announces later is made after the look, so that
 * its section sees all that was known when G was read ("missed").
 */
#ifndef RECLAIM_DEBRA_H
#define RECLAIM_DEBRA_H

#include "reclaim/epoch.h"

enum { SCHEME_HAS_GRACE = 1, SCHEME_PROTECTS_ALL = 1, SCHEME_NESTS = 0 };
enum { DEBRA_SECTIONS = 16 }; /* between two looks; a power of two */

struct debra_thread {
	struct epoch_thread head;
	unsigned sections;
	bool looking;          /* a signal handler leaves what it interrupted alone */
	uint64_t epoch;        /* the G for which the handles before `next` were looked at */
	instar_thread *next;   /* NULL: all were */
};

static inline struct debra_thread *debra_thread(instar_thread *t)
{
	return (struct debra_thread *)t;
}

/* The handles that there are after G was read; those that come later are missed. */
static inline instar_thread *debra_handles(instar_domain *domain)
{
	instar_thread *t = load_acquire(&domain->threads);

	while (!cas_seq_cst(&domain->threads, &t, t)) /* ORD:epoch-scan */
		;
	return t;
}

/* One look.  false: it holds G back. */
static inline bool debra_look(struct debra_thread *own)
{
	uint64_t word = fetch_add_seq_cst(&((struct epoch_thread *)own->next)->announced, 0); /* ORD:epoch-scan */

	if (word && word != (own->epoch << 1 | 1))
		return false;
	own->next = own->next->next;
	return true;
}

/* All were looked at: ORD:epoch-turn. */
static inline bool debra_turn(instar_domain *domain, uint64_t g)
{
	if (fetch_add_seq_cst(&domain->shared_readers, 0) || !cas_seq_cst(&epoch_domain(domain)->epoch, &g, g + 1))
		return false;
	fetch_add_relaxed(&domain->counters.grace_periods, 1);
	return true;
}

/* Up to `looks` of them; true: G went on. */
static __attribute__((noinline, unused)) bool debra_go_on(instar_thread *t, unsigned looks)
{
	struct debra_thread *own = debra_thread(t);
	uint64_t g = load_acquire(&epoch_domain(t->domain)->epoch);
	bool turned = false;

	if (own->looking)
		return false;
	own->looking = true;
	compiler_barrier();
	if (own->epoch != g) {
		own->next = debra_handles(t->domain);
		own->epoch = g;
	}
	while (own->next && looks && debra_look(own))
		looks--;
	if (!own->next)
		turned = debra_turn(t->domain, g);
	compiler_barrier();
	own->looking = false;
	return turned;
}

static inline void scheme_enter(instar_thread *t)
{
	epoch_announce_exchange(t);
	if (unlikely(++debra_thread(t)->sections % DEBRA_SECTIONS == 0))
		debra_go_on(t, 1);
}

#define scheme_leave epoch_withdraw
#define scheme_inside epoch_inside
#define scheme_grace_now epoch_grace_now
#define scheme_grace_elapsed epoch_grace_elapsed
#define scheme_protect epoch_protect

#ifdef RECLAIM_SCHEME_BODY

enum { DEBRA_ADVANCE = 8 }; /* looks by a thread that retires */

static bool debra_advance(instar_thread *t)
{
	struct reclaim_counters *counters = &t->domain->counters;
	bool turned;

	fetch_add_relaxed(&counters->advances_tried, 1);
	if (t->is_shared)
		return epoch_advance(t); /* the handle is everybody's: no place to remember what was looked at */
	turned = debra_go_on(t, DEBRA_ADVANCE);
	if (!turned)
		fetch_add_relaxed(&counters->advances_blocked, 1);
	return turned;
}

static void debra_thread_lost(instar_thread *t)
{
	epoch_withdraw(t);
	debra_thread(t)->looking = false;
}

#define SCHEME_TABLE \
	.info.name = "debra", \
	.info.family = "epoch", \
	.info.source = "Brown, Reclaiming Memory for Lock-Free Data Structures, PODC 2015", \
	.info.bound = "unbounded", \
	.domain_init = epoch_domain_init, \
	.domain_size = sizeof(struct epoch_domain), \
	.thread_size = sizeof(struct debra_thread), \
	.thread_init = epoch_thread_init, \
	.thread_fini = epoch_withdraw, \
	.thread_lost = debra_thread_lost, \
	.advance = debra_advance

#endif
#endif
