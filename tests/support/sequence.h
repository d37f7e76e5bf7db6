/*
 * tests/support/sequence.h - random sequences of calls by one thread, checked against the model map.
 */
#ifndef TESTS_SEQUENCE_H
#define TESTS_SEQUENCE_H

#include "tests/support/model.h"

/* What an action does beyond the calls on one key. */
enum action_kind {
	ACT_FIRST = 32, ACT_GET_MANY = ACT_FIRST, ACT_INSERT_MANY, ACT_PUT_MANY, ACT_REMOVE_MANY, ACT_FETCH_ADD_MANY,
	ACT_CLEAR, ACT_SHRINK, ACT_RESERVE, ACT_MAINTAIN, ACT_PREFETCH, ACT_SIZE, ACT_SCAN, ACT_SNAPSHOT, ACT_CHECK, ACT_KINDS
};

enum { BATCH_LIMIT = 400 };

/* A call; for the kinds above `key` and `a` say which keys and values, `n` how many
 * (below BATCH_LIMIT). */
struct action {
	struct call call;
	unsigned n;
};

struct sequence {
	struct instar_map_opts opts;
	bool handle;         /* attaches; else passes NULL for the thread */
	struct action *actions;
	size_t n;
};

/* `length` actions.  The sequence is the caller's to free. */
struct sequence sequence_random(struct rng *rng, size_t length);
void sequence_free(struct sequence *sequence);

/* The surroundings of a run.  refused: how many allocations were refused so far; NULL: none ever are. */
struct surroundings {
	const char *scheme;
	const struct instar_domain_opts *domain_opts;
	const uint64_t *refused;
};

/* Runs the sequence on a new map in a new domain.  False: an answer was wrong; `report` (NULL: none) says
 * which.  NOMEM is a right answer of a call during which an allocation was refused. */
bool sequence_run(const struct sequence *sequence, const struct surroundings *around, FILE *report);

/* Leaves out actions as long as the run still fails. */
void sequence_shrink(struct sequence *sequence, const struct surroundings *around);

/* As a list for people. */
void sequence_print(const struct sequence *sequence, FILE *out);

#endif
