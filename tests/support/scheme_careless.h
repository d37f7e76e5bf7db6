/* tests/support/scheme_careless.h - hazard pointers that forget one kind of them, CARELESS_ABOUT: the oracles must catch it. */
#ifndef TESTS_SCHEME_CARELESS_H
#define TESTS_SCHEME_CARELESS_H

#define HAZARD_ASYMMETRIC 0
#include "reclaim/hazard.h"

#define CARELESS_root 1
#define CARELESS_pin 2
#define CARELESS_reference 3
#define CARELESS_PASTE(what) CARELESS_##what
#define CARELESS_OF(what) CARELESS_PASTE(what)

#if CARELESS_OF(CARELESS_ABOUT) == CARELESS_root
static inline uintptr_t careless_protect(instar_thread *t, unsigned slot, const uintptr_t *source)
{
	(void)t;
	(void)slot;
	return load_seq_cst(source);
}
#define scheme_protect careless_protect
#elif CARELESS_OF(CARELESS_ABOUT) == CARELESS_pin
static inline void careless_enter(instar_thread *t)
{
	hazard_thread(t)->pins++;
	store_release(&hazard_thread(t)->pin, UINT64_MAX); /* of no era: it keeps nothing */
}
#define scheme_enter careless_enter
#else
static inline bool careless_take_reference(instar_thread *t, uintptr_t object)
{
	(void)t;
	(void)object;
	return true;
}
#define scheme_take_reference careless_take_reference
#endif

#endif
