/* stress/scheme_names.c */
#include <string.h>

#include "stress/arguments.h"
#include "stress/scheme_names.h"

struct taking {
	struct scheme_names *names;
	const struct argp_state *state;
};

static void take(const char *name, void *context)
{
	const struct taking *taking = context;
	struct scheme_names *names = taking->names;
	const struct instar_scheme_info *list;
	size_t n = instar_schemes(&list), found = 0;

	for (size_t i = 0; i < n; i++) {
		if (!list[i].available || (strcmp(name, "all") != 0 && strcmp(name, list[i].name) != 0))
			continue;
		if (names->count == SCHEME_NAMES)
			arguments_wrong(taking->state, "more than %d schemes", SCHEME_NAMES);
		names->schemes[names->count++] = &list[i];
		found++;
	}
	if (!found)
		arguments_wrong(taking->state, "no such scheme in this build: %s", name);
}

void scheme_names_add(struct scheme_names *names, const struct argp_state *state, const char *text)
{
	arguments_names(text, take, &(struct taking){ names, state });
}
