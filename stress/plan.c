/* stress/plan.c - making, writing, reading and dividing lists of cells. */
#include "stress/plan.h"

#include <stdlib.h>
#include <string.h>

#include "stress/results.h"

bool plan_add_map(struct plan *plan, const char *name)
{
	for (size_t i = 0; i < plan->map_count; i++)
		if (strcmp(plan->maps[i], name) == 0)
			return true;
	if (plan->map_count == PLAN_MAPS)
		return false;
	snprintf(plan->maps[plan->map_count++], MAP_NAME, "%s", name);
	return true;
}

void plan_add_workload(struct plan *plan, const struct workload *workload)
{
	for (size_t i = 0; i < plan->workload_count; i++)
		if (plan->workloads[i] == workload)
			return;
	if (plan->workload_count < PLAN_WORKLOADS)
		plan->workloads[plan->workload_count++] = workload;
}

bool cells_add(struct cells *cells, const struct cell *cell)
{
	struct cell *larger;

	/* The room doubles at each power of two. */
	if ((cells->count & (cells->count - 1)) == 0) {
		larger = realloc(cells->cells, (cells->count ? 2 * cells->count : 1) * sizeof(*larger));
		if (!larger)
			return false;
		cells->cells = larger;
	}
	cells->cells[cells->count++] = *cell;
	return true;
}

/* All maps under one workload in one setting, the order turned by `turn`. */
static bool add_maps(const struct plan *plan, struct cells *cells, struct cell *cell, size_t turn)
{
	for (size_t m = 0; m < plan->map_count; m++) {
		const char *map = plan->maps[(m + turn) % plan->map_count];

		if (!subject_serves(map, cell->workload))
			continue;
		snprintf(cell->map, sizeof(cell->map), "%s", map);
		if (!cells_add(cells, cell))
			return false;
	}
	return true;
}

/* One repetition of everything at one number of entries. */
static bool add_repetition(const struct plan *plan, struct cells *cells, struct cell *cell)
{
	for (size_t t = 0; t < plan->thread_count; t++)
		for (size_t w = 0; w < plan->workload_count; w++) {
			cell->workload = plan->workloads[w];
			cell->threads = cell->workload->single ? 1 : (unsigned)plan->threads[t];
			if (cell->workload->single && t > 0)
				continue;
			if (!add_maps(plan, cells, cell, cell->run + w))
				return false;
		}
	return true;
}

bool plan_cells(const struct plan *plan, struct cells *cells)
{
	struct cell cell = {
		.seconds = plan->seconds,
		.hugepages = plan->hugepages,
		.file_keys = plan->file_keys,
	};

	*cells = (struct cells){ 0 };
	for (unsigned run = 0; run < plan->runs; run++)
		for (size_t e = 0; e < plan->entry_count; e++) {
			cell.run = run;
			cell.seed = plan->seed + run;
			cell.entries = plan->entries[e];
			if (!add_repetition(plan, cells, &cell))
				return false;
		}
	return true;
}

bool cells_write(const struct cells *cells, FILE *file)
{
	for (size_t i = 0; i < cells->count; i++) {
		json_t *json = cell_to_json(&cells->cells[i]);
		bool ok = results_write_line(file, json);

		json_decref(json);
		if (!ok)
			return false;
	}
	return true;
}

struct reading {
	struct cells *cells;
	char *error;
};

static bool take_cell(const char *text, void *context)
{
	const struct reading *reading = context;
	struct cell cell;
	json_error_t where;
	json_t *json = json_loads(text, 0, &where);
	bool ok;

	if (!json) {
		snprintf(reading->error, 160, "%s", where.text);
		return false;
	}
	ok = cell_from_json(&cell, json, reading->error);
	json_decref(json);
	return ok && cells_add(reading->cells, &cell);
}

bool cells_read(struct cells *cells, const char *path, size_t *line, char *error)
{
	*cells = (struct cells){ 0 };
	return lines_read(path, take_cell, &(struct reading){ cells, error }, line);
}

/* The number of the cell's column, `columns` having one cell of each so far; SIZE_MAX: no memory. */
static size_t column_of(struct cells *columns, const struct cell *cell)
{
	for (size_t i = 0; i < columns->count; i++)
		if (cell_same_column(&columns->cells[i], cell))
			return i;
	return cells_add(columns, cell) ? columns->count - 1 : SIZE_MAX;
}

bool cells_keep_shard(struct cells *cells, size_t index, size_t count)
{
	struct cells columns = { 0 };
	size_t kept = 0, column = 0;

	for (size_t i = 0; i < cells->count && column != SIZE_MAX; i++) {
		column = column_of(&columns, &cells->cells[i]);
		if (column % count == index - 1)
			cells->cells[kept++] = cells->cells[i];
	}
	free(columns.cells);
	cells->count = kept;
	return column != SIZE_MAX;
}
