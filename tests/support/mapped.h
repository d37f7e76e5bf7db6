/*
 * tests/support/mapped.h - an allocator that maps each piece by itself: it takes no lock with which a thread could stop, and
 * who uses a piece that was freed crashes.
 */
#ifndef TESTS_MAPPED_H
#define TESTS_MAPPED_H

#include <stdlib.h>
#include <sys/mman.h>

#include <instar/reclaim.h>

enum { MAPPED_ALIGNMENT = 4096 };

static inline void *mapped_new(size_t size, size_t alignment, void *ctx)
{
	void *memory = mmap(NULL, size, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);

	(void)ctx;
	if (alignment > MAPPED_ALIGNMENT)
		abort();
	return memory == MAP_FAILED ? NULL : memory;
}

static inline void mapped_free(void *memory, size_t size, size_t alignment, void *ctx)
{
	(void)alignment;
	(void)ctx;
	munmap(memory, size);
}

static const struct instar_allocator mapped_allocator = {
	sizeof(struct instar_allocator), mapped_new, mapped_free, mapped_new, mapped_free, NULL
};

#endif
