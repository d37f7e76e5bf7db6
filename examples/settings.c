/*
 * settings.c - a configuration that is read all the time and replaced as a whole now and then, RCU style.
 *
 * The map is boxed: service number -> a struct settings that never changes once it is published.  A reader takes a
 * reference inside a section and uses it without copying; the map frees the replaced ones when no reader can hold them.
 */
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>

#include <instar/instar.h>

enum { SERVICES = 8, READERS = 3, VERSIONS = 2000 };

struct settings {
	unsigned version, timeout, retries; /* timeout and retries follow from the version: torn ones would show */
};

static instar_domain *domain;
static instar_map *all_settings;
static bool stopping;    /* atomic */
static size_t alive;     /* atomic: how many are allocated */
static size_t torn;      /* atomic */

static void free_settings(void *settings, void *ctx)
{
	(void)ctx;
	__atomic_fetch_sub(&alive, 1, __ATOMIC_RELAXED);
	free(settings);
}

static enum instar_status publish(uint64_t service, unsigned version)
{
	struct settings *s = malloc(sizeof *s);
	enum instar_status status;

	if (!s)
		return INSTAR_NOMEM;
	*s = (struct settings){ version, version * 10, version % 7 };
	__atomic_fetch_add(&alive, 1, __ATOMIC_RELAXED);
	status = instar_put(all_settings, NULL, service, (uint64_t)(uintptr_t)s, NULL);
	if (status != INSTAR_OK && status != INSTAR_EXISTS)
		free_settings(s, NULL); /* it is still ours */
	return status;
}

/* Reads the settings of one service as often as it can; versions only go up. */
static void *read_settings(void *arg)
{
	uint64_t service = (uint64_t)(uintptr_t)arg % SERVICES;
	instar_thread *thread;
	unsigned last = 0;

	if (instar_thread_attach(domain, &thread) != INSTAR_OK)
		return (void *)"no handle";
	while (!__atomic_load_n(&stopping, __ATOMIC_ACQUIRE)) {
		void *object;

		instar_enter(thread);
		if (instar_get_ref(all_settings, thread, service, &object) == INSTAR_OK) {
			const struct settings *s = object; /* until instar_leave */

			if (s->version < last || s->timeout != s->version * 10 || s->retries != s->version % 7)
				__atomic_fetch_add(&torn, 1, __ATOMIC_RELAXED);
			last = s->version;
		}
		instar_leave(thread);
	}
	instar_thread_detach(thread);
	return NULL;
}

static bool publish_all(void)
{
	for (unsigned version = 1; version <= VERSIONS; version++)
		for (uint64_t service = 0; service < SERVICES; service++) {
			enum instar_status status = publish(service, version);

			if (status != INSTAR_OK && status != INSTAR_EXISTS)
				return false;
		}
	return true;
}

int main(void)
{
	struct instar_map_opts opts = INSTAR_MAP_OPTS_INIT;
	pthread_t readers[READERS];
	instar_thread *thread;
	bool fine;

	opts.value_free = free_settings;
	if (instar_domain_create(&domain, NULL, NULL) || instar_map_create(&all_settings, domain, &opts) ||
	    instar_thread_self(domain, &thread))
		return 1;
	for (uintptr_t i = 0; i < READERS; i++)
		if (pthread_create(&readers[i], NULL, read_settings, (void *)i))
			return 1;
	fine = publish_all();
	__atomic_store_n(&stopping, true, __ATOMIC_RELEASE);
	for (unsigned i = 0; i < READERS; i++)
		pthread_join(readers[i], NULL);
	instar_barrier(thread);
	printf("%u versions of %u services published, %zu torn or old ones read, %zu still allocated\n", VERSIONS,
	       SERVICES, torn, alive);
	fine = fine && !torn && alive == SERVICES;
	fine = instar_map_destroy(all_settings) == INSTAR_OK && instar_domain_destroy(domain) == INSTAR_OK && fine;
	return !fine || alive;
}
