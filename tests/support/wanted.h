/*
 * tests/support/wanted.h - which schemes the tests run for: those that INSTAR_TEST_SCHEME names, with commas between
 * them, or all; with INSTAR_TEST_KINDS=1, as `make check` says, the map's own tests for one of each kind, and tests that
 * step through calls or explore them do less.
 */
#ifndef TESTS_SUPPORT_WANTED_H
#define TESTS_SUPPORT_WANTED_H

#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

/* The list, with commas between its names, has this one. */
static inline bool list_names(const char *list, const char *name)
{
	size_t length = strlen(name);

	for (const char *at = list; (at = strstr(at, name)); at++)
		if ((at == list || at[-1] == ',') && (at[length] == ',' || !at[length]))
			return true;
	return false;
}

static inline bool scheme_is_wanted(const char *name)
{
	const char *wanted = getenv("INSTAR_TEST_SCHEME");

	return !wanted || list_names(wanted, name);
}

static inline bool only_kinds(void)
{
	const char *kinds = getenv("INSTAR_TEST_KINDS");

	return kinds && *kinds == '1' && !getenv("INSTAR_TEST_SCHEME");
}

/* The same of the map's own tests: what differs between schemes of a kind, conformance tests see. */
static inline bool scheme_is_wanted_by_maps(const char *name)
{
	if (only_kinds())
		return list_names("leak,ebr,qsbr,hyaline,hp-asym,ibr,ck-epoch,urcu-memb", name);
	return scheme_is_wanted(name);
}

#endif
