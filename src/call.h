/*
 * src/call.h - a whole call in any circumstances: any handle, any map, any state of the table.
 *
 * Boxed maps: the record for the value that the call may displace is reserved before its linearization
 * point, so retiring cannot fail after it.
 */
#ifndef INSTAR_CALL_H
#define INSTAR_CALL_H

#include "src/lookup.h"
#include "src/modify.h"

static __attribute__((noinline)) enum instar_status get_slowly(instar_map *map, instar_thread *t, word h,
							       uint64_t *value)
{
	word v;
	t = section_thread(map, t);
	if (!t)
		return INSTAR_INVAL;
	section_enter(t);
	bool hit = lookup(map, t, h, &v);
	section_leave(t);
	if (hit && value)
		*value = v;
	return hit ? INSTAR_OK : INSTAR_NOTFOUND;
}

/* The value that a call displaced from a boxed map goes to the reclaimer. */
static inline void retire_displaced(instar_map *map, instar_thread *t, const struct request *r)
{
	if (r->effect == EFFECT_REMOVED || (r->effect == EFFECT_CHANGED && r->seen != r->value))
		reclaim_retire_reserved(t, (void *)(uintptr_t)r->seen, 0, RECLAIM_ENTRY, map->value_free,
					map->value_ctx);
}

/* retire: what the call displaces from a boxed map; else that is the caller's. */
static __attribute__((noinline)) enum instar_status modify_slowly(instar_map *map, instar_thread *t, word h,
								  enum verb verb, struct request *r, bool retire)
{
	t = section_thread(map, t);
	if (!t)
		return INSTAR_INVAL;
	retire = retire && map->value_free && verb != VERB_INSERT;
	if (retire && !reclaim_reserve(t, 1))
		return INSTAR_NOMEM;
	section_enter(t);
	enum instar_status status = modify(map, t, h, verb, r);
	if (retire)
		retire_displaced(map, t, r);
	section_leave_writer(t);
	return status;
}

#endif
