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
#include "src/park.h"

/* A handle that the straight lines can take: the caller's own, in this domain, and not the shared one. */
static inline instar_thread *plain_thread(instar_map *map, instar_thread *t)
{
	if (!t && likely(reclaim_tls.domain == map->domain))
		t = reclaim_tls.thread;
	return likely(t && t->own_domain == map->domain) ? t : NULL;
}

static __attribute__((noinline)) enum instar_status get_slowly(instar_map *map, instar_thread *t, word h,
							       uint64_t *value)
{
	word v;
	t = section_thread(map, t);
	if (!t)
		return INSTAR_INVAL;
	bool hit, known = !SCHEME_PROTECTS_ALL && !t->is_shared && scheme_allows_brief(t);
	if (known) { /* cheaper there, and it holds one table only */
		section_enter_brief(t);
		known = lookup_in_root(map, t, h, &v, &hit);
		section_leave_brief(t);
	}
	if (!known) {
		section_enter(t);
		hit = lookup(map, t, h, &v);
		section_leave(t);
	}
	if (hit && value)
		*value = v;
	return hit ? INSTAR_OK : INSTAR_NOTFOUND;
}

static inline bool displaces(const struct request *r)
{
	return r->effect == EFFECT_REMOVED || (r->effect == EFFECT_CHANGED && r->seen != r->value);
}

/* A call on a boxed map that may displace a value, which goes to the reclaimer. */
static enum instar_status modify_boxed(instar_map *map, instar_thread *t, word h, enum verb verb, struct request *r)
{
	struct line *line = map_line(map, t);
	struct parked *node = park_node(map, line);
	if (!node)
		return INSTAR_NOMEM;
	enum instar_status status = modify(map, t, h, verb, r);
	if (!displaces(r)) {
		park_node_unused(map, line, node);
		return status;
	}
	if (map->value_leaves)
		map->value_leaves((void *)(uintptr_t)r->seen);
	park_or_retire(map, t, line, node, r->seen);
	return status;
}

/* retire: what the call displaces from a boxed map; else that is the caller's. */
static __attribute__((noinline)) enum instar_status modify_slowly(instar_map *map, instar_thread *t, word h,
								  enum verb verb, struct request *r, bool retire)
{
	t = section_thread(map, t);
	if (!t)
		return INSTAR_INVAL;
	bool boxed = retire && map->value_free && verb != VERB_INSERT;
	if (boxed && !reclaim_reserve(t, 1))
		return INSTAR_NOMEM;
	r->retires = boxed ? t : NULL;
	section_enter(t);
	enum instar_status status = boxed ? modify_boxed(map, t, h, verb, r) : modify(map, t, h, verb, r);
	section_leave_writer(t);
	deliver(verb, r, status);
	return status;
}

#endif
