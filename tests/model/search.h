/*
 * tests/model/search.h - where choices come from when nobody gives them: the search, and chance.
 */
#ifndef MODEL_SEARCH_H
#define MODEL_SEARCH_H

#include <stdbool.h>
#include <stdint.h>

/* No earlier run has made the choices made so far. */
bool search_is_new(void);

/* A state, with so many preemptions left.  false: it was here before with as many. */
bool search_enter(uint64_t state, unsigned preemptions_left);

/* The bound on preemptions has kept it from something. */
void search_limited(void);

/* One of n >= 2. */
unsigned search_pick(unsigned n);

void chance_start(unsigned threads);
/* thread[i]: whom option i lets run; MAX_THREADS: none, it is something else. */
unsigned chance_pick(const unsigned *thread, unsigned n, unsigned current);
bool chance_bool(void);

#endif
