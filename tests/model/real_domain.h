/*
 * tests/model/real_domain.h - the real reclaimer under the map: reclaim/ over the shim, for the scheme that
 * RECLAIM_SCHEME_FILE names, with what a thread has of its own changed at every switch of fibers.
 *
 * membarrier is the model's: it makes every thread's waiting stores.  So does a signal, and at once every handle that
 * could be asked by it has answered.
 */
#ifndef MODEL_REAL_DOMAIN_H
#define MODEL_REAL_DOMAIN_H

#include <sys/syscall.h>
#include <unistd.h>

#include "tests/model/memory.h"
#include "tests/model/schedule.h"

static long syscall_for_model(long number, ...);

#define syscall syscall_for_model
#include "reclaim/ping.c"
#include "reclaim/scheme.c"
#undef syscall

static const struct reclaim_scheme *const real_scheme = &TABLE;
#undef TABLE
#undef EXPAND
#undef PASTE

#include "reclaim/domain.c"
#include "reclaim/box.c"
#define MODEL_HAS_BOXES
#include "reclaim/limbo.c"
#include "reclaim/memory.c"
#include "reclaim/options.c"
#include "reclaim/stats.c"
#include "reclaim/thread.c"
#include "reclaim/wait.c"
#include "reclaim/work.c"


static struct own {
	struct this_thread mine;
	struct reclaim_tls found;
} its_own[MAX_THREADS + 1], saved_own[MAX_THREADS + 1];

static instar_domain *real_domain;

/* ---- what fork.c, schemes.c and background.c would be ---- */

bool domains_add(instar_domain *domain)
{
	(void)domain;
	return true;
}

void domains_remove(instar_domain *domain)
{
	(void)domain;
}

enum instar_status background_start(instar_domain *domain)
{
	(void)domain;
	return INSTAR_UNSUPPORTED;
}

void background_stop(instar_domain *domain)
{
	(void)domain;
}

bool background_takes(instar_thread *t)
{
	(void)t;
	return false;
}

instar_thread *background_handle(const instar_domain *domain)
{
	(void)domain;
	return NULL;
}

void reclaim_migration_begins(instar_domain *domain)
{
	(void)domain;
}

const struct reclaim_scheme *reclaim_find(const char *name, bool *known)
{
	(void)name;
	*known = false;
	return NULL;
}

/* ---- the world's side ---- */

/* In one step. */
static void answers_for_model(struct ping *p)
{
	for (; p; p = p->next) {
		model_note(p->clock, false);
		model_note(&p->answered, true);
		model_write(&p->answered, *p->clock);
		model_note(&p->pending, true);
		p->pending = 0;
	}
}

static long syscall_for_model(long number, ...)
{
	if (number == SYS_gettid)
		return 1;
	model_membarrier();
	if (number == SYS_tgkill) {
		for (unsigned i = 0; i <= MAX_THREADS; i++)
			if (i != trial.current)
				answers_for_model(its_own[i].mine.pings);
		answers_for_model(this_thread.pings);
	}
	return 0;
}

static void *model_memory(size_t size, size_t alignment, void *ctx)
{
	(void)ctx;
	return memory_alloc(size, alignment);
}

static void model_memory_back(void *memory, size_t size, size_t alignment, void *ctx)
{
	(void)alignment;
	(void)ctx;
	memory_free(memory, size);
}

static void switch_for_model(unsigned from, unsigned to)
{
	its_own[from] = (struct own){ this_thread, reclaim_tls };
	this_thread = its_own[to].mine;
	reclaim_tls = its_own[to].found;
}

static instar_domain *domain_for_model(void)
{
	static const struct instar_allocator memory = {
		sizeof memory, model_memory, model_memory_back, model_memory, model_memory_back, NULL
	};
	struct instar_domain_opts opts = INSTAR_DOMAIN_OPTS_INIT;
	opts.allocator = &memory;
	memset(its_own, 0, sizeof its_own);
	this_thread = (struct this_thread){ 0 };
	reclaim_tls = (struct reclaim_tls){ 0 };
	if (reclaim_domain_create(&real_domain, real_scheme, &opts) != INSTAR_OK)
		run_fail("no domain");
	memory_ignore(&real_domain->counters, sizeof real_domain->counters);
	memory_ignore(&real_domain->peak_objects, 2 * sizeof(uint64_t));
	return real_domain;
}

/* Between its calls it holds back nobody, whatever the scheme takes for a section. */
static instar_thread *thread_for_model(instar_domain *domain, unsigned index)
{
	instar_thread *t;
	unsigned thread = index - 1;
	switch_for_model(MAX_THREADS, thread);
	if (instar_thread_attach(domain, &t) != INSTAR_OK)
		run_fail("no handle");
	instar_thread_offline(t);
	memory_ignore(&t->own->counters, sizeof t->own->counters);
	memory_ignore(&t->own->limbo.chunks, sizeof t->own->limbo.chunks); /* too few for anybody to decide by */
	memory_prompt(&t->own->limbo.head, sizeof t->own->limbo.head);
	memory_prompt(&t->own->limbo.taken, sizeof t->own->limbo.taken);
	switch_for_model(thread, MAX_THREADS);
	return t;
}

static void save_for_model(void)
{
	memcpy(saved_own, its_own, sizeof its_own);
	saved_own[MAX_THREADS] = (struct own){ this_thread, reclaim_tls };
}

static void restore_for_model(void)
{
	memcpy(its_own, saved_own, sizeof its_own);
	this_thread = its_own[MAX_THREADS].mine;
	reclaim_tls = its_own[MAX_THREADS].found;
}

static void begin_model_thread(instar_thread *t)
{
	instar_thread_online(t);
}

static void end_model_thread(instar_thread *t)
{
	instar_thread_detach(t);
}

static void after_model_call(instar_thread *t)
{
	instar_thread_quiescent(t);
}

static void poll_for_model(instar_thread *t)
{
	instar_poll(t, 64);
}

/* No section is open: everything that was retired can be freed. */
static void free_all_for_model(instar_thread *observer)
{
	for (int i = 0; i < 8; i++)
		instar_poll(observer, SIZE_MAX);
}

#endif
