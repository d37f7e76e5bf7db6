/* stress/torture_whole.c - calls that go over the whole map, and the audit of a map at rest. */
#include <stdlib.h>
#include <string.h>

#include "stress/torture_parts.h"

enum { FEW = 7, RESERVED = 6000, HELP = 64 };

static void expect(struct torture *torture, const char *call, enum instar_status status)
{
	if (status != INSTAR_OK && !torture_refused(torture, status))
		torture_violation(torture, "%s: %s", call, instar_status_name(status));
}

void torture_upheaval(struct hand *hand)
{
	struct torture *torture = hand->torture;
	instar_map *map = rng_below(&hand->rng, 4) ? torture->map : torture->boxed;
	enum instar_status status;

	switch (rng_below(&hand->rng, 4)) {
	case 0:
		expect(torture, "shrink", instar_shrink(map, hand->thread));
		break;
	case 1:
		expect(torture, "reserve", instar_reserve(map, hand->thread, rng_below(&hand->rng, RESERVED)));
		break;
	default:
		status = instar_maintain(map, hand->thread, 1 + rng_below(&hand->rng, HELP));
		if (status != INSTAR_BUSY)
			expect(torture, "maintain", status);
	}
}

/* A clear happens to every hot key, between the same begin and end. */
void torture_clear(struct hand *hand)
{
	struct torture *torture = hand->torture;
	struct call call = { .kind = CALL_CLEAR };
	uint64_t begin, end;

	if (!torture->clears || !hand->log || hand->log->n + HOT > hand->log->capacity)
		return;
	if (torture->plan->scheme->section_protects_all && !rng_below(&hand->rng, 4))
		expect(torture, "clear", instar_clear(torture->boxed, hand->thread));
	begin = history_now();
	call_perform(&call, torture->map, hand->thread);
	end = history_end();
	expect(torture, "clear", call.status);
	for (unsigned i = 0; i < HOT && call.status == INSTAR_OK; i++) {
		call.key = torture->hot[i];
		hand->log->events[hand->log->n++] = (struct event){ call, begin, end };
	}
}

/* Counts the residents that a run of entries met, and sees that it went on in the order of the hash. */
struct met {
	unsigned char times[RESIDENTS];
	uint64_t last;
	size_t total;
};

static void meet(struct torture *torture, struct met *met, const struct instar_entry *entries, size_t n)
{
	for (size_t i = 0; i < n; i++) {
		uint64_t hash = instar_hash(torture->map, entries[i].key);
		uint64_t r = entries[i].key - torture_key(FOR_RESIDENTS, 0);

		if (met->total++ && hash <= met->last)
			torture_violation(torture, "a scan went back");
		met->last = hash;
		if (r < RESIDENTS) {
			met->times[r]++;
			if (entries[i].value != ~r)
				torture_violation(torture, "a scan met a resident with a foreign value");
		}
	}
}

static void judge_residents(struct torture *torture, const char *what, const struct met *met)
{
	for (unsigned i = 0; i < RESIDENTS && !torture->clears; i++)
		if (met->times[i] != 1)
			torture_violation(torture, "a %s met a resident %u times", what, met->times[i]);
}

void torture_scan(struct torture *torture, instar_thread *thread)
{
	struct instar_entry out[FEW];
	struct met met = { .total = 0 };
	enum instar_status status;
	uint64_t cursor = 0, calls = 0;
	size_t n;

	do {
		status = instar_scan(torture->map, thread, &cursor, out, FEW, &n);
		meet(torture, &met, out, n);
		calls++;
	} while (status == INSTAR_OK);
	torture_count(&torture->sum.calls, calls);
	if (status != INSTAR_NOTFOUND)
		torture_violation(torture, "scan: %s", instar_status_name(status));
	judge_residents(torture, "scan", &met);
}

/* The snapshot shows each trail as it was at one moment between `from` and `to` puts. */
static void judge_trail(struct torture *torture, const struct trail *trail, instar_snapshot *snapshot,
			instar_thread *thread, uint64_t from, uint64_t to)
{
	struct cell cells[TRAIL_KEYS];
	uint64_t puts;
	unsigned shown;

	for (unsigned i = 0; i < TRAIL_KEYS; i++) {
		cells[i].value = 0;
		cells[i].present = instar_snapshot_get(snapshot, thread, trail_key(trail, i), &cells[i].value) ==
				   INSTAR_OK;
	}
	torture_count(&torture->sum.calls, TRAIL_KEYS);
	puts = trail_moment(cells, &shown);
	if (torture->clears && !shown)
		return;
	if (puts == TRAIL_NO_MOMENT)
		torture_violation(torture, "a snapshot shows a trail as it never was");
	else if (puts < from || puts > to)
		torture_violation(torture, "a snapshot shows %llu puts; %llu were made before it, %llu begun after",
				  (unsigned long long)puts, (unsigned long long)from, (unsigned long long)to);
	else if (!torture->clears && shown != (puts < TRAIL_KEYS ? puts : TRAIL_KEYS))
		torture_violation(torture, "a snapshot shows %u keys of a trail of %llu puts", shown,
				  (unsigned long long)puts);
}

/* Its scan meets as many entries as its count says, the residents among them. */
static void judge_scan(struct torture *torture, instar_snapshot *snapshot, instar_thread *thread)
{
	struct instar_entry out[FEW];
	struct met met = { .total = 0 };
	enum instar_status status;
	uint64_t cursor = 0, value, calls = 0;
	size_t n, counted = 0;

	do {
		status = instar_snapshot_scan(snapshot, thread, &cursor, out, FEW, &n);
		meet(torture, &met, out, n);
		if (n && (instar_snapshot_get(snapshot, thread, out[0].key, &value) != INSTAR_OK ||
			  value != out[0].value))
			torture_violation(torture, "a snapshot's scan and get differ");
		calls += n ? 2 : 1;
	} while (status == INSTAR_OK);
	torture_count(&torture->sum.calls, calls);
	if (status != INSTAR_NOTFOUND || instar_snapshot_count(snapshot, thread, &counted) != INSTAR_OK ||
	    counted != met.total)
		torture_violation(torture, "a snapshot's scan met %zu, its count is %zu", met.total, counted);
	judge_residents(torture, "snapshot", &met);
}

void torture_snapshot(struct torture *torture, instar_thread *thread)
{
	uint64_t from[TORTURE_THREADS], to[TORTURE_THREADS];
	instar_snapshot *snapshot;
	enum instar_status status;

	for (unsigned i = 0; i < torture->plan->threads; i++)
		from[i] = trail_done(&torture->hands[i].trail);
	status = instar_snapshot_open(torture->map, thread, &snapshot);
	expect(torture, "snapshot", status);
	if (status != INSTAR_OK)
		return;
	for (unsigned i = 0; i < torture->plan->threads; i++)
		to[i] = trail_begun(&torture->hands[i].trail);
	for (unsigned i = 0; i < torture->plan->threads; i++)
		judge_trail(torture, &torture->hands[i].trail, snapshot, thread, from[i], to[i]);
	judge_scan(torture, snapshot, thread);
	instar_snapshot_close(snapshot, thread);
	torture_count(&torture->sum.snapshots, 1);
}

/* ---- at rest ---- */

static void audit_owned(struct torture *torture, const struct hand *hand)
{
	for (unsigned i = 0; i < OWNED; i++) {
		struct call call = { .key = torture_key(FOR_OWNED + hand->index, i), .kind = CALL_GET };
		struct cell cell = hand->owned[i], absent = { 0, false };
		char text[CALL_TEXT];

		call_perform(&call, torture->map, NULL);
		if (!call_explained(&call, &cell) && !(torture->clears && call_explained(&call, &absent)))
			torture_violation(torture, "at rest, own key: %s", call_text(&call, text, CALL_TEXT));
	}
}

static void audit_sums(struct torture *torture)
{
	uint64_t added = 0, found = 0, value;

	for (unsigned i = 0; i < torture->plan->threads; i++)
		added += torture->hands[i].added;
	for (unsigned i = 0; i < SUMS; i++)
		if (instar_get(torture->map, NULL, torture_key(FOR_SUMS, i), &value) == INSTAR_OK)
			found += value;
	if (found != added && !torture->clears)
		torture_violation(torture, "%llu was added, %llu is there", (unsigned long long)added,
				  (unsigned long long)found);
}

static void audit_map(struct torture *torture, const char *name, instar_map *map)
{
	size_t exact = 0;

	while (instar_maintain(map, NULL, HELP) == INSTAR_BUSY)
		continue;
	if (instar_map_check(map, stdout) != INSTAR_OK)
		torture_violation(torture, "the audit of the %s map", name);
	if (instar_count(map, NULL, &exact) != INSTAR_OK || exact != instar_size(map))
		torture_violation(torture, "the %s map has size %zu and %zu entries", name, instar_size(map), exact);
}

void torture_audit(struct torture *torture)
{
	for (unsigned i = 0; i < torture->plan->threads; i++)
		audit_owned(torture, &torture->hands[i]);
	audit_sums(torture);
	torture_snapshot(torture, NULL);
	torture_scan(torture, NULL);
	audit_map(torture, "first", torture->map);
	audit_map(torture, "boxed", torture->boxed);
}
