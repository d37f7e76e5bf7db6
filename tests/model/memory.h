/*
 * tests/model/memory.h - the memory that the fibers share.
 *
 * Only accesses of locations where two threads meet and one of them writes are choices; which these are
 * is learnt while runs are made, and once a new one turns up the search begins anew.
 */
#ifndef MODEL_MEMORY_H
#define MODEL_MEMORY_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum { MAX_BUFFERED = 4 }; /* stores of a thread that wait */

/* No location is known to be shared. */
void memory_forget(void);
/* A new one turned up in this run: then the choices made were not all there were, and a call may have
 * seemed to begin later than it did. */
bool memory_learnt(void);

/* Before each trial. */
void memory_begin_run(void);
/* All buffered stores are made. */
void memory_end_run(void);

uint64_t memory_hash(void);

/* What nobody decides anything by (counters of statistics): no choice, no state. */
void memory_ignore(const volatile void *p, size_t size);

/* Stores there never wait: their own thread reads the place by plain loads, too, which see no buffer. */
void memory_prompt(const volatile void *p, size_t size);

/* ---- the specification scheme's steps, each of which is several accesses at once ---- */

void model_step(const volatile void *p, bool write);  /* a step that begins with this access */
void model_note(const volatile void *p, bool write);  /* and this one, too */
void model_write(uint64_t *p, uint64_t v);            /* within the step */
void model_learn(uint64_t what);                      /* the thread goes on by that */

/* ---- the allocator of the source under test: arena.h, and a write to all of a block when it is freed ---- */

void *memory_alloc(size_t size, size_t alignment);
void memory_free(void *memory, size_t size);

/* ---- store buffers ---- */

bool memory_may_flush(unsigned thread, unsigned place);
void memory_flush(unsigned thread, unsigned place);

#endif
