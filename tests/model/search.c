/* tests/model/search.c - see schedule.h and search.h. */
#include "tests/model/search.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "tests/model/schedule.h"

/* ---- depth first ---- */

enum { MAX_DEPTH = 8192, FIRST_STATES = 1 << 14 };

static struct {
	unsigned char taken, options;
} path[MAX_DEPTH];
static unsigned depth, at;
static bool limited;

/* State -> preemptions left, plus one, when it was entered.  Open addressing; 0: free. */
static struct state {
	uint64_t hash;
} *states;
static unsigned char *left_at;
static size_t states_mask, states_n;

static void states_clear(void)
{
	free(states);
	free(left_at);
	states_mask = FIRST_STATES - 1;
	states = calloc(FIRST_STATES, sizeof *states);
	left_at = calloc(FIRST_STATES, 1);
	states_n = 0;
}

static size_t state_place(uint64_t hash)
{
	size_t i = hash & states_mask;
	while (left_at[i] && states[i].hash != hash)
		i = (i + 1) & states_mask;
	return i;
}

static void states_grow(void)
{
	struct state *old = states;
	unsigned char *old_left = left_at;
	size_t n = states_mask + 1;
	states_mask = 2 * n - 1;
	states = calloc(2 * n, sizeof *states);
	left_at = calloc(2 * n, 1);
	if (!states || !left_at) {
		fprintf(stderr, "no memory for more states\n");
		exit(99);
	}
	for (size_t i = 0; i < n; i++)
		if (old_left[i]) {
			size_t place = state_place(old[i].hash);
			states[place].hash = old[i].hash;
			left_at[place] = old_left[i];
		}
	free(old);
	free(old_left);
}

bool search_is_new(void)
{
	return at >= depth;
}

/*
 * A state on the path from the root cannot come again on it, since every thread's history is part of it;
 * so one that is known has been left, its continuations have all been explored.
 */
bool search_enter(uint64_t state, unsigned preemptions_left)
{
	size_t i = state_place(state);
	if (left_at[i] > preemptions_left)
		return false;
	states_n += !left_at[i];
	states[i].hash = state;
	left_at[i] = (unsigned char)(preemptions_left + 1);
	if (states_n > states_mask / 4 * 3)
		states_grow();
	return true;
}

unsigned search_pick(unsigned n)
{
	if (at >= MAX_DEPTH)
		run_fail("more than %d choices", MAX_DEPTH);
	if (at >= depth) {
		path[at].taken = 0;
		path[at].options = (unsigned char)n;
		depth = at + 1;
	}
	return path[at++].taken;
}

void search_begin(void)
{
	depth = at = 0;
	limited = false;
	states_clear();
}

bool search_next(void)
{
	at = 0;
	while (depth > 0 && path[depth - 1].taken + 1 >= path[depth - 1].options)
		depth--;
	if (depth == 0)
		return false;
	path[depth - 1].taken++;
	return true;
}

void search_limited(void)
{
	limited = true;
}

bool search_was_limited(void)
{
	return limited;
}

size_t search_most_states = 300000;

bool search_was_cut(void)
{
	return states_n > search_most_states;
}

size_t search_states(void)
{
	return states_n;
}

/* ---- chance ---- */

static uint64_t random_state;
static unsigned priority[MAX_THREADS], lowest;
static uint64_t points, points_before = 100; /* of this run and the one before */

static uint64_t draw(void)
{
	random_state += 0x9e3779b97f4a7c15;
	return mix(random_state, 1);
}

void chance_begin(uint64_t seed)
{
	random_state = seed;
}

bool chance_bool(void)
{
	return draw() % 4 == 0;
}

void chance_start(unsigned threads)
{
	points_before = points ? points : 100;
	points = 0;
	lowest = MAX_THREADS;
	for (unsigned t = 0; t < threads; t++)
		priority[t] = (unsigned)(draw() % 1000) + 1000;
}

unsigned chance_pick(const unsigned *thread, unsigned n, unsigned current)
{
	points++;
	if (current < MAX_THREADS && draw() % points_before < trial.limits.preemptions && lowest)
		priority[current] = lowest--;
	unsigned best = n;
	for (unsigned i = 0; i < n; i++) {
		if (thread[i] == MAX_THREADS && draw() % 4 == 0)
			return i;
		if (thread[i] < MAX_THREADS && (best == n || priority[thread[i]] > priority[thread[best]]))
			best = i;
	}
	return best < n ? best : 0;
}
