/*
 * src/bundle.c - making, searching and unmaking bundles.
 */
#include <string.h>

#include "src/bundle.h"

enum { ALIGNMENT = sizeof(uint64_t) };

_Static_assert(sizeof(struct bundle) % ALIGNMENT == 0 && sizeof(struct release) % ALIGNMENT == 0, "items are aligned");

uint32_t bundle_find(const struct bundle *b, const struct byte_key *key, const struct item **item)
{
	const struct item *it = bundle_first(b);
	for (uint32_t i = 0; i < b->count; i++, it = item_next(it))
		if (it->length == key->length && memcmp(it->key, key->bytes, key->length) == 0) {
			*item = it;
			return i;
		}
	return NO_ITEM;
}

static size_t bytes_without(const struct bundle *old, uint32_t without)
{
	size_t bytes = 0;
	const struct item *it = bundle_first(old);
	for (uint32_t i = 0; i < old->count; i++, it = item_next(it))
		bytes += i != without ? item_bytes(it->length) : 0;
	return bytes;
}

/* Returns where the next item goes. */
static struct item *copy_items(struct bundle *b, const struct bundle *old, uint32_t without)
{
	struct item *to = bundle_first(b);
	const struct item *it = bundle_first(old);
	for (uint32_t i = 0; i < old->count; i++, it = item_next(it))
		if (i != without) {
			memcpy(to, it, item_bytes(it->length));
			to = item_next(to);
			b->count++;
		}
	return to;
}

static struct release *bundle_release(const struct bundle *b)
{
	return (struct release *)((uintptr_t)b + b->bytes) - 1;
}

struct bundle *bundle_make(instar_domain *domain, const struct release *release, const struct bundle *old,
			   uint32_t without, const struct byte_key *key, uint64_t value)
{
	size_t bytes = sizeof(struct bundle) + (old ? bytes_without(old, without) : 0) +
		       (key ? item_bytes(key->length) : 0) + (release->value_free ? sizeof *release : 0);
	struct bundle *b = reclaim_alloc(domain, bytes, ALIGNMENT);
	if (!b)
		return NULL;
	b->bytes = bytes;
	b->displaced = DISPLACED_ALL;
	struct item *it = old ? copy_items(b, old, without) : bundle_first(b);
	if (key) {
		it->value = value;
		it->length = key->length;
		memcpy(it->key, key->bytes, key->length);
		b->count++;
	}
	if (release->value_free)
		*bundle_release(b) = *release;
	return b;
}

size_t bundle_size(const void *bundle)
{
	return ((const struct bundle *)bundle)->bytes;
}

void bundle_discard(instar_domain *domain, struct bundle *b)
{
	reclaim_free(domain, b, b->bytes, ALIGNMENT);
}

void bundle_free(void *bundle, void *domain)
{
	bundle_discard(domain, bundle);
}

void bundle_free_boxed(void *bundle, void *domain)
{
	struct bundle *b = bundle;
	const struct release *release = bundle_release(b);
	const struct item *it = bundle_first(b);
	for (uint32_t i = 0; i < b->count; i++, it = item_next(it))
		if (b->displaced == DISPLACED_ALL || b->displaced == i)
			release->value_free((void *)(uintptr_t)it->value, release->ctx);
	bundle_discard(domain, b);
}
