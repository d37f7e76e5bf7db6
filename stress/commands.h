/*
 * stress/commands.h - the subcommands.  Each gets its own argv, argv[0] being "instar-stress NAME", and
 * returns the exit status: 0; 1: it ran and something failed; 2: bad arguments, or something could not be
 * read or written (said in one line).  main() sees to standard output.
 */
#ifndef STRESS_COMMANDS_H
#define STRESS_COMMANDS_H

int command_compare(int argc, char **argv);
int command_run(int argc, char **argv);
int command_report(int argc, char **argv);
int command_count(int argc, char **argv);
int command_bench(int argc, char **argv);
int command_reclaim(int argc, char **argv);
int command_torture(int argc, char **argv);
int command_replay(int argc, char **argv);
int command_cell(int argc, char **argv); /* not for people: one cell, result on standard output */

#endif
