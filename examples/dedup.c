/*
 * dedup.c - copies standard input to standard output, each line only the first time.
 *
 *     dedup < lines
 *
 * Remembers a 64-bit hash of each line, not the line: of n different lines one is lost with a chance of n^2 / 2^65.
 */
#define _POSIX_C_SOURCE 200809L
#include <stdio.h>
#include <stdlib.h>
#include <sys/types.h>

#include <instar/instar.h>

static uint64_t hash_line(const char *line, size_t length)
{
	uint64_t h = 0xcbf29ce484222325u ^ length;

	for (size_t i = 0; i < length; i++) {
		h = (h ^ (unsigned char)line[i]) * 0x100000001b3u;
		h ^= h >> 32;
	}
	return h;
}

int main(void)
{
	enum instar_status status = INSTAR_OK;
	instar_map *seen;
	char *line = NULL;
	size_t room = 0;
	ssize_t length;

	if (instar_map_create(&seen, NULL, NULL) != INSTAR_OK) {
		fputs("dedup: out of memory\n", stderr);
		return 1;
	}
	while ((length = getline(&line, &room, stdin)) > 0) {
		if (line[length - 1] == '\n') /* the last line may lack one */
			length--;
		status = instar_insert(seen, NULL, hash_line(line, (size_t)length), 1, NULL);
		if (status != INSTAR_OK && status != INSTAR_EXISTS)
			break;
		if (status == INSTAR_OK && (fwrite(line, 1, (size_t)length, stdout) < (size_t)length || putchar('\n') < 0))
			break;
	}
	free(line);
	instar_map_destroy(seen);
	if (length > 0 || ferror(stdin) || fflush(stdout)) {
		fprintf(stderr, "dedup: %s\n", length > 0 && status > INSTAR_EXISTS ? instar_status_text(status) : "I/O error");
		return 1;
	}
	return 0;
}
