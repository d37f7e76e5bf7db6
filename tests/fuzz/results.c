/*
 * tests/fuzz/results.c - files of results, as of `instar-stress report`: what is read can be summed up and written again;
 * the rest is refused by its line.
 */
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include "stress/summary.h"
#include "tests/fuzz/fuzz.h"

enum { COLUMNS_AT_MOST = 64, SETTINGS_AT_MOST = 64, LINES_AT_MOST = 12 };

static void read_file(struct results *results, const uint8_t *data, size_t size)
{
	int fd = memfd_create("results", MFD_CLOEXEC);
	size_t line = 0, lines = 1;
	char path[64];

	FUZZ_CHECK(fd >= 0 && write(fd, data, size) == (ssize_t)size);
	snprintf(path, sizeof path, "/proc/self/fd/%d", fd);
	for (size_t i = 0; i < size; i++)
		lines += data[i] == '\n';
	if (!results_read(results, path, &line))
		FUZZ_CHECK(line >= 1 && line <= lines);
	close(fd);
}

static void sum_up(const struct results *results)
{
	struct cell settings[SETTINGS_AT_MOST];
	struct summary summary;
	size_t repetitions = 0;

	FUZZ_CHECK(summary_make(&summary, results));
	FUZZ_CHECK(summary.count <= json_array_size(results->records));
	for (size_t i = 0; i < summary.count; i++) {
		const struct group *group = &summary.groups[i];

		repetitions += json_array_size(group->records);
		group_estimate(group, "latency.p99");
		group_ratio(group, "mops", &summary.groups[0], "mops");
		FUZZ_CHECK(!group_verdict(group) == !group_failure(group));
		FUZZ_CHECK(summary_find(&summary, group->cell.map, group->cell.workload, &group->cell));
	}
	FUZZ_CHECK(repetitions == json_array_size(results->records));
	FUZZ_CHECK(summary_settings(&summary, settings, SETTINGS_AT_MOST) <= SETTINGS_AT_MOST);
	summary_free(&summary);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct results results;
	FILE *csv = fopen("/dev/null", "w");

	results_make(&results);
	read_file(&results, data, size);
	sum_up(&results);
	FUZZ_CHECK(csv && results_write_csv(&results, csv) && fclose(csv) == 0);
	results_free(&results);
	return 0;
}

/* Some lines, as a comparison writes them. */
size_t fuzz_example(struct rng *rng, uint8_t *out, size_t capacity)
{
	static const char *const maps[] = { "mutex64", "instar/ebr", "raw" };
	static const char *const works[] = { "hit", "mix50", "latency-warm" };
	size_t size = (size_t)snprintf((char *)out, capacity, "{\"environment\": {\"cpu\": \"any\", \"processors\": 2}}\n");

	for (uint64_t n = rng_below(rng, LINES_AT_MOST); n--;) {
		const char *failure = rng_below(rng, 8) ? "" : ", \"failure\": \"it hangs\"";

		size += (size_t)snprintf((char *)out + size, capacity - size,
					 "{\"map\": \"%s\", \"workload\": \"%s\", \"threads\": %u, \"entries\": 1000, "
					 "\"seconds\": 0.1, \"seed\": 1, \"run\": %u, \"hugepages\": false, \"file_keys\": false, "
					 "\"stall\": \"none\", \"mops\": %u.5, \"latency\": {\"p50\": 9, \"p99\": %u}%s}\n",
					 maps[rng_below(rng, 3)], works[rng_below(rng, 3)], (unsigned)rng_below(rng, 3) + 1,
					 (unsigned)rng_below(rng, 3), (unsigned)rng_below(rng, 100),
					 (unsigned)rng_below(rng, 1000), failure);
	}
	return size;
}
