/*
 * src/bytes_map.c - byte-key maps as a whole: making, unmaking, counting, the audit.
 */
#if defined(HAVE_XXHASH)
#include <xxhash.h>
#endif

#include "src/bytes.h"

/* ---- making and unmaking ---- */

#if defined(HAVE_XXHASH)
static uint64_t xxh3(const void *key, size_t length, uint64_t seed, void *ctx)
{
	(void)ctx;
	return XXH3_64bits_withSeed(key, length, seed);
}
#else
static instar_bmap_hash_fn *const xxh3 = NULL;
#endif

static enum instar_status create_inner(instar_map **map, instar_domain *domain, const struct instar_bmap_opts *o)
{
	struct instar_map_opts inner = INSTAR_MAP_OPTS_INIT;
	inner.capacity = o->capacity;
	inner.max_capacity = o->max_capacity;
	inner.seed[0] = o->seed[0];
	inner.seed[1] = o->seed[1];
	inner.flags = o->flags;
	inner.value_free = o->value_free ? bundle_free_boxed : bundle_free;
	inner.ctx = domain;
	inner.name = o->name;
	return instar_map_create(map, domain, &inner);
}

enum instar_status instar_bmap_create(instar_bmap **out, instar_domain *domain, const struct instar_bmap_opts *opts)
{
	static const struct instar_bmap_opts defaults = INSTAR_BMAP_OPTS_INIT;
	if (!out)
		return INSTAR_INVAL;
	*out = NULL;
	struct instar_bmap_opts o;
	if (!reclaim_read_options(&o, sizeof o, offsetof(struct instar_bmap_opts, reserved), opts ? opts : &defaults))
		return INSTAR_INVAL;
	if (!domain)
		domain = instar_domain_default();
	if (!domain)
		return INSTAR_NOMEM;
	instar_bmap_hash_fn *hash = o.hash ? o.hash : xxh3;
	if (!hash || !domain->scheme->info.section_protects_all || sizeof(word) < sizeof(void *))
		return INSTAR_UNSUPPORTED;
	instar_bmap *bmap = reclaim_alloc(domain, sizeof *bmap, sizeof(void *));
	if (!bmap)
		return INSTAR_NOMEM;
	enum instar_status status = create_inner(&bmap->map, domain, &o);
	if (status != INSTAR_OK) {
		reclaim_free(domain, bmap, sizeof *bmap, sizeof(void *));
		return status;
	}
	bmap->map->value_size = bundle_size;
	bmap->map->value_leaves = bmap_bundle_leaves;
	bmap->domain = domain;
	bmap->hash = hash;
	bmap->hash_ctx = o.hash_ctx;
	bmap->seed = instar_hash(bmap->map, 1); /* as secret as the map's own; of 0 every map makes 0 */
	bmap->release = (struct release){ o.value_free, o.ctx };
	*out = bmap;
	return INSTAR_OK;
}

void bmap_unmake(instar_bmap *map)
{
	instar_domain *domain = map->domain;
	map_unmake(map->map);
	reclaim_free(domain, map, sizeof *map, sizeof(void *));
	reclaim_map_gone(domain);
}

enum instar_status instar_bmap_destroy(instar_bmap *map)
{
	enum instar_status status = map ? map_retire_values(map->map) : INSTAR_OK;
	if (map && status == INSTAR_OK)
		bmap_unmake(map);
	return status;
}

/* ---- all keys ---- */

static bool count_items(uint64_t hash, uint64_t bundle, void *ctx)
{
	(void)hash;
	*(size_t *)ctx += ((const struct bundle *)(uintptr_t)bundle)->count;
	return true;
}

size_t instar_bmap_size(instar_bmap *map)
{
	size_t n = 0;
	if (!map)
		return 0;
	if (likely(!load_relaxed(&map->collided)))
		return instar_size(map->map);
	/* By the shared handle: the caller may have none. */
	instar_foreach(map->map, map->domain->shared, count_items, &n, NULL);
	return n;
}

enum instar_status instar_bmap_reserve(instar_bmap *map, instar_thread *thread, size_t entries)
{
	return map ? instar_reserve(map->map, thread, entries) : INSTAR_INVAL;
}

enum instar_status instar_bmap_shrink(instar_bmap *map, instar_thread *thread)
{
	return map ? instar_shrink(map->map, thread) : INSTAR_INVAL;
}

enum instar_status instar_bmap_maintain(instar_bmap *map, instar_thread *thread, size_t budget)
{
	return map ? instar_maintain(map->map, thread, budget) : INSTAR_INVAL;
}

enum instar_status instar_bmap_clear(instar_bmap *map, instar_thread *thread)
{
	return map ? instar_clear(map->map, thread) : INSTAR_INVAL;
}

void instar_bmap_stats(instar_bmap *map, struct instar_map_stats *stats)
{
	instar_map_stats(map ? map->map : NULL, stats);
	stats->entries = instar_bmap_size(map);
}

/* ---- the audit ---- */

struct audit {
	const instar_bmap *map;
	FILE *report;
	bool broken;
};

static void complain(struct audit *audit, uint64_t hash, const char *what)
{
	audit->broken = true;
	if (audit->report)
		fprintf(audit->report, "bundle of hash %016llx: %s\n", (unsigned long long)hash, what);
}

static bool audit_bundle(uint64_t hash, uint64_t bundle, void *ctx)
{
	struct audit *audit = ctx;
	const instar_bmap *map = audit->map;
	const struct bundle *b = (const struct bundle *)(uintptr_t)bundle;
	const struct item *found, *it = bundle_first(b);
	if (!b->count)
		complain(audit, hash, "empty");
	if (b->count > 1 && !load_relaxed(&map->collided))
		complain(audit, hash, "of several keys, which the size does not know");
	if (b->displaced != DISPLACED_ALL)
		complain(audit, hash, "still in the map, though replaced");
	for (uint32_t i = 0; i < b->count; i++, it = item_next(it)) {
		struct byte_key key = { it->key, it->length };
		if (bmap_hash(map, &key) != hash)
			complain(audit, hash, "a key of another hash");
		if (bundle_find(b, &key, &found) != i)
			complain(audit, hash, "one key twice");
	}
	return true;
}

enum instar_status instar_bmap_check(instar_bmap *map, FILE *report)
{
	struct audit audit = { map, report, false };
	if (!map)
		return INSTAR_INVAL;
	enum instar_status status = instar_map_check(map->map, report);
	if (status != INSTAR_OK)
		return status;
	status = instar_foreach(map->map, map->domain->shared, audit_bundle, &audit, NULL);
	return audit.broken ? INSTAR_CORRUPT : status;
}
