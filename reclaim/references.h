/*
 * reclaim/references.h - the sections of the user's under a scheme that keeps references one by one: they cost nothing,
 * and the references taken in them are all that they keep.
 */
#ifndef RECLAIM_REFERENCES_H
#define RECLAIM_REFERENCES_H

#include "reclaim/contract.h"

/* The scheme's: gives up what t's section has taken. */
static inline void references_drop(instar_thread *t);

static void references_enter(instar_thread *t)
{
	if (unlikely(t->is_shared))
		reclaim_shared_enter(t->domain);
	else
		t->nest++;
}

static void references_leave(instar_thread *t)
{
	if (unlikely(t->is_shared))
		reclaim_shared_leave(t->domain);
	else if (--t->nest == 0)
		references_drop(t);
}

/* The object that *source refers to, kept to the outermost leave. */
static enum instar_status references_refer(instar_thread *t, const uintptr_t *source, uintptr_t *object)
{
	if (t->is_shared) {
		*object = load_seq_cst(source);
		return INSTAR_OK;
	}
	scheme_enter(t);
	uintptr_t found = load_seq_cst(source);
	bool room = !found || scheme_take_reference(t, found);
	scheme_leave(t);
	if (!room)
		return INSTAR_FULL;
	*object = found;
	return INSTAR_OK;
}

#define SCHEME_USER_ENTER references_enter
#define SCHEME_USER_LEAVE references_leave

#define REFERENCES_TABLE \
	.info.has_refs = true, \
	.refer = references_refer

#endif
