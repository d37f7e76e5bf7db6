/*
 * tests/fuzz/bytes.c - calls on byte-string keys that are pieces of the input, against a list of what was put.
 *
 * Each call: what, the key's length and value, then the key itself.  The first byte chooses the hash: one
 * that makes all keys collide, one of four values, or one worth its name.
 */
#include <string.h>

#include <instar/instar.h>

#include "tests/fuzz/fuzz.h"

enum { KEYS = 200, CALLS_MAX = 3000, LENGTHS = 24 };

struct known {
	const uint8_t *key;
	size_t length;
	uint64_t value;
	bool present;
};

struct list {
	struct known known[KEYS];
	size_t n;
};

/* The key's entry, made on first use; NULL: there are too many. */
static struct known *find(struct list *list, const uint8_t *key, size_t length)
{
	for (size_t i = 0; i < list->n; i++)
		if (list->known[i].length == length && (!length || memcmp(list->known[i].key, key, length) == 0))
			return &list->known[i];
	if (list->n == KEYS)
		return NULL;
	list->known[list->n] = (struct known){ key, length, 0, false };
	return &list->known[list->n++];
}

static size_t present(const struct list *list)
{
	size_t n = 0;

	for (size_t i = 0; i < list->n; i++)
		n += list->known[i].present;
	return n;
}

static uint64_t hash(const void *key, size_t length, uint64_t seed, void *ctx)
{
	const uint8_t *at = key;
	uint64_t h = seed | 1;

	for (size_t i = 0; i < length; i++)
		h = (h ^ at[i]) * 0x100000001b3u;
	return h & *(const uint64_t *)ctx;
}

/* Every entry is met once, as it is known. */
struct meeting {
	struct list *list;
	size_t met;
};

static bool meet(const void *key, size_t length, uint64_t value, void *ctx)
{
	struct meeting *meeting = ctx;
	struct known *known = find(meeting->list, key, length);

	FUZZ_CHECK(known && known->present && known->value == value);
	meeting->met++;
	return true;
}

static void whole(instar_bmap *map, unsigned what, struct list *list)
{
	struct meeting meeting = { list, 0 };

	switch (what % 4) {
	case 0:
		FUZZ_CHECK(instar_bmap_foreach(map, NULL, meet, &meeting, NULL) == INSTAR_OK);
		FUZZ_CHECK(meeting.met == present(list) && instar_bmap_size(map) == meeting.met);
		break;
	case 1:
		FUZZ_CHECK(instar_bmap_shrink(map, NULL) == INSTAR_OK);
		break;
	case 2:
		FUZZ_CHECK(instar_bmap_reserve(map, NULL, what * 16) == INSTAR_OK);
		break;
	default:
		FUZZ_CHECK(instar_bmap_clear(map, NULL) == INSTAR_OK);
		for (size_t i = 0; i < list->n; i++)
			list->known[i].present = false;
	}
}

static void one(instar_bmap *map, unsigned what, struct known *k, uint64_t value)
{
	enum instar_status hit = k->present ? INSTAR_OK : INSTAR_NOTFOUND, new = k->present ? INSTAR_EXISTS : INSTAR_OK;
	uint64_t out = k->value;

	switch (what % 8) {
	case 0:
		FUZZ_CHECK(instar_bmap_insert(map, NULL, k->key, k->length, value, &out) == new && out == k->value);
		k->value = k->present ? k->value : value;
		k->present = true;
		break;
	case 1:
		FUZZ_CHECK(instar_bmap_put(map, NULL, k->key, k->length, value, &out) == new && out == k->value);
		k->value = value;
		k->present = true;
		break;
	case 2:
		FUZZ_CHECK(instar_bmap_replace(map, NULL, k->key, k->length, value, &out) == hit && out == k->value);
		k->value = k->present ? value : k->value;
		break;
	case 3:
		FUZZ_CHECK(instar_bmap_remove(map, NULL, k->key, k->length, &out) == hit && out == k->value);
		k->present = false;
		break;
	case 4:
		FUZZ_CHECK(instar_bmap_cas(map, NULL, k->key, k->length, &out, value) == hit);
		k->value = k->present ? value : k->value;
		break;
	case 5:
		FUZZ_CHECK(instar_bmap_fetch_add(map, NULL, k->key, k->length, value, 0, &out) == new);
		FUZZ_CHECK(out == (k->present ? k->value : 0));
		k->value = out + value;
		k->present = true;
		break;
	default:
		FUZZ_CHECK(instar_bmap_get(map, NULL, k->key, k->length, &out) == hit && out == k->value);
	}
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static uint64_t masks[] = { 0, 3, UINT64_MAX };
	struct instar_bmap_opts opts = INSTAR_BMAP_OPTS_INIT;
	struct bytes bytes = { data, size };
	struct list list = { .n = 0 };
	instar_domain *domain;
	instar_bmap *map;

	opts.seed[0] = 1;
	opts.hash = hash;
	opts.hash_ctx = &masks[bytes_take(&bytes, 1) % 3];
	FUZZ_CHECK(instar_domain_create(&domain, "ebr", NULL) == INSTAR_OK);
	FUZZ_CHECK(instar_bmap_create(&map, domain, &opts) == INSTAR_OK);
	for (unsigned i = 0; bytes.left && i < CALLS_MAX; i++) {
		unsigned what = (unsigned)bytes_take(&bytes, 1);
		size_t length = bytes_take(&bytes, 1) % LENGTHS;
		uint64_t value = bytes_take(&bytes, 1);
		struct known *known;

		length = length < bytes.left ? length : bytes.left;
		known = find(&list, bytes.at, length);
		bytes.at += length;
		bytes.left -= length;
		if (what >= 240)
			whole(map, what, &list);
		else if (known)
			one(map, what, known, value);
	}
	whole(map, 0, &list);
	FUZZ_CHECK(instar_bmap_check(map, stderr) == INSTAR_OK);
	FUZZ_CHECK(instar_bmap_destroy(map) == INSTAR_OK && instar_domain_destroy(domain) == INSTAR_OK);
	return 0;
}

/* Few short keys, so that calls meet. */
size_t fuzz_example(struct rng *rng, uint8_t *out, size_t capacity)
{
	size_t size = 1, most = rng_below(rng, capacity - LENGTHS - 8);

	out[0] = (uint8_t)rng_below(rng, 3);
	while (size < most) {
		uint8_t length = (uint8_t)rng_below(rng, rng_below(rng, 4) ? 2 : LENGTHS);

		out[size++] = (uint8_t)(rng_below(rng, 40) ? rng_below(rng, 240) : 240 + rng_below(rng, 16));
		out[size++] = length;
		out[size++] = (uint8_t)rng_next(rng);
		for (uint8_t i = 0; i < length; i++)
			out[size++] = (uint8_t)rng_below(rng, 4);
	}
	return size;
}
