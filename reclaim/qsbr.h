/*
 * reclaim/qsbr.h - quiescent-state-based reclamation: a thread announces when it holds no reference, and
 * sections cost nothing.
 *
 * Source: McKenney and Slingwine, Read-Copy Update, 1998; Hart et al., IPDPS 2006.
 * Safety: reclaim/epoch.h, exchange form, where a section runs from one announcement of the thread to the
 * next.  An online thread is never inactive, so a new announcement needs no barrier: whichever of the two
 * a scan sees, it is at most the G that the later one read (release and acquire carry the rest).
 *
 * An offline thread, as one that was attached by instar_thread_self is, goes online for each section.
 */
#ifndef RECLAIM_QSBR_H
#define RECLAIM_QSBR_H

#include "reclaim/epoch.h"

static inline void scheme_enter(instar_thread *t)
{
	if (likely(epoch_inside(t)))
		return;
	epoch_announce_exchange(t);
	epoch_thread(t)->transient = true;
}

#undef scheme_leave
static inline void scheme_leave(instar_thread *t)
{
	if (likely(!epoch_thread(t)->transient))
		return;
	epoch_thread(t)->transient = false;
	epoch_withdraw(t);
}

/* Online, they cost and announce nothing. */
#define scheme_allows_brief(t) (!(t)->nest && !epoch_thread(t)->transient)

#ifdef RECLAIM_SCHEME_BODY

/* Inside a section of an offline thread: that goes on, and no leave withdraws what it announced. */
static void qsbr_online(instar_thread *t)
{
	if (epoch_inside(t))
		epoch_thread(t)->transient = false;
	else
		epoch_announce_exchange(t);
}

static void qsbr_quiescent(instar_thread *t)
{
	if (epoch_inside(t))
		store_release(&epoch_thread(t)->announced, epoch_announcement(t)); /* ORD:epoch-exit */
}

#define SCHEME_TABLE \
	.info.name = "qsbr", \
	.info.family = "qsbr", \
	.info.source = "McKenney and Slingwine, Read-Copy Update, 1998", \
	.info.bound = "unbounded", \
	.info.needs_quiescent = true, \
	.domain_init = epoch_domain_init, \
	.offline = epoch_withdraw, \
	.online = qsbr_online, \
	.quiescent = qsbr_quiescent, \
	EPOCH_TABLE

#endif
#endif
