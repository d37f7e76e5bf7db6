/* reclaim/limbo.c - see limbo.h. */
#include "reclaim/limbo.h"

enum { SPARE_CHUNKS = 16 };

static struct limbo_chunk *new_chunk(instar_domain *domain)
{
	return reclaim_alloc(domain, sizeof(struct limbo_chunk), CACHE_LINE);
}

static void free_chunk(instar_domain *domain, struct limbo_chunk *chunk)
{
	reclaim_free(domain, chunk, sizeof(*chunk), CACHE_LINE);
}

/* A spare chunk behind tail has room for any reservation. */
bool limbo_reserve_chunk(instar_domain *domain, struct limbo *limbo)
{
	struct limbo_chunk *tail = limbo->tail, *chunk;

	/* ORD:limbo-reuse — acquire; pairs with ORD:limbo-leave (limbo.c); carries the consumer's last reads of a chunk */
	if (tail && tail->next != load_acquire(&limbo->head))
		return true;
	chunk = new_chunk(domain);
	if (!chunk)
		return false;
	store_relaxed(&limbo->chunks, limbo->chunks + 1);
	/* In this order, so that a child finds a whole ring wherever in it the fork fell. */
	if (tail) {
		chunk->next = tail->next;
		store_release(&tail->next, chunk);
	} else {
		chunk->next = chunk;
		limbo->tail = chunk;
		limbo->room = LIMBO_RECORDS;
		store_release(&limbo->head, chunk); /* seen with the first record */
	}
	return true;
}

/* Those in use vary from grace period to grace period. */
bool limbo_has_excess(const struct limbo *limbo)
{
	size_t used = (size_t)limbo_pending(limbo) / LIMBO_RECORDS;

	return load_relaxed(&limbo->chunks) > 2 * used + SPARE_CHUNKS;
}

void limbo_trim(instar_domain *domain, struct limbo *limbo, size_t n)
{
	for (; n && limbo_has_excess(limbo); n--) {
		struct limbo_chunk *excess = limbo->tail->next;

		if (excess == load_acquire(&limbo->head)) /* ORD:limbo-reuse */
			return;
		limbo->tail->next = excess->next;
		store_relaxed(&limbo->chunks, limbo->chunks - 1);
		free_chunk(domain, excess);
	}
}

/* Goes on to the next chunk, which is spare. */
void limbo_next_chunk(instar_domain *domain, struct limbo *limbo)
{
	limbo->tail = limbo->tail->next;
	limbo->room = LIMBO_RECORDS;
	limbo_trim(domain, limbo, 1);
}

bool limbo_lock(struct limbo *limbo)
{
	/* ORD:limbo-lock — acquire; pairs with ORD:limbo-unlock (limbo.c); carries the last consumer's work */
	return !load_relaxed(&limbo->busy) && !exchange_acq_rel(&limbo->busy, true);
}

void limbo_unlock(struct limbo *limbo)
{
	/* ORD:limbo-unlock — release; pairs with ORD:limbo-lock (limbo.c) */
	store_release(&limbo->busy, false);
}

const struct limbo_record *limbo_first(struct limbo *limbo)
{
	/* ORD:limbo-see — acquire; pairs with ORD:limbo-append (limbo.h) */
	if (load_acquire(&limbo->appended) == limbo->taken)
		return NULL;
	if (limbo->first == LIMBO_RECORDS) {
		/* ORD:limbo-leave — release; pairs with ORD:limbo-reuse (limbo.c) */
		store_release(&limbo->head, limbo->head->next);
		limbo->first = 0;
	}
	return &limbo->head->record[limbo->first];
}

void limbo_drop(struct limbo *limbo)
{
	limbo->first++;
	/* ORD:limbo-taken — release; pairs with ORD:limbo-gone (wait.c); carries the destructor's effects, or where the
	 * worker put it */
	store_release(&limbo->taken, limbo->taken + 1);
}

struct limbo_walk limbo_walk(const struct limbo *limbo)
{
	uint64_t n = load_acquire(&limbo->appended) - limbo->taken; /* ORD:limbo-see */

	return (struct limbo_walk){ limbo->head, limbo->first, n };
}

const struct limbo_record *limbo_walk_on(struct limbo_walk *walk)
{
	if (!walk->left)
		return NULL;
	if (walk->place == LIMBO_RECORDS) {
		walk->chunk = walk->chunk->next;
		walk->place = 0;
	}
	walk->left--;
	return &walk->chunk->record[walk->place++];
}

bool limbo_has_older(const struct limbo *limbo, uint64_t stamp)
{
	struct limbo_walk walk = limbo_walk(limbo);
	const struct limbo_record *record;

	while ((record = limbo_walk_on(&walk)))
		if (record->stamp <= stamp)
			return true;
	return false;
}

/* By who is producer and consumer at once; nothing waits. */
static void free_chunks(instar_domain *domain, struct limbo *limbo)
{
	struct limbo_chunk *chunk = limbo->head;

	while (chunk) {
		struct limbo_chunk *next = chunk->next == limbo->head ? NULL : chunk->next;

		free_chunk(domain, chunk);
		chunk = next;
	}
	limbo->tail = limbo->head = NULL;
	limbo->room = limbo->first = 0;
	store_relaxed(&limbo->chunks, 0);
}

/* All, since what is kept may be what an allocator has on top of the rest. */
void limbo_give_back(instar_domain *domain, struct limbo *limbo)
{
	if (limbo_pending(limbo) || !limbo_has_excess(limbo) || !limbo_lock(limbo))
		return;
	free_chunks(domain, limbo);
	limbo_unlock(limbo);
}

/* What was appended counts; a record that was being written, and a chunk that was being put in, do not. */
void limbo_mend(struct limbo *limbo)
{
	struct limbo_chunk *chunk = limbo->head;
	uint64_t end = limbo->first + (limbo->appended - limbo->taken);

	if (!chunk) {
		limbo->tail = NULL;
		limbo->room = 0;
		limbo->chunks = 0;
		return;
	}
	for (; end > LIMBO_RECORDS; end -= LIMBO_RECORDS)
		chunk = chunk->next;
	limbo->tail = chunk;
	limbo->room = LIMBO_RECORDS - (unsigned)end;
}

void limbo_free(instar_domain *domain, struct limbo *limbo)
{
	free_chunks(domain, limbo);
	*limbo = (struct limbo){ 0 };
}
