/*
 * tests/conc/file.c - images of maps: what is saved comes back, a moment of the map; what is damaged or cut short is
 * CORRUPT and leaves nothing behind.
 */
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <sys/time.h>
#include <unistd.h>

#include "tests/support/injector.h"
#include "tests/support/rng.h"
#include "tests/support/sanitizer.h"
#include "tests/support/tap.h"
#include "tests/support/image.h"
#include "tests/support/threads.h"
#include "tests/support/world.h"

enum { SMALL = 12, LARGE = TEST_WORK(30000), COUNTERS = 3000, RAISES = TEST_WORK(100000), EACH = 1000, SAVES = 8 };

static uint64_t key_of(uint64_t i)
{
	return i ? i == 1 ? UINT64_MAX : i * 0x9e3779b97f4a7c15u : 0;
}

static uint64_t value_of(uint64_t i)
{
	return ~key_of(i) ^ i;
}

static instar_map *map_of(instar_domain *domain, uint64_t entries)
{
	instar_map *map;

	if (instar_map_create(&map, domain, NULL) != INSTAR_OK)
		bail_out("no map");
	for (uint64_t i = 0; i < entries; i++)
		if (instar_insert(map, NULL, key_of(i), value_of(i), NULL) != INSTAR_OK)
			bail_out("no entry");
	return map;
}

static bool holds(instar_map *map, uint64_t entries)
{
	uint64_t value;

	for (uint64_t i = 0; i < entries; i++)
		if (instar_get(map, NULL, key_of(i), &value) != INSTAR_OK || value != value_of(i))
			return false;
	return instar_size(map) == entries && instar_map_check(map, stdout) == INSTAR_OK;
}

/* ---- round trips ---- */

static void round_trip(const struct instar_scheme_info *scheme, void *arg)
{
	const uint64_t sizes[] = { 0, 1, 4096, 4097, LARGE };
	instar_map *map, *copy;
	instar_domain *domain;
	bool fine = true;
	int fd = file_new();

	(void)arg;
	if (instar_domain_create(&domain, scheme->name, NULL) != INSTAR_OK)
		bail_out("%s: no domain", scheme->name);
	for (unsigned i = 0; i < sizeof sizes / sizeof sizes[0]; i++) {
		off_t before = lseek(fd, 0, SEEK_CUR), after;

		map = map_of(domain, sizes[i]);
		fine = fine && instar_save(map, NULL, fd) == INSTAR_OK;
		after = lseek(fd, 0, SEEK_CUR);
		lseek(fd, before, SEEK_SET);
		fine = fine && instar_load(&copy, domain, NULL, fd) == INSTAR_OK && holds(copy, sizes[i]);
		fine = fine && lseek(fd, 0, SEEK_CUR) == after; /* behind the image */
		instar_map_destroy(map);
		instar_map_destroy(copy);
	}
	ok(fine, "%s: maps of several sizes, one behind the other in a file", scheme->name);
	ok(instar_domain_destroy(domain) == INSTAR_OK, "%s: nothing stays attached", scheme->name);
	close(fd);
}

/* Loading takes no handle, and leaves none: the domain may be destroyed by another thread. */
static void load_leaves_nobody(const struct instar_scheme_info *scheme, void *arg)
{
	struct instar_reclaim_stats stats;
	instar_domain *domain;
	instar_map *copy;
	int fd = file_new();

	(void)arg;
	copy = map_of(NULL, SMALL);
	instar_save(copy, NULL, fd);
	instar_map_destroy(copy);
	lseek(fd, 0, SEEK_SET);
	if (instar_domain_create(&domain, scheme->name, NULL) != INSTAR_OK ||
	    instar_load(&copy, domain, NULL, fd) != INSTAR_OK)
		bail_out("%s: no map", scheme->name);
	instar_domain_stats(domain, &stats);
	ok(stats.threads == 0 && holds(copy, SMALL), "%s: who loads is not attached after it", scheme->name);
	instar_map_destroy(copy);
	instar_domain_destroy(domain);
	close(fd);
}

struct pipe_test {
	int fd[2];
	pthread_t reader;
	bool pipe_fine;
};

static void ignore(int signal)
{
	(void)signal;
}

/* Reads two images from a pipe in which there are three. */
static void *read_two(void *arg)
{
	struct pipe_test *test = arg;
	instar_map *first = NULL, *second = NULL;

	test->pipe_fine = instar_load(&first, NULL, NULL, test->fd[0]) == INSTAR_OK && holds(first, LARGE) &&
			  instar_load(&second, NULL, NULL, test->fd[0]) == INSTAR_OK && holds(second, SMALL);
	instar_map_destroy(first);
	instar_map_destroy(second);
	return NULL;
}

static void pipes(void)
{
	struct sigaction action = { .sa_handler = ignore }; /* no SA_RESTART: EINTR, and short writes */
	struct itimerval often = { { 0, 300 }, { 0, 300 } }, never = { { 0, 0 }, { 0, 0 } };
	instar_map *large = map_of(NULL, LARGE), *small = map_of(NULL, SMALL), *rest = NULL;
	struct pipe_test test;

	if (pipe(test.fd) || sigaction(SIGALRM, &action, NULL) || setitimer(ITIMER_REAL, &often, NULL) ||
	    pthread_create(&test.reader, NULL, read_two, &test))
		bail_out("no pipe");
	ok(instar_save(large, NULL, test.fd[1]) == INSTAR_OK && instar_save(small, NULL, test.fd[1]) == INSTAR_OK,
	   "saved into a pipe, interrupted all the time");
	pthread_join(test.reader, NULL);
	setitimer(ITIMER_REAL, &never, NULL);
	ok(test.pipe_fine, "loaded from it, while its other end was open");
	ok(instar_save(small, NULL, test.fd[1]) == INSTAR_OK && instar_load(&rest, NULL, NULL, test.fd[0]) == INSTAR_OK &&
		   holds(rest, SMALL),
	   "and the next image from where they ended");
	instar_map_destroy(rest);
	instar_map_destroy(large);
	instar_map_destroy(small);
	close(test.fd[0]);
	close(test.fd[1]);
}

/* ---- damage ---- */

/* Whether loading from the file answers `status` and nothing is left of it. */
static bool load_answers(int fd, instar_domain *domain, enum instar_status status)
{
	instar_map *map = (instar_map *)&map;
	enum instar_status got = instar_load(&map, domain, NULL, fd);

	if (got != status)
		diag("%s", instar_status_name(got));
	return got == status && !map;
}

static bool stops_at(int fd, instar_domain *domain, const unsigned char *bytes, size_t n, off_t offset)
{
	file_fill(fd, bytes, n);
	return load_answers(fd, domain, INSTAR_CORRUPT) && lseek(fd, 0, SEEK_CUR) == offset;
}

/* What the head and a count announce is not waited for unless it can be believed.  `image` is that of `damage`. */
static void reads_no_further(int fd, instar_domain *domain, const unsigned char *image, size_t n)
{
	static const unsigned char checksum_of_version_2[8] = { 0x46, 0x78, 0x29, 0x83, 0x9f, 0x0f, 0x54, 0xc4 };
	static const unsigned char n_4097_and_its_check[8] = { 0x01, 0x10, 0, 0, 0x56, 0x91, 0x0c, 0xef };
	unsigned char copy[IMAGE_MAX];

	memcpy(copy, image, n);
	copy[8] = 2;
	memcpy(copy + IMAGE_HEAD - 8, checksum_of_version_2, 8);
	ok(stops_at(fd, domain, copy, n, IMAGE_HEAD), "another version: CORRUPT before its first block");
	memcpy(copy, image, n);
	copy[IMAGE_HEAD] = SMALL - 1;
	ok(stops_at(fd, domain, copy, n, IMAGE_HEAD + 8), "a damaged count: CORRUPT before as many entries");
	memcpy(copy + IMAGE_HEAD, n_4097_and_its_check, 8);
	ok(stops_at(fd, domain, copy, n, IMAGE_HEAD + 8), "a count of more than a block holds: the same");
	file_fill(fd, image, n);
}

/* The parts are chained: what is whole in itself is none in another image. */
static void end_of_another(void)
{
	instar_map *map = map_of(NULL, SMALL);
	unsigned char images[2 * IMAGE_MAX];
	int fd = file_new();
	size_t n;

	if (instar_save(map, NULL, fd) || instar_put(map, NULL, key_of(0), 7, NULL) != INSTAR_EXISTS ||
	    instar_save(map, NULL, fd) || lseek(fd, 0, SEEK_SET))
		bail_out("no image");
	n = (size_t)read(fd, images, sizeof images) / 2;
	memcpy(images + n - IMAGE_END, images + 2 * n - IMAGE_END, IMAGE_END);
	file_fill(fd, images, n);
	ok(load_answers(fd, NULL, INSTAR_CORRUPT), "the end of another image of as many entries: CORRUPT");
	instar_map_destroy(map);
	close(fd);
}

static void damage(void)
{
	struct injector injector;
	instar_domain *domain;
	instar_map *map = map_of(NULL, SMALL);
	unsigned char image[IMAGE_MAX];
	int fd = file_new();
	size_t n;

	injector_init(&injector);
	if (instar_domain_create(&domain, NULL, &injector.opts) != INSTAR_OK || instar_save(map, NULL, fd) != INSTAR_OK ||
	    lseek(fd, 0, SEEK_SET))
		bail_out("no image");
	instar_map_destroy(map);
	n = (size_t)read(fd, image, sizeof image);
	ok(n == 24 + 8 + 16 * SMALL + 8 + 24, "the image has the size of its format (%zu)", n);
	image_is_guarded(fd, domain, image, n, load_answers);
	reads_no_further(fd, domain, image, n);
	ok(instar_load(&map, domain, NULL, fd) == INSTAR_OK && holds(map, SMALL), "undamaged: OK");
	instar_map_destroy(map);
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
	struct instar_map_opts opts = INSTAR_MAP_OPTS_INIT;
	instar_map *map = map_of(NULL, LARGE), *boxed, *out;
	int full = open("/dev/full", O_WRONLY), fd = file_new();

	if (full >= 0) {
		errno = 0;
		ok(instar_save(map, NULL, full) == INSTAR_IO && errno == ENOSPC, "no room on the device: IO, errno");
		close(full);
	} else {
		skip(1, "no /dev/full");
	}
	ok(instar_save(map, NULL, -1) == INSTAR_IO && errno == EBADF, "save to no descriptor: IO");
	ok(instar_load(&out, NULL, NULL, -1) == INSTAR_IO && errno == EBADF && !out, "load from none: IO");
	opts.max_capacity = 100;
	if (instar_save(map, NULL, fd) != INSTAR_OK || lseek(fd, 0, SEEK_SET))
		bail_out("no image");
	ok(instar_load(&out, NULL, &opts, fd) == INSTAR_FULL && !out, "more than max_capacity: FULL");
	opts.value_free = no_free;
	ok(instar_load(&out, NULL, &opts, fd) == INSTAR_UNSUPPORTED && !out, "load as a boxed map: UNSUPPORTED");
	if (instar_map_create(&boxed, NULL, &opts) != INSTAR_OK)
		bail_out("no map");
	ok(instar_save(boxed, NULL, fd) == INSTAR_UNSUPPORTED, "save of a boxed map: UNSUPPORTED");
	ok(instar_save(NULL, NULL, fd) == INSTAR_INVAL && instar_load(NULL, NULL, NULL, fd) == INSTAR_INVAL,
	   "no map: INVAL");
	instar_map_destroy(boxed);
	instar_map_destroy(map);
	close(fd);
}

/* ---- a moment ---- */

struct series {
	instar_map *map;
	uint64_t seed;
	struct faults faults;
};

/* Every key is raised in turn: at any moment the values fall by at most one, once, from the first key to the last. */
static void work(unsigned index, void *arg)
{
	struct series *series = arg;
	struct rng rng = rng_stream(series->seed, index);
	instar_map *copy;

	if (index) {
		for (unsigned n = 0; n < RAISES; n++)
			instar_fetch_add(series->map, NULL, n % COUNTERS, 1, 0, NULL);
		return;
	}
	for (unsigned n = 0; n < SAVES; n++) {
		int fd = file_new();
		uint64_t last = UINT64_MAX, value, first = 0;

		if (instar_save(series->map, NULL, fd) != INSTAR_OK || lseek(fd, 0, SEEK_SET) ||
		    instar_load(&copy, NULL, NULL, fd) != INSTAR_OK)
			bail_out("no image");
		instar_get(copy, NULL, 0, &first);
		for (uint64_t key = 0; key < COUNTERS; key++) {
			if (instar_get(copy, NULL, key, &value) != INSTAR_OK || value > last || value + 1 < first)
				fault(&series->faults, "an image shows key %llu of another moment", (unsigned long long)key);
			last = value;
		}
		instar_map_destroy(copy);
		close(fd);
		usleep((useconds_t)rng_below(&rng, 2000));
	}
}

static void moments(uint64_t seed)
{
	struct series series = { map_of(NULL, 0), seed, { 0 } };

	for (uint64_t key = 0; key < COUNTERS; key++)
		instar_insert(series.map, NULL, key, EACH, NULL);
	run_threads(2, work, &series);
	ok(!series.faults.n, "an image is a moment, while a writer goes on");
	instar_map_destroy(series.map);
}

int main(void)
{
	uint64_t seed = test_seed();
	instar_map *map = map_of(NULL, 0);
	int fd = file_new();
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
	end_of_another();
	refusals();
	moments(seed);
	return done_testing();
}
