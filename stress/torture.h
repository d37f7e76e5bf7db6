/*
 * stress/torture.h - a round of `instar-stress torture`.
 */
#ifndef STRESS_TORTURE_H
#define STRESS_TORTURE_H

#include <stdbool.h>
#include <stdint.h>
#include <instar/reclaim.h>

enum { TORTURE_THREADS = 64, TORTURE_STEPS = 1000000000 }; /* at most */

struct torture_plan {
	const struct instar_scheme_info *scheme;
	uint64_t seed;
	unsigned threads; /* at most TORTURE_THREADS */
	unsigned steps;   /* of each */
};

/* What came of rounds.  calls: of the library, each answer judged; recorded: those judged by linearizability. */
struct torture_sum {
	uint64_t rounds, steps, calls, recorded, snapshots, objects, parked, visitors, forks;
};

struct history;
void history_free(struct history *history);

/*
 * Runs a round and adds to the sum.  *history (NULL: not wanted) is what was recorded, the caller's to free.  True: no
 * violation; each of the first few is a line on standard output.
 * Everything that is chosen follows from the plan: the ways the round goes and every thread's calls.  The moments
 * at which threads meet do not.
 */
bool torture_round(const struct torture_plan *plan, struct torture_sum *sum, struct history **history);

/* From now on a crash tells how the round that was noted last is run again. */
void torture_tell_of_crashes(void);
void torture_note(const struct torture_plan *plan);

#endif
