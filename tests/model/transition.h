/*
 * tests/model/transition.h - the transitions T1 ... T12 and T16 as relations between what a pair of a
 * bucket held before and what it holds after; everything else is a violation.
 *
 * Written from the table in DESIGN.md, not from the code: the code is what is checked against it.
 */
#ifndef MODEL_TRANSITION_H
#define MODEL_TRANSITION_H

/* A pair of some bucket. */
struct spot {
	const struct table *table;
	size_t bucket;
	int slot;             /* -1: the header */
};

static const struct bucket *spot_home(const struct spot *s, word q)
{
	size_t home = q_d(q) ? far_home(s->bucket, q_d(q), s->table->mask) : s->bucket;
	return &s->table->buckets[home];
}

/* Is the slot's content q visible by its home's header? */
static bool spot_visible(const struct spot *s, word q)
{
	const struct bucket *home = spot_home(s, q);
	if (q_tag(q) == TAG_FREE)
		return false;
	if (q_d(q) == 0)
		return q_g(q) == ctrl_p(bucket_ctrl(home), (unsigned)s->slot);
	return bucket_dir(home) >> location_of(q_d(q), (unsigned)s->slot) & 1;
}

/* Nothing but the tag differs. */
static bool same_but_tag(struct pair a, struct pair b)
{
	return q_with_tag(a.first, TAG_FREE) == q_with_tag(b.first, TAG_FREE);
}

static const char *from_free(const struct spot *s, struct pair old, struct pair new)
{
	if (q_tag(new.first) == TAG_LIVE && !q_is_unfinished(old.first) && q_stamp(old.first) != STAMP_NEVER)
		return spot_visible(s, new.first) ? NULL : "T1 claim";
	bool stamped = q_is_unfinished(old.first) && q_d(old.first) && q_tag(new.first) == TAG_FREE &&
		       q_d(new.first) == q_d(old.first) && q_stamp(new.first) >= 2;
	bool listed = bucket_dir(spot_home(s, old.first)) >> location_of(q_d(old.first), (unsigned)s->slot) & 1;
	return stamped && !listed && new.second == old.second ? "T9 stamp" : NULL;
}

static const char *from_live(const struct spot *s, struct pair old, struct pair new)
{
	bool visible = spot_visible(s, old.first);
	enum home_state state = ctrl_state(bucket_ctrl(spot_home(s, old.first)));
	switch (q_tag(new.first)) {
	case TAG_LIVE:
		return visible && new.first == old.first ? "T6 update" : NULL;
	case TAG_DEAD:
		return visible && same_but_tag(old, new) && new.second == old.second ? "T7 erase" : NULL;
	case TAG_SEALED:
		return visible && state == FROZEN && same_but_tag(old, new) && new.second == old.second ? "T11 seal" : NULL;
	case TAG_FREE:
		return !visible && new.first == q_tomb(STAMP_ANYTIME, 0) ? "T4 withdraw" : NULL;
	}
	return NULL;
}

static const char *from_dead(const struct spot *s, struct pair old, struct pair new)
{
	enum home_state state = ctrl_state(bucket_ctrl(spot_home(s, old.first)));
	if (q_tag(new.first) == TAG_LIVE)
		return spot_visible(s, old.first) && same_but_tag(old, new) ? "T5 resurrect" : NULL;
	if (q_tag(new.first) != TAG_FREE || new.first == 0 || new.second != old.second ||
	    q_d(new.first) != q_d(old.first))
		return NULL;
	if (q_d(old.first) > 0)
		return !q_is_unfinished(new.first) ? NULL : state == FROZEN ? "T11 seal" : "T9 bury";
	if (state == FROZEN && q_stamp(new.first) == STAMP_NEVER)
		return "T11 seal";
	return q_stamp(new.first) >= 2 ? "T8 bury" : NULL;
}

/* NULL: no such transition. */
static const char *slot_transition(const struct spot *s, struct pair old, struct pair new)
{
	switch (q_tag(old.first)) {
	case TAG_FREE: return from_free(s, old, new);
	case TAG_LIVE: return from_live(s, old, new);
	case TAG_DEAD: return from_dead(s, old, new);
	case TAG_SEALED: return NULL;
	}
	return NULL;
}

/* ---- headers ---- */

static word ctrl_p_bits(word c)
{
	word bits = 0;
	for (unsigned i = 0; i < SLOTS; i++)
		bits |= (word)ctrl_p(c, i) << i;
	return bits;
}

static bool next_version(struct pair old, struct pair new)
{
	return ctrl_version(new.first) == ctrl_version(ctrl_next_version(old.first));
}

/* What the new header shows that the old did not must be a claim. */
static bool shows_only_claims(const struct spot *s, struct pair old, struct pair new)
{
	const struct bucket *b = &s->table->buckets[s->bucket];
	word p = ctrl_p_bits(old.first) ^ ctrl_p_bits(new.first), dir = new.second & ~old.second;
	for (unsigned i = 0; i < SLOTS; i++) {
		word q = load_first_acquire(&b->slot[i]);
		if ((p >> i & 1) && (q_tag(q) != TAG_LIVE || q_d(q) != 0 || q_g(q) != ctrl_p(new.first, i)))
			return false;
	}
	for (; dir; dir &= dir - 1) {
		unsigned location = (unsigned)mask_first_location(dir), d = location_d(location);
		size_t far = far_bucket(s->bucket, d, s->table->mask);
		word q = load_first_acquire(&s->table->buckets[far].slot[location_slot(location)]);
		if (q_tag(q) != TAG_LIVE || q_d(q) != d || !ctrl_filter_has(new.first, q_hash(q)))
			return false;
	}
	return true;
}

/* T9: one location less, whose burial has begun. */
static bool drops_buried(const struct spot *s, struct pair old, struct pair new)
{
	word gone = old.second & ~new.second;
	if (gone == 0 || (gone & (gone - 1)) || (new.second & ~old.second) || ctrl_version(old.first) != ctrl_version(new.first))
		return false;
	unsigned location = (unsigned)mask_first_location(gone);
	size_t far = far_bucket(s->bucket, location_d(location), s->table->mask);
	return q_is_unfinished(load_first_acquire(&s->table->buckets[far].slot[location_slot(location)]));
}

static const char *home_opens(const struct spot *s, struct pair old, struct pair new)
{
	word p = ctrl_p_bits(old.first) ^ ctrl_p_bits(new.first);
	bool born = ctrl_state(old.first) == OPEN;
	if (born && p == 0 && drops_buried(s, old, new))
		return "T9 unlist";
	if (!next_version(old, new) || (old.second & ~new.second) || !shows_only_claims(s, old, new))
		return NULL;
	if (!born && prev_table(s->table->prev))
		return "T12 birth";
	unsigned shown = (unsigned)__builtin_popcount(p) +
			 (unsigned)__builtin_popcountll((unsigned long long)(old.second ^ new.second));
	return shown != 1 ? NULL : p ? "T2 publish" : "T3 publish";
}

static const char *header_transition(const struct spot *s, struct pair old, struct pair new)
{
	bool migrating = prev_table(s->table->prev) != NULL, same_dir = old.second == new.second;
	word next = ctrl_next_version(old.first);
	switch (ctrl_state(new.first)) {
	case UNBORN:
		return NULL;
	case OPEN:
		return ctrl_state(old.first) == UNBORN || ctrl_state(old.first) == OPEN ? home_opens(s, old, new) : NULL;
	case FROZEN:
		if (ctrl_state(old.first) != OPEN && (ctrl_state(old.first) != UNBORN || migrating))
			return NULL;
		return same_dir && new.first == ctrl_with_state(next, FROZEN) ? "T10 freeze" : NULL;
	case STILLBORN:
		return old.first == 0 && migrating && same_dir && new.first == ctrl_with_state(next, STILLBORN)
			       ? "T16 stillborn" : NULL;
	}
	return NULL;
}

#endif
