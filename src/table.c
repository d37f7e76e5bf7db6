/*
 * src/table.c - making and unmaking tables.
 */
#include "src/walk.h"

/* Grow above 78 % of the slots (DESIGN.md, When). */
enum { GROW_PERCENT = 78, PAGE = 4096 };

/* A part of a table's destruction: some ten microseconds. */
enum { PART_HOMES = 64, PART_BYTES = 256 << 10 };

/* The first touches of a smaller table do not matter. */
enum { LARGE_BYTES = 256 << 10 };

unsigned table_log2_for(size_t entries)
{
	for (unsigned log2 = MIN_LOG2_HOMES; log2 <= MAX_LOG2_HOMES && log2 < sizeof(size_t) * 8; log2++) {
		size_t slots = ((size_t)1 << log2) * SLOTS;
		if (slots >> log2 != SLOTS)
			return 0;
		if (entries <= slots / 100 * GROW_PERCENT)
			return log2;
	}
	return 0;
}

/* Everything that was mapped: the filter, if any, then the buckets. */
static void *table_memory(const struct table *t)
{
	return t->filter ? (void *)t->filter : (void *)t->buckets;
}

struct table *table_create(instar_domain *domain, unsigned log2_homes, struct table_pages pages, size_t threads)
{
	size_t homes = (size_t)1 << log2_homes;
	if (homes > SIZE_MAX / 2 / BUCKET_BYTES)
		return NULL;
	struct table *t = reclaim_alloc(domain, sizeof *t, CACHE_LINE);
	if (!t)
		return NULL;
	size_t filter_bytes = pages.filter ? homes * sizeof *t->filter : 0;
	t->bytes = homes * BUCKET_BYTES + filter_bytes;
	t->alignment = pages.huge && t->bytes >= RECLAIM_HUGE_PAGE ? RECLAIM_HUGE_PAGE : BUCKET_BYTES;
	unsigned char *memory = reclaim_map_pages(domain, t->bytes, t->alignment);
	if (!memory) {
		reclaim_free(domain, t, sizeof *t, CACHE_LINE);
		return NULL;
	}
	t->filter = pages.filter ? (uint32_t *)(void *)memory : NULL;
	t->buckets = (struct bucket *)(void *)(memory + filter_bytes);
	t->mask = homes - 1;
	t->log2_homes = log2_homes;
	t->domain = domain;
	t->birth = reclaim_birth(domain);
	t->owners = 1;
	t->fresh = !pages.prefault && t->bytes >= LARGE_BYTES;
	t->shift = WORD_BITS - log2_homes;
	/* Between two looks of all threads together the load may rise by about 1/64. */
	size_t every = 8;
	while (every * 2 <= table_slots(t) / 64 / threads)
		every *= 2;
	t->check_mask = every - 1;
	for (size_t i = 0; pages.prefault && i < t->bytes; i += PAGE)
		*(volatile unsigned char *)(memory + i) = 0;
	return t;
}

void table_free(struct table *t)
{
	instar_domain *domain = t->domain;
	reclaim_unmap_pages(domain, table_memory(t), t->bytes, t->alignment);
	reclaim_free(domain, t, sizeof *t, CACHE_LINE);
}

static void free_home_values(const struct table *root, const struct table *t, size_t home,
			     void (*value_free)(void *, void *), void *ctx)
{
	struct pair entries[MAX_HOME_ENTRIES];
	unsigned n = ctrl_is_born(bucket_ctrl(&t->buckets[home])) ? walk_home(t, home, entries) : 0;
	for (unsigned i = 0; i < n; i++)
		if (walk_authority(root, entries[i].first) == t)
			value_free((void *)(uintptr_t)entries[i].second, ctx);
}

void table_free_values(const struct table *root, const struct table *t, void (*value_free)(void *, void *), void *ctx)
{
	for (size_t home = 0; home < table_homes(t); home++)
		free_home_values(root, t, home, value_free, ctx);
}

/* The next PART_HOMES homes.  true: those were the last. */
static bool free_some_values(struct table *t)
{
	for (unsigned i = 0; i < PART_HOMES && t->freed_homes < table_homes(t); i++)
		free_home_values(t, t, t->freed_homes++, t->value_free, t->value_ctx);
	return t->freed_homes == table_homes(t);
}

/* The next part of the pages, but for the last, which goes with the mapping.  true: only that is left. */
static bool drop_some_pages(struct table *t)
{
	size_t part = t->alignment > PART_BYTES ? t->alignment : PART_BYTES;
	if (t->bytes - t->dropped_bytes <= part ||
	    !reclaim_drop_pages(t->domain, (char *)table_memory(t) + t->dropped_bytes, part))
		return true;
	t->dropped_bytes += part;
	return false;
}

void table_reclaim(void *table, void *ctx)
{
	struct table *t = table;
	(void)ctx;
	if ((t->value_free && !free_some_values(t)) || !drop_some_pages(t))
		reclaim_destroy_again();
	else
		table_free(t);
}

void table_destroy(struct table *t)
{
	while (t->value_free && !free_some_values(t))
		;
	table_free(t);
}
