/*
 * tests/support/wanted.h - which schemes the tests run for: those that INSTAR_TEST_SCHEME names, with commas between
 * them, or all.
 */
#ifndef TESTS_SUPPORT_WANTED_H
#define TESTS_SUPPORT_WANTED_H

#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

static inline bool scheme_is_wanted(const char *name)
{
	const char *wanted = getenv("INSTAR_TEST_SCHEME");
	size_t length = strlen(name);

	for (const char *at = wanted; at && (at = strstr(at, name)); at++)
		if ((at == wanted || at[-1] == ',') && (at[length] == ',' || !at[length]))
			return true;
	return !wanted;
}

#endif
