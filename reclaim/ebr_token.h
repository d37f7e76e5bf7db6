/*
 * reclaim/ebr_token.h - epochs turned by a token that goes round the handles: who has it passes it on when it begins
 * a section, and when it has been all the way round the epoch turns.  Nobody looks at all announcements.
 *
 * Source: Kim, Brown, Singh, Are Your Epochs Too Epic? Batch Free Can Be Harmful, PPoPP 2024: token-ring epochs; its other
 * half, amortised freeing, is reclaim/work.c's under every scheme.
 *
 *	G = g:   | token g | token g | token g | token g-1 | token g-1 |   handles, newest first
 *	            passed on            has it       not yet
 *
 * A handle's `token` is the last round in which it was given it, and only grows; so the token is with the last of those
 * that have g, passing it on twice does nothing, and one who is late with it does no harm.  Who has it and is in no
 * section may never begin one: an attempt to advance passes it on in its stead, from handle to handle until it meets one
 * that holds G back.  That one carries on when it begins its next section.
 *
 * Safety: reclaim/epoch.h, exchange form, an advance in steps, each handle's passing being its look:
 *   - by another, in its stead: epoch_look, after that one's load of G = g;
 *   - by itself: it has acquired the token of g, so G = g.  Its sections before this one have ended, which its passing
 *     releases.  This one and those to come read after that: "missed" in epoch.h, whatever this one has announced.
 * Each passing acquires the one before, so the turn has all looks behind it.  A handle that is pushed during the round
 * comes before the first: it is missed, as in epoch.h, and may be given the token of that round late, for nothing.
 */
#ifndef RECLAIM_EBR_TOKEN_H
#define RECLAIM_EBR_TOKEN_H

#include "reclaim/epoch.h"

#ifndef TOKEN_SECTIONS
#define TOKEN_SECTIONS 16 /* between two looks for the token; a power of two */
#endif

struct token_thread {
	struct epoch_thread head;
	unsigned sections;
	uint64_t passed;       /* the last round whose token this thread has passed on, or found passed */
	uint64_t token;        /* the last round in which it came here */
};

static inline struct token_thread *token_thread(instar_thread *t)
{
	return (struct token_thread *)t;
}

/* ORD:token-give — acq_rel; pairs with ORD:token-take (ebr_token.h); carries G = g, and the looks made for it so far */
static inline void token_give(instar_thread *t, uint64_t g)
{
	uint64_t was = load_relaxed(&token_thread(t)->token);

	while (was < g && !cas_acq_rel(&token_thread(t)->token, &was, g))
		;
}

/* ORD:token-take — acquire; pairs with ORD:token-give (ebr_token.h) */
static inline uint64_t token_of(instar_thread *t)
{
	return load_acquire(&token_thread(t)->token);
}

/* From t, which has been looked at, to the next; after the last G turns, and the next round begins.  true: it has. */
static inline bool token_pass(instar_thread *t, uint64_t g)
{
	if (t->next) {
		token_give(t->next, g);
		return false;
	}
	if (!epoch_finish(t->domain, g))
		return false;
	token_give(domain_handles(t->domain), g + 1);
	return true;
}

/* At the begin of a section, before anything is read in it. */
static __attribute__((noinline, unused)) void token_pass_own(instar_thread *t)
{
	uint64_t g = token_of(t);

	if (g == token_thread(t)->passed)
		return;
	token_thread(t)->passed = g;
	token_pass(t, g);
}

static inline void scheme_enter(instar_thread *t)
{
	epoch_announce_exchange(t);
	if (unlikely(++token_thread(t)->sections % TOKEN_SECTIONS == 0))
		token_pass_own(t);
}

#ifdef RECLAIM_SCHEME_BODY

/* Finds the token, or begins the round if nobody has, and passes it on as far as it goes.  true: G turned. */
static bool token_advance(instar_thread *t)
{
	instar_domain *domain = t->domain;
	struct reclaim_counters *counters = &domain->counters;
	uint64_t g = load_acquire(&epoch_domain(domain)->epoch);
	instar_thread *at = domain_handles(domain);
	bool turned;

	fetch_add_relaxed(&counters->advances_tried, 1);
	if (!at)
		return epoch_finish(domain, g);
	token_give(at, g);
	do {
		while (at->next && token_of(at->next) >= g)
			at = at->next;
		if (!epoch_look(at, g)) {
			fetch_add_relaxed(&counters->advances_blocked, 1);
			return false;
		}
		turned = token_pass(at, g);
	} while (at->next);
	return turned;
}

#define SCHEME_TABLE \
	.info.name = "ebr-token", \
	.info.family = "epoch", \
	.info.source = "Kim, Brown, Singh, Are Your Epochs Too Epic?, PPoPP 2024", \
	.info.bound = "unbounded", \
	.domain_init = epoch_domain_init, \
	.domain_size = sizeof(struct epoch_domain), \
	.thread_size = sizeof(struct token_thread), \
	.thread_init = epoch_thread_init, \
	.thread_fini = epoch_withdraw, \
	.thread_lost = epoch_withdraw, \
	.advance = token_advance

#endif
#endif
