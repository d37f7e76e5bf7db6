/*
 * tests/support/injector.h - an allocator that refuses on command and knows what is still allocated.
 */
#ifndef TESTS_INJECTOR_H
#define TESTS_INJECTOR_H

#include <stdbool.h>
#include <stdint.h>

#include <instar/reclaim.h>

/* Request number n (from 1) is refused if first <= n < last, or by chance `percent` of 100. */
struct injector {
	uint64_t first, last;
	unsigned percent;
	uint64_t requests, refused, live, live_bytes; /* atomic */
	uint64_t page_bytes; /* of the live ones; atomic */
	uint64_t mismatched; /* frees whose size or alignment was not that of the allocation */
	struct instar_allocator allocator;
	struct instar_domain_opts opts;
};

/* Refuses nothing yet. */
void injector_init(struct injector *injector);

/* From the next request on, `n` of them. */
void injector_refuse(struct injector *injector, uint64_t n);

/* After everything was destroyed: nothing is left, and all was freed as it was allocated. */
static inline bool injector_balanced(const struct injector *injector)
{
	return !injector->live && !injector->live_bytes && !injector->mismatched;
}

#define INJECT_ALL UINT64_MAX

#endif
