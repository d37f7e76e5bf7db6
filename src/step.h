/*
 * src/step.h - named places between two transitions, where test builds may park a thread.
 *
 * In other builds STEP() is nothing.
 */
#ifndef INSTAR_STEP_H
#define INSTAR_STEP_H

#define STEP_LIST(X)                                                                     \
	X(ROOT_READ)        /* a root is loaded, nothing of its table yet */             \
	X(CLAIMED)          /* after T1, before T2 or T3 */                              \
	X(PUBLISHED)        /* after T2 or T3 */                                         \
	X(PUBLISH_LOST)     /* a T2 or T3 failed, before the second look */              \
	X(WITHDRAWN)        /* after T4 */                                               \
	X(UPDATED)          /* after T5, T6 or T7 */                                     \
	X(BURIED)           /* after T8 or the first step of T9 */                       \
	X(UNLISTED)         /* T9: out of the dir, no stamp yet */                       \
	X(FROZEN)           /* after T10 */                                              \
	X(SEALED)           /* after one T11 */                                          \
	X(PLACING)          /* the new home was seen UNBORN, before a claim in it */     \
	X(PLACED)           /* one entry's claim stands in the new table */              \
	X(BEFORE_BIRTH)     /* all entries placed, before T12 */                         \
	X(BORN)             /* after T12 */                                              \
	X(BEFORE_TABLE)     /* a new table is mapped, before T14 */                      \
	X(TABLE_INSTALLED)  /* after T14 */                                              \
	X(ALL_BORN)         /* every home seen born, before T15 */                       \
	X(MIGRATED)         /* after T15, the old table not yet retired */               \
	X(BEFORE_STILLBORN) /* no room for a home, before T16 */                         \
	X(READING)          /* a reader holds a ctrl, before it looks at slots */        \
	X(READING_VALUE)    /* a reader found its q, before it loads v */                \
	X(PARKING)          /* a snapshot was open, before what it may show is parked */ \
	X(CLOSING)          /* a snapshot is unlisted, before what it kept is retired */ \
	X(SCANNING)         /* a scan took a slot's entry, before it looks at the next */\
	X(CLEARED)          /* the root is an empty table, not yet counted for */

enum step {
#define STEP_ENUMERATOR(name) STEP_##name,
	STEP_LIST(STEP_ENUMERATOR)
#undef STEP_ENUMERATOR
	STEP_COUNT
};

#if defined(INSTAR_STEPS)

/* Called at each step by the thread that takes it; NULL: nothing.  Set it while no call is running. */
extern void (*instar_step_hook)(unsigned step);
const char *step_name(unsigned step);

#define STEP(name)                                                \
	do {                                                      \
		void (*step_hook)(unsigned) = load_relaxed(&instar_step_hook); \
		if (step_hook)                                    \
			step_hook(STEP_##name);                   \
	} while (0)
#else
#define STEP(name) ((void)0)
#endif

#endif
