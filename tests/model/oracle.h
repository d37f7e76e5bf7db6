/*
 * tests/model/oracle.h - what must hold after every write: it is a transition, the invariants that memory
 * shows hold, and the contents change only by the call that is to change them.
 */
#ifndef MODEL_ORACLE_H
#define MODEL_ORACLE_H

#include "tests/model/meetings.h"
#include "tests/model/transition.h"

enum { MAX_TABLES = 8 };

/* ---- which tables there are ---- */

/* Every table made and not yet freed: the blocks of the arena that look like one. */
static unsigned all_tables(const struct table *out[MAX_TABLES])
{
	unsigned n = 0;
	for (unsigned i = 0; i < arena_blocks && n < MAX_TABLES; i++) {
		const struct table *t = arena_block[i].memory;
		if (arena_block[i].size == sizeof(struct table) && !arena_is_freed(t) && t->domain == world.domain &&
		    arena_holds(t->buckets) && t->mask + 1 == (size_t)1 << t->log2_homes)
			out[n++] = t;
	}
	return n;
}

/* false: p lies in no bucket. */
static bool find_spot(const void *p, struct spot *out)
{
	const struct table *tables[MAX_TABLES];
	unsigned n = all_tables(tables);
	for (unsigned i = 0; i < n; i++) {
		size_t at = (size_t)((const char *)p - (const char *)tables[i]->buckets);
		if ((const char *)p < (const char *)tables[i]->buckets || at >= table_homes(tables[i]) * BUCKET_BYTES)
			continue;
		out->table = tables[i];
		out->bucket = at / BUCKET_BYTES;
		out->slot = (int)(at % BUCKET_BYTES / sizeof(pair_cell)) - 1;
		return true;
	}
	return false;
}

static bool is_prev(const void *p)
{
	const struct table *tables[MAX_TABLES];
	for (unsigned n = all_tables(tables); n-- > 0;)
		if (p == &tables[n]->prev)
			return true;
	return false;
}

static void check_tables_reachable(void)
{
	const struct table *tables[MAX_TABLES];
	unsigned n = all_tables(tables);
	const struct table *root = (const struct table *)world.map->root;
	for (unsigned i = 0; i < n; i++) {
		const struct table *t = root;
		while (t && t != tables[i])
			t = prev_table(t->prev);
		if (!t)
			run_fail("a table of 2^%u homes is neither reachable nor freed", tables[i]->log2_homes);
	}
}

/* ---- contents, independent of src/lookup.h ---- */

static struct content content_of(unsigned k)
{
	word h = world.hash[k];
	struct content content = { false, 0 };
	const struct table *t = walk_authority((const struct table *)world.map->root, h);
	if (!t)
		return content;
	struct pair entries[MAX_HOME_ENTRIES];
	unsigned n = walk_home(t, home_of(t, h), entries);
	for (unsigned i = 0; i < n; i++)
		if (entries[i].first == h)
			content = (struct content){ true, entries[i].second };
	return content;
}

/* Only the running call's own key may change, and only as that call says. */
static const char *check_contents(unsigned thread, const struct content *before)
{
	const struct call *call = history_current(thread);
	for (unsigned k = 0; k < MAX_KEYS; k++) {
		if (!world.used[k])
			continue;
		struct content after = content_of(k), then = before[k];
		if (content_equal(before[k], after))
			continue;
		if (call && call->verb == 'C' && !after.present)
			continue;
		if (!call || call->key != k)
			return "changes the value of a key that its call is not about";
		call_explains(call, &then);
		if (!content_equal(then, after))
			return "changes a value as its call may not";
	}
	return NULL;
}

/* ---- invariants, as the audit knows them, of the homes of interest ---- */

static void audit_homes(struct audit *a)
{
	struct walk_slot slots[MAX_HOME_ENTRIES];
	for (a->table = a->root; a->table; a->table = prev_table(a->table->prev)) {
		size_t last = SIZE_MAX;
		for (unsigned k = 0; k < MAX_KEYS; k++) {
			if (!world.used[k] || home_of(a->table, world.hash[k]) == last)
				continue;
			last = a->home = home_of(a->table, world.hash[k]);
			if (!ctrl_is_born(bucket_ctrl(&a->table->buckets[a->home])))
				continue;
			unsigned n = walk_slots(a->table, a->home, slots);
			check_visible(a, slots, n);
			check_order(a);
			check_dir(a, slots, n);
		}
	}
}

static bool invariants_hold(FILE *report)
{
	struct audit a = { .report = report, .root = (const struct table *)world.map->root };
	audit_homes(&a);
	return a.violations == 0;
}

static void fail_invariant(const char *picture)
{
	char *text = NULL;
	size_t size;
	FILE *report = open_memstream(&text, &size);
	invariants_hold(report);
	fclose(report);
	char line[400];
	snprintf(line, sizeof line, "%s", text);
	free(text);
	run_fail("%s\n  breaks an invariant: %s", picture, line);
}

/* ---- every write ---- */

/* As if the write had not been made. */
static void contents_before(const void *p, uint64_t old, uint64_t new, struct content *before)
{
	*(uint64_t *)(uintptr_t)p = old;
	for (unsigned k = 0; k < MAX_KEYS; k++)
		if (world.used[k])
			before[k] = content_of(k);
	*(uint64_t *)(uintptr_t)p = new;
}

static struct pair pair_of(uint64_t bits)
{
	return (struct pair){ (word)bits, (word)(bits >> WORD_BITS) };
}

static const char *transition_of(const struct spot *s, const void *p, uint64_t old, uint64_t new)
{
	*(uint64_t *)(uintptr_t)p = old; /* what is visible is asked of the state before */
	const char *name = s->slot < 0 ? header_transition(s, pair_of(old), pair_of(new))
				       : slot_transition(s, pair_of(old), pair_of(new));
	*(uint64_t *)(uintptr_t)p = new;
	return name;
}

void subject_wrote(unsigned thread, const void *p, uint64_t old, uint64_t new)
{
	if (!trial.fresh && !trial.trace) {
		meetings_note(NULL);
		return;
	}
	trial.active = false; /* the oracles' own accesses are no steps */
	struct spot spot;
	struct note note = { NO_KIND, thread, 0, 0, NULL };
	bool is_spot = find_spot(p, &spot), is_root = p == &world.map->root;
	if (!is_spot && !is_root && !is_prev(p)) {
		meetings_note(&note);
		trial.active = true;
		return;
	}
	struct content before[MAX_KEYS];
	contents_before(p, old, new, before);
	const char *name = is_spot ? transition_of(&spot, p, old, new) : "";
	const char *wrong = name ? check_contents(thread, before) : "is none of the transitions";
	const char *picture = is_spot ? picture_of(thread, &spot, name, old, new) : subject_address(p);
	if (trial.trace)
		trace_picture(picture);
	if (!wrong && !invariants_hold(NULL))
		fail_invariant(picture);
	if (wrong)
		run_fail("%s\n  %s", picture, wrong);
	if (is_spot)
		note = note_of_spot(thread, &spot, name, p, pair_of(old), pair_of(new));
	else
		note.kind = is_root ? kind_of_root(thread) : old && !new ? MEETS_T15 : NO_KIND;
	meetings_note(&note);
	trial.active = true;
}

#endif
