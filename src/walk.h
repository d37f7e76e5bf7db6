/*
 * src/walk.h - the entries of a map that nobody is writing to.
 */
#ifndef INSTAR_WALK_H
#define INSTAR_WALK_H

#include "src/table.h"

enum { MAX_HOME_ENTRIES = SLOTS + LOCATIONS };

/* A slot that may hold an entry of a home, natives first, then the locations its dir lists. */
struct walk_slot {
	const pair_cell *cell;
	unsigned d, g; /* what a visible entry's q says */
};

static inline unsigned walk_slots(const struct table *table, size_t home, struct walk_slot out[MAX_HOME_ENTRIES])
{
	const struct bucket *b = &table->buckets[home];
	word c = bucket_ctrl(b);
	unsigned n = 0;
	for (unsigned i = 0; i < SLOTS; i++)
		out[n++] = (struct walk_slot){ &b->slot[i], 0, ctrl_p(c, i) };
	for (unsigned location = 0; location < LOCATIONS; location++) {
		if (!(bucket_dir(b) >> location & 1))
			continue;
		unsigned d = location_d(location);
		size_t far = far_bucket(home, d, table->mask);
		out[n++] = (struct walk_slot){ &table->buckets[far].slot[location_slot(location)], d, 0 };
	}
	return n;
}

static inline bool walk_shows(const struct walk_slot *s, word q)
{
	return q_tag(q) != TAG_FREE && q_d(q) == s->d && q_g(q) == s->g;
}

/* The entries { h, v } that a home shows as LIVE or SEALED; their number. */
static inline unsigned walk_home(const struct table *table, size_t home, struct pair out[MAX_HOME_ENTRIES])
{
	struct walk_slot slots[MAX_HOME_ENTRIES];
	unsigned n = walk_slots(table, home, slots), entries = 0;
	for (unsigned i = 0; i < n; i++) {
		struct pair e = load_pair(slots[i].cell);
		if (!walk_shows(&slots[i], e.first) || q_tag(e.first) == TAG_DEAD)
			continue;
		out[entries].first = entry_hash(table, home, e.first);
		out[entries].second = e.second;
		entries++;
	}
	return entries;
}

/* The table of the chain whose home of h is born, which has authority over it; NULL: h is nowhere. */
static inline const struct table *walk_authority(const struct table *root, word h)
{
	const struct table *t = root;
	while (t && !ctrl_is_born(bucket_ctrl(&t->buckets[home_of(t, h)])))
		t = prev_table(load_acquire(&t->prev));
	return t;
}

#endif
