/*
 * src/atomic.h - pairs of words: the only place that knows their width.
 *
 * A pair is written whole, by one compare-and-swap; each of its words may be read alone.  A pair read
 * as two loads may be torn: only a CAS that expects it finds out.  Full width: two 64-bit words,
 * cmpxchg16b or casp.  Half width (tests, model checkers, processors without a double-word CAS): two
 * 32-bit words in one ordinary 64-bit atomic.
 *
 * Orders: cas_pair is seq_cst (the linearization points of two calls on two keys must not both miss
 * each other, the shape known as store buffering); the loads say theirs.
 */
#ifndef INSTAR_ATOMIC_H
#define INSTAR_ATOMIC_H

#include "reclaim/port.h"

#if defined(INSTAR_HALF_WIDTH)
typedef uint32_t word;
typedef int32_t signed_word;
enum { WORD_BITS = 32 };
#else
typedef uint64_t word;
typedef int64_t signed_word;
enum { WORD_BITS = 64 };
#endif

/* A pair as a value. */
struct pair {
	word first, second;
};

static inline bool pair_equal(struct pair a, struct pair b)
{
	return a.first == b.first && a.second == b.second;
}

#if defined(INSTAR_HALF_WIDTH)

/* A pair in memory. */
typedef struct {
	uint64_t bits;
} pair_cell;

static inline uint64_t pair_bits(struct pair p)
{
	return (uint64_t)p.second << 32 | p.first;
}

#define load_first_seq_cst(cell) ((word)load_seq_cst(&(cell)->bits))
#define load_first_acquire(cell) ((word)load_acquire(&(cell)->bits))
#define load_second_acquire(cell) ((word)(load_acquire(&(cell)->bits) >> 32))
#define load_second_seq_cst(cell) ((word)(load_seq_cst(&(cell)->bits) >> 32))

static inline bool cas_pair(pair_cell *cell, struct pair expected, struct pair desired)
{
	uint64_t bits = pair_bits(expected);
	return cas_seq_cst(&cell->bits, &bits, pair_bits(desired));
}

#else

typedef struct {
	_Alignas(16) word first;
	word second;
} pair_cell;

#define load_first_seq_cst(cell) load_seq_cst(&(cell)->first)
#define load_first_acquire(cell) load_acquire(&(cell)->first)
#define load_second_acquire(cell) load_acquire(&(cell)->second)
#define load_second_seq_cst(cell) load_seq_cst(&(cell)->second)

/* ThreadSanitizer does not see into inline assembly: tell it what the instruction orders. */
#if defined(__SANITIZE_THREAD__)
#define PAIR_TELL_TSAN 1
#elif defined(__has_feature)
#if __has_feature(thread_sanitizer)
#define PAIR_TELL_TSAN 1
#endif
#endif
#if defined(PAIR_TELL_TSAN)
void __tsan_acquire(void *address);
void __tsan_release(void *address);
static inline void pair_releases(pair_cell *cell)
{
	__tsan_release(&cell->first);
	__tsan_release(&cell->second);
}
static inline void pair_acquires(pair_cell *cell)
{
	__tsan_acquire(&cell->first);
	__tsan_acquire(&cell->second);
}
#else
static inline void pair_releases(pair_cell *cell) { (void)cell; }
static inline void pair_acquires(pair_cell *cell) { (void)cell; }
#endif

#if defined(__x86_64__)

static inline bool cas_pair_machine(pair_cell *cell, struct pair expected, struct pair desired)
{
	bool done;
	__asm__ volatile("lock cmpxchg16b %1"
			 : "=@ccz"(done), "+m"(*cell), "+a"(expected.first), "+d"(expected.second)
			 : "b"(desired.first), "c"(desired.second)
			 : "memory");
	return done;
}

#elif defined(__aarch64__) && defined(__ARM_FEATURE_ATOMICS)

static inline bool cas_pair_machine(pair_cell *cell, struct pair expected, struct pair desired)
{
	register word e0 __asm__("x4") = expected.first;
	register word e1 __asm__("x5") = expected.second;
	register word d0 __asm__("x6") = desired.first;
	register word d1 __asm__("x7") = desired.second;
	__asm__ volatile("caspal %0, %1, %3, %4, %2"
			 : "+r"(e0), "+r"(e1), "+Q"(*cell)
			 : "r"(d0), "r"(d1)
			 : "memory");
	return e0 == expected.first && e1 == expected.second;
}

#elif defined(__aarch64__)

/* A failed comparison may have seen a torn pair: then it is a spurious failure, which every caller
 * treats as "look again". */
static inline bool cas_pair_machine(pair_cell *cell, struct pair expected, struct pair desired)
{
	word first, second;
	uint32_t failed;
	__asm__ volatile("1: ldaxp %0, %1, %3\n"
			 "   cmp %0, %4\n"
			 "   ccmp %1, %5, #0, eq\n"
			 "   b.ne 2f\n"
			 "   stlxp %w2, %6, %7, %3\n"
			 "   cbnz %w2, 1b\n"
			 "2:"
			 : "=&r"(first), "=&r"(second), "=&r"(failed), "+Q"(*cell)
			 : "r"(expected.first), "r"(expected.second), "r"(desired.first), "r"(desired.second)
			 : "cc", "memory");
	return first == expected.first && second == expected.second;
}

#else
#error "no double-word compare-and-swap known here: build with -DINSTAR_HALF_WIDTH"
#endif

static inline bool cas_pair(pair_cell *cell, struct pair expected, struct pair desired)
{
	pair_releases(cell);
	bool done = cas_pair_machine(cell, expected, desired);
	pair_acquires(cell);
	return done;
}

#endif /* full width */

/*
 * A write that changes nothing, to memory that may never have been touched.  Where a page's first access only reads, the
 * kernel shows its page of zeros there; the write that follows is a second fault, and interrupts all processors that run
 * the process, lest they go on reading zeros.  On x86-64: other processors' atomic instructions may read first.
 */
static inline void touch_pair(pair_cell *cell)
{
#if defined(__x86_64__) && !defined(PORT_SHIM)
	__asm__ volatile("lock orq $0, %0" : "+m"(*(uint64_t *)(void *)cell));
#else
	(void)cell;
#endif
}

/* First the first word, then the second: torn if a CAS comes between. */
static inline struct pair load_pair(const pair_cell *cell)
{
	struct pair p;
	p.first = load_first_seq_cst(cell);
	p.second = load_second_acquire(cell);
	return p;
}

#endif
