/* stress/report.c - the page: head, environment, parts, raw cells. */
#include "stress/report.h"

#include <string.h>
#include <instar/reclaim.h>

#include "stress/control.h"
#include "stress/html.h"
#include "stress/plot.h"
#include "stress/report_parts.h"

static void environment(const struct page *page)
{
	json_t *machine, *value;
	const char *name;
	size_t at;

	fputs("<details><summary>Where this was measured</summary>\n", page->out);
	json_array_foreach(page->results->environments, at, machine) {
		fputs("<table><tbody>\n", page->out);
		json_object_foreach(machine, name, value) {
			fputs("<tr><td>", page->out);
			html_text(page->out, name);
			fputs("<td class=text>", page->out);
			if (json_is_string(value))
				html_text(page->out, json_string_value(value));
			else
				fprintf(page->out, "%g", json_number_value(value));
			fputc('\n', page->out);
		}
		fputs("</tbody></table>\n", page->out);
	}
	fputs("</details>\n", page->out);
}

static void method(const struct page *page)
{
	double noise = summary_noise(page->results);

	fputs("<p>Every cell ran in a fresh process with its threads pinned; repetitions are interleaved. All maps met "
	      "the same keys. After each cell the map was searched for every key there could be; a cell whose entries, "
	      "sum of keys or values were wrong shows no figure.</p>\n", page->out);
	fprintf(page->out, "<p%s>The control loop, fixed work without memory, spread by %.1f&nbsp;%%%s</p>\n",
		noise > CONTROL_NOISY ? " class=bad" : "", 100 * noise,
		noise > CONTROL_NOISY ? ": this machine was noisy, and small differences mean nothing." : ".");
	if (json_array_size(page->results->environments) > 1)
		fprintf(page->out, "<p class=bad>These are results of %zu machines or builds: relations are within each, "
			"medians and plots over all.</p>\n", json_array_size(page->results->environments));
	if (!page->plots)
		fputs("<p class=bad>gnuplot was not found: there are no plots, all numbers are here.</p>\n", page->out);
}

static const char *robust_text(unsigned robust)
{
	if (robust & INSTAR_ROBUST_STOPPED)
		return "stopped, parked, preempted";
	if (robust & INSTAR_ROBUST_PARKED)
		return "parked, preempted";
	return robust & INSTAR_ROBUST_PREEMPTED ? "preempted" : "none";
}

void report_schemes(const struct page *page)
{
	const struct instar_scheme_info *schemes;
	size_t count = instar_schemes(&schemes);

	fputs("<h2>The schemes</h2>\n<div class=wide><table><thead><tr><th>scheme<th>family<th>garbage under a stalled "
	      "reader<th>stalls it bears<th>announced quiescence<th>reuses tombstones<th>source</thead><tbody>\n",
	      page->out);
	for (size_t i = 0; i < count; i++) {
		fputs("<tr><td>", page->out);
		html_text(page->out, schemes[i].name);
		fputs("<td class=text>", page->out);
		html_text(page->out, schemes[i].family);
		fputs("<td class=text>", page->out);
		html_text(page->out, schemes[i].bound);
		fprintf(page->out, "<td class=text>%s<td>%s<td>%s<td class=text>", robust_text(schemes[i].robust),
			schemes[i].needs_quiescent ? "yes" : "no", schemes[i].has_grace ? "yes" : "no");
		html_text(page->out, schemes[i].source);
		fputs(schemes[i].available ? "\n" : " (not in this build)\n", page->out);
	}
	fputs("</tbody></table></div>\n", page->out);
}

void report_raw(const struct page *page)
{
	json_t *record;
	size_t at;

	fputs("<h2>All cells</h2>\n<p>A click on a heading sorts.</p>\n<div class=wide><table class=sortable><thead><tr>",
	      page->out);
	for (size_t i = 0; results_columns[i]; i++)
		fprintf(page->out, "<th>%s", results_columns[i]);
	fputs("</thead><tbody>\n", page->out);
	json_array_foreach(page->results->records, at, record) {
		fputs("<tr>", page->out);
		for (size_t i = 0; results_columns[i]; i++) {
			char text[256];

			fputs("<td>", page->out);
			record_text(record, results_columns[i], text, sizeof(text));
			html_text(page->out, text);
		}
		fputc('\n', page->out);
	}
	fputs("</tbody></table></div>\n", page->out);
}

bool report_write(const struct results *results, const struct summary *summary, const char *reference, FILE *out)
{
	struct page page = { .out = out, .results = results, .summary = summary, .reference = reference };

	page.map_count = summary_maps(summary, page.maps, REPORT_MAPS);
	page.plots = plot_available();
	if (!page.plots)
		fputs("instar-stress: gnuplot was not found; the report has no plots\n", stderr);
	fputs("<!DOCTYPE html>\n<html lang=en><head><meta charset=utf-8>\n"
	      "<meta name=viewport content='width=device-width'><title>instar: comparison</title>\n", out);
	fputs(html_style, out);
	fputs("</head><body>\n<h1>instar: maps and reclamation schemes compared</h1>\n", out);
	method(&page);
	environment(&page);
	report_matrices(&page);
	report_workloads(&page);
	report_schemes(&page);
	report_raw(&page);
	fputs(html_script, out);
	fputs("</body></html>\n", out);
	return fflush(out) == 0 && !ferror(out);
}
