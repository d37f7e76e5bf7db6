/*
 * stress/control.h - the control loop: fixed work that touches no memory, timed in every cell.
 *
 * It should give the same figure each time; how far it spreads over a comparison tells how far the
 * machine can be trusted.
 */
#ifndef STRESS_CONTROL_H
#define STRESS_CONTROL_H

/* Steps of the loop, in millions a second, over some 4 ms. */
double control_measure(void);

/* The spread (summary_noise) above which a report calls the machine noisy. */
#define CONTROL_NOISY 0.05

#endif
