/*
 * tests/model/spec_scheme.h - reclamation as the contract promises it, and not a moment later.
 *
 * It knows which sections are open.  A stamp names the section in which it was taken; it has elapsed as
 * soon as every section that began before that one ended has ended.  A retired object is freed as soon as
 * the sections that were open when it was retired have ended.  So a map that is right over this scheme
 * relies on nothing but the contract (reclaim/contract.h).
 */
#ifndef MODEL_SPEC_SCHEME_H
#define MODEL_SPEC_SCHEME_H

#include "reclaim/contract.h"
#include "tests/model/memory.h"

enum { SCHEME_HAS_GRACE = 1, SCHEME_PROTECTS_ALL = 1, SCHEME_NESTS = 0 };

enum { SPEC_HANDLES = 8, SPEC_SECTIONS = 32, SPEC_RETIRED = 8 };

/* Which sections were open at some moment: their serial numbers, 0 for none. */
struct spec_open {
	uint64_t serial[SPEC_HANDLES];
};

struct spec_domain {
	struct instar_domain head;
	/* Of each handle: odd in a section. */
	struct {
		CACHE_ALIGNED uint64_t serial;
	} section[SPEC_HANDLES];
	struct spec_open at_end[SPEC_HANDLES][SPEC_SECTIONS]; /* of each section that has ended */
	bool stamped[SPEC_HANDLES];
	struct {
		void *ptr;
		void (*destroy)(void *ptr, void *ctx);
		void *ctx;
		struct spec_open waits_for;
	} retired[SPEC_RETIRED];
	unsigned retired_n;
};

static inline struct spec_domain *spec_domain(instar_thread *t)
{
	return (struct spec_domain *)t->domain;
}

static inline struct spec_open spec_open_now(struct spec_domain *d)
{
	struct spec_open now;
	for (unsigned i = 0; i < SPEC_HANDLES; i++) {
		model_note(&d->section[i].serial, false);
		now.serial[i] = d->section[i].serial % 2 ? d->section[i].serial : 0;
		model_learn(now.serial[i]);
	}
	return now;
}

static inline bool spec_have_ended(struct spec_domain *d, const struct spec_open *open)
{
	for (unsigned i = 0; i < SPEC_HANDLES; i++) {
		model_note(&d->section[i].serial, false);
		if (open->serial[i] && open->serial[i] == d->section[i].serial)
			return false;
	}
	return true;
}

static inline void scheme_enter(instar_thread *t)
{
	uint64_t *serial = &spec_domain(t)->section[t->index].serial;
	model_step(serial, true);
	model_write(serial, *serial + 1);
}

static void spec_free_elapsed(struct spec_domain *d);

static inline void scheme_leave(instar_thread *t)
{
	struct spec_domain *d = spec_domain(t);
	uint64_t *serial = &d->section[t->index].serial;
	model_step(serial, true);
	uint64_t ended = *serial;
	model_write(serial, ended + 1);
	if (d->stamped[t->index]) {
		d->at_end[t->index][ended / 2 % SPEC_SECTIONS] = spec_open_now(d);
		d->stamped[t->index] = false;
	}
	spec_free_elapsed(d);
}

static inline bool scheme_inside(const instar_thread *t)
{
	return ((struct spec_domain *)t->domain)->section[t->index].serial % 2 != 0;
}

/* serial * SPEC_HANDLES + index, and two are reserved. */
static inline uint64_t scheme_grace_now(instar_thread *t)
{
	struct spec_domain *d = spec_domain(t);
	d->stamped[t->index] = true;
	return 2 + d->section[t->index].serial * SPEC_HANDLES + t->index;
}

static inline bool scheme_grace_elapsed(instar_thread *t, uint64_t stamp)
{
	struct spec_domain *d = spec_domain(t);
	unsigned index = (unsigned)((stamp - 2) % SPEC_HANDLES);
	uint64_t serial = (stamp - 2) / SPEC_HANDLES;
	model_step(&d->section[index].serial, false);
	bool elapsed = d->section[index].serial != serial &&
		       spec_have_ended(d, &d->at_end[index][serial / 2 % SPEC_SECTIONS]);
	model_learn(elapsed);
	return elapsed;
}

static inline uintptr_t scheme_protect(instar_thread *t, unsigned slot, const uintptr_t *source)
{
	(void)t;
	(void)slot;
	return load_seq_cst(source);
}

#endif
