/*
 * stress/memory.h - where all maps under test get their tables, so that they get them alike.
 *
 * Plain: fresh pages from the kernel, first touched by whoever first uses them.  Warm: pages that were
 * touched before the clock started, so that a figure shows the map and not the kernel.
 */
#ifndef STRESS_MEMORY_H
#define STRESS_MEMORY_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* Once, before the first map: tables on 2 MiB pages (madvise), and `warm_bytes` of touched memory for
 * them (0: none).  False: no memory. */
bool memory_setup(bool hugepages, size_t warm_bytes);
bool memory_hugepages(void);

/* Zeroed memory, aligned to `alignment`, a power of two; NULL without memory. */
void *memory_map(size_t size, size_t alignment);
void memory_unmap(void *memory, size_t size);

/* Lets malloc keep `bytes` of touched heap for the calling thread. */
void memory_warm_heap(size_t bytes);

/* Bytes of this process that are in memory now. */
uint64_t memory_resident(void);

#endif
