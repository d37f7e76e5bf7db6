/*
 * reclaim/urcu.h - what the schemes over liburcu's flavours share: a grace period of the flavour is the detector.
 * The including file has included the flavour's header with URCU_API_MAP, so that the plain names
 * (call_rcu, rcu_register_thread, ...) are the flavour's, and _LGPL_SOURCE, so that its readers inline.
 *
 * Safety (reclaim/counter.h; COUNTER_DETECTIONS = 1).  A grace period that began after S' did ends after S'
 * has ended; S' happens-before its end.
 *
 * Two ways to detect: `advance` keeps one call_rcu ticket of the domain in flight while somebody asks for
 * it (never one per object) and waits for nobody; `wait` calls synchronize_rcu, where the caller waits in any case.
 * liburcu's polling calls are not in every release, and their promise is the weaker one.  The worker thread of call_rcu
 * starts with the domain.  call_rcu is a section inside, so who stops in it holds back what one who reads would; who stops
 * with the ticket taken and not queued does it, too.
 *
 * The flavour's registry is the process's.  A thread is registered with its first handle and unregistered
 * with its last one, unless the application had registered it: then it stays as it was.  liburcu aborts by
 * itself where malloc or pthread_create fails inside it.
 */
#ifndef RECLAIM_URCU_H
#define RECLAIM_URCU_H

#include "reclaim/counter.h"

enum { COUNTER_DETECTIONS = 1 };

#ifndef URCU_HAS_MEMBARRIER
#define URCU_HAS_MEMBARRIER false /* the flavour interrupts readers, where the kernel lets it */
#endif

enum urcu_ticket { URCU_IDLE, URCU_IN_FLIGHT, URCU_WANTED_AGAIN };

struct urcu_domain {
	struct counter_domain head;
	unsigned ticket;        /* enum urcu_ticket */
	uint64_t base;          /* C when the ticket in flight was queued */
	struct rcu_head ticket_head;
};

static inline uint64_t urcu_grace_now(instar_thread *t)
{
	return counter_read(t) + 2 + COUNTER_DETECTIONS;
}

#ifdef RECLAIM_SCHEME_BODY

#include <pthread.h>
#include <time.h>

static struct urcu_domain *urcu_domain(instar_domain *domain)
{
	return (struct urcu_domain *)domain;
}

/* ---- the process's registry ---- */

static __thread struct {
	unsigned handles;  /* of this thread, in all domains of the scheme */
	bool applications; /* the thread was registered before the first of them */
} urcu_mine;

static enum instar_status urcu_thread_init(instar_thread *t)
{
	(void)t;
	if (urcu_mine.handles++)
		return INSTAR_OK;
	urcu_mine.applications = urcu_is_registered();
	if (!urcu_mine.applications)
		urcu_register();
	return INSTAR_OK;
}

static void urcu_thread_fini(instar_thread *t)
{
	(void)t;
	if (!--urcu_mine.handles && !urcu_mine.applications)
		rcu_unregister_thread();
}

/* ---- detection ---- */

static void urcu_ticket_queue(struct urcu_domain *d);

/* On call_rcu's worker.  The last access to the domain is the one that makes it idle. */
static void urcu_ticket_done(struct rcu_head *ticket_head)
{
	struct urcu_domain *d = (struct urcu_domain *)((char *)ticket_head - offsetof(struct urcu_domain, ticket_head));
	unsigned state = URCU_IN_FLIGHT;

	TSAN_ACQUIRE(d);
	counter_turn(&d->head.head, d->base);
	/* ORD:urcu-idle — release; pairs with ORD:urcu-drained (urcu.h); carries the worker's accesses */
	if (cas_acq_rel(&d->ticket, &state, URCU_IDLE))
		return;
	store_relaxed(&d->ticket, URCU_IN_FLIGHT);
	urcu_ticket_queue(d);
}

static void urcu_ticket_queue(struct urcu_domain *d)
{
	d->base = load_seq_cst(&d->head.grace);
	TSAN_RELEASE(d);
	urcu_call_rcu(&d->ticket_head, urcu_ticket_done);
}

static bool urcu_advance(instar_thread *t)
{
	struct urcu_domain *d = urcu_domain(t->domain);
	unsigned state = URCU_IDLE;

	fetch_add_relaxed(&t->domain->counters.advances_tried, 1);
	if (cas_acq_rel(&d->ticket, &state, URCU_IN_FLIGHT))
		urcu_ticket_queue(d);
	else if (state == URCU_IN_FLIGHT)
		cas_acq_rel(&d->ticket, &state, URCU_WANTED_AGAIN);
	return false;
}

/* Inside it liburcu holds its locks at calls where a thread may be cancelled. */
static void synchronize_whole(void)
{
	int state;

	pthread_setcancelstate(PTHREAD_CANCEL_DISABLE, &state);
	synchronize_rcu();
	pthread_setcancelstate(state, NULL);
	pthread_testcancel();
}

/* Where the thread is in a section of the application's, waiting for its end would be for ever. */
static bool urcu_wait(instar_thread *t)
{
	struct urcu_domain *d = urcu_domain(t->domain);
	uint64_t base = load_seq_cst(&d->head.grace);

	if (rcu_read_ongoing())
		return urcu_advance(t);
	fetch_add_relaxed(&t->domain->counters.advances_tried, 1);
	synchronize_whole();
	return counter_turn(t->domain, base);
}

static enum instar_status urcu_domain_init(instar_domain *domain)
{
	if (URCU_HAS_MEMBARRIER && (domain->opts.flags & INSTAR_DOMAIN_NO_IPI))
		return INSTAR_UNSUPPORTED;
	get_default_call_rcu_data();
	return counter_domain_init(domain);
}

/* Nobody asks any more: the ticket in flight, and one more if that was wanted, come back. */
static void urcu_domain_fini(instar_domain *domain)
{
	/* ORD:urcu-drained — acquire; pairs with ORD:urcu-idle (urcu.h) */
	while (load_acquire(&urcu_domain(domain)->ticket) != URCU_IDLE) {
		urcu_announce();
		nanosleep(&(struct timespec){ 0, 1000000 }, NULL);
	}
}

#define URCU_TABLE \
	.info.process_wide = true, \
	.info.bound = "unbounded", \
	.domain_size = sizeof(struct urcu_domain), \
	.thread_size = sizeof(struct instar_thread), \
	.domain_init = urcu_domain_init, \
	.domain_fini = urcu_domain_fini, \
	.thread_init = urcu_thread_init, \
	.thread_fini = urcu_thread_fini, \
	.advance = urcu_advance, \
	.wait = urcu_wait

#endif
#endif
