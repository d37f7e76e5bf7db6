/* stress/main.c - instar-stress: finds the subcommand. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "stress/commands.h"

static const struct command {
	const char *name;
	int (*run)(int argc, char **argv);
	const char *about; /* NULL: not for people */
} commands[] = {
	{ "compare", command_compare, "maps and reclamation schemes against each other, with a report" },
	{ "run", command_run, "one map under one workload, with live figures" },
	{ "report", command_report, "one page out of the results of many comparisons" },
	{ "count", command_count, "how often each word or line occurs in files, with all cores" },
	{ "torture", command_torture, "every scheme under stress and faults, each answer checked" },
	{ "replay", command_replay, "a round of torture that was recorded, judged and run again" },
	{ "bench", command_bench, "the library's own speed and memory goals, measured" },
	{ "reclaim", command_reclaim, "what each reclamation scheme costs, in itself and under the map" },
	{ "cell", command_cell, NULL },
};

static void help(void)
{
	puts("Usage: instar-stress COMMAND [ARGUMENT...]\n");
	for (size_t i = 0; i < sizeof(commands) / sizeof(commands[0]); i++)
		if (commands[i].about)
			printf("  %-10s%s\n", commands[i].name, commands[i].about);
	puts("\n`instar-stress COMMAND --help' tells more.");
}

/* What was printed and did not arrive; also on argp's own way out. */
static void check_output(void)
{
	if (fflush(stdout) == 0 && !ferror(stdout))
		return;
	fputs("instar-stress: standard output could not be written\n", stderr);
	_exit(2);
}

int main(int argc, char **argv)
{
	static char name[64];

	atexit(check_output);
	if (argc < 2) {
		fputs("instar-stress: no command given; try `instar-stress --help'\n", stderr);
		return 2;
	}
	if (strcmp(argv[1], "--help") == 0 || strcmp(argv[1], "-?") == 0) {
		help();
		return 0;
	}
	if (strcmp(argv[1], "--version") == 0 || strcmp(argv[1], "-V") == 0) {
		puts("instar-stress " PACKAGE_VERSION);
		return 0;
	}
	for (size_t i = 0; i < sizeof(commands) / sizeof(commands[0]); i++) {
		if (strcmp(commands[i].name, argv[1]) != 0)
			continue;
		snprintf(name, sizeof(name), "instar-stress %s", commands[i].name);
		argv[1] = name;
		return commands[i].run(argc - 1, argv + 1);
	}
	fprintf(stderr, "instar-stress: no such command: %s; try `instar-stress --help'\n", argv[1]);
	return 2;
}
