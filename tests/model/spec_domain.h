/*
 * tests/model/spec_domain.h - the rest of the specification scheme: what src/ calls of reclaim/.
 */
#ifndef MODEL_SPEC_DOMAIN_H
#define MODEL_SPEC_DOMAIN_H

#include "reclaim/options.c"
#include "tests/model/arena.h"
#include "tests/model/schedule.h"
#include "tests/model/spec_scheme.h"

__thread struct reclaim_tls reclaim_tls;

static const struct reclaim_scheme spec_scheme = { .info.name = "spec" };
static struct spec_domain *spec;

/* ---- the world's side ---- */

static instar_domain *domain_for_model(void)
{
	spec = arena_alloc(sizeof *spec, CACHE_LINE);
	spec->head.scheme = &spec_scheme;
	return &spec->head;
}

/* Handles 1 ... */
static instar_thread *thread_for_model(instar_domain *domain, unsigned index)
{
	instar_thread *t = arena_alloc(sizeof *t, CACHE_LINE);
	t->domain = t->own_domain = domain;
	t->index = index;
	t->state = HANDLE_ATTACHED;
	return t;
}

/* Frees as soon as it may, so nobody needs to ask. */
static void poll_for_model(instar_thread *t)
{
	(void)t;
}

static void switch_for_model(unsigned from, unsigned to)
{
	(void)from;
	(void)to;
}

static void save_for_model(void)
{
}

static void restore_for_model(void)
{
}

static void begin_model_thread(instar_thread *t)
{
	(void)t;
}

static void end_model_thread(instar_thread *t)
{
	(void)t;
}

static void after_model_call(instar_thread *t)
{
	(void)t;
}

static void free_all_for_model(instar_thread *observer)
{
	(void)observer;
	if (spec->retired_n)
		run_fail("%u retired objects were not freed although no section is open", spec->retired_n);
}

/* Frees as soon as it may: nothing is left to be done by a call of reclaim_work. */
enum instar_status instar_retire(instar_thread *t, void *ptr, size_t bytes, void (*destroy)(void *, void *), void *ctx)
{
	if (!reclaim_reserve(t, 1))
		return INSTAR_NOMEM;
	reclaim_retire_reserved(t, ptr, 0, bytes, RECLAIM_ENTRY, destroy, ctx);
	return INSTAR_OK;
}

/* ---- what the map calls ---- */

instar_thread *reclaim_self_slow(instar_domain *domain)
{
	(void)domain;
	run_fail("the map asked for the caller's handle");
	return NULL;
}

instar_domain *instar_domain_default(void)
{
	return NULL;
}

bool reclaim_in_section(const instar_thread *t)
{
	return t->nest != 0;
}

void reclaim_shared_enter(instar_domain *domain)
{
	(void)domain;
}

void reclaim_shared_leave(instar_domain *domain)
{
	(void)domain;
}

bool reclaim_reserve(instar_thread *t, unsigned records)
{
	(void)t;
	return spec->retired_n + records <= SPEC_RETIRED;
}

uint64_t reclaim_birth_of(const instar_domain *domain, const void *object, void (*destroy)(void *ptr, void *ctx))
{
	(void)domain;
	(void)object;
	(void)destroy;
	return 0;
}

void reclaim_retire_reserved(instar_thread *t, void *ptr, uint64_t birth, size_t bytes, enum reclaim_class class,
			     void (*destroy)(void *ptr, void *ctx), void *ctx)
{
	(void)birth;
	(void)bytes;
	(void)class;
	model_step(&spec->section[t->index].serial, false);
	for (unsigned i = 0; i < spec->retired_n; i++)
		if (spec->retired[i].ptr == ptr)
			run_fail("retired twice");
	spec->retired[spec->retired_n].ptr = ptr;
	spec->retired[spec->retired_n].destroy = destroy;
	spec->retired[spec->retired_n].ctx = ctx;
	spec->retired[spec->retired_n].waits_for = spec_open_now(spec);
	spec->retired_n++;
}

static bool spec_destroy_again;

static void spec_free_elapsed(struct spec_domain *d)
{
	for (unsigned i = 0; i < d->retired_n;) {
		if (!spec_have_ended(d, &d->retired[i].waits_for)) {
			i++;
			continue;
		}
		void (*destroy)(void *, void *) = d->retired[i].destroy;
		void *ptr = d->retired[i].ptr, *ctx = d->retired[i].ctx;
		d->retired[i] = d->retired[--d->retired_n];
		do {
			spec_destroy_again = false;
			destroy(ptr, ctx);
		} while (spec_destroy_again);
	}
}

void reclaim_destroy_again(void)
{
	spec_destroy_again = true;
}

void reclaim_work(instar_thread *t)
{
	t->work = 0;
}

bool reclaim_still_stalled(instar_thread *t)
{
	return t->stalled; /* never: grace periods cost nothing here */
}

void reclaim_map_attach(instar_domain *domain, struct reclaim_map *map)
{
	(void)map;
	domain->maps++;
}

void reclaim_map_detach(instar_domain *domain, struct reclaim_map *map)
{
	(void)domain;
	(void)map;
}

void reclaim_hold_worker(instar_domain *domain)
{
	(void)domain;
}

void reclaim_let_worker(instar_domain *domain)
{
	(void)domain;
}

void reclaim_map_gone(instar_domain *domain)
{
	domain->maps--;
}

bool reclaim_drop_pages(instar_domain *domain, void *memory, size_t size)
{
	(void)domain;
	(void)memory;
	(void)size;
	return false;
}

void reclaim_migration_begins(instar_domain *domain)
{
	(void)domain;
}

void *reclaim_alloc(instar_domain *domain, size_t size, size_t alignment)
{
	(void)domain;
	return memory_alloc(size, alignment);
}

void reclaim_free(instar_domain *domain, void *memory, size_t size, size_t alignment)
{
	(void)domain;
	(void)alignment;
	memory_free(memory, size);
}

void *reclaim_map_pages(instar_domain *domain, size_t size, size_t alignment)
{
	return reclaim_alloc(domain, size, alignment);
}

void reclaim_unmap_pages(instar_domain *domain, void *memory, size_t size, size_t alignment)
{
	reclaim_free(domain, memory, size, alignment);
}

void reclaim_callback_begin(void)
{
}

void reclaim_callback_end(void)
{
}

#endif
