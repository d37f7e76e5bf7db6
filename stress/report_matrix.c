/* stress/report_matrix.c - the summary: maps by workloads. */
#include <string.h>

#include "stress/html.h"
#include "stress/plan.h"
#include "stress/report_parts.h"

static const struct group *find(const struct page *page, size_t map, const struct workload *workload,
				const struct cell *setting)
{
	return summary_find(page->summary, page->maps[map], workload, setting);
}

/* What a map is judged by: its relation, where there is one, for machines differ; n is 0: nothing. */
static struct estimate merit(const struct page *page, size_t map, const struct workload *workload,
			     const struct cell *setting)
{
	const struct group *group = find(page, map, workload, setting);
	const struct group *reference = summary_find(page->summary, page->reference, workload, setting);
	const char *path = measure_of(workload).path;

	if (!group)
		return (struct estimate){ 0 };
	return reference && !group_failure(reference) ? group_ratio(group, path, reference, path)
						      : group_estimate(group, path);
}

/* Bounds are no maps, and who never frees cannot be had. */
static bool may_win(const char *map)
{
	struct map_options options = { 0 };
	const struct subject *subject = subject_find(map, &options);
	const struct instar_scheme_info *scheme =
		options.scheme ? scheme_find(options.scheme, strlen(options.scheme)) : NULL;

	return !(subject && subject->kind == SUBJECT_BOUND) && !(scheme && strcmp(scheme->family, "none") == 0);
}

/* The best of those that may win; n is 0: none was measured. */
static struct estimate best_of(const struct page *page, const struct workload *workload, const struct cell *setting)
{
	bool less = measure_of(workload).less_is_better;
	struct estimate best = { 0 };

	for (size_t m = 0; m < page->map_count; m++) {
		struct estimate e = merit(page, m, workload, setting);

		if (may_win(page->maps[m]) && e.n && (!best.n || (less ? e.median < best.median : e.median > best.median)))
			best = e;
	}
	return best;
}

/* It is the best, or cannot be told from it: the intervals meet. */
static bool is_best(const struct page *page, size_t map, const struct workload *workload, const struct cell *setting,
		    const struct estimate *best)
{
	struct estimate e = merit(page, map, workload, setting);

	return may_win(page->maps[map]) && e.n && e.low <= best->high && e.high >= best->low;
}

static bool is_measured(const struct page *page, const struct workload *workload, const struct cell *setting)
{
	for (size_t m = 0; m < page->map_count; m++)
		if (find(page, m, workload, setting))
			return true;
	return false;
}

static void cell(const struct page *page, size_t map, const struct workload *workload, const struct cell *setting,
		 const struct estimate *best)
{
	const struct group *group = find(page, map, workload, setting);
	const struct group *reference = summary_find(page->summary, page->reference, workload, setting);
	struct measure_of what = measure_of(workload);
	struct estimate e, ratio = { 0 };
	char spread[SPREAD_TEXT];

	if (!group || group_failure(group)) {
		fprintf(page->out, "<td%s>%s", group ? " class=bad" : "", group ? group_verdict(group) : "");
		return;
	}
	e = group_estimate(group, what.path);
	if (reference)
		ratio = group_ratio(group, what.path, reference, what.path);
	estimate_spread_text(ratio.n ? &ratio : &e, spread);
	fprintf(page->out, "<td%s>", is_best(page, map, workload, setting, best) ? " class=best" : "");
	if (ratio.n)
		fprintf(page->out, "%.2f&times; <small>%s</small>", ratio.median, spread);
	fprintf(page->out, "<br><small>%.*f %s</small>", e.median < 1 ? 3 : e.median < 10 ? 2 : e.median < 100, e.median,
		ratio.n ? "" : spread);
}

static void matrix(const struct page *page, const struct cell *setting)
{
	const struct workload *shown[PLAN_WORKLOADS];
	struct estimate best[PLAN_WORKLOADS];
	size_t count = 0;
	char text[160];

	for (size_t w = 0; w < workload_count && count < PLAN_WORKLOADS; w++) {
		if (!is_measured(page, &workloads[w], setting))
			continue;
		best[count] = best_of(page, &workloads[w], setting);
		shown[count++] = &workloads[w];
	}
	describe_setting(setting, text, sizeof(text));
	fprintf(page->out, "<h3>%s</h3>\n<div class=wide><table class=matrix><thead><tr><th>map", text);
	for (size_t w = 0; w < count; w++)
		fprintf(page->out, "<th>%s<br><small>%s</small>", shown[w]->name,
			measure_of(shown[w]).less_is_better ? measure_of(shown[w]).unit : "Mops");
	fputs("</thead><tbody>\n", page->out);
	for (size_t m = 0; m < page->map_count; m++) {
		fputs("<tr><td>", page->out);
		html_text(page->out, page->maps[m]);
		for (size_t w = 0; w < count; w++)
			cell(page, m, shown[w], setting, &best[w]);
		fputc('\n', page->out);
	}
	fputs("</tbody></table></div>\n", page->out);
}

void report_matrices(const struct page *page)
{
	struct cell settings[REPORT_SETTINGS];
	size_t count = summary_settings(page->summary, settings, REPORT_SETTINGS);
	char text[160];

	summary_tell_repetitions(page->summary, text, sizeof(text));
	fputs("<h2>Summary</h2>\n<p>Relation to <b>", page->out);
	html_text(page->out, page->reference);
	fprintf(page->out, "</b>, repetition by repetition on the same machine, its median and how far its 95&nbsp;%% interval "
		"reaches (by order statistics; fewer than six repetitions: least to greatest); below it the median figure. The "
		"best map of each column is marked, and those whose intervals reach its own; bounds and <i>leak</i>, which "
		"frees nothing, are not. %s.</p>\n", text);
	for (size_t i = 0; i < count; i++)
		matrix(page, &settings[i]);
}
