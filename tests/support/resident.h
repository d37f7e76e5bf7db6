/*
 * tests/support/resident.h - what of this process is in memory.
 */
#ifndef TESTS_RESIDENT_H
#define TESTS_RESIDENT_H

#include <stdio.h>
#include <unistd.h>

#include "tests/support/sanitizer.h"

/* Of memory that is really there, in bytes; 0: nobody tells.  (The sanitizers give back their shadow of it, too.) */
static inline size_t resident(void)
{
	FILE *file = SANITIZED ? NULL : fopen("/proc/self/statm", "r");
	size_t pages = 0;

	if (file && fscanf(file, "%*u %zu", &pages) != 1)
		pages = 0;
	if (file)
		fclose(file);
	return pages * (size_t)sysconf(_SC_PAGESIZE);
}

#endif
