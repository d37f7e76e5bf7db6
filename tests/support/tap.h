/*
 * tests/support/tap.h - test results in the Test Anything Protocol, for plain programs.
 *
 * Include it from the program's main file only.  ok() and diag() may be called by any thread: a line
 * is written by one call under the stream's lock.  Threads that check many things count what is
 * wrong in a `struct faults` and the main thread turns that into one result.
 */
#ifndef TESTS_TAP_H
#define TESTS_TAP_H

#include <stdarg.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static struct {
	unsigned planned, run, failed;
} tap;

#define TAP_PRINTF(text, values) __attribute__((format(printf, text, values), unused))

TAP_PRINTF(1, 2) static void diag(const char *format, ...)
{
	char line[1024];
	va_list list;

	va_start(list, format);
	vsnprintf(line, sizeof line, format, list);
	va_end(list);
	printf("# %s\n", line);
	fflush(stdout);
}

/* Before the first result, where the number of results is known. */
__attribute__((unused)) static void plan(unsigned tests)
{
	tap.planned = tests;
	printf("1..%u\n", tests);
	fflush(stdout);
}

/* One result.  Returns cond. */
TAP_PRINTF(2, 3) static bool ok(bool cond, const char *format, ...)
{
	char line[512];
	va_list list;

	va_start(list, format);
	vsnprintf(line, sizeof line, format, list);
	va_end(list);
	flockfile(stdout);
	tap.run++;
	tap.failed += !cond;
	printf("%sok %u - %s\n", cond ? "" : "not ", tap.run, line);
	fflush(stdout);
	funlockfile(stdout);
	return cond;
}

/* `tests` results that cannot be had here, and why. */
TAP_PRINTF(2, 3) static void skip(unsigned tests, const char *format, ...)
{
	char reason[512];
	va_list list;

	va_start(list, format);
	vsnprintf(reason, sizeof reason, format, list);
	va_end(list);
	flockfile(stdout);
	while (tests--)
		printf("ok %u # SKIP %s\n", ++tap.run, reason);
	fflush(stdout);
	funlockfile(stdout);
}

/* The program's exit status; prints the plan where none was given. */
__attribute__((unused)) static int done_testing(void)
{
	if (!tap.planned)
		printf("1..%u\n", tap.run);
	else if (tap.planned != tap.run)
		printf("# planned %u results, got %u\n", tap.planned, tap.run);
	if (tap.failed)
		printf("# %u of %u failed\n", tap.failed, tap.run);
	fflush(stdout);
	return tap.failed || (tap.planned && tap.planned != tap.run);
}

/* What several threads found wrong. */
struct faults {
	unsigned n;
};

enum { FAULTS_SHOWN = 5 };

/* Counts one fault; the first few are printed. */
TAP_PRINTF(2, 3) static void fault(struct faults *faults, const char *format, ...)
{
	char line[1024];
	va_list list;

	if (__atomic_fetch_add(&faults->n, 1, __ATOMIC_RELAXED) >= FAULTS_SHOWN)
		return;
	va_start(list, format);
	vsnprintf(line, sizeof line, format, list);
	va_end(list);
	diag("%s", line);
}

/* Stops everything: the test itself cannot go on (no memory, no thread). */
TAP_PRINTF(1, 2) static __attribute__((noreturn)) void bail_out(const char *format, ...)
{
	char line[512];
	va_list list;

	va_start(list, format);
	vsnprintf(line, sizeof line, format, list);
	va_end(list);
	printf("Bail out! %s\n", line);
	fflush(stdout);
	exit(99);
}

#endif
