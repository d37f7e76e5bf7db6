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

/* The map with the best median; read-only bounds are no maps and cannot win.  -1: nothing measured. */
static int winner(const struct page *page, const struct workload *workload, const struct cell *setting)
{
	struct measure_of what = measure_of(workload);
	double best = 0;
	int at = -1;

	for (size_t m = 0; m < page->map_count; m++) {
		const struct group *group = find(page, m, workload, setting);
		struct map_options unused;
		const struct subject *subject = subject_find(page->maps[m], &unused);
		struct estimate e;

		if (!group || (subject && subject->kind == SUBJECT_BOUND))
			continue;
		e = group_estimate(group, what.path);
		if (e.n && (at < 0 || (what.less_is_better ? e.median < best : e.median > best))) {
			best = e.median;
			at = (int)m;
		}
	}
	return at;
}

static void cell(const struct page *page, size_t map, const struct workload *workload, const struct cell *setting,
		 int best)
{
	const struct group *group = find(page, map, workload, setting);
	const struct group *reference = summary_find(page->summary, page->reference, workload, setting);
	struct measure_of what = measure_of(workload);
	struct estimate e, ratio = { 0 };

	if (!group || group_failure(group)) {
		fprintf(page->out, "<td%s>%s", group ? " class=bad" : "", group ? group_verdict(group) : "");
		return;
	}
	e = group_estimate(group, what.path);
	if (reference)
		ratio = group_ratio(group, what.path, reference, what.path);
	fprintf(page->out, "<td%s>", (int)map == best ? " class=best" : "");
	if (ratio.n)
		fprintf(page->out, "%.2f&times; ", ratio.median);
	fprintf(page->out, "<br><small>%.*f &plusmn;%.0f%%</small>", e.median < 1 ? 3 : e.median < 10 ? 2 : e.median < 100,
		e.median, 100 * estimate_spread(&e));
}

static void matrix(const struct page *page, const struct cell *setting)
{
	const struct workload *shown[PLAN_WORKLOADS];
	int best[PLAN_WORKLOADS];
	size_t count = 0;
	char text[160];

	for (size_t w = 0; w < workload_count && count < PLAN_WORKLOADS; w++) {
		best[count] = winner(page, &workloads[w], setting);
		if (best[count] >= 0)
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
			cell(page, m, shown[w], setting, best[w]);
		fputc('\n', page->out);
	}
	fputs("</tbody></table></div>\n", page->out);
}

void report_matrices(const struct page *page)
{
	struct cell settings[REPORT_SETTINGS];
	size_t count = summary_settings(page->summary, settings, REPORT_SETTINGS);

	fputs("<h2>Summary</h2>\n<p>Relation to <b>", page->out);
	html_text(page->out, page->reference);
	fputs("</b>, repetition by repetition, its median; below it the median figure and how far its 95&nbsp;% interval "
	      "reaches (by order statistics; fewer than six repetitions: least to greatest). The best map of each column is marked.</p>\n",
	      page->out);
	for (size_t i = 0; i < count; i++)
		matrix(page, &settings[i]);
}
