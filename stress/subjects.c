/* stress/subjects.c - names to maps. */
#include "stress/subjects.h"

#include <string.h>

extern const struct subject subject_instar, subject_mutex, subject_mutex64, subject_raw;
extern const struct subject subject_cds_lfht, subject_cds_lfht_qsbr, subject_ck_ht;

static const struct subject *const baselines[] = {
	&subject_mutex,
	&subject_mutex64,
#ifdef HAVE_CDS
	&subject_cds_lfht,
	&subject_cds_lfht_qsbr,
#endif
#ifdef HAVE_CK
	&subject_ck_ht,
#endif
	&subject_raw,
};

size_t baselines_list(const struct subject *const **list)
{
	*list = baselines;
	return sizeof(baselines) / sizeof(baselines[0]);
}

const struct instar_scheme_info *scheme_find(const char *name, size_t length)
{
	const struct instar_scheme_info *list;
	size_t count = instar_schemes(&list);

	for (size_t i = 0; i < count; i++)
		if (list[i].available && strlen(list[i].name) == length && memcmp(list[i].name, name, length) == 0)
			return &list[i];
	return NULL;
}

static const struct subject *find_instar(const char *scheme, struct map_options *options)
{
	size_t length = strcspn(scheme, "/");
	const struct instar_scheme_info *info = scheme_find(scheme, length);

	options->filter = strcmp(scheme + length, "/filter") == 0;
	options->reuse = strcmp(scheme + length, "/no-reuse") != 0;
	if (!info || (scheme[length] && !options->filter && options->reuse))
		return NULL;
	options->scheme = info->name;
	return &subject_instar;
}

const struct subject *subject_find(const char *name, struct map_options *options)
{
	if (strncmp(name, "instar/", 7) == 0)
		return find_instar(name + 7, options);
	options->scheme = NULL;
	options->reuse = true;
	options->filter = false;
	for (size_t i = 0; i < sizeof(baselines) / sizeof(baselines[0]); i++)
		if (strcmp(baselines[i]->name, name) == 0)
			return baselines[i];
	return NULL;
}

bool subject_takes(const struct map_options *options, unsigned threads)
{
	const struct instar_scheme_info *info = options->scheme ? scheme_find(options->scheme, strlen(options->scheme)) : NULL;

	return !info || !info->max_threads || threads <= info->max_threads;
}

bool subject_serves(const char *name, const struct workload *workload)
{
	struct map_options options;
	const struct subject *subject = subject_find(name, &options);

	return !subject || subject->kind != SUBJECT_BOUND ||
	       (workload->loop != LOOP_MISS && workload->loop != LOOP_BOXED && workload->loop != LOOP_INSERT_SAMPLED &&
		(workload->sized || workload->loop == LOOP_INSERT_TIMED));
}
