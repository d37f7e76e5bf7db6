/*
 * tests/support/child.h - the end of a child process: what it has reached of the library counts as covered, too.
 */
#ifndef TESTS_SUPPORT_CHILD_H
#define TESTS_SUPPORT_CHILD_H

#include <unistd.h>

#ifdef INSTAR_COVERAGE
void __gcov_dump(void); /* _exit does not call it */
#else
#define __gcov_dump() ((void)0)
#endif

static inline _Noreturn void child_exit(int status)
{
	__gcov_dump();
	_exit(status);
}

#endif
