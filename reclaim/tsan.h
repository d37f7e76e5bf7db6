/*
 * reclaim/tsan.h - tells the thread sanitizer of an order that a library's uninstrumented code or
 * inline assembly makes: what happened before TSAN_RELEASE happens before what follows TSAN_ACQUIRE.
 * Nothing in other builds.
 */
#ifndef RECLAIM_TSAN_H
#define RECLAIM_TSAN_H

#if defined(__has_feature)
#if __has_feature(thread_sanitizer) && !defined(__SANITIZE_THREAD__)
#define __SANITIZE_THREAD__ 1
#endif
#if __has_feature(address_sanitizer) && !defined(__SANITIZE_ADDRESS__)
#define __SANITIZE_ADDRESS__ 1
#endif
#endif

#ifdef __SANITIZE_THREAD__
void __tsan_acquire(void *address);
void __tsan_release(void *address);
#define TSAN_ACQUIRE(address) __tsan_acquire(address)
#define TSAN_RELEASE(address) __tsan_release(address)
#else
#define TSAN_ACQUIRE(address) ((void)0)
#define TSAN_RELEASE(address) ((void)0)
#endif

#endif
