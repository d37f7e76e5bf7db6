/*
 * src/iterate.c - the calls of iter.h, over an engine's scan.
 */
#include <time.h>

#include "src/state.h"

enum { VISIT_ENTRIES = 64 }; /* between two looks at the deadline, and within one section */

enum instar_status instar_scan_range(instar_map *map, instar_thread *thread, uint64_t *cursor, uint64_t last,
				     struct instar_entry *out, size_t capacity, size_t *n)
{
	if (n)
		*n = 0;
	if (!map || !cursor || !out || !capacity || !n || *cursor > last)
		return INSTAR_INVAL;
	enum instar_status status;
	size_t some = 0;
	do {
		status = map->engine->scan(map, thread, cursor, last, out + *n, capacity - *n, &some);
		*n += some;
	} while (status == INSTAR_OK && *n < capacity);
	return status;
}

enum instar_status instar_scan(instar_map *map, instar_thread *thread, uint64_t *cursor, struct instar_entry *out,
			       size_t capacity, size_t *n)
{
	return instar_scan_range(map, thread, cursor, UINT64_MAX, out, capacity, n);
}

/* The first hash of a part, as a cursor: floor(2^W * part / parts), at the top. */
static uint64_t part_begin(unsigned part, unsigned parts)
{
	return (uint64_t)(((unsigned __int128)part << WORD_BITS) / parts) << (64 - WORD_BITS);
}

void instar_scan_part(unsigned part, unsigned parts, uint64_t *first, uint64_t *last)
{
	if (!parts || part >= parts) { /* no such part: an empty range */
		*first = 1;
		*last = 0;
		return;
	}
	*first = part_begin(part, parts);
	*last = part + 1 == parts ? UINT64_MAX : part_begin(part + 1, parts) - 1;
}

static uint64_t clock_ns(void)
{
	struct timespec now;
	clock_gettime(CLOCK_MONOTONIC, &now);
	return (uint64_t)now.tv_sec * 1000000000u + (uint64_t)now.tv_nsec;
}

/* OK: go on. */
static enum instar_status look_at_deadline(const struct instar_deadline *deadline, uint64_t begun)
{
	if (deadline && deadline->cancel && __atomic_load_n(deadline->cancel, __ATOMIC_ACQUIRE))
		return INSTAR_CANCELLED;
	if (deadline && deadline->timeout_ns && clock_ns() - begun >= deadline->timeout_ns)
		return INSTAR_TIMEOUT;
	return INSTAR_OK;
}

/* A pass over a map: what is done with each entry. */
struct pass {
	instar_map *map;
	instar_thread *thread;
	instar_visit_fn *visit;
	void *ctx;
	size_t removed;
	enum instar_status status;
	bool (*entry)(struct pass *, const struct instar_entry *); /* false: stop, `status` tells why */
};

/* Within one section: the next entries, `most` of them.  OK: more to come; NOTFOUND: the end; or another status, and the
 * cursor where it was. */
static enum instar_status pass_some(struct pass *pass, uint64_t *cursor, size_t most, size_t *n)
{
	struct instar_entry entries[VISIT_ENTRIES];
	uint64_t next = *cursor;
	reclaim_enter_all(pass->thread);
	enum instar_status status = pass->map->engine->scan(pass->map, pass->thread, &next, UINT64_MAX, entries,
							    most < VISIT_ENTRIES ? most : VISIT_ENTRIES, n);
	for (size_t i = 0; i < *n; i++)
		if (!pass->entry(pass, &entries[i])) {
			status = pass->status;
			next = *cursor;
			break;
		}
	reclaim_leave_all(pass->thread);
	*cursor = next;
	return status;
}

/* false: something that is needed is missing. */
static bool pass_complete(struct pass *pass)
{
	if (!pass->map || !pass->visit)
		return false;
	if (!pass->thread)
		pass->thread = reclaim_self(pass->map->domain);
	return pass->thread->domain == pass->map->domain;
}

static enum instar_status run_pass(struct pass *pass, const struct instar_deadline *deadline)
{
	if (!pass_complete(pass))
		return INSTAR_INVAL;
	uint64_t cursor = 0, begun = deadline ? clock_ns() : 0;
	for (;;) {
		size_t n;
		enum instar_status status = look_at_deadline(deadline, begun);
		if (status != INSTAR_OK)
			return status;
		status = pass_some(pass, &cursor, VISIT_ENTRIES, &n);
		if (status != INSTAR_OK)
			return status == INSTAR_NOTFOUND ? INSTAR_OK : status;
	}
}

/* The part of a pass that begins at the cursor; what has no entries is paid for, too. */
static enum instar_status run_part(struct pass *pass, uint64_t *cursor, size_t budget)
{
	if (!cursor || !budget || !pass_complete(pass))
		return INSTAR_INVAL;
	enum instar_status status = INSTAR_OK;
	for (size_t n; status == INSTAR_OK && budget; budget -= n ? n : 1)
		status = pass_some(pass, cursor, budget, &n);
	return status;
}

static bool ask(struct pass *pass, const struct instar_entry *e)
{
	reclaim_callback_begin();
	bool answer = pass->visit(e->key, e->value, pass->ctx);
	reclaim_callback_end();
	pass->status = INSTAR_STOPPED;
	return answer;
}

enum instar_status instar_foreach(instar_map *map, instar_thread *thread, instar_visit_fn *visit, void *ctx,
				  const struct instar_deadline *deadline)
{
	struct pass pass = { map, thread, visit, ctx, 0, INSTAR_OK, ask };
	return run_pass(&pass, deadline);
}

enum instar_status foreach_some(instar_map *map, instar_thread *thread, instar_visit_fn *visit, void *ctx,
				uint64_t *cursor, size_t budget)
{
	struct pass pass = { map, thread, visit, ctx, 0, INSTAR_OK, ask };
	return run_part(&pass, cursor, budget);
}

/* Asks about the entry until the answer is yes, it is removed as asked about, or it is gone. */
static bool keep_or_remove(struct pass *pass, const struct instar_entry *entry)
{
	struct instar_entry e = *entry;
	while (!ask(pass, &e)) {
		pass->status = instar_remove_if(pass->map, pass->thread, e.key, e.value);
		pass->removed += pass->status == INSTAR_OK;
		if (pass->status != INSTAR_CHANGED)
			return pass->status != INSTAR_NOMEM;
		if (instar_get(pass->map, pass->thread, e.key, &e.value) != INSTAR_OK)
			break;
	}
	return true;
}

enum instar_status instar_retain(instar_map *map, instar_thread *thread, instar_visit_fn *keep, void *ctx,
				 size_t *removed)
{
	struct pass pass = { map, thread, keep, ctx, 0, INSTAR_OK, keep_or_remove };
	enum instar_status status = run_pass(&pass, NULL);
	if (removed)
		*removed = pass.removed;
	return status;
}

enum instar_status instar_retain_some(instar_map *map, instar_thread *thread, instar_visit_fn *keep, void *ctx,
				      uint64_t *cursor, size_t budget, size_t *removed)
{
	struct pass pass = { map, thread, keep, ctx, 0, INSTAR_OK, keep_or_remove };
	enum instar_status status = run_part(&pass, cursor, budget);
	if (removed)
		*removed = pass.removed;
	return status;
}

static bool remove_and_ask(struct pass *pass, const struct instar_entry *entry)
{
	struct instar_entry e = *entry;
	pass->status = instar_remove(pass->map, pass->thread, e.key, &e.value);
	if (pass->status != INSTAR_OK)
		return pass->status != INSTAR_NOMEM;
	pass->removed++;
	return ask(pass, &e);
}

enum instar_status instar_drain(instar_map *map, instar_thread *thread, instar_visit_fn *take, void *ctx)
{
	struct pass pass = { map, thread, take, ctx, 0, INSTAR_OK, remove_and_ask };
	return run_pass(&pass, NULL);
}
