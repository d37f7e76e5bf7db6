/*
 * tests/support/history.h - records what threads called and were answered, and when.
 *
 * Each thread writes to its own preallocated log.  Stamps come from one counter that a call's end
 * advances and its begin only reads: call A ended before call B began exactly if A.end < B.begin,
 * whatever the machine's clocks do.  INSTAR_CLOCK=tsc takes the time stamp counter instead (x86-64,
 * cores with synchronised clocks): nothing shared is written.
 *
 * Under ThreadSanitizer the counter is relaxed, so that it orders nothing that the map does not.
 */
#ifndef TESTS_HISTORY_H
#define TESTS_HISTORY_H

#include "tests/support/calls.h"
#include "tests/support/sanitizer.h"

struct event {
	struct call call;
	uint64_t begin, end;
};

struct history_log {
	struct event *events;
	size_t n, capacity;
} __attribute__((aligned(128)));

struct history {
	unsigned threads;
	struct history_log *logs;
};

struct history_clock {
	uint64_t now __attribute__((aligned(128)));
	bool tsc;
};
extern struct history_clock history_clock;

/* Aborts without memory. */
struct history *history_new(unsigned threads, size_t calls_each);
void history_free(struct history *history);

/* For histories written by hand. */
void history_append(struct history *history, unsigned thread, struct call call, uint64_t begin, uint64_t end);

#ifdef __SANITIZE_THREAD__
#define HISTORY_ORDER __ATOMIC_RELAXED
#else
#define HISTORY_ORDER __ATOMIC_SEQ_CST
#endif

static inline uint64_t history_tsc(void)
{
#ifdef __x86_64__
	uint32_t low, high;

	__asm__ volatile("lfence; rdtsc; lfence" : "=a"(low), "=d"(high) : : "memory");
	return (uint64_t)high << 32 | low;
#else
	return 0;
#endif
}

static inline bool history_full(const struct history_log *log)
{
	return log->n == log->capacity;
}

static inline uint64_t history_now(void)
{
	return history_clock.tsc ? history_tsc() : __atomic_load_n(&history_clock.now, HISTORY_ORDER);
}

static inline uint64_t history_end(void)
{
	return history_clock.tsc ? history_tsc() : __atomic_fetch_add(&history_clock.now, 1, HISTORY_ORDER);
}

/* Makes the call and records it.  The log must not be full. */
static inline void history_perform(struct history_log *log, const struct call *call, instar_map *map,
				   instar_thread *thread)
{
	struct event *event = &log->events[log->n++];

	event->call = *call;
	event->begin = history_now();
	call_perform(&event->call, map, thread);
	event->end = history_end();
}

#endif
