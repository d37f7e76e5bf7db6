/* tests/model/schedule.c - see schedule.h.  The fibers, the choices and the replay string. */
#include "tests/model/schedule.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "tests/model/fiber.h"
#include "tests/model/memory.h"
#include "tests/model/search.h"
#include "tests/model/subject.h"

enum { CLOCK_LIMIT = 40000, MAX_OPTIONS = MAX_THREADS * (1 + MAX_BUFFERED) + 1 };

struct trial trial;

static struct fiber main_fiber, fiber[MAX_THREADS];
static void (*thread_body)(unsigned);
static bool finished[MAX_THREADS], waiting[MAX_THREADS];
static unsigned preempted, delayed;

/* Something that happened at a moment, other than that the running thread went on. */
struct event {
	uint64_t clock;
	char kind;      /* 'r' another runs, 'n' the next after one finished, 'f' flush, 'd' delay, 'p' park */
	unsigned what;  /* the thread; flush: thread * MAX_BUFFERED + place */
};
static struct event made[MAX_REPLAY], given[MAX_REPLAY];
static unsigned made_n, given_n, given_at;

static void record(char kind, unsigned what)
{
	if (made_n < MAX_REPLAY)
		made[made_n++] = (struct event){ trial.clock, kind, what };
}

/* ---- leaving a fiber ---- */

static enum outcome outcome;
static jmp_buf guard;

static __attribute__((noreturn)) void end_run(enum outcome how)
{
	outcome = how;
	trial.active = trial.inside = false;
	fiber_switch(&fiber[trial.current], &main_fiber);
	abort();
}

void run_fail(const char *format, ...)
{
	va_list arguments;
	va_start(arguments, format);
	vsnprintf(trial.message, sizeof trial.message, format, arguments);
	va_end(arguments);
	if (trial.inside)
		end_run(RUN_FAILED);
	longjmp(guard, 1);
}

bool run_guarded(void (*act)(void))
{
	trial.message[0] = '\0';
	if (setjmp(guard))
		return false;
	act();
	return true;
}

static void go_to(unsigned thread)
{
	unsigned from = trial.current;
	trial.current = thread;
	subject_switch(from, thread);
	fiber_switch(&fiber[from], &fiber[thread]);
}

/* ---- choices ---- */

struct option {
	char kind;
	unsigned what;
};

static unsigned flush_options(struct option *option)
{
	unsigned n = 0;
	for (unsigned t = 0; t < trial.threads; t++)
		for (unsigned i = 0; i < MAX_BUFFERED; i++)
			if (memory_may_flush(t, i))
				option[n++] = (struct option){ 'f', t * MAX_BUFFERED + i };
	return n;
}

/* The thread that may be parked: the only one left. */
static unsigned last_thread(void)
{
	unsigned last = MAX_THREADS, left = 0;
	for (unsigned t = 0; t < trial.threads; t++)
		if (!finished[t]) {
			last = t;
			left++;
		}
	return left == 1 ? last : MAX_THREADS;
}

/* The first is what costs nothing; forced: the running thread cannot go on. */
static unsigned list_options(struct option *option, bool forced)
{
	unsigned n = 0;
	bool may_switch = forced || trial.source != BY_SEARCH || trial.limits.preemptions == UNBOUNDED ||
			  preempted < trial.limits.preemptions;
	if (!forced)
		option[n++] = (struct option){ 'r', trial.current };
	for (unsigned t = 0; t < trial.threads; t++) {
		if (finished[t] || waiting[t] || (!forced && t == trial.current))
			continue;
		if (may_switch)
			option[n++] = (struct option){ forced ? 'n' : 'r', t };
		else
			search_limited();
	}
	n += flush_options(option + n);
	unsigned last = last_thread();
	if (forced && last < MAX_THREADS && trial.limits.park >> last & 1 && trial.seen[last])
		option[n++] = (struct option){ 'p', last };
	return n;
}

static uint64_t state_hash(void)
{
	uint64_t h = mix(memory_hash(), trial.current + (uint64_t)delayed * MAX_THREADS);
	for (unsigned t = 0; t < trial.threads; t++)
		h = mix(h, trial.seen[t] + finished[t] + 2u * waiting[t]);
	return h;
}

/* By replay: the next event, if it is due now. */
static unsigned take_given(const struct option *option, unsigned n)
{
	if (given_at == given_n || given[given_at].clock != trial.clock)
		return 0;
	for (unsigned i = 0; i < n; i++)
		if (option[i].kind == given[given_at].kind && option[i].what == given[given_at].what) {
			given_at++;
			return i;
		}
	return 0;
}

static unsigned preemptions_left(void)
{
	return trial.limits.preemptions == UNBOUNDED ? 0 : trial.limits.preemptions - preempted;
}

static unsigned pick(const struct option *option, unsigned n)
{
	if (trial.source == BY_REPLAY)
		return take_given(option, n);
	if (trial.source == BY_CHANCE) {
		unsigned thread[MAX_OPTIONS];
		for (unsigned i = 0; i < n; i++)
			thread[i] = option[i].kind == 'r' || option[i].kind == 'n' ? option[i].what : MAX_THREADS;
		return chance_pick(thread, n, trial.current);
	}
	if (n == 1)
		return 0;
	if (search_is_new() && !search_enter(state_hash(), preemptions_left()))
		end_run(RUN_PRUNED);
	unsigned taken = search_pick(n);
	trial.fresh = search_is_new();
	return taken;
}

/* Chooses until somebody is to run; returns when that is the caller again. */
static void choose(bool forced)
{
	for (;;) {
		struct option option[MAX_OPTIONS];
		unsigned n = list_options(option, forced);
		if (n == 0) {
			for (unsigned t = 0; t < trial.threads; t++)
				if (!finished[t])
					run_fail("no progress: every thread waits");
			end_run(RUN_DONE);
		}
		struct option o = option[pick(option, n)];
		if (o.kind == 'r' && o.what == trial.current)
			return;
		record(o.kind, o.what);
		if (trial.trace)
			subject_trace_switch(o.kind, o.kind == 'f' ? o.what / MAX_BUFFERED : o.what);
		if (o.kind == 'f') {
			memory_flush(o.what / MAX_BUFFERED, o.what % MAX_BUFFERED);
		} else if (o.kind == 'p') {
			trial.parked = o.what;
			end_run(RUN_DONE);
		} else {
			preempted += !forced;
			if (o.what != trial.current)
				go_to(o.what);
			return;
		}
	}
}

void schedule_point(bool known)
{
	if (++trial.clock > CLOCK_LIMIT)
		run_fail("no progress: %d accesses and no end", CLOCK_LIMIT);
	if (known || trial.every)
		choose(false);
}

bool schedule_delay(void)
{
	if (trial.limits.delays <= delayed)
		return false;
	bool delay;
	if (trial.source == BY_REPLAY) {
		struct option none[2] = { { 0, 0 }, { 'd', trial.current } };
		delay = take_given(none, 2) == 1;
	} else {
		delay = trial.source == BY_CHANCE ? chance_bool() : search_pick(2) == 1;
		trial.fresh = trial.source == BY_CHANCE || search_is_new();
	}
	if (delay) {
		delayed++;
		record('d', trial.current);
	}
	return delay;
}

void schedule_wait(void)
{
	waiting[trial.current] = true;
	choose(true);
}

void schedule_wake(void)
{
	memset(waiting, 0, sizeof waiting);
}

/* ---- a run ---- */

static void fiber_main(void)
{
	thread_body(trial.current);
	finished[trial.current] = true;
	choose(true);
	abort();
}

enum outcome schedule_run(unsigned threads, void (*body)(unsigned thread))
{
	trial.threads = threads;
	trial.parked = MAX_THREADS;
	trial.clock = 0;
	trial.message[0] = '\0';
	trial.fresh = trial.source != BY_SEARCH || search_is_new();
	thread_body = body;
	preempted = delayed = made_n = given_at = 0;
	memset(finished, 0, sizeof finished);
	memset(waiting, 0, sizeof waiting);
	memset(trial.seen, 0, sizeof trial.seen);
	for (unsigned t = 0; t < threads; t++)
		fiber_start(&fiber[t], fiber_main);
	chance_start(threads);

	struct option option[MAX_OPTIONS];
	trial.current = threads; /* nobody */
	unsigned n = list_options(option, true);
	struct option first = option[pick(option, n)];
	record(first.kind, first.what);
	if (trial.trace)
		subject_trace_switch(first.kind, first.what);
	trial.current = first.what;
	subject_switch(MAX_THREADS, trial.current);
	trial.active = trial.inside = true;
	fiber_switch(&main_fiber, &fiber[trial.current]);
	subject_switch(trial.current, MAX_THREADS);
	trial.current = MAX_THREADS;
	return outcome;
}

/* ---- the replay string: clock (from the event before), kind, what; and again ---- */

bool replay_parse(const char *text)
{
	uint64_t clock = 0;
	for (given_n = 0; *text && given_n < MAX_REPLAY; given_n++) {
		char *end;
		clock += strtoull(text, &end, 10);
		if (end == text || !strchr("rnfdp", *end) || !*end)
			return false;
		given[given_n].clock = clock;
		given[given_n].kind = *end;
		text = end + 1;
		given[given_n].what = (unsigned)strtoul(text, &end, 10);
		if (end == text)
			return false;
		text = end + (*end == '.');
	}
	return true;
}

const char *replay_text(void)
{
	static char text[MAX_REPLAY * 8];
	size_t at = 0;
	uint64_t clock = 0;
	text[0] = '\0';
	for (unsigned i = 0; i < made_n && at + 32 < sizeof text; i++) {
		at += (size_t)snprintf(text + at, sizeof text - at, "%s%llu%c%u", i ? "." : "",
				       (unsigned long long)(made[i].clock - clock), made[i].kind, made[i].what);
		clock = made[i].clock;
	}
	return text;
}
