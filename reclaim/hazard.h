/*
 * reclaim/hazard.h - hazard pointers: the core shared by hp and hp-asym (HAZARD_ASYMMETRIC: plain stores), and by ibr
 * and he (ERA_SPANS), whose places name eras: what differs there is said in reclaim/era.h.
 *
 * HAZARD_PINGS: the barrier of the asymmetric form is made of signals (hp-pop).
 * HAZARD_LIBRARY: a library writes the places and scans them (ck-hp).
 *
 * After M. Michael, Hazard Pointers: Safe Memory Reclamation for Lock-Free Objects, IEEE TPDS 2004.  What a
 * thread is about to use it writes into a place of its own; whoever wants to free looks at all places first.
 *
 *	handle:  | root | reference 0 ... 15 | pin |            what scans read
 *
 *   root       the table of the map's call that is under way, if that is one of its straight lines
 *   reference  an object that the user got (instar_get_ref, instar_protect), until the outermost leave
 *   pin        for the map's other calls: the era in which they began; it keeps all that was retired since
 *
 * Eras.  G counts scans.  An object gets the stamp s = G, read after it was made unreachable.  A scan counts G up
 * to n and then reads all handles: pins before references.  It frees an object if s < n, no pin is <= s and no
 * place holds it.  Why that is safe; all accesses named are in one total order (sequentially consistent, or in
 * the asymmetric form by the scan's membarrier):
 *   1. s < n: the object was unreachable before G became s+1, so before the scan read any handle.
 *   2. A place that the scan missed was written after the scan read it; its owner looks at the source once more
 *      after that (scheme_protect), finds the object gone, and does not use it.
 *   3. A pin that the scan missed likewise: what its owner reads comes after.  One that it saw, of era e: if
 *      s < e, then G was > s when its owner began, so the object was gone by then.
 *   4. A reference is written while a pin, or another reference, keeps the object, and that is given up after
 *      it (release).  So a scan that finds the pin given up, or of later begin, finds the reference.
 *   5. Nothing is copied from one place to another.
 * Who is done with an object gives its place up by a release, which the scan acquires.
 *
 * What is held stays in its queue and goes to the queue's end, so that it holds up nothing behind it; but its owner alone
 * puts it there, so for others it does hold up what is behind it.  The garbage of
 * a thread is what came since its last scan, what is still to be freed in small steps, and what is held.
 * A scan notes what it found in a small set of hashed addresses; two that meet there wait for the next scan,
 * whose hash is another.  So it allocates nothing.  It is large enough for some 20 000 addresses, 1200 threads with all
 * their places taken; where more are held, the garbage may grow beyond the bound.
 */
#ifndef RECLAIM_HAZARD_H
#define RECLAIM_HAZARD_H

#include "reclaim/no_grace.h"

#ifndef HAZARD_PINGS
#define HAZARD_PINGS 0
#endif

enum { SCHEME_HAS_GRACE = 0, SCHEME_PROTECTS_ALL = 0, SCHEME_NESTS = 1 };
#define SCHEME_TAKES_REFERENCES

enum { HAZARD_REFERENCES = 16, HAZARD_SET_BITS = 13, HAZARD_SET_WORDS = (1 << HAZARD_SET_BITS) / 64 };

struct hazard_domain {
	struct instar_domain head;
	CACHE_ALIGNED uint64_t era;    /* G, starts at 2; alone in its line: pins read it */
};

struct hazard_thread {
	struct instar_thread head;
	unsigned pins;                 /* open sections of the map's */
	unsigned references;           /* taken */
	/* read by scans */
	uint64_t pin;                  /* 0: none */
	uint64_t root;
	uint64_t reference[HAZARD_REFERENCES];
	/* what this thread's last scan found */
	CACHE_ALIGNED uint64_t limit;  /* no pin, and not the scan's number, is below it */
	uint64_t waiting;              /* number of the scan that waits for answers; 0: none */
	uint64_t salt;
	bool crowded;                  /* more was found than there is room for in the set */
	uint64_t set[HAZARD_SET_WORDS];
};

static inline struct hazard_thread *hazard_thread(const instar_thread *t)
{
	return (struct hazard_thread *)(uintptr_t)t;
}

static inline struct hazard_domain *hazard_domain(instar_domain *d)
{
	return (struct hazard_domain *)d;
}

/* ORD:hazard-publish — exchange, or release and a compiler barrier; pairs with ORD:hazard-scan (hazard_scan.h); store
 * buffering: the place before the second look at the source, the scan's era before its look at the place */
static inline void hazard_publish(uint64_t *place, uint64_t value)
{
	if (HAZARD_ASYMMETRIC) {
		store_release(place, value);
		compiler_barrier();
	} else {
		exchange_seq_cst(place, value);
	}
}

/* ORD:hazard-give-up — release; pairs with ORD:hazard-scan (hazard_scan.h), ORD:ck-hp-scan (ck_hp.h); carries every
 * use of the object */
static inline void hazard_give_up(uint64_t *place)
{
	store_release(place, 0);
}

/* ---- sections of the map's: pinned, they protect everything ---- */

/* The count goes up before the pin is looked at, and down before it is given up: see reclaim/section.h. */
static inline void scheme_enter(instar_thread *t)
{
	struct hazard_thread *h = hazard_thread(t);

	h->pins++;
	compiler_barrier();
	if (!load_relaxed(&h->pin)) {
		uint64_t era = load_seq_cst(&hazard_domain(t->domain)->era);

		hazard_publish(&h->pin, era);
	}
}

/* In one step, or a signal handler could take the same; `most`: all are taken. */
static inline unsigned hazard_next_place(struct hazard_thread *h, unsigned most)
{
	unsigned i = fetch_add_relaxed(&h->references, 1);

	if (likely(i < most))
		return i;
	fetch_add_relaxed(&h->references, -1u);
	return most;
}

/* Each count is read once: a signal handler's section that ends in between drops them all. */
static inline void hazard_drop_references(struct hazard_thread *h)
{
	unsigned n;

	while ((n = load_relaxed(&h->references))) {
		store_relaxed(&h->references, n - 1);
		hazard_give_up(&h->reference[n - 1]);
	}
}

static inline void scheme_leave(instar_thread *t)
{
	struct hazard_thread *h = hazard_thread(t);

	compiler_barrier();
	if (--h->pins == 0)
		hazard_give_up(&h->pin);
	if (unlikely(h->references && !t->nest))
		hazard_drop_references(h);
}

#define scheme_inside(t) (load_relaxed(&hazard_thread(t)->pin) != 0)

/* ---- brief sections: one table, by its hazard ---- */

/* false: another one is under way in this thread, interrupted by a signal handler. */
static inline bool scheme_allows_brief(const instar_thread *t)
{
	return likely(!load_relaxed(&hazard_thread(t)->root));
}

static inline void scheme_enter_brief(instar_thread *t)
{
	(void)t;
}

static inline void scheme_leave_brief(instar_thread *t)
{
	hazard_give_up(&hazard_thread(t)->root);
}

#ifdef ERA_SPANS
#include "reclaim/era.h"
#else

/* A hazard in the root's place, and in that of a reference, whose object a pin keeps meanwhile. */
static inline void hazard_announce(struct hazard_thread *h, uintptr_t object);
static inline void hazard_refer_to(struct hazard_thread *h, unsigned i, uintptr_t object);

#ifndef HAZARD_LIBRARY
static inline void hazard_announce(struct hazard_thread *h, uintptr_t object)
{
	hazard_publish(&h->root, object);
}

static inline void hazard_refer_to(struct hazard_thread *h, unsigned i, uintptr_t object)
{
	store_release(&h->reference[i], object);
}
#endif

/* Slot 0 is the root; what others refer to is used in pinned sections only.  It is the pin that counts, not `pins`: a
 * signal handler may come between the two. */
static inline uintptr_t scheme_protect(instar_thread *t, unsigned slot, const uintptr_t *source)
{
	struct hazard_thread *h = hazard_thread(t);
	uintptr_t object = load_seq_cst(source), again;

	if (slot || scheme_inside(t))
		return object;
	for (;; object = again) {
		hazard_announce(h, object);
		again = load_seq_cst(source);
		if (likely(again == object))
			return object;
	}
}

/* ---- references: within a pinned section, kept to the user's outermost leave ---- */

/* false: the places are all taken. */
static inline bool scheme_take_reference(instar_thread *t, uintptr_t object)
{
	struct hazard_thread *h = hazard_thread(t);
	unsigned i = hazard_next_place(h, HAZARD_REFERENCES);

	if (i == HAZARD_REFERENCES)
		return false;
	hazard_refer_to(h, i, object);
	return true;
}

#endif

#ifdef RECLAIM_SCHEME_BODY
#include "reclaim/hazard_scan.h"
#endif
#endif
