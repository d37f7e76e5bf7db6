/* stress/torture_crash.c - what would be lost if a round crashed: how to run it again. */
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "stress/torture.h"
#include "tests/support/sanitizer.h"

static char doing[256];

static void tell(int number)
{
	ssize_t n = write(STDERR_FILENO, doing, strlen(doing));

	(void)n;
	raise(number); /* by now it does what it does by default */
}

void torture_tell_of_crashes(void)
{
	static const int signals[] = { SIGABRT, SIGSEGV, SIGBUS, SIGILL, SIGFPE };
	size_t count = SANITIZED ? 1 : sizeof(signals) / sizeof(signals[0]); /* a sanitizer tells more of the others */
	struct sigaction action = { .sa_handler = tell, .sa_flags = (int)SA_RESETHAND };

	for (size_t i = 0; i < count; i++)
		sigaction(signals[i], &action, NULL);
}

void torture_note(const struct torture_plan *plan)
{
	snprintf(doing, sizeof(doing), "torture: crashed over %s: again: --schemes %s --rounds 1 --seed %llu --threads %u --steps %u\n",
		 plan->scheme->name, plan->scheme->name, (unsigned long long)plan->seed, plan->threads, plan->steps);
}
