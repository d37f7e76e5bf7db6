/* stress/arguments.c - argp with one-line errors, and the kinds of values that options take. */
#include "stress/arguments.h"

#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

void arguments_parse(const struct argp *argp, int argc, char **argv, void *input)
{
	argp_err_exit_status = 2;
	if (argp_parse(argp, argc, argv, 0, NULL, input) != 0)
		exit(2);
}

void arguments_quiet(struct argp_state *state)
{
	state->err_stream = NULL;
}

void arguments_wrong(const struct argp_state *state, const char *format, ...)
{
	va_list list;

	fprintf(stderr, "%s: ", state->argv[0]);
	va_start(list, format);
	vfprintf(stderr, format, list);
	va_end(list);
	fputc('\n', stderr);
	exit(2);
}

uint64_t arguments_number(const struct argp_state *state, const char *what, const char *text, uint64_t least,
			  uint64_t most)
{
	char *end;
	unsigned long long number;

	errno = 0;
	number = strtoull(text, &end, 10);
	if (*end == 'k' || *end == 'M') {
		unsigned long long unit = *end++ == 'k' ? 1000 : 1000000;

		number = number > UINT64_MAX / unit ? UINT64_MAX : number * unit;
	}
	if (text[0] < '0' || text[0] > '9' || *end || errno || number < least || number > most)
		arguments_wrong(state, "%s: %s is not a number from %llu to %llu", what, text,
				(unsigned long long)least, (unsigned long long)most);
	return number;
}

double arguments_time(const struct argp_state *state, const char *text)
{
	char *end;
	double time = strtod(text, &end);

	if (end == text || *end || !(time > 0 && time <= 86400))
		arguments_wrong(state, "%s is not a time from 0 to 86400", text);
	return time;
}

double arguments_duration(const struct argp_state *state, const char *text)
{
	static const struct {
		const char *name;
		double seconds;
	} units[] = { { "", 1 }, { "s", 1 }, { "m", 60 }, { "h", 3600 }, { "d", 86400 } };
	char *end;
	double number = strtod(text, &end);

	for (size_t i = 0; i < sizeof(units) / sizeof(units[0]) && end != text; i++)
		if (strcmp(end, units[i].name) == 0 && number > 0 && number * units[i].seconds <= 366 * 86400.)
			return number * units[i].seconds;
	arguments_wrong(state, "%s is not a time: a number, with s, m, h or d behind it", text);
}

void arguments_names(const char *text, void (*take)(const char *name, void *context), void *context)
{
	char *copy = strdup(text), *rest = copy, *name;

	while (copy && (name = strsep(&rest, ",")) != NULL)
		take(name, context);
	free(copy);
}

struct numbers {
	const struct argp_state *state;
	const char *what;
	uint64_t least, most, *numbers;
	size_t count, capacity;
};

static void take_number(const char *text, void *context)
{
	struct numbers *to = context;

	if (to->count == to->capacity)
		arguments_wrong(to->state, "%s: more than %zu numbers", to->what, to->capacity);
	to->numbers[to->count++] = arguments_number(to->state, to->what, text, to->least, to->most);
}

size_t arguments_numbers(const struct argp_state *state, const char *what, const char *text, uint64_t least,
			 uint64_t most, uint64_t *numbers, size_t capacity)
{
	struct numbers to = { state, what, least, most, numbers, 0, capacity };

	arguments_names(text, take_number, &to);
	return to.count;
}
