/*
 * src/section.h - what the map does with a scheme's sections (reclaim/section.h) and references.
 */
#ifndef INSTAR_SECTION_H
#define INSTAR_SECTION_H

#include "reclaim/section.h"
#include "src/state.h"

/* The caller's handle: the one given, or its own; NULL: a handle of another domain. */
static inline instar_thread *section_thread(instar_map *map, instar_thread *t)
{
	if (!t)
		return reclaim_self(map->domain);
	return likely(t->domain == map->domain) ? t : NULL;
}

/* After a call that wrote: the outermost leave, the user's or this one, also looks after garbage. */
static inline void section_leave_writer(instar_thread *t)
{
	section_leave(t);
	if (likely(t->nest == 0))
		reclaim_after_write(t);
	else if (unlikely(reclaim_owes_work(t)))
		t->owes_work = true;
}

/* Which reference a scheme without whole-section protection keeps where. */
enum protect_slot { PROTECT_ROOT, PROTECT_PREV };

/* ORD:see-root — seq_cst; pairs with ORD:install (grow.h), ORD:install-empty (clear.h); carries the table */
static inline struct table *section_root(instar_map *map, instar_thread *t)
{
	return (struct table *)scheme_protect(t, PROTECT_ROOT, &map->root);
}

/* ORD:see-prev — seq_cst (acquire needed); pairs with ORD:migrated (grow.h); carries every home's birth:
 * whoever sees NULL and then an UNBORN ctrl sees a home that has no entries.  In a brief section not to be followed:
 * some schemes keep the root only there */
static inline struct table *section_prev(instar_thread *t, const struct table *table)
{
	return prev_table(scheme_protect(t, PROTECT_PREV, &table->prev));
}

#endif
