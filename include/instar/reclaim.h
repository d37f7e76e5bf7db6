/*
 * instar/reclaim.h - domains, threads, sections: when memory may be freed.
 *
 * A *domain* is one instance of one reclamation scheme.  Threads attach to it;
 * what they read inside a *section* (enter ... leave) stays allocated until the
 * section ends, and what they *retire* is destroyed once every section that
 * could still reach it has ended.
 *
 * A thread argument of NULL means the caller's own handle in the default
 * domain, made on first use (instar_thread_self).
 */
#ifndef INSTAR_RECLAIM_H
#define INSTAR_RECLAIM_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include <instar/status.h>

#ifdef __cplusplus
extern "C" {
#endif

typedef struct instar_domain instar_domain;
typedef struct instar_thread instar_thread;

/* What a stalled reader may be without garbage beyond what the scheme's bound is of growing. */
enum instar_robust {
	INSTAR_ROBUST_PREEMPTED = 1, /* not running, inside a section */
	INSTAR_ROBUST_PARKED = 2,    /* asleep for ever inside a section */
	INSTAR_ROBUST_STOPPED = 4    /* stopped by SIGSTOP */
};

struct instar_scheme_info {
	const char *name;     /* as given to instar_domain_create */
	const char *family;   /* none, lock, epoch, qsbr, rcu, hazard, era, reference batch */
	const char *source;   /* the paper or library it comes from */
	const char *bound;    /* of pending garbage under a stalled reader, a formula or "unbounded" */
	bool available;       /* built into this library */
	bool needs_quiescent; /* threads must announce quiescent states */
	bool has_grace;       /* tells when a grace period elapsed: tombstones are reused */
	bool has_refs;        /* keeps references one by one (hazards, eras) */
	bool section_protects_all; /* a section keeps everything reachable, not only references taken */
	bool uses_signals;
	bool process_wide;    /* all domains of this scheme share one registry */
	bool wants_births;    /* the bound is of tables and of what instar_box_alloc gave */
	unsigned robust;      /* enum instar_robust, or-ed */
	unsigned max_refs;    /* references a thread can hold in a section, if has_refs; UINT_MAX: any number */
	unsigned max_threads; /* attached to a domain at the same time, its worker included; 0: any number */
	uint64_t reserved[15];
};

/* All schemes known, available or not; *list lives as long as the process.  Wait-free. */
INSTAR_API size_t instar_schemes(const struct instar_scheme_info **list);

/* Where the library gets memory: all four; sizes in bytes, alignment a power of two.
 * map returns zeroed memory (tables); alloc need not.  They may be called from any thread, and with locks of the domain
 * held: they make no call of the library and do not fork, and what they lock around a fork (pthread_atfork) they say
 * before the first domain is made. */
struct instar_allocator {
	size_t struct_size; /* sizeof(struct instar_allocator) */
	void *(*map)(size_t size, size_t alignment, void *ctx);
	void (*unmap)(void *memory, size_t size, size_t alignment, void *ctx);
	void *(*alloc)(size_t size, size_t alignment, void *ctx);
	void (*free)(void *memory, size_t size, size_t alignment, void *ctx);
	void *ctx;
};

enum instar_domain_flags {
	INSTAR_DOMAIN_NO_IPI = 1, /* never membarrier, nor a signal: isolated cores, a sandbox to come; readers pay a
				   * fence instead, of another scheme where this one cannot (ebr-fence, hp, urcu-mb) */
	INSTAR_DOMAIN_BACKGROUND = 2, /* a worker thread; see instar_domain_create */
	INSTAR_DOMAIN_ATFORK = 4     /* for child processes that go on; see instar_domain_create */
};

/* struct_size lets programs and libraries of different versions meet: what an older program does not have is taken
 * for zero, and a newer one's options are taken if what the library does not know of them is zero; else they are INVAL, and so
 * is a reserved word that is not zero. */
struct instar_domain_opts {
	size_t struct_size;        /* sizeof(struct instar_domain_opts) */
	unsigned flags;            /* enum instar_domain_flags, or-ed */
	int signal;                /* for schemes that use one; 0: a free real-time signal; its handler stays */
	size_t max_pending_bytes;  /* above it `pressure` is called and threads reclaim harder, without waiting; 0: no limit */
	void (*pressure)(uint64_t pending_bytes, void *ctx);
	void *ctx;
	const struct instar_allocator *allocator; /* NULL: malloc and mmap; copied */
	uint64_t reserved[8];      /* zero */
};
#define INSTAR_DOMAIN_OPTS_INIT { sizeof(struct instar_domain_opts), 0, 0, 0, 0, 0, 0, { 0 } }

/*
 * A new domain.  scheme: NULL means "ebr".  opts: NULL means defaults.
 * OK; INVAL: unknown scheme or bad options; UNSUPPORTED: known, not built in, or not with
 * these flags; BUSY: the signal has another handler, or all have; NOMEM, also: no thread.
 *
 * INSTAR_DOMAIN_BACKGROUND: a thread of the domain's own, the worker, advances grace periods, destroys garbage and moves
 * the entries of growing maps; signals are blocked in it.  The threads that use the domain do not, as long as it
 * keeps up: they begin to do their share (as they do without a worker) when one of them has more than 32768 objects
 * waiting, when the domain has more than max_pending_bytes, or, of one migration, when together they have
 * written about twice for each home of the new table.  A home that is written to is moved at once in any case, and calls
 * that ask for it (poll, barrier, maintain, reserve, shrink, snapshot_open) do it themselves.  So nobody waits for the
 * worker, but: destructors may run on it (a child process that one of them forks there has only the worker, and execs
 * or exits; one that ends its thread ends the worker); map_destroy, map_create and fork wait for a short step of it,
 * domain_destroy for its end.  The bound of a scheme that has one is that plus 32768 objects a thread.  A child process
 * has no worker.
 *
 * INSTAR_DOMAIN_ATFORK: a child process may make every call at once, whatever the other threads did at the fork.
 * Without it a child may not open snapshots if one was being opened or closed, maps of which a lost thread was
 * counting or saving are BUSY for ever, and the garbage of lost threads stays allocated.  With it their garbage is
 * freed there (but in a queue of which a lost thread was freeing or, if has_refs, which it looked through in a
 * barrier), and a worker is started anew.  Fork waits for short locks then.  UNSUPPORTED over schemes that do not
 * survive a fork: rwlock and urcu-*.
 * *out is NULL on failure.  Blocking (allocates).
 */
INSTAR_API enum instar_status instar_domain_create(instar_domain **out, const char *scheme,
						   const struct instar_domain_opts *opts);

/*
 * Frees everything still pending, calling destructors, then the domain.  The caller's own
 * implicit handle is dropped first.  BUSY: threads or maps are attached, the domain is as usable as
 * before.  MISUSE: inside a section, a destructor or a callback, or it is the default domain.
 */
INSTAR_API enum instar_status instar_domain_destroy(instar_domain *domain);

/* The process-wide domain of scheme "ebr", made on first use; NULL only without memory.  Never destroyed. */
INSTAR_API instar_domain *instar_domain_default(void);

/*
 * The calling thread's handle in `domain`.  Attaching again returns the same handle, counted: it takes
 * as many detaches.  Handles are also detached at thread exit.  OK, FULL (max_threads); NOMEM,
 * also inside a section that the thread began without a handle, for want of memory: its leave must find
 * the same.  The registry grows without a fixed maximum.
 */
INSTAR_API enum instar_status instar_thread_attach(instar_domain *domain, instar_thread **out);

/* Gives the handle back; pending garbage is handed over to the domain, never lost.  OK; INVAL: NULL, as of an attach that
 * failed; MISUSE inside a section, a destructor or a callback, or when it is not the caller's or not attached, as an
 * implicit handle (instar_thread_self) is not. */
INSTAR_API enum instar_status instar_thread_detach(instar_thread *thread);

/* The caller's handle: the one that it attached, which lasts until it is detached; else one made on first use and then
 * called implicit, dropped at thread exit.  domain NULL: the default domain.  OK, and what attach answers. */
INSTAR_API enum instar_status instar_thread_self(instar_domain *domain, instar_thread **out);

/* For schemes that need quiescent states, no-ops for the others: the thread holds no reference now
 * (quiescent), holds none until online is called (offline).  Ignored inside a section, a destructor or a callback. */
INSTAR_API void instar_thread_offline(instar_thread *thread);
INSTAR_API void instar_thread_online(instar_thread *thread);
INSTAR_API void instar_thread_quiescent(instar_thread *thread);

/* A read-side section; nestable.  References stay valid until the outermost leave (schemes that need
 * quiescent states: until the next one).  Where section_protects_all is false, only those that instar_get_ref and
 * instar_protect gave are references: what other calls answer may be freed at any time.  enter and leave are
 * wait-free and async-signal-safe for an attached thread, but over rwlock. */
INSTAR_API void instar_enter(instar_thread *thread);
INSTAR_API void instar_leave(instar_thread *thread);

/* Inside a section: *object = *source, an object that somebody may take out of *source and retire meanwhile; it stays
 * until the outermost leave.  *source is loaded atomically; who stores there releases.  Lock-free, async-signal-safe.
 * OK; MISUSE outside every section; FULL: the thread holds max_refs references already. */
INSTAR_API enum instar_status instar_protect(instar_thread *thread, void *const *source, void **object);

/*
 * Calls destroy(ptr, ctx) once no section that could reach ptr is open.  The caller has made ptr
 * unreachable before.  bytes: the object's size, for the statistics and limits (0 is allowed).
 * OK; INVAL: without destroy, or of more than SIZE_MAX / 2 bytes; NOMEM: no record could be had inside a section -
 * nothing changed, ptr stays the caller's (outside every section the call reclaims synchronously instead, unless the
 * scheme has no grace periods or the caller is online under one that needs quiescent states).
 */
INSTAR_API enum instar_status instar_retire(instar_thread *thread, void *ptr, size_t bytes,
					    void (*destroy)(void *ptr, void *ctx), void *ctx);

/*
 * Memory for a boxed value, or for another object to be retired, that knows when it was born: schemes of the
 * era family and hyaline-s ask for that, and their bound is of such objects only; under the others it is as good
 * as any.  domain: in which it will be retired, and which it must not outlive; NULL: the default domain.  Zeroed,
 * aligned to 16 bytes.  destroy: called with the object when instar_box_free is; may be NULL.  NULL: no memory.
 * Source: Ramalhete, Correia, Hazard Eras, SPAA 2017.
 */
INSTAR_API void *instar_box_alloc(instar_domain *domain, size_t bytes, void (*destroy)(void *object, void *ctx));

/* Gives a box back at once; nobody else refers to it, and its domain exists.  To retire one, or for a map of them, this
 * is the destructor to name: instar_retire(thread, box, bytes, instar_box_free, ctx), or value_free; else its birth
 * is not known.  object NULL: nothing.  Progress: that of the domain's allocator. */
INSTAR_API void instar_box_free(void *object, void *ctx);

/* Frees up to `budget` objects whose time has come; returns how many.  Of a large table a part at a time, which
 * counts as one object: 0 says that nothing can be freed now; where references are kept one by one, nothing but what
 * stands behind held objects in a queue. */
INSTAR_API size_t instar_poll(instar_thread *thread, size_t budget);

/* Waits until every section open at the call has ended.  Blocking; the caller counts as quiescent.  OK; MISUSE inside
 * a section, a destructor or a callback; UNSUPPORTED: the scheme has no grace periods (has_grace); NOMEM: thread is NULL,
 * and the default domain cannot be made. */
INSTAR_API enum instar_status instar_synchronize(instar_thread *thread);

struct instar_deadline {
	uint64_t timeout_ns;         /* from the call on; 0: none */
	const volatile bool *cancel; /* read with an atomic load; NULL: none */
};

/* Waits until everything that was retired in the domain before the call, by any thread, has been
 * destroyed.  The caller counts as quiescent.  Scheme "leak": OK, nothing is freed before
 * domain_destroy.  MISUSE inside a section, a destructor or a callback; NOMEM as synchronize; TIMEOUT, CANCELLED: also
 * while there is something to destroy, a few destructors late at most. */
INSTAR_API enum instar_status instar_barrier(instar_thread *thread);
INSTAR_API enum instar_status instar_barrier_until(instar_thread *thread, const struct instar_deadline *deadline);

struct instar_reclaim_stats {
	uint64_t retired_objects, freed_objects; /* counters */
	uint64_t pending_objects, pending_bytes; /* gauges */
	uint64_t peak_pending_objects, peak_pending_bytes;
	uint64_t pending_table_objects, pending_table_bytes; /* of the above: tables of maps */
	uint64_t grace_periods;      /* elapsed */
	uint64_t advances_tried, advances_blocked;
	uint64_t barriers;           /* asymmetric barriers issued */
	uint64_t threads;            /* attached now */
	uint64_t reserved[16];
};

/* Read without stopping anyone; each figure is true of some moment of the call, but that what waits, and its peak, may be
 * shown too small by what was freed while it was read: never too large.  Peaks are of the moments looked at.  In a child
 * process garbage of its parent's other threads that stays allocated counts as freed: pending is what can be freed. */
INSTAR_API void instar_domain_stats(instar_domain *domain, struct instar_reclaim_stats *stats);

#ifdef __cplusplus
}
#endif
#endif
