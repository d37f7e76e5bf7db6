/*
 * src/bytes.c - byte-string keys: a boxed map of hash -> bundle (src/bundle.h).
 *
 * Every write makes a new bundle and puts it in the old one's stead by a single call on the inline map, or
 * removes the last: instar_insert where there was none, instar_cas and instar_remove_if where there was.
 *
 * Linearizable per key.  Let the state of a key be its item in the bundle that the inline map has at its
 * hash, or absence.  Bundles are immutable to readers, and the inline map is linearizable, so:
 *   - a call that changes nothing (get, and the answers EXISTS, NOTFOUND, CHANGED of others) takes effect at its
 *     LP in instar_get: the state at that moment is what it answers from;
 *   - a call that changes something takes effect at the LP of its insert, cas or remove_if.  It succeeds
 *     only if the map still has the very bundle, or none, from which the call decided: a bundle is put into the
 *     map once, and its address is not used again while the section in which it was read is open.  So the
 *     decision is true of that moment, other keys of the hash keep their items, and no update is lost.
 * Lock-free: an attempt fails only when another call changed the same hash in between.
 *
 * Values stay in the immutable item.  In a word of their own, changed in place, an update could land in a
 * bundle that a neighbour's write, or a removal, has just copied or dropped, and be lost: it would take a
 * sealing protocol per value, which the inline map has already.
 */
#include "src/bytes.h"

bool bmap_thread(const instar_bmap *map, instar_thread **t)
{
	if (!map)
		return false;
	if (!*t)
		*t = reclaim_self(map->domain);
	return (*t)->domain == map->domain;
}

bool bmap_key(const void *key, size_t length, struct byte_key *out)
{
	*out = (struct byte_key){ key ? key : "", (uint32_t)length };
	return (key || !length) && length <= UINT32_MAX;
}

enum instar_status bmap_find(instar_bmap *map, instar_thread *t, uint64_t hash, struct bundle **b)
{
	uint64_t pointer = 0;
	enum instar_status status = instar_get(map->map, t, hash, &pointer);
	*b = (struct bundle *)(uintptr_t)pointer;
	return status == INSTAR_NOTFOUND ? INSTAR_OK : status;
}

static enum instar_status find_value(instar_bmap *map, instar_thread *t, uint64_t hash, const struct byte_key *key,
				     uint64_t *value)
{
	struct bundle *b;
	const struct item *item;
	enum instar_status status = bmap_find(map, t, hash, &b);
	if (status != INSTAR_OK)
		return status;
	if (!b || bundle_find(b, key, &item) == NO_ITEM)
		return INSTAR_NOTFOUND;
	*value = item->value;
	return INSTAR_OK;
}

enum { AGAIN = -1 };

/* Puts `next` (NULL: nothing) where `old` (NULL: nothing) is.  OK, AGAIN: it is there no more, or a failure. */
static int exchange_bundle(instar_bmap *map, instar_thread *t, uint64_t hash, struct bundle *old, struct bundle *next)
{
	uint64_t was = (uintptr_t)old, is = (uintptr_t)next;
	enum instar_status status;
	if (!old)
		status = instar_insert(map->map, t, hash, is, NULL);
	else if (!next)
		status = instar_remove_if(map->map, t, hash, was);
	else
		status = instar_cas(map->map, t, hash, &was, is);
	if (status == INSTAR_EXISTS || status == INSTAR_NOTFOUND || status == INSTAR_CHANGED)
		return AGAIN;
	return (int)status;
}

/* What `displaced` becomes in the bundle that this thread is about to replace, and in those that go with their map. */
static __thread uint32_t leaving = DISPLACED_ALL;

void bmap_bundle_leaves(void *bundle)
{
	((struct bundle *)bundle)->displaced = leaving;
}

/* at: the key's index in `old`, or NO_ITEM. */
static int carry_out(instar_bmap *map, instar_thread *t, struct operation *o, struct bundle *old, uint32_t at,
		     enum instar_action action)
{
	bool stores = action == INSTAR_STORE;
	struct bundle *next = NULL;
	if (stores || old->count > 1) {
		next = bundle_make(map->domain, &map->release, old, at, stores ? &o->key : NULL, o->value);
		if (!next)
			return INSTAR_NOMEM;
		if (unlikely(next->count > 1) && !load_relaxed(&map->collided))
			store_relaxed(&map->collided, true);
	}
	bool leaves = at != NO_ITEM && !o->keeps_old && !(stores && o->value == o->seen);
	leaving = leaves ? at : DISPLACED_NONE;
	int status = exchange_bundle(map, t, o->hash, old, next);
	leaving = DISPLACED_ALL;
	if (status == INSTAR_OK)
		return (int)o->status;
	if (next)
		bundle_discard(map->domain, next);
	return status;
}

static int attempt(instar_bmap *map, instar_thread *t, struct operation *o)
{
	struct bundle *old;
	const struct item *item;
	enum instar_status status = bmap_find(map, t, o->hash, &old);
	if (status != INSTAR_OK)
		return (int)status;
	uint32_t at = old ? bundle_find(old, &o->key, &item) : NO_ITEM;
	bool present = at != NO_ITEM;
	o->seen = present ? item->value : 0;
	enum instar_action action = o->decide(o, present);
	if (action == INSTAR_KEEP || (action == INSTAR_REMOVE && !present))
		return (int)o->status;
	return carry_out(map, t, o, old, at, action);
}

static enum instar_status carry_through(instar_bmap *map, instar_thread *t, struct operation *o)
{
	int status;
	instar_enter(t);
	do
		status = attempt(map, t, o);
	while (status == AGAIN);
	instar_leave(t);
	return (enum instar_status)status;
}

enum instar_status bmap_write(instar_bmap *map, instar_thread *t, const void *key, size_t length, struct operation *o)
{
	if (!bmap_thread(map, &t) || !bmap_key(key, length, &o->key))
		return INSTAR_INVAL;
	o->hash = bmap_hash(map, &o->key);
	return carry_through(map, t, o);
}

enum instar_status bmap_write_h(instar_bmap *map, instar_thread *t, const void *key, size_t length,
				struct operation *o)
{
	return bmap_thread(map, &t) && bmap_key(key, length, &o->key) ? carry_through(map, t, o) : INSTAR_INVAL;
}

uint64_t instar_bmap_hash(const instar_bmap *map, const void *key, size_t length)
{
	struct byte_key k;
	return map && bmap_key(key, length, &k) ? bmap_hash(map, &k) : 0;
}

static enum instar_status get(instar_bmap *map, instar_thread *t, uint64_t hash, const struct byte_key *key,
			      uint64_t *value)
{
	uint64_t found;
	instar_enter(t);
	enum instar_status status = find_value(map, t, hash, key, &found);
	instar_leave(t);
	if (status == INSTAR_OK && value)
		*value = found;
	return status;
}

enum instar_status instar_bmap_get(instar_bmap *map, instar_thread *thread, const void *key, size_t length,
				   uint64_t *value)
{
	struct byte_key k;
	if (!bmap_thread(map, &thread) || !bmap_key(key, length, &k))
		return INSTAR_INVAL;
	return get(map, thread, bmap_hash(map, &k), &k, value);
}

enum instar_status instar_bmap_get_h(instar_bmap *map, instar_thread *thread, uint64_t hash, const void *key,
				     size_t length, uint64_t *value)
{
	struct byte_key k;
	if (!bmap_thread(map, &thread) || !bmap_key(key, length, &k))
		return INSTAR_INVAL;
	return get(map, thread, hash, &k, value);
}

bool instar_bmap_contains(instar_bmap *map, instar_thread *thread, const void *key, size_t length)
{
	return instar_bmap_get(map, thread, key, length, NULL) == INSTAR_OK;
}

enum instar_status instar_bmap_get_ref(instar_bmap *map, instar_thread *thread, const void *key, size_t length,
				       void **object)
{
	struct byte_key k;
	uint64_t found;
	if (!bmap_thread(map, &thread) || !bmap_key(key, length, &k) || !object || !map->release.value_free)
		return INSTAR_INVAL;
	if (!reclaim_in_section(thread))
		return INSTAR_MISUSE;
	enum instar_status status = find_value(map, thread, bmap_hash(map, &k), &k, &found);
	if (status == INSTAR_OK)
		*object = (void *)(uintptr_t)found;
	return status;
}
