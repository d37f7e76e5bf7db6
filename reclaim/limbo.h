/*
 * reclaim/limbo.h - retired objects waiting for their grace period: a queue with one producer at a time, who has the
 * handle, and one consumer at a time, anybody.
 *
 *	    head, first                    tail, room
 *	       v                              v
 *	+-> [xxxxrrr] -> [rrrrrrr] -> [rrrrr  ] -> [ spare ] -+     x taken   r waiting
 *	+-----------------------------------------------------+
 *
 * A ring of chunks.  The producer fills `tail`, goes on to the next chunk as long as that is not `head`,
 * and else puts a new one in between; so retiring allocates only while garbage grows beyond all it was
 * lately.  Spare chunks in excess of what was used lately go back to the allocator: one with each chunk that is filled,
 * all when the thread leaves, and some with each visit to a handle that nobody has (thread_tidy).  The producer takes no
 * lock and makes no locked instruction.  The consumer holds `busy` while it takes and destroys, so that an object is
 * either still counted in appended - taken or destroyed.
 *
 * Invariants: taken <= appended; `first` places of head are taken; chunks strictly between tail and head
 * (in the ring's direction) are spare and the producer's alone; the consumer reads a chunk's `next`
 * only when something was appended behind that chunk, and the producer writes it only while nothing was; without a chunk
 * (none yet, or all given back) head and tail are NULL.
 * Stamps never decrease along the queue, but where held objects go to its end (work.c), and in the queue of a domain's
 * worker, where all have elapsed or are held (background.c).
 */
#ifndef RECLAIM_LIMBO_H
#define RECLAIM_LIMBO_H

#include "reclaim/contract.h"

struct limbo_record {
	void *ptr;
	void (*destroy)(void *ptr, void *ctx);
	void *ctx;
	uint64_t birth;       /* era; 0: not known */
	uint64_t stamp;
	uint64_t bytes_class; /* bytes << 1 | class */
};

enum { LIMBO_CHUNK_BYTES = 4096 };
enum { LIMBO_RECORDS = (LIMBO_CHUNK_BYTES - sizeof(void *)) / sizeof(struct limbo_record) };

struct limbo_chunk {
	struct limbo_chunk *next;
	struct limbo_record record[LIMBO_RECORDS];
};

_Static_assert(sizeof(struct limbo_chunk) <= LIMBO_CHUNK_BYTES, "a chunk is a page");
_Static_assert(RECLAIM_CLASSES <= 2, "the class is one bit of bytes_class");
_Static_assert((int)LIMBO_RECORDS >= (int)RECLAIM_WORK_STEP, "a spare chunk has room for any reservation");

struct limbo {
	/* the producer's */
	struct limbo_chunk *tail;
	unsigned room;             /* free places in tail */
	size_t chunks;             /* in the ring; read by anyone */
	uint64_t appended;         /* read by consumers */
	/* the consumer's, under busy */
	struct limbo_chunk *head;  /* read by the producer */
	unsigned first;
	uint64_t taken;            /* read by anyone */
	uint64_t elapsed;          /* a stamp known to have elapsed */
	bool busy;
};

bool limbo_reserve_chunk(instar_domain *domain, struct limbo *limbo);
void limbo_next_chunk(instar_domain *domain, struct limbo *limbo);

/* Room for n <= RECLAIM_WORK_STEP records.  false: no memory, nothing changed.  The producer's. */
static inline bool limbo_reserve(instar_domain *domain, struct limbo *limbo, unsigned n)
{
	return likely(limbo->room >= n) || limbo_reserve_chunk(domain, limbo);
}

/* Appends into reserved room.  The producer's. */
static inline void limbo_append(instar_domain *domain, struct limbo *limbo, const struct limbo_record *record)
{
	if (unlikely(!limbo->room))
		limbo_next_chunk(domain, limbo);
	limbo->tail->record[LIMBO_RECORDS - limbo->room--] = *record;
	/* ORD:limbo-append — release; pairs with ORD:limbo-see (limbo.c); carries the record and the links to it */
	store_release(&limbo->appended, load_relaxed(&limbo->appended) + 1);
}

/* Chunks are many more than those in use: a guess, by anyone. */
bool limbo_has_excess(const struct limbo *limbo);

/* Gives up to n spare chunks back as long as that is so.  The producer's. */
void limbo_trim(instar_domain *domain, struct limbo *limbo, size_t n);

/* Gives all chunks back if that is so and nothing waits in them.  The producer's, who has nothing reserved. */
void limbo_give_back(instar_domain *domain, struct limbo *limbo);

static inline uint64_t limbo_pending(const struct limbo *limbo)
{
	uint64_t taken = load_acquire(&limbo->taken); /* before appended: the difference is never negative */

	return load_acquire(&limbo->appended) - taken;
}

/* The consumer's lock.  false: somebody else has it. */
bool limbo_lock(struct limbo *limbo);
void limbo_unlock(struct limbo *limbo);

/* Under the lock: the first record, NULL if there is none; it stays until limbo_drop takes it. */
const struct limbo_record *limbo_first(struct limbo *limbo);
void limbo_drop(struct limbo *limbo);

/* Under the lock: the records that wait, one after the other; NULL: no more. */
struct limbo_walk {
	const struct limbo_chunk *chunk;
	unsigned place;
	uint64_t left;
};
struct limbo_walk limbo_walk(const struct limbo *limbo);
const struct limbo_record *limbo_walk_on(struct limbo_walk *walk);

/* Under the lock: a record stamped up to `stamp` waits; for queues whose stamps are in no order. */
bool limbo_has_older(const struct limbo *limbo, uint64_t stamp);

/* In a child process: makes the producer's side whole, whose thread may have been lost anywhere in it.  No consumer was
 * lost in the queue: it is not locked. */
void limbo_mend(struct limbo *limbo);

/* Frees the chunks; nobody uses the queue and it is empty. */
void limbo_free(instar_domain *domain, struct limbo *limbo);

#endif
