/* stress/torture_round.c - a round from its seed to its audit. */
#include <pthread.h>
#include <signal.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "stress/torture_parts.h"
#include "tests/support/linear.h"
#include "tests/support/sanitizer.h"

enum { RECORDERS = 8, RECORDED = 4000, REST = 32, SHOWN = 8, REFUSED = 3 };

/* Patience is counted in naps, so that none is lost while the whole process is stopped: five minutes or more, one or more
 * for a child. */
enum { NAP_NS = 2000000, NAPS = 150000, CHILD_NAPS = 30000 };

static void nap(void)
{
	nanosleep(&(struct timespec){ 0, NAP_NS }, NULL);
}

void torture_violation(struct torture *torture, const char *format, ...)
{
	char line[512];
	va_list list;

	if (__atomic_fetch_add(&torture->violations, 1, __ATOMIC_RELAXED) >= SHOWN)
		return;
	va_start(list, format);
	vsnprintf(line, sizeof(line), format, list);
	va_end(list);
	printf("%s: %s\n", torture->plan->scheme->name, line);
	fflush(stdout);
}

/* ---- a thread ---- */

/* Between calls, now and then: nothing is held, what can be freed is; a handle goes and another comes. */
static void rest(struct hand *hand)
{
	instar_thread *thread = hand->thread;

	if (!thread && instar_thread_self(hand->torture->domain, &thread) != INSTAR_OK)
		return;
	instar_thread_quiescent(thread);
	instar_poll(thread, 8);
	if (rng_below(&hand->rng, 100))
		return;
	if (hand->thread) {
		instar_thread_detach(hand->thread);
		hand->thread = NULL;
	} else if (instar_thread_attach(hand->torture->domain, &hand->thread) != INSTAR_OK) {
		hand->thread = NULL;
	}
}

static void rare_step(struct hand *hand)
{
	struct torture *torture = hand->torture;

	switch (rng_below(&hand->rng, 8)) {
	case 0:
		torture_snapshot(torture, hand->thread);
		break;
	case 1:
		torture_scan(torture, hand->thread);
		break;
	case 2:
		torture_clear(hand);
		break;
	case 3:
		torture_park(torture, hand->thread, rng_below(&hand->rng, OBJECT_KEYS),
			     1 + (unsigned)rng_below(&hand->rng, 10));
		break;
	default:
		torture_upheaval(hand);
	}
}

static void step(struct hand *hand)
{
	switch (rng_below(&hand->rng, 8)) {
	case 0:
		torture_hot(hand);
		break;
	case 1:
		torture_sum(hand);
		break;
	case 2:
		torture_trail(hand);
		break;
	case 3:
		torture_window(hand);
		break;
	case 4:
		torture_shared(hand);
		break;
	case 5:
		torture_object_write(hand);
		break;
	case 6:
		torture_object_read(hand);
		break;
	default:
		torture_owned(hand);
	}
	if (!rng_below(&hand->rng, 500))
		rare_step(hand);
}

static void *hand_main(void *context)
{
	struct hand *hand = context;
	struct torture *torture = hand->torture;

	if (hand->index % 2 == 0 && instar_thread_attach(torture->domain, &hand->thread) != INSTAR_OK)
		hand->thread = NULL;
	for (unsigned n = 0; n < torture->plan->steps; n++) {
		step(hand);
		if (n % REST == 0) {
			torture_count(&torture->came_on, 1);
			rest(hand);
		}
	}
	torture_count(&torture->sum.steps, torture->plan->steps);
	torture_count(&torture->sum.calls, hand->calls);
	if (hand->thread)
		instar_thread_detach(hand->thread);
	__atomic_sub_fetch(&torture->working, 1, __ATOMIC_SEQ_CST);
	return NULL;
}

/* ---- those who come and go ---- */

/* Comes, reads, and leaves without a word, every other time in the middle of a section. */
static void *visitor_main(void *context)
{
	struct torture *torture = context;
	instar_thread *thread;

	torture_scan(torture, NULL);
	torture_park(torture, NULL, torture->sum.visitors % OBJECT_KEYS, 1);
	if (torture->sum.visitors % 2 && instar_thread_self(torture->domain, &thread) == INSTAR_OK)
		instar_enter(thread);
	return NULL;
}

static void visit(struct torture *torture)
{
	pthread_t thread;

	if (pthread_create(&thread, NULL, visitor_main, torture) != 0)
		return;
	pthread_join(thread, NULL);
	torture->sum.visitors++;
}

/* In the child: it is alone with the maps as they were at some moment, migrations under way and all. */
static int child_main(struct torture *torture)
{
	uint64_t old;

	torture->violations = 0;
	torture->injector.percent = 0;
	torture_scan(torture, NULL);
	for (uint64_t i = 0; i < 2000; i++)
		if (instar_put(torture->map, NULL, torture_key(FOR_SHARED, UINT32_MAX - i), i, NULL) != INSTAR_OK)
			torture_violation(torture, "in a child process: put");
	for (uint64_t i = 0; i < 2000; i++)
		if (instar_remove(torture->map, NULL, torture_key(FOR_SHARED, UINT32_MAX - i), &old) != INSTAR_OK ||
		    old != i)
			torture_violation(torture, "in a child process: remove");
	torture_scan(torture, NULL);
	return torture->violations != 0;
}

/* Schemes of other libraries, and those that lock, are not for children. */
static bool may_fork(const struct instar_scheme_info *scheme)
{
	return FORKS_AT_WORK && !scheme->process_wide && strcmp(scheme->family, "lock") != 0;
}

static void fork_once(struct torture *torture)
{
	int status = 0;
	pid_t child;

	if (!may_fork(torture->plan->scheme))
		return;
	fflush(NULL);
	child = fork();
	if (child == 0)
		_exit(child_main(torture));
	if (child < 0)
		return;
	for (unsigned n = 0; waitpid(child, &status, WNOHANG) == 0; n++) {
		if (n == CHILD_NAPS)
			kill(child, SIGALRM);
		nap();
	}
	if (status != 0)
		torture_violation(torture, "a child process ended with status %d", status);
	torture->sum.forks++;
}

/* Until all hands are done.  If none of them comes on any more, no more can be said than the seed. */
static void stand_by(struct torture *torture)
{
	uint64_t came_on = 0;

	for (unsigned n = 0, idle = 0; __atomic_load_n(&torture->working, __ATOMIC_SEQ_CST); n++) {
		uint64_t now = __atomic_load_n(&torture->came_on, __ATOMIC_RELAXED);

		if (n % 16 == 1)
			fork_once(torture);
		else
			visit(torture);
		nap();
		idle = now == came_on ? idle + 1 : 0;
		came_on = now;
		if (idle < NAPS)
			continue;
		printf("%s: VIOLATION: %u threads do not come back; seed %llu\n", torture->plan->scheme->name,
		       torture->working, (unsigned long long)torture->plan->seed);
		fflush(stdout);
		_exit(1);
	}
}

/* ---- the round ---- */

/* Scattered: any keys.  Crowded: keys whose hashes begin with the same 10 bits, so that they share a home. */
static void choose_hot(struct torture *torture)
{
	uint64_t i = 0;

	for (unsigned n = 0; n < HOT; n++, i++) {
		while (torture->crowded && instar_hash(torture->map, torture_key(FOR_HOT, i)) >> 54 !=
					   instar_hash(torture->map, torture_key(FOR_HOT, 0)) >> 54)
			i++;
		torture->hot[n] = torture_key(FOR_HOT, i);
	}
}

static bool open_maps(struct torture *torture)
{
	struct instar_map_opts opts = INSTAR_MAP_OPTS_INIT;
	bool fine;

	opts.flags = torture->no_reuse ? INSTAR_MAP_NO_REUSE : 0;
	opts.seed[0] = torture->plan->seed | 1;
	fine = instar_domain_create(&torture->domain, torture->plan->scheme->name, &torture->injector.opts) == INSTAR_OK &&
	       instar_map_create(&torture->map, torture->domain, &opts) == INSTAR_OK;
	opts.value_free = torture_object_destroy;
	opts.ctx = torture;
	fine = fine && instar_map_create(&torture->boxed, torture->domain, &opts) == INSTAR_OK;
	for (uint64_t i = 0; i < RESIDENTS && fine; i++)
		fine = instar_insert(torture->map, NULL, torture_key(FOR_RESIDENTS, i), ~i, NULL) == INSTAR_OK;
	return fine;
}

static void start_hands(struct torture *torture, pthread_t *threads)
{
	for (unsigned i = 0; i < torture->plan->threads; i++) {
		struct hand *hand = &torture->hands[i];

		memset(hand, 0, sizeof(*hand));
		hand->torture = torture;
		hand->index = i;
		hand->rng = rng_stream(torture->plan->seed, i);
		hand->trail.first_key = torture_key(FOR_TRAIL + i, 0);
		hand->log = i < RECORDERS ? &torture->history->logs[i] : NULL;
	}
	torture->working = torture->plan->threads;
	for (unsigned i = 0; i < torture->plan->threads; i++)
		if (pthread_create(&threads[i], NULL, hand_main, &torture->hands[i]) != 0)
			abort();
}

/* Everything goes, and nothing is left behind. */
static void close_maps(struct torture *torture)
{
	instar_thread *self;
	bool fine = instar_thread_self(torture->domain, &self) == INSTAR_OK && instar_barrier(self) == INSTAR_OK;

	fine &= instar_map_destroy(torture->map) == INSTAR_OK;
	fine &= instar_map_destroy(torture->boxed) == INSTAR_OK;
	fine &= instar_domain_destroy(torture->domain) == INSTAR_OK;
	if (!fine)
		torture_violation(torture, "maps and domain do not go without complaint");
	torture_objects_end(torture);
	if (torture->injector.live || torture->injector.mismatched)
		torture_violation(torture, "%llu blocks of memory left, %llu freed with a wrong size",
				  (unsigned long long)torture->injector.live,
				  (unsigned long long)torture->injector.mismatched);
}

static void judge_history(struct torture *torture)
{
	for (unsigned i = 0; i < torture->history->threads; i++)
		torture->sum.recorded += torture->history->logs[i].n;
	if (!linear_check(torture->history, stdout))
		torture_violation(torture, "the calls on a hot key have no order that explains them");
}

/* The ways it goes. */
static void choose_ways(struct torture *torture)
{
	struct rng ways = rng_stream(torture->plan->seed, TORTURE_THREADS);

	torture->clears = !rng_below(&ways, 3);
	torture->refuses = !rng_below(&ways, 3);
	torture->crowded = rng_below(&ways, 2);
	torture->no_reuse = !rng_below(&ways, 4);
}

/* The hands at work, from the first to the last. */
static void run_hands(struct torture *torture)
{
	pthread_t threads[TORTURE_THREADS];
	instar_thread *self;

	if (instar_thread_self(torture->domain, &self) != INSTAR_OK)
		abort();
	torture->injector.percent = torture->refuses ? REFUSED : 0;
	instar_thread_offline(self);
	start_hands(torture, threads);
	stand_by(torture);
	for (unsigned i = 0; i < torture->plan->threads; i++)
		pthread_join(threads[i], NULL);
	instar_thread_online(self);
	torture->injector.percent = 0;
}

static void add(struct torture_sum *sum, const struct torture_sum *more)
{
	sum->rounds++;
	sum->steps += more->steps;
	sum->calls += more->calls;
	sum->recorded += more->recorded;
	sum->snapshots += more->snapshots;
	sum->objects += more->objects;
	sum->parked += more->parked;
	sum->visitors += more->visitors;
	sum->forks += more->forks;
}

bool torture_round(const struct torture_plan *plan, struct torture_sum *sum, struct history **history)
{
	struct torture torture = { .plan = plan, .front = 2000 };

	choose_ways(&torture);
	injector_init(&torture.injector);
	torture.hands = aligned_alloc(128, sizeof(*torture.hands) * plan->threads);
	torture.history = history_new(plan->threads < RECORDERS ? plan->threads : RECORDERS, RECORDED);
	if (!torture.hands || !open_maps(&torture))
		abort();
	choose_hot(&torture);
	run_hands(&torture);
	torture_audit(&torture);
	judge_history(&torture);
	close_maps(&torture);
	if (history)
		*history = torture.history;
	else
		history_free(torture.history);
	free(torture.hands);
	add(sum, &torture.sum);
	return torture.violations == 0;
}
