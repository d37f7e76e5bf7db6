/*
 * tests/model/explorer.c - explores the scenarios: TAP, or one of them in detail.
 *
 *   explorer                          every scenario, by search and by chance, each with and without a parked thread
 *   explorer SCENARIO ...             these
 *   explorer --replay SCENARIO STRING one run, told step by step
 *   options: -p N  preemptions         -d N  stores that may wait   -r  they may overtake each other
 *            -n N  runs by chance      -s N  seed                   -m N  states at most (in thousands)
 *            -v  figures   -x  stop at the first failure
 *
 * What follows a scenario's name in brackets is how many preemptions were explored whole, `all` if more would make no
 * further run: with stores that come at once, and where tried with `late` ones, and with late ones `unordered`.
 */
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "tests/model/history.h"
#include "tests/model/memory.h"
#include "tests/model/schedule.h"
#include "tests/model/subject.h"
#include "tests/support/tap.h"
#include "tests/support/wanted.h"

/* A real scheme has more steps, and stores that may wait; the specification scheme has none. */
#if defined(RECLAIM_SCHEME)
enum { MODEL_PREEMPTIONS = 1, MODEL_STORES_WAIT = 1, ALL_MEET = 0 };
#else
enum { MODEL_PREEMPTIONS = 3, MODEL_STORES_WAIT = 0, ALL_MEET = INSTAR_BUCKET_SLOTS == 3 };
#endif

enum { WARM_UP = 200, THOROUGH_PREEMPTIONS = 3 };

/* Preemptions explored whole, but for: */
enum { NOT_EVEN_ZERO = -1, ALL_RUNS = 1000 };

static struct {
	int preemptions, delays;
	bool reorder, verbose, stop;
	uint64_t chances, seed;
} options = { -1, 0, false, false, false, 200, 1 };

static const struct scenario *subject;
static uint64_t runs;

static void prepare(void)
{
	subject_prepare(subject);
}

static unsigned threads_of(const struct scenario *s)
{
	unsigned n = 0;
	while (n < SCENARIO_THREADS && s->thread[n])
		n++;
	return n;
}

/* false: it failed. */
static bool one_run(void)
{
	runs++;
	subject_begin_run();
	enum outcome outcome = schedule_run(threads_of(subject), subject_thread);
	if (outcome == RUN_PRUNED)
		return true;
	return outcome == RUN_DONE && run_guarded(subject_end_run);
}

/* By chance; every access is a choice, so that shared locations become known. */
static bool explore_by_chance(uint64_t n, unsigned preemptions, bool every)
{
	trial.source = BY_CHANCE;
	trial.limits.preemptions = preemptions;
	trial.every = every;
	chance_begin(options.seed);
	bool right = true;
	for (uint64_t i = 0; i < n && right; i++)
		right = one_run();
	trial.every = false;
	return right;
}

/* All runs within the limits; from the beginning each time a shared location turns up. */
static bool explore_by_search(unsigned preemptions)
{
	trial.source = BY_SEARCH;
	trial.limits.preemptions = preemptions;
	do {
		search_begin();
		do {
			if (!one_run())
				return false;
		} while (!memory_learnt() && !search_was_cut() && search_next());
	} while (memory_learnt());
	return true;
}

/* Tells the run that the string describes.  The first time is to learn what is shared. */
static bool replay(const char *text)
{
	bool right = true;
	trial.limits.reorder = *text == 'w';
	if (!replay_parse(text + (*text == 'w'))) {
		diag("not a replay string: %s", text);
		return false;
	}
	trial.source = BY_REPLAY;
	trial.every = true;
	trial.limits.park = ~0u;
	trial.limits.delays = 1000;
	for (int i = 0; i < 2; i++) {
		trial.trace = i == 1;
		right = one_run();
	}
	trial.trace = trial.every = false;
	if (!right)
		diag("%s: %s", subject->name, trial.message);
	return right;
}

static void tell_failure(void)
{
	static char text[MAX_REPLAY * 8];
	struct limits limits = trial.limits;
	snprintf(text, sizeof text, "%s%s", limits.reorder ? "w" : "", replay_text());
	diag("%s (%s): %s", subject->name, subject->about, trial.message);
	diag("again: --replay %s %s", subject->name, text);
	replay(text);
	trial.limits = limits;
}

static double seconds(void)
{
	struct timespec now;
	clock_gettime(CLOCK_MONOTONIC, &now);
	return (double)now.tv_sec + (double)now.tv_nsec / 1e9;
}

/* With fewer preemptions first, so that what is found is short; at last, in a thorough run, without bound. */
static bool search(unsigned bound, bool thorough, int *whole)
{
	bool cut = false;
	*whole = NOT_EVEN_ZERO;
	for (unsigned n = 0; n <= bound && !cut; n++) {
		if (!explore_by_search(n))
			return false;
		cut = search_was_cut();
		if (!cut)
			*whole = search_was_limited() ? (int)n : ALL_RUNS;
		if (*whole == ALL_RUNS)
			return true;
	}
	if (!thorough)
		return true;
	if (!explore_by_search(UNBOUNDED))
		return false;
	if (!search_was_cut())
		*whole = ALL_RUNS;
	return true;
}

/* Garbage is freed while others run: explored with stores that wait, too. */
static bool is_of_reclaimer(const struct scenario *s)
{
	for (unsigned i = 0; i < threads_of(s); i++)
		if (strchr(s->thread[i], 'v'))
			return true;
	return false;
}

/* Who may be parked, as bits: not who opens and closes a snapshot, which takes a lock. */
static unsigned may_park(const struct scenario *s)
{
	unsigned threads = 0;
	for (unsigned i = 0; i < threads_of(s); i++)
		if (!strchr(s->thread[i], 'N'))
			threads |= 1u << i;
	return threads;
}

/* How stores come into memory: at once; late, in order; late, relaxed ones in any order. */
static const struct memory_kind {
	const char *name;
	struct limits limits;
	unsigned preemptions; /* at most */
} memories[] = {
	{ "", { .delays = 0 }, 3 },
	{ "late ", { .delays = 1 }, 2 },
	{ "unordered ", { .delays = 2, .reorder = true }, 1 },
};

/* A map besides the reclaimer makes many more steps, and a snapshot most. */
static unsigned most_preemptions(const struct memory_kind *memory)
{
	unsigned most = memory->preemptions;
	if (!is_of_reclaimer(subject))
		return MODEL_PREEMPTIONS;
	if (memory->limits.delays && (only_kinds() || strchr(subject->setup, 'i')))
		most--;
	return memory->limits.delays && may_park(subject) != (1u << threads_of(subject)) - 1 ? 0 : most;
}

static unsigned bound_of(const struct memory_kind *memory, bool thorough)
{
	unsigned bound = subject->preemptions, most = most_preemptions(memory);
	if (options.preemptions >= 0)
		return (unsigned)options.preemptions;
	if (thorough && !memory->limits.delays)
		return bound > THOROUGH_PREEMPTIONS ? bound : THOROUGH_PREEMPTIONS;
	return bound > most ? most : bound;
}

/* One scenario over one kind of memory. */
static bool explore_memory(const struct memory_kind *memory, bool thorough, int *whole)
{
	double began = seconds();
	runs = 0;
	trial.limits = memory->limits;
	trial.limits.park = may_park(subject);
	bool right = explore_by_chance(WARM_UP, 3, true) &&
		     search(bound_of(memory, thorough), thorough && !memory->limits.delays, whole);
	if (right && *whole != ALL_RUNS)
		right = explore_by_chance(options.chances * (thorough ? 125 : 1), 6, false);
	if (!right)
		tell_failure();
	if (options.verbose)
		diag("%s: %s%llu runs, %zu states, %.2f s", subject->name, memory->name, (unsigned long long)runs,
		     search_states(), seconds() - began);
	return right;
}

static void tell_whole(char *text, size_t size, const char *memory, int whole)
{
	size_t at = strlen(text);
	char number[16] = "all";
	if (whole != ALL_RUNS)
		snprintf(number, sizeof number, "%d", whole);
	snprintf(text + at, size - at, "%s%s%s", at ? ", " : "", memory, number);
}

/* false: no more of them. */
static bool explore(const struct scenario *s, bool thorough)
{
	struct memory_kind chosen = { "late ", { .delays = (unsigned)options.delays, .reorder = options.reorder }, 3 };
	const struct memory_kind *kinds = options.delays ? &chosen : memories;
	unsigned n = !options.delays && MODEL_STORES_WAIT && (is_of_reclaimer(s) || thorough) ? 3 : 1;
	char reached[64] = "";
	bool right = true;
	subject = s;
	if (!run_guarded(prepare)) {
		diag("%s: the preparation fails: %s", s->name, trial.message);
		ok(false, "%s", s->name);
		return !options.stop;
	}
	for (unsigned i = 0; i < n && right; i++) {
		int whole = NOT_EVEN_ZERO;
		right = explore_memory(&kinds[i], thorough, &whole);
		tell_whole(reached, sizeof reached, kinds[i].name, whole);
	}
	ok(right, "%s: %s [%s]", s->name, s->about, reached);
	return right || !options.stop;
}

/* A wild pointer is what a run may end with.  On the fiber's own stack, which is left for good. */
static void wild_access(int signal, siginfo_t *info, void *context)
{
	(void)signal;
	(void)context;
	run_fail("an access to %p, which is no memory", info->si_addr);
}

static void catch_wild_accesses(void)
{
	struct sigaction action = { .sa_sigaction = wild_access, .sa_flags = SA_SIGINFO | SA_NODEFER };
	sigaction(SIGSEGV, &action, NULL);
	sigaction(SIGBUS, &action, NULL);
}

static const struct scenario *find_scenario(const char *name)
{
	for (unsigned i = 0; i < scenarios_n; i++)
		if (!strcmp(scenarios[i].name, name))
			return &scenarios[i];
	bail_out("no scenario %s", name);
	return NULL;
}

static int replay_one(const char *name, const char *text)
{
	subject = find_scenario(name);
	if (!run_guarded(prepare))
		bail_out("the preparation fails: %s", trial.message);
	return !replay(text);
}

static void explore_all(bool thorough)
{
	bool more = true;
	for (unsigned n = 0; n < scenarios_n && more; n++)
		more = explore(&scenarios[n], thorough);
	if (ALL_MEET && more && !options.stop)
		ok(subject_tell_meetings() == 0, "each transition that writes, a clear and a snapshot have met each of them");
}

int main(int argc, char **argv)
{
	bool thorough = getenv("INSTAR_TEST_SCALE") != NULL;
	int i;
	catch_wild_accesses();
	if (argc == 4 && !strcmp(argv[1], "--replay"))
		return replay_one(argv[2], argv[3]);
	for (i = 1; i < argc && argv[i][0] == '-'; i++) {
		char option = argv[i][1];
		if (option == 'v')
			options.verbose = true;
		else if (option == 'x')
			options.stop = true;
		else if (option == 'r')
			options.reorder = true;
		else if (i + 1 == argc)
			bail_out("%s needs a number", argv[i]);
		else if (option == 'p')
			options.preemptions = atoi(argv[++i]);
		else if (option == 'd')
			options.delays = atoi(argv[++i]);
		else if (option == 'n')
			options.chances = strtoull(argv[++i], NULL, 10);
		else if (option == 'm')
			search_most_states = (size_t)atoi(argv[++i]) * 1000;
		else if (option == 's')
			options.seed = strtoull(argv[++i], NULL, 10);
		else
			bail_out("no option %s", argv[i]);
	}
	bool more = true, all = i == argc;
	for (; i < argc && more; i++)
		more = explore(find_scenario(argv[i]), thorough);
	if (all)
		explore_all(thorough);
	return done_testing();
}
