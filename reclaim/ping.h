/*
 * reclaim/ping.h - publish on ping: an asymmetric barrier made of signals.  What a thread announces stays in its store
 * buffer until somebody who wants to free asks; the signal's handler executes the barrier, and says so.
 *
 * Source: Singh, Brown, Publish on Ping: A Better Way to Publish Reservations in Memory Reclamation for Concurrent Data
 * Structures, PPoPP 2025.  There the handler copies what the thread holds to where others read it.  Here places are
 * always where others read them, and the handler's part is that they are visible.
 *
 *	handle:  | thread | pending | answered |      clock: the domain's G
 *
 *   thread    the kernel's number of the thread that has the handle; 0: nobody has
 *   pending   the thread to which a signal is under way: one, and ever more rarely another, since who was about to send it
 *             may sleep
 *   answered  the clock, read by the handler and then followed by a fence
 *
 * What ping_all(n) true means: every thread attached has executed a fence after the clock became n, or read the
 * clock as n or more before it did anything in this domain.  It is as good as membarrier there, for each thread by itself:
 *   - what the thread wrote before the fence is visible to the caller (its answer is released and acquired here);
 *   - what it reads after the fence is at least as new as what came with n (it has acquired the clock).
 * An answer holds for as long as n is asked for, whoever asked; so nobody waits for answers, the next attempt finds them.
 *
 * No answer is lost.  Who asks has seen n, then writes `pending`; the handler takes `pending` back, then reads
 * the clock: either it reads n, or the asker finds `pending` clear and sends a signal.  A signal that could not be sent,
 * or went to a thread that has left the handle meanwhile, leaves a `pending` that is not the number of the thread that has
 * the handle now, and the next one who asks sends another.  A thread that attaches writes `thread`, then reads the clock
 * and answers by itself (store buffering with the asker, who has seen n and then reads `thread`); it puts the handle in
 * the list that the handler goes through before that.  A thread that leaves has withdrawn all before `thread` is 0.
 *
 * What a thread may do to the signal:
 *   blocked, or stopped by SIGSTOP   it does not answer: garbage waits, and nothing else does, until it can
 *   asleep in a system call          it is woken, answers and sleeps on (SA_RESTART); those calls that are never restarted
 *                                    (signal(7): nanosleep, poll, epoll_wait ...) answer EINTR
 *   a handler of the user's          found when the domain is made: BUSY.  Put there later: as blocked, until ours is back
 *   ended without detaching          its exit detaches it; a signal that is still under way reaches nobody
 * The handler stays for as long as the process: a signal may be under way when the last domain goes.  It reads and
 * writes atomics of the handles and changes nothing else, errno included.  In a child process the forking thread's
 * handles get its new number; signals under way stay behind.
 */
#ifndef RECLAIM_PING_H
#define RECLAIM_PING_H

#include "reclaim/contract.h"

struct ping {
	struct ping *next;       /* of the same thread's, reclaim/private.h */
	const uint64_t *clock;
	int thread, pending;
	unsigned asked;          /* since a signal is under way */
	uint64_t answered;
};

/* Chooses the signal, options' or a free one, and puts the handler there.  OK; INVAL: none that can be caught; BUSY: it has
 * another handler, or all have. */
enum instar_status ping_domain_init(instar_domain *domain);

/* On the thread that attaches, detaches; and in a child process, of a thread that does not exist there. */
void ping_attach(instar_domain *domain, struct ping *ping, const uint64_t *clock);
void ping_detach(struct ping *ping);
void ping_lost(struct ping *ping);

/* Asks those threads that have not answered since the clock became n, which the caller has read; `offset` is that of struct
 * ping in a handle.  true: all have.  Does not wait. */
bool ping_all(instar_domain *domain, size_t offset, uint64_t n);

/* The same, with time for the answers: some milliseconds at most. */
bool ping_wait(instar_domain *domain, size_t offset, uint64_t n);

#endif
