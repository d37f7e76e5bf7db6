/* stress/print.c - tables of plain text. */
#include "stress/print.h"

#include <string.h>
#include <sys/ioctl.h>
#include <unistd.h>

#include "stress/control.h"

enum { MAPS = 128, SETTINGS = 64, NAME_WIDTH = 22, CELL_WIDTH = 22 };

struct tables {
	const struct summary *summary;
	const char *reference;
	const char *maps[MAPS];
	size_t map_count;
	FILE *out;
};

static size_t columns_that_fit(FILE *out)
{
	struct winsize size = { 0 };
	size_t width = 120;

	if (ioctl(fileno(out), TIOCGWINSZ, &size) == 0 && size.ws_col >= NAME_WIDTH + CELL_WIDTH)
		width = size.ws_col;
	return (width - NAME_WIDTH) / CELL_WIDTH;
}

/* "12.3x ±2% 45.6", or "- 45.6 ±2%" where there is nothing to relate it to. */
static void print_cell(const struct tables *tables, const struct group *group, const struct group *reference)
{
	struct estimate mops, ratio = { 0 };
	char text[64], spread[SPREAD_TEXT];

	if (!group) {
		fprintf(tables->out, "%*s", CELL_WIDTH, "-");
		return;
	}
	if (group_failure(group)) {
		fprintf(tables->out, "%*s", CELL_WIDTH, group_verdict(group));
		return;
	}
	mops = group_estimate(group, "mops");
	if (reference)
		ratio = group_ratio(group, "mops", reference, "mops");
	estimate_spread_text(ratio.n ? &ratio : &mops, spread);
	if (ratio.n)
		snprintf(text, sizeof(text), "%.2fx %s %7.2f", ratio.median, spread, mops.median);
	else
		snprintf(text, sizeof(text), "-%7.2f %s", mops.median, spread);
	fprintf(tables->out, "%*s", CELL_WIDTH + 1, text); /* ± is two bytes */
}

static bool map_is_in(const struct tables *tables, const char *map, const struct cell *setting)
{
	for (size_t i = 0; i < tables->summary->count; i++)
		if (strcmp(tables->summary->groups[i].cell.map, map) == 0 &&
		    same_setting(&tables->summary->groups[i].cell, setting))
			return true;
	return false;
}

static void print_block(const struct tables *tables, const struct cell *setting, const struct workload *const *shown,
			size_t count)
{
	fprintf(tables->out, "%-*s", NAME_WIDTH, "");
	for (size_t w = 0; w < count; w++)
		fprintf(tables->out, "%*s", CELL_WIDTH, shown[w]->name);
	fputc('\n', tables->out);
	for (size_t m = 0; m < tables->map_count; m++) {
		if (!map_is_in(tables, tables->maps[m], setting))
			continue;
		fprintf(tables->out, "%-*s", NAME_WIDTH, tables->maps[m]);
		for (size_t w = 0; w < count; w++)
			print_cell(tables, summary_find(tables->summary, tables->maps[m], shown[w], setting),
				   summary_find(tables->summary, tables->reference, shown[w], setting));
		fputc('\n', tables->out);
	}
	fputc('\n', tables->out);
}

static bool measured(const struct tables *tables, const struct workload *workload, const struct cell *setting)
{
	for (size_t m = 0; m < tables->map_count; m++)
		if (summary_find(tables->summary, tables->maps[m], workload, setting))
			return true;
	return false;
}

static bool shows_throughput(const struct workload *workload)
{
	return workload->loop != LOOP_INSERT_TIMED && workload->loop != LOOP_INSERT_SAMPLED;
}

static void print_throughput(const struct tables *tables, const struct cell *setting)
{
	const struct workload *shown[64];
	size_t count = 0, fit = columns_that_fit(tables->out);

	for (size_t w = 0; w < workload_count && count < 64; w++)
		if (shows_throughput(&workloads[w]) && measured(tables, &workloads[w], setting))
			shown[count++] = &workloads[w];
	for (size_t w = 0; w < count; w += fit)
		print_block(tables, setting, shown + w, count - w < fit ? count - w : fit);
}

static void print_latency(const struct tables *tables, const struct workload *workload, const struct cell *setting)
{
	static const char *const paths[] = { "latency.p50", "latency.p99", "latency.p999", "latency.p9999",
					     "latency.max" };

	fprintf(tables->out, "%s: %s; ns\n%-*s%12s%12s%12s%12s%14s\n", workload->name, workload->about, NAME_WIDTH, "",
		"p50", "p99", "p99.9", "p99.99", "max");
	for (size_t m = 0; m < tables->map_count; m++) {
		const struct group *group = summary_find(tables->summary, tables->maps[m], workload, setting);

		if (!group || group_failure(group))
			continue;
		fprintf(tables->out, "%-*s", NAME_WIDTH, tables->maps[m]);
		for (size_t p = 0; p < sizeof(paths) / sizeof(paths[0]); p++)
			fprintf(tables->out, "%*.0f", p == 4 ? 14 : 12, group_estimate(group, paths[p]).median);
		fputc('\n', tables->out);
	}
	fputc('\n', tables->out);
}

static void print_memory(const struct tables *tables, const struct workload *workload, const struct cell *setting)
{
	fprintf(tables->out, "%s: %s; bytes an entry, averaged over a doubling\n", workload->name, workload->about);
	for (size_t m = 0; m < tables->map_count; m++) {
		const struct group *group = summary_find(tables->summary, tables->maps[m], workload, setting);

		if (group && !group_failure(group))
			fprintf(tables->out, "%-*s%12.1f\n", NAME_WIDTH, tables->maps[m],
				group_estimate(group, "bytes_per_entry").median);
	}
	fputc('\n', tables->out);
}

static void print_setting(const struct tables *tables, const struct cell *setting)
{
	char text[160];

	describe_setting(setting, text, sizeof(text));
	fprintf(tables->out, "\n%s: relation to %s and its interval, million operations a second\n\n", text,
		tables->reference);
	print_throughput(tables, setting);
	for (size_t w = 0; w < workload_count; w++) {
		if (shows_throughput(&workloads[w]) || !measured(tables, &workloads[w], setting))
			continue;
		if (workloads[w].loop == LOOP_INSERT_TIMED)
			print_latency(tables, &workloads[w], setting);
		else
			print_memory(tables, &workloads[w], setting);
	}
}

bool print_failures(const struct summary *summary, FILE *out)
{
	bool failed = false;

	for (size_t i = 0; i < summary->count; i++) {
		const struct group *group = &summary->groups[i];

		if (!is_failure(group_failure(group)))
			continue;
		failed = true;
		fprintf(out, "FAILED: %s, %s, %u threads, %llu entries: %s\n", group->cell.map,
			group->cell.workload->name, group->cell.threads, (unsigned long long)group->cell.entries,
			group_failure(group));
	}
	return failed;
}

void print_summary(const struct results *results, const struct summary *summary, const char *reference, FILE *out)
{
	struct tables tables = { .summary = summary, .reference = reference, .out = out };
	struct cell settings[SETTINGS];
	size_t count = summary_settings(summary, settings, SETTINGS);
	double noise = summary_noise(results);
	char text[160];

	tables.map_count = summary_maps(summary, tables.maps, MAPS);
	for (size_t i = 0; i < count; i++)
		print_setting(&tables, &settings[i]);
	print_failures(summary, out);
	summary_tell_repetitions(summary, text, sizeof(text));
	fprintf(out, "%s.\n", text);
	if (json_array_size(results->environments) > 1)
		fprintf(out, "From %zu machines or builds: relations are within each, medians over all.\n",
			json_array_size(results->environments));
	fprintf(out, "Control loop: %.1f %% spread%s\n", 100 * noise,
		noise > CONTROL_NOISY ? ": this machine is NOISY, small differences mean nothing" : "");
}
