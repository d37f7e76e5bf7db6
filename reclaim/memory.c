/*
 * reclaim/memory.c - where the library gets memory: the caller's allocator, or malloc and mmap.
 */
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include "reclaim/private.h"

static size_t page_size(void)
{
	return (size_t)sysconf(_SC_PAGESIZE);
}

static size_t whole_pages(size_t size)
{
	return (size + page_size() - 1) & ~(page_size() - 1);
}

/* Larger alignments than a page: map more and give back both ends. */
static void *map_aligned(size_t size, size_t alignment)
{
	size_t whole = size + alignment, before;
	char *memory;

	if (whole < size)
		return NULL;
	memory = mmap(NULL, whole, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	if (memory == MAP_FAILED)
		return NULL;
	before = -(uintptr_t)memory & (alignment - 1);
	if (before)
		munmap(memory, before);
	munmap(memory + before + size, whole - before - size);
	return memory + before;
}

static void *default_map(size_t size, size_t alignment, void *ctx)
{
	void *memory;

	(void)ctx;
	if (size > SIZE_MAX / 2)
		return NULL;
	size = whole_pages(size);
	if (alignment > page_size()) {
		memory = map_aligned(size, alignment);
		/* A hint: where the system allows, 2 MiB pages (contract.h). */
		if (memory && alignment >= RECLAIM_HUGE_PAGE)
			madvise(memory, size, MADV_HUGEPAGE);
		return memory;
	}
	memory = mmap(NULL, size, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	return memory == MAP_FAILED ? NULL : memory;
}

static void default_unmap(void *memory, size_t size, size_t alignment, void *ctx)
{
	(void)alignment;
	(void)ctx;
	munmap(memory, whole_pages(size));
}

static void *default_alloc(size_t size, size_t alignment, void *ctx)
{
	void *memory;

	(void)ctx;
	if (alignment < sizeof(void *))
		alignment = sizeof(void *);
	return posix_memalign(&memory, alignment, size) ? NULL : memory;
}

static void default_free(void *memory, size_t size, size_t alignment, void *ctx)
{
	(void)size;
	(void)alignment;
	(void)ctx;
	free(memory);
}

bool memory_init(struct instar_allocator *memory, const struct instar_allocator *given)
{
	static const struct instar_allocator defaults = {
		sizeof(defaults), default_map, default_unmap, default_alloc, default_free, NULL
	};

	return reclaim_read_options(memory, sizeof(*memory), sizeof(*memory), given ? given : &defaults) && memory->map &&
	       memory->unmap && memory->alloc && memory->free;
}

void *reclaim_map_pages(instar_domain *domain, size_t size, size_t alignment)
{
	return domain->memory.map(size, alignment, domain->memory.ctx);
}

void reclaim_unmap_pages(instar_domain *domain, void *memory, size_t size, size_t alignment)
{
	domain->memory.unmap(memory, size, alignment, domain->memory.ctx);
}

bool reclaim_drop_pages(instar_domain *domain, void *memory, size_t size)
{
	return domain->memory.unmap == default_unmap && madvise(memory, size, MADV_DONTNEED) == 0;
}

void *reclaim_alloc(instar_domain *domain, size_t size, size_t alignment)
{
	void *memory = domain->memory.alloc(size, alignment, domain->memory.ctx);

	return memory ? memset(memory, 0, size) : NULL;
}

void reclaim_free(instar_domain *domain, void *memory, size_t size, size_t alignment)
{
	if (memory)
		domain->memory.free(memory, size, alignment, domain->memory.ctx);
}
