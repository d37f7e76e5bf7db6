/*
 * src/write.h - the calls that write one key, each in two halves.
 *
 * The first is the straight line of src/glance.h in a brief section; what it cannot do goes on, by a jump, to
 * the second, NAME_slowly, which begins anew.  So the first half saves no registers and needs no stack.
 */
#ifndef INSTAR_WRITE_H
#define INSTAR_WRITE_H

#include "src/call.h"
#include "src/glance.h"

/* After a call: the help that it owes a migration, the care for its thread's garbage. */
static __attribute__((noinline)) enum instar_status look_after(instar_map *map, instar_thread *t,
							       enum instar_status status)
{
	t = plain_thread(map, t);
	section_enter_own(t);
	help_after_write(map, t, map_line(map, t), section_root(map, t), 0);
	section_leave_own(t);
	reclaim_after_write(t);
	return status;
}

static inline __attribute__((always_inline)) int write_glancing(instar_map *map, instar_thread *t, word h,
								 enum verb verb, struct request *r, bool inserts,
								 bool *owes)
{
	instar_thread *own = plain_thread(map, t);
	bool migrating;
	if (unlikely(!own || !scheme_allows_brief(own) || !map->plain))
		return AGAIN;
	section_enter_brief(own);
	int status = glance_modify(map, own, h, verb, r, inserts, &migrating);
	section_leave_brief(own);
	if (unlikely(status == AGAIN))
		return AGAIN;
	deliver(verb, r, (enum instar_status)status);
	*owes = migrating || (verb_inserts(verb) && reclaim_owes_work(own));
	return status;
}

/* The straight line is worth a second try, now with an insertion in it; INSERT has had that. */
static inline bool verb_glances_again(enum verb verb)
{
	return verb_inserts(verb) && verb != VERB_INSERT;
}

/* engine_NAME (params), which builds its request by the last argument. */
#define WRITE_CALL(name, verb, params, args, ...)                                                              \
	static __attribute__((noinline)) enum instar_status name##_slowly params                               \
	{                                                                                                      \
		struct request r = __VA_ARGS__;                                                                \
		bool owes;                                                                                     \
		int status = AGAIN;                                                                            \
		if (verb_glances_again(verb))                                                                  \
			status = write_glancing(map, t, (word)h, verb, &r, true, &owes);                       \
		if (unlikely(status == AGAIN))                                                                 \
			return modify_slowly(map, t, (word)h, verb, &r, true);                                 \
		return unlikely(owes) ? look_after(map, t, (enum instar_status)status) : (enum instar_status)status; \
	}                                                                                                      \
	static enum instar_status engine_##name params                                                         \
	{                                                                                                      \
		struct request r = __VA_ARGS__;                                                                \
		bool owes;                                                                                     \
		int status = write_glancing(map, t, (word)h, verb, &r, (verb) == VERB_INSERT, &owes);          \
		if (unlikely(status == AGAIN))                                                                 \
			return name##_slowly args;                                                             \
		return unlikely(owes) ? look_after(map, t, (enum instar_status)status) : (enum instar_status)status; \
	}

WRITE_CALL(insert, VERB_INSERT, (instar_map *map, instar_thread *t, uint64_t h, uint64_t value, uint64_t *existing),
	   (map, t, h, value, existing), { .value = (word)value, .out = existing })
WRITE_CALL(put, VERB_PUT, (instar_map *map, instar_thread *t, uint64_t h, uint64_t value, uint64_t *old),
	   (map, t, h, value, old), { .value = (word)value, .out = old })
WRITE_CALL(replace, VERB_REPLACE, (instar_map *map, instar_thread *t, uint64_t h, uint64_t value, uint64_t *old),
	   (map, t, h, value, old), { .value = (word)value, .out = old })
WRITE_CALL(cas, VERB_CAS, (instar_map *map, instar_thread *t, uint64_t h, uint64_t *expected, uint64_t desired),
	   (map, t, h, expected, desired), { .value = (word)desired, .expected = (word)*expected, .out = expected })
WRITE_CALL(remove, VERB_REMOVE, (instar_map *map, instar_thread *t, uint64_t h, uint64_t *old), (map, t, h, old),
	   { .out = old })
WRITE_CALL(remove_if, VERB_REMOVE_IF, (instar_map *map, instar_thread *t, uint64_t h, uint64_t expected),
	   (map, t, h, expected), { .expected = (word)expected })
WRITE_CALL(fetch, VERB_FETCH,
	   (instar_map *map, instar_thread *t, uint64_t h, enum fetch_op op, uint64_t operand, uint64_t initial,
	    uint64_t *old),
	   (map, t, h, op, operand, initial, old),
	   { .op = op, .operand = (word)operand, .initial = (word)initial, .out = old })

#endif
