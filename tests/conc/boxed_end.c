/*
 * tests/conc/boxed_end.c - the end of a boxed map: what sections refer to outlives it, the rest goes with it; so without
 * memory; and nothing stays attached for it.
 */
#include <instar/instar.h>

#include "tests/support/actor.h"
#include "tests/support/cargo.h"
#include "tests/support/tap.h"

enum { BOXES = 3000 };

/* A boxed map over memory that can be refused. */
struct boxed {
	struct injector injector;
	instar_domain *domain;
	instar_map *map;
	struct cargo *cargo; /* BOXES, all in the map */
};

/* The caller's handle. */
static instar_thread *open_boxed(struct boxed *b, const struct reclaim_scheme *scheme)
{
	struct instar_map_opts opts = INSTAR_MAP_OPTS_INIT;
	instar_thread *t;

	opts.value_free = cargo_destroy;
	injector_init(&b->injector);
	b->domain = open_domain(scheme, &b->injector.opts);
	b->cargo = cargo_new(BOXES);
	if (instar_map_create(&b->map, b->domain, &opts) != INSTAR_OK)
		bail_out("no map");
	t = join_domain(b->domain);
	for (size_t i = 0; i < BOXES; i++)
		if (instar_insert(b->map, t, i, (uintptr_t)&b->cargo[i], NULL) != INSTAR_OK)
			bail_out("no entry");
	return t;
}

/* Each box has been destroyed once, by now or by the domain's end. */
static bool close_boxed(struct boxed *b)
{
	bool fine = instar_domain_destroy(b->domain) == INSTAR_OK && cargo_count(b->cargo, BOXES, 1) == BOXES;

	free(b->cargo);
	return fine && injector_balanced(&b->injector);
}

/* Whom nobody waits for: not a library's worker, a signal's handler or the end of the domain. */
static bool frees_by_advances(const struct reclaim_scheme *scheme)
{
	return frees(scheme) && !scheme->info.process_wide && !scheme->info.uses_signals;
}

static void ends_alone(const struct reclaim_scheme *scheme)
{
	struct boxed b;
	bool fine;

	instar_thread_detach(open_boxed(&b, scheme));
	fine = instar_map_destroy(b.map) == INSTAR_OK && attached(b.domain) == 0;
	if (frees_by_advances(scheme))
		fine = fine && cargo_count(b.cargo, BOXES, 1) == BOXES;
	ok(close_boxed(&b) && fine, "%s: all are freed, once each, and nothing stays attached", scheme->info.name);
}

static void *find(struct boxed *b, instar_thread *t, uint64_t key)
{
	void *object;

	if (instar_get_ref(b->map, t, key, &object) != INSTAR_OK)
		bail_out("an entry is gone");
	return object;
}

static void ends_in_a_section(const struct reclaim_scheme *scheme)
{
	const struct cargo *mine;
	struct boxed b;
	instar_thread *t;
	bool kept;

	t = open_boxed(&b, scheme);
	instar_enter(t);
	mine = find(&b, t, 7);
	kept = instar_map_destroy(b.map) == INSTAR_OK;
	instar_poll(t, BOXES);
	kept = kept && cargo_intact(mine);
	instar_leave(t);
	kept = kept && instar_barrier(t) == INSTAR_OK && (!frees(scheme) || !cargo_intact(mine));
	instar_thread_detach(t);
	ok(close_boxed(&b) && kept, "%s: what a section refers to stays until it ends", scheme->info.name);
}

struct reading {
	struct boxed b;
	const struct cargo *object;
};

static void job_read(struct actor *a, void *arg)
{
	struct reading *r = arg;

	instar_thread_online(a->self);
	instar_enter(a->self);
	r->object = find(&r->b, a->self, 11);
}

static void ends_under_a_reader(const struct reclaim_scheme *scheme)
{
	struct reading r;
	struct actor reader;
	bool kept;

	instar_thread_detach(open_boxed(&r.b, scheme));
	actor_start(&reader, r.b.domain);
	actor_do(&reader, job_read, &r);
	kept = instar_map_destroy(r.b.map) == INSTAR_OK && cargo_intact(r.object);
	if (!strcmp(scheme->info.family, "hazard") && frees_by_advances(scheme))
		kept = kept && cargo_count(r.b.cargo, BOXES, 1) >= BOXES / 2;
	actor_do(&reader, actor_leave, NULL);
	actor_do(&reader, actor_try_hard, NULL);
	actor_stop(&reader);
	ok(close_boxed(&r.b) && kept, "%s: so what another thread's section refers to", scheme->info.name);
}

/* With no memory, outside sections: it waits, but where a scheme cannot tell for what, it needs memory. */
static enum instar_status end_without_memory(struct boxed *b, instar_thread *t)
{
	enum instar_status status;

	instar_thread_offline(t);
	status = instar_map_destroy(b->map);
	injector_refuse(&b->injector, 0);
	if (status == INSTAR_NOMEM && !b->domain->scheme->info.has_grace)
		status = instar_map_destroy(b->map);
	return status;
}

/* In a section it may not wait, and leaves what is left. */
static void ends_without_memory(const struct reclaim_scheme *scheme)
{
	const struct cargo *mine;
	enum instar_status in_section, after;
	struct boxed b;
	instar_thread *t;
	bool kept;

	t = open_boxed(&b, scheme);
	instar_enter(t);
	mine = find(&b, t, 7);
	injector_refuse(&b.injector, INJECT_ALL);
	in_section = instar_map_destroy(b.map);
	kept = in_section == INSTAR_NOMEM && cargo_intact(mine) && instar_size(b.map) > 0;
	instar_leave(t);
	after = end_without_memory(&b, t);
	instar_thread_detach(t);
	ok(close_boxed(&b) && kept && after == INSTAR_OK, "%s: without memory: %s in a section, %s after it",
	   scheme->info.name, instar_status_name(in_section), instar_status_name(after));
}

/* A snapshot shows a table that was cleared, where that is possible, and more values that were removed than there are
 * records for: its close without memory retires these until there is no record left. */
static void leave_behind(struct boxed *b, instar_thread *t, struct cargo *later)
{
	instar_snapshot *snapshot;

	if (instar_snapshot_open(b->map, t, &snapshot) != INSTAR_OK)
		bail_out("no snapshot");
	if (b->domain->scheme->info.section_protects_all && instar_clear(b->map, t) != INSTAR_OK)
		bail_out("no clear");
	for (size_t i = 0; i < BOXES; i++)
		if (instar_insert(b->map, t, BOXES + i, (uintptr_t)&later[i], NULL) != INSTAR_OK ||
		    instar_remove(b->map, t, BOXES + i, NULL) != INSTAR_OK)
			bail_out("no entry");
	instar_enter(t);
	injector_refuse(&b->injector, INJECT_ALL);
	instar_snapshot_close(snapshot, t);
	instar_leave(t);
}

static void ends_with_leftovers(const struct reclaim_scheme *scheme)
{
	struct cargo *later = cargo_new(BOXES);
	const struct cargo *mine;
	struct boxed b;
	instar_thread *t;
	bool kept;

	t = open_boxed(&b, scheme);
	leave_behind(&b, t, later);
	instar_enter(t);
	mine = &b.cargo[7];
	injector_refuse(&b.injector, 0);
	kept = cargo_intact(mine) && instar_map_destroy(b.map) == INSTAR_OK;
	if (scheme->info.section_protects_all)
		kept = kept && cargo_intact(mine);
	instar_leave(t);
	instar_barrier(t);
	instar_thread_detach(t);
	ok(close_boxed(&b) && kept && cargo_count(later, BOXES, 1) == BOXES,
	   "%s: what a snapshot left behind for want of memory is retired, too", scheme->info.name);
	free(later);
}

static void ends_with_leftovers_and_no_memory(const struct reclaim_scheme *scheme)
{
	struct cargo *later = cargo_new(BOXES);
	enum instar_status status;
	struct boxed b;
	instar_thread *t;

	t = open_boxed(&b, scheme);
	leave_behind(&b, t, later);
	status = end_without_memory(&b, t);
	instar_thread_detach(t);
	ok(close_boxed(&b) && status == INSTAR_OK && cargo_count(later, BOXES, 1) == BOXES,
	   "%s: and freed where there still is none", scheme->info.name);
	free(later);
}

/* ---- destructors that call back ---- */

static void destroy_inner(void *inner, void *ctx)
{
	if (instar_map_destroy(inner) != INSTAR_OK)
		*(bool *)ctx = false;
}

/* A map of maps. */
static void ends_with_maps_in_it(const struct reclaim_scheme *scheme)
{
	struct instar_map_opts opts = INSTAR_MAP_OPTS_INIT;
	bool fine = true, closed;
	struct boxed b;
	instar_map *outer;
	instar_thread *t;

	t = open_boxed(&b, scheme);
	opts.value_free = destroy_inner;
	opts.ctx = &fine;
	if (instar_map_create(&outer, b.domain, &opts) != INSTAR_OK ||
	    instar_insert(outer, t, 1, (uintptr_t)b.map, NULL) != INSTAR_OK)
		bail_out("no map of maps");
	/* The first has the outer's values destroyed, which retires the inner's. */
	closed = instar_map_destroy(outer) == INSTAR_OK && instar_barrier(t) == INSTAR_OK &&
		 instar_barrier(t) == INSTAR_OK;
	instar_thread_detach(t);
	ok(close_boxed(&b) && closed && fine, "%s: a map of maps", scheme->info.name);
}

static instar_domain *asked;
static instar_thread *kept, *attached_by_it;

static void ask_for_handles(void *value, void *ctx)
{
	(void)value;
	if (*(bool *)ctx)
		instar_thread_attach(asked, &attached_by_it);
	else
		instar_thread_self(asked, &kept);
}

/* In a thread that had none, what a destructor has asked for stays. */
static void ends_in_who_asks(const struct reclaim_scheme *scheme, bool attaches)
{
	struct instar_map_opts opts = INSTAR_MAP_OPTS_INIT;
	instar_map *map;
	instar_thread *t;
	bool right;

	asked = open_domain(scheme, NULL);
	opts.value_free = ask_for_handles;
	opts.ctx = &attaches;
	t = join_domain(asked);
	if (instar_map_create(&map, asked, &opts) != INSTAR_OK || instar_insert(map, t, 1, (uintptr_t)&map, NULL) != INSTAR_OK)
		bail_out("no map");
	instar_thread_detach(t);
	right = instar_map_destroy(map) == INSTAR_OK && attached(asked) == 1;
	if (attaches)
		right = right && instar_thread_detach(attached_by_it) == INSTAR_OK && attached(asked) == 0;
	else
		right = right && instar_thread_self(asked, &t) == INSTAR_OK && t == kept;
	ok(instar_domain_destroy(asked) == INSTAR_OK && right, "%s: a destructor %s, and the handle stays", scheme->info.name,
	   attaches ? "attaches" : "asks for its thread's handle");
}

static void test_scheme(const struct reclaim_scheme *scheme)
{
	ends_alone(scheme);
	ends_in_a_section(scheme);
	ends_under_a_reader(scheme);
	ends_without_memory(scheme);
	ends_with_leftovers(scheme);
	ends_with_leftovers_and_no_memory(scheme);
	if (frees(scheme))
		ends_with_maps_in_it(scheme);
	if (frees_by_advances(scheme)) {
		ends_in_who_asks(scheme, false);
		ends_in_who_asks(scheme, true);
	}
}

int main(void)
{
	each_table(test_scheme);
	return done_testing();
}
