/*
 * tests/support/sanitizer.h - what a test cannot do under a sanitizer, whichever compiler brings it.
 */
#ifndef TESTS_SUPPORT_SANITIZER_H
#define TESTS_SUPPORT_SANITIZER_H

#include "reclaim/tsan.h"

/* ThreadSanitizer makes the work twenty times slower. */
#ifdef __SANITIZE_THREAD__
#define TEST_WORK(n) ((n) / 5)
#else
#define TEST_WORK(n) (n)
#endif

#if defined(__SANITIZE_THREAD__) || defined(__SANITIZE_ADDRESS__)
enum { SANITIZED = 1 };
#else
enum { SANITIZED = 0 };
#endif

/* ThreadSanitizer does not follow into a child process; in AddressSanitizer's allocator a lock that another thread holds
 * at the fork stays locked in the child. */
enum { FORKS_AT_WORK = !SANITIZED };

#endif
