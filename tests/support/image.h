/*
 * tests/support/image.h - the image of a map in a file, and what must not be taken for one.
 *
 * Include it from the program's main file only, after tap.h.
 */
#ifndef TESTS_IMAGE_H
#define TESTS_IMAGE_H

#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include <instar/reclaim.h>

enum { IMAGE_MAX = 1024, IMAGE_HEAD = 24, IMAGE_END = 24 };

static int file_new(void)
{
	int fd = memfd_create("image", 0);

	if (fd < 0)
		bail_out("no file");
	return fd;
}

static void file_fill(int fd, const void *bytes, size_t n)
{
	if (ftruncate(fd, 0) || lseek(fd, 0, SEEK_SET) || write(fd, bytes, n) != (ssize_t)n || lseek(fd, 0, SEEK_SET))
		bail_out("no file");
}

/* Whether loading from the file answers `status` and nothing is left of it. */
typedef bool load_answers_fn(int fd, instar_domain *domain, enum instar_status status);

/* The image of one block, damaged in every way; at last it is in the file as it was. */
static void image_is_guarded(int fd, instar_domain *domain, const unsigned char *image, size_t n,
			     load_answers_fn *load_answers)
{
	unsigned char copy[IMAGE_MAX];
	bool fine = true;

	for (size_t cut = 0; cut < n && fine; cut++) {
		file_fill(fd, image, cut);
		fine = load_answers(fd, domain, INSTAR_CORRUPT);
	}
	ok(fine, "cut short anywhere: CORRUPT");
	for (size_t bit = 0; bit < n * 8 && fine; bit++) {
		memcpy(copy, image, n);
		copy[bit / 8] ^= (unsigned char)(1u << bit % 8);
		file_fill(fd, copy, n);
		fine = load_answers(fd, domain, INSTAR_CORRUPT);
	}
	ok(fine, "any one bit flipped: CORRUPT");
	memcpy(copy, image, IMAGE_HEAD); /* the block left out, and the end alone */
	memcpy(copy + IMAGE_HEAD, image + n - IMAGE_END, IMAGE_END);
	file_fill(fd, copy, IMAGE_HEAD + IMAGE_END);
	ok(load_answers(fd, domain, INSTAR_CORRUPT), "a block left out: CORRUPT");
	file_fill(fd, image, n);
}

#endif
