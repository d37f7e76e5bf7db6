/*
 * tests/model/arena.h - all memory of the source under test, in one place.
 *
 * Blocks are handed out one after the other and never again within a run, so that whatever touches a
 * freed one is caught; the whole is put back to what it was before each trial.
 */
#ifndef MODEL_ARENA_H
#define MODEL_ARENA_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum { ARENA_BYTES = 1 << 20, ARENA_LINE = 64, GRANULE = 8, ARENA_BLOCKS = 64 };

extern unsigned char *arena;
extern unsigned char arena_freed[ARENA_BYTES / ARENA_LINE];

/* Every block handed out, freed or not. */
extern struct arena_block {
	void *memory;
	size_t size;
} arena_block[ARENA_BLOCKS];
extern unsigned arena_blocks;

static inline bool arena_holds(const volatile void *p)
{
	return (uintptr_t)p - (uintptr_t)arena < ARENA_BYTES;
}

static inline size_t arena_offset(const volatile void *p)
{
	return (uintptr_t)p - (uintptr_t)arena;
}

/* Empties it. */
void arena_clear(void);

static inline bool arena_is_freed(const volatile void *p)
{
	return arena_freed[arena_offset(p) / ARENA_LINE];
}

/* Zeroed. */
void *arena_alloc(size_t size, size_t alignment);

/* Poisons the block. */
void arena_free(void *memory, size_t size);

/* Remembers everything; brings it back. */
void arena_save(void);
void arena_restore(void);

#endif
