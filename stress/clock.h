/*
 * stress/clock.h - the two clocks: seconds for throughput, the processor's tick counter for latency.
 */
#ifndef STRESS_CLOCK_H
#define STRESS_CLOCK_H

#include <stdint.h>
#include <time.h>

static inline double clock_seconds(void)
{
	struct timespec now;

	clock_gettime(CLOCK_MONOTONIC, &now);
	return (double)now.tv_sec + (double)now.tv_nsec * 1e-9;
}

/* Of all threads of this process. */
static inline double clock_processor_seconds(void)
{
	struct timespec now;

	clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &now);
	return (double)now.tv_sec + (double)now.tv_nsec * 1e-9;
}

/* A cheap counter of constant rate. */
static inline uint64_t clock_ticks(void)
{
#if defined(__x86_64__)
	return __builtin_ia32_rdtsc();
#elif defined(__aarch64__)
	uint64_t ticks;

	__asm__ volatile("mrs %0, cntvct_el0" : "=r"(ticks));
	return ticks;
#else
#error "no tick counter known for this processor"
#endif
}

/* Nanoseconds of one tick, measured over 20 ms. */
static inline double clock_nanoseconds_per_tick(void)
{
	double start = clock_seconds(), now;
	uint64_t ticks = clock_ticks();

	do
		now = clock_seconds();
	while (now - start < 0.02);
	return (now - start) * 1e9 / (double)(clock_ticks() - ticks);
}

#endif
