/*
 * reclaim/section.h - sections over the scheme whose file was included before: nesting, and the
 * shared handle of callers that could not attach.
 *
 * Safe in a signal handler that interrupts either function at any point: the count goes up before the
 * scheme is told and down before it is told, and an inner enter that finds the scheme not yet told
 * tells it.  A handler between count and scheme_enter thus announces itself (its leave is not the
 * outermost: the announcement stays for the interrupted enter, which repeats it); one between count and
 * scheme_leave is an outermost section of its own.  A scheme that nests by itself is told every time.
 */
#ifndef RECLAIM_SECTION_H
#define RECLAIM_SECTION_H

#include "reclaim/contract.h"

/* For a handle that is not the shared one. */
static inline void section_enter_own(instar_thread *t)
{
	unsigned outer = t->nest;

	t->nest = outer + 1;
	compiler_barrier();
	if (SCHEME_NESTS || likely(!outer) || unlikely(!scheme_inside(t)))
		scheme_enter(t);
}

static inline void section_leave_own(instar_thread *t)
{
	unsigned outer = t->nest - 1;

	compiler_barrier();
	t->nest = outer;
	compiler_barrier();
	if (SCHEME_NESTS || likely(!outer))
		scheme_leave(t);
}

static inline void section_enter(instar_thread *t)
{
	if (unlikely(t->is_shared))
		reclaim_shared_enter(t->domain);
	else
		section_enter_own(t);
}

static inline void section_leave(instar_thread *t)
{
	if (unlikely(t->is_shared))
		reclaim_shared_leave(t->domain);
	else
		section_leave_own(t);
}

#endif
