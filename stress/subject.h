/*
 * stress/subject.h - a map under test, as the driver sees it.
 *
 * Each map is one file that defines struct map and functions map_create, map_get ... (the list is in
 * loops.h) and then includes loops.h, which compiles every worker's loop around them and emits one
 * struct subject.  So an operation inside a loop is a direct, mostly inlined call for every map alike;
 * only set-up and checks go through the pointers below.
 */
#ifndef STRESS_SUBJECT_H
#define STRESS_SUBJECT_H

#include <stdatomic.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "stress/histogram.h"
#include "stress/workload.h"

struct map;        /* each subject's own */
struct map_thread; /* a thread's handle in one */

struct map_options {
	const char *scheme; /* of reclamation, where there is a choice */
	size_t capacity;    /* entries to make room for; 0: as few as the map allows */
	bool boxed;         /* values are objects, made by put_boxed and freed by the map */
	bool reuse;         /* of tombstones, where there is a choice */
	bool filter;        /* of misses, where there is a choice */
};

/* An object that is a value of a boxed map. */
struct box {
	uint64_t value;
	uint64_t rest[3];
};

/* What only some maps can tell; 0 where not. */
struct map_figures {
	uint64_t table_bytes;
	uint64_t pending_objects, pending_bytes; /* garbage now */
	uint64_t peak_pending_bytes;
	uint64_t grace_periods;
	uint64_t growths, purges;
	bool migrating;
};

/* One worker's task and what came of it. */
struct work {
	struct map *map;
	struct map_thread *thread;
	unsigned index;            /* of the thread */
	unsigned reads;            /* percent */
	const uint64_t *stream;
	size_t stream_mask;
	const uint64_t *share;     /* the part of the keys that this worker inserts */
	size_t share_length;
	uint64_t seed;
	const atomic_bool *stop;
	struct histogram *latency; /* in ticks */
	void (*sample)(size_t inserted); /* called now and then by LOOP_INSERT_SAMPLED */

	_Atomic uint64_t operations; /* so far */
	uint64_t wrong;            /* answers that cannot be right */
	uint64_t entries_gained, keys_gained; /* inserts less removes, of entries and summed keys; modulo 2^64 */
	uint64_t churn_first, churn_end; /* this thread's new keys with these numbers are present */
};

enum subject_kind {
	SUBJECT_OWN,      /* this library's map */
	SUBJECT_BASELINE, /* another map */
	SUBJECT_BOUND     /* not a map, but a bound for one: there is nothing to check */
};

struct subject {
	const char *name;
	const char *about;
	enum subject_kind kind;
	struct map *(*create)(const struct map_options *options); /* NULL: no memory */
	bool (*destroy)(struct map *map); /* no thread attached; false: it refused */
	struct map_thread *(*attach)(struct map *map); /* the calling thread; NULL: no memory */
	void (*detach)(struct map *map, struct map_thread *thread);
	void (*offline)(struct map *map, struct map_thread *thread); /* before waiting for long */
	void (*online)(struct map *map, struct map_thread *thread);
	bool (*get)(struct map *map, struct map_thread *thread, uint64_t key, uint64_t *value);
	size_t (*get_many)(struct map *map, struct map_thread *thread, const uint64_t *keys, size_t n,
			   uint64_t *values, uint8_t *found);
	bool (*insert)(struct map *map, struct map_thread *thread, uint64_t key, uint64_t value); /* true: it was new */
	bool (*put)(struct map *map, struct map_thread *thread, uint64_t key, uint64_t value); /* true: it was new */
	bool (*remove)(struct map *map, struct map_thread *thread, uint64_t key, uint64_t *old); /* true: it was there */
	bool (*get_boxed)(struct map *map, struct map_thread *thread, uint64_t key, uint64_t *value);
	bool (*put_boxed)(struct map *map, struct map_thread *thread, uint64_t key, uint64_t value);
	bool (*remove_boxed)(struct map *map, struct map_thread *thread, uint64_t key);
	size_t (*size)(struct map *map); /* nobody is writing */
	void (*figures)(struct map *map, struct map_figures *figures);
	bool (*audit)(struct map *map); /* nobody is using it; false: damaged */
	void (*work[LOOPS])(struct work *work);
};

#endif
