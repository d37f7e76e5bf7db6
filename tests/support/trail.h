/*
 * tests/support/trail.h - writes that tell their order.
 *
 * The put number g of a trail stores g under its key number g % TRAIL_KEYS.  So at any one moment the map
 * shows the last puts of each trail without a gap: all TRAIL_KEYS of them, or those since the last clear.
 * Whatever shows less, more, or another mixture is not a moment.
 */
#ifndef TESTS_TRAIL_H
#define TESTS_TRAIL_H

#include "tests/support/calls.h"

enum { TRAIL_KEYS = 40 };
#define TRAIL_NO_MOMENT UINT64_MAX

struct trail {
	uint64_t first_key;
	uint64_t begun, done; /* puts; atomic, by one writer */
};

static inline uint64_t trail_done(const struct trail *trail)
{
	return __atomic_load_n(&trail->done, __ATOMIC_SEQ_CST);
}

static inline uint64_t trail_begun(const struct trail *trail)
{
	return __atomic_load_n(&trail->begun, __ATOMIC_SEQ_CST);
}

static inline uint64_t trail_key(const struct trail *trail, uint64_t put)
{
	return trail->first_key + put % TRAIL_KEYS;
}

/* The next put; *old is what it replaced, as instar_put says. */
static inline enum instar_status trail_put(struct trail *trail, instar_map *map, instar_thread *thread, uint64_t *old)
{
	uint64_t put = trail->begun;
	enum instar_status status;

	__atomic_store_n(&trail->begun, put + 1, __ATOMIC_SEQ_CST);
	status = instar_put(map, thread, trail_key(trail, put), put, old);
	__atomic_store_n(&trail->done, put + 1, __ATOMIC_SEQ_CST);
	return status;
}

/* How many puts had been made at the moment that the cells show, one for each key; *shown: how many of them are
 * there.  TRAIL_NO_MOMENT: there is no such moment. */
static inline uint64_t trail_moment(const struct cell cells[TRAIL_KEYS], unsigned *shown)
{
	uint64_t puts = 0;

	*shown = 0;
	for (unsigned i = 0; i < TRAIL_KEYS; i++) {
		*shown += cells[i].present;
		if (cells[i].present && cells[i].value >= puts)
			puts = cells[i].value + 1;
	}
	for (unsigned i = 0; i < TRAIL_KEYS; i++)
		if (cells[i].present && (cells[i].value % TRAIL_KEYS != i || cells[i].value + *shown < puts))
			return TRAIL_NO_MOMENT;
	return puts;
}

#endif
