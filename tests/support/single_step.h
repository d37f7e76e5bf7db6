/*
 * tests/support/single_step.h - a thread that makes one call again and again and stands still between any two instructions
 * of it.
 *
 * The trap flag of x86-64 brings SIGTRAP after each instruction; in the handler of the n-th the thread stands.
 * Include it from the program's main file only, after tap.h.
 * Where it cannot be done CAN_SINGLE_STEP is 0, and the program's main, which says so, is here.
 */
#ifndef TESTS_SINGLE_STEP_H
#define TESTS_SINGLE_STEP_H

#include <pthread.h>
#include <sched.h>
#include <signal.h>
#include <stdbool.h>
#include <ucontext.h>

#include "tests/support/sanitizer.h"

/* The thread sanitizer delivers signals when it likes. */
#if defined(__x86_64__) && !defined(__SANITIZE_THREAD__)
#define CAN_SINGLE_STEP 1

enum { TRAP_FLAG = 0x100 };
enum stepper_state { STEPPER_IDLE, STEPPER_STEPS, STEPPER_STANDS, STEPPER_GOES_ON, STEPPER_ENDS };

static struct {
	pthread_t thread;
	void (*begin)(void);
	void (*call)(void);
	void (*handler)(void);    /* called where it stands, before others are told; or NULL */
	unsigned long left;       /* instructions */
	bool calls;               /* its instructions are those of the call; atomic, the thread's own */
	enum stepper_state state; /* atomic */
} stepper;

static void stepper_turn(enum stepper_state next)
{
	__atomic_store_n(&stepper.state, next, __ATOMIC_RELEASE);
}

/* While it is `state`; the next. */
static enum stepper_state stepper_wait_while(enum stepper_state state)
{
	enum stepper_state now;

	while ((now = __atomic_load_n(&stepper.state, __ATOMIC_ACQUIRE)) == state)
		sched_yield();
	return now;
}

/* By the handler; by the call, too, after it has stood. */
static void stepper_stand(void)
{
	stepper_turn(STEPPER_STANDS);
	stepper_wait_while(STEPPER_STANDS);
}

static void stepper_trapped(int number, siginfo_t *info, void *context)
{
	(void)number;
	(void)info;
	if (!__atomic_load_n(&stepper.calls, __ATOMIC_RELAXED) || --stepper.left)
		return;
	((ucontext_t *)context)->uc_mcontext.gregs[REG_EFL] &= ~TRAP_FLAG;
	if (stepper.handler)
		stepper.handler();
	stepper_stand();
	if (stepper.left)
		((ucontext_t *)context)->uc_mcontext.gregs[REG_EFL] |= TRAP_FLAG;
}

/* Below the red zone, which may be in use. */
#define STEPPER_SET_FLAGS(change) \
	__asm__ volatile("leaq -128(%%rsp), %%rsp\n\tpushfq\n\t" change ", (%%rsp)\n\tpopfq\n\tleaq 128(%%rsp), %%rsp" \
			 ::: "memory", "cc")

static void *stepper_main(void *unused)
{
	(void)unused;
	stepper.begin();
	for (;;) {
		stepper_turn(STEPPER_IDLE);
		if (stepper_wait_while(STEPPER_IDLE) == STEPPER_ENDS)
			return NULL;
		__atomic_store_n(&stepper.calls, true, __ATOMIC_RELAXED);
		STEPPER_SET_FLAGS("orq $0x100");
		stepper.call();
		/* Who stood after the flag was cleared would have it set again, and step for ever. */
		__atomic_store_n(&stepper.calls, false, __ATOMIC_RELAXED);
		STEPPER_SET_FLAGS("andq $~0x100");
	}
}

static void stepper_start(void (*begin)(void), void (*call)(void))
{
	struct sigaction action = { .sa_sigaction = stepper_trapped, .sa_flags = SA_SIGINFO };

	sigaction(SIGTRAP, &action, NULL);
	stepper.begin = begin;
	stepper.call = call;
	stepper.state = STEPPER_STEPS;
	if (pthread_create(&stepper.thread, NULL, stepper_main, NULL))
		bail_out("no thread");
	stepper_wait_while(STEPPER_STEPS);
}

/* It makes the call.  true: it stands after n instructions of it; false: the call was shorter. */
static bool stepper_stands(unsigned long n, void (*handler)(void))
{
	stepper.left = n;
	stepper.handler = handler;
	stepper_turn(STEPPER_STEPS);
	return stepper_wait_while(STEPPER_STEPS) == STEPPER_STANDS;
}

/* From where it stands to the end of the call.  true: the call itself has it stand again. */
static bool stepper_goes_on(void)
{
	stepper_turn(STEPPER_GOES_ON);
	return stepper_wait_while(STEPPER_GOES_ON) == STEPPER_STANDS;
}

/* From where it stands on.  true: it stands after n more; false: the call has come to its end. */
__attribute__((unused)) static bool stepper_stands_further(unsigned long n)
{
	stepper.left = n;
	return stepper_goes_on();
}

static void stepper_end(void)
{
	stepper_turn(STEPPER_ENDS);
	pthread_join(stepper.thread, NULL);
}

#else
#define CAN_SINGLE_STEP 0

int main(void)
{
	skip(1, "no trap flag here, or a sanitizer that holds signals back");
	return done_testing();
}

#endif
#endif
