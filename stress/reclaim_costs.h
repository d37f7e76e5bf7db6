/*
 * stress/reclaim_costs.h - what a reclamation scheme costs by itself, without a map: measured through the
 * public calls of instar/reclaim.h in one domain of a fresh process.
 */
#ifndef STRESS_RECLAIM_COSTS_H
#define STRESS_RECLAIM_COSTS_H

#include <math.h>
#include <stdbool.h>
#include <instar/reclaim.h>

/* Longer than any time, in medians too. */
#define NEVER ((double)INFINITY)

struct reclaim_costs {
	double section;  /* ns: instar_enter and instar_leave */
	double retire;   /* ns: an object of 64 bytes retired and freed; its malloc and free are left out */
	double slope;    /* objects that stay pending, of each retired, while a reader sleeps in a section */
	double recovery; /* ms from the reader's waking until no more is pending than before; NEVER: not within as many
			  * retirements as four times what had come */
};

/* False: the process, the domain or its threads could not be made. */
bool reclaim_costs_measure(const struct instar_scheme_info *scheme, struct reclaim_costs *costs);

#endif
