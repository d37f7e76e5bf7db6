/*
 * tests/support/upheaval.h - turns a map over and over: the tables grow, are purged and shrink, and are
 * cleared if the test bears it, whatever the entries do.
 */
#ifndef TESTS_UPHEAVAL_H
#define TESTS_UPHEAVAL_H

#include <instar/instar.h>

#include "tests/support/rng.h"

enum { UPHEAVAL_ENTRIES = 4000 }; /* reserved at most */

/* NULL, or what was wrong. */
static inline const char *upheaval(instar_map *map, instar_thread *thread, struct rng *rng, bool clears)
{
	switch (rng_below(rng, clears ? 6 : 5)) {
	case 0:
	case 1:
		return instar_shrink(map, thread) == INSTAR_OK ? NULL : "shrink was refused";
	case 2:
		return instar_reserve(map, thread, rng_below(rng, UPHEAVAL_ENTRIES)) == INSTAR_OK ? NULL :
		       "reserve was refused";
	case 5:
		return instar_clear(map, thread) == INSTAR_OK ? NULL : "clear was refused";
	default:
		for (unsigned i = 0; i < 8; i++)
			if (instar_maintain(map, thread, 1 + rng_below(rng, 64)) == INSTAR_OK)
				break;
		return NULL;
	}
}

#endif
