/*
 * src/image.c - see image.h.
 */
#if defined(HAVE_XXHASH)
#include <endian.h>
#include <errno.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>
#include <xxhash.h>

#include "src/image.h"

enum { FORMAT_VERSION = 1 };

static const unsigned char magic[8] = { 0x89, 'I', 'N', 'S', 'T', 'A', 'R', '\n' };

struct head {
	unsigned char magic[8];
	uint32_t version, kind;
	uint64_t checksum;
};

_Static_assert(sizeof(struct head) == 24, "without gaps");
_Static_assert(offsetof(struct block, units) == 8, "without gaps");

/* ---- both ways ---- */

static uint64_t checksum_of(const struct image *image, const void *part, size_t bytes)
{
	return XXH3_64bits_withSeed(part, bytes, image->checksum);
}

static uint32_t check_of(const struct image *image, const struct block *block)
{
	return (uint32_t)checksum_of(image, &block->n, sizeof block->n);
}

/* What lies between `check` and the checksum: n units, or in the end (n = 0) the number of entries. */
static size_t content_bytes(const struct image *image, size_t n)
{
	return n ? n * image->unit : sizeof(uint64_t);
}

enum instar_status image_open(struct image *image, instar_domain *domain, int fd, enum image_kind kind, size_t unit)
{
	*image = (struct image){ .fd = fd, .kind = kind, .unit = unit };
	image->block = reclaim_alloc(domain, sizeof *image->block, _Alignof(struct block));
	return image->block ? INSTAR_OK : INSTAR_NOMEM;
}

void image_close(struct image *image, instar_domain *domain)
{
	int saved = errno;
	reclaim_free(domain, image->block, sizeof *image->block, _Alignof(struct block));
	errno = saved;
}

/* ---- writing ---- */

static enum instar_status write_all(int fd, const void *from, size_t bytes)
{
	const unsigned char *p = from;
	while (bytes) {
		ssize_t n = write(fd, p, bytes);
		if (n < 0 && errno == EINTR)
			continue;
		if (n == 0)
			errno = EIO;
		if (n <= 0)
			return INSTAR_IO;
		p += n;
		bytes -= (size_t)n;
	}
	return INSTAR_OK;
}

enum instar_status image_write_head(struct image *image)
{
	struct head head = { .version = htole32(FORMAT_VERSION), .kind = htole32((uint32_t)image->kind) };
	memcpy(head.magic, magic, sizeof magic);
	image->checksum = checksum_of(image, &head, offsetof(struct head, checksum));
	head.checksum = htole64(image->checksum);
	return write_all(image->fd, &head, sizeof head);
}

static enum instar_status write_part(struct image *image, size_t n)
{
	struct block *block = image->block;
	size_t content = content_bytes(image, n), body = offsetof(struct block, units) + content;
	block->n = htole32((uint32_t)n);
	block->check = htole32(check_of(image, block));
	image->checksum = checksum_of(image, block, body);
	uint64_t checksum = htole64(image->checksum);
	memcpy(block->units + content, &checksum, sizeof checksum);
	return write_all(image->fd, block, body + sizeof checksum);
}

enum instar_status image_write_block(struct image *image, size_t n)
{
	return n ? write_part(image, n) : INSTAR_OK;
}

enum instar_status image_write_end(struct image *image, uint64_t entries)
{
	entries = htole64(entries);
	memcpy(image->block->units, &entries, sizeof entries);
	return write_part(image, 0);
}

/* ---- reading ---- */

static enum instar_status read_all(int fd, void *to, size_t bytes)
{
	unsigned char *p = to;
	while (bytes) {
		ssize_t n = read(fd, p, bytes);
		if (n < 0 && errno == EINTR)
			continue;
		if (n < 0)
			return INSTAR_IO;
		if (n == 0)
			return INSTAR_CORRUPT;
		p += n;
		bytes -= (size_t)n;
	}
	return INSTAR_OK;
}

/* How much of a file is more than holes.  (Its blocks do not tell: they may be compressed, or unknown.) */
static uint64_t data_bytes(int fd, off_t size)
{
	off_t was = lseek(fd, 0, SEEK_CUR), hole = 0, data;
	uint64_t bytes = 0;
	while (hole < size && (data = lseek(fd, hole, SEEK_DATA)) >= hole && (hole = lseek(fd, data, SEEK_HOLE)) > data)
		bytes += (uint64_t)(hole - data);
	bool unknown = hole == 0 && errno == EINVAL;
	lseek(fd, was, SEEK_SET);
	return unknown ? (uint64_t)size : bytes;
}

uint64_t image_most_entries(const struct image *image, size_t bytes)
{
	enum { FROM_A_PIPE = 1 << 24 };
	struct stat file;
	if (fstat(image->fd, &file) != 0 || !S_ISREG(file.st_mode))
		return FROM_A_PIPE;
	return data_bytes(image->fd, file.st_size) / bytes;
}

enum instar_status image_read_head(struct image *image)
{
	struct head head;
	enum instar_status status = read_all(image->fd, &head, sizeof head);
	if (status != INSTAR_OK)
		return status;
	image->checksum = checksum_of(image, &head, offsetof(struct head, checksum));
	bool good = memcmp(head.magic, magic, sizeof magic) == 0 && le32toh(head.version) == FORMAT_VERSION &&
		    le32toh(head.kind) == (uint32_t)image->kind && le64toh(head.checksum) == image->checksum;
	return good ? INSTAR_OK : INSTAR_CORRUPT;
}

enum instar_status image_read_block(struct image *image, size_t *n, uint64_t *entries)
{
	struct block *block = image->block;
	uint64_t checksum;
	enum instar_status status = read_all(image->fd, block, offsetof(struct block, units));
	if (status != INSTAR_OK)
		return status;
	*n = le32toh(block->n);
	if (*n > BLOCK_BYTES / image->unit || le32toh(block->check) != check_of(image, block))
		return INSTAR_CORRUPT;
	size_t content = content_bytes(image, *n);
	status = read_all(image->fd, block->units, content + sizeof checksum);
	if (status != INSTAR_OK)
		return status;
	image->checksum = checksum_of(image, block, offsetof(struct block, units) + content);
	memcpy(&checksum, block->units + content, sizeof checksum);
	if (!*n) {
		memcpy(entries, block->units, sizeof *entries);
		*entries = le64toh(*entries);
	}
	return le64toh(checksum) == image->checksum ? INSTAR_OK : INSTAR_CORRUPT;
}

#else
typedef int image_needs_xxhash; /* C has no empty translation unit */
#endif
