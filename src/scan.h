/*
 * src/scan.h - the entries of one home, in hash order, wherever the authority over them lies.
 *
 * One home at a time in whichever table is current.  Ranges of hashes do not overlap, so a key that is
 * present throughout is met once; a key met twice in one home was erased and inserted again, and one of
 * the two is dropped.  Each entry is right by the argument of a lookup (src/lookup.h).
 */
#ifndef INSTAR_SCAN_H
#define INSTAR_SCAN_H

#include "src/lookup.h"

enum { MAX_SCANNED = SLOTS + LOCATIONS };

/* Hashes and values, sorted, of h = first ... last. */
struct scanned {
	struct pair entry[MAX_SCANNED];
	unsigned n;
	word first, last;
};

/* Insertion sort: a home has few entries.  The later of two equals is dropped. */
static void scanned_add(struct scanned *s, word h, word v)
{
	unsigned i = s->n;
	while (i > 0 && s->entry[i - 1].first > h)
		i--;
	if (h < s->first || h > s->last || (i > 0 && s->entry[i - 1].first == h))
		return;
	for (unsigned j = s->n; j > i; j--)
		s->entry[j] = s->entry[j - 1];
	s->entry[i].first = h;
	s->entry[i].second = v;
	s->n++;
}

/* A slot's entry, if it is LIVE or SEALED, has this d and is visible. */
static void scan_slot(struct scanned *s, const struct table *table, size_t home, const pair_cell *cell, unsigned d,
		      unsigned g)
{
	word q = load_first_seq_cst(cell);
	if (q_d(q) != d || q_g(q) != g || (q_tag(q) != TAG_LIVE && q_tag(q) != TAG_SEALED))
		return;
	scanned_add(s, entry_hash(table, home, q), load_second_acquire(cell));
	STEP(SCANNING);
}

static void scan_born_home(struct scanned *s, const struct table *table, size_t home)
{
	const struct bucket *b = &table->buckets[home];
	struct pair header = bucket_header(b);
	for (unsigned i = 0; i < SLOTS; i++)
		scan_slot(s, table, home, &b->slot[i], 0, ctrl_p(header.first, i));
	for (word dir = header.second; dir; dir &= dir - 1) {
		unsigned location = (unsigned)mask_first_location(dir);
		size_t far = far_bucket(home, location_d(location), table->mask);
		scan_slot(s, table, home, &table->buckets[far].slot[location_slot(location)], location_d(location), 0);
	}
}

/* The range narrows to the home of `first` in this table. */
static void narrow_to_home(struct scanned *s, const struct table *table, size_t home)
{
	word last = (word)home << table->shift | (((word)1 << table->shift) - 1);
	if (last < s->last)
		s->last = last;
}

/*
 * Fills s with the entries of h = s->first ... s->last, narrowed to one home of every table on the way
 * to the authority.
 */
static void scan_home(instar_map *map, instar_thread *t, struct scanned *s)
{
	struct table *table = section_root(map, t);
	while (table) {
		size_t home = home_of(table, s->first);
		narrow_to_home(s, table, home);
		word c = bucket_ctrl(&table->buckets[home]);
		if (ctrl_is_born(c)) {
			scan_born_home(s, table, home);
			return;
		}
		table = look_before(map, t, table, home, c);
	}
}

/* A cursor is h, scaled to 64 bits. */
static inline word cursor_hash(uint64_t cursor)
{
	return (word)(cursor >> (64 - WORD_BITS));
}

static inline uint64_t hash_cursor(word h)
{
	return (uint64_t)h << (64 - WORD_BITS);
}

/* Begins to fill s from *cursor on. */
static void scanned_begin(struct scanned *s, uint64_t cursor, uint64_t last)
{
	s->n = 0;
	s->first = cursor_hash(cursor);
	s->last = cursor_hash(last);
}

/* Stores what s holds; *cursor moves behind that.  false: the end of the range. */
static bool scanned_store(const instar_map *map, const struct scanned *s, uint64_t *cursor, uint64_t last,
			  struct instar_entry *out, size_t capacity, size_t *n)
{
	unsigned i;
	for (i = 0; i < s->n && *n < capacity; i++, ++*n) {
		out[*n].key = hash_key(&map->hash, s->entry[i].first);
		out[*n].value = s->entry[i].second;
	}
	bool end = i == s->n && s->last == cursor_hash(last);
	*cursor = i < s->n ? hash_cursor(s->entry[i].first) : end ? 0 : hash_cursor(s->last + 1);
	return !end;
}

#endif
