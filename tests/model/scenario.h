/*
 * tests/model/scenario.h - what is explored: a preparation, and a program for each thread.
 *
 * A program is words.  Keys are letters: a ... z live in one home (bit 0 of their number decides to
 * which half the home's growth sends them: a, c, e to the one, b, d, f to the other), A ... Z in its
 * buddy.  Values are digits.
 *
 *   ia1  insert      pa1  put           ra1  replace     ca12  cas 1 -> 2
 *   ea   remove      xa1  remove_if 1   fa1  fetch_add   ga    get
 *   G P S   a larger table, one of the same size, a smaller one (T14)
 *   Ba      the writer's way to a's home: births and rescues
 *   R       in no time, every home of the new table is born but those of the scenario's keys
 *   Oan     in no time, fillers in all slots of the buckets that a's home reaches, from distance n on
 *   m M     one step of maintenance; all until no migration is left
 *   C  clear    N  open a snapshot, read all keys from it, close it
 *   v w u s z k b o  the reclaimer by itself: see objects.h; v is one advance, and what it may free
 * Preparation only:
 *   W       the map has a miss filter
 *   K       the observer refers to the object as long as anybody runs
 *   Fan     fillers in a's home until n of its slots are free
 */
#ifndef MODEL_SCENARIO_H
#define MODEL_SCENARIO_H

enum { SCENARIO_THREADS = 3 };

struct scenario {
	const char *name, *about;
	const char *setup;
	const char *thread[SCENARIO_THREADS];
	unsigned preemptions;  /* the bound in the short run */
	unsigned log2_homes;   /* to begin with; 0: the smallest table */
};

extern const struct scenario scenarios[];
extern const unsigned scenarios_n;

#endif
