/*
 * reclaim/private.h - what the files of the reclaimer share and neither schemes nor the map see.
 */
#ifndef RECLAIM_PRIVATE_H
#define RECLAIM_PRIVATE_H

#include "reclaim/contract.h"
#include "reclaim/limbo.h"

/* Counters of one handle, by class: written by its thread (of the shared handle: by fetch_add). */
struct class_counters {
	uint64_t retired_objects[RECLAIM_CLASSES], retired_bytes[RECLAIM_CLASSES];
	uint64_t freed_objects[RECLAIM_CLASSES], freed_bytes[RECLAIM_CLASSES]; /* whoever retired them */
};

/* The rest of a handle.  It stays with the handle when the thread leaves: the garbage in `limbo` waits
 * there for other threads, or for the next thread that gets the handle. */
struct thread_private {
	struct limbo limbo;
	struct class_counters counters;
	instar_thread *mine_next;     /* in this_thread.mine */
	unsigned attaches;            /* by instar_thread_attach, not yet detached */
	bool implicit;                /* made by instar_thread_self */
	bool online;                  /* schemes with quiescent states: online between sections */
	unsigned carried;             /* part of t->work that is no new work: see reclaim_work */
	unsigned since_advance;       /* new work since the last attempt to advance ... */
	unsigned since_sample;        /* ... and since the last look at what waits */
	bool pressed;                 /* that was more than max_pending_bytes */
	uint64_t grace_periods;       /* that had elapsed when it last looked ... */
	uint64_t since_grace;         /* ... and new work since another one had */
	uint64_t patience;            /* work for which it waits for the next before it calls that a stall */
	uint64_t table_end;           /* `appended` behind the last table in limbo */
	unsigned naps;                /* calls of reclaim_work to pass over while a table waits */
	instar_thread *visit;         /* whose abandoned garbage to look at next; NULL: the first handle's */
};

/* Sections through shared handles, by domain; in more domains at once than these they are not told apart. */
enum { SHARED_DOMAINS = 4 };
struct shared_sections {
	instar_domain *domain;
	unsigned open;
};

/* Of the calling thread. */
struct this_thread {
	instar_thread *mine;          /* its handles */
	unsigned callbacks;           /* depth of destructors and callbacks */
	bool destroy_again;           /* said by the destructor that just ran */
	struct limbo *frees;          /* the queue that it frees out of ... */
	instar_thread *freer;         /* ... through this handle */
	unsigned shared_sections;     /* open through shared handles, of all domains */
	struct shared_sections shared[SHARED_DOMAINS];
	struct ping *pings;           /* those of its handles that signals ask: reclaim/ping.h */
};
extern __thread struct this_thread this_thread __attribute__((visibility("hidden"), tls_model("initial-exec")));

/* thread.c */
instar_thread *thread_new(instar_domain *domain);      /* a handle, unlinked; NULL: no memory */
void thread_free(instar_thread *t);
instar_thread *thread_mine(instar_domain *domain);     /* the caller's handle, or NULL */
void thread_release(instar_thread *t);                 /* the caller's, whatever its counts */
bool thread_is_untidy(const instar_thread *t);         /* nobody has it, and its queue has chunks in excess */
void thread_tidy(instar_thread *t, size_t chunks);     /* if so: so many go back */
bool thread_watch_exit(void);                          /* the caller's exit is cared for; false: no memory or key for that */
bool thread_in_section(void);                          /* of any domain */
void thread_go_offline(instar_thread *t);              /* the caller's, which is online */
void thread_go_online(instar_thread *t);               /* the caller's; inside a section: it stays so after it */
unsigned thread_shared_sections(instar_domain *domain); /* of the caller, open through the domain's shared handle; or more */
instar_thread *thread_default(void);                   /* in the default domain; NULL: there is none */

static inline instar_thread *thread_or_self(instar_thread *t)
{
	return likely(t != NULL) ? t : thread_default();
}

/* work.c */
uint64_t grace_stamp(instar_thread *t);                /* in the open section, else in one of its own */
bool has_elapsed(instar_thread *t, struct limbo *limbo, uint64_t stamp);
size_t free_elapsed(instar_thread *t, struct limbo *limbo, size_t budget); /* objects, or one part of a table */
size_t free_anywhere(instar_thread *t, size_t budget); /* the same of all queues, t's own first */
void advance_domain(instar_thread *t);                 /* with what belongs to it */
void watch_pending(instar_thread *t);                  /* under pressure: does what it takes */
bool begin_freeing(instar_thread *t, struct limbo *limbo); /* the caller destroys out of it; false: somebody else does */
bool destroy_first(const struct limbo_record *record); /* a part of it; true: that was all, and it is dropped */
void end_freeing(void);
void cut_freeing_short(void);                          /* the calling thread ends, maybe in a destructor */
bool destroy_part(const struct limbo_record *record);  /* that is in no queue */

/* background.c */
enum instar_status background_start(instar_domain *domain); /* OK, NOMEM, UNSUPPORTED */
void background_stop(instar_domain *domain);
void background_lost(instar_domain *domain);           /* in a child process: the worker does not exist */
bool background_takes(instar_thread *t);               /* there is a worker: what t would do is left to it */
instar_thread *background_handle(const instar_domain *domain); /* the worker's; NULL: there is none */

/* stats.c */
void count_retired(instar_thread *t, const struct limbo_record *record);
void count_freed(instar_thread *t, const struct limbo_record *record);
void count_lost(instar_domain *domain);                /* in a child process: what threads that are not there had in hand */
uint64_t sample_pending(instar_domain *domain);        /* bytes, none too many; raises the peaks */

/* memory.c */
bool memory_init(struct instar_allocator *memory, const struct instar_allocator *given);

/* ping.c */
void ping_after_fork(void);                            /* in the child process */

/* fork.c */
bool domains_add(instar_domain *domain);               /* false: NOMEM */
void domains_remove(instar_domain *domain);

#endif
