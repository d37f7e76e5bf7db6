/*
 * tests/support/world.h - a domain and a map to test, under every scheme that is built in.
 */
#ifndef TESTS_WORLD_H
#define TESTS_WORLD_H

#include <stdlib.h>
#include <string.h>

#include <instar/instar.h>

#include "tests/support/wanted.h"

struct world {
	const struct instar_scheme_info *scheme;
	instar_domain *domain;
	instar_map *map;
};

/* Runs the test for each available scheme that is wanted of the map's own tests. */
static inline void each_scheme(void (*test)(const struct instar_scheme_info *scheme, void *arg), void *arg)
{
	const struct instar_scheme_info *list;
	size_t n = instar_schemes(&list);

	for (size_t i = 0; i < n; i++)
		if (list[i].available && scheme_is_wanted_by_maps(list[i].name))
			test(&list[i], arg);
}

/* False, and the reason in *status, if the library refuses. */
static inline bool world_open(struct world *world, const struct instar_scheme_info *scheme,
			      const struct instar_domain_opts *domain_opts, const struct instar_map_opts *map_opts)
{
	world->scheme = scheme;
	world->map = NULL;
	return instar_domain_create(&world->domain, scheme->name, domain_opts) == INSTAR_OK &&
	       instar_map_create(&world->map, world->domain, map_opts) == INSTAR_OK;
}

/* True if both went without complaint. */
static inline bool world_close(struct world *world)
{
	return instar_map_destroy(world->map) == INSTAR_OK && instar_domain_destroy(world->domain) == INSTAR_OK;
}

/* A handle for the calling thread: explicit for even indices, else NULL (the library finds its own). */
static inline instar_thread *world_join(struct world *world, unsigned index)
{
	instar_thread *thread = NULL;

	if (index % 2 == 0 && instar_thread_attach(world->domain, &thread) != INSTAR_OK)
		abort();
	return thread;
}

static inline void world_part(instar_thread *thread)
{
	if (thread)
		instar_thread_detach(thread);
}

/* Between calls, now and then: the thread holds nothing, and grace periods pass faster than by themselves,
 * so that slots are used again in small tables, too. */
static inline void world_rest(struct world *world, instar_thread *thread)
{
	if (!thread && instar_thread_self(world->domain, &thread) != INSTAR_OK)
		return;
	instar_thread_quiescent(thread);
	instar_poll(thread, 4);
}

#endif
