/* stress/memory.c - tables from plain or from touched pages. */
#include "stress/memory.h"

#include <fcntl.h>
#include <malloc.h>
#include <pthread.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#define HUGE_PAGE ((size_t)2 << 20)
#define HUGE_CHUNK (16 * HUGE_PAGE)

static bool hugepages;
/* The warm store: handed out from the front, never taken back. */
static char *warm_store;
static size_t warm_size;
static _Atomic size_t warm_used;

bool memory_hugepages(void)
{
	return hugepages;
}

/* Maps more than asked for and gives back what lies outside the aligned part. */
static char *map_aligned(size_t size, size_t alignment)
{
	char *start, *aligned;
	size_t before;

	start = mmap(NULL, size + alignment, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	if (start == MAP_FAILED)
		return NULL;
	before = -(uintptr_t)start & (alignment - 1);
	aligned = start + before;
	if (before)
		munmap(start, before);
	munmap(aligned + size, alignment - before);
	return aligned;
}

static size_t round_up(size_t size, size_t unit)
{
	return (size + unit - 1) & ~(unit - 1);
}

static char *map_plain(size_t size, size_t alignment)
{
	size_t page = (size_t)sysconf(_SC_PAGESIZE);
	bool huge = hugepages && size >= HUGE_PAGE;
	char *memory;

	if (alignment < page)
		alignment = page;
	memory = map_aligned(round_up(size, page), huge && alignment < HUGE_PAGE ? HUGE_PAGE : alignment);
	if (memory && huge)
		madvise(memory, size, MADV_HUGEPAGE);
	return memory;
}

/* Tables that are smaller than a huge page are cut out of several: alone they would get none.  What is left of a chunk when
 * the next is begun is not used. */
static char *cut_huge(size_t size)
{
	static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;
	static char *chunk;
	static size_t used = HUGE_CHUNK;
	char *piece = NULL;
	size_t start;

	pthread_mutex_lock(&lock);
	start = used;
	if (size > HUGE_CHUNK - start) {
		chunk = map_plain(HUGE_CHUNK, HUGE_PAGE);
		start = chunk ? 0 : HUGE_CHUNK;
	}
	if (chunk)
		piece = chunk + start;
	used = chunk ? start + size : HUGE_CHUNK;
	pthread_mutex_unlock(&lock);
	return piece;
}

bool memory_setup(bool with_hugepages, size_t warm_bytes)
{
	hugepages = with_hugepages;
	/* Freed heap stays with the process, for every map alike. */
	mallopt(M_TRIM_THRESHOLD, 1 << 30);
	mallopt(M_MMAP_THRESHOLD, 32 << 20);
	if (warm_bytes == 0)
		return true;
	warm_size = round_up(warm_bytes, HUGE_PAGE);
	warm_store = map_plain(warm_size, HUGE_PAGE);
	if (!warm_store)
		return false;
	for (size_t at = 0; at < warm_size; at += 4096)
		((volatile char *)warm_store)[at] = 0;
	return true;
}

void *memory_map(size_t size, size_t alignment)
{
	size_t page = (size_t)sysconf(_SC_PAGESIZE);

	if (warm_store && alignment <= HUGE_PAGE) {
		size_t start, used = atomic_load(&warm_used);

		do {
			start = round_up(used, alignment < 4096 ? 4096 : alignment);
			if (start > warm_size || size > warm_size - start)
				return map_plain(size, alignment);
		} while (!atomic_compare_exchange_weak(&warm_used, &used, start + size));
		return warm_store + start;
	}
	if (hugepages && size < HUGE_PAGE && alignment <= page)
		return cut_huge(round_up(size, page));
	return map_plain(size, alignment);
}

void memory_unmap(void *memory, size_t size)
{
	char *start = memory;

	if (warm_store && start >= warm_store && start < warm_store + warm_size)
		return;
	munmap(start, round_up(size, (size_t)sysconf(_SC_PAGESIZE)));
}

/* Large pieces join into one when freed, and later mallocs are cut from it.  A small piece is left in
 * each 32 MiB: an arena whose heaps are empty would give them back. */
void memory_warm_heap(size_t bytes)
{
	enum { PIECE = 64 << 10, BETWEEN = 512 };
	size_t n = bytes / PIECE;
	char **pieces = calloc(n + 1, sizeof(*pieces));

	for (size_t i = 0; pieces && i < n; i++) {
		pieces[i] = malloc(PIECE);
		if (pieces[i])
			memset(pieces[i], 1, PIECE);
		if (i % BETWEEN == BETWEEN - 1) {
			void *volatile stays = malloc(24);

			(void)stays;
		}
	}
	for (size_t i = n; pieces && i-- > 0;)
		free(pieces[i]);
	free(pieces);
}

uint64_t memory_resident(void)
{
	char text[128];
	unsigned long total, resident = 0;
	int fd = open("/proc/self/statm", O_RDONLY | O_CLOEXEC);
	ssize_t n;

	if (fd < 0)
		return 0;
	n = read(fd, text, sizeof(text) - 1);
	close(fd);
	if (n <= 0)
		return 0;
	text[n] = 0;
	if (sscanf(text, "%lu %lu", &total, &resident) != 2)
		return 0;
	return (uint64_t)resident * (uint64_t)sysconf(_SC_PAGESIZE);
}
