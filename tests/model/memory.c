/* tests/model/memory.c - see memory.h and shim.h. */
#include "tests/model/memory.h"

#include <stdio.h>
#include <string.h>

#include "tests/model/arena.h"
#include "tests/model/history.h"
#include "tests/model/schedule.h"
#include "tests/model/shim.h"
#include "tests/model/subject.h"

/* Which threads have touched eight bytes, in any trial. */
static struct granule {
	unsigned char readers, writers;
	bool shared, ignored, prompt;
} granules[ARENA_BYTES / GRANULE];
static bool learnt;

static uint64_t content; /* of memory, hashed: the sum over what was written since the run began */

static struct buffered {
	volatile void *p;
	size_t size;
	uint64_t v;
	bool release;
} buffer[MAX_THREADS][MAX_BUFFERED];
static unsigned buffered_n[MAX_THREADS];

void memory_forget(void)
{
	memset(granules, 0, sizeof granules);
}

bool memory_learnt(void)
{
	return learnt;
}

void memory_begin_run(void)
{
	content = 0;
	learnt = false;
	memset(buffered_n, 0, sizeof buffered_n);
}

void memory_ignore(const volatile void *p, size_t size)
{
	for (size_t i = arena_offset(p) / GRANULE; i <= (arena_offset(p) + size - 1) / GRANULE; i++)
		granules[i].ignored = true;
}

void memory_prompt(const volatile void *p, size_t size)
{
	for (size_t i = arena_offset(p) / GRANULE; i <= (arena_offset(p) + size - 1) / GRANULE; i++)
		granules[i].prompt = true;
}

uint64_t memory_hash(void)
{
	uint64_t h = content;
	for (unsigned t = 0; t < trial.threads; t++)
		for (unsigned i = 0; i < buffered_n[t]; i++)
			h = mix(h, mix(arena_offset(buffer[t][i].p) * MAX_THREADS + t, buffer[t][i].v));
	return h;
}

/* ---- plain memory ---- */

static inline uint64_t get(const volatile void *p, size_t size)
{
	switch (size) {
	case 1: return *(const volatile uint8_t *)p;
	case 4: return *(const volatile uint32_t *)p;
	default: return *(const volatile uint64_t *)p;
	}
}

static void put(volatile void *p, size_t size, uint64_t v)
{
	switch (size) {
	case 1: *(volatile uint8_t *)p = (uint8_t)v; break;
	case 4: *(volatile uint32_t *)p = (uint32_t)v; break;
	default: *(volatile uint64_t *)p = v; break;
	}
}

static void write_now(unsigned thread, volatile void *p, size_t size, uint64_t v)
{
	uint64_t old = get(p, size);
	put(p, size, v);
	if (!trial.active || !arena_holds(p) || granules[arena_offset(p) / GRANULE].ignored)
		return;
	content ^= mix(arena_offset(p), old) ^ mix(arena_offset(p), get(p, size));
	schedule_wake();
	subject_wrote(thread, (const void *)p, old, get(p, size));
}

/* ---- who meets where ---- */

static void note(struct granule *g, bool write)
{
	if (g->shared)
		return;
	*(write ? &g->writers : &g->readers) |= (unsigned char)(1u << trial.current);
	unsigned threads = g->readers | g->writers;
	if (g->writers && (threads & (threads - 1)))
		g->shared = learnt = true;
}

static inline void check_alive(const volatile void *p)
{
	if (arena_holds(p) ? arena_freed[arena_offset(p) / ARENA_LINE] : (uintptr_t)p >> 47 != 0)
		run_fail("use after free: %s", subject_address((const void *)p));
}

/* Before every access.  NULL: it is no step. */
static struct granule *begin_access(const volatile void *p)
{
	check_alive(p);
	if (!trial.active || !arena_holds(p))
		return NULL;
	struct granule *g = &granules[arena_offset(p) / GRANULE];
	if (g->ignored)
		return NULL;
	schedule_point(g->shared);
	check_alive(p);
	if (g->shared)
		history_now(trial.current);
	return g;
}

/* ---- store buffers ---- */

static void drain(unsigned thread)
{
	for (unsigned i = 0; i < buffered_n[thread]; i++)
		write_now(thread, buffer[thread][i].p, buffer[thread][i].size, buffer[thread][i].v);
	buffered_n[thread] = 0;
}

void memory_end_run(void)
{
	for (unsigned t = 0; t < trial.threads; t++)
		drain(t);
}

bool memory_may_flush(unsigned thread, unsigned place)
{
	if (place >= buffered_n[thread])
		return false;
	const struct buffered *b = buffer[thread];
	if (place > 0 && (!trial.limits.reorder || b[place].release))
		return false;
	for (unsigned i = 0; i < place; i++)
		if (b[i].p == b[place].p)
			return false;
	return true;
}

void memory_flush(unsigned thread, unsigned place)
{
	struct buffered b = buffer[thread][place];
	buffered_n[thread]--;
	memmove(&buffer[thread][place], &buffer[thread][place + 1],
		(buffered_n[thread] - place) * sizeof b);
	write_now(thread, b.p, b.size, b.v);
}

static uint64_t read_through(const volatile void *p, size_t size)
{
	for (unsigned i = buffered_n[trial.current]; i-- > 0;)
		if (buffer[trial.current][i].p == p)
			return buffer[trial.current][i].v;
	return get(p, size);
}

/* Stores to one place never overtake each other. */
static bool store_waits(const volatile void *p)
{
	for (unsigned i = 0; i < buffered_n[trial.current]; i++)
		if (buffer[trial.current][i].p == p)
			return true;
	return false;
}

/* ---- the operations of the shim ---- */

static void saw(const struct granule *g, const char *what, const volatile void *p, uint64_t v)
{
	if (g->shared)
		learn(v);
	if (trial.trace)
		subject_trace_access(what, (const void *)p, v);
}

uint64_t model_load(const volatile void *p, size_t size)
{
	if (!trial.active) {
		check_alive(p);
		return get(p, size);
	}
	struct granule *g = begin_access(p);
	if (!g)
		return get(p, size);
	note(g, false);
	uint64_t v = read_through(p, size);
	saw(g, "load", p, v);
	return v;
}

void model_store(volatile void *p, size_t size, uint64_t v, int order)
{
	struct granule *g = begin_access(p);
	if (!g) {
		put(p, size, v);
		return;
	}
	note(g, true);
	unsigned *n = &buffered_n[trial.current];
	saw(g, "store", p, v);
	bool must_wait = trial.limits.reorder ? store_waits(p) : *n > 0;
	if (order == __ATOMIC_SEQ_CST) {
		drain(trial.current);
	} else if (*n < MAX_BUFFERED && g->shared && !g->prompt && (must_wait || schedule_delay())) {
		buffer[trial.current][(*n)++] = (struct buffered){ p, size, v, order != __ATOMIC_RELAXED };
		return;
	} else if (order == __ATOMIC_RELEASE || must_wait) {
		drain(trial.current);
	}
	write_now(trial.current, p, size, v);
}

/* Read-modify-writes and fences empty the buffer. */
static struct granule *begin_update(const volatile void *p)
{
	struct granule *g = begin_access(p);
	if (g)
		drain(trial.current);
	return g;
}

uint64_t model_exchange(volatile void *p, size_t size, uint64_t v)
{
	struct granule *g = begin_update(p);
	uint64_t old = get(p, size);
	if (g) {
		note(g, true);
		saw(g, "exchange", p, old);
	}
	write_now(trial.current, p, size, v);
	return old;
}

uint64_t model_fetch_add(volatile void *p, size_t size, uint64_t n, int order)
{
	(void)order;
	struct granule *g = begin_update(p);
	uint64_t old = get(p, size);
	if (g) {
		note(g, n != 0);
		saw(g, "fetch_add", p, old);
	}
	if (n != 0)
		write_now(trial.current, p, size, old + n);
	return old;
}

uint64_t model_fetch_or(volatile void *p, size_t size, uint64_t bits)
{
	struct granule *g = begin_update(p);
	uint64_t old = get(p, size);
	if (g) {
		note(g, (old | bits) != old);
		saw(g, "fetch_or", p, old);
	}
	write_now(trial.current, p, size, old | bits);
	return old;
}

bool model_cas(volatile void *p, size_t size, void *expected, uint64_t v)
{
	struct granule *g = begin_update(p);
	uint64_t old = get(p, size), wanted = get(expected, size);
	bool done = old == wanted;
	if (g) {
		note(g, done && old != v);
		saw(g, done ? "cas" : "cas failed", p, old);
	}
	if (done)
		write_now(trial.current, p, size, v);
	else
		put(expected, size, old);
	return done;
}

void model_fence(void)
{
	if (!trial.active || !buffered_n[trial.current])
		return;
	schedule_point(true);
	drain(trial.current);
}

/* Every thread's stores so far are in memory. */
void model_membarrier(void)
{
	if (!trial.active)
		return;
	schedule_point(true);
	if (trial.trace)
		subject_trace_access("membarrier", NULL, 0);
	for (unsigned t = 0; t < trial.threads; t++)
		drain(t);
}

void model_pause(void)
{
	if (trial.active)
		schedule_wait();
}

/* ---- steps of the specification scheme, and of the allocator ---- */

void model_step(const volatile void *p, bool write)
{
	struct granule *g = begin_access(p);
	if (g) {
		drain(trial.current);
		note(g, write);
	}
}

void model_note(const volatile void *p, bool write)
{
	if (trial.active)
		note(&granules[arena_offset(p) / GRANULE], write);
}

void model_write(uint64_t *p, uint64_t v)
{
	write_now(trial.current, p, sizeof *p, v);
}

void model_learn(uint64_t what)
{
	if (trial.active)
		learn(what);
}

void *memory_alloc(size_t size, size_t alignment)
{
	void *memory = arena_alloc(size, alignment);
	if (!memory)
		run_fail("the arena is full");
	model_learn(arena_offset(memory));
	return memory;
}

void memory_free(void *memory, size_t size)
{
	size_t first = arena_offset(memory) / GRANULE;
	check_alive(memory);
	for (size_t i = first; trial.active && i < first + (size + GRANULE - 1) / GRANULE; i++)
		if (granules[i].readers | granules[i].writers)
			note(&granules[i], true);
	content ^= mix(arena_offset(memory), ~(uint64_t)0);
	arena_free(memory, size);
}
