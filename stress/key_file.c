/* stress/key_file.c - hashing words into keys. */
#include "stress/key_file.h"

#include <errno.h>
#include <stdio.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>
#include <xxhash.h>

#include "stress/baselines/open_table.h"
#include "stress/file_view.h"
#include "stress/words.h"

static uint64_t same(uint64_t key)
{
	return key; /* a hash already */
}

/* Appends each word's hash to `out` the first time it comes. */
static bool collect(const struct file_view *view, FILE *out, size_t *count)
{
	const char *end = view->bytes + view->size, *word;
	struct open_table seen;
	bool ok = open_table_make(&seen, 1 << 16);
	size_t length;

	*count = 0;
	if (!ok)
		return false;
	for (word = next_word(view->bytes, end, &length); ok && word; word = next_word(word + length, end, &length)) {
		uint64_t key = XXH3_64bits(word, length);
		bool is_new;

		if (key == 0 || key == ~(uint64_t)0) /* some baselines keep these for themselves */
			continue;
		ok = open_table_obtain(&seen, same, key, 0, &is_new) != NULL;
		if (ok && is_new) {
			ok = fwrite(&key, sizeof(key), 1, out) == 1;
			++*count;
		}
	}
	open_table_free(&seen);
	return ok && fflush(out) == 0;
}

bool key_file_load(struct key_file *keys, const char *path)
{
	struct file_view view;
	FILE *out;
	bool ok;

	keys->fd = memfd_create("keys", 0);
	if (keys->fd < 0 || !file_view_open(&view, path))
		return false;
	out = fdopen(dup(keys->fd), "w");
	ok = out && collect(&view, out, &keys->count);
	if (out)
		fclose(out);
	file_view_close(&view);
	if (ok && keys->count == 0) {
		errno = 0;
		return false;
	}
	return ok;
}

const uint64_t *key_file_view(int fd, size_t count)
{
	struct stat stat;
	void *keys;

	if (fstat(fd, &stat) != 0 || (size_t)stat.st_size / sizeof(uint64_t) < count)
		return NULL;
	keys = mmap(NULL, count * sizeof(uint64_t), PROT_READ, MAP_PRIVATE, fd, 0);
	return keys == MAP_FAILED ? NULL : keys;
}
