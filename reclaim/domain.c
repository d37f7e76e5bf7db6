/*
 * reclaim/domain.c - domains: making, unmaking, the default one; the public calls for sections.
 */
#include "reclaim/private.h"

static instar_domain *default_domain;

/* ---- options ---- */

static bool read_options(struct instar_domain_opts *opts, const struct instar_domain_opts *given)
{
	const unsigned known = INSTAR_DOMAIN_NO_IPI | INSTAR_DOMAIN_BACKGROUND | INSTAR_DOMAIN_ATFORK;

	return reclaim_read_options(opts, sizeof(*opts), offsetof(struct instar_domain_opts, reserved), given) &&
	       !(opts->flags & ~known) && opts->signal >= 0;
}

/* ---- create and destroy ---- */

static size_t domain_alignment(void)
{
	return 2 * CACHE_LINE;
}

static void free_domain(instar_domain *domain)
{
	instar_domain head = *domain;
	instar_thread *t, *next;

	if (domain->scheme->domain_fini)
		domain->scheme->domain_fini(domain);
	for (t = domain->threads; t; t = next) {
		next = t->next;
		thread_free(t);
	}
	thread_free(domain->shared);
	pthread_mutex_destroy(&domain->maps_lock);
	reclaim_free(&head, domain, head.scheme->domain_size, domain_alignment());
}

enum instar_status reclaim_domain_create(instar_domain **out, const struct reclaim_scheme *scheme,
					 const struct instar_domain_opts *given)
{
	struct instar_domain_opts opts = INSTAR_DOMAIN_OPTS_INIT;
	instar_domain head = { .scheme = scheme }, *domain;
	enum instar_status status = INSTAR_NOMEM;

	*out = NULL;
	if ((given && !read_options(&opts, given)) || !memory_init(&head.memory, opts.allocator))
		return INSTAR_INVAL;
	if ((opts.flags & INSTAR_DOMAIN_ATFORK) && !scheme->thread_lost)
		return INSTAR_UNSUPPORTED;
	head.opts = opts;
	domain = reclaim_alloc(&head, scheme->domain_size, domain_alignment());
	if (!domain)
		return INSTAR_NOMEM;
	*domain = head;
	domain->shared = thread_new(domain);
	if (domain->shared) {
		domain->shared->is_shared = true;
		domain->shared->own_domain = NULL;
		status = scheme->domain_init ? scheme->domain_init(domain) : INSTAR_OK;
	}
	if (status != INSTAR_OK) {
		if (domain->shared)
			thread_free(domain->shared);
		reclaim_free(&head, domain, scheme->domain_size, domain_alignment());
		return status;
	}
	pthread_mutex_init(&domain->maps_lock, NULL);
	if (opts.flags & INSTAR_DOMAIN_BACKGROUND)
		status = background_start(domain);
	if (status != INSTAR_OK) {
		free_domain(domain);
		return status;
	}
	if (!domains_add(domain)) {
		background_stop(domain);
		free_domain(domain);
		return INSTAR_NOMEM;
	}
	*out = domain;
	return INSTAR_OK;
}

enum instar_status instar_domain_create(instar_domain **out, const char *scheme, const struct instar_domain_opts *opts)
{
	const struct reclaim_scheme *table;
	enum instar_status status;
	bool known;

	if (!out)
		return INSTAR_INVAL;
	*out = NULL;
	table = reclaim_find(scheme ? scheme : "ebr", &known);
	if (!table)
		return known ? INSTAR_UNSUPPORTED : INSTAR_INVAL;
	status = reclaim_domain_create(out, table, opts);
	table = status == INSTAR_UNSUPPORTED && table->stand_in ? reclaim_find(table->stand_in, &known) : NULL;
	return table ? reclaim_domain_create(out, table, opts) : status;
}

static bool in_use(instar_domain *domain)
{
	const instar_thread *t;

	/* ORD:handle-release's other side: what the threads did before they left */
	for (t = load_acquire(&domain->threads); t; t = t->next)
		if (load_acquire(&t->state) == HANDLE_ATTACHED && t != background_handle(domain))
			return true;
	return load_acquire(&domain->maps) || load_acquire(&domain->shared_readers);
}

/* Nobody is attached, so everything may go.  Destructors may attach and retire: again until nothing is left. */
static void destroy_garbage(instar_domain *domain)
{
	const struct limbo_record *record;
	instar_thread *t = domain->threads;

	thread_watch_exit(); /* it may end in a destructor, and another go on */
	while (t) {
		struct limbo *limbo = &t->own->limbo;

		if (!limbo_pending(limbo) || !begin_freeing(domain->shared, limbo)) {
			t = t->next;
			continue;
		}
		while ((record = limbo_first(limbo)))
			destroy_first(record);
		end_freeing();
		t = domain->threads;
	}
}

/* Nobody else uses it. */
static void destroy_unused(instar_domain *domain)
{
	instar_thread *t;

	background_stop(domain);
	domains_remove(domain); /* a child leaves alone what may be half destroyed */
	destroy_garbage(domain);
	t = thread_mine(domain);
	if (t)
		thread_release(t);
	free_domain(domain);
}

enum instar_status instar_domain_destroy(instar_domain *domain)
{
	instar_thread *t;

	if (!domain)
		return INSTAR_OK;
	if (thread_in_section() || this_thread.callbacks || domain == load_acquire(&default_domain))
		return INSTAR_MISUSE;
	t = thread_mine(domain);
	if (t && !t->own->attaches)
		thread_release(t);
	if (in_use(domain))
		return INSTAR_BUSY;
	destroy_unused(domain);
	return INSTAR_OK;
}

instar_domain *instar_domain_default(void)
{
	instar_domain *domain = load_acquire(&default_domain), *was = NULL;

	if (likely(domain != NULL))
		return domain;
	if (instar_domain_create(&domain, NULL, NULL) != INSTAR_OK)
		return NULL;
	if (cas_acq_rel(&default_domain, &was, domain))
		return domain;
	destroy_unused(domain); /* the caller may be in a section or a callback */
	return was;
}

/* ---- maps ---- */

void reclaim_map_attach(instar_domain *domain, struct reclaim_map *map)
{
	fetch_add_seq_cst(&domain->maps, 1);
	pthread_mutex_lock(&domain->maps_lock);
	map->next = domain->first_map;
	map->link = &domain->first_map;
	if (map->next)
		map->next->link = &map->next;
	domain->first_map = map;
	pthread_mutex_unlock(&domain->maps_lock);
}

void reclaim_map_detach(instar_domain *domain, struct reclaim_map *map)
{
	pthread_mutex_lock(&domain->maps_lock);
	*map->link = map->next;
	if (map->next)
		map->next->link = map->link;
	pthread_mutex_unlock(&domain->maps_lock);
}

void reclaim_hold_worker(instar_domain *domain)
{
	pthread_mutex_lock(&domain->maps_lock);
}

void reclaim_let_worker(instar_domain *domain)
{
	pthread_mutex_unlock(&domain->maps_lock);
}

void reclaim_map_gone(instar_domain *domain)
{
	fetch_sub_seq_cst(&domain->maps, 1);
}

/* ---- sections ---- */

void instar_enter(instar_thread *thread)
{
	instar_thread *t = thread_or_self(thread);

	if (likely(t != NULL))
		t->domain->scheme->enter(t);
}

bool reclaim_in_section(const instar_thread *t)
{
	return t->is_shared ? this_thread.shared_sections : t->nest;
}

/* owes_work is taken before the section ends: a signal handler's section in between must not find it. */
static void leave_section(instar_thread *t, void (*leave)(instar_thread *t))
{
	bool owes = t->nest == 1 && t->owes_work;

	if (unlikely(owes))
		t->owes_work = false;
	leave(t);
	if (unlikely(owes))
		reclaim_after_write(t);
}

void instar_leave(instar_thread *thread)
{
	instar_thread *t = thread_or_self(thread);

	if (likely(t && reclaim_in_section(t)))
		leave_section(t, t->domain->scheme->leave);
}

void reclaim_enter_all(instar_thread *t)
{
	t->domain->scheme->enter_all(t);
}

void reclaim_leave_all(instar_thread *t)
{
	leave_section(t, t->domain->scheme->leave_all);
}

enum instar_status instar_protect(instar_thread *thread, void *const *source, void **object)
{
	instar_thread *t = thread_or_self(thread);
	enum instar_status status = INSTAR_OK;
	uintptr_t found;

	if (!source || !object)
		return INSTAR_INVAL;
	if (!t || !reclaim_in_section(t))
		return INSTAR_MISUSE;
	if (!t->domain->scheme->refer)
		found = load_seq_cst((const uintptr_t *)source);
	else
		status = t->domain->scheme->refer(t, (const uintptr_t *)source, &found);
	if (status == INSTAR_OK)
		*object = (void *)found;
	return status;
}

static bool may_change_state(const instar_thread *t)
{
	return t && !t->is_shared && !t->nest && !this_thread.callbacks && t->domain->scheme->quiescent;
}

void instar_thread_offline(instar_thread *thread)
{
	instar_thread *t = thread_or_self(thread);

	if (may_change_state(t) && t->own->online)
		thread_go_offline(t);
}

void instar_thread_online(instar_thread *thread)
{
	instar_thread *t = thread_or_self(thread);

	if (may_change_state(t))
		thread_go_online(t);
}

void thread_go_online(instar_thread *t)
{
	if (!t->domain->scheme->quiescent || t->own->online)
		return;
	t->own->online = true;
	t->domain->scheme->online(t);
}

void thread_go_offline(instar_thread *t)
{
	t->own->online = false;
	t->domain->scheme->offline(t);
}

void instar_thread_quiescent(instar_thread *thread)
{
	instar_thread *t = thread_or_self(thread);

	if (may_change_state(t) && t->own->online)
		t->domain->scheme->quiescent(t);
}
