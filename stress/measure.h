/*
 * stress/measure.h - carries out one cell in this process.
 */
#ifndef STRESS_MEASURE_H
#define STRESS_MEASURE_H

#include <jansson.h>

#include "stress/cell.h"

/* What a watcher of a running cell gets to see. */
struct progress {
	double seconds;      /* since the clock started */
	uint64_t operations; /* so far, of all workers */
	struct map_figures figures;
};

/*
 * Measures.  `known`: cell->entries keys, or NULL for made ones.  `watch` (may be NULL) is called about
 * five times a second while workers run; false ends a run that would not end by itself.
 *
 * Returns a new object with the members
 *	failure      (only if something went wrong: a sentence; then there are no figures)
 *	operations, elapsed (s), mops
 *	cpu          ns of all processors spent on an operation, by the whole process
 *	control      of the fixed loop, in millions a second: how fast this processor was just now
 *	memory       { before, after } in bytes, of the process; of instar's map, too: table, pending, peak_pending in bytes,
 *	             pending_objects; the peak is the highest of the samples that a thread takes each 8192 retirements
 *	latency      (timed workloads) { p50, p90, p99, p999, p9999, max: ns; counts: [[ns, count], ...] }
 *	growth       (sampled workloads) [[entries, bytes], ...], bytes_per_entry
 */
json_t *measure(const struct cell *cell, const uint64_t *known, bool (*watch)(const struct progress *));

#endif
