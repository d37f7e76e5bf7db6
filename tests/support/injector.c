/*
 * tests/support/injector.c - the refusing allocator.  A block's size and alignment stand in front of it.
 */
#include <stdlib.h>
#include <string.h>

#include "tests/support/injector.h"
#include "tests/support/rng.h"

struct block {
	void *start;
	size_t size, alignment;
};

static bool refuse(struct injector *i)
{
	uint64_t n = __atomic_add_fetch(&i->requests, 1, __ATOMIC_RELAXED);
	struct rng dice = rng_stream(n, 1);
	uint64_t first = __atomic_load_n(&i->first, __ATOMIC_RELAXED);
	bool no = (n >= first && n - first < __atomic_load_n(&i->last, __ATOMIC_RELAXED) - first) ||
		  rng_below(&dice, 100) < __atomic_load_n(&i->percent, __ATOMIC_RELAXED);

	if (no)
		__atomic_fetch_add(&i->refused, 1, __ATOMIC_RELAXED);
	return no;
}

static void *get(struct injector *i, size_t size, size_t alignment, bool zeroed)
{
	size_t lead = alignment < sizeof(struct block) ? sizeof(struct block) * 2 : alignment;
	struct block *block;
	void *start;

	if (refuse(i) || size > SIZE_MAX / 4)
		return NULL;
	if (posix_memalign(&start, alignment < 64 ? 64 : alignment, lead + size))
		return NULL;
	memset(start, zeroed ? 0 : 0xa5, lead + size);
	block = (struct block *)((char *)start + lead) - 1;
	*block = (struct block){ start, size, alignment };
	__atomic_fetch_add(&i->live, 1, __ATOMIC_RELAXED);
	__atomic_fetch_add(&i->live_bytes, size, __ATOMIC_RELAXED);
	return block + 1;
}

static void put(void *memory, size_t size, size_t alignment, void *ctx)
{
	struct injector *i = ctx;
	struct block *block = (struct block *)memory - 1;

	if (block->size != size || block->alignment != alignment)
		__atomic_fetch_add(&i->mismatched, 1, __ATOMIC_RELAXED);
	__atomic_fetch_sub(&i->live, 1, __ATOMIC_RELAXED);
	__atomic_fetch_sub(&i->live_bytes, block->size, __ATOMIC_RELAXED);
	free(block->start);
}

static void *get_pages(size_t size, size_t alignment, void *ctx)
{
	struct injector *i = ctx;
	void *pages = get(i, size, alignment, true);

	if (pages)
		__atomic_fetch_add(&i->page_bytes, size, __ATOMIC_RELAXED);
	return pages;
}

static void put_pages(void *pages, size_t size, size_t alignment, void *ctx)
{
	struct injector *i = ctx;

	__atomic_fetch_sub(&i->page_bytes, size, __ATOMIC_RELAXED);
	put(pages, size, alignment, ctx);
}

static void *get_memory(size_t size, size_t alignment, void *ctx)
{
	return get(ctx, size, alignment, false);
}

void injector_init(struct injector *i)
{
	memset(i, 0, sizeof *i);
	i->allocator = (struct instar_allocator){ sizeof i->allocator, get_pages, put_pages, get_memory, put, i };
	i->opts = (struct instar_domain_opts)INSTAR_DOMAIN_OPTS_INIT;
	i->opts.allocator = &i->allocator;
}

void injector_refuse(struct injector *i, uint64_t n)
{
	uint64_t next = __atomic_load_n(&i->requests, __ATOMIC_RELAXED) + 1;

	__atomic_store_n(&i->first, next, __ATOMIC_RELAXED);
	__atomic_store_n(&i->last, n > UINT64_MAX - next ? UINT64_MAX : next + n, __ATOMIC_RELAXED);
}
