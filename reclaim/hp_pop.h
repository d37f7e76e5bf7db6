/*
 * reclaim/hp_pop.h - hazard pointers announced by a plain store, whose scanning thread asks each thread by a signal.
 *
 * Source: Singh, Brown, Publish on Ping, PPoPP 2025 (HazardPtrPOP).
 * Safety: reclaim/hazard.h, asymmetric form, with reclaim/ping.h in the place of membarrier, asked after G has become the
 * scan's number: a place that the scan missed was written after its thread's answer, which had read that number, so the
 * second look at the source comes after that.  Who retires makes a fence by himself: he need not be attached.
 *
 * A thread asleep in a section answers, so it holds back its references and nothing else.  One that does not answer
 * holds back everything (reclaim/ping.h says which do not).
 */
#ifndef RECLAIM_HP_POP_H
#define RECLAIM_HP_POP_H

#define HAZARD_ASYMMETRIC 1
#define HAZARD_PINGS 1
#include "reclaim/hazard.h"

#ifdef RECLAIM_SCHEME_BODY

#include "reclaim/ping.h"

struct hp_pop_thread {
	struct hazard_thread head;
	struct ping ping;
};

static struct ping *hp_pop_ping(instar_thread *t)
{
	return &((struct hp_pop_thread *)t)->ping;
}

static bool hazard_barrier(instar_domain *domain, uint64_t number)
{
	return ping_all(domain, offsetof(struct hp_pop_thread, ping), number);
}

static bool hp_pop_wait(instar_thread *t)
{
	uint64_t waiting = t->is_shared ? 0 : hazard_thread(t)->waiting;

	if (waiting)
		ping_wait(t->domain, offsetof(struct hp_pop_thread, ping), waiting);
	return hazard_scan(t);
}

static enum instar_status hp_pop_domain_init(instar_domain *domain)
{
	hazard_domain_init(domain);
	return ping_domain_init(domain);
}

static enum instar_status hp_pop_thread_init(instar_thread *t)
{
	ping_attach(t->domain, hp_pop_ping(t), &hazard_domain(t->domain)->era);
	return INSTAR_OK;
}

static void hp_pop_thread_fini(instar_thread *t)
{
	hazard_thread_fini(t);
	ping_detach(hp_pop_ping(t));
}

static void hp_pop_thread_lost(instar_thread *t)
{
	hazard_thread_lost(t);
	ping_lost(hp_pop_ping(t));
}

#define SCHEME_TABLE \
	.info.name = "hp-pop", \
	.info.family = "hazard", \
	.info.source = "Singh, Brown, Publish on Ping, PPoPP 2025", \
	.info.bound = "objects: threads x (2048 + 17 x threads), and what is retired until all have answered a signal, " \
		      "while no thread stalls in a pinned call or does not answer", \
	.info.max_refs = HAZARD_REFERENCES, \
	.info.uses_signals = true, \
	HAZARD_COMMON, \
	.domain_size = sizeof(struct hazard_domain), \
	.thread_size = sizeof(struct hp_pop_thread), \
	.stand_in = "hp", \
	.domain_init = hp_pop_domain_init, \
	.thread_init = hp_pop_thread_init, \
	.thread_fini = hp_pop_thread_fini, \
	.thread_lost = hp_pop_thread_lost, \
	.wait = hp_pop_wait

#endif
#endif
