/* stress/report_workloads.c - a section for each workload: its plot and the numbers beside. */
#include <string.h>

#include "stress/html.h"
#include "stress/report_parts.h"

struct measure_of measure_of(const struct workload *workload)
{
	if (workload->loop == LOOP_INSERT_TIMED)
		return (struct measure_of){ "latency.p999", "ns at p99.9", true };
	if (workload->loop == LOOP_INSERT_SAMPLED)
		return (struct measure_of){ "bytes_per_entry", "bytes an entry", true };
	return (struct measure_of){ "mops", "million operations a second", false };
}

static void heading_cells(const struct page *page, const struct workload *workload, const unsigned *threads,
			  size_t thread_count)
{
	for (size_t t = 0; t < thread_count; t++) {
		if (workload->loop == LOOP_INSERT_TIMED) {
			fprintf(page->out, "<th>p50<th>p99<th>p99.9<th>p99.99<th>max<br><small>ns, %u threads</small>",
				threads[t]);
			continue;
		}
		fprintf(page->out, "<th>%s<br><small>%u thread%s</small><th>interval<th>relation", measure_of(workload).unit,
			threads[t], threads[t] == 1 ? "" : "s");
	}
}

static void latency_cells(const struct page *page, const struct group *group)
{
	static const char *const paths[] = { "latency.p50", "latency.p99", "latency.p999", "latency.p9999",
					     "latency.max" };

	for (size_t p = 0; p < sizeof(paths) / sizeof(paths[0]); p++)
		fprintf(page->out, "<td>%.0f", group_estimate(group, paths[p]).median);
}

static void figure_cells(const struct page *page, const struct group *group, const struct group *reference)
{
	const char *path = measure_of(group->cell.workload).path;
	struct estimate e = group_estimate(group, path), ratio = { 0 };

	if (reference)
		ratio = group_ratio(group, path, reference, path);
	fprintf(page->out, "<td>%.2f<td>%.2f to %.2f<td>", e.median, e.low, e.high);
	if (ratio.n)
		fprintf(page->out, "%.2f", ratio.median);
}

static void failure_cell(const struct page *page, const struct group *group, int columns)
{
	fprintf(page->out, "<td colspan=%d class=bad>", columns);
	html_text(page->out, group_failure(group));
}

static void row(const struct page *page, const char *map, const struct workload *workload, const struct cell *family,
		const unsigned *threads, size_t thread_count)
{
	int columns = workload->loop == LOOP_INSERT_TIMED ? 5 : 3;

	fputs("<tr><td>", page->out);
	html_text(page->out, map);
	for (size_t t = 0; t < thread_count; t++) {
		struct cell setting = *family;
		const struct group *group;

		setting.workload = workload;
		setting.threads = threads[t];
		group = summary_find(page->summary, map, workload, &setting);
		if (!group)
			fprintf(page->out, "<td colspan=%d>", columns);
		else if (group_failure(group))
			failure_cell(page, group, columns);
		else if (workload->loop == LOOP_INSERT_TIMED)
			latency_cells(page, group);
		else
			figure_cells(page, group, summary_find(page->summary, page->reference, workload, &setting));
	}
	fputc('\n', page->out);
}

static bool map_has(const struct page *page, const char *map, const struct workload *workload,
		    const struct cell *family)
{
	for (size_t i = 0; i < page->summary->count; i++) {
		const struct cell *cell = &page->summary->groups[i].cell;

		if (strcmp(cell->map, map) == 0 && cell->workload == workload && cell_same_family(cell, family))
			return true;
	}
	return false;
}

static bool any_figure(const struct page *page, const struct workload *workload, const struct cell *family)
{
	bool any = false;

	for (size_t i = 0; i < page->summary->count; i++) {
		const struct group *group = &page->summary->groups[i];

		any |= group->cell.workload == workload && cell_same_family(&group->cell, family) && !group_failure(group);
	}
	return any;
}

static void plot(const struct page *page, const struct workload *workload, const struct cell *family,
		 const unsigned *threads, size_t thread_count)
{
	struct cell setting = *family;

	if (!any_figure(page, workload, family))
		return;
	setting.workload = workload;
	setting.threads = threads[thread_count - 1];
	fputs("<div>", page->out);
	if (workload->loop == LOOP_INSERT_TIMED)
		plot_latency(page, workload, &setting);
	else if (workload->loop == LOOP_INSERT_SAMPLED)
		plot_growth(page, workload, &setting);
	else if (thread_count > 2)
		plot_by_threads(page, workload, family, threads, thread_count);
	else
		plot_by_map(page, workload, family, threads, thread_count);
	fputs("</div>\n", page->out);
}

static void section(const struct page *page, const struct workload *workload, const struct cell *family)
{
	unsigned threads[REPORT_THREADS];
	size_t thread_count = summary_threads(page->summary, workload, family, threads, REPORT_THREADS);
	char text[160];

	if (thread_count == 0)
		return;
	describe_family(family, text, sizeof(text));
	fprintf(page->out, "<h3>%s <small>%s</small></h3>\n<p>%s.", workload->name, text, workload->about);
	if (workload->loop == LOOP_INSERT_TIMED || workload->loop == LOOP_INSERT_SAMPLED)
		fputs(" The plot shows the first repetition, the table medians over all.", page->out);
	fputs("</p>\n<div class=figure>\n", page->out);
	if (page->plots)
		plot(page, workload, family, threads, thread_count);
	fputs("<div class=wide><table><thead><tr><th>map", page->out);
	heading_cells(page, workload, threads, thread_count);
	fputs("</thead><tbody>\n", page->out);
	for (size_t m = 0; m < page->map_count; m++)
		if (map_has(page, page->maps[m], workload, family))
			row(page, page->maps[m], workload, family, threads, thread_count);
	fputs("</tbody></table></div>\n</div>\n", page->out);
}

void report_workloads(const struct page *page)
{
	struct cell families[REPORT_SETTINGS];
	size_t count = summary_families(page->summary, families, REPORT_SETTINGS);

	fputs("<h2>Workload by workload</h2>\n", page->out);
	for (size_t w = 0; w < workload_count; w++)
		for (size_t i = 0; i < count; i++)
			section(page, &workloads[w], &families[i]);
}
