/*
 * reclaim/ck.h - what the schemes over Concurrency Kit share: a record is registered once and never unregistered, so that
 * the library's own list tells whether it is, also in a child whose parent's thread was lost amid registering.
 */
#ifndef RECLAIM_CK_H
#define RECLAIM_CK_H

#include <ck_stack.h>
#include <stdbool.h>

/* The record of that entry is in the library's list. */
static inline bool ck_is_registered(const ck_stack_t *records, const ck_stack_entry_t *own)
{
	const ck_stack_entry_t *entry;

	CK_STACK_FOREACH(records, entry)
		if (entry == own)
			return true;
	return false;
}

#endif
