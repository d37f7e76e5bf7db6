/* stress/command_replay.c - instar-stress replay: a round of torture from its file, judged again and run again. */
#include <stdio.h>

#include "stress/arguments.h"
#include "stress/commands.h"
#include "stress/runner.h"
#include "stress/torture_record.h"

struct replay {
	struct torture_record record;
	uint64_t rounds;
	const char *file;
};

static const struct argp_option options[] = {
	{ "rounds", 'r', "N", 0, "How often to run it again, at most (default: 20; 0: judge the recorded calls only)", 0 },
	{ 0 },
};

static error_t parse(int key, char *text, struct argp_state *state)
{
	struct replay *replay = state->input;
	char error[RECORD_ERROR];

	switch (key) {
	case ARGP_KEY_INIT: arguments_quiet(state); break;
	case 'r': replay->rounds = arguments_number(state, "--rounds", text, 0, UINT32_MAX); break;
	case ARGP_KEY_ARG:
		if (replay->file)
			arguments_wrong(state, "an argument too many: %s", text);
		replay->file = text;
		if (!record_read(&replay->record, text, error))
			arguments_wrong(state, "%s: %s", text, error);
		break;
	case ARGP_KEY_NO_ARGS: arguments_wrong(state, "no file given");
	default: return ARGP_ERR_UNKNOWN;
	}
	return 0;
}

static const struct argp argp = { options, parse, "FILE",
				  "Checks what a round of torture recorded, and runs the round again until it goes wrong.", NULL,
				  NULL, NULL };

static bool run_again(const struct replay *replay)
{
	const struct torture_plan *plan = &replay->record.plan;
	struct torture_sum sum = { 0 };
	bool fine = true;

	if (!plan->scheme) {
		printf("replay: not run again: this build has no scheme %s\n", replay->record.scheme);
		return true;
	}
	while (fine && sum.rounds < replay->rounds && !runner_interrupted())
		fine = torture_round(plan, &sum, NULL);
	printf("replay: %s in %llu rounds of %s with seed %llu, %u threads, %u steps\n",
	       fine ? "no violation" : "VIOLATION", (unsigned long long)sum.rounds, plan->scheme->name,
	       (unsigned long long)plan->seed, plan->threads, plan->steps);
	return fine;
}

int command_replay(int argc, char **argv)
{
	struct replay replay = { .rounds = 20 };
	bool fine;

	arguments_parse(&argp, argc, argv, &replay);
	runner_catch_interrupts();
	fine = record_judge(&replay.record);
	if (replay.rounds)
		fine &= run_again(&replay);
	history_free(replay.record.history);
	return fine ? runner_interrupted() : 1;
}
