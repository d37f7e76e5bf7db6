/* stress/file_view.c - mapping or reading a file. */
#include "stress/file_view.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

/* Reads to the end of a pipe or the like. */
static bool read_all(struct file_view *view, int fd)
{
	size_t capacity = 1 << 20, size = 0;
	char *bytes = malloc(capacity);

	while (bytes) {
		ssize_t n = read(fd, bytes + size, capacity - size);
		char *larger;

		if (n < 0 && errno == EINTR)
			continue;
		if (n < 0)
			break;
		if (n == 0) {
			*view = (struct file_view){ .bytes = bytes, .size = size };
			return true;
		}
		size += (size_t)n;
		if (size < capacity)
			continue;
		larger = realloc(bytes, capacity *= 2);
		if (!larger)
			break;
		bytes = larger;
	}
	free(bytes);
	return false;
}

static bool view_fd(struct file_view *view, int fd)
{
	struct stat stat;
	void *bytes;

	if (fstat(fd, &stat) != 0)
		return false;
	if (S_ISDIR(stat.st_mode)) {
		errno = EISDIR;
		return false;
	}
	/* Of standard input somebody may have read a part. */
	if (S_ISREG(stat.st_mode) && stat.st_size > 0 && lseek(fd, 0, SEEK_CUR) == 0) {
		bytes = mmap(NULL, (size_t)stat.st_size, PROT_READ, MAP_PRIVATE, fd, 0);
		if (bytes != MAP_FAILED) {
			*view = (struct file_view){ .bytes = bytes, .size = (size_t)stat.st_size, .mapped = true };
			return true;
		}
	}
	return read_all(view, fd);
}

bool file_view_open(struct file_view *view, const char *path)
{
	bool standard_input = strcmp(path, "-") == 0;
	int fd = standard_input ? STDIN_FILENO : open(path, O_RDONLY | O_CLOEXEC);
	int saved;
	bool ok;

	if (fd < 0)
		return false;
	ok = view_fd(view, fd);
	saved = errno;
	if (!standard_input)
		close(fd);
	errno = saved;
	return ok;
}

void file_view_close(struct file_view *view)
{
	if (view->mapped)
		munmap((void *)view->bytes, view->size);
	else
		free((void *)view->bytes);
}
