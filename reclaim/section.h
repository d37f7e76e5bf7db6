/*
 * reclaim/section.h - sections over the scheme whose file was included before: nesting, and the
 * shared handle of callers that could not attach.
 *
 * A brief section is an outermost one that is not counted: around a few inline steps, with no call in
 * between that looks at t->nest.
 *
 * Safe in a signal handler that interrupts any of these functions at any point (tests/conc/every_instruction): the
 * count goes up before the scheme is told and down before it is told, and an inner enter that finds the scheme not yet told
 * tells it.  A handler between count and scheme_enter thus announces itself (its leave is not the
 * outermost: the announcement stays for the interrupted enter, which looked before it counted and repeats it); one that
 * finds the scheme told and nothing counted, between count and scheme_leave or in a brief section, leaves the
 * announcement to whom it interrupted (t->interrupted), and has no brief sections of its own.  A scheme that nests by
 * itself is told every time.
 */
#ifndef RECLAIM_SECTION_H
#define RECLAIM_SECTION_H

#include "reclaim/contract.h"

/* For a handle that is not the shared one. */
static inline void section_enter_own(instar_thread *t)
{
	unsigned outer = t->nest;
	bool told = !SCHEME_NESTS && scheme_inside(t);

	compiler_barrier();
	t->nest = outer + 1;
	compiler_barrier();
	if (likely(!told))
		scheme_enter(t);
	else if (!outer)
		t->interrupted = true;
}

static inline void section_leave_own(instar_thread *t)
{
	unsigned outer = t->nest - 1;
	bool told_by_another = !SCHEME_NESTS && !outer && t->interrupted;

	if (unlikely(told_by_another))
		t->interrupted = false;
	compiler_barrier();
	t->nest = outer;
	compiler_barrier();
	if (SCHEME_NESTS || likely(!outer && !told_by_another))
		scheme_leave(t);
}

/* Where a section protects all, a brief one is a section, and there are no references to be taken in it. */
#ifndef SCHEME_TAKES_REFERENCES
#ifndef scheme_allows_brief
#define scheme_allows_brief(t) (SCHEME_NESTS ? !(t)->nest : !scheme_inside(t))
#endif
#define scheme_enter_brief scheme_enter
#define scheme_leave_brief scheme_leave
#define scheme_take_reference(t, object) true
#endif

/* For a handle that is not the shared one, if scheme_allows_brief. */
static inline void section_enter_brief(instar_thread *t)
{
	scheme_enter_brief(t);
}

static inline void section_leave_brief(instar_thread *t)
{
	compiler_barrier();
	scheme_leave_brief(t);
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
