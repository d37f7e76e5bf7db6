/* stress/measure.c - one cell, from an empty process to its figures. */
#include "stress/measure.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "stress/clock.h"
#include "stress/control.h"
#include "stress/crew.h"
#include "stress/memory.h"
#include "stress/results.h"
#include "stress/stall.h"
#include "stress/subjects.h"
#include "stress/verify.h"

enum {
	WARM_PER_ENTRY = 192, /* all tables of a growth, of the map that takes most */
	GROWTH_POINTS = 1024  /* more than are sampled */
};

/* Resident memory at points of a growth, kept where it takes up no more. */
static struct {
	uint64_t base, half;
	size_t count;
	struct {
		uint64_t inserted, bytes;
	} points[GROWTH_POINTS];
} growth;

static void sample_growth(size_t inserted)
{
	if (growth.count == GROWTH_POINTS)
		return;
	growth.points[growth.count].inserted = inserted;
	growth.points[growth.count++].bytes = memory_resident() - growth.base;
}

static json_t *growth_json(void)
{
	json_t *points = json_array();

	for (size_t i = 0; i < growth.count; i++)
		json_array_append_new(points, json_pack("[I, I]", (json_int_t)growth.points[i].inserted,
							(json_int_t)growth.points[i].bytes));
	return points;
}

/* The mean of bytes an entry over log2 of the entries, since half of all. */
static double bytes_per_entry(void)
{
	double area = 0, span = 0;

	for (size_t i = 1; i < growth.count; i++) {
		double inserted = (double)growth.points[i].inserted;
		double step = log2(inserted / (double)growth.points[i - 1].inserted);

		if (growth.points[i - 1].inserted < growth.half)
			continue;
		area += (double)growth.points[i].bytes / inserted * step;
		span += step;
	}
	return span > 0 ? area / span : 0;
}

static json_t *failed(const char *why)
{
	return json_pack("{s:s}", "failure", why);
}

static uint64_t crew_operations(const struct crew *crew)
{
	uint64_t operations = 0;

	for (unsigned i = 0; i < crew->count; i++)
		operations += atomic_load_explicit(&crew->workers[i].work.operations, memory_order_relaxed);
	return operations;
}

static void sleep_seconds(double seconds)
{
	struct timespec time = { .tv_sec = (time_t)seconds };

	time.tv_nsec = (long)((seconds - (double)time.tv_sec) * 1e9);
	nanosleep(&time, NULL);
}

/* Until time is over or, where the work ends by itself, the work; or the watcher has seen enough. */
static void watch_crew(struct crew *crew, bool (*watch)(const struct progress *))
{
	bool timed = !crew->cell->workload->from_empty;
	double start = clock_seconds();

	while (crew->finished < crew->count) {
		struct progress progress = { .seconds = clock_seconds() - start };
		double left = timed ? crew->cell->seconds - progress.seconds : 0.2;

		if (left <= 0 || (!timed && !watch))
			break;
		sleep_seconds(left < 0.2 ? left : 0.2);
		if (!watch)
			continue;
		progress.seconds = clock_seconds() - start;
		progress.operations = crew_operations(crew);
		crew->subject->figures(crew->map, &progress.figures);
		if (!watch(&progress))
			break;
	}
	crew->stop = true;
}

static json_t *latency_json(const struct crew *crew)
{
	struct histogram *all = crew->workers[0].work.latency;
	double tick = clock_nanoseconds_per_tick();
	json_t *counts = json_array();

	for (unsigned i = 1; i < crew->count; i++)
		histogram_merge(all, crew->workers[i].work.latency);
	for (size_t i = 0; i < HISTOGRAM_BUCKETS; i++)
		if (all->counts[i])
			json_array_append_new(counts, json_pack("[f, I]", (double)histogram_middle(i) * tick,
								(json_int_t)all->counts[i]));
	return json_pack("{s:f, s:f, s:f, s:f, s:f, s:f, s:o}", "p50", (double)histogram_quantile(all, 0.5) * tick,
			 "p90", (double)histogram_quantile(all, 0.9) * tick, "p99",
			 (double)histogram_quantile(all, 0.99) * tick, "p999",
			 (double)histogram_quantile(all, 0.999) * tick, "p9999",
			 (double)histogram_quantile(all, 0.9999) * tick, "max", (double)all->maximum * tick, "counts",
			 counts);
}

/* The process's, and what the map tells of itself: other libraries' maps tell nothing. */
static json_t *memory_json(const struct crew *crew, uint64_t before, uint64_t after)
{
	json_t *json = json_pack("{s:I, s:I}", "before", (json_int_t)before, "after", (json_int_t)after);
	struct map_figures figures;

	if (crew->subject->kind != SUBJECT_OWN)
		return json;
	crew->subject->figures(crew->map, &figures);
	json_object_set_new(json, "table", json_integer((json_int_t)figures.table_bytes));
	json_object_set_new(json, "pending_objects", json_integer((json_int_t)figures.pending_objects));
	json_object_set_new(json, "pending", json_integer((json_int_t)figures.pending_bytes));
	json_object_set_new(json, "peak_pending", json_integer((json_int_t)figures.peak_pending_bytes));
	return json;
}

static json_t *figures_json(const struct crew *crew, double control, double cpu, uint64_t before, uint64_t after)
{
	double start = crew->workers[0].start, end = crew->workers[0].end;
	uint64_t operations = crew_operations(crew);
	json_t *json;

	for (unsigned i = 1; i < crew->count; i++) {
		start = fmin(start, crew->workers[i].start);
		end = fmax(end, crew->workers[i].end);
	}
	json = json_pack("{s:I, s:f, s:f, s:f, s:f, s:o}", "operations", (json_int_t)operations, "elapsed", end - start,
			 "mops", (double)operations / 1e6 / (end - start), "cpu",
			 cpu * 1e9 / (double)(operations ? operations : 1), "control", control, "memory",
			 memory_json(crew, before, after));
	if (crew->cell->workload->loop == LOOP_INSERT_TIMED)
		json_object_set_new(json, "latency", latency_json(crew));
	if (crew->cell->workload->loop == LOOP_INSERT_SAMPLED) {
		json_object_set_new(json, "bytes_per_entry", json_real(bytes_per_entry()));
		json_object_set_new(json, "growth", growth_json());
	}
	return json;
}

/* From the crew's start to its end; the map stays for the figures. */
static json_t *run_crew(struct crew *crew, const struct map_options *options, bool (*watch)(const struct progress *))
{
	struct stall_thread *stall = NULL;
	uint64_t before, after;
	const char *wrong;
	double control, cpu;

	crew_meet(crew); /* prepared */
	control = control_measure(); /* alone */
	growth.base = memory_resident();
	crew->map = crew->failure ? NULL : crew->subject->create(options);
	if (!crew->map && !crew->failure)
		crew->failure = "the map could not be made";
	if (crew->cell->stall && !crew->failure) {
		stall = stall_catch(crew->subject, crew->map, crew->population);
		if (!stall)
			crew->failure = "no thread could be caught in a migration";
		else if (crew->cell->stall == STALL_RELEASED)
			stall_release(stall);
	}
	crew_meet(crew); /* the map is there */
	crew_meet(crew); /* prefilled */
	before = memory_resident() - growth.base;
	cpu = clock_processor_seconds();
	crew_meet(crew); /* go */
	if (crew->failure)
		crew->stop = true;
	else
		watch_crew(crew, watch);
	crew_join(crew);
	cpu = clock_processor_seconds() - cpu;
	after = memory_resident() - growth.base;
	if (stall && crew->cell->stall == STALL_PARKED)
		stall_release(stall);
	wrong = crew->failure;
	if (stall && !stall_end(stall) && !wrong)
		wrong = "what the caught thread inserted is not all there";
	if (!wrong)
		wrong = verify(crew);
	return wrong ? failed(wrong) : figures_json(crew, control, cpu, before, after);
}

static bool crew_work(struct crew *crew, const struct map_options *options, bool (*watch)(const struct progress *),
		      json_t **result)
{
	if (!crew_start(crew))
		return false;
	*result = run_crew(crew, options, watch);
	/* A baseline is left to the process's end: some take longer to destroy than to measure. */
	if (crew->map && crew->subject->kind == SUBJECT_OWN && !crew->subject->destroy(crew->map)) {
		json_decref(*result);
		*result = failed("the map could not be destroyed");
	}
	crew_free(crew);
	return true;
}

/* Whether the map is told how many entries will come; a bound, which cannot grow, always is. */
static bool is_told(const struct crew *crew)
{
	return (crew->cell->workload->sized && !crew->cell->stall) || crew->subject->kind == SUBJECT_BOUND;
}

json_t *measure(const struct cell *cell, const uint64_t *known, bool (*watch)(const struct progress *))
{
	struct map_options options = { .boxed = cell->workload->boxed };
	struct population population;
	struct crew crew = { .cell = cell, .population = &population, .count = cell->threads,
			     .sample = sample_growth };
	size_t warm = cell->workload->warm ? cell->entries * WARM_PER_ENTRY : 0;
	json_t *result;

	crew.subject = subject_find(cell->map, &options);
	if (!crew.subject)
		return failed("the map is not built in");
	if (!subject_takes(&options, cell->threads))
		return failed(BEYOND_LIMIT);
	if (!subject_serves(cell->map, cell->workload))
		return failed("n/a (a bound of other workloads)");
	if (cell->entries < cell->threads)
		return failed("there are fewer entries than threads");
	/* Churn wants room for its tombstones: a load of at most 0.65, where 0.78 is a full table's. */
	options.capacity = is_told(&crew) ? cell->entries : 0;
	if (cell->workload->loop == LOOP_CHURN)
		options.capacity += options.capacity / 5;
	memset(growth.points, 1, sizeof(growth.points)); /* touched before it counts */
	growth.half = cell->entries / 2;
	if (!memory_setup(cell->hugepages, warm) || !population_make(&population, cell->entries, cell->seed, known))
		return failed("no memory for the keys");
	if (!crew_work(&crew, &options, watch, &result))
		return failed("the workers could not be started");
	population_free(&population);
	return result;
}
