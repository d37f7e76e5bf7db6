/*
 * reclaim/contract.h - what a reclamation scheme provides and what the map may ask of it.
 *
 * A scheme is one file, reclaim/NAME.h, and one line in reclaim/schemes.def.  The file is compiled
 *   - into the map's engine (src/engine.c, once per scheme and instruction set), which sees only the
 *     inline half below;
 *   - by itself (reclaim/scheme.c, with RECLAIM_SCHEME_BODY defined), which emits its function table.
 *
 * Inline half, in terms of an attached thread handle `t` (all static inline):
 *
 *   enum { SCHEME_HAS_GRACE, SCHEME_PROTECTS_ALL,          0 or 1 each
 *          SCHEME_NESTS };                                 it counts nested sections by itself
 *   void scheme_enter(instar_thread *t);                   the outermost enter, t->nest counted or brief;
 *   void scheme_leave(instar_thread *t);                   the outermost leave, t->nest already 0;
 *                                                          if SCHEME_NESTS, each enter and leave
 *   bool scheme_inside(const instar_thread *t);            the scheme sees t in a section already; one that
 *                                                          cannot tell: t->nest != 0
 *   uint64_t scheme_grace_now(instar_thread *t);           inside a section: a stamp, >= 2; or
 *                                                          RECLAIM_NEVER
 *   bool scheme_grace_elapsed(instar_thread *t, uint64_t stamp);
 *   uintptr_t scheme_protect(instar_thread *t, unsigned slot, const uintptr_t *source);
 *                                                          loads *source (seq_cst) so that the object
 *                                                          stays for the section, or until the slot's
 *                                                          next use; a plain load where a section
 *                                                          protects all
 *
 * One in which a thread may be inside without a section defines scheme_allows_brief as a macro: false where the
 * leave of a brief section would end what the thread is inside of.
 *
 * A scheme of references (SCHEME_PROTECTS_ALL 0, SCHEME_TAKES_REFERENCES defined) has besides:
 *
 *   bool scheme_allows_brief(const instar_thread *t);      a brief section: only what it reads by
 *   void scheme_enter_brief(instar_thread *t);             scheme_protect(t, 0, ...) stays until its end
 *   void scheme_leave_brief(instar_thread *t);
 *   bool scheme_take_reference(instar_thread *t,           to something found in an open section of scheme_enter's:
 *                              uintptr_t object);          it stays until the user's outermost leave; false: no room
 *
 * Its scheme_enter and scheme_leave are those of the map's sections, which protect all, and are told every time.
 *
 * grace_elapsed(grace_now()) true implies: every section that began before *the caller's current
 * outermost section ends* has ended, and its exit happens-before the answer.  The weaker promise
 * "sections open now" loses live keys (DESIGN.md, Grace).  Stamps of a domain never decrease.
 *
 * Sections are opened and closed by section_enter and section_leave (reclaim/section.h, which is
 * included after the scheme's file): they count the nesting and know the shared handle.
 */
#ifndef RECLAIM_CONTRACT_H
#define RECLAIM_CONTRACT_H

#include <pthread.h>

#include <instar/reclaim.h>

#include "reclaim/port.h"

#define RECLAIM_NEVER UINT64_MAX /* a stamp that never elapses */

enum reclaim_class { RECLAIM_ENTRY, RECLAIM_TABLE, RECLAIM_CLASSES };

struct reclaim_scheme; /* the function table, below */

/* What a scheme's advance counts, for the statistics; by fetch_add_relaxed. */
struct reclaim_counters {
	uint64_t grace_periods;    /* elapsed */
	uint64_t advances_tried;
	uint64_t advances_blocked; /* by an open section */
	uint64_t barriers;         /* asymmetric barriers issued */
};

/* The head of every scheme's domain; the scheme's own fields follow in its struct. */
struct instar_domain {
	const struct reclaim_scheme *scheme;
	struct instar_domain_opts opts;
	struct instar_allocator memory;
	instar_thread *threads;       /* every handle ever made, never shortened: push only */
	instar_thread *shared;        /* the handle for callers that could not attach; not in `threads` */
	struct background *background; /* the worker; NULL: none (reclaim/background.c) */
	uint64_t maps;                /* attached maps: destroy refuses */
	struct reclaim_map *first_map; /* of them, under maps_lock */
	pthread_mutex_t maps_lock;    /* held over a fork, which so falls in no step of the worker's that takes it */
	uint64_t shared_readers;      /* sections open through `shared`: they hold back all reclamation */
	unsigned next_index;          /* of the next new handle */
	instar_domain *next;          /* in the list of all domains (reclaim/fork.c) */
	CACHE_ALIGNED struct reclaim_counters counters;
	uint64_t peak_objects, peak_bytes; /* sampled (reclaim/stats.c) */
};

/* For whom a handle is: the next thread that attaches; a thread; who gives back what it took in excess (thread.c). */
enum handle_state { HANDLE_FREE, HANDLE_ATTACHED, HANDLE_TIDIED };

/* The head of every scheme's thread handle.  Written by its thread alone, but for `state`. */
struct instar_thread {
	instar_domain *domain;
	instar_thread *next;          /* in domain->threads */
	instar_domain *own_domain;    /* `domain`, but NULL in the shared handle: nobody's own */
	unsigned nest;                /* open sections */
	unsigned index;               /* dense, unique in the domain among attached handles; 0 is `shared` */
	bool is_shared;
	bool interrupted;             /* by a signal handler's section: reclaim/section.h */
	bool owes_work;               /* a call in a user's section made or left garbage: instar_leave calls reclaim_work */
	bool stalled;                 /* no grace period elapses, for much longer than they take: see reclaim_stalled */
	unsigned work;                /* retirements and burials; reclaim_work lowers it: see reclaim_worked */
	unsigned state;               /* enum handle_state */
	struct thread_private *own;   /* reclaim/private.h: limbo list, counters, flags */
};

/* The handles that there are, for a scan.
 * ORD:handle-list — RMW; pairs with ORD:handle-push (thread.c); carries what the scan knows to handles pushed later */
static inline instar_thread *domain_handles(instar_domain *domain)
{
	instar_thread *t = load_acquire(&domain->threads);

	while (!cas_seq_cst(&domain->threads, &t, t))
		;
	return t;
}

enum { RECLAIM_WORK_STEP = 64 };      /* retirements and burials that make a call of reclaim_work due */

struct reclaim_scheme {
	struct instar_scheme_info info;
	size_t domain_size, thread_size;
	const char *stand_in;                            /* the scheme that serves where domain_init answers UNSUPPORTED */
	enum instar_status (*domain_init)(instar_domain *domain);
	void (*domain_fini)(instar_domain *domain);      /* no thread is attached; garbage was freed */
	enum instar_status (*thread_init)(instar_thread *thread); /* attach: on the attaching thread */
	void (*thread_fini)(instar_thread *thread);      /* detach: on the leaving thread */
	void (*thread_lost)(instar_thread *thread);      /* in a child process: this other thread does not exist */
	void (*enter)(instar_thread *thread);            /* the user's sections */
	void (*leave)(instar_thread *thread);
	void (*enter_all)(instar_thread *thread);        /* section_enter, section_leave over this scheme: they protect */
	void (*leave_all)(instar_thread *thread);        /* all; but for schemes of references the same as above */
	enum instar_status (*refer)(instar_thread *thread, const uintptr_t *source, uintptr_t *object);
							 /* schemes of references: instar_protect */
	void (*offline)(instar_thread *thread);          /* NULL where nothing needs them */
	void (*online)(instar_thread *thread);
	void (*quiescent)(instar_thread *thread);
	bool (*is_online)(instar_thread *thread);        /* process-wide ones: the calling thread, by whatever handle or
							    without us; NULL: never */
	uint64_t (*grace_now)(instar_thread *thread);    /* inside a section; of retirements, also where the map has none */
	bool (*grace_elapsed)(instar_thread *thread, uint64_t stamp);
	bool (*holds)(instar_thread *thread, const void *object, uint64_t birth, uint64_t stamp);
							 /* NULL: no; asked after grace_elapsed: a reference */
	uint64_t (*birth)(const instar_domain *domain);  /* the birth era of an object made now; NULL: 0 */
	bool (*advance)(instar_thread *thread);          /* one bounded, non-blocking attempt towards the next grace
							    period, outside every section; true: progress */
	bool (*wait)(instar_thread *thread);             /* the same, but it may block, for calls that wait for
							    grace periods; NULL: advance and a pause */
};

/* ---- what the map calls ---- */

/* The caller's handle in `domain`, made on first use; the shared handle if attaching failed.  Never NULL. */
instar_thread *reclaim_self_slow(instar_domain *domain);

/* The handle that reclaim_self_slow answered last: the fast path of NULL thread arguments. */
struct reclaim_tls {
	instar_domain *domain;
	instar_thread *thread;
};
extern __thread struct reclaim_tls reclaim_tls __attribute__((visibility("hidden"), tls_model("initial-exec")));

static inline instar_thread *reclaim_self(instar_domain *domain)
{
	if (likely(reclaim_tls.domain == domain))
		return reclaim_tls.thread;
	return reclaim_self_slow(domain);
}

/* For a call that is given no handle and leaves none: the caller's, *made for this call if it had none; the shared one
 * if attaching failed.  Given back, it stays if a destructor or callback has asked for it meanwhile. */
instar_thread *reclaim_borrow(instar_domain *domain, bool *made);
void reclaim_give_back(instar_thread *t, bool made);

/* Waits until all sections that are open now have ended.  false, at once: they may be the caller's own, or the scheme
 * cannot tell. */
bool reclaim_outlast_sections(instar_thread *t);

/* Destroys what t has retired as far as it elapses without waiting; nothing in a section, destructor or callback. */
void reclaim_free_own(instar_thread *t);

/* A section through the shared handle: many threads at once, so nothing of the handle is written. */
void reclaim_shared_enter(instar_domain *domain);
void reclaim_shared_leave(instar_domain *domain);

/* The calling thread has a section open through t, which is its own handle or the shared one. */
bool reclaim_in_section(const instar_thread *t);

/* A section as the user's, but one that protects all under every scheme. */
void reclaim_enter_all(instar_thread *t);
void reclaim_leave_all(instar_thread *t);

/* Makes sure that the next `records` (at most 64) retirements of t cannot fail.  false: no memory, nothing
 * changed.  Call before the linearization point that makes them necessary.  Always false on the shared handle. */
bool reclaim_reserve(instar_thread *t, unsigned records);

/* The era in which an object is born that is made by and by, and published after it.  0: it was born before all. */
static inline uint64_t reclaim_birth(const instar_domain *domain)
{
	return domain->scheme->birth ? domain->scheme->birth(domain) : 0;
}

/* The birth era of an object that `destroy` is to destroy: of boxes (reclaim/box.c) it is known; else 0. */
uint64_t reclaim_birth_of(const instar_domain *domain, const void *object, void (*destroy)(void *ptr, void *ctx));

/* Retires into a reserved record; inside the section in which ptr was made unreachable, or after it. */
void reclaim_retire_reserved(instar_thread *t, void *ptr, uint64_t birth, size_t bytes, enum reclaim_class class,
			     void (*destroy)(void *ptr, void *ctx), void *ctx);

/* Bounded care for t's garbage and the domain's progress: frees a few elapsed objects, tries to
 * advance.  Does nothing inside a section. */
void reclaim_work(instar_thread *t);

/* n burials were made whose stamps should elapse.  (A retirement counts itself.) */
static inline void reclaim_worked(instar_thread *t, unsigned n)
{
	if (unlikely(t->is_shared))
		return;
	t->work += n;
	if (unlikely(t->nest > 1))
		t->owes_work = true;
}

/* Looks again whether t is stalled, for a call that would bury but for that: its demand for a grace period counts. */
bool reclaim_still_stalled(instar_thread *t);

/* Does what waits for a grace period wait in vain, because a reader sleeps? */
static inline bool reclaim_stalled(instar_thread *t)
{
	return unlikely(t->stalled) && reclaim_still_stalled(t);
}

static inline bool reclaim_owes_work(const instar_thread *t)
{
	return t->work >= RECLAIM_WORK_STEP;
}

/* To be called by the map after the outermost leave of a call that wrote. */
static inline void reclaim_after_write(instar_thread *t)
{
	if (unlikely(reclaim_owes_work(t)))
		reclaim_work(t);
}

enum fork_side { FORK_PREPARE, FORK_PARENT, FORK_CHILD };

/* What a map attaches to its domain. */
struct reclaim_map {
	/* A bounded part of the migration under way, by the worker.  true: more waits. */
	bool (*help)(struct reclaim_map *map, instar_thread *t, size_t homes);
	/* With INSTAR_DOMAIN_ATFORK: to lock what a child would find locked, and to unlock it, in the child made good. */
	void (*fork)(struct reclaim_map *map, enum fork_side side);
	struct reclaim_map *next, **link; /* in the domain's list */
};

/* Attachment of a map, counted: its domain cannot be destroyed before it.  From attaching to detaching the worker may
 * help it; detaching waits for that. */
void reclaim_map_attach(instar_domain *domain, struct reclaim_map *map);
void reclaim_map_detach(instar_domain *domain, struct reclaim_map *map);

/* Between them the worker helps no map. */
void reclaim_hold_worker(instar_domain *domain);
void reclaim_let_worker(instar_domain *domain);

/* The map is gone, too: the domain may go. */
void reclaim_map_gone(instar_domain *domain);

/* A map of the domain has begun a migration; the worker is told. */
void reclaim_migration_begins(instar_domain *domain);

/* Memory from the domain's allocator.  NULL: none. */
#define RECLAIM_HUGE_PAGE ((size_t)2 << 20) /* as alignment of pages: huge ones are welcome */
void *reclaim_map_pages(instar_domain *domain, size_t size, size_t alignment);   /* zeroed */
void reclaim_unmap_pages(instar_domain *domain, void *memory, size_t size, size_t alignment);

/* Gives back the memory behind some of the pages before they are unmapped; what they held is lost.
 * false: the user's allocator takes pages back as a whole only. */
bool reclaim_drop_pages(instar_domain *domain, void *memory, size_t size);
void *reclaim_alloc(instar_domain *domain, size_t size, size_t alignment);       /* zeroed, too */
void reclaim_free(instar_domain *domain, void *memory, size_t size, size_t alignment);

/* True inside a destructor or callback run by the library on this thread: synchronize and the like
 * answer MISUSE there. */
bool reclaim_in_callback(void);
void reclaim_callback_begin(void);
void reclaim_callback_end(void);

/* Said by the destructor of a table: this was a bounded part of its work, and it wants to be called again. */
void reclaim_destroy_again(void);

/* A caller's struct of options, which begins with its size: what it does not have is zero, what we do not know, and the
 * words from `reserved` on, must be.  false: it is too small, or they are not. */
bool reclaim_read_options(void *to, size_t size, size_t reserved, const void *given);

/* The function table of a scheme by name; NULL: unknown or not built in (*known tells which). */
const struct reclaim_scheme *reclaim_find(const char *name, bool *known);

/* instar_domain_create for a scheme given by its function table, which need not be in the list. */
enum instar_status reclaim_domain_create(instar_domain **out, const struct reclaim_scheme *scheme,
					 const struct instar_domain_opts *opts);

#endif
