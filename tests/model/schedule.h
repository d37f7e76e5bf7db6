/*
 * tests/model/schedule.h - who goes next, and every other choice of a trial.
 *
 * A run is the list of its choices, so it can be repeated.  They come from one of three sources: a
 * depth-first search of all runs within the limits, which forgets a state it has been in with as many
 * preemptions left; chance (priorities that change at random moments, Burckhardt et al., "A randomized
 * scheduler with probabilistic guarantees of finding bugs", ASPLOS 2010); or a replay string.
 */
#ifndef MODEL_SCHEDULE_H
#define MODEL_SCHEDULE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum { MAX_THREADS = 4, MAX_REPLAY = 4096 };

enum source { BY_SEARCH, BY_CHANCE, BY_REPLAY };

enum outcome {
	RUN_DONE,    /* every thread finished, or all but a parked one */
	RUN_PRUNED,  /* came to a state whose continuations are known */
	RUN_FAILED   /* trial.message says why */
};

enum { UNBOUNDED = 200 };

struct limits {
	unsigned preemptions; /* UNBOUNDED: any number */
	unsigned delays;  /* stores that may wait in a store buffer; 0: sequentially consistent */
	bool reorder;     /* buffered relaxed stores overtake each other; else they stay in order (TSO) */
	unsigned park;    /* the threads, as bits, that may be left standing where they are, as the last */
};

extern struct trial {
	/* what the explorer sets */
	enum source source;
	struct limits limits;
	bool trace;           /* tell every step */
	/* the run */
	unsigned threads, current;
	bool inside;          /* a fiber runs */
	bool active;          /* and its accesses are steps; else memory is just memory */
	bool fresh;           /* no earlier run has come through here with the same choices */
	bool every;           /* every access is a choice, not only those of locations known to be shared */
	unsigned parked;      /* MAX_THREADS: nobody */
	uint64_t clock;       /* accesses so far */
	uint64_t seen[MAX_THREADS]; /* what each thread has seen, hashed: its state */
	char message[512];    /* not empty: it failed */
} trial;

static inline uint64_t mix(uint64_t a, uint64_t b)
{
	a = (a + 0x632be59bd9b4e019) ^ b * 0x9e3779b97f4a7c15;
	a = (a ^ a >> 32) * 0xd6e8feb86659fd93;
	a = (a ^ a >> 32) * 0xd6e8feb86659fd93;
	return a ^ a >> 32;
}

/* What the running thread learnt. */
static inline void learn(uint64_t what)
{
	trial.seen[trial.current] = mix(trial.seen[trial.current], what);
}

/* The run is over: it has failed.  Does not return, into whatever called it: a fiber is left, and what
 * is done outside of them is done under run_guarded. */
void run_fail(const char *format, ...) __attribute__((format(printf, 1, 2), noreturn));

/* Calls it.  false: run_fail was called. */
bool run_guarded(void (*act)(void));

/* Before an access of the running fiber: others may go first.  known: the location is shared. */
void schedule_point(bool known);

/* Is the store about to be made to wait in the buffer? */
bool schedule_delay(void);

/* The running fiber waits for somebody else's write. */
void schedule_wait(void);
void schedule_wake(void);

/* One trial. */
enum outcome schedule_run(unsigned threads, void (*body)(unsigned thread));

/* ---- search ---- */

void search_begin(void);
/* To the next run; false: there is none. */
bool search_next(void);
/* The bound on preemptions has kept it from something; if not, it was exhaustive. */
bool search_was_limited(void);
/* Nor did it stop for that there were too many states. */
extern size_t search_most_states;
bool search_was_cut(void);
/* How many states it remembers. */
size_t search_states(void);

void chance_begin(uint64_t seed);

/* ---- replay ---- */

/* false: not such a string. */
bool replay_parse(const char *text);
/* The run that was made last, as a string. */
const char *replay_text(void);

#endif
