/* stress/report_plots.c - what gnuplot is told. */
#include <string.h>

#include "stress/plot.h"
#include "stress/report_parts.h"


static void end(const struct page *page, FILE *script)
{
	if (!plot_end(script, page->out))
		fputs("<p class=bad>gnuplot could not draw this plot.</p>\n", page->out);
}

static const struct group *find(const struct page *page, size_t map, const struct workload *workload,
				const struct cell *family, unsigned threads)
{
	struct cell setting = *family;

	setting.threads = threads;
	setting.workload = workload;
	return summary_find(page->summary, page->maps[map], workload, &setting);
}

/* The maps that were measured at all. */
static size_t maps_with(const struct page *page, const struct workload *workload, const struct cell *family,
			const unsigned *threads, size_t thread_count, size_t *maps)
{
	size_t count = 0;

	for (size_t m = 0; m < page->map_count; m++)
		for (size_t t = 0; t < thread_count; t++)
			if (find(page, m, workload, family, threads[t])) {
				maps[count++] = m;
				break;
			}
	return count;
}

/* A row for each map, a point with its interval for each number of threads. */
void plot_by_map(const struct page *page, const struct workload *workload, const struct cell *family,
		 const unsigned *threads, size_t thread_count)
{
	size_t maps[REPORT_MAPS], count = maps_with(page, workload, family, threads, thread_count, maps);
	FILE *script = plot_begin(90 + 24 * (unsigned)count);

	if (!script)
		return;
	fprintf(script, "set termoption noenhanced\nset xlabel '%s'\nset xrange [0:*]\nset yrange [%g:-0.5]\nset ytics (",
		measure_of(workload).unit, (double)count - 0.5);
	for (size_t m = 0; m < count; m++)
		fprintf(script, "%s'%s' %zu", m ? ", " : "", page->maps[maps[m]], m);
	fputs(")\n", script);
	for (size_t t = 0; t < thread_count; t++) {
		fprintf(script, "$data%zu << EOD\n", t);
		for (size_t m = 0; m < count; m++) {
			const struct group *group = find(page, maps[m], workload, family, threads[t]);
			struct estimate e = { 0 };

			if (group)
				e = group_estimate(group, measure_of(workload).path);
			if (e.n)
				fprintf(script, "%g %g %g %g\n", e.median,
					(double)m + 0.16 * ((double)t - (double)(thread_count - 1) / 2), e.low, e.high);
		}
		fputs("EOD\n", script);
	}
	fputs("plot ", script);
	for (size_t t = 0; t < thread_count; t++)
		fprintf(script, "%s$data%zu using 1:2:3:4 with xerrorbars ps 0.8 pt %d %s title '%u thread%s'", t ? ", " : "",
			t, plot_point_style(t), plot_line_style(t), threads[t], threads[t] == 1 ? "" : "s");
	fputc('\n', script);
	end(page, script);
}

/* Writes the plot command for as many blocks $data0 ... as were filled. */
static void plot_lines(FILE *script, const struct page *page, const bool *filled, const char *with, bool points)
{
	bool first = true;

	fputs("plot ", script);
	for (size_t m = 0; m < page->map_count; m++) {
		if (!filled[m])
			continue;
		fprintf(script, "%s$data%zu %s %s title '%s'", first ? "" : ", ", m, with, plot_line_style(m), page->maps[m]);
		if (points)
			fprintf(script, " pt %d ps 0.6", plot_point_style(m));
		first = false;
	}
	fputc('\n', script);
}

/* Throughput against threads, a line for each map. */
void plot_by_threads(const struct page *page, const struct workload *workload, const struct cell *family,
		     const unsigned *threads, size_t thread_count)
{
	bool filled[REPORT_MAPS] = { false };
	FILE *script = plot_begin(460);

	if (!script)
		return;
	fprintf(script, "set termoption noenhanced\nset xlabel 'threads'\nset ylabel '%s'\nset yrange [0:*]\n",
		measure_of(workload).unit);
	for (size_t m = 0; m < page->map_count; m++) {
		fprintf(script, "$data%zu << EOD\n", m);
		for (size_t t = 0; t < thread_count; t++) {
			const struct group *group = find(page, m, workload, family, threads[t]);
			struct estimate e = { 0 };

			if (group)
				e = group_estimate(group, measure_of(workload).path);
			if (e.n)
				fprintf(script, "%u %g %g %g\n", threads[t], e.median, e.low, e.high);
			filled[m] |= e.n != 0;
		}
		fputs("EOD\n", script);
	}
	plot_lines(script, page, filled, "using 1:2:3:4 with yerrorlines", true);
	end(page, script);
}

/* The first repetition that has the member. */
static json_t *series(const struct group *group, const char *member, const char *within)
{
	json_t *record = group && !group_failure(group) ? json_array_get(group->records, 0) : NULL;

	return json_object_get(within ? json_object_get(record, within) : record, member);
}

static double number(json_t *pair, size_t index)
{
	return json_number_value(json_array_get(pair, index));
}

/* How many inserts take longer than a time: both axes by powers of ten, for the tail is the point. */
void plot_latency(const struct page *page, const struct workload *workload, const struct cell *setting)
{
	bool filled[REPORT_MAPS] = { false };
	FILE *script = plot_begin(460);

	if (!script)
		return;
	fprintf(script, "set termoption noenhanced\nset logscale xy\nset xlabel 'ns, with %u threads'\n"
		"set ylabel 'share of inserts that take longer'\nset format y '%%g'\nset yrange [%g:1]\n", setting->threads,
		setting->entries > 1000000 ? 1 / (double)setting->entries : 1e-6);
	for (size_t m = 0; m < page->map_count; m++) {
		const struct group *group = summary_find(page->summary, page->maps[m], workload, setting);
		json_t *counts = series(group, "counts", "latency"), *pair;
		double total = 0, above;
		size_t at;

		json_array_foreach(counts, at, pair)
			total += number(pair, 1);
		above = total;
		fprintf(script, "$data%zu << EOD\n", m);
		json_array_foreach(counts, at, pair) {
			above -= number(pair, 1);
			if (above > 0)
				fprintf(script, "%g %g\n", number(pair, 0), above / total);
			filled[m] = true;
		}
		fputs("EOD\n", script);
	}
	plot_lines(script, page, filled, "using 1:2 with lines", false);
	end(page, script);
}

/* Bytes an entry while the map grows, since an eighth of the entries. */
void plot_growth(const struct page *page, const struct workload *workload, const struct cell *setting)
{
	bool filled[REPORT_MAPS] = { false };
	FILE *script = plot_begin(460);

	if (!script)
		return;
	fputs("set termoption noenhanced\nset xlabel 'entries'\nset ylabel 'resident bytes an entry'\nset yrange [0:*]\n",
	      script);
	for (size_t m = 0; m < page->map_count; m++) {
		const struct group *group = summary_find(page->summary, page->maps[m], workload, setting);
		json_t *points = series(group, "growth", NULL), *pair;
		size_t at;

		fprintf(script, "$data%zu << EOD\n", m);
		json_array_foreach(points, at, pair) {
			if (number(pair, 0) < (double)setting->entries / 8)
				continue;
			fprintf(script, "%g %g\n", number(pair, 0), number(pair, 1) / number(pair, 0));
			filled[m] = true;
		}
		fputs("EOD\n", script);
	}
	plot_lines(script, page, filled, "using 1:2 with lines", false);
	end(page, script);
}
