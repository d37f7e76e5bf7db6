/*
 * reclaim/thread.c - handles: attach, detach, the caller's own, thread exit.
 *
 * A domain's handles form a list that only grows at its head; a handle that a thread gave back is taken
 * by the next one that attaches, with the garbage that waits in it.  Each thread keeps a list of its own
 * handles; a pthread key releases what is left of it when the thread ends.
 */
#include <pthread.h>

#include "reclaim/private.h"

enum { HANDLE_ALIGNMENT = 2 * CACHE_LINE }; /* processors prefetch lines in pairs */

__thread struct reclaim_tls reclaim_tls;
__thread struct this_thread this_thread;

static pthread_key_t exit_key;
static bool exit_key_made;
static pthread_once_t exit_key_once = PTHREAD_ONCE_INIT;

static size_t private_offset(const instar_domain *domain)
{
	return (domain->scheme->thread_size + CACHE_LINE - 1) & ~(size_t)(CACHE_LINE - 1);
}

static size_t handle_size(const instar_domain *domain)
{
	return private_offset(domain) + sizeof(struct thread_private);
}

instar_thread *thread_new(instar_domain *domain)
{
	instar_thread *t = reclaim_alloc(domain, handle_size(domain), HANDLE_ALIGNMENT);

	if (!t)
		return NULL;
	t->domain = t->own_domain = domain;
	t->own = (struct thread_private *)((char *)t + private_offset(domain));
	return t;
}

void thread_free(instar_thread *t)
{
	limbo_free(t->domain, &t->own->limbo);
	reclaim_free(t->domain, t, handle_size(t->domain), HANDLE_ALIGNMENT);
}

/* ---- the calling thread's list ---- */

instar_thread *thread_mine(instar_domain *domain)
{
	instar_thread *t = this_thread.mine;

	while (t && t->domain != domain)
		t = t->own->mine_next;
	return t;
}

static bool is_mine(const instar_thread *thread)
{
	const instar_thread *t = this_thread.mine;

	while (t && t != thread)
		t = t->own->mine_next;
	return t;
}

bool thread_in_section(void)
{
	const instar_thread *t = this_thread.mine;

	while (t && !t->nest)
		t = t->own->mine_next;
	return t || this_thread.shared_sections;
}

static void remove_mine(instar_thread *t)
{
	instar_thread **link = &this_thread.mine;

	while (*link != t)
		link = &(*link)->own->mine_next;
	*link = t->own->mine_next;
	if (reclaim_tls.thread == t)
		reclaim_tls = (struct reclaim_tls){ 0 };
}

/* ---- thread exit ---- */

static void leave_shared(void)
{
	for (unsigned i = 0; i < SHARED_DOMAINS; i++)
		while (this_thread.shared[i].open)
			reclaim_shared_leave(this_thread.shared[i].domain);
}

/* Sections that the thread left open end here, one by one: some schemes count them. */
static void release_all(void *unused)
{
	(void)unused;
	cut_freeing_short();
	leave_shared();
	while (this_thread.mine) {
		instar_thread *t = this_thread.mine;

		while (t->nest)
			t->domain->scheme->leave(t);
		thread_release(t);
	}
}

static void make_exit_key(void)
{
	exit_key_made = pthread_key_create(&exit_key, release_all) == 0;
}

bool thread_watch_exit(void)
{
	pthread_once(&exit_key_once, make_exit_key);
	if (!exit_key_made)
		return false;
	return pthread_getspecific(exit_key) || pthread_setspecific(exit_key, &this_thread) == 0;
}

/* ---- handles ---- */

/* false: it is not free. */
static bool take_handle(instar_thread *t, enum handle_state state)
{
	unsigned was = HANDLE_FREE;

	/* ORD:handle-take — acq_rel; pairs with ORD:handle-release (thread.c); carries the producer's half of limbo */
	return load_relaxed(&t->state) == was && cas_acq_rel(&t->state, &was, state);
}

static void give_handle(instar_thread *t)
{
	/* ORD:handle-release — release; pairs with ORD:handle-take (thread.c) */
	store_release(&t->state, HANDLE_FREE);
}

static instar_thread *take_free_handle(instar_domain *domain)
{
	instar_thread *t = load_acquire(&domain->threads);

	while (t && !take_handle(t, HANDLE_ATTACHED))
		t = t->next;
	return t;
}

bool thread_is_untidy(const instar_thread *t)
{
	return load_relaxed(&t->state) == HANDLE_FREE && limbo_has_excess(&t->own->limbo) &&
	       !t->domain->scheme->info.max_threads;
}

/* Who attaches meanwhile takes another handle, or makes one: so not where there may be none. */
void thread_tidy(instar_thread *t, size_t chunks)
{
	if (!thread_is_untidy(t) || !take_handle(t, HANDLE_TIDIED))
		return;
	limbo_trim(t->domain, &t->own->limbo, chunks);
	give_handle(t);
}

/* From 1; 0: as many as the scheme serves have been made. */
static unsigned take_index(instar_domain *domain)
{
	unsigned most = domain->scheme->info.max_threads, i = load_relaxed(&domain->next_index);

	do {
		if (most && i >= most)
			return 0;
	} while (!cas_acq_rel(&domain->next_index, &i, i + 1));
	return i + 1;
}

static enum instar_status add_handle(instar_domain *domain, instar_thread **out)
{
	instar_thread *t = thread_new(domain);

	if (!t)
		return INSTAR_NOMEM;
	t->index = take_index(domain);
	if (!t->index) {
		thread_free(t);
		return INSTAR_FULL;
	}
	t->state = HANDLE_ATTACHED;
	t->next = load_relaxed(&domain->threads);
	/* ORD:handle-push — RMW; pairs with ORD:handle-list (contract.h) and every walk of the list; carries the handle,
	 * and what a scan that missed it knew */
	while (!cas_seq_cst(&domain->threads, &t->next, t))
		;
	*out = t;
	return INSTAR_OK;
}

/* A handle of the calling thread, which has none in this domain.  Inside a section of the shared handle
 * none is made: its leave must find the shared handle again. */
static enum instar_status acquire(instar_domain *domain, instar_thread **out)
{
	enum instar_status status = INSTAR_OK;
	instar_thread *t;

	if (this_thread.shared_sections || !thread_watch_exit())
		return INSTAR_NOMEM;
	t = take_free_handle(domain);
	if (!t)
		status = add_handle(domain, &t);
	if (status != INSTAR_OK)
		return status;
	if (domain->scheme->thread_init)
		status = domain->scheme->thread_init(t);
	if (status != INSTAR_OK) {
		give_handle(t);
		return status;
	}
	t->nest = 0;
	t->own->attaches = 0;
	t->own->implicit = false;
	t->own->online = false;
	t->own->mine_next = this_thread.mine;
	this_thread.mine = t;
	*out = t;
	return INSTAR_OK;
}

void thread_release(instar_thread *t)
{
	remove_mine(t);
	if (t->own->online) /* may be the thread's state, counted over its handles (urcu-qsbr) */
		thread_go_offline(t);
	if (t->domain->scheme->thread_fini)
		t->domain->scheme->thread_fini(t);
	limbo_trim(t->domain, &t->own->limbo, SIZE_MAX);
	give_handle(t);
}

enum instar_status instar_thread_attach(instar_domain *domain, instar_thread **out)
{
	enum instar_status status = INSTAR_OK;
	instar_thread *t;

	if (!out)
		return INSTAR_INVAL;
	*out = NULL;
	if (!domain)
		return INSTAR_INVAL;
	t = thread_mine(domain);
	if (!t)
		status = acquire(domain, &t);
	if (status != INSTAR_OK)
		return status;
	if (!t->own->attaches++)
		thread_go_online(t);
	*out = t;
	return INSTAR_OK;
}

enum instar_status instar_thread_detach(instar_thread *thread)
{
	if (!thread)
		return INSTAR_INVAL;
	if (!is_mine(thread) || !thread->own->attaches || thread_in_section() || reclaim_in_callback())
		return INSTAR_MISUSE;
	if (--thread->own->attaches)
		return INSTAR_OK;
	instar_thread_offline(thread);
	if (!thread->own->implicit)
		thread_release(thread);
	return INSTAR_OK;
}

static enum instar_status self(instar_domain *domain, instar_thread **out)
{
	instar_thread *t = thread_mine(domain);

	if (!t) {
		enum instar_status status = acquire(domain, &t);

		if (status != INSTAR_OK)
			return status;
	}
	if (!t->own->attaches)
		t->own->implicit = true;
	reclaim_tls.domain = domain;
	reclaim_tls.thread = t;
	*out = t;
	return INSTAR_OK;
}

enum instar_status instar_thread_self(instar_domain *domain, instar_thread **out)
{
	if (!out)
		return INSTAR_INVAL;
	*out = NULL;
	if (!domain)
		domain = instar_domain_default();
	return domain ? self(domain, out) : INSTAR_NOMEM;
}

instar_thread *thread_default(void)
{
	instar_domain *domain = instar_domain_default();

	return domain ? reclaim_self(domain) : NULL;
}

instar_thread *reclaim_self_slow(instar_domain *domain)
{
	instar_thread *t;

	return self(domain, &t) == INSTAR_OK ? t : domain->shared;
}

instar_thread *reclaim_borrow(instar_domain *domain, bool *made)
{
	instar_thread *t = thread_mine(domain);

	*made = !t && acquire(domain, &t) == INSTAR_OK;
	return t ? t : domain->shared;
}

void reclaim_give_back(instar_thread *t, bool made)
{
	if (made && !t->own->attaches && !t->own->implicit && !t->nest)
		thread_release(t);
}

/* ---- sections of callers without a handle ---- */

static struct shared_sections *shared_of(instar_domain *domain)
{
	struct shared_sections *unused = NULL;

	for (struct shared_sections *s = this_thread.shared; s < this_thread.shared + SHARED_DOMAINS; s++) {
		if (s->open && s->domain == domain)
			return s;
		if (!s->open)
			unused = s;
	}
	return unused;
}

unsigned thread_shared_sections(instar_domain *domain)
{
	unsigned n = this_thread.shared_sections;

	for (const struct shared_sections *s = this_thread.shared; s < this_thread.shared + SHARED_DOMAINS; s++)
		n -= s->domain == domain ? 0 : s->open;
	return n;
}

void reclaim_shared_enter(instar_domain *domain)
{
	struct shared_sections *s = shared_of(domain);

	if (!this_thread.shared_sections++)
		thread_watch_exit(); /* without memory for that, the section outlives a thread that does not leave it */
	if (s) {
		s->domain = domain;
		s->open++;
	}
	/* ORD:shared-enter — RMW; pairs with ORD:epoch-scan (epoch.h), ORD:counter-shared (counter.h), ORD:hazard-scan
	 * (hazard_scan.h), ORD:hyaline-s-end (hyaline_s_batch.h); store buffering, as an announcement */
	fetch_add_seq_cst(&domain->shared_readers, 1);
}

void reclaim_shared_leave(instar_domain *domain)
{
	struct shared_sections *s = shared_of(domain);

	fetch_sub_seq_cst(&domain->shared_readers, 1); /* release: carries the section's accesses */
	if (s && s->open)
		s->open--;
	this_thread.shared_sections--;
}
