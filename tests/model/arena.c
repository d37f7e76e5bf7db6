/* tests/model/arena.c - see arena.h. */
#include "tests/model/arena.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>

enum { POISON = 0xdd };

/* Where it lies, if that is free: addresses in reports are then the same every time. */
#define ARENA_PLACE ((void *)0x5a000000000)

unsigned char *arena;
unsigned char arena_freed[ARENA_BYTES / ARENA_LINE];

static unsigned char *saved;
static unsigned char saved_freed[sizeof arena_freed];
struct arena_block arena_block[ARENA_BLOCKS];
unsigned arena_blocks;
static unsigned saved_blocks;
static size_t used, saved_used;

void arena_clear(void)
{
	if (!arena) {
		arena = mmap(ARENA_PLACE, 2 * (size_t)ARENA_BYTES, PROT_READ | PROT_WRITE,
			     MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
		if (arena == MAP_FAILED) {
			perror("mmap");
			exit(99);
		}
		saved = arena + ARENA_BYTES;
	}
	used = arena_blocks = 0;
	memset(arena_freed, 0, sizeof arena_freed);
}

void *arena_alloc(size_t size, size_t alignment)
{
	if (alignment < ARENA_LINE)
		alignment = ARENA_LINE;
	size_t at = (used + alignment - 1) & ~(alignment - 1);
	size = (size + ARENA_LINE - 1) & ~(size_t)(ARENA_LINE - 1);
	if (at + size > ARENA_BYTES || arena_blocks == ARENA_BLOCKS)
		return NULL;
	used = at + size;
	arena_block[arena_blocks++] = (struct arena_block){ arena + at, size };
	return memset(arena + at, 0, size);
}

void arena_free(void *memory, size_t size)
{
	size = (size + ARENA_LINE - 1) & ~(size_t)(ARENA_LINE - 1);
	memset(memory, POISON, size);
	memset(arena_freed + arena_offset(memory) / ARENA_LINE, 1, size / ARENA_LINE);
}

void arena_save(void)
{
	memcpy(saved, arena, used);
	memcpy(saved_freed, arena_freed, sizeof arena_freed);
	saved_used = used;
	saved_blocks = arena_blocks;
}

void arena_restore(void)
{
	memcpy(arena, saved, saved_used);
	memcpy(arena_freed, saved_freed, used / ARENA_LINE);
	used = saved_used;
	arena_blocks = saved_blocks;
}
