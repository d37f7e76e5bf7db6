/*
 * tests/model/shim.h - the atomic layer, put on top of the explorer's memory.
 *
 * Included before everything else of the source under test (-DPORT_SHIM leaves these names undefined in
 * reclaim/port.h).  Each operation is one step of the calling fiber: memory.c decides who goes first.
 */
#ifndef MODEL_SHIM_H
#define MODEL_SHIM_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

uint64_t model_load(const volatile void *p, size_t size);
void model_store(volatile void *p, size_t size, uint64_t v, int order);
uint64_t model_exchange(volatile void *p, size_t size, uint64_t v);
uint64_t model_fetch_or(volatile void *p, size_t size, uint64_t bits);
uint64_t model_fetch_add(volatile void *p, size_t size, uint64_t n, int order);
bool model_cas(volatile void *p, size_t size, void *expected, uint64_t v);
void model_fence(void);
void model_pause(void);
void model_membarrier(void);

#define SHIM_BITS(v) ((uint64_t)(uintptr_t)(v))
/* A statement expression: what a read-modify-write answers may be of no interest. */
#define SHIM_TYPED(p, bits) __extension__({ (__typeof__(((void)0, *(p))))(uintptr_t)(bits); })

#define load_relaxed(p) SHIM_TYPED(p, model_load((p), sizeof(*(p))))
#define load_acquire(p) SHIM_TYPED(p, model_load((p), sizeof(*(p))))
#define load_seq_cst(p) SHIM_TYPED(p, model_load((p), sizeof(*(p))))
#define store_relaxed(p, v) model_store((p), sizeof(*(p)), SHIM_BITS(v), __ATOMIC_RELAXED)
#define store_release(p, v) model_store((p), sizeof(*(p)), SHIM_BITS(v), __ATOMIC_RELEASE)
#define store_seq_cst(p, v) model_store((p), sizeof(*(p)), SHIM_BITS(v), __ATOMIC_SEQ_CST)
#define exchange_seq_cst(p, v) SHIM_TYPED(p, model_exchange((p), sizeof(*(p)), SHIM_BITS(v)))
#define exchange_acq_rel(p, v) SHIM_TYPED(p, model_exchange((p), sizeof(*(p)), SHIM_BITS(v)))
#define fetch_add_relaxed(p, v) SHIM_TYPED(p, model_fetch_add((p), sizeof(*(p)), SHIM_BITS(v), __ATOMIC_RELAXED))
#define fetch_add_seq_cst(p, v) SHIM_TYPED(p, model_fetch_add((p), sizeof(*(p)), SHIM_BITS(v), __ATOMIC_SEQ_CST))
#define fetch_sub_seq_cst(p, v) SHIM_TYPED(p, model_fetch_add((p), sizeof(*(p)), -SHIM_BITS(v), __ATOMIC_SEQ_CST))
#define fetch_or_seq_cst(p, v) SHIM_TYPED(p, model_fetch_or((p), sizeof(*(p)), SHIM_BITS(v)))
#define cas_acq_rel(p, expected, v) model_cas((p), sizeof(*(p)), (expected), SHIM_BITS(v))
#define cas_seq_cst(p, expected, v) model_cas((p), sizeof(*(p)), (expected), SHIM_BITS(v))
#define compiler_barrier() ((void)0)
#define fence_seq_cst() model_fence()
#define cpu_pause() model_pause()

#endif
