/* stress/workload.c - the list of workloads. */
#include "stress/workload.h"

#include <string.h>

const struct workload workloads[] = {
	{ .name = "hit", .loop = LOOP_HIT, .keys = KEYS_PRESENT, .sized = true,
	  .about = "get of present keys, uniformly drawn" },
	{ .name = "miss", .loop = LOOP_MISS, .keys = KEYS_STRANGERS, .sized = true, .about = "get of absent keys" },
	{ .name = "get_many", .loop = LOOP_GET_MANY, .keys = KEYS_PRESENT, .sized = true,
	  .about = "present keys looked up 32 a call, where the map has such a call" },
	{ .name = "put", .loop = LOOP_PUT, .keys = KEYS_PRESENT, .sized = true,
	  .about = "new values for present keys" },
	{ .name = "fill-warm", .loop = LOOP_INSERT, .from_empty = true, .sized = true, .warm = true,
	  .about = "insert of all keys into a map sized for them, pages touched before" },
	{ .name = "fill-cold", .loop = LOOP_INSERT, .from_empty = true, .sized = true,
	  .about = "the same, first touch of the pages included" },
	{ .name = "grow-warm", .loop = LOOP_INSERT, .from_empty = true, .warm = true,
	  .about = "insert of all keys into a map of the least size, pages touched before" },
	{ .name = "grow-cold", .loop = LOOP_INSERT, .from_empty = true,
	  .about = "the same, first touch of the pages included" },
	{ .name = "mix90", .loop = LOOP_MIX, .keys = KEYS_BOTH, .reads = 90, .sized = true,
	  .about = "90 % get, 5 % insert, 5 % remove over twice as many keys as entries" },
	{ .name = "mix50", .loop = LOOP_MIX, .keys = KEYS_BOTH, .reads = 50, .sized = true,
	  .about = "50 % get, 25 % insert, 25 % remove over twice as many keys as entries" },
	{ .name = "zipf", .loop = LOOP_GET_PUT, .keys = KEYS_ZIPF, .reads = 95, .sized = true,
	  .about = "95 % get, 5 % put of present keys drawn by Zipf's law, exponent 0.99" },
	{ .name = "churn", .loop = LOOP_CHURN, .sized = true,
	  .about = "insert of a key never seen before, remove of the oldest, in turn; two operations" },
	{ .name = "boxed", .loop = LOOP_BOXED, .keys = KEYS_BOTH, .reads = 50, .sized = true, .boxed = true,
	  .about = "values are allocated objects: 50 % get and read, 25 % put, 25 % remove, "
		   "over twice as many keys as entries" },
	{ .name = "latency-warm", .loop = LOOP_INSERT_TIMED, .from_empty = true, .warm = true,
	  .about = "as grow-warm, each insert timed" },
	{ .name = "latency-cold", .loop = LOOP_INSERT_TIMED, .from_empty = true,
	  .about = "as grow-cold, each insert timed" },
	{ .name = "memory", .loop = LOOP_INSERT_SAMPLED, .from_empty = true, .single = true,
	  .about = "resident memory while one thread inserts all keys into a map of the least size" },
};

const size_t workload_count = sizeof(workloads) / sizeof(workloads[0]);

const struct workload *workload_find(const char *name)
{
	for (size_t i = 0; i < workload_count; i++)
		if (strcmp(workloads[i].name, name) == 0)
			return &workloads[i];
	return NULL;
}
