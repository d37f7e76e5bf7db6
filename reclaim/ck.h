/*
 * reclaim/ck.h - what the schemes over Concurrency Kit share: a record is registered once and never unregistered, so that
 * the library's own list tells whether it is, also in a child whose parent's thread was lost amid registering.
 */
#ifndef RECLAIM_CK_H
#define RECLAIM_CK_H

#include <ck_pr.h>
#include <ck_stack.h>
#include <stdbool.h>

/* The record of that entry is in the library's list, to which others may be adding theirs: what the library's own CAS has
 * published is loaded by its own loads. */
static inline bool ck_is_registered(const ck_stack_t *records, const ck_stack_entry_t *own)
{
	const ck_stack_entry_t *entry;

	for (entry = ck_pr_load_ptr(&records->head); entry; entry = ck_pr_load_ptr(&entry->next))
		if (entry == own)
			return true;
	return false;
}

#endif
