/*
 * reclaim/futex.h - to sleep until a word changes, or a time is over; Linux.
 */
#ifndef RECLAIM_FUTEX_H
#define RECLAIM_FUTEX_H

#include <stdbool.h>
#include <stdint.h>
#include <sys/syscall.h>
#include <time.h>
#include <unistd.h>

/* From linux/futex.h, which not every C library installs. */
enum { FUTEX_SLEEP = 0 | 128, FUTEX_WAKE_UP = 1 | 128 }; /* FUTEX_WAIT, FUTEX_WAKE; private */

#ifdef SYS_futex
enum { HAVE_FUTEX = 1 };
#else
enum { HAVE_FUTEX = 0 };
#endif

/* Sleeps while *word is `value`, for at most `ns`; may end at any time before. */
static inline void futex_sleep(unsigned *word, unsigned value, uint64_t ns)
{
#ifdef SYS_futex
	struct timespec time = { (time_t)(ns / 1000000000), (long)(ns % 1000000000) };

	syscall(SYS_futex, word, FUTEX_SLEEP, value, &time, NULL, 0);
#else
	(void)word;
	(void)value;
	(void)ns;
#endif
}

static inline void futex_wake(unsigned *word)
{
#ifdef SYS_futex
	syscall(SYS_futex, word, FUTEX_WAKE_UP, 1, NULL, NULL, 0);
#else
	(void)word;
#endif
}

#endif
