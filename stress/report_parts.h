/*
 * stress/report_parts.h - the parts of the page, one file each; report.c puts them together.
 */
#ifndef STRESS_REPORT_PARTS_H
#define STRESS_REPORT_PARTS_H

#include "stress/summary.h"

enum { REPORT_MAPS = 128, REPORT_SETTINGS = 64, REPORT_THREADS = 32 };

struct page {
	FILE *out;
	const struct results *results;
	const struct summary *summary;
	const char *reference;
	const char *maps[REPORT_MAPS];
	size_t map_count;
	bool plots;
};

/* Maps by workloads, one table for each setting, the best of each column marked. */
void report_matrices(const struct page *page);

/* Each workload: a plot, and its numbers beside. */
void report_workloads(const struct page *page);

/* The schemes as they describe themselves, and every cell as it was measured. */
void report_schemes(const struct page *page);
void report_raw(const struct page *page);

/* What a workload is judged by. */
struct measure_of {
	const char *path;  /* in a record */
	const char *unit;
	bool less_is_better;
};
struct measure_of measure_of(const struct workload *workload);

/* The plots; the caller has opened the figure. */
void plot_by_map(const struct page *page, const struct workload *workload, const struct cell *family,
		 const unsigned *threads, size_t thread_count);
void plot_by_threads(const struct page *page, const struct workload *workload, const struct cell *family,
		     const unsigned *threads, size_t thread_count);
void plot_latency(const struct page *page, const struct workload *workload, const struct cell *setting);
void plot_growth(const struct page *page, const struct workload *workload, const struct cell *setting);

#endif
