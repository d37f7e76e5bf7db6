/*
 * tests/support/inherited.h - a domain made with INSTAR_DOMAIN_ATFORK and what a process has of it, which its children
 * inherit; and everything that it can do with it.
 */
#ifndef TESTS_INHERITED_H
#define TESTS_INHERITED_H

#include <instar/bytes.h>

#include "reclaim/private.h"
#include "tests/support/cargo.h"
#include "tests/support/child.h"
#include "tests/support/schemes.h"
#include "tests/support/tap.h"

enum { CHILD_PATIENCE = 60, OBJECTS = 1000, KEYS = 500 };

static inline instar_domain *open_for_forks(const struct reclaim_scheme *scheme, unsigned more)
{
	struct instar_domain_opts opts = INSTAR_DOMAIN_OPTS_INIT;

	opts.flags = INSTAR_DOMAIN_ATFORK | more;
	return open_domain(scheme, &opts);
}

static inline instar_map *open_map(instar_domain *domain, instar_thread *t)
{
	instar_map *map;

	if (instar_map_create(&map, domain, NULL) != INSTAR_OK)
		bail_out("no memory");
	for (uint64_t key = 0; key < KEYS; key++)
		instar_insert(map, t, key, key, NULL);
	return map;
}

static inline bool close_all(instar_map *map, instar_domain *domain, instar_thread *t)
{
	return instar_map_destroy(map) == INSTAR_OK && instar_thread_detach(t) == INSTAR_OK &&
	       instar_domain_destroy(domain) == INSTAR_OK;
}

/* A worker may retire meanwhile. */
static inline bool nothing_is_pending(instar_domain *domain)
{
	struct instar_reclaim_stats stats;

	instar_domain_stats(domain, &stats);
	return !frees(domain->scheme) || domain->background || !(stats.pending_objects | stats.pending_bytes);
}

/* Everything that a process with a map and a handle can do. */
static inline int uses_all(instar_map *map, instar_domain *domain, instar_thread *t)
{
	struct cargo *cargo = cargo_new(OBJECTS);
	instar_snapshot *snapshot;
	size_t n = 0;
	int wrong = 0;

	for (unsigned i = 0; i < OBJECTS; i++) {
		wrong |= cargo_retire(t, &cargo[i]) != INSTAR_OK;
		instar_thread_quiescent(t);
	}
	wrong |= (instar_snapshot_open(map, t, &snapshot) != INSTAR_OK) << 1;
	wrong |= (instar_put(map, t, KEYS, 1, NULL) != INSTAR_OK) << 2;
	wrong |= (instar_snapshot_count(snapshot, t, &n) != INSTAR_OK || n != KEYS) << 2;
	instar_snapshot_close(snapshot, t);
	wrong |= (instar_count(map, t, &n) != INSTAR_OK || n != KEYS + 1) << 3;
	wrong |= (instar_remove(map, t, KEYS, NULL) != INSTAR_OK) << 3;
	wrong |= (instar_barrier(t) != INSTAR_OK || instar_map_check(map, stdout) != INSTAR_OK) << 4;
	wrong |= ((frees(domain->scheme) && cargo_count(cargo, OBJECTS, 1) != OBJECTS) || !nothing_is_pending(domain)) << 5;
	wrong |= !close_all(map, domain, t) << 6;
	wrong |= (cargo_count(cargo, OBJECTS, 1) != OBJECTS) << 7;
	return wrong;
}

struct inherited {
	instar_domain *domain;
	instar_thread *t;
	instar_map *map;
	instar_bmap *bytes; /* or NULL */
	instar_snapshot *snapshot; /* or NULL: that the user has open */
	struct cargo *cargo;
};

static inline int all_is_usable(void *arg)
{
	struct inherited *w = arg;

	return instar_bmap_destroy(w->bytes) != INSTAR_OK || uses_all(w->map, w->domain, w->t);
}

#endif
