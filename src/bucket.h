/*
 * src/bucket.h - one bucket, aligned to its size.
 *
 *    header { ctrl, dir }   slot 0 { q, v }   slot 1   slot 2   |  first cache line
 *    slot 3   slot 4   slot 5   slot 6                          |  second
 *
 * Every home owns one bucket; the last FAR_SLOTS slots of a bucket also take guests, entries displaced
 * from homes that reach it (src/probe.h).
 */
#ifndef INSTAR_BUCKET_H
#define INSTAR_BUCKET_H

#include "src/layout.h"

enum { BUCKET_BYTES = (SLOTS + 1) * 2 * (int)sizeof(word) };

struct bucket {
	_Alignas(BUCKET_BYTES) pair_cell header;
	pair_cell slot[SLOTS];
};

_Static_assert(sizeof(struct bucket) == BUCKET_BYTES, "a bucket has no holes");
_Static_assert((BUCKET_BYTES & (BUCKET_BYTES - 1)) == 0, "a bucket does not straddle a line");

/* ORD:see-ctrl — seq_cst; pairs with ORD:publish (publish.h), ORD:birth (migrate.h), ORD:freeze (migrate.h);
 * carries the q and v of what the header shows */
static inline word bucket_ctrl(const struct bucket *b)
{
	return load_first_seq_cst(&b->header);
}

/* ORD:see-dir — seq_cst; pairs with ORD:publish (publish.h), ORD:birth (migrate.h); as ORD:see-ctrl, for
 * displaced entries */
static inline word bucket_dir(const struct bucket *b)
{
	return load_second_seq_cst(&b->header);
}

static inline struct pair bucket_header(const struct bucket *b)
{
	struct pair p;
	p.first = bucket_ctrl(b);
	p.second = bucket_dir(b);
	return p;
}

#endif
