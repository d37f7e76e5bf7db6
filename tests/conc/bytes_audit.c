/*
 * tests/conc/bytes_audit.c - the audit of a byte-key map names what is wrong: the other tests rely on it.
 */
#include "src/bytes.h"
#include "tests/support/audit.h"
#include "tests/support/tap.h"

static instar_domain *domain;
static instar_bmap *map;

/* Two keys, one hash. */
static uint64_t one_hash(const void *key, size_t length, uint64_t seed, void *other_hash)
{
	(void)key;
	(void)length;
	(void)seed;
	return *(const bool *)other_hash ? 8 : 7;
}

static enum instar_status check(void *audited, FILE *report)
{
	return instar_bmap_check(audited, report);
}

static bool audit_says(const char *what)
{
	return audit_finds(check, map, what);
}

static bool take_bundle(uint64_t hash, uint64_t bundle, void *out)
{
	(void)hash;
	*(struct bundle **)out = (struct bundle *)(uintptr_t)bundle;
	return true;
}

int main(void)
{
	struct instar_bmap_opts opts = INSTAR_BMAP_OPTS_INIT;
	bool other_hash = false;
	struct bundle *bundle = NULL;
	struct item *second;

	opts.hash = one_hash;
	opts.hash_ctx = &other_hash;
	if (instar_domain_create(&domain, "leak", NULL) != INSTAR_OK ||
	    instar_bmap_create(&map, domain, &opts) != INSTAR_OK ||
	    instar_bmap_insert(map, NULL, "a", 1, 10, NULL) != INSTAR_OK ||
	    instar_bmap_insert(map, NULL, "b", 1, 20, NULL) != INSTAR_OK ||
	    instar_foreach(map->map, NULL, take_bundle, &bundle, NULL) != INSTAR_OK)
		bail_out("no memory");
	second = item_next(bundle_first(bundle));

	ok(audit_says(NULL), "nothing in a good map");

	second->key[0] = 'a';
	ok(audit_says("one key twice"), "a key that is there twice");
	second->key[0] = 'b';

	bundle->displaced = 1;
	ok(audit_says("though replaced"), "a bundle that was replaced");
	bundle->displaced = DISPLACED_ALL;

	bundle->count = 0;
	ok(audit_says("empty"), "a bundle of nothing");
	bundle->count = 2;

	map->collided = false;
	ok(audit_says("of several keys"), "two keys of one hash, of which size does not know");
	map->collided = true;

	other_hash = true;
	ok(audit_says("a key of another hash"), "a key where it is not looked for");
	other_hash = false;

	ok(audit_says(NULL) && instar_bmap_destroy(map) == INSTAR_OK && instar_domain_destroy(domain) == INSTAR_OK,
	   "and nothing when all that is mended");
	return done_testing();
}
