/*
 * stress/torture_parts.h - what a round of torture is made of: one domain, two maps, and threads that check every
 * answer they get while tables grow, shrink, are purged and cleared, memory is refused and threads sleep
 * inside sections.
 *
 *	owned     keys that one thread alone writes: each answer is known beforehand
 *	hot       keys that all write: recorded, and checked for linearizability (tests/support/linear.h)
 *	shared    keys that come and go: a value tells its key
 *	sums      counters: what was added is there in the end
 *	trails    writes that tell their order: a snapshot shows one moment (tests/support/trail.h)
 *	residents keys never written again: a scan meets each once
 *	objects   values of the second map: alive while a section may reach them, destroyed once
 */
#ifndef STRESS_TORTURE_PARTS_H
#define STRESS_TORTURE_PARTS_H

#include <instar/instar.h>

#include "stress/torture.h"
#include "tests/support/history.h"
#include "tests/support/injector.h"
#include "tests/support/trail.h"

enum { HOT = 12, OWNED = 300, RESIDENTS = 400, SUMS = 8, OBJECT_KEYS = 200 };

/* The keys: the upper half says what for. */
enum { FOR_HOT, FOR_SUMS, FOR_RESIDENTS, FOR_SHARED, FOR_OWNED = 1 << 8, FOR_TRAIL = 1 << 9, FOR_WINDOW = 1 << 10 };

static inline uint64_t torture_key(uint64_t purpose, uint64_t i)
{
	return purpose << 32 | i;
}

struct object;

/* One thread of the round. */
struct hand {
	struct torture *torture;
	unsigned index;
	instar_thread *thread;            /* NULL: the library finds it */
	struct rng rng;
	struct history_log *log;          /* of calls on hot keys; NULL: enough threads do that */
	struct trail trail;
	struct cell owned[OWNED];
	uint64_t added, inserted, removed; /* to the sums; into the window and out */
	uint64_t calls;                    /* whose answer was judged */
} __attribute__((aligned(128)));

struct torture {
	const struct torture_plan *plan;
	bool clears, refuses, crowded, no_reuse;
	instar_domain *domain;
	instar_map *map, *boxed;
	struct injector injector;
	struct history *history;
	struct hand *hands;
	uint64_t hot[HOT];
	uint64_t front;            /* atomic: of the shared keys */
	struct object *objects;    /* atomic: all that were made */
	uint64_t destroyed;        /* atomic */
	unsigned working;          /* atomic: hands */
	uint64_t came_on;          /* atomic: how often one of them came to rest */
	unsigned violations;       /* atomic */
	struct torture_sum sum;    /* atomic */
};

/* One more thing that must not be. */
void torture_violation(struct torture *torture, const char *format, ...) __attribute__((format(printf, 2, 3)));

/* NOMEM where memory is refused; then nothing has changed. */
static inline bool torture_refused(const struct torture *torture, enum instar_status status)
{
	return torture->refuses && status == INSTAR_NOMEM;
}

static inline void torture_count(uint64_t *counter, uint64_t n)
{
	__atomic_fetch_add(counter, n, __ATOMIC_RELAXED);
}

/* ---- torture_calls.c: one step each ---- */
void torture_owned(struct hand *hand);
void torture_hot(struct hand *hand);
void torture_shared(struct hand *hand);
void torture_sum(struct hand *hand);
void torture_trail(struct hand *hand);
void torture_window(struct hand *hand);

/* ---- torture_whole.c: what goes over the whole map ---- */
void torture_upheaval(struct hand *hand);
void torture_clear(struct hand *hand);
void torture_scan(struct torture *torture, instar_thread *thread);
void torture_snapshot(struct torture *torture, instar_thread *thread);
void torture_audit(struct torture *torture); /* at rest */

/* ---- torture_objects.c ---- */
void torture_object_write(struct hand *hand);
void torture_object_read(struct hand *hand);
/* Sleeps `milliseconds` inside a section, its object at hand. */
void torture_park(struct torture *torture, instar_thread *thread, uint64_t key, unsigned milliseconds);
/* After the domain is gone: each that the map got was destroyed once.  Frees them. */
void torture_objects_end(struct torture *torture);
/* value_free of the boxed map. */
void torture_object_destroy(void *object, void *torture);

#endif
