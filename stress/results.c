/* stress/results.c - JSON lines and CSV. */
#include "stress/results.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "stress/cell.h"

void results_make(struct results *results)
{
	results->environments = json_array();
	results->records = json_array();
	results->source = 0;
	results->cut_off = false;
}

void results_free(struct results *results)
{
	json_decref(results->environments);
	json_decref(results->records);
}

void results_take(json_t *record, void *results)
{
	json_array_append(((struct results *)results)->records, record);
}

static bool take_line(const char *text, void *context)
{
	struct results *results = context;
	json_t *json = json_loads(text, 0, NULL), *environment = json_object_get(json, "environment");
	struct cell cell;
	char error[160];
	bool ok = environment || (json && cell_from_json(&cell, json, error));

	if (!json && *text == '{' && !text[strcspn(text, "\n")]) { /* the last, of a process that was killed */
		results->cut_off = true;
		return true;
	}
	if (environment) {
		json_array_append(results->environments, environment);
		results->source++;
	} else if (ok) {
		json_object_set_new(json, "source", json_integer((json_int_t)results->source));
		json_array_append(results->records, json);
	}
	json_decref(json);
	return ok;
}

bool results_read(struct results *results, const char *path, size_t *line)
{
	results->source++;
	return lines_read(path, take_line, results, line);
}

bool lines_read(const char *path, bool (*take)(const char *text, void *context), void *context, size_t *line)
{
	FILE *file = fopen(path, "r");
	char *text = NULL;
	size_t capacity = 0;
	bool ok = true;
	int saved;

	*line = 0;
	if (!file)
		return false;
	while (ok && getline(&text, &capacity, file) > 0) {
		++*line;
		ok = text[strspn(text, " \t\r\n")] == 0 || take(text, context);
	}
	if (ok && !feof(file)) { /* a directory can be opened, but not read */
		*line = 0;
		ok = false;
	}
	saved = errno;
	free(text);
	fclose(file);
	errno = saved;
	return ok;
}

bool results_write_line(FILE *file, json_t *json)
{
	return json_dumpf(json, file, JSON_COMPACT | JSON_REAL_PRECISION(8)) == 0 && fputc('\n', file) != EOF &&
	       fflush(file) == 0;
}

size_t record_source(json_t *record)
{
	return (size_t)json_integer_value(json_object_get(record, "source"));
}

/* The value at a path of names with dots between them, or NULL. */
static json_t *record_value(json_t *record, const char *path)
{
	const char *dot;

	while (record && (dot = strchr(path, '.')) != NULL) {
		char name[32];

		snprintf(name, sizeof(name), "%.*s", (int)(dot - path), path);
		record = json_object_get(record, name);
		path = dot + 1;
	}
	return json_object_get(record, path);
}

bool record_figure(json_t *record, const char *path, double *figure)
{
	json_t *value = record_value(record, path);

	*figure = json_number_value(value);
	return json_is_number(value);
}

const char *const results_columns[] = {
	"map", "workload", "threads", "entries", "seconds", "run", "seed", "hugepages", "file_keys", "stall",
	"mops", "operations", "elapsed", "control", "memory.before", "memory.after", "memory.table",
	"memory.peak_pending", "memory.pending_objects", "bytes_per_entry", "latency.p50", "latency.p99", "latency.p999", "latency.p9999",
	"latency.max", "failure", NULL,
};

void record_text(json_t *record, const char *column, char *text, size_t size)
{
	json_t *value = record_value(record, column);

	text[0] = 0;
	if (json_is_string(value))
		snprintf(text, size, "%s", json_string_value(value));
	else if (json_is_boolean(value))
		snprintf(text, size, "%d", json_is_true(value));
	else if (json_is_integer(value))
		snprintf(text, size, "%lld", (long long)json_integer_value(value));
	else if (json_is_real(value))
		snprintf(text, size, "%.10g", json_real_value(value));
}

bool is_failure(const char *why)
{
	return why && strcmp(why, BEYOND_LIMIT) != 0;
}

bool results_have_failure(const struct results *results)
{
	json_t *record;
	size_t at;

	json_array_foreach(results->records, at, record)
		if (is_failure(json_string_value(json_object_get(record, "failure"))))
			return true;
	return false;
}

/* A field in quotes where it needs them. */
static void write_field(FILE *file, const char *text)
{
	if (!text[strcspn(text, ",\"\n")]) {
		fputs(text, file);
		return;
	}
	fputc('"', file);
	for (; *text; text++)
		fputs((const char[]){ *text, *text == '"' ? '"' : 0, 0 }, file);
	fputc('"', file);
}

bool results_write_csv(const struct results *results, FILE *file)
{
	json_t *record;
	size_t at;

	for (size_t i = 0; results_columns[i]; i++)
		fprintf(file, "%s%s", i ? "," : "", results_columns[i]);
	fputc('\n', file);
	json_array_foreach(results->records, at, record) {
		for (size_t i = 0; results_columns[i]; i++) {
			char text[256];

			record_text(record, results_columns[i], text, sizeof(text));
			if (i)
				fputc(',', file);
			write_field(file, text);
		}
		fputc('\n', file);
	}
	return fflush(file) == 0 && !ferror(file);
}
