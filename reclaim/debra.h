/*
 * reclaim/debra.h - distributed epochs: nobody ever looks at all announcements at once.  Now and then a thread that
 * enters a section looks at one, and who has seen them all turns the epoch.
 *
 * Source: T. Brown, Reclaiming Memory for Lock-Free Data Structures: There has to be a Better Way, PODC 2015.
 * Its limbo bags are the queues of reclaim/limbo.h.
 *
 * Safety: reclaim/epoch.h, exchange form, an advance in steps.  The looks for one turn lie as far apart as the thread's
 * sections do; if G has changed meanwhile, they begin anew.  An announcement found inactive or at g stays harmless: what
 * it announces later is made after the look, so that its section sees all that was known when G was read ("missed").
 */
#ifndef RECLAIM_DEBRA_H
#define RECLAIM_DEBRA_H

#include "reclaim/epoch.h"

#ifndef DEBRA_SECTIONS
#define DEBRA_SECTIONS 16 /* between two looks; a power of two */
#endif

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

/* Up to `looks` at handles of threads and `idle` at those that nobody has; true: G went on.  None is passed over, whoever takes
 * it meanwhile: which of the two it was is only counted. */
static __attribute__((noinline, unused)) bool debra_go_on(instar_thread *t, unsigned looks, unsigned idle)
{
	struct debra_thread *own = debra_thread(t);
	uint64_t g = load_acquire(&epoch_domain(t->domain)->epoch);
	bool turned = false;

	if (own->looking)
		return false;
	own->looking = true;
	compiler_barrier();
	if (own->epoch != g) {
		own->next = domain_handles(t->domain);
		own->epoch = g;
	}
	while (own->next && looks && idle && epoch_look(own->next, g)) {
		if (load_relaxed(&own->next->state) == HANDLE_ATTACHED)
			looks--;
		else
			idle--;
		own->next = own->next->next;
	}
	if (!own->next)
		turned = epoch_finish(t->domain, g);
	compiler_barrier();
	own->looking = false;
	return turned;
}

static inline void scheme_enter(instar_thread *t)
{
	epoch_announce_exchange(t);
	if (unlikely(++debra_thread(t)->sections % DEBRA_SECTIONS == 0))
		debra_go_on(t, 1, 1);
}

#ifdef RECLAIM_SCHEME_BODY

/* Looks by a thread that retires: at handles of threads, which write there, and at those that nobody has, where a look
 * costs little and there may be thousands. */
enum { DEBRA_ADVANCE = 8, DEBRA_IDLE = 256 };

static bool debra_advance(instar_thread *t)
{
	struct reclaim_counters *counters = &t->domain->counters;
	bool turned;

	fetch_add_relaxed(&counters->advances_tried, 1);
	if (t->is_shared)
		return epoch_advance(t); /* the handle is everybody's: no place to remember what was looked at */
	turned = debra_go_on(t, DEBRA_ADVANCE, DEBRA_IDLE);
	if (!turned)
		fetch_add_relaxed(&counters->advances_blocked, 1);
	return turned;
}

/* It may have been lost between the two words that tell how far it had looked: its looks begin anew. */
static void debra_thread_lost(instar_thread *t)
{
	epoch_withdraw(t);
	debra_thread(t)->epoch = 0;
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
