/*
 * reclaim/stats.c - what was retired, freed and waits.
 *
 * Every handle counts for itself, without locked instructions; a reader adds them up: first all that was retired, then all
 * that was freed.  So what the sums leave is at most what waited at the moment between the two, however long the
 * reader is kept from going on: all retired until then is not more than it read, and all freed until then not less.  It
 * shows less by what was freed while it read; in the other order it would show as waiting what others retired meanwhile.
 */
#include <string.h>

#include "reclaim/private.h"

enum { LOOKS = 3 };

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

/* Of all handles, by class. */
struct sums {
	uint64_t retired[RECLAIM_CLASSES], freed[RECLAIM_CLASSES];
};

struct both_sums {
	struct sums objects, bytes;
};

/* Acquire: before freed is read. */
static void add_retired(struct both_sums *sums, const instar_thread *t)
{
	for (unsigned c = 0; c < RECLAIM_CLASSES; c++) {
		sums->objects.retired[c] += load_acquire(&t->own->counters.retired_objects[c]);
		sums->bytes.retired[c] += load_acquire(&t->own->counters.retired_bytes[c]);
	}
}

static void add_freed(struct both_sums *sums, const instar_thread *t)
{
	for (unsigned c = 0; c < RECLAIM_CLASSES; c++) {
		sums->objects.freed[c] += load_acquire(&t->own->counters.freed_objects[c]);
		sums->bytes.freed[c] += load_acquire(&t->own->counters.freed_bytes[c]);
	}
}

/* What was freed had been retired, whether or not that was read. */
static void complete(struct sums *sums)
{
	for (unsigned c = 0; c < RECLAIM_CLASSES; c++)
		if (sums->retired[c] < sums->freed[c])
			sums->retired[c] = sums->freed[c];
}

static struct both_sums read_all(instar_domain *domain)
{
	struct both_sums sums = { { { 0 }, { 0 } }, { { 0 }, { 0 } } };
	const instar_thread *t;

	for (t = load_acquire(&domain->threads); t; t = t->next)
		add_retired(&sums, t);
	add_retired(&sums, domain->shared);
	for (t = load_acquire(&domain->threads); t; t = t->next)
		add_freed(&sums, t);
	add_freed(&sums, domain->shared);
	return sums;
}

static struct both_sums add_up(instar_domain *domain)
{
	struct both_sums sums = read_all(domain);

	complete(&sums.objects);
	complete(&sums.bytes);
	return sums;
}

static uint64_t total(const uint64_t counters[RECLAIM_CLASSES])
{
	return counters[RECLAIM_ENTRY] + counters[RECLAIM_TABLE];
}

static uint64_t pending(const struct sums *sums)
{
	return total(sums->retired) - total(sums->freed);
}

static void keep_most(struct sums *most, const struct sums *sums)
{
	if (pending(sums) >= pending(most))
		*most = *sums;
}

/* Of a few looks what shows most: none shows too much, and one that was kept from going on too little. */
static struct both_sums look(instar_domain *domain)
{
	struct both_sums most = add_up(domain);

	for (unsigned i = 1; i < LOOKS; i++) {
		struct both_sums sums = add_up(domain);

		keep_most(&most.objects, &sums.objects);
		keep_most(&most.bytes, &sums.bytes);
	}
	return most;
}

static void add_waiting(struct both_sums *sums, const instar_thread *t)
{
	struct limbo_walk walk = limbo_walk(&t->own->limbo);
	const struct limbo_record *record;

	while ((record = limbo_walk_on(&walk))) {
		sums->objects.freed[record->bytes_class & 1]++;
		sums->bytes.freed[record->bytes_class & 1] += record->bytes_class >> 1;
	}
}

/* What was retired and neither was freed nor waits in a queue, nobody will ever free: it counts as freed, so that
 * pending is what can be freed, and threads do not work in vain to make that less. */
void count_lost(instar_domain *domain)
{
	struct class_counters *lost = &domain->shared->own->counters;
	struct both_sums sums = read_all(domain);

	for (const instar_thread *t = domain->threads; t; t = t->next)
		add_waiting(&sums, t);
	for (unsigned c = 0; c < RECLAIM_CLASSES; c++) {
		lost->freed_objects[c] += sums.objects.retired[c] - sums.objects.freed[c];
		lost->freed_bytes[c] += sums.bytes.retired[c] - sums.bytes.freed[c];
	}
}

static void raise_peak(uint64_t *peak, uint64_t value)
{
	uint64_t was = load_relaxed(peak);

	while (was < value && !cas_acq_rel(peak, &was, value))
		;
}

static void raise_peaks(instar_domain *domain, const struct both_sums *sums)
{
	raise_peak(&domain->peak_objects, pending(&sums->objects));
	raise_peak(&domain->peak_bytes, pending(&sums->bytes));
}

uint64_t sample_pending(instar_domain *domain)
{
	struct both_sums sums = add_up(domain);

	raise_peaks(domain, &sums);
	return pending(&sums.bytes);
}

static uint64_t attached_threads(const instar_domain *domain)
{
	const instar_thread *t;
	uint64_t n = 0;

	for (t = load_acquire(&domain->threads); t; t = t->next)
		n += load_relaxed(&t->state) == HANDLE_ATTACHED && t != background_handle(domain);
	return n;
}

void instar_domain_stats(instar_domain *domain, struct instar_reclaim_stats *stats)
{
	struct both_sums sums;

	if (!stats)
		return;
	memset(stats, 0, sizeof(*stats));
	if (!domain)
		return;
	sums = look(domain);
	raise_peaks(domain, &sums);
	stats->retired_objects = total(sums.objects.retired);
	stats->freed_objects = total(sums.objects.freed);
	stats->pending_objects = pending(&sums.objects);
	stats->pending_bytes = pending(&sums.bytes);
	stats->peak_pending_objects = load_relaxed(&domain->peak_objects);
	stats->peak_pending_bytes = load_relaxed(&domain->peak_bytes);
	stats->pending_table_objects = sums.objects.retired[RECLAIM_TABLE] - sums.objects.freed[RECLAIM_TABLE];
	stats->pending_table_bytes = sums.bytes.retired[RECLAIM_TABLE] - sums.bytes.freed[RECLAIM_TABLE];
	stats->grace_periods = load_relaxed(&domain->counters.grace_periods);
	stats->advances_tried = load_relaxed(&domain->counters.advances_tried);
	stats->advances_blocked = load_relaxed(&domain->counters.advances_blocked);
	stats->barriers = load_relaxed(&domain->counters.barriers);
	stats->threads = attached_threads(domain);
}
