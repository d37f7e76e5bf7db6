/*
 * tests/conc/edges.c - the borders: largest and smallest keys and values, limits, bad arguments.
 */
#include "tests/support/calls.h"
#include "tests/support/injector.h"
#include "tests/support/tap.h"
#include "tests/support/threads.h"
#include "tests/support/world.h"

enum { CAPACITY = 40000 };

static void every_word_is_valid(const struct instar_scheme_info *scheme)
{
	const uint64_t words[] = { 0, 1, 2, 3, WORD_MASK >> 1, (WORD_MASK >> 1) + 1, WORD_MASK - 1, WORD_MASK };
	enum { N = sizeof words / sizeof *words };
	struct world world;
	uint64_t value = 5;
	bool fine = true;

	if (!world_open(&world, scheme, NULL, NULL))
		bail_out("%s: no map", scheme->name);
	for (unsigned k = 0; k < N; k++)
		fine = fine && instar_insert(world.map, NULL, words[k], words[N - 1 - k], NULL) == INSTAR_OK;
	for (unsigned k = 0; k < N; k++)
		fine = fine && instar_get(world.map, NULL, words[k], &value) == INSTAR_OK && value == words[N - 1 - k];
	for (unsigned k = 0; k < N; k++)
		for (unsigned v = 0; v < N; v++)
			fine = fine && instar_put(world.map, NULL, words[k], words[v], &value) == INSTAR_EXISTS &&
			       value == words[v ? v - 1 : N - 1 - k] &&
			       instar_get(world.map, NULL, words[k], &value) == INSTAR_OK && value == words[v];
	for (unsigned k = 0; k < N; k++)
		fine = fine && instar_remove_if(world.map, NULL, words[k], 4) == INSTAR_CHANGED &&
		       instar_remove(world.map, NULL, words[k], &value) == INSTAR_OK && value == WORD_MASK &&
		       instar_get(world.map, NULL, words[k], NULL) == INSTAR_NOTFOUND;
	ok(fine && !instar_size(world.map), "%s: 0, ~0 and all between are keys and values", scheme->name);
#ifdef INSTAR_HALF_WIDTH
	ok(instar_insert(world.map, NULL, WORD_MASK + 1, 0, NULL) == INSTAR_INVAL &&
	   instar_insert(world.map, NULL, 0, WORD_MASK + 1, NULL) == INSTAR_INVAL &&
	   instar_get(world.map, NULL, WORD_MASK + 1, NULL) == INSTAR_INVAL && !instar_size(world.map),
	   "%s: what does not fit half a word is INVAL", scheme->name);
#endif
	ok(world_close(&world), "%s: map and domain go without complaint", scheme->name);
}

static void limits_of_capacity(const struct instar_scheme_info *scheme)
{
	struct instar_map_opts opts = INSTAR_MAP_OPTS_INIT;
	instar_map *map = (instar_map *)&opts;
	struct world world;

	if (!world_open(&world, scheme, NULL, NULL) || instar_insert(world.map, NULL, 1, 2, NULL))
		bail_out("%s: no map", scheme->name);
	opts.capacity = (size_t)1 << 63;
	ok(instar_map_create(&map, world.domain, &opts) == INSTAR_NOMEM && !map, "%s: capacity 2^63 is NOMEM",
	   scheme->name);
	opts.capacity = SIZE_MAX;
	map = (instar_map *)&opts;
	ok(instar_map_create(&map, world.domain, &opts) == INSTAR_NOMEM && !map, "%s: capacity SIZE_MAX is NOMEM",
	   scheme->name);
	ok(instar_reserve(world.map, NULL, (size_t)1 << 63) == INSTAR_NOMEM &&
	   instar_reserve(world.map, NULL, SIZE_MAX) == INSTAR_NOMEM && instar_contains(world.map, NULL, 1),
	   "%s: reserve of as much is NOMEM and harmless", scheme->name);
	ok(world_close(&world), "%s: map and domain go without complaint", scheme->name);
}

static size_t homes_of(instar_map *map)
{
	struct instar_map_stats stats;

	instar_map_stats(map, &stats);
	return stats.homes;
}

/* Of a map that was made for so many; 0: for lack of memory there is none. */
static size_t homes_for(struct world *world, size_t capacity)
{
	struct instar_map_opts opts = INSTAR_MAP_OPTS_INIT;
	size_t homes;
	instar_map *map;

	opts.capacity = capacity;
	if (instar_map_create(&map, world->domain, &opts) != INSTAR_OK)
		return 0;
	homes = homes_of(map);
	instar_map_destroy(map);
	return homes;
}

/* As many as a table is chosen for do not outgrow it.  (At half width a home reaches fewer slots, and may be full before.) */
static void capacity_is_enough(const struct instar_scheme_info *scheme)
{
	struct instar_map_opts opts = INSTAR_MAP_OPTS_INIT;
	size_t homes, most = CAPACITY;
	struct world world;
	bool fine = true;

	if (!world_open(&world, scheme, NULL, NULL))
		bail_out("%s: no map", scheme->name);
	opts.seed[0] = 1; /* with another, a place could be full before */
	homes = homes_for(&world, CAPACITY);
	while (homes && homes_for(&world, most + CAPACITY / 1000) == homes)
		most += CAPACITY / 1000;
	ok(homes && world_close(&world), "%s: %zu homes are for %zu entries", scheme->name, homes, most);
	opts.capacity = most;
	if (!world_open(&world, scheme, NULL, &opts))
		bail_out("%s: no map", scheme->name);
	for (uint64_t key = 0; key < most; key++)
		fine = fine && instar_insert(world.map, NULL, key, key, NULL) == INSTAR_OK;
	ok(fine && homes_of(world.map) == homes, "%s: and they hold them", scheme->name);
	ok(world_close(&world), "%s: map and domain go without complaint", scheme->name);
}

static void reserve_makes_room(const struct instar_scheme_info *scheme)
{
	struct instar_map_stats before, after;
	struct world world;
	bool fine = true;

	if (!world_open(&world, scheme, NULL, NULL))
		bail_out("%s: no map", scheme->name);
	fine = instar_reserve(world.map, NULL, 50000) == INSTAR_OK;
	instar_map_stats(world.map, &before);
	for (uint64_t key = 0; key < 50000; key++)
		fine = fine && instar_insert(world.map, NULL, key, key, NULL) == INSTAR_OK;
	instar_map_stats(world.map, &after);
	ok(fine && before.homes == after.homes && !after.migrating, "%s: room that was reserved is enough",
	   scheme->name);
	ok(world_close(&world), "%s: map and domain go without complaint", scheme->name);
}

/* Puts of one key alone are enough to end a migration, also when they come as a batch. */
static void batches_help_a_migration(const struct instar_scheme_info *scheme)
{
	enum { N = 256, BATCHES = 2000 };
	static uint64_t keys[N], values[N];
	struct instar_map_stats stats = { .migrating = 0 };
	struct world world;

	if (!world_open(&world, scheme, NULL, NULL))
		bail_out("%s: no map", scheme->name);
	for (uint64_t key = 0; !stats.migrating || stats.homes < 4096; key++) {
		instar_insert(world.map, NULL, key, 0, NULL);
		instar_map_stats(world.map, &stats);
	}
	for (unsigned i = 0; stats.migrating && i < BATCHES; i++) {
		instar_put_many(world.map, NULL, keys, values, N, NULL);
		instar_map_stats(world.map, &stats);
	}
	ok(!stats.migrating && world_close(&world), "%s: batches help a migration, and close", scheme->name);
}

/* Nobody who chooses keys is to know the hash. */
static void seeds_are_drawn(const struct instar_scheme_info *scheme)
{
	struct world one, two;

	if (!world_open(&one, scheme, NULL, NULL) || !world_open(&two, scheme, NULL, NULL))
		bail_out("%s: no map", scheme->name);
	ok(instar_hash(one.map, 1) != instar_hash(two.map, 1) || instar_hash(one.map, 2) != instar_hash(two.map, 2),
	   "%s: maps without a seed have different ones", scheme->name);
	ok(world_close(&one) && world_close(&two), "%s: close", scheme->name);
}

/* One of its words may be zero. */
static void seeds_are_kept(const struct instar_scheme_info *scheme, uint64_t first, uint64_t second)
{
	struct instar_map_opts opts = INSTAR_MAP_OPTS_INIT;
	struct world one, two;

	opts.seed[0] = first;
	opts.seed[1] = second;
	if (!world_open(&one, scheme, NULL, &opts) || !world_open(&two, scheme, NULL, &opts))
		bail_out("%s: no map", scheme->name);
	ok(instar_hash(one.map, 1) == instar_hash(two.map, 1) && instar_hash(one.map, 2) == instar_hash(two.map, 2),
	   "%s: maps of the seed {%llu, %llu} have the same hash", scheme->name, (unsigned long long)first,
	   (unsigned long long)second);
	ok(world_close(&one) && world_close(&two), "%s: close", scheme->name);
}

enum { PAGE = 4096 };

/* The memory of the last table, each page begun with what a table does not write there. */
struct stained {
	struct injector injector;
	void *(*map_pages)(size_t bytes, size_t alignment, void *ctx);
	unsigned char *memory;
	size_t bytes;
};

static struct stained stained;

static void *get_stained(size_t bytes, size_t alignment, void *ctx)
{
	unsigned char *memory = stained.map_pages(bytes, alignment, ctx);

	for (size_t i = 0; memory && i < bytes; i += PAGE)
		memory[i] = 0xff;
	stained.memory = memory;
	stained.bytes = bytes;
	return memory;
}

static void prefault_touches_every_page(const struct instar_scheme_info *scheme)
{
	struct instar_map_opts opts = INSTAR_MAP_OPTS_INIT;
	struct world world;
	size_t touched = 0, pages;

	injector_init(&stained.injector);
	stained.map_pages = stained.injector.allocator.map;
	stained.injector.allocator.map = get_stained;
	opts.capacity = 10000;
	opts.flags = INSTAR_MAP_PREFAULT;
	if (!world_open(&world, scheme, &stained.injector.opts, &opts))
		bail_out("%s: no map", scheme->name);
	pages = (stained.bytes + PAGE - 1) / PAGE;
	for (size_t i = 0; i < stained.bytes; i += PAGE)
		touched += !stained.memory[i];
	ok(pages > 1 && touched == pages, "%s: prefault touches every page: %zu of %zu", scheme->name, touched, pages);
	ok(world_close(&world), "%s: close", scheme->name);
}

/* Every call on one key answers INVAL, and batches of one write nothing behind it. */
static bool all_refuse(instar_map *map, instar_thread *thread)
{
	uint64_t key = 1, value = 2;
	uint8_t found[2] = { 1, 7 };
	enum instar_status status[2] = { INSTAR_OK, INSTAR_OK };

	for (unsigned kind = 0; kind < CALL_KINDS; kind++) {
		struct call call = { .key = 1, .a = 2, .b = 3, .kind = (uint8_t)kind };

		call_perform(&call, map, thread);
		if (call.status != (kind == CALL_CONTAINS ? INSTAR_NOTFOUND : INSTAR_INVAL)) {
			char text[CALL_TEXT];

			diag("%s", call_text(&call, text, sizeof text));
			return false;
		}
	}
	return instar_clear(map, thread) == INSTAR_INVAL && instar_shrink(map, thread) == INSTAR_INVAL &&
	       instar_get_many(map, thread, &key, 1, &value, found) == 0 && !found[0] && found[1] == 7 &&
	       instar_insert_many(map, thread, &key, &value, 1, status) == 0 && status[0] == INSTAR_INVAL && !status[1] &&
	       instar_reserve(map, thread, 10) == INSTAR_INVAL && instar_maintain(map, thread, 10) == INSTAR_INVAL;
}

static enum instar_status create_with(instar_domain *domain, const struct instar_map_opts *opts)
{
	instar_map *map;
	enum instar_status status = instar_map_create(&map, domain, opts);

	if (status == INSTAR_OK)
		instar_map_destroy(map);
	return status;
}

/* Options as programs have them that were compiled with an older header, and with a newer one. */
static void other_versions(const char *scheme, instar_domain *domain)
{
	struct newer {
		struct instar_map_opts opts;
		uint64_t more;
	} newer = { INSTAR_MAP_OPTS_INIT, 0 };
	struct instar_map_opts opts = INSTAR_MAP_OPTS_INIT;

	opts.struct_size = offsetof(struct instar_map_opts, reserved);
	opts.reserved[0] = 1;
	newer.opts.struct_size = sizeof newer;
	ok(create_with(domain, &opts) == INSTAR_OK && create_with(domain, &newer.opts) == INSTAR_OK,
	   "%s: options of other versions are taken", scheme);
	opts.flags = 1u << 31;
	ok(create_with(domain, &opts) == INSTAR_INVAL, "%s: no flag that this one does not know", scheme);
	opts.flags = 0;
	opts.struct_size = sizeof opts;
	newer.more = 1;
	ok(create_with(domain, &opts) == INSTAR_INVAL && create_with(domain, &newer.opts) == INSTAR_INVAL,
	   "%s: but not what this one does not know", scheme);
}

static enum instar_action no_action(uint64_t key, bool present, uint64_t *value, void *ctx)
{
	(void)key, (void)present, (void)value, (void)ctx;
	return (enum instar_action)7;
}

static void bad_arguments(const struct instar_scheme_info *scheme)
{
	struct instar_map_opts opts = INSTAR_MAP_OPTS_INIT;
	instar_map *map = (instar_map *)&opts;
	instar_domain *other = NULL;
	instar_thread *foreign = NULL;
	struct world world;
	uint64_t value = 2;

	if (!world_open(&world, scheme, NULL, NULL) || instar_insert(world.map, NULL, 1, 2, NULL) ||
	    instar_domain_create(&other, scheme->name, NULL) || instar_thread_attach(other, &foreign))
		bail_out("%s: no map", scheme->name);
	ok(all_refuse(world.map, foreign), "%s: a handle of another domain is INVAL", scheme->name);
	ok(instar_compute(world.map, NULL, 1, no_action, NULL) == INSTAR_INVAL &&
	   instar_compute(world.map, NULL, 3, no_action, NULL) == INSTAR_NOTFOUND,
	   "%s: compute by what is no action is INVAL, of an absent key NOTFOUND", scheme->name);
	ok(instar_get(world.map, NULL, 1, &value) == INSTAR_OK && value == 2 && instar_size(world.map) == 1,
	   "%s: and nothing changed", scheme->name);
	ok(all_refuse(NULL, NULL), "%s: no map is INVAL", scheme->name);
	ok(instar_cas(world.map, NULL, 1, NULL, 2) == INSTAR_INVAL &&
	   instar_get_or_insert(world.map, NULL, 1, 2, NULL) == INSTAR_INVAL, "%s: a missing pointer is INVAL",
	   scheme->name);
	opts.struct_size = 3;
	ok(instar_map_create(&map, world.domain, &opts) == INSTAR_INVAL && !map &&
	   instar_map_create(NULL, world.domain, NULL) == INSTAR_INVAL, "%s: bad options are INVAL", scheme->name);
	other_versions(scheme->name, world.domain);
	ok(instar_domain_destroy(world.domain) == INSTAR_BUSY, "%s: a domain with a map is BUSY", scheme->name);
	ok(instar_map_destroy(NULL) == INSTAR_OK, "destroying nothing is OK");
	ok(instar_thread_detach(foreign) == INSTAR_OK && instar_domain_destroy(other) == INSTAR_OK &&
	   world_close(&world), "%s: map and domains go without complaint", scheme->name);
}

static void names(void)
{
	const struct instar_scheme_info *list;
	size_t n = instar_schemes(&list);
	instar_domain *domain = (instar_domain *)&list;

	ok(instar_domain_create(&domain, "no such scheme", NULL) == INSTAR_INVAL && !domain, "unknown scheme: INVAL");
	for (size_t i = 0; i < n; i++) {
		domain = (instar_domain *)&list;
		if (!list[i].available)
			ok(instar_domain_create(&domain, list[i].name, NULL) == INSTAR_UNSUPPORTED && !domain,
			   "%s, not built in: UNSUPPORTED", list[i].name);
	}
	ok(!strcmp(instar_status_name(INSTAR_NOMEM), "INSTAR_NOMEM") && instar_status_text(INSTAR_NOMEM)[0],
	   "statuses have names");
}

static void run(const struct instar_scheme_info *scheme, void *arg)
{
	(void)arg;
	every_word_is_valid(scheme);
	limits_of_capacity(scheme);
	if (WORD_MASK == UINT64_MAX)
		capacity_is_enough(scheme);
	reserve_makes_room(scheme);
	batches_help_a_migration(scheme);
	seeds_are_drawn(scheme);
	seeds_are_kept(scheme, 5, 0);
	seeds_are_kept(scheme, 0, 5);
	prefault_touches_every_page(scheme);
	bad_arguments(scheme);
}

int main(void)
{
	names();
	each_scheme(run, NULL);
	return done_testing();
}
