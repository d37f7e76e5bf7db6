/*
 * src/bytes_scan.c - going over the keys of a byte-key map: scans by cursor, and the calls that visit.
 */
#include "src/bytes_scan.h"

enum { BUNDLES_AHEAD = 64 }; /* asked of the inline map at a time, and fetched together */

/* ---- by cursor ---- */

static enum instar_status next_bundles(const struct bundle_source *source, uint64_t *cursor,
				       struct instar_entry *bundles, size_t capacity, size_t *n)
{
	if (source->snapshot)
		return instar_snapshot_scan(source->snapshot, source->thread, cursor, bundles, capacity, n);
	return instar_scan_range(source->map->map, source->thread, cursor, source->last, bundles, capacity, n);
}

static const struct bundle *entry_bundle(const struct instar_entry *entry)
{
	return (const struct bundle *)(uintptr_t)entry->value;
}

/* All of its items, or, if there is no room for them, none: false. */
static bool hand_out(const struct bundle *b, struct instar_bmap_entry *out, size_t capacity, size_t *n)
{
	const struct item *it = bundle_first(b);
	if (b->count > capacity - *n)
		return false;
	for (uint32_t i = 0; i < b->count; i++, it = item_next(it))
		out[(*n)++] = (struct instar_bmap_entry){ it->key, it->length, it->value };
	return true;
}

/* The next bundles, fetched side by side, too. */
static enum instar_status fetch_bundles(const struct bundle_source *source, uint64_t *cursor,
					struct instar_entry bundles[BUNDLES_AHEAD], size_t wanted, size_t *n)
{
	if (wanted > BUNDLES_AHEAD)
		wanted = BUNDLES_AHEAD;
	enum instar_status status = next_bundles(source, cursor, bundles, wanted, n);
	for (size_t i = 0; i < *n; i++)
		prefetch_for(entry_bundle(&bundles[i]), 0);
	return status;
}

enum instar_status bundles_count(const struct bundle_source *source, size_t *n)
{
	struct instar_entry bundles[BUNDLES_AHEAD];
	enum instar_status status = INSTAR_OK;
	uint64_t cursor = 0;
	*n = 0;
	while (status == INSTAR_OK) {
		size_t some;
		status = fetch_bundles(source, &cursor, bundles, BUNDLES_AHEAD, &some);
		for (size_t i = 0; i < some; i++)
			*n += entry_bundle(&bundles[i])->count;
	}
	return status == INSTAR_NOTFOUND ? INSTAR_OK : status;
}

enum instar_status bundles_scan(const struct bundle_source *source, uint64_t *cursor, struct instar_bmap_entry *out,
				size_t capacity, size_t *n)
{
	struct instar_entry bundles[BUNDLES_AHEAD];
	enum instar_status status = INSTAR_OK;
	*n = 0;
	while (status == INSTAR_OK && *n < capacity) {
		size_t some;
		status = fetch_bundles(source, cursor, bundles, capacity - *n, &some);
		for (size_t i = 0; i < some; i++)
			if (!hand_out(entry_bundle(&bundles[i]), out, capacity, n)) {
				*cursor = instar_hash(source->map->map, bundles[i].key);
				return *n ? INSTAR_OK : INSTAR_FULL;
			}
	}
	return status;
}

enum instar_status instar_bmap_scan_range(instar_bmap *map, instar_thread *thread, uint64_t *cursor, uint64_t last,
					  struct instar_bmap_entry *out, size_t capacity, size_t *n)
{
	if (n)
		*n = 0;
	if (!bmap_thread(map, &thread) || !cursor || !out || !capacity || !n || *cursor > last)
		return INSTAR_INVAL;
	if (!reclaim_in_section(thread))
		return INSTAR_MISUSE;
	return bundles_scan(&(struct bundle_source){ map, thread, NULL, last }, cursor, out, capacity, n);
}

enum instar_status instar_bmap_scan(instar_bmap *map, instar_thread *thread, uint64_t *cursor,
				    struct instar_bmap_entry *out, size_t capacity, size_t *n)
{
	return instar_bmap_scan_range(map, thread, cursor, UINT64_MAX, out, capacity, n);
}

/* ---- by visits ---- */

/* A pass over a map: what is done with each key. */
struct pass {
	instar_bmap *map;
	instar_thread *thread;
	instar_bmap_visit_fn *visit;
	void *ctx;
	size_t removed;
	enum instar_status status;
	bool (*item)(struct pass *, const struct item *); /* false: stop, `status` tells why */
};

/* For instar_foreach, in whose section the items stay. */
static bool pass_bundle(uint64_t hash, uint64_t bundle, void *ctx)
{
	struct pass *pass = ctx;
	const struct bundle *b = (const struct bundle *)(uintptr_t)bundle;
	const struct item *it = bundle_first(b);
	(void)hash;
	for (uint32_t i = 0; i < b->count; i++, it = item_next(it))
		if (!pass->item(pass, it))
			return false;
	return true;
}

static enum instar_status run_pass(struct pass *pass, const struct instar_deadline *deadline)
{
	if (!bmap_thread(pass->map, &pass->thread) || !pass->visit)
		return INSTAR_INVAL;
	enum instar_status status = instar_foreach(pass->map->map, pass->thread, pass_bundle, pass, deadline);
	return status == INSTAR_STOPPED ? pass->status : status;
}

static bool ask(struct pass *pass, const struct item *it, uint64_t value)
{
	pass->status = INSTAR_STOPPED;
	return pass->visit(it->key, it->length, value, pass->ctx);
}

static bool visit_item(struct pass *pass, const struct item *it)
{
	return ask(pass, it, it->value);
}

enum instar_status instar_bmap_foreach(instar_bmap *map, instar_thread *thread, instar_bmap_visit_fn *visit, void *ctx,
				       const struct instar_deadline *deadline)
{
	struct pass pass = { map, thread, visit, ctx, 0, INSTAR_OK, visit_item };
	return run_pass(&pass, deadline);
}

/* Asks about the key until the answer is yes, it is removed with the value asked about, or it is gone. */
static bool keep_or_remove(struct pass *pass, const struct item *it)
{
	uint64_t value = it->value;
	while (!ask(pass, it, value)) {
		pass->status = instar_bmap_remove_if(pass->map, pass->thread, it->key, it->length, value);
		pass->removed += pass->status == INSTAR_OK;
		if (pass->status != INSTAR_CHANGED)
			return pass->status != INSTAR_NOMEM;
		if (instar_bmap_get(pass->map, pass->thread, it->key, it->length, &value) != INSTAR_OK)
			break;
	}
	return true;
}

enum instar_status instar_bmap_retain(instar_bmap *map, instar_thread *thread, instar_bmap_visit_fn *keep, void *ctx,
				      size_t *removed)
{
	struct pass pass = { map, thread, keep, ctx, 0, INSTAR_OK, keep_or_remove };
	enum instar_status status = run_pass(&pass, NULL);
	if (removed)
		*removed = pass.removed;
	return status;
}

enum instar_status instar_bmap_retain_some(instar_bmap *map, instar_thread *thread, instar_bmap_visit_fn *keep,
					   void *ctx, uint64_t *cursor, size_t budget, size_t *removed)
{
	struct pass pass = { map, thread, keep, ctx, 0, INSTAR_OK, keep_or_remove };
	enum instar_status status = INSTAR_INVAL;
	if (bmap_thread(map, &pass.thread) && keep)
		status = foreach_some(map->map, pass.thread, pass_bundle, &pass, cursor, budget);
	if (removed)
		*removed = pass.removed;
	return status == INSTAR_STOPPED ? pass.status : status;
}

static bool remove_and_ask(struct pass *pass, const struct item *it)
{
	uint64_t value;
	pass->status = instar_bmap_remove(pass->map, pass->thread, it->key, it->length, &value);
	if (pass->status != INSTAR_OK)
		return pass->status != INSTAR_NOMEM;
	return ask(pass, it, value);
}

enum instar_status instar_bmap_drain(instar_bmap *map, instar_thread *thread, instar_bmap_visit_fn *take, void *ctx)
{
	struct pass pass = { map, thread, take, ctx, 0, INSTAR_OK, remove_and_ask };
	return run_pass(&pass, NULL);
}
