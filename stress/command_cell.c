/* stress/command_cell.c - the process of one cell: its line as an argument, its result on standard output. */
#include <stdio.h>
#include <stdlib.h>

#include "stress/commands.h"
#include "stress/key_file.h"
#include "stress/measure.h"

/* instar-stress cell JSON [FD-OF-KEYS] */
int command_cell(int argc, char **argv)
{
	const uint64_t *known = NULL;
	struct cell cell;
	char error[160] = "it is not JSON";
	json_t *json = argc > 1 ? json_loads(argv[1], 0, NULL) : NULL, *result;
	bool ok = json && cell_from_json(&cell, json, error);

	json_decref(json);
	if (!ok) {
		fprintf(stderr, "%s: bad cell: %s\n", argv[0], error);
		return 2;
	}
	if (cell.file_keys) {
		known = argc > 2 ? key_file_view(atoi(argv[2]), cell.entries) : NULL;
		if (!known) {
			fprintf(stderr, "%s: the keys are missing\n", argv[0]);
			return 2;
		}
	}
	result = measure(&cell, known, NULL);
	json_dumpf(result, stdout, JSON_COMPACT | JSON_REAL_PRECISION(8));
	putchar('\n');
	json_decref(result);
	return 0;
}
