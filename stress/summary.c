/* stress/summary.c - grouping results and taking medians. */
#include "stress/summary.h"

#include <stdlib.h>
#include <string.h>

/* Repetitions of one cell from several machines go together; more than these are left out of medians. */
enum { RUNS_MAX = 1024 };

static struct group *group_for(struct summary *summary, const struct cell *cell)
{
	struct group *groups;

	for (size_t i = 0; i < summary->count; i++)
		if (cell_same(&summary->groups[i].cell, cell))
			return &summary->groups[i];
	groups = realloc(summary->groups, (summary->count + 1) * sizeof(*groups));
	if (!groups)
		return NULL;
	summary->groups = groups;
	groups[summary->count] = (struct group){ .cell = *cell, .records = json_array() };
	return &groups[summary->count++];
}

bool summary_make(struct summary *summary, const struct results *results)
{
	json_t *record;
	size_t at;

	*summary = (struct summary){ 0 };
	json_array_foreach(results->records, at, record) {
		struct group *group;
		struct cell cell;
		char error[160];

		if (!cell_from_json(&cell, record, error))
			continue;
		group = group_for(summary, &cell);
		if (!group)
			return false;
		json_array_append(group->records, record);
	}
	return true;
}

void summary_free(struct summary *summary)
{
	for (size_t i = 0; i < summary->count; i++)
		json_decref(summary->groups[i].records);
	free(summary->groups);
}

bool same_setting(const struct cell *a, const struct cell *b)
{
	/* A workload for one thread belongs to every setting's table. */
	return cell_same_family(a, b) && (a->threads == b->threads || a->workload->single || b->workload->single);
}

const struct group *summary_find(const struct summary *summary, const char *map, const struct workload *workload,
				 const struct cell *like)
{
	for (size_t i = 0; i < summary->count; i++) {
		const struct cell *cell = &summary->groups[i].cell;

		if (strcmp(cell->map, map) == 0 && cell->workload == workload && same_setting(cell, like))
			return &summary->groups[i];
	}
	return NULL;
}

const char *group_failure(const struct group *group)
{
	json_t *record;
	size_t at;

	json_array_foreach(group->records, at, record) {
		const char *failure = json_string_value(json_object_get(record, "failure"));

		if (failure)
			return failure;
	}
	return NULL;
}

const char *group_verdict(const struct group *group)
{
	const char *failure = group_failure(group);

	return is_failure(failure) ? "FAILED" : failure;
}

struct estimate group_estimate(const struct group *group, const char *path)
{
	double values[RUNS_MAX];
	size_t n = 0, at;
	json_t *record;

	if (group_failure(group))
		return (struct estimate){ 0 };
	json_array_foreach(group->records, at, record)
		if (n < RUNS_MAX && record_figure(record, path, &values[n]))
			n++;
	return estimate_median(values, n);
}

/* The record of the same repetition from the same source; NULL: none. */
static json_t *counterpart(const struct group *group, json_t *of)
{
	json_t *run = json_object_get(of, "run"), *record;
	size_t at;

	json_array_foreach(group->records, at, record)
		if (json_integer_value(json_object_get(record, "run")) == json_integer_value(run) &&
		    record_source(record) == record_source(of))
			return record;
	return NULL;
}

struct estimate group_ratio(const struct group *group, const char *path, const struct group *reference,
			    const char *reference_path)
{
	double values[RUNS_MAX], figure, base;
	size_t n = 0, at;
	json_t *record;

	if (group_failure(group) || group_failure(reference))
		return (struct estimate){ 0 };
	json_array_foreach(group->records, at, record)
		if (n < RUNS_MAX && record_figure(record, path, &figure) &&
		    record_figure(counterpart(reference, record), reference_path, &base) && base > 0)
			values[n++] = figure / base;
	return estimate_median(values, n);
}

size_t summary_settings(const struct summary *summary, struct cell *settings, size_t capacity)
{
	size_t n = 0;

	/* Workloads for one thread last: they fit into other settings, others do not fit into theirs. */
	for (size_t i = 0; i < 2 * summary->count && n < capacity; i++) {
		const struct cell *cell = &summary->groups[i % summary->count].cell;
		bool seen = cell->workload->single != (i >= summary->count);

		for (size_t k = 0; k < n; k++)
			seen |= same_setting(&settings[k], cell);
		if (!seen)
			settings[n++] = *cell;
	}
	return n;
}

size_t summary_maps(const struct summary *summary, const char **maps, size_t capacity)
{
	size_t n = 0;

	for (size_t i = 0; i < summary->count && n < capacity; i++) {
		bool seen = false;

		for (size_t k = 0; k < n; k++)
			seen |= strcmp(maps[k], summary->groups[i].cell.map) == 0;
		if (!seen)
			maps[n++] = summary->groups[i].cell.map;
	}
	return n;
}

size_t summary_families(const struct summary *summary, struct cell *families, size_t capacity)
{
	size_t n = 0;

	for (size_t i = 0; i < summary->count && n < capacity; i++) {
		const struct cell *cell = &summary->groups[i].cell;
		bool seen = false;

		for (size_t k = 0; k < n; k++)
			seen |= cell_same_family(&families[k], cell);
		if (!seen)
			families[n++] = *cell;
	}
	return n;
}

size_t summary_threads(const struct summary *summary, const struct workload *workload, const struct cell *family,
		       unsigned *threads, size_t capacity)
{
	size_t n = 0;

	for (unsigned least = 0; n < capacity;) {
		unsigned next = 0;

		for (size_t i = 0; i < summary->count; i++) {
			const struct cell *cell = &summary->groups[i].cell;

			if (cell->workload == workload && cell_same_family(cell, family) && cell->threads > least &&
			    (next == 0 || cell->threads < next))
				next = cell->threads;
		}
		if (next == 0)
			break;
		threads[n++] = least = next;
	}
	return n;
}

void summary_tell_repetitions(const struct summary *summary, char *text, size_t size)
{
	size_t least = SIZE_MAX, most = 0;
	double confidence = 1;

	for (size_t i = 0; i < summary->count; i++) {
		const struct group *group = &summary->groups[i];
		struct estimate e = group_estimate(group, "mops");

		if (e.n && e.n < least)
			least = e.n;
		if (e.n && e.confidence < confidence)
			confidence = e.confidence;
		most = e.n > most ? e.n : most;
	}
	if (most < 2)
		snprintf(text, size, "Medians of one repetition: how far they can be trusted is not known");
	else if (least < most)
		snprintf(text, size, "Medians of %zu to %zu repetitions; their intervals hold with %.0f %% at least", least, most,
			 100 * confidence);
	else
		snprintf(text, size, "Medians of %zu repetitions; their intervals hold with %.0f %%", most, 100 * confidence);
}

void describe_family(const struct cell *cell, char *text, size_t size)
{
	int length = snprintf(text, size, "%llu %s%s", (unsigned long long)cell->entries,
			      cell->file_keys ? "words of the file as keys" : "entries", cell->hugepages ? ", 2 MiB pages" : "");

	if (cell->stall != STALL_NONE)
		snprintf(text + length, size - (size_t)length, ", one more thread %s in a migration, %g s",
			 cell->stall == STALL_PARKED ? "asleep" : "let go", cell->seconds);
}

void describe_setting(const struct cell *cell, char *text, size_t size)
{
	int length = snprintf(text, size, "%u thread%s, ", cell->threads, cell->threads == 1 ? "" : "s");

	describe_family(cell, text + length, size - (size_t)length);
}

static int compare_doubles(const void *a, const void *b)
{
	double x = *(const double *)a, y = *(const double *)b;

	return (x > y) - (x < y);
}

static double noise_of(const struct results *results, size_t source, double *values)
{
	size_t n = 0, at;
	json_t *record;

	json_array_foreach(results->records, at, record)
		if (record_source(record) == source && record_figure(record, "control", &values[n]))
			n++;
	qsort(values, n, sizeof(*values), compare_doubles);
	return n ? (values[n - 1 - n / 20] - values[n / 20]) / values[n / 2] : 0;
}

double summary_noise(const struct results *results)
{
	double *values = malloc((json_array_size(results->records) + 1) * sizeof(*values)), noise = 0;

	for (size_t source = 0; values && source <= results->source; source++) {
		double one = noise_of(results, source, values);

		noise = one > noise ? one : noise;
	}
	free(values);
	return noise;
}
