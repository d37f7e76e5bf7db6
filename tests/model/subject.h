/*
 * tests/model/subject.h - the source under test as the explorer sees it: a map that a scenario has
 * prepared, threads that make its calls, and the oracles.
 */
#ifndef MODEL_SUBJECT_H
#define MODEL_SUBJECT_H

#include <stdint.h>

#include "tests/model/scenario.h"

/* Makes the map and runs the scenario's preparation.  Every run begins with what is there then. */
void subject_prepare(const struct scenario *scenario);

/* Before each trial. */
void subject_begin_run(void);

/* A thread's program: the body of its fiber. */
void subject_thread(unsigned thread);

/* After a run: reads every key, ends the migrations, audits, frees; looks for an order of the calls. */
void subject_end_run(void);

/* Tells which transitions have not met so far, each with each (meetings.h).  How many pairs. */
unsigned subject_tell_meetings(void);

/* From one fiber to another; MAX_THREADS: to or from the explorer itself. */
void subject_switch(unsigned from, unsigned to);

/* A word of the shared memory has changed: is that one of the transitions? */
void subject_wrote(unsigned thread, const void *p, uint64_t old, uint64_t new);

/* For people.  The answer is overwritten by the next call. */
const char *subject_address(const void *p);
void subject_trace_switch(char kind, unsigned thread);
void subject_trace_access(const char *what, const void *p, uint64_t v);

#endif
