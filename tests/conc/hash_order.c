/*
 * tests/conc/hash_order.c - keys that come in the order of their hashes, as one map's entries do to another of the same
 * seed: they are dense in one part of the table, but it is not a broken hash's doing.  Whose keys all share their
 * hashes' beginning is told FULL, before the table takes all memory.
 */
#include <fcntl.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

#include "tests/support/crowd.h"
#include "tests/support/tap.h"
#include "tests/support/world.h"

enum { ENTRIES = 100000, LIMIT = 20000, CROWD = 4000, NAME = 24 };

static const uint64_t seed[2] = { 7, 9 };

/* The library's, too: not every file system tells how many blocks a file has. */
__attribute__((visibility("default"))) int fstat(int fd, struct stat *stat)
{
	int status = fstatat(fd, "", stat, AT_EMPTY_PATH);

	stat->st_blocks = 0;
	return status;
}

static struct instar_map_opts seeded(void)
{
	struct instar_map_opts opts = INSTAR_MAP_OPTS_INIT;

	opts.seed[0] = seed[0];
	opts.seed[1] = seed[1];
	return opts;
}

static void make(struct world *world, const struct instar_scheme_info *scheme, uint64_t entries)
{
	struct instar_map_opts opts = seeded();

	if (!world_open(world, scheme, NULL, &opts))
		bail_out("no map");
	for (uint64_t key = 0; key < entries; key++)
		if (instar_insert(world->map, NULL, key, ~key, NULL) != INSTAR_OK)
			bail_out("no entry");
}

static bool holds(instar_map *map, uint64_t entries)
{
	uint64_t value;

	for (uint64_t key = 0; key < entries; key++)
		if (instar_get(map, NULL, key, &value) != INSTAR_OK || value != ~key)
			return false;
	return instar_size(map) == entries && instar_map_check(map, stdout) == INSTAR_OK;
}

/* ---- from map to map ---- */

struct copying {
	instar_map *to;
	enum instar_status status;
};

static bool insert(uint64_t key, uint64_t value, void *ctx)
{
	struct copying *copying = ctx;

	copying->status = instar_insert(copying->to, NULL, key, value, NULL);
	return copying->status == INSTAR_OK;
}

static void copies(const struct instar_scheme_info *scheme, void *arg)
{
	struct instar_map_opts opts = seeded();
	struct copying copying = { .status = INSTAR_OK };
	struct world world;

	(void)arg;
	make(&world, scheme, ENTRIES);
	if (instar_map_create(&copying.to, world.domain, &opts) != INSTAR_OK)
		bail_out("no map");
	instar_foreach(world.map, NULL, insert, &copying, NULL);
	ok(copying.status == INSTAR_OK && holds(copying.to, ENTRIES), "%s: a copy by foreach: %s", scheme->name,
	   instar_status_name(copying.status));
	instar_map_destroy(copying.to);
	ok(world_close(&world), "%s: the end", scheme->name);
}

/* As many as the limit promises. */
static void copies_up_to_a_limit(const struct instar_scheme_info *scheme)
{
	struct instar_map_opts opts = seeded();
	struct copying copying = { .status = INSTAR_OK };
	struct world world;

	opts.max_capacity = LIMIT;
	make(&world, scheme, 4 * LIMIT);
	if (instar_map_create(&copying.to, world.domain, &opts) != INSTAR_OK)
		bail_out("no map");
	instar_foreach(world.map, NULL, insert, &copying, NULL);
	ok(copying.status == INSTAR_FULL && instar_size(copying.to) >= LIMIT / 10 * 6 && instar_size(copying.to) <= 2 * LIMIT,
	   "max_capacity %d: %s at %zu entries", LIMIT, instar_status_name(copying.status), instar_size(copying.to));
	instar_map_destroy(copying.to);
	ok(world_close(&world), "%s: the end", scheme->name);
}

/* ---- from files ---- */

static int file_new(void)
{
	int fd = memfd_create("image", 0);

	if (fd < 0)
		bail_out("no file");
	return fd;
}

static void go_back(int fd, enum instar_status saved)
{
	if (saved != INSTAR_OK || lseek(fd, 0, SEEK_SET))
		bail_out("no image");
}

static void loads(const struct instar_scheme_info *scheme)
{
	struct instar_map_opts opts = seeded();
	instar_map *copy = NULL;
	struct instar_map_stats stats;
	enum instar_status status;
	struct world world;
	int fd = file_new();

	make(&world, scheme, ENTRIES);
	go_back(fd, instar_save(world.map, NULL, fd));
	status = instar_load(&copy, world.domain, &opts, fd);
	ok(status == INSTAR_OK && holds(copy, ENTRIES), "load with the seed of the map that was saved: %s",
	   instar_status_name(status));
	if (status == INSTAR_OK)
		instar_map_stats(copy, &stats);
	ok(status == INSTAR_OK && stats.growths <= 2, "at once to the table of all (%llu growths)",
	   (unsigned long long)stats.growths);
	instar_map_destroy(copy);
	close(fd);
	ok(world_close(&world), "%s: the end", scheme->name);
}

static size_t name_of(unsigned i, char *name)
{
	return (size_t)snprintf(name, NAME, "key number %u", i);
}

static bool holds_names(instar_bmap *map)
{
	char name[NAME];
	uint64_t value;

	for (unsigned i = 0; i < ENTRIES; i++)
		if (instar_bmap_get(map, NULL, name, name_of(i, name), &value) != INSTAR_OK || value != i)
			return false;
	return instar_bmap_size(map) == ENTRIES;
}

static void loads_names(void)
{
	struct instar_bmap_opts opts = INSTAR_BMAP_OPTS_INIT;
	instar_bmap *map, *copy = NULL;
	enum instar_status status;
	char name[NAME];
	int fd = file_new();

	opts.seed[0] = seed[0];
	opts.seed[1] = seed[1];
	if (instar_bmap_create(&map, NULL, &opts) != INSTAR_OK)
		bail_out("no map");
	for (unsigned i = 0; i < ENTRIES; i++)
		if (instar_bmap_insert(map, NULL, name, name_of(i, name), i, NULL) != INSTAR_OK)
			bail_out("no entry");
	go_back(fd, instar_bmap_save(map, NULL, fd));
	status = instar_bmap_load(&copy, NULL, &opts, fd);
	ok(status == INSTAR_OK && holds_names(copy), "the same of byte-string keys: %s", instar_status_name(status));
	ok(instar_bmap_destroy(map) == INSTAR_OK && instar_bmap_destroy(copy) == INSTAR_OK, "the end");
	close(fd);
}

/* ---- keys that an attacker who knows the seed would choose ---- */

static void crowds(const struct instar_scheme_info *scheme)
{
	struct instar_map_opts opts = seeded();
	struct crowd crowd = crowd_new(seed, WORD_BITS - 16, 5);
	enum instar_status status = INSTAR_OK;
	struct instar_map_stats stats;
	uint64_t inserted = 0, present = 0;
	struct world world;

	opts.max_capacity = LIMIT;
	if (!world_open(&world, scheme, NULL, &opts))
		bail_out("no map");
	for (uint64_t i = 0; i < CROWD && status == INSTAR_OK; i++)
		inserted += (status = instar_insert(world.map, NULL, crowd_key(&crowd, 0, i), i, NULL)) == INSTAR_OK;
	for (uint64_t i = 0; i < inserted; i++)
		present += instar_contains(world.map, NULL, crowd_key(&crowd, 0, i));
	instar_map_stats(world.map, &stats);
	ok(status == INSTAR_FULL && present == inserted && stats.slots <= 8 * LIMIT + 8,
	   "keys with the same first bits: %s at %llu entries, %llu slots", instar_status_name(status),
	   (unsigned long long)inserted, (unsigned long long)stats.slots);
	ok(instar_map_check(world.map, stdout) == INSTAR_OK && instar_insert(world.map, NULL, 1, 1, NULL) == INSTAR_OK,
	   "and others still find room");
	ok(world_close(&world), "%s: the end", scheme->name);
}

/* Whether the library was built with what images need. */
static bool has_images(void)
{
	instar_map *map;

	return instar_load(&map, NULL, NULL, -1) != INSTAR_UNSUPPORTED;
}

int main(void)
{
	const struct instar_scheme_info ebr = { .name = "ebr" };

	each_scheme(copies, NULL);
	copies_up_to_a_limit(&ebr);
	crowds(&ebr);
	if (has_images()) {
		loads(&ebr);
		loads_names();
	} else {
		skip(5, "built without libxxhash");
	}
	return done_testing();
}
