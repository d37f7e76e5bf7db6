/*
 * reclaim/schemes.c - the list of schemes, made from schemes.def: the public one with every scheme
 * known, and the function tables of those built in.
 */
#include <string.h>

#include "reclaim/contract.h"

/* configure says of each scheme by SCHEME_<identifier> whether it is built in: 1 or 0. */
#define TABLE_1(id) &reclaim_scheme_##id
#define TABLE_0(id) NULL
#define PASTE(built, id) TABLE_##built(id)
#define TABLE(built, id) PASTE(built, id)

#define INSTAR_SCHEME(id, need) extern const struct reclaim_scheme reclaim_scheme_##id;
#include "reclaim/schemes.def"
#undef INSTAR_SCHEME

static const struct reclaim_scheme *const tables[] = {
#define INSTAR_SCHEME(id, need) TABLE(SCHEME_##id, id),
#include "reclaim/schemes.def"
#undef INSTAR_SCHEME
};

enum { SCHEMES = sizeof(tables) / sizeof(tables[0]), NAME_SIZE = 32 };

/* The identifiers; a public name has - for _. */
static const char ids[SCHEMES][NAME_SIZE] = {
#define INSTAR_SCHEME(id, need) #id,
#include "reclaim/schemes.def"
#undef INSTAR_SCHEME
};

static const char *const needs[SCHEMES] = {
#define INSTAR_SCHEME(id, need) #need,
#include "reclaim/schemes.def"
#undef INSTAR_SCHEME
};

static char names[SCHEMES][NAME_SIZE];
static struct instar_scheme_info infos[SCHEMES];

__attribute__((constructor)) static void make_list(void)
{
	for (size_t i = 0; i < SCHEMES; i++) {
		for (size_t c = 0; c < NAME_SIZE; c++)
			names[i][c] = ids[i][c] == '_' ? '-' : ids[i][c];
		if (tables[i])
			infos[i] = tables[i]->info;
		else
			infos[i] = (struct instar_scheme_info){ .family = "not built in", .source = needs[i], .bound = "?" };
		infos[i].name = names[i];
	}
}

size_t instar_schemes(const struct instar_scheme_info **list)
{
	if (list)
		*list = infos;
	return SCHEMES;
}

const struct reclaim_scheme *reclaim_find(const char *name, bool *known)
{
	for (size_t i = 0; i < SCHEMES; i++) {
		if (strcmp(name, names[i]))
			continue;
		*known = true;
		return tables[i];
	}
	*known = false;
	return NULL;
}
