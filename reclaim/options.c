/*
 * reclaim/options.c - structs of options, of callers older and newer than the library.
 *
 * Each begins with its size; what was added later stands behind what was there before, or where words were reserved.
 */
#include <string.h>

#include "reclaim/contract.h"

static bool all_zero(const void *bytes, size_t n)
{
	const unsigned char *p = bytes;

	while (n && !*p)
		p++, n--;
	return !n;
}

bool reclaim_read_options(void *to, size_t size, size_t reserved, const void *given)
{
	size_t theirs;

	memcpy(&theirs, given, sizeof(theirs));
	if (theirs < reserved || (theirs > size && !all_zero((const char *)given + size, theirs - size)))
		return false;
	memset(to, 0, size);
	memcpy(to, given, theirs < size ? theirs : size);
	return all_zero((char *)to + reserved, size - reserved);
}
