/*
 * tests/fuzz/load.c - images of maps, whole and damaged.
 *
 * The first byte: 1, the checksums are made right before the image is loaded, so that what is behind them is
 * reached; 2, an entry count at most is allowed; 4, it is an image of byte-string keys.
 */
#include <endian.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>
#include <xxhash.h>

#include <instar/instar.h>

#include "tests/fuzz/fuzz.h"

enum { MAKE_RIGHT = 1, LIMITED = 2, BYTES = 4, LIMIT = 40, IMAGE_MAX = 1 << 16, HEAD = 24, START = 8, ENTRY = 16,
       BYTES_ENTRY = 12 };

static uint64_t seal(uint8_t *part, size_t bytes, uint64_t before)
{
	uint64_t checksum = XXH3_64bits_withSeed(part, bytes, before), stored = htole64(checksum);

	memcpy(part + bytes, &stored, sizeof stored);
	return checksum;
}

/* As src/image.h describes an image; what does not fit stays as it is. */
static void make_right(uint8_t *image, size_t size, size_t unit)
{
	uint64_t checksum;

	if (size < HEAD)
		return;
	checksum = seal(image, HEAD - 8, 0);
	for (size_t at = HEAD; at + START <= size; ) {
		uint32_t n, check;
		size_t body;

		memcpy(&n, image + at, sizeof n);
		n = le32toh(n) % (1024 / (uint32_t)unit);
		n = htole32(n);
		memcpy(image + at, &n, sizeof n);
		check = htole32((uint32_t)XXH3_64bits_withSeed(image + at, sizeof n, checksum));
		memcpy(image + at + 4, &check, sizeof check);
		n = le32toh(n);
		body = START + (n ? n * unit : 8);
		if (at + body + 8 > size)
			return;
		checksum = seal(image + at, body, checksum);
		at += body + 8;
	}
}

static int file_of(const uint8_t *image, size_t size)
{
	int fd = memfd_create("image", MFD_CLOEXEC);

	FUZZ_CHECK(fd >= 0 && write(fd, image, size) == (ssize_t)size && lseek(fd, 0, SEEK_SET) == 0);
	return fd;
}

/* A map that was loaded is a map: it passes its audit, and its own image gives the same. */
static void judge(instar_map *map, instar_domain *domain, size_t most)
{
	int fd = memfd_create("again", MFD_CLOEXEC);
	instar_map *again;
	size_t n = 0, m = 0;

	FUZZ_CHECK(instar_map_check(map, stderr) == INSTAR_OK && instar_size(map) <= most);
	FUZZ_CHECK(instar_save(map, NULL, fd) == INSTAR_OK && lseek(fd, 0, SEEK_SET) == 0);
	FUZZ_CHECK(instar_load(&again, domain, NULL, fd) == INSTAR_OK);
	FUZZ_CHECK(instar_count(map, NULL, &n) == INSTAR_OK && instar_count(again, NULL, &m) == INSTAR_OK && n == m);
	FUZZ_CHECK(instar_map_destroy(again) == INSTAR_OK);
	close(fd);
}

static void judge_bytes(instar_bmap *map, instar_domain *domain, size_t most)
{
	int fd = memfd_create("again", MFD_CLOEXEC);
	instar_bmap *again;

	FUZZ_CHECK(instar_bmap_check(map, stderr) == INSTAR_OK && instar_bmap_size(map) <= most);
	FUZZ_CHECK(instar_bmap_save(map, NULL, fd) == INSTAR_OK && lseek(fd, 0, SEEK_SET) == 0);
	FUZZ_CHECK(instar_bmap_load(&again, domain, NULL, fd) == INSTAR_OK);
	FUZZ_CHECK(instar_bmap_size(again) == instar_bmap_size(map) && instar_bmap_destroy(again) == INSTAR_OK);
	close(fd);
}

static void load_bytes(int fd, instar_domain *domain, size_t size, size_t limit)
{
	struct instar_bmap_opts opts = INSTAR_BMAP_OPTS_INIT;
	enum instar_status status;
	instar_bmap *map;

	opts.max_capacity = limit;
	status = instar_bmap_load(&map, domain, &opts, fd);
	FUZZ_CHECK(status == INSTAR_OK || status == INSTAR_CORRUPT || (status == INSTAR_FULL && limit));
	FUZZ_CHECK((status == INSTAR_OK) == (map != NULL));
	if (map) {
		FUZZ_CHECK((size_t)lseek(fd, 0, SEEK_CUR) <= size);
		judge_bytes(map, domain, limit ? 2 * limit : size / BYTES_ENTRY);
	}
	FUZZ_CHECK(instar_bmap_destroy(map) == INSTAR_OK);
}

static void load_numbers(int fd, instar_domain *domain, size_t size, size_t limit)
{
	struct instar_map_opts opts = INSTAR_MAP_OPTS_INIT;
	enum instar_status status;
	instar_map *map;

	opts.max_capacity = limit;
	status = instar_load(&map, domain, &opts, fd);
	FUZZ_CHECK(status == INSTAR_OK || status == INSTAR_CORRUPT || (status == INSTAR_FULL && limit));
	FUZZ_CHECK((status == INSTAR_OK) == (map != NULL));
	if (map) {
		FUZZ_CHECK((size_t)lseek(fd, 0, SEEK_CUR) <= size);
		judge(map, domain, limit ? 2 * limit : size / ENTRY);
	}
	FUZZ_CHECK(instar_map_destroy(map) == INSTAR_OK);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static uint8_t image[IMAGE_MAX];
	instar_domain *domain;
	int fd;

	if (size < 1 || size > IMAGE_MAX)
		return 0;
	memcpy(image, data + 1, size - 1);
	if (data[0] & MAKE_RIGHT)
		make_right(image, size - 1, data[0] & BYTES ? 1 : ENTRY);
	fd = file_of(image, size - 1);
	FUZZ_CHECK(instar_domain_create(&domain, "ebr", NULL) == INSTAR_OK);
	(data[0] & BYTES ? load_bytes : load_numbers)(fd, domain, size - 1, data[0] & LIMITED ? LIMIT : 0);
	FUZZ_CHECK(instar_domain_destroy(domain) == INSTAR_OK);
	close(fd);
	return 0;
}

static void save_numbers(struct rng *rng, int fd)
{
	uint64_t n = rng_below(rng, 100);
	instar_map *map;

	FUZZ_CHECK(instar_map_create(&map, NULL, NULL) == INSTAR_OK);
	for (uint64_t i = 0; i < n; i++)
		FUZZ_CHECK(instar_put(map, NULL, rng_below(rng, 1000), i, NULL) <= INSTAR_EXISTS);
	FUZZ_CHECK(instar_save(map, NULL, fd) == INSTAR_OK && instar_map_destroy(map) == INSTAR_OK);
}

/* Less than a block: make_right finds its parts again. */
static void save_bytes(struct rng *rng, int fd)
{
	uint64_t n = rng_below(rng, 30), key[2];
	instar_bmap *map;

	FUZZ_CHECK(instar_bmap_create(&map, NULL, NULL) == INSTAR_OK);
	for (uint64_t i = 0; i < n; i++) {
		key[0] = key[1] = rng_below(rng, 1000);
		FUZZ_CHECK(instar_bmap_put(map, NULL, key, rng_below(rng, sizeof key + 1), i, NULL) <= INSTAR_EXISTS);
	}
	FUZZ_CHECK(instar_bmap_save(map, NULL, fd) == INSTAR_OK && instar_bmap_destroy(map) == INSTAR_OK);
}

/* The image of a small map. */
size_t fuzz_example(struct rng *rng, uint8_t *out, size_t capacity)
{
	int fd = memfd_create("example", MFD_CLOEXEC);
	ssize_t size;

	out[0] = (uint8_t)rng_below(rng, 8);
	(out[0] & BYTES ? save_bytes : save_numbers)(rng, fd);
	FUZZ_CHECK(lseek(fd, 0, SEEK_SET) == 0);
	size = read(fd, out + 1, capacity - 1);
	FUZZ_CHECK(size > 0);
	close(fd);
	return (size_t)size + 1;
}
