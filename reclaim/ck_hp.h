/*
 * reclaim/ck_hp.h - Concurrency Kit's ck_hp as the keeper of hazards: its records, its publication, and the scan that
 * ck_hp_reclaim makes.  Pins, eras and queues, which it lacks, are those of reclaim/hazard.h.
 *
 * Source: Concurrency Kit, ck_hp; Michael, Hazard Pointers, IEEE TPDS 2004.
 *
 * Safety: reclaim/hazard.h.  A record has the root and the references for its places, and is registered once, with its
 * handle; it is never unregistered: without hazards it holds nothing.  A thread that a scan missed because it
 * registered later looks at its sources after that, as 2 there wants it.
 *
 * What a scan found is what it leaves in `cache`, which is part of ck_hp_record: all hazards that are not NULL, sorted.
 * They are looked up there, as ck_hp_reclaim does with what was deferred to it.  Its own deferral is not used: it would
 * free what only a pin holds; and ck_hp_unregister drops it.  A library that leaves something else in `cache`
 * is found out when a domain is made (UNSUPPORTED).
 *
 * The cache has 512 places; ck_hp 0.7.1 writes the 513th hazard behind its end and ignores the rest.  So there
 * are 30 handles of 17 hazards, and no more: instar_thread_attach answers FULL.
 */
#ifndef RECLAIM_CK_HP_H
#define RECLAIM_CK_HP_H

#include <ck_hp.h>

#include "reclaim/ck.h"
#include "reclaim/tsan.h"

#define HAZARD_ASYMMETRIC 0
#define HAZARD_LIBRARY
#include "reclaim/hazard.h"

enum { CK_HP_DEGREE = 1 + HAZARD_REFERENCES };

struct ck_hp_thread {
	struct hazard_thread head;
	unsigned found;         /* hazards, by this thread's last scan */
	ck_hp_record_t record;
};

_Static_assert(offsetof(struct hazard_thread, reference) == offsetof(struct hazard_thread, root) + sizeof(uint64_t) &&
	       sizeof(uint64_t) == sizeof(void *), "root and references are one array of pointers");

static inline ck_hp_record_t *ck_hp_own(struct hazard_thread *h)
{
	return &((struct ck_hp_thread *)h)->record;
}

/* ORD:ck-hp-publish — the library's exchange, or store and fence; pairs with ORD:ck-hp-scan (ck_hp.h); store buffering:
 * the place before the second look at the source, the scan's G before its look at the place */
static inline void hazard_announce(struct hazard_thread *h, uintptr_t object)
{
	ck_hp_set_fence(ck_hp_own(h), 0, (void *)object);
}

static inline void hazard_refer_to(struct hazard_thread *h, unsigned i, uintptr_t object)
{
	ck_hp_set(ck_hp_own(h), 1 + i, (void *)object);
}

#ifdef RECLAIM_SCHEME_BODY

#include <stdlib.h>
#include <string.h>

struct ck_hp_domain {
	struct hazard_domain head;
	ck_hp_t hp;
};

static ck_hp_t *ck_hp_of(instar_domain *domain)
{
	return &((struct ck_hp_domain *)domain)->hp;
}

/* ---- scans ---- */

/* The hazards of all records go to this one's cache, in the order of addresses.  Returns how many. */
static unsigned ck_hp_scan(ck_hp_record_t *record)
{
	unsigned n = 0;

	memset(record->cache, 0, sizeof(record->cache));
	ck_hp_reclaim(record);
	while (n < CK_HP_CACHE && record->cache[n])
		n++;
	return n;
}

static int ck_hp_order(const void *a, const void *b)
{
	uintptr_t x = *(const uintptr_t *)a, y = *(const uintptr_t *)b;

	return (x > y) - (x < y);
}

static bool ck_hp_found(const ck_hp_record_t *record, unsigned n, const void *object)
{
	uintptr_t address = (uintptr_t)object;

	return bsearch(&address, record->cache, n, sizeof(address), ck_hp_order);
}

/* What the thread sanitizer cannot see: the library reads the places that hazard_give_up clears. */
static void ck_hp_reads(const instar_thread *handles)
{
#ifdef __SANITIZE_THREAD__
	for (; handles; handles = handles->next) {
		struct hazard_thread *h = hazard_thread(handles);

		TSAN_ACQUIRE(&h->root);
		for (unsigned i = 0; i < HAZARD_REFERENCES; i++)
			TSAN_ACQUIRE(&h->reference[i]);
	}
#else
	(void)handles;
#endif
}

/* ORD:ck-hp-scan — fences; pairs with ORD:ck-hp-publish (ck_hp.h), ORD:hazard-give-up (hazard.h) */
static bool hazard_note_all(struct hazard_thread *h, const instar_thread *handles)
{
	struct ck_hp_thread *own = (struct ck_hp_thread *)h;

	fence_seq_cst();
	own->found = ck_hp_scan(&own->record);
	fence_seq_cst();
	ck_hp_reads(handles);
	return own->found;
}

static bool hazard_found(const struct hazard_thread *h, uintptr_t object)
{
	const struct ck_hp_thread *own = (const struct ck_hp_thread *)h;

	return ck_hp_found(&own->record, own->found, (const void *)object);
}

/* ---- domains and handles ---- */

/* The cache of this library is what ck_hp_scan takes it for. */
static bool ck_hp_serves(void)
{
	ck_hp_record_t record;
	void *places[2];
	char objects[3];
	ck_hp_t hp;
	unsigned n;

	ck_hp_init(&hp, 2, 1, NULL);
	ck_hp_register(&hp, &record, places);
	ck_hp_set(&record, 0, &objects[2]);
	ck_hp_set(&record, 1, &objects[0]);
	n = ck_hp_scan(&record);
	return n == 2 && ck_hp_found(&record, n, &objects[0]) && !ck_hp_found(&record, n, &objects[1]) &&
	       ck_hp_found(&record, n, &objects[2]);
}

static enum instar_status ck_hp_domain_init(instar_domain *domain)
{
	if (!ck_hp_serves())
		return INSTAR_UNSUPPORTED;
	ck_hp_init(ck_hp_of(domain), CK_HP_DEGREE, 1, NULL);
	return hazard_domain_init(domain);
}

static enum instar_status ck_hp_thread_init(instar_thread *t)
{
	struct hazard_thread *h = hazard_thread(t);
	ck_hp_record_t *record = ck_hp_own(h);
	ck_hp_t *hp = ck_hp_of(t->domain);

	if (!ck_is_registered(&hp->subscribers, &record->global_entry))
		ck_hp_register(hp, record, (void **)&h->root);
	return INSTAR_OK;
}

#define SCHEME_TABLE \
	.info.name = "ck-hp", \
	.info.family = "hazard", \
	.info.source = "Concurrency Kit, ck_hp", \
	.info.bound = "objects: threads x (2048 + 17 x threads), while no thread stalls in a pinned call", \
	.info.max_refs = HAZARD_REFERENCES, \
	.info.max_threads = (CK_HP_CACHE - 1) / CK_HP_DEGREE, \
	HAZARD_COMMON, \
	.domain_size = sizeof(struct ck_hp_domain), \
	.thread_size = sizeof(struct ck_hp_thread), \
	.domain_init = ck_hp_domain_init, \
	.thread_init = ck_hp_thread_init, \
	.thread_fini = hazard_thread_fini, \
	.thread_lost = hazard_thread_lost

#endif
#endif
