/*
 * src/migrate.h - T4, T10, T11, T12, T16: giving birth to one home of a new table.
 *
 *    sources in the table before          home N of the new table
 *    OPEN  -T10-> FROZEN                  UNBORN
 *    each visible slot -T11-> SEALED      claims in probe order (EMPTY -> LIVE, invisible)
 *                                         UNBORN -T12-> OPEN: one CAS shows them all (I7)
 *
 * Every step is a CAS that anybody can do in anybody's stead (I9).  After T11 a source's content is
 * constant (I6), so every helper wants the same entries; EMPTY never comes back and every helper walks
 * the same order, so one entry is never claimed twice and helpers adopt each other's claims.  A claim
 * made after T12 is its maker's to withdraw.
 */
#ifndef INSTAR_MIGRATE_H
#define INSTAR_MIGRATE_H

#include "src/claim.h"
#include "src/filter.h"

/* What belongs to a home that is being born. */
enum { MAX_ARRIVALS = SLOTS + LOCATIONS };

struct arrivals {
	struct pair entry[MAX_ARRIVALS]; /* { h, v } */
	unsigned n;
	bool too_many;
};

/* A birth under way: the header to be shown and the claims this helper made itself. */
struct birth {
	struct place place;  /* of the home, in the new table */
	struct pair header;
	unsigned own_slots;
	word own_locations;
};

/* T10: OPEN, or UNBORN without prev (the header seen is {0, 0} then), -> FROZEN. */
static void freeze_home(struct bucket *b, struct pair header)
{
	struct pair frozen = header;
	frozen.first = ctrl_with_state(ctrl_next_version(header.first), FROZEN);
	/* ORD:freeze — seq_cst; pairs with ORD:see-ctrl (bucket.h); after it no claim of the home is published */
	cas_pair(&b->header, header, frozen);
	STEP(FROZEN);
}

/* T16: UNBORN -> STILLBORN.  true: it is not UNBORN any more by this CAS. */
static bool mark_stillborn(struct bucket *b)
{
	struct pair unborn = { 0, 0 };
	struct pair stillborn = { ctrl_with_state(ctrl_next_version(0), STILLBORN), 0 };
	STEP(BEFORE_STILLBORN);
	return cas_pair(&b->header, unborn, stillborn);
}

/*
 * T11 on one visible slot: LIVE -> SEALED, native DEAD -> TOMB(NEVER), displaced DEAD -> TOMB(unfinished),
 * which stays.  Else T5 could bring the key back behind a helper that has passed.  true: *out is sealed.
 */
static bool seal_slot(pair_cell *cell, unsigned d, unsigned g, struct pair *out)
{
	for (;;) {
		struct pair e = load_pair(cell);
		enum tag tag = q_tag(e.first);
		if (tag == TAG_FREE || q_d(e.first) != d || q_g(e.first) != g)
			return false;
		*out = e;
		if (tag == TAG_SEALED)
			return true;
		if (tag == TAG_LIVE)
			out->first = q_with_tag(e.first, TAG_SEALED);
		else
			out->first = d == 0 ? q_tomb(STAMP_NEVER, 0) : q_tomb(STAMP_UNFINISHED, d);
		bool done = cas_pair(cell, e, *out);
		STEP(SEALED);
		if (done)
			return tag == TAG_LIVE;
	}
}

static void add_arrival(struct arrivals *a, word h, word v)
{
	if (a->n == MAX_ARRIVALS) {
		a->too_many = true;
		return;
	}
	a->entry[a->n].first = h;
	a->entry[a->n].second = v;
	a->n++;
}

/* The hashes wanted: those that begin with the `bits` bits of `prefix`.  On the way to the authority it
 * grows to that of the finest home passed, so no entry is collected through two homes. */
struct prefix {
	size_t prefix;
	unsigned bits;
};

static void gather_entry(const struct prefix *w, const struct place *source, word q, word v, struct arrivals *a)
{
	word h = entry_hash(source->table, source->home, q);
	if ((size_t)(h >> (WORD_BITS - w->bits)) == w->prefix)
		add_arrival(a, h, v);
}

/* Seals a FROZEN home and collects what is wanted. */
static void gather_sealed(const struct prefix *w, struct place *source, struct arrivals *a)
{
	struct pair e;
	for (unsigned i = 0; i < SLOTS; i++)
		if (seal_slot(&source->bucket->slot[i], 0, ctrl_p(source->header.first, i), &e))
			gather_entry(w, source, e.first, e.second, a);
	for (word dir = source->header.second; dir; dir &= dir - 1) {
		unsigned location = (unsigned)mask_first_location(dir);
		if (seal_slot(place_location(source, location), location_d(location), 0, &e))
			gather_entry(w, source, e.first, e.second, a);
	}
}

static void gather_prefix(instar_thread *t, struct table *source, struct prefix w, struct arrivals *a);

/* Makes one source home constant, wherever its authority lies, and collects from it. */
static void gather_home(instar_thread *t, struct table *table, size_t home, struct prefix w, struct arrivals *a)
{
	struct place source;
	source.table = table;
	source.home = home;
	source.bucket = &table->buckets[home];
	if (table->log2_homes > w.bits)
		w = (struct prefix){ home, table->log2_homes };
	for (;;) {
		source.header = bucket_header(source.bucket);
		switch (ctrl_state(source.header.first)) {
		case FROZEN:
			gather_sealed(&w, &source, a);
			return;
		case OPEN:
			freeze_home(source.bucket, source.header);
			break;
		case UNBORN:
			if (section_prev(t, table))
				mark_stillborn(source.bucket);
			else
				freeze_home(source.bucket, source.header);
			break;
		case STILLBORN:
			gather_prefix(t, section_prev(t, table), w, a);
			return;
		}
	}
}

static void gather_prefix(instar_thread *t, struct table *source, struct prefix w, struct arrivals *a)
{
	struct home_range r = homes_of_prefix(source, w.prefix, w.bits);
	for (size_t home = r.first; home < r.first + r.count; home++)
		gather_home(t, source, home, w, a);
}

enum placing { PLACED, NO_PLACE, TOO_LATE };

/*
 * One position of the probe order: adopt an equal claim that another helper made, else claim it if it is
 * EMPTY, looking again at the same position after a failure.
 * ORD:adopt — load_pair, acquire; pairs with ORD:claim (claim.h)
 */
static enum placing place_at(const struct birth *b, pair_cell *cell, struct pair wanted, bool *own)
{
	for (;;) {
		struct pair e = load_pair(cell);
		if (pair_equal(e, wanted))
			return PLACED;
		if (e.first != 0)
			return NO_PLACE;
		if (ctrl_state(bucket_ctrl(b->place.bucket)) != UNBORN)
			return TOO_LATE;
		STEP(PLACING);
		if (cas_pair(cell, e, wanted)) {
			STEP(PLACED);
			*own = true;
			return PLACED;
		}
	}
}

/* The first place in probe order for {h, v}; the birth's header is to show it. */
static enum placing place_entry(struct birth *b, word h, word v)
{
	for (unsigned i = 0; i < SLOTS; i++) {
		bool own = false;
		struct pair wanted = { q_native(h, 1, TAG_LIVE), v };
		enum placing p = place_at(b, &b->place.bucket->slot[i], wanted, &own);
		if (p == NO_PLACE)
			continue;
		b->own_slots |= (unsigned)own << i;
		b->header.first |= ctrl_p_bit(i);
		return p;
	}
	for (unsigned location = 0; location < LOCATIONS; location++) {
		bool own = false;
		struct pair wanted = { q_far(h, location_d(location), TAG_LIVE), v };
		enum placing p = place_at(b, place_location(&b->place, location), wanted, &own);
		if (p == NO_PLACE)
			continue;
		b->own_locations |= (word)own << location;
		b->header.first |= filter_bit(h);
		b->header.second |= (word)1 << location;
		return p;
	}
	return NO_PLACE;
}

/*
 * T4 by a late helper: the home was born (or given up) by another, so of the claims made here those that
 * its header does not show go back.  That they could be someone else's by now is impossible: reuse of a
 * slot takes a grace period, and this section is open (I3).
 */
static unsigned withdraw_late(struct birth *b)
{
	unsigned withdrawn = 0;
	struct pair now = bucket_header(b->place.bucket);
	for (unsigned own = b->own_slots; own; own &= own - 1) {
		unsigned i = mask_first(own);
		pair_cell *cell = &b->place.bucket->slot[i];
		struct pair e = load_pair(cell);
		if (q_tag(e.first) != TAG_LIVE || q_native_visible(e.first, now.first, i))
			continue;
		withdraw_claim(cell, e);
		withdrawn++;
	}
	for (word own = b->own_locations & ~now.second; own; own &= own - 1) {
		pair_cell *cell = place_location(&b->place, (unsigned)mask_first_location(own));
		struct pair e = load_pair(cell);
		if (q_tag(e.first) != TAG_LIVE)
			continue;
		withdraw_claim(cell, e);
		withdrawn++;
	}
	return withdrawn;
}

/* T12: the header UNBORN -> OPEN, with all p bits, dir and filter. */
static bool show_home(struct birth *b)
{
	struct pair unborn = { 0, 0 };
	b->header.first = ctrl_with_state(ctrl_next_version(b->header.first), OPEN);
	STEP(BEFORE_BIRTH);
	/* ORD:birth — seq_cst; pairs with ORD:see-ctrl (bucket.h), ORD:see-dir (bucket.h); carries all claims
	 * of the home, adopted ones by ORD:adopt */
	bool done = cas_pair(&b->place.bucket->header, unborn, b->header);
	if (done)
		STEP(BORN);
	return done;
}

/* T12, T16 or T4 for home n of `table`: shows the arrivals that belong to it. */
static void bear(struct line *line, struct table *table, size_t n, const struct arrivals *a)
{
	struct birth b;
	uint32_t shown = 0;
	b.place.table = table;
	b.place.home = n;
	b.place.bucket = &table->buckets[n];
	b.header.first = b.header.second = 0;
	b.own_slots = 0;
	b.own_locations = 0;
	enum placing p = a->too_many ? NO_PLACE : PLACED;
	for (unsigned i = 0; i < a->n && p == PLACED; i++) {
		if (home_of(table, a->entry[i].first) != n)
			continue;
		p = place_entry(&b, a->entry[i].first, a->entry[i].second);
		shown |= filter_word_bits(table, a->entry[i].first);
	}
	if (table->filter && p == PLACED)
		filter_set(table, n, shown);
	if (p == PLACED && show_home(&b)) {
		line_add(line, &line->births, 1);
		return;
	}
	if (p == NO_PLACE && mark_stillborn(b.place.bucket))
		line_add(line, &line->stillborn, 1);
	line_add(line, &line->withdrawn, withdraw_late(&b));
}

/*
 * T10, T11, T12 for home n of `table`, whose prev was `before`; when the table doubles, for its sibling,
 * too, which comes from the same source.  On return home n is not UNBORN: OPEN, or FROZEN by a later
 * migration, or STILLBORN.
 */
static __attribute__((noinline)) void give_birth(instar_thread *t, struct line *line, struct table *table,
						 struct table *before, size_t n)
{
	unsigned doubling = table->log2_homes == before->log2_homes + 1;
	struct prefix wanted = { n >> doubling, table->log2_homes - doubling };
	struct arrivals a;
	a.n = 0;
	a.too_many = false;
	gather_prefix(t, before, wanted, &a);
	bear(line, table, n, &a);
	if (doubling && ctrl_state(bucket_ctrl(&table->buckets[n ^ 1])) == UNBORN)
		bear(line, table, n ^ 1, &a);
}

#endif
