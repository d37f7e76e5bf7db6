/*
 * tests/support/linear.c - just-in-time linearization, key by key.
 *
 * A map is linearizable if each key is (locality), so every key is checked by itself.  Its begins and
 * ends are walked in order of time with the set of *configurations* that explain all ends so far: the
 * key's cell, and which of the pending calls have already taken effect.  A pending call is given its
 * effect as late as possible: when some call ends, each configuration that lacks it is extended by
 * every sequence of pending calls that leads to it (Lowe, "Testing for linearizability", 2017; the
 * search is Wing and Gong's, the set is its memo).  A pending read whose answer fits is taken at once:
 * that can only help.  (Not so a write that happens to change nothing: it may be needed for its effect
 * later.)  No configuration left: not linearizable.
 */
#include <stdlib.h>
#include <string.h>

#include "tests/support/linear.h"

enum { PENDING_MAX = 64, SHOWN_MAX = 40, SHOWN_BEFORE = 5 };

/* The begin or end of an event. */
struct point {
	uint64_t key, time;
	const struct event *event;
	unsigned thread;
	bool is_end;
};

struct config {
	struct cell cell;
	uint64_t done; /* pending calls, by place, that took effect */
};

/* Configurations without duplicates, in order of arrival, found by an open-addressed index. */
struct set {
	struct config *list;
	uint32_t *index;    /* 1 + place in list; 0: free */
	size_t n, capacity; /* the index is twice the capacity, a power of two */
};

struct checker {
	struct set now, next;
	const struct point *pending[PENDING_MAX];
	uint64_t used;  /* places of `pending` taken */
	uint64_t reads; /* of these, the reads */
};

static void *must(void *memory)
{
	if (!memory)
		abort();
	return memory;
}

static void set_init(struct set *set, size_t capacity)
{
	set->list = must(malloc(capacity * sizeof *set->list));
	set->index = must(calloc(capacity * 2, sizeof *set->index));
	set->capacity = capacity;
	set->n = 0;
}

static void set_free(struct set *set)
{
	free(set->list);
	free(set->index);
}

static uint32_t *set_place(struct set *set, const struct config *config)
{
	uint64_t hash = (config->cell.value * 2 + config->cell.present) * 0x9e3779b97f4a7c15u ^
			config->done * 0xc2b2ae3d27d4eb4fu;
	size_t i = (hash ^ hash >> 32) & (set->capacity * 2 - 1);

	for (; set->index[i]; i = (i + 1) & (set->capacity * 2 - 1)) {
		const struct config *other = &set->list[set->index[i] - 1];

		if (other->done == config->done && cell_equal(other->cell, config->cell))
			break;
	}
	return &set->index[i];
}

static void set_clear(struct set *set)
{
	if (set->n * 8 > set->capacity)
		memset(set->index, 0, set->capacity * 2 * sizeof *set->index);
	else
		for (size_t i = set->n; i--; ) /* newest first: no probe chain is cut before its end */
			*set_place(set, &set->list[i]) = 0;
	set->n = 0;
}

static void set_add(struct set *set, struct config config)
{
	uint32_t *place = set_place(set, &config);

	if (*place)
		return;
	if (set->n == set->capacity) {
		struct set larger;

		set_init(&larger, set->capacity * 2);
		for (size_t i = 0; i < set->n; i++)
			set_add(&larger, set->list[i]);
		set_free(set);
		*set = larger;
		place = set_place(set, &config);
	}
	set->list[set->n++] = config;
	*place = (uint32_t)set->n;
}

/* Gives `place` its effect in the configuration, if its answer is right there. */
static bool take(const struct checker *c, struct config *config, unsigned place)
{
	if (!call_explained(&c->pending[place]->event->call, &config->cell))
		return false;
	config->done |= (uint64_t)1 << place;
	return true;
}

/* Takes every pending read that fits. */
static void absorb(const struct checker *c, struct config *config)
{
	for (uint64_t left = c->reads & ~config->done; left; left &= left - 1)
		take(c, config, (unsigned)__builtin_ctzll(left));
}

static void begin_call(struct checker *c, const struct point *point)
{
	unsigned place = (unsigned)__builtin_ctzll(~c->used);
	struct set swap;

	if (c->used == UINT64_MAX)
		abort();
	c->pending[place] = point;
	c->used |= (uint64_t)1 << place;
	if (call_is_read(&point->event->call))
		c->reads |= (uint64_t)1 << place;
	set_clear(&c->next);
	for (size_t i = 0; i < c->now.n; i++) {
		struct config config = c->now.list[i];

		absorb(c, &config);
		set_add(&c->next, config);
	}
	swap = c->now;
	c->now = c->next;
	c->next = swap;
}

/* Adds all configurations that sequences of pending calls up to `place` lead to. */
static void extend(struct checker *c, unsigned place)
{
	for (size_t i = 0; i < c->now.n; i++) {
		struct config config = c->now.list[i];
		uint64_t left = config.done >> place & 1 ? 0 : c->used & ~config.done;

		for (; left; left &= left - 1) {
			struct config after = config;

			if (!take(c, &after, (unsigned)__builtin_ctzll(left)))
				continue;
			absorb(c, &after);
			set_add(&c->now, after);
		}
	}
}

/* Keeps the configurations in which the ended call took effect; false: there is none. */
static bool end_call(struct checker *c, const struct point *point)
{
	unsigned place = 0;
	uint64_t bit;
	struct set swap;

	while (!(c->used >> place & 1) || c->pending[place]->event != point->event)
		place++;
	bit = (uint64_t)1 << place;
	extend(c, place);
	set_clear(&c->next);
	for (size_t i = 0; i < c->now.n; i++) {
		struct config config = c->now.list[i];

		if (!(config.done & bit))
			continue;
		config.done &= ~bit;
		set_add(&c->next, config);
	}
	if (!c->next.n)
		return false;
	c->used &= ~bit;
	c->reads &= ~bit;
	swap = c->now;
	c->now = c->next;
	c->next = swap;
	return true;
}

static void print_call(FILE *report, const struct point *point, const char *remark)
{
	char text[CALL_TEXT];

	fprintf(report, "#   thread %-3u %10llu … %-10llu %s%s\n", point->thread,
		(unsigned long long)point->event->begin, (unsigned long long)point->event->end,
		call_text(&point->event->call, text, sizeof text), remark);
}

static void print_begun(FILE *report, const struct point *first, const struct point *end, const struct point *failed)
{
	for (const struct point *p = first; p < end; p++)
		if (!p->is_end)
			print_call(report, p, p->event == failed->event ?
				   "   <- no order of the calls so far gives this answer" :
				   p->event->end > failed->time ? "   (still pending)" : "");
}

/* The calls of the key since it was last at rest, and a few before, up to the one that cannot be explained. */
static void explain(FILE *report, const struct checker *c, const struct point *first, const struct point *rest,
		    const struct point *failed, const struct config *before)
{
	if (!report)
		return;
	fprintf(report, "# not linearizable: key %llu\n", (unsigned long long)failed->key);
	if (failed - rest > 2 * SHOWN_MAX) {
		rest = failed - 2 * SHOWN_MAX;
		fprintf(report, "#   …\n");
		for (uint64_t left = c->used; left; left &= left - 1)
			if (c->pending[__builtin_ctzll(left)] < rest)
				print_begun(report, c->pending[__builtin_ctzll(left)],
					    c->pending[__builtin_ctzll(left)] + 1, failed);
	} else {
		print_begun(report, rest - first > 2 * SHOWN_BEFORE ? rest - 2 * SHOWN_BEFORE : first, rest, failed);
		if (before && before->cell.present)
			fprintf(report, "#   at rest, holding %llu; then:\n", (unsigned long long)before->cell.value);
		else if (before)
			fprintf(report, "#   at rest, absent; then:\n");
	}
	print_begun(report, rest, failed, failed);
}

/* All points of one key, in order of time. */
static bool check_key(struct checker *c, const struct point *points, size_t n, FILE *report)
{
	const struct point *rest = points;
	struct config absent = { { 0, false }, 0 }, before = absent;
	bool known = true; /* the cell, when the key was last at rest */

	set_clear(&c->now);
	set_add(&c->now, absent);
	c->used = c->reads = 0;
	for (const struct point *p = points; p < points + n; p++) {
		if (!c->used) {
			rest = p;
			known = c->now.n == 1;
			before = c->now.list[0];
		}
		if (!p->is_end) {
			begin_call(c, p);
		} else if (!end_call(c, p)) {
			explain(report, c, points, rest, p, known ? &before : NULL);
			return false;
		}
	}
	return true;
}

static int compare(const void *x, const void *y)
{
	const struct point *a = x, *b = y;

	if (a->key != b->key)
		return a->key < b->key ? -1 : 1;
	if (a->time != b->time)
		return a->time < b->time ? -1 : 1;
	return a->is_end - b->is_end; /* begins first: equal times overlap */
}

static size_t collect(const struct history *history, struct point *points)
{
	size_t n = 0;

	for (unsigned t = 0; t < history->threads; t++) {
		const struct history_log *log = &history->logs[t];

		for (size_t i = 0; i < log->n; i++) {
			const struct event *e = &log->events[i];

			points[n++] = (struct point){ e->call.key, e->begin, e, t, false };
			points[n++] = (struct point){ e->call.key, e->end, e, t, true };
		}
	}
	return n;
}

bool linear_check(const struct history *history, FILE *report)
{
	struct checker checker = { .used = 0 };
	struct point *points;
	size_t n = 0, end;
	bool fine = true;

	for (unsigned t = 0; t < history->threads; t++)
		n += history->logs[t].n * 2;
	points = must(malloc((n + 1) * sizeof *points));
	n = collect(history, points);
	qsort(points, n, sizeof *points, compare);
	set_init(&checker.now, 64);
	set_init(&checker.next, 64);
	for (size_t i = 0; i < n && fine; i = end) {
		for (end = i; end < n && points[end].key == points[i].key; )
			end++;
		fine = check_key(&checker, points + i, end - i, report);
	}
	set_free(&checker.now);
	set_free(&checker.next);
	free(points);
	return fine;
}
