/*
 * src/probe.h - where an entry of home H may be.
 *
 * First H's own slots 0 ... SLOTS-1; then locations L = 0 ... LOCATIONS-1, in the bucket at distance
 * d = 1 + L mod FAR_BUCKETS, slot SLOTS-1 - L div FAR_BUCKETS (the last slot of all far buckets, then
 * the last but one).  d = 1 is the buddy H xor 1, in the same pair of buckets; d >= 2 is
 * (H + d(d+1)/2) mod n.  All far buckets of a home are distinct (tests/unit).
 *
 * Triangular jumps leave the crowded neighbourhood; taking others' last slots first leaves them their own.
 */
#ifndef INSTAR_PROBE_H
#define INSTAR_PROBE_H

#include "src/bucket.h"

static inline unsigned location_d(unsigned location)
{
	return 1 + location % FAR_BUCKETS;
}

static inline unsigned location_slot(unsigned location)
{
	return SLOTS - 1 - location / FAR_BUCKETS;
}

static inline unsigned location_of(unsigned d, unsigned slot)
{
	return (SLOTS - 1 - slot) * FAR_BUCKETS + d - 1;
}

/* The bucket at distance d of a home; mask is n - 1. */
static inline size_t far_bucket(size_t home, unsigned d, size_t mask)
{
	return d == 1 ? home ^ 1 : (home + d * (d + 1) / 2) & mask;
}

/* The home that reaches `bucket` by d. */
static inline size_t far_home(size_t bucket, unsigned d, size_t mask)
{
	return d == 1 ? bucket ^ 1 : (bucket - d * (d + 1) / 2) & mask;
}

#endif
