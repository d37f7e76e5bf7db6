/*
 * src/modify.h - every call that writes one key.
 *
 * One loop: find the key in the home that has authority now; one CAS on its slot if it is there (T5, T6,
 * T7), a claim and its publication if it is not (T1, T2, T3); if the CAS fails, or the home is frozen,
 * look again.  Lock-free: a failed CAS means that another call or a helper succeeded.
 */
#ifndef INSTAR_MODIFY_H
#define INSTAR_MODIFY_H

#include "src/capacity.h"
#include "src/leave.h"
#include "src/publish.h"
#include "src/update.h"

enum verb { VERB_INSERT, VERB_PUT, VERB_REPLACE, VERB_CAS, VERB_REMOVE, VERB_REMOVE_IF, VERB_FETCH, VERB_COMPUTE };

/* What a call did to the map. */
enum effect { EFFECT_NONE, EFFECT_ADDED, EFFECT_CHANGED, EFFECT_REMOVED };

struct request {
	word value;           /* to be stored; FETCH: computed */
	word expected;        /* CAS, REMOVE_IF */
	enum fetch_op op;
	word operand, initial;
	uint64_t key;         /* COMPUTE */
	instar_compute_fn *compute;
	void *ctx;
	instar_thread *retires; /* COMPUTE on a boxed map: retires what is displaced, into a reserved record */
	uint64_t *out;        /* where the caller wants `seen`; may be NULL */
	word seen;            /* out: the value that was there; FETCH on an absent key: initial */
	enum effect effect;   /* out */
};

static inline bool verb_inserts(enum verb verb)
{
	return verb == VERB_INSERT || verb == VERB_PUT || verb == VERB_FETCH || verb == VERB_COMPUTE;
}

/* The caller's out parameter, if the answer is one that comes with the value that was there. */
static inline void deliver(enum verb verb, const struct request *r, enum instar_status status)
{
	bool shown = false;
	switch (verb) {
	case VERB_INSERT:
	case VERB_PUT:
		shown = status == INSTAR_EXISTS;
		break;
	case VERB_REPLACE:
	case VERB_REMOVE:
		shown = status == INSTAR_OK;
		break;
	case VERB_CAS:
		shown = status == INSTAR_CHANGED;
		break;
	case VERB_FETCH:
		shown = status == INSTAR_OK || status == INSTAR_EXISTS;
		break;
	case VERB_REMOVE_IF:
	case VERB_COMPUTE:
		break;
	}
	if (shown && r->out)
		*r->out = r->seen;
}

/* Asks a compute callback; *value is r->value after it. */
static enum instar_action ask_compute(struct request *r, bool present, word seen)
{
	uint64_t value = present ? seen : 0;
	reclaim_callback_begin();
	enum instar_action action = r->compute(r->key, present, &value, r->ctx);
	reclaim_callback_end();
	r->value = (word)value;
	return action;
}

/* What an absent key is to get.  false: nothing. */
static inline bool prepare_insertion(enum verb verb, struct request *r)
{
	if (verb == VERB_COMPUTE)
		return ask_compute(r, false, 0) == INSTAR_STORE;
	if (verb == VERB_FETCH) {
		r->seen = r->initial;
		r->value = (word)fetch_result(r->op, r->initial, r->operand);
	}
	return true;
}

/* What a finished attempt answers; AGAIN: look again from the root. */
enum { AGAIN = -1 };

/*
 * Before a write looks at its home in a fresh table (touch_pair).  What has nothing to change in one without prev leaves
 * its pages alone; and who has touched there as often as it has homes has hardly left one out.
 */
static __attribute__((noinline)) void touch_fresh_home(instar_map *map, instar_thread *t, struct table *table,
						       struct bucket *b, bool inserts)
{
	bool filling = table_is_filling(table);
	if (!filling && !inserts)
		return;
	touch_pair(&b->header);
	struct line *line = map_line(map, t);
	if (!filling && !line->shared && (line->touched++ & table->mask) == table->mask)
		store_relaxed(&table->fresh, false);
}

static inline __attribute__((always_inline)) void touch_home(instar_map *map, instar_thread *t, struct table *table,
							      struct bucket *b, enum verb verb)
{
	if (unlikely(load_relaxed(&table->fresh)))
		touch_fresh_home(map, t, table, b, verb_inserts(verb));
}

/* A home for writing: born, or virgin in a table without prev.  false: *status tells, AGAIN or a failure. */
static inline bool place_home(instar_map *map, instar_thread *t, struct line *line, word h, enum verb verb,
			      struct place *p, int *status)
{
	p->table = section_root(map, t);
	STEP(ROOT_READ);
	p->home = home_of(p->table, h);
	p->bucket = &p->table->buckets[p->home];
	touch_home(map, t, p->table, p->bucket, verb);
	word c = bucket_ctrl(p->bucket);
	if (likely(ctrl_is_born(c)))
		return true;
	if (ctrl_state(c) == UNBORN && !section_prev(t, p->table))
		return true; /* T2 expects the very header that place_find is about to load */
	*status = bear_home(map, t, line, p->table, p->home);
	if (*status == INSTAR_OK)
		*status = AGAIN;
	return false;
}

/* T1 along the probe order.  OK, or what make_room says (OK there: AGAIN). */
static inline int claim_for(instar_map *map, instar_thread *t, struct line *line, struct place *p, struct claim *c,
			    word h, word v)
{
	bool reuse = SCHEME_HAS_GRACE && map->reuse;
	if (unlikely(p->scan.dead) && reuse)
		bury_in_bucket(t, p, line);
	if (likely(claim_native(t, p, c, h, v)))
		return INSTAR_OK;
	unsigned tombs = (unsigned)__builtin_popcount(p->scan.dead | p->scan.free);
	if (claim_displaced(t, p, line, c, h, v, reuse, &tombs))
		return INSTAR_OK;
	int status = make_room(map, t, line, p->table, tombs);
	return status == INSTAR_OK ? AGAIN : status;
}

/*
 * A claim stands, its publication by the header scanned failed: look again, publish or withdraw.  OK: the
 * key is in; AGAIN.  A frozen home's claim is left where it is: its table is on the way out.
 */
static __attribute__((noinline)) int settle_claim(struct line *line, struct table *table, const struct claim *claim,
						  word h)
{
	struct place p;
	p.table = table;
	p.home = home_of(table, h);
	p.bucket = &table->buckets[p.home];
	for (;;) {
		enum tag tag;
		do
			tag = place_find(&p, h);
		while (tag == TAG_DEAD && !resurrect_slot(&p, claim->entry.second));
		bool frozen = ctrl_state(p.header.first) == FROZEN;
		if (tag == TAG_FREE && !frozen) {
			if (publish_claim(p.table, p.home, p.header, claim, h))
				return INSTAR_OK;
			continue;
		}
		if (tag != TAG_FREE) {
			withdraw_claim(claim->cell, claim->entry);
			line_add(line, &line->withdrawn, 1);
		}
		return tag == TAG_DEAD ? INSTAR_OK : AGAIN;
	}
}

/* The key was not found by the header in p. */
static inline int insert_absent(instar_map *map, instar_thread *t, struct line *line, struct place *p, word h, word v)
{
	if (ctrl_state(p->header.first) == FROZEN)
		return AGAIN;
	struct claim claim;
	int status = claim_for(map, t, line, p, &claim, h, v);
	if (status != INSTAR_OK)
		return status;
	if (likely(publish_claim(p->table, p->home, p->header, &claim, h)))
		return INSTAR_OK;
	return settle_claim(line, p->table, &claim, h);
}

/* T6; answer: of the call when it succeeds. */
static inline int store_live(struct request *r, const struct place *p, word value, int answer)
{
	if (!update_slot(p, value))
		return AGAIN;
	r->value = value;
	r->effect = EFFECT_CHANGED;
	return answer;
}

/* T7. */
static inline int remove_live(struct request *r, const struct place *p)
{
	if (!erase_slot(p))
		return AGAIN;
	r->effect = EFFECT_REMOVED;
	return INSTAR_OK;
}

/* T6 or T7, as the callback answers.  Its own calls may have used the record that was reserved for what is displaced. */
static int compute_live(struct request *r, const struct place *p, word old)
{
	enum instar_action action = ask_compute(r, true, old);
	if (action == INSTAR_KEEP)
		return INSTAR_OK;
	if (r->retires && !reclaim_reserve(r->retires, 1))
		return INSTAR_NOMEM;
	if (action == INSTAR_STORE)
		return store_live(r, p, r->value, INSTAR_OK);
	return action == INSTAR_REMOVE ? remove_live(r, p) : INSTAR_INVAL;
}

/* The key's entry is LIVE in p. */
static inline __attribute__((always_inline)) int change_live(enum verb verb, struct request *r, const struct place *p)
{
	word old = p->entry.second;
	r->seen = old;
	switch (verb) {
	case VERB_INSERT:
		return INSTAR_EXISTS; /* LP: the load of q or of v */
	case VERB_PUT:
		return store_live(r, p, r->value, INSTAR_EXISTS);
	case VERB_REPLACE:
		return store_live(r, p, r->value, INSTAR_OK);
	case VERB_CAS:
		return old == r->expected ? store_live(r, p, r->value, INSTAR_OK) : INSTAR_CHANGED;
	case VERB_REMOVE_IF:
		return old == r->expected ? remove_live(r, p) : INSTAR_CHANGED;
	case VERB_REMOVE:
		return remove_live(r, p);
	case VERB_FETCH:
		return store_live(r, p, (word)fetch_result(r->op, old, r->operand), INSTAR_EXISTS);
	case VERB_COMPUTE:
		return compute_live(r, p, old);
	}
	return INSTAR_INVAL;
}

/* The key is absent (TAG_FREE) or erased (TAG_DEAD) in p. */
static inline int add_entry(instar_map *map, instar_thread *t, struct line *line, struct request *r, struct place *p,
			    enum tag tag, word h)
{
	uint64_t generation = p->table->generation;
	if (!capacity_take(map, line, generation))
		return INSTAR_FULL;
	int status;
	if (tag == TAG_DEAD)
		status = resurrect_slot(p, r->value) ? INSTAR_OK : AGAIN;
	else
		status = insert_absent(map, t, line, p, h, r->value);
	if (status == INSTAR_OK)
		r->effect = EFFECT_ADDED;
	else
		capacity_give(map, line, generation);
	return status;
}

/* One attempt. */
static inline int try_modify(instar_map *map, instar_thread *t, struct line *line, word h, enum verb verb,
			     struct request *r, struct place *p)
{
	int status;
	if (unlikely(!place_home(map, t, line, h, verb, p, &status)))
		return status;
	enum tag tag = place_find(p, h);
	if (tag == TAG_LIVE)
		return change_live(verb, r, p);
	if (tag == TAG_SEALED) {
		/* Sealed since the root was loaded: the value was current within the call; a change goes
		 * to the next table, which is the root by now. */
		r->seen = p->entry.second;
		return verb == VERB_INSERT ? INSTAR_EXISTS : AGAIN;
	}
	if (!verb_inserts(verb))
		return INSTAR_NOTFOUND;
	if (!prepare_insertion(verb, r))
		return INSTAR_NOTFOUND;
	return add_entry(map, t, line, r, p, tag, h);
}

/* Counts an entry that came into a table, and looks at the load now and then. */
static inline void count_added(instar_map *map, struct line *line, struct table *table)
{
	if (unlikely(line->shared)) {
		map_turn(map, table->generation);
		generation_add(&map->shared_entries, table->generation, 1, (word)-1);
		consider_growth(map, table);
		return;
	}
	if (unlikely(!line_counts(map, line, table->generation)))
		return;
	count_add(&line->inserted, 1);
	if (unlikely((line->inserted & table->check_mask) == 0))
		consider_growth(map, table);
}

static inline void count_removed(instar_map *map, struct line *line, const struct table *table)
{
	if (unlikely(line->shared)) {
		map_turn(map, table->generation);
		generation_add(&map->shared_entries, table->generation, (word)-1, (word)-1);
		return;
	}
	if (likely(line_counts(map, line, table->generation)))
		count_add(&line->removed, 1);
}

/* The whole call, within a section: attempts, the count, and a little help for a migration. */
static enum instar_status modify(instar_map *map, instar_thread *t, word h, enum verb verb, struct request *r)
{
	struct line *line = map_line(map, t);
	struct place p;
	int status;
	uint64_t births = load_relaxed(&line->births);
	r->effect = EFFECT_NONE;
	do
		status = try_modify(map, t, line, h, verb, r, &p);
	while (unlikely(status == AGAIN));
	if (r->effect == EFFECT_ADDED)
		count_added(map, line, p.table);
	if (r->effect == EFFECT_REMOVED) {
		count_removed(map, line, p.table);
		capacity_give(map, line, p.table->generation);
	}
	if (unlikely(table_is_filling(p.table)))
		help_after_write(map, t, line, p.table, load_relaxed(&line->births) - births);
	return (enum instar_status)status;
}

#endif
