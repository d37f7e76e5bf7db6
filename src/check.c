/*
 * src/check.c - the audit of a quiet map: every invariant that memory can show.
 */
#include <inttypes.h>
#include <stdarg.h>

#include "src/filter.h"
#include "src/state.h"
#include "src/walk.h"

struct audit {
	FILE *report;
	const struct table *root, *table;
	size_t home;
	uint64_t entries, violations;
};

static __attribute__((format(printf, 2, 3))) void violation(struct audit *a, const char *format, ...)
{
	a->violations++;
	if (!a->report)
		return;
	va_list arguments;
	va_start(arguments, format);
	fprintf(a->report, "table of 2^%u homes, home %zu: ", a->table->log2_homes, a->home);
	vfprintf(a->report, format, arguments);
	fputc('\n', a->report);
	va_end(arguments);
}

/* I1: no key is visible twice, be it LIVE, DEAD or SEALED; I10: the miss filter shows each.  Counts what the home
 * has authority over. */
static void check_visible(struct audit *a, const struct walk_slot *slots, unsigned n)
{
	word seen[MAX_HOME_ENTRIES];
	unsigned visible = 0;
	for (unsigned i = 0; i < n; i++) {
		word q = load_first_seq_cst(slots[i].cell);
		if (!walk_shows(&slots[i], q))
			continue;
		word h = entry_hash(a->table, a->home, q);
		for (unsigned j = 0; j < visible; j++)
			if (seen[j] == h)
				violation(a, "I1: hash %" PRIx64 " is visible twice", (uint64_t)h);
		if (a->table->filter && !filter_shows(a->table, h))
			violation(a, "I10: the miss filter hides hash %" PRIx64, (uint64_t)h);
		seen[visible++] = h;
		if (q_tag(q) != TAG_DEAD)
			a->entries += walk_authority(a->root, h) == a->table;
	}
}

/* I2: nothing of the home lies behind an EMPTY slot of its probe order. */
static void check_order(struct audit *a)
{
	const struct bucket *b = &a->table->buckets[a->home];
	word c = bucket_ctrl(b), dir = bucket_dir(b);
	bool empty = false;
	for (unsigned i = 0; i < SLOTS; i++) {
		word q = load_first_seq_cst(&b->slot[i]);
		if (empty && q_native_visible(q, c, i))
			violation(a, "I2: slot %u is used behind an EMPTY one", i);
		empty |= q == 0;
	}
	for (unsigned location = 0; location < LOCATIONS; location++) {
		size_t far = far_bucket(a->home, location_d(location), a->table->mask);
		word q = load_first_seq_cst(&a->table->buckets[far].slot[location_slot(location)]);
		if (empty && dir >> location & 1)
			violation(a, "I2: location %u is used behind an EMPTY one", location);
		empty |= q == 0;
	}
}

/* The dir lists only slots of this home, and the filter shows them. */
static void check_dir(struct audit *a, const struct walk_slot *slots, unsigned n)
{
	word c = bucket_ctrl(&a->table->buckets[a->home]);
	for (unsigned i = SLOTS; i < n; i++) {
		word q = load_first_seq_cst(slots[i].cell);
		if (q == 0 || q_d(q) != slots[i].d)
			violation(a, "dir lists a slot of another home at distance %u", slots[i].d);
		else if (q_tag(q) != TAG_FREE && !ctrl_filter_has(c, q_hash(q)))
			violation(a, "the filter hides a displaced entry at distance %u", slots[i].d);
	}
}

/* At rest no slot of this bucket is a claim on an OPEN home, and no burial there is unfinished. */
static void check_leftovers(struct audit *a)
{
	const struct bucket *b = &a->table->buckets[a->home];
	for (unsigned i = 0; i < SLOTS; i++) {
		word q = load_first_seq_cst(&b->slot[i]);
		unsigned d = q_d(q);
		size_t owner = d ? far_home(a->home, d, a->table->mask) : a->home;
		const struct bucket *o = &a->table->buckets[owner];
		if (ctrl_state(bucket_ctrl(o)) != OPEN)
			continue;
		if (q_is_unfinished(q))
			violation(a, "slot %u: an unfinished burial", i);
		if (q_tag(q) == TAG_FREE)
			continue;
		if (d && i + FAR_SLOTS < SLOTS)
			violation(a, "slot %u: a guest where none may be", i);
		else if (d ? !(bucket_dir(o) >> location_of(d, i) & 1) : !q_native_visible(q, bucket_ctrl(o), i))
			violation(a, "slot %u: a claim that was neither published nor withdrawn", i);
	}
}

static void check_home(struct audit *a)
{
	struct walk_slot slots[MAX_HOME_ENTRIES];
	word c = bucket_ctrl(&a->table->buckets[a->home]);
	check_leftovers(a);
	if (!ctrl_is_born(c)) {
		if (c != 0 && ctrl_state(c) == UNBORN)
			violation(a, "an unborn home has a header");
		if (ctrl_state(c) == STILLBORN && !prev_table(a->table->prev))
			violation(a, "a stillborn home without a table before");
		return;
	}
	unsigned n = walk_slots(a->table, a->home, slots);
	check_visible(a, slots, n);
	check_order(a);
	check_dir(a, slots, n);
}

/* A table before the one before: only after a home between them that found no room. */
static void check_chain(struct audit *a)
{
	const struct table *between;
	a->home = 0;
	for (a->table = a->root; (between = prev_table(load_acquire(&a->table->prev))); a->table = between) {
		size_t home = 0;
		if (!prev_table(load_acquire(&between->prev)))
			continue;
		while (home < table_homes(between) && ctrl_state(bucket_ctrl(&between->buckets[home])) != STILLBORN)
			home++;
		if (home == table_homes(between))
			violation(a, "I8: a third table, and no stillborn home in the second");
	}
}

enum instar_status instar_map_check(instar_map *map, FILE *report)
{
	if (!map)
		return INSTAR_INVAL;
	reclaim_hold_worker(map->domain); /* it is all that moves in a quiet map */
	struct audit a = { .report = report, .root = (const struct table *)load_seq_cst(&map->root) };
	for (a.table = a.root; a.table; a.table = prev_table(load_acquire(&a.table->prev)))
		for (a.home = 0; a.home < table_homes(a.table); a.home++)
			check_home(&a);
	check_chain(&a);
	a.table = a.root;
	if (a.entries != map_entries(map))
		violation(&a, "%" PRIu64 " entries found, %" PRIu64 " counted", a.entries, map_entries(map));
	reclaim_let_worker(map->domain);
	return a.violations ? INSTAR_CORRUPT : INSTAR_OK;
}
