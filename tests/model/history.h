/*
 * tests/model/history.h - the calls of a run, and whether some order of them explains their answers.
 *
 * Linearizability (Herlihy and Wing 1990): all orders are tried that keep one call before another if it
 * ended before the other began.  Of the whole map, since some calls concern all keys.  A call begins with its first
 * access of a location that others may change: what it does before cannot be told from doing it then.
 */
#ifndef MODEL_HISTORY_H
#define MODEL_HISTORY_H

#include <stdbool.h>
#include <stdint.h>

#include <instar/status.h>

enum { MAX_KEYS = 52, MAX_CALLS = 96 };

/* A key's value: absent, or what. */
struct content {
	bool present;
	uint64_t value;
};

/*
 * i insert a   p put a   r replace a   c cas a -> b   e remove   x remove_if a   f fetch_add a
 * g get   C clear   N open a snapshot, which then shows every key   and others that concern no key
 */
struct call {
	char verb;
	unsigned thread, key; /* MAX_KEYS: none */
	uint64_t a, b;
	enum instar_status status;
	uint64_t out;         /* the value that was answered */
	uint64_t begun, ended; /* moments; ended 0: it has not */
	const struct content *shown; /* N: of every key */
};

extern struct call calls[MAX_CALLS];
extern unsigned calls_n;

void history_clear(void);

/* The thread is about to make a call; it begins at the next history_now. */
void history_announce(const struct call *call);
void history_now(unsigned thread);
/* Ends the thread's call. */
void history_end(unsigned thread, enum instar_status status, uint64_t out);
/* What the snapshot shows that the thread opened last. */
void history_show(unsigned thread, const struct content *shown);
/* The call that the thread is in; NULL: none. */
const struct call *history_current(unsigned thread);

bool content_equal(struct content a, struct content b);

/* Does `status` and `out` follow from the content of its key?  Changes that. */
bool call_explains(const struct call *call, struct content *content);

/* false: no order explains the answers. */
bool history_is_linearizable(const struct content initial[MAX_KEYS]);

/* The same answers in the same order of begins and ends, and the same `more`, as in a run since
 * history_forget. */
bool history_is_known(uint64_t more);
void history_forget(void);

#endif
