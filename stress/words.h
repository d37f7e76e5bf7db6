/*
 * stress/words.h - what a word is: a longest run of bytes that are not white space (of the C locale).
 */
#ifndef STRESS_WORDS_H
#define STRESS_WORDS_H

#include <stdbool.h>
#include <stddef.h>
#include <string.h>

static inline bool is_space(char byte)
{
	return byte == ' ' || (byte >= '\t' && byte <= '\r');
}

/* The next word at or after `at`, or NULL; *length is its length. */
static inline const char *next_word(const char *at, const char *end, size_t *length)
{
	const char *start;

	while (at < end && is_space(*at))
		at++;
	if (at == end)
		return NULL;
	for (start = at; at < end && !is_space(*at); at++)
		continue;
	*length = (size_t)(at - start);
	return start;
}

#endif
