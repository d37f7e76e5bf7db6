/*
 * src/step.c - the hook of src/step.h, in test builds.
 */
#include "src/step.h"

#if defined(INSTAR_STEPS)

#include <stddef.h>

void (*instar_step_hook)(unsigned step);

const char *step_name(unsigned step)
{
	static const char *const names[] = {
#define STEP_NAME(name) #name,
		STEP_LIST(STEP_NAME)
#undef STEP_NAME
	};
	return step < STEP_COUNT ? names[step] : "?";
}

#else
typedef int step_is_empty_here; /* a translation unit is not */
#endif
