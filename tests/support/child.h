/*
 * tests/support/child.h - a child process, and its end: what it has reached of the library counts as covered, too.
 */
#ifndef TESTS_SUPPORT_CHILD_H
#define TESTS_SUPPORT_CHILD_H

#include <stdio.h>
#include <sys/wait.h>
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

/* One that exits with what `child` answers, within so many seconds: its status, as waitpid has it. */
static inline int child_of(int child(void *arg), void *arg, unsigned patience)
{
	int status = -1;
	pid_t pid;

	fflush(stdout);
	pid = fork();
	if (pid == 0) {
		alarm(patience);
		child_exit(child(arg));
	}
	waitpid(pid, &status, 0);
	return status;
}

#endif
