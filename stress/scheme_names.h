/*
 * stress/scheme_names.h - a list of reclamation schemes out of the names on a command line.
 */
#ifndef STRESS_SCHEME_NAMES_H
#define STRESS_SCHEME_NAMES_H

#include <argp.h>
#include <stddef.h>
#include <instar/reclaim.h>

enum { SCHEME_NAMES = 64 };

struct scheme_names {
	const struct instar_scheme_info *schemes[SCHEME_NAMES];
	size_t count;
};

/* Adds those that `text` names, with commas between them, or `all' of this build; or exits with 2. */
void scheme_names_add(struct scheme_names *names, const struct argp_state *state, const char *text);

#endif
