/*
 * tests/support/history.c - the logs of recorded histories.
 */
#include <stdlib.h>
#include <string.h>

#include "tests/support/history.h"

struct history_clock history_clock;

struct history *history_new(unsigned threads, size_t calls_each)
{
	const char *clock = getenv("INSTAR_CLOCK");
	struct history *history = malloc(sizeof *history);
	size_t bytes = sizeof(struct history_log) * threads;

	if (!history || posix_memalign((void **)&history->logs, 128, bytes))
		abort();
	history->threads = threads;
	memset(history->logs, 0, bytes);
	for (unsigned t = 0; t < threads; t++) {
		struct history_log *log = &history->logs[t];

		log->capacity = calls_each;
		log->events = calloc(calls_each + 1, sizeof *log->events);
		if (!log->events)
			abort();
		memset(log->events, 0xff, calls_each * sizeof *log->events); /* touched: no page fault later */
	}
#ifdef __x86_64__
	history_clock.tsc = clock && !strcmp(clock, "tsc");
#else
	(void)clock;
#endif
	return history;
}

void history_free(struct history *history)
{
	for (unsigned t = 0; t < history->threads; t++)
		free(history->logs[t].events);
	free(history->logs);
	free(history);
}

void history_append(struct history *history, unsigned thread, struct call call, uint64_t begin, uint64_t end)
{
	struct history_log *log = &history->logs[thread];

	if (history_full(log))
		abort();
	log->events[log->n++] = (struct event){ call, begin, end };
}
