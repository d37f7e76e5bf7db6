/*
 * reclaim/port.h - the compiler and the machine: hints, cache lines, single-word atomics.
 *
 * The order of an atomic operation is part of its name; there is no default.  All shared words of the
 * library are accessed through these functions (pairs of words: src/atomic.h), so that a model checker
 * or an explorer can put its own underneath.
 */
#ifndef RECLAIM_PORT_H
#define RECLAIM_PORT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define likely(x) __builtin_expect(!!(x), 1)
#define unlikely(x) __builtin_expect(!!(x), 0)

enum { CACHE_LINE = 64 };
#define CACHE_ALIGNED _Alignas(CACHE_LINE)

#if !defined(PORT_SHIM)

#define load_relaxed(p) __atomic_load_n((p), __ATOMIC_RELAXED)
#define load_acquire(p) __atomic_load_n((p), __ATOMIC_ACQUIRE)
#define load_seq_cst(p) __atomic_load_n((p), __ATOMIC_SEQ_CST)
#define store_relaxed(p, v) __atomic_store_n((p), (v), __ATOMIC_RELAXED)
#define store_release(p, v) __atomic_store_n((p), (v), __ATOMIC_RELEASE)
#define store_seq_cst(p, v) __atomic_store_n((p), (v), __ATOMIC_SEQ_CST)
#define exchange_seq_cst(p, v) __atomic_exchange_n((p), (v), __ATOMIC_SEQ_CST)
#define exchange_acq_rel(p, v) __atomic_exchange_n((p), (v), __ATOMIC_ACQ_REL)
#define fetch_add_relaxed(p, v) __atomic_fetch_add((p), (v), __ATOMIC_RELAXED)
#define fetch_add_seq_cst(p, v) __atomic_fetch_add((p), (v), __ATOMIC_SEQ_CST)
#define fetch_or_seq_cst(p, v) __atomic_fetch_or((p), (v), __ATOMIC_SEQ_CST)
#define fetch_sub_seq_cst(p, v) __atomic_fetch_sub((p), (v), __ATOMIC_SEQ_CST)
/* On failure *expected is what is there, read with acquire or stronger. */
#define cas_acq_rel(p, expected, v) \
	__atomic_compare_exchange_n((p), (expected), (v), false, __ATOMIC_ACQ_REL, __ATOMIC_ACQUIRE)
#define cas_seq_cst(p, expected, v) \
	__atomic_compare_exchange_n((p), (expected), (v), false, __ATOMIC_SEQ_CST, __ATOMIC_SEQ_CST)

/* Keeps the compiler, not the processor, from moving accesses across (one side of an asymmetric barrier). */
#define compiler_barrier() __atomic_signal_fence(__ATOMIC_SEQ_CST)
#define fence_seq_cst() __atomic_thread_fence(__ATOMIC_SEQ_CST)

static inline void cpu_pause(void)
{
#if defined(__x86_64__)
	__builtin_ia32_pause();
#elif defined(__aarch64__)
	__asm__ volatile("isb" ::: "memory");
#endif
}

#endif /* PORT_SHIM */

/* The empty assembly: gcc takes a function that does nothing but prefetch for one without effect, and drops it. */
#define prefetch_for(p, write)              \
	do {                                \
		__builtin_prefetch((p), (write)); \
		__asm__ volatile("");       \
	} while (0)

/* A counter with one writer, read by anyone: no locked instruction. */
static inline void count_add(uint64_t *counter, uint64_t n)
{
	store_relaxed(counter, load_relaxed(counter) + n);
}

#endif
