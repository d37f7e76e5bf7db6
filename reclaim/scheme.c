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

/* A scheme of references has others for the user than for the map. */
#ifndef SCHEME_TAKES_REFERENCES
#define SCHEME_USER_ENTER section_enter
#define SCHEME_USER_LEAVE section_leave
#define SCHEME_STAMP scheme_grace_now
#define SCHEME_ELAPSED scheme_grace_elapsed
#endif

#define PASTE(a, b) a##b
#define EXPAND(a, b) PASTE(a, b)
#define TABLE EXPAND(reclaim_scheme_, RECLAIM_SCHEME)

extern const struct reclaim_scheme TABLE;

const struct reclaim_scheme TABLE = {
	.enter = SCHEME_USER_ENTER,
	.leave = SCHEME_USER_LEAVE,
	.enter_all = section_enter,
	.leave_all = section_leave,
	.grace_now = SCHEME_STAMP,
	.grace_elapsed = SCHEME_ELAPSED,
	.info.available = true,
	.info.has_grace = SCHEME_HAS_GRACE,
	.info.section_protects_all = SCHEME_PROTECTS_ALL,
	SCHEME_TABLE
};
