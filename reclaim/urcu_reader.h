/*
 * reclaim/urcu_reader.h - the readers' side of liburcu's flavours with read_lock and read_unlock, which nest by
 * themselves.  Included by the scheme's file after the flavour's header; see urcu.h.  A file whose flavour differs defines
 * urcu_is_registered() and urcu_is_gone(): whether the calling thread is, and whether the library has ended its
 * sections already.
 */
#ifndef RECLAIM_URCU_READER_H
#define RECLAIM_URCU_READER_H

#ifndef urcu_is_gone
#define urcu_is_registered() URCU_TLS(rcu_reader).registered
#define urcu_is_gone() false
#endif

#ifdef RECLAIM_SCHEME_BODY
#define urcu_register() rcu_register_thread()
#define urcu_announce() ((void)0)
#define urcu_call_rcu call_rcu
#endif

#include "reclaim/urcu.h"

enum { SCHEME_HAS_GRACE = 1, SCHEME_PROTECTS_ALL = 1, SCHEME_NESTS = 1 };

static inline void scheme_enter(instar_thread *t)
{
	(void)t;
	rcu_read_lock();
}

static inline void scheme_leave(instar_thread *t)
{
	TSAN_RELEASE(t->domain);
	(void)t;
	if (!urcu_is_gone())
		rcu_read_unlock();
}

#define scheme_inside(t) true
#define scheme_grace_now urcu_grace_now
#define scheme_grace_elapsed counter_elapsed
#define scheme_protect counter_protect

#endif
