/* stress/cell.c - cells to JSON and back. */
#include "stress/cell.h"

#include <limits.h>
#include <stdio.h>
#include <string.h>

static const char *const stall_names[] = { [STALL_NONE] = "none", [STALL_RELEASED] = "released",
					   [STALL_PARKED] = "parked" };

json_t *cell_to_json(const struct cell *cell)
{
	return json_pack("{s:s, s:s, s:i, s:I, s:f, s:I, s:i, s:b, s:b, s:s}", "map", cell->map, "workload",
			 cell->workload->name, "threads", (int)cell->threads, "entries", (json_int_t)cell->entries,
			 "seconds", cell->seconds, "seed", (json_int_t)cell->seed, "run", (int)cell->run, "hugepages",
			 cell->hugepages, "file_keys", cell->file_keys, "stall", stall_names[cell->stall]);
}

static bool stall_from_name(const char *name, enum stall *stall)
{
	for (size_t i = 0; i < sizeof(stall_names) / sizeof(stall_names[0]); i++) {
		if (strcmp(stall_names[i], name) != 0)
			continue;
		*stall = (enum stall)i;
		return true;
	}
	return false;
}

/* What maps are called; nothing else gets into a script or a page by way of a file. */
static bool is_map_name(const char *name)
{
	return *name && !name[strspn(name, "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789-_/")];
}

static const char *check_ranges(struct cell *cell, const char *map, json_int_t entries, json_int_t threads, json_int_t run)
{
	if (strlen(map) >= sizeof(cell->map))
		return "the map's name is too long";
	if (!is_map_name(map))
		return "a map's name has letters, digits, -, _ and / only";
	if (!cell->workload)
		return "no such workload";
	if (threads < 1 || threads > 4096)
		return "threads must be 1 to 4096";
	if (entries < 1 || entries > (json_int_t)1 << 36)
		return "entries must be 1 to 2^36";
	if (!(cell->seconds >= 0 && cell->seconds <= 86400))
		return "seconds must be 0 to 86400";
	if (run < 0 || run > INT_MAX)
		return "run must be 0 to 2^31-1";
	return NULL;
}

bool cell_from_json(struct cell *cell, json_t *json, char *error)
{
	const char *map, *workload, *stall = "none", *wrong;
	json_int_t entries, seed, threads, run = 0; /* jansson cuts an int off, unsaid */
	int hugepages = 0, file_keys = 0;
	json_error_t where;

	if (json_unpack_ex(json, &where, 0, "{s:s, s:s, s:I, s:I, s:F, s:I, s?I, s?b, s?b, s?s}", "map", &map,
			   "workload", &workload, "threads", &threads, "entries", &entries, "seconds", &cell->seconds,
			   "seed", &seed, "run", &run, "hugepages", &hugepages, "file_keys", &file_keys, "stall",
			   &stall) != 0) {
		snprintf(error, 160, "%s", where.text);
		return false;
	}
	cell->workload = workload_find(workload);
	wrong = check_ranges(cell, map, entries, threads, run);
	if (!wrong && !stall_from_name(stall, &cell->stall))
		wrong = "no such stall";
	if (wrong) {
		snprintf(error, 160, "%s", wrong);
		return false;
	}
	snprintf(cell->map, sizeof(cell->map), "%s", map);
	cell->threads = (unsigned)threads;
	cell->entries = (uint64_t)entries;
	cell->seed = (uint64_t)seed;
	cell->run = (unsigned)run;
	cell->hugepages = hugepages != 0;
	cell->file_keys = file_keys != 0;
	return true;
}

bool cell_same_family(const struct cell *a, const struct cell *b)
{
	return a->entries == b->entries && a->hugepages == b->hugepages && a->file_keys == b->file_keys &&
	       a->stall == b->stall && (a->stall == STALL_NONE || a->seconds == b->seconds);
}

bool cell_same_column(const struct cell *a, const struct cell *b)
{
	return a->workload == b->workload && a->threads == b->threads && cell_same_family(a, b);
}

bool cell_same(const struct cell *a, const struct cell *b)
{
	return strcmp(a->map, b->map) == 0 && cell_same_column(a, b);
}
