/*
 * stress/arguments.h - command lines: glibc's argp, with every mistake told in one line and status 2.
 */
#ifndef STRESS_ARGUMENTS_H
#define STRESS_ARGUMENTS_H

#include <argp.h>
#include <stddef.h>
#include <stdint.h>

/* Parses all of argv into `input` (state->input of the parser), or exits with 2. */
void arguments_parse(const struct argp *argp, int argc, char **argv, void *input);

/* To be called at ARGP_KEY_INIT: leaves out the second line that argp adds to a mistake. */
void arguments_quiet(struct argp_state *state);

/* One line, exit 2. */
_Noreturn void arguments_wrong(const struct argp_state *state, const char *format, ...)
	__attribute__((format(printf, 2, 3)));

/* A number, where k and M may follow for thousands and millions; wrong if it is not in the range. */
uint64_t arguments_number(const struct argp_state *state, const char *what, const char *text, uint64_t least,
			  uint64_t most);
/* A time in the option's unit: above 0, at most 86400. */
double arguments_time(const struct argp_state *state, const char *text);
/* In seconds, from a number with s, m, h or d behind it, or nothing: above 0, at most a year. */
double arguments_duration(const struct argp_state *state, const char *text);

/* Numbers with commas between them.  Returns how many, at most `capacity`. */
size_t arguments_numbers(const struct argp_state *state, const char *what, const char *text, uint64_t least,
			 uint64_t most, uint64_t *numbers, size_t capacity);

/* Calls take(name, context) for each of the names with commas between them. */
void arguments_names(const char *text, void (*take)(const char *name, void *context), void *context);

#endif
