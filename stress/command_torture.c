/* stress/command_torture.c - instar-stress torture: rounds over all schemes until time is up, and one line of verdict. */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "stress/arguments.h"
#include "stress/clock.h"
#include "stress/commands.h"
#include "stress/runner.h"
#include "stress/scheme_names.h"
#include "stress/torture_record.h"

enum { KEY_SEED = 256, KEY_STEPS, KEY_RECORD };

static const struct argp_option options[] = {
	{ "schemes", 's', "LIST", 0, "Reclamation schemes: names or `all' (default)", 0 },
	{ "duration", 'd', "TIME", 0, "Seconds, or a number with s, m, h or d behind it (default: 2m)", 0 },
	{ "rounds", 'r', "N", 0, "This many rounds instead", 0 },
	{ "threads", 't', "N", 0, "Threads (default: three for each processor), or as many as the scheme serves", 0 },
	{ "seed", KEY_SEED, "N", 0, "Of the first round; each further one adds 1 (default: from the clock)", 0 },
	{ "steps", KEY_STEPS, "N", 0, "Steps of each thread in a round (default: 20k)", 0 },
	{ "record", KEY_RECORD, "FILE", 0, "Write the last round for `replay' (default: torture-SEED.json, if it goes wrong)", 0 },
	{ 0 },
};

struct command {
	struct scheme_names names;
	double seconds;
	uint64_t rounds, seed;
	unsigned threads, steps;
	const char *record;
};

/* Now, for what is to be written there may be the only evidence after hours. */
static void try_record(const struct argp_state *state, const char *path)
{
	FILE *file = path ? fopen(path, "a") : NULL;

	if (path && (!file || fclose(file) != 0))
		arguments_wrong(state, "%s: %s", path, strerror(errno));
}

static error_t parse(int key, char *text, struct argp_state *state)
{
	struct command *command = state->input;

	switch (key) {
	case ARGP_KEY_INIT:
		arguments_quiet(state);
		break;
	case 's': scheme_names_add(&command->names, state, text); break;
	case 'd': command->seconds = arguments_duration(state, text); break;
	case 'r': command->rounds = arguments_number(state, "--rounds", text, 1, UINT32_MAX); break;
	case 't': command->threads = (unsigned)arguments_number(state, "--threads", text, 1, TORTURE_THREADS); break;
	case KEY_SEED: command->seed = arguments_number(state, "--seed", text, 0, INT64_MAX); break;
	case KEY_STEPS: command->steps = (unsigned)arguments_number(state, "--steps", text, 1, TORTURE_STEPS); break;
	case KEY_RECORD: command->record = text; break;
	case ARGP_KEY_ARG:
		arguments_wrong(state, "an argument too many: %s", text);
	case ARGP_KEY_END:
		if (!command->names.count)
			scheme_names_add(&command->names, state, "all");
		try_record(state, command->record);
		break;
	default:
		return ARGP_ERR_UNKNOWN;
	}
	return 0;
}

static const struct argp argp = { options, parse, NULL,
				  "Runs maps under stress and faults and checks every answer; 1: one was wrong.", NULL,
				  NULL, NULL };

static void show(const struct torture_sum *sum, const struct torture_plan *plan, double spent)
{
	if (isatty(STDERR_FILENO))
		fprintf(stderr, "\r\033[K%6.0f s  round %llu  %s  seed %llu  %.1f M steps", spent,
			(unsigned long long)sum->rounds, plan->scheme->name, (unsigned long long)plan->seed,
			(double)sum->steps / 1e6);
}

static void verdict(const struct command *command, const struct torture_sum *sum, double spent, bool fine)
{
	if (isatty(STDERR_FILENO))
		fputs("\r\033[K", stderr);
	printf("torture: %s: %llu rounds over %zu schemes, up to %u threads, %.0f s, seed %llu: %.1f M steps, %.1f M calls "
	       "judged, %.2f M calls found linearizable, %llu snapshots, %llu objects, %llu sleeps in sections, %llu visitors, "
	       "%llu forks\n",
	       fine ? "no violation" : "VIOLATION", (unsigned long long)sum->rounds, command->names.count, command->threads,
	       spent, (unsigned long long)command->seed, (double)sum->steps / 1e6, (double)sum->calls / 1e6,
	       (double)sum->recorded / 1e6, (unsigned long long)sum->snapshots, (unsigned long long)sum->objects,
	       (unsigned long long)sum->parked, (unsigned long long)sum->visitors, (unsigned long long)sum->forks);
}

/* The last round: it went wrong, or the user wants it.  False: it could not be written. */
static bool keep(const struct command *command, const struct torture_plan *plan, const struct history *history, bool fine)
{
	const char *path = command->record;
	char name[48];

	if (!path && fine)
		return true;
	snprintf(name, sizeof(name), "torture-%llu.json", (unsigned long long)plan->seed);
	path = path ? path : name;
	if (!record_write(path, plan, history)) {
		fprintf(stderr, "instar-stress torture: %s: %s\n", path, strerror(errno));
		return false;
	}
	if (!fine)
		printf("again: instar-stress replay %s\n", path);
	return true;
}

/* The main thread and a visitor want a handle besides. */
static unsigned threads_for(const struct instar_scheme_info *scheme, unsigned wanted)
{
	unsigned most = scheme->max_threads ? scheme->max_threads - 2 : wanted;

	return wanted < most ? wanted : most;
}

/* Exit status. */
static int run(const struct command *command, struct torture_sum *sum)
{
	double start = clock_seconds(), spent = 0;
	struct torture_plan plan = { .steps = command->steps };
	struct history *history = NULL;
	bool fine = true, kept = true;

	for (uint64_t i = 0; fine && !runner_interrupted(); i++) {
		if (command->rounds ? i == command->rounds : i && spent >= command->seconds)
			break;
		if (history)
			history_free(history);
		plan.scheme = command->names.schemes[i % command->names.count];
		plan.threads = threads_for(plan.scheme, command->threads);
		plan.seed = command->seed + i;
		torture_note(&plan);
		fine = torture_round(&plan, sum, &history);
		spent = clock_seconds() - start;
		show(sum, &plan, spent);
	}
	if (history) {
		kept = keep(command, &plan, history, fine);
		history_free(history);
	}
	verdict(command, sum, spent, fine);
	return !fine ? 1 : kept ? 0 : 2;
}

int command_torture(int argc, char **argv)
{
	struct command command = { .seconds = 120, .steps = 20000, .seed = (uint64_t)(clock_seconds() * 1e3) };
	long processors = sysconf(_SC_NPROCESSORS_ONLN);
	struct torture_sum sum = { 0 };
	int status;

	command.threads = processors * 3 > TORTURE_THREADS ? TORTURE_THREADS : (unsigned)processors * 3;
	arguments_parse(&argp, argc, argv, &command);
	runner_catch_interrupts();
	torture_tell_of_crashes();
	status = run(&command, &sum);
	return status ? status : runner_interrupted();
}
