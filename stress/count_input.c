/*
 * stress/count_input.c - pieces of about a mebibyte; a line belongs to the piece in which it begins.
 */
#include "stress/count_input.h"

#include <string.h>

#include "stress/words.h"

enum { PIECE = 1 << 20 };

typedef void take_key(const char *key, size_t length, void *context);

static size_t pieces_of(const struct file_view *file)
{
	return (file->size + PIECE - 1) / PIECE;
}

void count_input_divide(struct count_input *input)
{
	input->pieces = 0;
	for (size_t i = 0; i < input->file_count; i++)
		input->pieces += pieces_of(&input->files[i]);
}

/* Where the first line begins that does so at `at` or after it and before `until`; `until` if none does. */
static const char *line_from(const struct file_view *file, size_t at, size_t until)
{
	const char *newline;

	if (at == 0)
		return file->bytes;
	newline = memchr(file->bytes + at - 1, '\n', until - at);
	return newline ? newline + 1 : file->bytes + until;
}

static void take_words(const char *at, const char *end, take_key *take, void *context)
{
	size_t length;

	for (at = next_word(at, end, &length); at; at = next_word(at + length, end, &length))
		take(at, length, context);
}

/* As cut -f: a line without the delimiter counts whole, one with too few fields as the empty key. */
static void take_field(const struct count_input *input, const char *line, size_t length, take_key *take, void *context)
{
	const char *end = line + length, *stop = memchr(line, input->delimiter, length);

	for (unsigned field = 1; stop && field < input->field; field++) {
		line = stop + 1;
		stop = memchr(line, input->delimiter, (size_t)(end - line));
		if (!stop && field + 1 < input->field)
			line = end;
	}
	take(line, (size_t)((stop ? stop : end) - line), context);
}

static void take_lines(const struct count_input *input, const char *at, const char *end, take_key *take, void *context)
{
	while (at < end) {
		const char *newline = memchr(at, '\n', (size_t)(end - at));
		size_t length = (size_t)((newline ? newline : end) - at);

		if (input->kind == KEY_FIELDS)
			take_field(input, at, length, take, context);
		else
			take(at, length, context);
		at += length + 1;
	}
}

bool count_input_take(struct count_input *input, take_key *take, void *context)
{
	size_t piece = input->next++, i = 0;
	const struct file_view *file;
	const char *start, *end;
	size_t next;

	if (piece >= input->pieces)
		return false;
	for (; piece >= pieces_of(&input->files[i]); i++)
		piece -= pieces_of(&input->files[i]);
	file = &input->files[i];
	next = piece + 1 < pieces_of(file) ? (piece + 1) * PIECE : file->size;
	start = line_from(file, piece * PIECE, next);
	end = start == file->bytes + next ? start : line_from(file, next, file->size); /* within one long line: nothing */
	if (input->kind == KEY_WORDS)
		take_words(start, end, take, context);
	else
		take_lines(input, start, end, take, context);
	input->done++;
	return true;
}
