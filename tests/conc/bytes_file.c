/*
 * tests/conc/bytes_file.c - images of maps of byte-string keys: what is saved comes back, a moment of the map; what is
 * damaged or cut short is CORRUPT and leaves nothing behind.
 */
#include <errno.h>
#include <signal.h>
#include <unistd.h>

#include "tests/support/bytes.h"
#include "tests/support/injector.h"
#include "tests/support/sanitizer.h"
#include "tests/support/tap.h"
#include "tests/support/image.h"
#include "tests/support/threads.h"
#include "tests/support/world.h"

enum { SMALL = 6, LARGE = TEST_WORK(20000), COUNTERS = 1000, RAISES = TEST_WORK(30000), EACH = 1000, SAVES = 5,
       LONG = 300000, BLOCK = 1 << 16 };

/* Of as many keys of all lengths; if `extremes`, also of no bytes at all, and of more than a block has. */
static instar_bmap *map_of(instar_domain *domain, instar_bmap_hash_fn *hash, uint64_t entries, bool extremes)
{
	instar_bmap *map = bytes_map(domain, hash, NULL);
	unsigned char key[BYTES_KEY_MAX];
	char *big = calloc(1, LONG);

	for (uint64_t i = 0; i < entries; i++)
		if (instar_bmap_insert(map, NULL, key, bytes_key(key, i), ~i, NULL) != INSTAR_OK)
			bail_out("no entry");
	if (!big || (extremes && (instar_bmap_insert(map, NULL, NULL, 0, 3, NULL) != INSTAR_OK ||
				  instar_bmap_insert(map, NULL, big, LONG, 4, NULL) != INSTAR_OK ||
				  instar_bmap_insert(map, NULL, big, BLOCK, 5, NULL) != INSTAR_OK)))
		bail_out("no entry");
	free(big);
	return map;
}

static bool holds(instar_bmap *map, uint64_t entries, bool extremes)
{
	unsigned char key[BYTES_KEY_MAX];
	uint64_t value, none = 0, longest = 0, block = 0;
	char *big = calloc(1, LONG);

	for (uint64_t i = 0; i < entries; i++)
		if (instar_bmap_get(map, NULL, key, bytes_key(key, i), &value) != INSTAR_OK || value != ~i)
			return false;
	if (extremes) {
		instar_bmap_get(map, NULL, NULL, 0, &none);
		instar_bmap_get(map, NULL, big, LONG, &longest);
		instar_bmap_get(map, NULL, big, BLOCK, &block);
	}
	free(big);
	return (!extremes || (none == 3 && longest == 4 && block == 5)) &&
	       instar_bmap_size(map) == entries + (extremes ? 3 : 0) && instar_bmap_check(map, stdout) == INSTAR_OK;
}

/* ---- round trips ---- */

static void round_trip(const struct instar_scheme_info *scheme, void *arg)
{
	static instar_bmap_hash_fn *const hashes[] = { NULL, bytes_few_hashes };
	const uint64_t sizes[] = { 0, 1, LARGE };
	instar_bmap *map, *copy;
	instar_domain *domain;
	bool fine = true;
	int fd = file_new();

	(void)arg;
	if (!scheme->section_protects_all)
		return;
	if (instar_domain_create(&domain, scheme->name, NULL) != INSTAR_OK)
		bail_out("%s: no domain", scheme->name);
	for (unsigned i = 0; i < 6; i++) {
		uint64_t size = i % 2 ? sizes[i / 2] % 2000 : sizes[i / 2]; /* the few hashes have few keys each */
		off_t before = lseek(fd, 0, SEEK_CUR), after;

		map = map_of(domain, hashes[i % 2], size, i >= 2);
		fine = fine && instar_bmap_save(map, NULL, fd) == INSTAR_OK;
		after = lseek(fd, 0, SEEK_CUR);
		lseek(fd, before, SEEK_SET);
		fine = fine && instar_bmap_load(&copy, domain, NULL, fd) == INSTAR_OK && holds(copy, size, i >= 2);
		fine = fine && lseek(fd, 0, SEEK_CUR) == after; /* behind the image */
		instar_bmap_destroy(map);
		instar_bmap_destroy(copy);
	}
	ok(fine, "%s: maps of several sizes and hashes, one behind the other in a file", scheme->name);
	ok(instar_domain_destroy(domain) == INSTAR_OK, "%s: nothing stays attached", scheme->name);
	close(fd);
}

static void load_leaves_nobody(const struct instar_scheme_info *scheme, void *arg)
{
	struct instar_reclaim_stats stats;
	instar_domain *domain;
	instar_bmap *copy;
	int fd = file_new();

	(void)arg;
	if (!scheme->section_protects_all)
		return;
	copy = map_of(NULL, NULL, SMALL, false);
	instar_bmap_save(copy, NULL, fd);
	instar_bmap_destroy(copy);
	lseek(fd, 0, SEEK_SET);
	if (instar_domain_create(&domain, scheme->name, NULL) != INSTAR_OK ||
	    instar_bmap_load(&copy, domain, NULL, fd) != INSTAR_OK)
		bail_out("%s: no map", scheme->name);
	instar_domain_stats(domain, &stats);
	ok(stats.threads == 0 && holds(copy, SMALL, false), "%s: who loads is not attached after it", scheme->name);
	instar_bmap_destroy(copy);
	instar_domain_destroy(domain);
	close(fd);
}

struct pipe_test {
	int fd[2];
	bool fine;
};

static void *read_two(void *arg)
{
	struct pipe_test *test = arg;
	instar_bmap *first = NULL, *second = NULL;

	test->fine = instar_bmap_load(&first, NULL, NULL, test->fd[0]) == INSTAR_OK && holds(first, LARGE, true) &&
		     instar_bmap_load(&second, NULL, NULL, test->fd[0]) == INSTAR_OK && holds(second, SMALL, false);
	instar_bmap_destroy(first);
	instar_bmap_destroy(second);
	return NULL;
}

static void pipes(void)
{
	instar_bmap *large = map_of(NULL, NULL, LARGE, true), *small = map_of(NULL, NULL, SMALL, false);
	struct pipe_test test;
	pthread_t reader;
	bool fine;

	if (pipe(test.fd) || pthread_create(&reader, NULL, read_two, &test))
		bail_out("no pipe");
	fine = instar_bmap_save(large, NULL, test.fd[1]) == INSTAR_OK &&
	       instar_bmap_save(small, NULL, test.fd[1]) == INSTAR_OK;
	pthread_join(reader, NULL);
	ok(fine && test.fine, "two images through a pipe whose other end stays open");
	instar_bmap_destroy(large);
	instar_bmap_destroy(small);
	close(test.fd[0]);
	close(test.fd[1]);
}

/* ---- damage ---- */

static bool load_answers(int fd, instar_domain *domain, enum instar_status status)
{
	instar_bmap *map = (instar_bmap *)&map;
	enum instar_status got = instar_bmap_load(&map, domain, NULL, fd);

	if (got != status)
		diag("%s", instar_status_name(got));
	return got == status && !map;
}

static void damage(void)
{
	struct injector injector;
	instar_domain *domain;
	instar_bmap *map = map_of(NULL, NULL, SMALL, false);
	unsigned char image[IMAGE_MAX], key[BYTES_KEY_MAX];
	int fd = file_new();
	size_t n, keys = 0;

	injector_init(&injector);
	if (instar_domain_create(&domain, NULL, &injector.opts) != INSTAR_OK ||
	    instar_bmap_save(map, NULL, fd) != INSTAR_OK || lseek(fd, 0, SEEK_SET))
		bail_out("no image");
	instar_bmap_destroy(map);
	n = (size_t)read(fd, image, sizeof image);
	for (uint64_t i = 0; i < SMALL; i++)
		keys += 12 + bytes_key(key, i);
	ok(n == 24 + 8 + keys + 8 + 24, "the image has the size of its format (%zu)", n);
	image_is_guarded(fd, domain, image, n, load_answers);
	ok(instar_bmap_load(&map, domain, NULL, fd) == INSTAR_OK && holds(map, SMALL, false), "undamaged: OK");
	instar_bmap_destroy(map);
	ok(instar_domain_destroy(domain) == INSTAR_OK && !injector.live, "nothing was left behind");
	close(fd);
}

/* ---- refusals ---- */

static void no_free(void *value, void *ctx)
{
	(void)value;
	(void)ctx;
}

static void refusals(void)
{
	struct instar_bmap_opts opts = INSTAR_BMAP_OPTS_INIT;
	instar_bmap *map = map_of(NULL, NULL, LARGE, false), *boxed, *out;
	instar_map *numbers;
	int fd = file_new();

	ok(instar_bmap_save(map, NULL, -1) == INSTAR_IO && errno == EBADF, "save to no descriptor: IO");
	ok(instar_bmap_load(&out, NULL, NULL, -1) == INSTAR_IO && errno == EBADF && !out, "load from none: IO");
	if (instar_bmap_save(map, NULL, fd) != INSTAR_OK || lseek(fd, 0, SEEK_SET))
		bail_out("no image");
	ok(instar_load(&numbers, NULL, NULL, fd) == INSTAR_CORRUPT && !numbers, "not an image of numbers: CORRUPT");
	lseek(fd, 0, SEEK_SET);
	opts.max_capacity = 100;
	ok(instar_bmap_load(&out, NULL, &opts, fd) == INSTAR_FULL && !out, "more than max_capacity: FULL");
	opts.value_free = no_free;
	ok(instar_bmap_load(&out, NULL, &opts, fd) == INSTAR_UNSUPPORTED && !out, "load as a boxed map: UNSUPPORTED");
	if (instar_bmap_create(&boxed, NULL, &opts) != INSTAR_OK || instar_map_create(&numbers, NULL, NULL) != INSTAR_OK)
		bail_out("no map");
	ok(instar_bmap_save(boxed, NULL, fd) == INSTAR_UNSUPPORTED, "save of a boxed map: UNSUPPORTED");
	if (ftruncate(fd, 0) || lseek(fd, 0, SEEK_SET) || instar_save(numbers, NULL, fd) != INSTAR_OK ||
	    lseek(fd, 0, SEEK_SET))
		bail_out("no image");
	ok(load_answers(fd, NULL, INSTAR_CORRUPT), "an image of numbers: CORRUPT");
	ok(instar_bmap_save(NULL, NULL, fd) == INSTAR_INVAL && instar_bmap_load(NULL, NULL, NULL, fd) == INSTAR_INVAL,
	   "no map: INVAL");
	instar_map_destroy(numbers);
	instar_bmap_destroy(boxed);
	instar_bmap_destroy(map);
	close(fd);
}

/* ---- a moment ---- */

struct series {
	instar_bmap *map;
	struct faults faults;
};

/* Every key is raised in turn: at any moment the values fall by at most one, once, from the first key to the last. */
static void work(unsigned index, void *arg)
{
	struct series *series = arg;
	unsigned char key[BYTES_KEY_MAX];
	instar_bmap *copy;

	for (unsigned n = 0; index && n < RAISES; n++)
		instar_bmap_fetch_add(series->map, NULL, key, bytes_key(key, n % COUNTERS), 1, 0, NULL);
	for (unsigned n = 0; !index && n < SAVES; n++) {
		int fd = file_new();
		uint64_t last = UINT64_MAX, value, first = 0;

		if (instar_bmap_save(series->map, NULL, fd) != INSTAR_OK || lseek(fd, 0, SEEK_SET) ||
		    instar_bmap_load(&copy, NULL, NULL, fd) != INSTAR_OK)
			bail_out("no image");
		instar_bmap_get(copy, NULL, key, bytes_key(key, 0), &first);
		for (uint64_t i = 0; i < COUNTERS; i++) {
			if (instar_bmap_get(copy, NULL, key, bytes_key(key, i), &value) != INSTAR_OK || value > last ||
			    value + 1 < first)
				fault(&series->faults, "an image shows key %llu of another moment", (unsigned long long)i);
			last = value;
		}
		instar_bmap_destroy(copy);
		close(fd);
	}
}

static void moments(void)
{
	struct series series = { bytes_map(NULL, NULL, NULL), { 0 } };
	unsigned char key[BYTES_KEY_MAX];

	for (uint64_t i = 0; i < COUNTERS; i++)
		instar_bmap_insert(series.map, NULL, key, bytes_key(key, i), EACH, NULL);
	run_threads(2, work, &series);
	ok(!series.faults.n, "an image is a moment, while a writer goes on");
	instar_bmap_destroy(series.map);
}

int main(void)
{
	instar_map *map;
	int fd = file_new();

	if (instar_map_create(&map, NULL, NULL) != INSTAR_OK)
		bail_out("no map");
	enum instar_status status = instar_save(map, NULL, fd);
	instar_map_destroy(map);
	close(fd);
	if (status == INSTAR_UNSUPPORTED) {
		skip(1, "built without libxxhash");
		return done_testing();
	}
	each_scheme(round_trip, NULL);
	each_scheme(load_leaves_nobody, NULL);
	pipes();
	damage();
	refusals();
	moments();
	return done_testing();
}
