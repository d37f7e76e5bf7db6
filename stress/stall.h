/*
 * stress/stall.h - a thread that is caught in the middle of an insert while the map migrates.
 *
 * It fills the map with keys of its own; when a migration is seen running, a signal catches it wherever
 * it is, and its handler sleeps.  Only public calls are used.
 */
#ifndef STRESS_STALL_H
#define STRESS_STALL_H

#include <stdbool.h>

#include "stress/population.h"
#include "stress/subject.h"

struct stall_thread;

/* Starts the thread and catches it, in the first large migration that can be caught.  NULL: never caught. */
struct stall_thread *stall_catch(const struct subject *subject, struct map *map, const struct population *population);

/* Lets it go on; it stops after the insert it was in.  Waits for it. */
void stall_release(struct stall_thread *stall);

/* After its release: takes its keys out again.  False: one was missing or wrong, or there was no memory. */
bool stall_end(struct stall_thread *stall);

#endif
