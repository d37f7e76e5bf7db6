/*
 * reclaim/membarrier.h - the asymmetric barrier: every running thread of the process executes a full
 * barrier between the call's begin and end; one that does not run has executed one at its switch.
 */
#ifndef RECLAIM_MEMBARRIER_H
#define RECLAIM_MEMBARRIER_H

#include <sys/syscall.h>
#include <unistd.h>

#include "reclaim/contract.h"

/* From linux/membarrier.h, which not every C library installs. */
enum { MEMBARRIER_EXPEDITED = 1 << 3, MEMBARRIER_REGISTER = 1 << 4 };

/* To be called once before the first membarrier_all.  false: this kernel has none. */
static inline bool membarrier_register(void)
{
#ifdef SYS_membarrier
	return syscall(SYS_membarrier, MEMBARRIER_REGISTER, 0, 0) == 0;
#else
	return false;
#endif
}

/* Whether the domain may use it: not forbidden, and there. */
static inline bool membarrier_serves(const instar_domain *domain)
{
	return !(domain->opts.flags & INSTAR_DOMAIN_NO_IPI) && membarrier_register();
}

/* false: it did not happen. */
static inline bool membarrier_all(void)
{
#ifdef SYS_membarrier
	return syscall(SYS_membarrier, MEMBARRIER_EXPEDITED, 0, 0) == 0;
#else
	return false;
#endif
}

#endif
