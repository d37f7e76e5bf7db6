/*
 * reclaim/scheme.c - the function table of one scheme.  Compiled once per scheme, with
 * -DRECLAIM_SCHEME=NAME -DRECLAIM_SCHEME_FILE='"reclaim/NAME.h"'.
 *
 * The scheme's file defines, under RECLAIM_SCHEME_BODY, the macro SCHEME_TABLE: the designated
 * initialisers of everything that is not said here.
 */
#define RECLAIM_SCHEME_BODY

#include RECLAIM_SCHEME_FILE
#include "reclaim/section.h"

#define PASTE(a, b) a##b
#define EXPAND(a, b) PASTE(a, b)
#define TABLE EXPAND(reclaim_scheme_, RECLAIM_SCHEME)

extern const struct reclaim_scheme TABLE;

const struct reclaim_scheme TABLE = {
	.enter = section_enter,
	.leave = section_leave,
	.grace_now = scheme_grace_now,
	.grace_elapsed = scheme_grace_elapsed,
	.info.available = true,
	.info.has_grace = SCHEME_HAS_GRACE,
	.info.section_protects_all = SCHEME_PROTECTS_ALL,
	SCHEME_TABLE
};
