/*
 * tests/model/fiber.h - one stack for each thread under test, and the switch between them.
 *
 * x86-64: the registers that a call preserves, fifteen instructions.  Elsewhere, or with MODEL_UCONTEXT: ucontext.
 */
#ifndef MODEL_FIBER_H
#define MODEL_FIBER_H

#include <stdint.h>
#include <stdlib.h>

enum { FIBER_STACK = 256 << 10 };

#if defined(__x86_64__) && !defined(MODEL_UCONTEXT)

struct fiber {
	void *sp;
	char *stack;
};

/* Saves the caller's registers on its stack, and goes on with those on the other. */
void fiber_exchange(void **save, void *to);
__asm__(".text\n"
	".globl fiber_exchange\n"
	".type fiber_exchange, @function\n"
	"fiber_exchange:\n"
	"	push %rbp\n	push %rbx\n	push %r12\n	push %r13\n	push %r14\n	push %r15\n"
	"	mov %rsp, (%rdi)\n"
	"	mov %rsi, %rsp\n"
	"	pop %r15\n	pop %r14\n	pop %r13\n	pop %r12\n	pop %rbx\n	pop %rbp\n"
	"	ret\n"
	".size fiber_exchange, . - fiber_exchange\n");

static inline void fiber_switch(struct fiber *from, struct fiber *to)
{
	fiber_exchange(&from->sp, to->sp);
}

/* The fiber begins with main(), which never returns, when it is first switched to. */
static inline void fiber_start(struct fiber *f, void (*main)(void))
{
	if (!f->stack)
		f->stack = aligned_alloc(64, FIBER_STACK);
	void **sp = (void **)(void *)(f->stack + FIBER_STACK - 64);
	*--sp = NULL; /* the return address of main: none */
	*--sp = (void *)(uintptr_t)main;
	for (int i = 0; i < 6; i++)
		*--sp = NULL;
	f->sp = sp;
}

#else

#include <ucontext.h>

struct fiber {
	ucontext_t context;
	char *stack;
};

static inline void fiber_switch(struct fiber *from, struct fiber *to)
{
	swapcontext(&from->context, &to->context);
}

static inline void fiber_start(struct fiber *f, void (*main)(void))
{
	if (!f->stack)
		f->stack = aligned_alloc(64, FIBER_STACK);
	getcontext(&f->context);
	f->context.uc_stack.ss_sp = f->stack;
	f->context.uc_stack.ss_size = FIBER_STACK;
	f->context.uc_link = NULL;
	makecontext(&f->context, main, 0);
}

#endif
#endif
