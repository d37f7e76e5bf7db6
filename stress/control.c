/* stress/control.c - the control loop. */
#include "stress/control.h"

#include <stdint.h>

#include "stress/clock.h"
#include "stress/random.h"

double control_measure(void)
{
	enum { STEPS = 1000000 };
	uint64_t state = 1;
	double start = clock_seconds();

	for (unsigned i = 0; i < STEPS; i++) {
		state = scramble(state);
		__asm__ volatile("" : "+r"(state));
	}
	return STEPS / 1e6 / (clock_seconds() - start);
}
