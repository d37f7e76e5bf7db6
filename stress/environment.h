/*
 * stress/environment.h - the machine and the build that figures come from.
 */
#ifndef STRESS_ENVIRONMENT_H
#define STRESS_ENVIRONMENT_H

#include <jansson.h>

/* A new object of strings and numbers; what cannot be found out is left out. */
json_t *environment_capture(void);

#endif
