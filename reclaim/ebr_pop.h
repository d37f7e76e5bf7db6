/*
 * reclaim/ebr_pop.h - epoch-based reclamation whose readers announce by a plain store, and whose advancing thread asks
 * each thread by a signal: the asymmetric barrier where there is no membarrier.
 *
 * Source: Singh, Brown, Publish on Ping, PPoPP 2025.  Their EpochPOP falls back to hazards that are private until then;
 * here a section protects all, and there is nothing to fall back to: a reader that never leaves holds back everything.
 *
 * Safety: reclaim/epoch.h, asymmetric form, with reclaim/ping.h in the place of membarrier: "missed" there means that the
 * announcement was written after the thread's answer, which had read G = g, so the section sees all that came with g.  That
 * is what the argument needs: by its step 2 the end of S came with G = x+2.  Threads without a handle are the shared readers.
 */
#ifndef RECLAIM_EBR_POP_H
#define RECLAIM_EBR_POP_H

#define EPOCH_PINGS
#include "reclaim/epoch.h"

#define scheme_enter epoch_announce_plain

#ifdef RECLAIM_SCHEME_BODY

#include "reclaim/ping.h"

struct ebr_pop_thread {
	struct epoch_thread head;
	struct ping ping;
};

static struct ping *ebr_pop_ping(instar_thread *t)
{
	return &((struct ebr_pop_thread *)t)->ping;
}

static bool epoch_barrier(instar_domain *domain, uint64_t g)
{
	return ping_all(domain, offsetof(struct ebr_pop_thread, ping), g);
}

static bool ebr_pop_wait(instar_thread *t)
{
	ping_wait(t->domain, offsetof(struct ebr_pop_thread, ping), load_acquire(&epoch_domain(t->domain)->epoch));
	return epoch_advance(t);
}

static enum instar_status ebr_pop_domain_init(instar_domain *domain)
{
	epoch_domain(domain)->asymmetric = true;
	epoch_domain_init(domain);
	return ping_domain_init(domain);
}

static enum instar_status ebr_pop_thread_init(instar_thread *t)
{
	ping_attach(t->domain, ebr_pop_ping(t), &epoch_domain(t->domain)->epoch);
	return epoch_thread_init(t);
}

static void ebr_pop_thread_fini(instar_thread *t)
{
	epoch_withdraw(t);
	ping_detach(ebr_pop_ping(t));
}

static void ebr_pop_thread_lost(instar_thread *t)
{
	epoch_withdraw(t);
	ping_lost(ebr_pop_ping(t));
}

#define SCHEME_TABLE \
	.info.name = "ebr-pop", \
	.info.family = "epoch", \
	.info.source = "Singh, Brown, Publish on Ping, PPoPP 2025", \
	.info.bound = "unbounded", \
	.info.uses_signals = true, \
	.domain_size = sizeof(struct epoch_domain), \
	.thread_size = sizeof(struct ebr_pop_thread), \
	.stand_in = "ebr-fence", \
	.domain_init = ebr_pop_domain_init, \
	.thread_init = ebr_pop_thread_init, \
	.thread_fini = ebr_pop_thread_fini, \
	.thread_lost = ebr_pop_thread_lost, \
	.advance = epoch_advance, \
	.wait = ebr_pop_wait

#endif
#endif
