/*
 * src/place.h - where a writer found its key, with the header it was found by.
 */
#ifndef INSTAR_PLACE_H
#define INSTAR_PLACE_H

#include "src/search.h"
#include "src/section.h"
#include "src/step.h"

struct place {
	struct table *table;
	struct bucket *bucket;  /* of the home */
	size_t home;
	struct pair header;     /* as scanned */
	struct scan scan;       /* of the home's bucket, taken after the header */
	pair_cell *cell;        /* where the key's visible entry is, if any */
	struct pair entry;      /* what it held */
};

static inline pair_cell *place_location(const struct place *p, unsigned location)
{
	size_t bucket = far_bucket(p->home, location_d(location), p->table->mask);
	return &p->table->buckets[bucket].slot[location_slot(location)];
}

static __attribute__((noinline)) enum tag place_find_displaced(struct place *p, word h)
{
	for (word dir = p->header.second; dir; dir &= dir - 1) {
		unsigned location = (unsigned)mask_first_location(dir);
		pair_cell *cell = place_location(p, location);
		struct pair e = load_pair(cell);
		if (q_tag(e.first) == TAG_FREE || !q_matches(e.first, h, location_d(location)))
			continue;
		p->cell = cell;
		p->entry = e;
		return q_tag(e.first);
	}
	return TAG_FREE;
}

/*
 * Looks for h in the home, by a header loaded now.  The tag of its visible entry (I1: there is at most
 * one), with cell and entry; TAG_FREE: none.  A caller's own claim is not visible, so it is not found.
 */
static inline enum tag place_find(struct place *p, word h)
{
	p->header = bucket_header(p->bucket);
	p->scan = scan_bucket(p->bucket, h);
	for (unsigned matches = p->scan.match; matches; matches &= matches - 1) {
		unsigned i = mask_first(matches);
		struct pair e = load_pair(&p->bucket->slot[i]);
		if (!q_native_visible(e.first, p->header.first, i) || !q_matches(e.first, h, 0))
			continue;
		p->cell = &p->bucket->slot[i];
		p->entry = e;
		return q_tag(e.first);
	}
	if (likely(!ctrl_filter_has(p->header.first, h)))
		return TAG_FREE;
	return place_find_displaced(p, h);
}

#endif
