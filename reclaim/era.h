/*
 * reclaim/era.h - places that name eras, not objects: what ibr and he (ERA_SPANS places for references) make of
 * reclaim/hazard.h.
 *
 * G, pins and scans are those of hazard.h.  An object has a life: from its birth, G before it was published, to its
 * stamp, G after it was made unreachable.  A place holds every object whose life meets it:
 *
 *	handle:  | root | lower 0 ... | upper 0 ... | pin |
 *
 *   root       of the map's straight lines: one era, the point at which they loaded the table
 *   span i     references of the user's: all eras from lower to upper; lower 0: none
 *
 * Who has a birth: tables, and boxes (instar_box_alloc).  All else was born in era 0, before everything: every place
 * that is not younger than its stamp holds it, so a reader that sleeps with one reference keeps all such
 * objects that are retired after it, without bound.  Of the others it keeps those that lived in its span.
 *
 * Why it is safe; 1, 3 and 4 of hazard.h hold as they stand, and for 2:
 *   a. birth <= what a thread reads from G after it found the object: the birth was read from G before the
 *      publication, which the finder acquired.
 *   b. The root: the place says e, then the table is loaded, then G is e still.  Birth <= e by (a); e <= stamp, or the
 *      table was gone before G became e, and would not have been found.  A scan that missed the place read it
 *      before it said e: the table was found after that, so s < n does not hold of it.  Else e is taken anew.
 *   c. A span: the object was found in a section pinned in era p, so its stamp is >= p (hazard.h, 3).  While
 *      the pin is up, upper becomes G as read after the object was found, and lower, if there was none, p.
 *      So birth <= upper by (a), and lower <= p <= stamp.  Upper before lower: a scan that finds lower finds an
 *      upper of the same reference or a later one.  A span only grows until the outermost leave, where lower goes
 *      to 0; upper stays, and never falls, as G does not.
 * So there is no object to look at twice.  Both loops, this one and the root's, go round only when another thread's
 * scan has moved G in between: lock-free, not wait-free.
 *
 * ibr has one span, which grows over all that the section refers to.  he has a span for each era in which the section
 * took references (of more than one era only if G went on meanwhile), and the last grows when none is left.
 *
 * A section of the map's that is not a straight line is pinned: it keeps all that is retired during it, whatever its
 * birth.  Tombstones are not reused: a straight line names one era and no beginning, so no stamp could tell that those
 * begun before it are over; to tell, they would have to say so, and a sleeper would hold back all reuse.
 *
 * A signal handler that takes a reference amid another's taking works under the interrupted pin: it may grow the same
 * span, from the same p, and the interrupted one raises upper, which may have fallen meanwhile, until it says G.
 */
#ifndef RECLAIM_ERA_H
#define RECLAIM_ERA_H

#include <limits.h>

enum { ERA_UPPER = HAZARD_REFERENCES / 2 }; /* where the uppers begin; the lowers do at 0 */
_Static_assert(ERA_SPANS <= (int)ERA_UPPER, "a span is two places");

/* Slot 0 is the root; what others refer to is used in pinned sections only. */
static inline uintptr_t scheme_protect(instar_thread *t, unsigned slot, const uintptr_t *source)
{
	const uint64_t *clock = &hazard_domain(t->domain)->era;
	struct hazard_thread *h = hazard_thread(t);

	if (slot || scheme_inside(t))
		return load_seq_cst(source);
	for (uint64_t era = load_seq_cst(clock), now;; era = now) {
		uintptr_t object;

		hazard_publish(&h->root, era);
		object = load_seq_cst(source);
		now = load_seq_cst(clock);
		if (likely(now == era))
			return object;
	}
}

/* What span i says covers the eras from `from` to `to`. */
static inline bool era_covers(const struct hazard_thread *h, unsigned i, uint64_t from, uint64_t to)
{
	uint64_t lower = load_relaxed(&h->reference[i]);

	return lower && lower <= from && to <= load_relaxed(&h->reference[ERA_UPPER + i]);
}

/* Always true: there is always room. */
static inline bool scheme_take_reference(instar_thread *t, uintptr_t object)
{
	const uint64_t *clock = &hazard_domain(t->domain)->era;
	struct hazard_thread *h = hazard_thread(t);
	uint64_t pin = load_relaxed(&h->pin), now = load_seq_cst(clock);
	unsigned i = h->references < ERA_SPANS ? h->references : ERA_SPANS;

	(void)object;
	if (i && era_covers(h, i - 1, pin, now))
		return true;
	i = hazard_next_place(h, ERA_SPANS);
	i -= i == ERA_SPANS; /* the last */
	do {
		now = load_seq_cst(clock);
		store_release(&h->reference[ERA_UPPER + i], now);
		compiler_barrier();
	} while (unlikely(now != load_seq_cst(clock)));
	if (!load_relaxed(&h->reference[i]))
		store_release(&h->reference[i], pin);
	return true;
}

#ifdef RECLAIM_SCHEME_BODY

#ifndef ERA_NOTED
#define ERA_NOTED (HAZARD_SET_WORDS / 2) /* spans that there is room for */
#endif

/* A life from birth to stamp meets the eras from lower to upper. */
static bool era_meets(uint64_t lower, uint64_t upper, uint64_t birth, uint64_t stamp)
{
	return lower && lower <= stamp && birth <= upper;
}

/* The set is a list of spans, lower and upper by turns, ended by 0. */
static void era_note(struct hazard_thread *h, uint64_t lower, uint64_t upper)
{
	uint64_t *span = h->set;
	unsigned n = 0;

	if (!lower)
		return;
	for (; n < ERA_NOTED && span[2 * n]; n++)
		if (span[2 * n] <= lower && upper <= span[2 * n + 1])
			return;
	if (n == ERA_NOTED) {
		h->crowded = true;
		return;
	}
	span[2 * n] = lower;
	span[2 * n + 1] = upper;
}

/* Takes down what `o` holds.  false: nothing. */
static bool hazard_note(struct hazard_thread *h, const struct hazard_thread *o)
{
	uint64_t root = load_seq_cst(&o->root);
	bool held = root;

	era_note(h, root, root);
	for (unsigned i = 0; i < ERA_SPANS; i++) {
		uint64_t lower = load_seq_cst(&o->reference[i]);

		era_note(h, lower, load_seq_cst(&o->reference[ERA_UPPER + i]));
		held |= lower != 0;
	}
	return held;
}

/* What o holds now, for whom the set does not tell. */
static bool era_held_by(const struct hazard_thread *o, uint64_t birth, uint64_t stamp)
{
	uint64_t root = load_seq_cst(&o->root);
	bool held = era_meets(root, root, birth, stamp);

	for (unsigned i = 0; i < ERA_SPANS; i++) {
		uint64_t lower = load_seq_cst(&o->reference[i]);

		held |= era_meets(lower, load_seq_cst(&o->reference[ERA_UPPER + i]), birth, stamp);
	}
	return held;
}

/* A place may hold it; asked after hazard_elapsed.  The shared handle has no set.  Where there was no room for all, those
 * that are in it come first; then what the places say now: who holds an object that was unreachable before the scan held
 * it then, and what else they say is too much, not too little. */
static bool hazard_holds(instar_thread *t, const void *object, uint64_t birth, uint64_t stamp)
{
	const struct hazard_thread *h = hazard_thread(t);
	bool held = false, looks = t->is_shared || h->crowded;

	(void)object;
	for (unsigned n = 0; !t->is_shared && n < ERA_NOTED && h->set[2 * n] && !held; n++)
		held = era_meets(h->set[2 * n], h->set[2 * n + 1], birth, stamp);
	for (t = load_acquire(&t->domain->threads); looks && t && !held; t = t->next)
		held = era_held_by(hazard_thread(t), birth, stamp);
	return held;
}

/* The publication that follows carries it: (a) needs no more. */
static uint64_t era_birth(const instar_domain *domain)
{
	return load_relaxed(&((const struct hazard_domain *)domain)->era);
}

#define HAZARD_KIND \
	.info.family = "era", \
	.info.bound = "tables, instar_box_alloc: threads x 2048 + 4 x those that lived in an era referred to, while no " \
		      "thread stalls in a pinned call; other objects: unbounded", \
	.info.wants_births = true, \
	.info.max_refs = UINT_MAX, \
	.domain_init = hazard_domain_init, \
	.birth = era_birth

#endif
#endif
