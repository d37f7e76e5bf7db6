/*
 * reclaim/urcu_qsbr.h - liburcu's flavour of quiescent states announced by the application.
 *
 * Source: Desnoyers et al., User-Level Implementations of Read-Copy Update, IEEE TPDS 2012; liburcu.
 * Safety: reclaim/urcu.h.  The state is the thread's, for all domains of this scheme: it is offline when
 * none of its handles is online and none has a section open.  Where the application had registered the
 * thread, its going on- and offline is the application's, but for sections that find it offline.
 */
#ifndef RECLAIM_URCU_QSBR_H
#define RECLAIM_URCU_QSBR_H

#include "reclaim/tsan.h"
#ifndef __SANITIZE_THREAD__ /* it knows the library's functions, not what they are made of */
#define _LGPL_SOURCE
#endif
#define URCU_API_MAP
#include <urcu/urcu-qsbr.h>
#include <urcu/static/urcu-qsbr.h>

/* Of the calling thread, in all domains. */
struct urcu_qsbr_thread {
	unsigned open;   /* sections, nested ones counted */
	unsigned online; /* handles */
	bool transient;  /* offline again when no section is open */
};
extern __thread struct urcu_qsbr_thread urcu_qsbr_thread
	__attribute__((visibility("hidden"), tls_model("initial-exec")));

#ifdef RECLAIM_SCHEME_BODY

static void urcu_qsbr_register(void)
{
	rcu_register_thread();
	rcu_thread_offline();
}

static void urcu_qsbr_announce(void)
{
	if (rcu_read_ongoing() && !urcu_qsbr_thread.open)
		rcu_quiescent_state();
}

/* liburcu wants the caller of call_rcu online. */
static void urcu_qsbr_call(struct rcu_head *head, void (*func)(struct rcu_head *head))
{
	bool offline = !rcu_read_ongoing();

	if (offline)
		rcu_thread_online();
	call_rcu(head, func);
	if (offline)
		rcu_thread_offline();
}

#define urcu_is_registered() URCU_TLS(rcu_reader).registered
#define urcu_register urcu_qsbr_register
#define urcu_announce urcu_qsbr_announce
#define urcu_call_rcu urcu_qsbr_call

#endif

#include "reclaim/urcu.h"

enum { SCHEME_HAS_GRACE = 1, SCHEME_PROTECTS_ALL = 1, SCHEME_NESTS = 1 };

static inline void scheme_enter(instar_thread *t)
{
	(void)t;
	urcu_qsbr_thread.open++;
	compiler_barrier();
	if (likely(rcu_read_ongoing()))
		return;
	rcu_thread_online();
	urcu_qsbr_thread.transient = true;
}

static inline void scheme_leave(instar_thread *t)
{
	TSAN_RELEASE(t->domain);
	(void)t;
	compiler_barrier();
	if (--urcu_qsbr_thread.open || likely(!urcu_qsbr_thread.transient))
		return;
	urcu_qsbr_thread.transient = false;
	rcu_thread_offline();
}

#define scheme_inside(t) true
#define scheme_grace_now urcu_grace_now
#define scheme_grace_elapsed counter_elapsed
#define scheme_protect counter_protect

#ifdef RECLAIM_SCHEME_BODY

__thread struct urcu_qsbr_thread urcu_qsbr_thread;

static void urcu_qsbr_online(instar_thread *t)
{
	(void)t;
	if (urcu_mine.applications || urcu_qsbr_thread.online++)
		return;
	urcu_qsbr_thread.transient = false;
	if (!rcu_read_ongoing())
		rcu_thread_online();
}

static void urcu_qsbr_offline(instar_thread *t)
{
	TSAN_RELEASE(t->domain);
	(void)t;
	if (urcu_mine.applications || --urcu_qsbr_thread.online)
		return;
	if (urcu_qsbr_thread.open)
		urcu_qsbr_thread.transient = true;
	else
		rcu_thread_offline();
}

static bool urcu_qsbr_is_online(instar_thread *t)
{
	(void)t;
	return rcu_read_ongoing();
}

static void urcu_qsbr_quiescent(instar_thread *t)
{
	TSAN_RELEASE(t->domain);
	(void)t;
	urcu_qsbr_announce();
}

#define SCHEME_TABLE \
	.info.name = "urcu-qsbr", \
	.info.family = "qsbr", \
	.info.source = "liburcu, urcu-qsbr.h", \
	.info.needs_quiescent = true, \
	.offline = urcu_qsbr_offline, \
	.online = urcu_qsbr_online, \
	.is_online = urcu_qsbr_is_online, \
	.quiescent = urcu_qsbr_quiescent, \
	URCU_TABLE

#endif
#endif
