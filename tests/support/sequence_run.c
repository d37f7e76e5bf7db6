/*
 * tests/support/sequence_run.c - a sequence of calls on a map and on the model, answer by answer.
 */
#include <stdarg.h>
#include <stdlib.h>

#include "tests/support/sequence.h"

struct run {
	const struct surroundings *around;
	instar_domain *domain;
	instar_map *map;
	instar_thread *thread;
	struct model *model;
	uint64_t refused_before; /* the call under way */
	size_t entries;          /* of the model */
	FILE *report;
};

__attribute__((format(printf, 2, 3))) static bool wrong(struct run *run, const char *format, ...)
{
	va_list list;

	if (!run->report)
		return false;
	va_start(list, format);
	fputs("# ", run->report);
	vfprintf(run->report, format, list);
	fputc('\n', run->report);
	va_end(list);
	return false;
}

static bool refused_now(const struct run *run)
{
	return run->around->refused && *run->around->refused > run->refused_before;
}

static bool run_call(struct run *run, const struct call *asked)
{
	struct cell *cell = model_cell(run->model, asked->key), before = *cell;
	struct call got = *asked, expected;
	char text[2][CALL_TEXT];

	call_perform(&got, run->map, run->thread);
	if (got.status == INSTAR_NOMEM && refused_now(run))
		return true;
	expected = call_answer(asked, cell);
	run->entries += cell->present - before.present;
	if (got.status == expected.status && got.out == expected.out)
		return true;
	return wrong(run, "%s, expected %s", call_text(&got, text[0], CALL_TEXT),
		     call_text(&expected, text[1], CALL_TEXT));
}

/* The keys of a batch are near each other, and some come twice. */
static uint64_t batch_key(const struct action *action, unsigned i)
{
	return (action->call.key + i - i % 7 % 2) & WORD_MASK;
}

static bool run_get_many(struct run *run, const struct action *action)
{
	uint64_t keys[BATCH_LIMIT], values[BATCH_LIMIT];
	uint8_t found[BATCH_LIMIT];
	bool counts_only = action->call.a % 4 == 0;
	size_t hits = 0, said;

	for (unsigned i = 0; i < action->n; i++)
		keys[i] = batch_key(action, i);
	said = instar_get_many(run->map, run->thread, keys, action->n, counts_only ? NULL : values,
			       counts_only ? NULL : found);
	for (unsigned i = 0; i < action->n; i++) {
		const struct cell *cell = model_cell(run->model, keys[i]);

		hits += cell->present;
		if (!counts_only && (found[i] != cell->present || (found[i] && values[i] != cell->value)))
			return wrong(run, "get_many: key %llu: found %d", (unsigned long long)keys[i], found[i]);
	}
	return said == hits || wrong(run, "get_many: %zu hits, expected %zu", said, hits);
}

/* The calls that write many keys: what each element is, and the call that makes them all. */
static size_t write_many(struct run *run, enum action_kind kind, const uint64_t *keys, const uint64_t *values,
			 size_t n, uint64_t *old, enum instar_status *status)
{
	switch (kind) {
	case ACT_INSERT_MANY:
		return instar_insert_many(run->map, run->thread, keys, values, n, status);
	case ACT_PUT_MANY:
		return instar_put_many(run->map, run->thread, keys, values, n, status);
	case ACT_REMOVE_MANY:
		return instar_remove_many(run->map, run->thread, keys, n, old, status);
	default:
		return instar_fetch_add_many(run->map, run->thread, keys, values, n, 7, old, status);
	}
}

static bool run_write_many(struct run *run, const struct action *action)
{
	static const unsigned char element[] = { CALL_INSERT, CALL_PUT, CALL_REMOVE, CALL_FETCH_ADD };
	uint64_t keys[BATCH_LIMIT], values[BATCH_LIMIT], old[BATCH_LIMIT];
	enum action_kind kind = action->call.kind;
	enum instar_status status[BATCH_LIMIT];
	size_t done = 0, said;

	for (unsigned i = 0; i < action->n; i++) {
		keys[i] = batch_key(action, i);
		values[i] = (action->call.a + i) & WORD_MASK;
	}
	said = write_many(run, kind, keys, values, action->n, old, status);
	for (unsigned i = 0; i < action->n; i++) {
		struct cell *cell = model_cell(run->model, keys[i]), before = *cell;
		struct call call = { .key = keys[i], .a = values[i], .b = 7, .blind = kind <= ACT_PUT_MANY,
				     .kind = element[kind - ACT_INSERT_MANY] }, answer;

		if (status[i] == INSTAR_NOMEM && refused_now(run))
			continue;
		answer = call_answer(&call, cell);
		run->entries += cell->present - before.present;
		done += answer.status == INSTAR_OK ||
			(answer.status == INSTAR_EXISTS && kind != ACT_INSERT_MANY);
		if (status[i] != answer.status || (answer.out && old[i] != answer.out))
			return wrong(run, "a batch: key %llu: %s, expected %s", (unsigned long long)keys[i],
				     instar_status_name(status[i]), instar_status_name(answer.status));
	}
	return said == done || wrong(run, "a batch: %zu, expected %zu", said, done);
}

static bool run_clear(struct run *run)
{
	const struct model_entry *entry = NULL;
	enum instar_status status = instar_clear(run->map, run->thread);

	if (status == INSTAR_NOMEM && refused_now(run))
		return true;
	while (model_next(run->model, &entry))
		*model_cell(run->model, entry->key) = (struct cell){ 0, false };
	run->entries = 0;
	return status == INSTAR_OK || wrong(run, "clear: %s", instar_status_name(status));
}

/* Everything once, in the order of the hash, from the map or (not NULL) a snapshot of it. */
static bool run_scan(struct run *run, const struct action *action, instar_snapshot *snapshot)
{
	struct instar_entry out[BATCH_LIMIT];
	enum instar_status status;
	uint64_t cursor = 0, last = 0;
	size_t met = 0, n;

	do {
		status = snapshot ? instar_snapshot_scan(snapshot, run->thread, &cursor, out, action->n + 1, &n) :
			 instar_scan(run->map, run->thread, &cursor, out, action->n + 1, &n);
		for (size_t i = 0; i < n && n <= action->n + 1; i++) {
			const struct cell *cell = model_cell(run->model, out[i].key);
			uint64_t hash = instar_hash(run->map, out[i].key);

			if (!cell->present || cell->value != out[i].value || (met && hash <= last))
				return wrong(run, "scan: key %llu", (unsigned long long)out[i].key);
			last = hash;
			met++;
		}
	} while (status == INSTAR_OK && n <= action->n + 1);
	return (status == INSTAR_NOTFOUND && met == run->entries && !cursor) ||
	       wrong(run, "scan: %s after %zu of %zu entries", instar_status_name(status), met, run->entries);
}

/* What is written after the snapshot was taken is not in it. */
static bool run_snapshot(struct run *run, const struct action *action)
{
	struct cell before = *model_cell(run->model, action->call.key), shown = { 0, false };
	struct call put = { .key = action->call.key, .a = action->call.a & WORD_MASK, .kind = CALL_PUT };
	instar_snapshot *snapshot;
	enum instar_status status = instar_snapshot_open(run->map, run->thread, &snapshot);
	size_t count = 0;
	bool fine;

	if (status == INSTAR_NOMEM && refused_now(run))
		return true;
	if (status != INSTAR_OK)
		return wrong(run, "snapshot: %s", instar_status_name(status));
	fine = instar_snapshot_count(snapshot, run->thread, &count) == INSTAR_OK && count == run->entries;
	if (!fine)
		wrong(run, "a snapshot's count: %zu of %zu entries", count, run->entries);
	fine = fine && run_scan(run, action, snapshot) && run_call(run, &put);
	shown.present = instar_snapshot_get(snapshot, run->thread, put.key, &shown.value) == INSTAR_OK;
	instar_snapshot_close(snapshot, run->thread);
	return (fine && cell_equal(shown, before)) || wrong(run, "a snapshot");
}

static bool run_other(struct run *run, const struct action *action)
{
	enum instar_status status = INSTAR_OK;
	size_t size;

	switch (action->call.kind) {
	case ACT_SHRINK:
	case ACT_RESERVE:
		status = action->call.kind == ACT_SHRINK ? instar_shrink(run->map, run->thread) :
			 instar_reserve(run->map, run->thread, action->n);
		if (status == INSTAR_NOMEM && refused_now(run))
			return true;
		return status == INSTAR_OK || wrong(run, "reserve or shrink: %s", instar_status_name(status));
	case ACT_MAINTAIN:
		status = instar_maintain(run->map, run->thread, action->n);
		if (status == INSTAR_NOMEM && refused_now(run))
			return true;
		return status == INSTAR_OK || status == INSTAR_BUSY ||
		       wrong(run, "maintain: %s", instar_status_name(status));
	case ACT_PREFETCH:
		instar_prefetch(run->map, run->thread, action->call.key);
		return true;
	case ACT_SIZE:
		size = instar_size(run->map);
		return size == run->entries || wrong(run, "size %zu, expected %zu", size, run->entries);
	default:
		return instar_map_check(run->map, run->report) == INSTAR_OK || wrong(run, "audit");
	}
}

static bool run_action(struct run *run, const struct action *action)
{
	instar_thread_quiescent(run->thread);
	run->refused_before = run->around->refused ? *run->around->refused : 0;
	if (action->call.kind < CALL_KINDS)
		return run_call(run, &action->call);
	if (action->call.kind == ACT_GET_MANY)
		return run_get_many(run, action);
	if (action->call.kind <= ACT_FETCH_ADD_MANY)
		return run_write_many(run, action);
	if (action->call.kind == ACT_CLEAR)
		return run_clear(run);
	if (action->call.kind == ACT_SCAN)
		return run_scan(run, action, NULL);
	if (action->call.kind == ACT_SNAPSHOT)
		return run_snapshot(run, action);
	return run_other(run, action);
}

static bool compare(struct run *run)
{
	const struct model_entry *entry = NULL;
	size_t size = instar_size(run->map);

	while (model_next(run->model, &entry)) {
		struct cell cell = { 0, false };

		cell.present = instar_get(run->map, run->thread, entry->key, &cell.value) == INSTAR_OK;
		if (!cell_equal(cell, entry->cell))
			return wrong(run, "at the end: key %llu: %s", (unsigned long long)entry->key,
				     cell.present ? "there" : "not there");
	}
	if (size != run->entries || size != model_size(run->model))
		return wrong(run, "at the end: size %zu, expected %zu", size, run->entries);
	return instar_map_check(run->map, run->report) == INSTAR_OK || wrong(run, "at the end: audit");
}

/* Everything that a run needs; false: the library refused, rightly or not (*fine). */
static bool open_run(struct run *run, const struct sequence *s, bool *fine)
{
	enum instar_status status;

	run->refused_before = run->around->refused ? *run->around->refused : 0;
	status = instar_domain_create(&run->domain, run->around->scheme, run->around->domain_opts);
	if (status == INSTAR_OK)
		status = instar_map_create(&run->map, run->domain, &s->opts);
	if (status == INSTAR_OK && s->handle)
		status = instar_thread_attach(run->domain, &run->thread);
	*fine = status == INSTAR_OK || (status == INSTAR_NOMEM && refused_now(run));
	if (!*fine)
		wrong(run, "create: %s", instar_status_name(status));
	return status == INSTAR_OK;
}

static bool close_run(struct run *run)
{
	bool fine = true;

	if (run->thread)
		fine = instar_thread_detach(run->thread) == INSTAR_OK;
	fine = instar_map_destroy(run->map) == INSTAR_OK && fine;
	if (run->domain)
		fine = instar_domain_destroy(run->domain) == INSTAR_OK && fine;
	return fine || wrong(run, "destroy failed");
}

bool sequence_run(const struct sequence *s, const struct surroundings *around, FILE *report)
{
	struct run run = { .around = around, .model = model_new(), .report = report };
	bool fine;

	if (!run.model)
		abort();
	if (open_run(&run, s, &fine)) {
		for (size_t i = 0; i < s->n && fine; i++)
			fine = run_action(&run, &s->actions[i]);
		fine = fine && compare(&run);
	}
	fine = close_run(&run) && fine;
	model_free(run.model);
	return fine;
}
