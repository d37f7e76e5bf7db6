/*
 * reclaim/stats.c - what was retired, freed and waits.
 *
 * Every handle counts for itself, without locked instructions; a reader adds them up.  Freed is read
 * before retired, so that the difference is never negative.
 */
#include <string.h>

#include "reclaim/private.h"

static void count(instar_thread *t, uint64_t *counter, uint64_t n)
{
	if (unlikely(t->is_shared))
		fetch_add_relaxed(counter, n);
	else
		count_add(counter, n);
}

void count_retired(instar_thread *t, const struct limbo_record *record)
{
	struct class_counters *c = &t->own->counters;
	unsigned class = record->bytes_class & 1;

	count(t, &c->retired_objects[class], 1);
	count(t, &c->retired_bytes[class], record->bytes_class >> 1);
}

void count_freed(instar_thread *t, const struct limbo_record *record)
{
	struct class_counters *c = &t->own->counters;
	unsigned class = record->bytes_class & 1;

	count(t, &c->freed_objects[class], 1);
	count(t, &c->freed_bytes[class], record->bytes_class >> 1);
}

static void add_freed(struct class_counters *sum, const instar_thread *t)
{
	for (unsigned c = 0; c < RECLAIM_CLASSES; c++) {
		sum->freed_objects[c] += load_acquire(&t->own->counters.freed_objects[c]);
		sum->freed_bytes[c] += load_acquire(&t->own->counters.freed_bytes[c]);
	}
}

static void add_retired(struct class_counters *sum, const instar_thread *t)
{
	for (unsigned c = 0; c < RECLAIM_CLASSES; c++) {
		sum->retired_objects[c] += load_relaxed(&t->own->counters.retired_objects[c]);
		sum->retired_bytes[c] += load_relaxed(&t->own->counters.retired_bytes[c]);
	}
}

static struct class_counters add_up(instar_domain *domain)
{
	struct class_counters sum = { { 0 }, { 0 }, { 0 }, { 0 } };
	const instar_thread *t;

	for (t = load_acquire(&domain->threads); t; t = t->next)
		add_freed(&sum, t);
	add_freed(&sum, domain->shared);
	for (t = load_acquire(&domain->threads); t; t = t->next)
		add_retired(&sum, t);
	add_retired(&sum, domain->shared);
	return sum;
}

static void add_waiting(struct class_counters *sum, const instar_thread *t)
{
	struct limbo_walk walk = limbo_walk(&t->own->limbo);
	const struct limbo_record *record;

	while ((record = limbo_walk_on(&walk))) {
		sum->freed_objects[record->bytes_class & 1]++;
		sum->freed_bytes[record->bytes_class & 1] += record->bytes_class >> 1;
	}
}

/* What was retired and neither was freed nor waits in a queue, nobody will ever free: it counts as freed, so that
 * pending is what can be freed, and threads do not work in vain to make that less. */
void count_lost(instar_domain *domain)
{
	struct class_counters sum = add_up(domain), *lost = &domain->shared->own->counters;

	for (const instar_thread *t = domain->threads; t; t = t->next)
		add_waiting(&sum, t);
	for (unsigned c = 0; c < RECLAIM_CLASSES; c++) {
		lost->freed_objects[c] += sum.retired_objects[c] - sum.freed_objects[c];
		lost->freed_bytes[c] += sum.retired_bytes[c] - sum.freed_bytes[c];
	}
}

static void raise_peak(uint64_t *peak, uint64_t value)
{
	uint64_t was = load_relaxed(peak);

	while (was < value && !cas_acq_rel(peak, &was, value))
		;
}

static uint64_t pending(const uint64_t retired[RECLAIM_CLASSES], const uint64_t freed[RECLAIM_CLASSES])
{
	return retired[RECLAIM_ENTRY] + retired[RECLAIM_TABLE] - freed[RECLAIM_ENTRY] - freed[RECLAIM_TABLE];
}

static void raise_peaks(instar_domain *domain, const struct class_counters *sum)
{
	raise_peak(&domain->peak_objects, pending(sum->retired_objects, sum->freed_objects));
	raise_peak(&domain->peak_bytes, pending(sum->retired_bytes, sum->freed_bytes));
}

uint64_t sample_pending(instar_domain *domain)
{
	struct class_counters sum = add_up(domain);

	raise_peaks(domain, &sum);
	return pending(sum.retired_bytes, sum.freed_bytes);
}

static uint64_t attached_threads(const instar_domain *domain)
{
	const instar_thread *t;
	uint64_t n = 0;

	for (t = load_acquire(&domain->threads); t; t = t->next)
		n += load_relaxed(&t->attached) && t != background_handle(domain);
	return n;
}

void instar_domain_stats(instar_domain *domain, struct instar_reclaim_stats *stats)
{
	struct class_counters sum;

	if (!stats)
		return;
	memset(stats, 0, sizeof(*stats));
	if (!domain)
		return;
	sum = add_up(domain);
	raise_peaks(domain, &sum);
	stats->retired_objects = sum.retired_objects[RECLAIM_ENTRY] + sum.retired_objects[RECLAIM_TABLE];
	stats->freed_objects = sum.freed_objects[RECLAIM_ENTRY] + sum.freed_objects[RECLAIM_TABLE];
	stats->pending_objects = stats->retired_objects - stats->freed_objects;
	stats->pending_bytes = pending(sum.retired_bytes, sum.freed_bytes);
	stats->peak_pending_objects = load_relaxed(&domain->peak_objects);
	stats->peak_pending_bytes = load_relaxed(&domain->peak_bytes);
	stats->pending_table_objects = sum.retired_objects[RECLAIM_TABLE] - sum.freed_objects[RECLAIM_TABLE];
	stats->pending_table_bytes = sum.retired_bytes[RECLAIM_TABLE] - sum.freed_bytes[RECLAIM_TABLE];
	stats->grace_periods = load_relaxed(&domain->counters.grace_periods);
	stats->advances_tried = load_relaxed(&domain->counters.advances_tried);
	stats->advances_blocked = load_relaxed(&domain->counters.advances_blocked);
	stats->barriers = load_relaxed(&domain->counters.barriers);
	stats->threads = attached_threads(domain);
}
