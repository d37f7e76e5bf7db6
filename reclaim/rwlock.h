/*
 * reclaim/rwlock.h - the outermost section holds a reader-writer lock for reading: the lower bound that everyone
 * starts from.
 *
 * Source: folklore.
 * Safety (reclaim/counter.h; COUNTER_DETECTIONS = 0).  The counter moves while the lock is held for writing:
 * then no section is open, and what those before did happens-before.  Writers only try, after their own
 * outermost leave, and readers have precedence: nobody waits for anybody, sections of two domains cannot
 * deadlock, and under readers that never pause garbage waits.  Not async-signal-safe, as the lock is not.
 */
#ifndef RECLAIM_RWLOCK_H
#define RECLAIM_RWLOCK_H

#include <pthread.h>

#include "reclaim/counter.h"

enum { SCHEME_HAS_GRACE = 1, SCHEME_PROTECTS_ALL = 1, SCHEME_NESTS = 0, COUNTER_DETECTIONS = 0 };

struct rwlock_domain {
	struct counter_domain head;
	CACHE_ALIGNED pthread_rwlock_t lock;
};

static inline pthread_rwlock_t *rwlock_of(instar_thread *t)
{
	return &((struct rwlock_domain *)t->domain)->lock;
}

static inline void scheme_enter(instar_thread *t)
{
	while (pthread_rwlock_rdlock(rwlock_of(t))) /* too many readers */
		cpu_pause();
}

static inline void scheme_leave(instar_thread *t)
{
	pthread_rwlock_unlock(rwlock_of(t));
}

static inline uint64_t scheme_grace_now(instar_thread *t)
{
	return counter_read(t) + 2 + COUNTER_DETECTIONS;
}

#define scheme_inside(t) ((t)->nest != 0)
#define scheme_grace_elapsed counter_elapsed
#define scheme_protect counter_protect

#ifdef RECLAIM_SCHEME_BODY

static enum instar_status rwlock_domain_init(instar_domain *domain)
{
	if (pthread_rwlock_init(&((struct rwlock_domain *)domain)->lock, NULL))
		return INSTAR_NOMEM;
	return counter_domain_init(domain);
}

static void rwlock_domain_fini(instar_domain *domain)
{
	pthread_rwlock_destroy(&((struct rwlock_domain *)domain)->lock);
}

static bool rwlock_advance(instar_thread *t)
{
	struct reclaim_counters *counters = &t->domain->counters;
	bool turned;

	fetch_add_relaxed(&counters->advances_tried, 1);
	if (pthread_rwlock_trywrlock(rwlock_of(t))) {
		fetch_add_relaxed(&counters->advances_blocked, 1);
		return false;
	}
	turned = counter_turn(t->domain, load_acquire(&counter_domain(t->domain)->grace));
	pthread_rwlock_unlock(rwlock_of(t));
	return turned;
}

#define SCHEME_TABLE \
	.info.name = "rwlock", \
	.info.family = "lock", \
	.info.source = "POSIX rwlock", \
	.info.bound = "unbounded", \
	.domain_size = sizeof(struct rwlock_domain), \
	.thread_size = sizeof(struct instar_thread), \
	.domain_init = rwlock_domain_init, \
	.domain_fini = rwlock_domain_fini, \
	.advance = rwlock_advance

#endif
#endif
