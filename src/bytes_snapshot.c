/*
 * src/bytes_snapshot.c - a byte-key map at one moment: a snapshot of the map of bundles.
 *
 * It shows each key with its value of that moment, for those are in the bundles that the inline map had then, and a
 * bundle does not change.  What it shows stays until it is closed:
 *   - the bundles, and so the keys: values of the inline map, which parks what an open snapshot may show (src/park.h);
 *   - boxed values, which may have gone on into bundles that the snapshot does not show.  The last bundle that
 *     held such a value frees it (src/bundle.h).  It was displaced by a call that acted on a table from after the
 *     snapshot's, because the bundle that is shown was sealed before its first successor came into the map; such a
 *     call sees the snapshot open, and parks whatever it displaces, shown or not.
 */
#include "src/bytes_scan.h"

struct instar_bmap_snapshot {
	instar_bmap *map;
	instar_snapshot *bundles;
};

static void free_snapshot(instar_bmap_snapshot *s)
{
	reclaim_free(s->map->domain, s, sizeof *s, sizeof(void *));
}

enum instar_status instar_bmap_snapshot_open(instar_bmap *map, instar_thread *thread, instar_bmap_snapshot **out)
{
	if (out)
		*out = NULL;
	if (!bmap_thread(map, &thread) || !out)
		return INSTAR_INVAL;
	instar_bmap_snapshot *s = reclaim_alloc(map->domain, sizeof *s, sizeof(void *));
	if (!s)
		return INSTAR_NOMEM;
	s->map = map;
	enum instar_status status = snapshot_open(map->map, thread, &s->bundles);
	if (status != INSTAR_OK) {
		free_snapshot(s);
		return status;
	}
	s->bundles->given = true;
	*out = s;
	return INSTAR_OK;
}

void instar_bmap_snapshot_close(instar_bmap_snapshot *snapshot, instar_thread *thread)
{
	if (!snapshot)
		return;
	instar_snapshot_close(snapshot->bundles, thread);
	free_snapshot(snapshot);
}

enum instar_status instar_bmap_snapshot_get(instar_bmap_snapshot *snapshot, instar_thread *thread, const void *key,
					    size_t length, uint64_t *value)
{
	struct byte_key k;
	const struct item *item;
	uint64_t bundle;
	if (!snapshot || !bmap_thread(snapshot->map, &thread) || !bmap_key(key, length, &k))
		return INSTAR_INVAL;
	enum instar_status status = instar_snapshot_get(snapshot->bundles, thread, bmap_hash(snapshot->map, &k), &bundle);
	if (status != INSTAR_OK)
		return status;
	if (bundle_find((const struct bundle *)(uintptr_t)bundle, &k, &item) == NO_ITEM)
		return INSTAR_NOTFOUND;
	if (value)
		*value = item->value;
	return INSTAR_OK;
}

enum instar_status instar_bmap_snapshot_scan(instar_bmap_snapshot *snapshot, instar_thread *thread, uint64_t *cursor,
					     struct instar_bmap_entry *out, size_t capacity, size_t *n)
{
	if (n)
		*n = 0;
	if (!snapshot || !bmap_thread(snapshot->map, &thread) || !cursor || !out || !capacity || !n)
		return INSTAR_INVAL;
	struct bundle_source source = { snapshot->map, thread, snapshot->bundles, 0 };
	return bundles_scan(&source, cursor, out, capacity, n);
}

enum instar_status instar_bmap_snapshot_count(instar_bmap_snapshot *snapshot, instar_thread *thread, size_t *n)
{
	if (!snapshot || !bmap_thread(snapshot->map, &thread) || !n)
		return INSTAR_INVAL;
	return bundles_count(&(struct bundle_source){ snapshot->map, thread, snapshot->bundles, 0 }, n);
}

enum instar_status instar_bmap_count(instar_bmap *map, instar_thread *thread, size_t *exact)
{
	instar_snapshot *bundles;
	if (!bmap_thread(map, &thread) || !exact)
		return INSTAR_INVAL;
	enum instar_status status = snapshot_open(map->map, thread, &bundles);
	if (status != INSTAR_OK)
		return status;
	status = bundles_count(&(struct bundle_source){ map, thread, bundles, 0 }, exact);
	instar_snapshot_close(bundles, thread);
	return status;
}
