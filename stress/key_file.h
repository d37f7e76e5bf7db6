/*
 * stress/key_file.h - the words of a file as keys: each different word's XXH3 hash, in order of first
 * appearance, in memory that cells inherit.
 */
#ifndef STRESS_KEY_FILE_H
#define STRESS_KEY_FILE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct key_file {
	int fd;          /* of the keys, inherited by child processes; -1: no key file */
	size_t count;
};

#define KEY_FILE_NONE { -1, 0 }

/* False: it cannot be read (errno says why) or has no words (errno 0). */
bool key_file_load(struct key_file *keys, const char *path);

/* The keys behind an inherited descriptor; NULL: it has fewer than `count`. */
const uint64_t *key_file_view(int fd, size_t count);

#endif
