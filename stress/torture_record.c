/*
 * stress/torture_record.c - as JSON:
 *
 *	{ "torture": { "version", "scheme", "seed", "threads", "steps" },
 *	  "history": [ of each thread [ of each call [ key, a, b, out, kind, status, blind, hashed, begin, end ] ] ] }
 *
 * The fields of a call are those of struct event (tests/support), unsigned words as signed ones.
 */
#include "stress/torture_record.h"

#include <errno.h>
#include <jansson.h>
#include <stdio.h>
#include <string.h>

#include "stress/subjects.h"
#include "tests/support/linear.h"

enum { FORMAT = 1 };

static json_t *call_to_json(const struct event *event)
{
	const struct call *call = &event->call;

	return json_pack("[I,I,I,I,i,i,b,b,I,I]", (json_int_t)call->key, (json_int_t)call->a, (json_int_t)call->b,
			 (json_int_t)call->out, call->kind, call->status, call->blind, call->hashed,
			 (json_int_t)event->begin, (json_int_t)event->end);
}

static json_t *history_to_json(const struct history *history)
{
	json_t *threads = json_array();

	for (unsigned t = 0; t < history->threads; t++) {
		const struct history_log *log = &history->logs[t];
		json_t *calls = json_array();

		for (size_t i = 0; i < log->n; i++)
			json_array_append_new(calls, call_to_json(&log->events[i]));
		json_array_append_new(threads, calls);
	}
	return threads;
}

bool record_write(const char *path, const struct torture_plan *plan, const struct history *history)
{
	json_t *json = json_pack("{s:{s:i, s:s, s:I, s:i, s:i}, s:o}", "torture", "version", FORMAT, "scheme",
				 plan->scheme->name, "seed", (json_int_t)plan->seed, "threads", (int)plan->threads, "steps",
				 (int)plan->steps, "history", history_to_json(history));
	FILE *file = fopen(path, "w");
	bool ok = file && json && json_dumpf(json, file, JSON_COMPACT) == 0 && fputc('\n', file) != EOF;

	if (file)
		ok &= fclose(file) == 0;
	json_decref(json);
	return ok;
}

/* A thread makes one call after the other; calls on many keys stand as one on each, with the same times. */
static bool follows(const struct history_log *log, const struct event *event)
{
	for (size_t i = log->n; i--;) {
		const struct event *before = &log->events[i];

		if (event->begin > before->end)
			return true;
		if (event->begin != before->begin || event->end != before->end || event->call.key == before->call.key)
			return false;
	}
	return true;
}

static bool call_from_json(json_t *json, struct history_log *log)
{
	struct event *event = &log->events[log->n];
	json_int_t key, a, b, out, kind, status, begin, end; /* jansson cuts an int off, unsaid */
	int blind, hashed;

	if (json_unpack(json, "[I,I,I,I,I,I,b,b,I,I!]", &key, &a, &b, &out, &kind, &status, &blind, &hashed, &begin,
			&end) != 0 ||
	    kind < 0 || kind > CALL_CLEAR || kind == CALL_KINDS || status < 0 || status > INSTAR_IO)
		return false;
	*event = (struct event){ { .key = (uint64_t)key, .a = (uint64_t)a, .b = (uint64_t)b, .out = (uint64_t)out,
				   .kind = (uint8_t)kind, .status = (uint8_t)status, .blind = blind, .hashed = hashed },
				 (uint64_t)begin, (uint64_t)end };
	if (event->begin > event->end || !follows(log, event))
		return false;
	log->n++;
	return true;
}

static bool history_from_json(json_t *threads, struct history **history)
{
	size_t most = 0, t, i;
	json_t *calls, *call;

	if (!json_is_array(threads) || json_array_size(threads) > TORTURE_THREADS)
		return false;
	json_array_foreach(threads, t, calls)
		most = json_array_size(calls) > most ? json_array_size(calls) : most;
	*history = history_new((unsigned)json_array_size(threads), most);
	json_array_foreach(threads, t, calls)
		json_array_foreach(calls, i, call)
			if (!call_from_json(call, &(*history)->logs[t])) {
				history_free(*history);
				return false;
			}
	return true;
}

/* NULL: no error. */
static const char *read_json(struct torture_record *record, json_t *json)
{
	json_int_t version, seed, threads, steps;
	const char *scheme;
	json_t *history;

	if (json_unpack(json, "{s:{s:I, s:s, s:I, s:I, s:I}, s:o}", "torture", "version", &version, "scheme", &scheme,
			"seed", &seed, "threads", &threads, "steps", &steps, "history", &history) != 0)
		return "not a record of torture";
	if (version != FORMAT)
		return "a record of another version";
	if (threads < 1 || threads > TORTURE_THREADS || steps < 1 || steps > TORTURE_STEPS ||
	    strlen(scheme) >= RECORD_SCHEME)
		return "not a record of torture";
	snprintf(record->scheme, RECORD_SCHEME, "%s", scheme);
	record->plan = (struct torture_plan){ .scheme = scheme_find(scheme, strlen(scheme)), .seed = (uint64_t)seed,
					      .threads = (unsigned)threads, .steps = (unsigned)steps };
	return history_from_json(history, &record->history) ? NULL : "the history is damaged";
}

bool record_read(struct torture_record *record, const char *path, char error[RECORD_ERROR])
{
	FILE *file = fopen(path, "r");
	const char *wrong;
	json_error_t where;
	json_t *json;

	if (!file) {
		snprintf(error, RECORD_ERROR, "%s", strerror(errno));
		return false;
	}
	json = json_loadf(file, 0, &where);
	fclose(file);
	wrong = json ? read_json(record, json) : where.text;
	if (wrong)
		snprintf(error, RECORD_ERROR, "%s", wrong);
	json_decref(json);
	return !wrong;
}

bool record_judge(const struct torture_record *record)
{
	const struct history *history = record->history;
	unsigned long long calls = 0;
	bool fine = linear_check(history, stdout);

	for (unsigned t = 0; t < history->threads; t++)
		calls += history->logs[t].n;
	printf("replay: %llu calls of %u threads: %s\n", calls, history->threads,
	       fine ? "linearizable" : "VIOLATION: no order explains them");
	return fine;
}
