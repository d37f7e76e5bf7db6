/*
 * src/file.c - the image of a map.  All numbers are little-endian, at any alignment.
 *
 *	head    magic (8 bytes), version u32, 0 u32, checksum u64
 *	blocks  n u32, check u32, n entries (key u64, value u64), checksum u64     1 <= n <= BLOCK_ENTRIES
 *	end     0 u32, check u32, number of all entries u64, checksum u64
 *
 * A checksum is XXH3 of what precedes it in its part, seeded with the checksum of the part before: so parts
 * left out, repeated or out of order are found like damage within one.  `check`, of n alone, is looked at
 * before n entries are waited for.  Every part tells its length, so no byte is read beyond the image.
 */
#include <endian.h>
#include <errno.h>
#include <string.h>
#include <unistd.h>

#include <instar/file.h>
#include <instar/iter.h>

#include "src/state.h"

#if defined(HAVE_XXHASH)
#include <xxhash.h>

enum { FORMAT_VERSION = 1, BLOCK_ENTRIES = 4096 };

static const unsigned char magic[8] = { 0x89, 'I', 'N', 'S', 'T', 'A', 'R', '\n' };

struct head {
	unsigned char magic[8];
	uint32_t version, zero;
	uint64_t checksum;
};

/* The checksum lies behind the last entry; in the end, the total lies in the first entry's key. */
struct block {
	uint32_t n, check;
	struct instar_entry entry[BLOCK_ENTRIES + 1];
};

_Static_assert(sizeof(struct head) == 24, "without gaps");
_Static_assert(offsetof(struct block, entry) == 8 && sizeof(struct instar_entry) == 16, "without gaps");

/* One image being written or read. */
struct image {
	int fd;
	uint64_t checksum; /* of the part before */
	uint64_t total;
	struct block *block;
};

/* ---- both ways ---- */

static uint64_t checksum_of(const struct image *image, const void *part, size_t bytes)
{
	return XXH3_64bits_withSeed(part, bytes, image->checksum);
}

static uint32_t check_of(const struct image *image, const struct block *block)
{
	return (uint32_t)checksum_of(image, &block->n, sizeof block->n);
}

/* What precedes the checksum in a block of n entries, or in the end (n = 0). */
static size_t body_bytes(uint32_t n)
{
	return offsetof(struct block, entry) + (n ? n * sizeof(struct instar_entry) : sizeof(uint64_t));
}

static enum instar_status open_image(struct image *image, instar_domain *domain, int fd)
{
	*image = (struct image){ .fd = fd };
	image->block = reclaim_alloc(domain, sizeof *image->block, sizeof(void *));
	return image->block ? INSTAR_OK : INSTAR_NOMEM;
}

/* errno survives it. */
static void close_image(struct image *image, instar_domain *domain)
{
	int saved = errno;
	reclaim_free(domain, image->block, sizeof *image->block, sizeof(void *));
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
		if (n < 0)
			return INSTAR_IO;
		p += n;
		bytes -= (size_t)n;
	}
	return INSTAR_OK;
}

static enum instar_status write_head(struct image *image)
{
	struct head head = { .version = htole32(FORMAT_VERSION) };
	memcpy(head.magic, magic, sizeof magic);
	image->checksum = checksum_of(image, &head, offsetof(struct head, checksum));
	head.checksum = htole64(image->checksum);
	return write_all(image->fd, &head, sizeof head);
}

/* n entries, which are in the block; or the end, n = 0. */
static enum instar_status write_block(struct image *image, uint32_t n)
{
	struct block *block = image->block;
	size_t body = body_bytes(n);
	block->n = htole32(n);
	block->check = htole32(check_of(image, block));
	for (uint32_t i = 0; i < n; i++) {
		block->entry[i].key = htole64(block->entry[i].key);
		block->entry[i].value = htole64(block->entry[i].value);
	}
	image->total += n;
	if (!n)
		block->entry[0].key = htole64(image->total);
	image->checksum = checksum_of(image, block, body);
	uint64_t checksum = htole64(image->checksum);
	memcpy((unsigned char *)block + body, &checksum, sizeof checksum);
	return write_all(image->fd, block, body + sizeof checksum);
}

static enum instar_status write_snapshot(struct image *image, instar_snapshot *snapshot, instar_thread *thread)
{
	uint64_t cursor = 0;
	enum instar_status status = write_head(image), more = INSTAR_OK;
	while (status == INSTAR_OK && more == INSTAR_OK) {
		size_t n;
		more = instar_snapshot_scan(snapshot, thread, &cursor, image->block->entry, BLOCK_ENTRIES, &n);
		if (n)
			status = write_block(image, (uint32_t)n);
	}
	if (status != INSTAR_OK)
		return status;
	return more == INSTAR_NOTFOUND ? write_block(image, 0) : more;
}

enum instar_status instar_save(instar_map *map, instar_thread *thread, int fd)
{
	struct image image;
	instar_snapshot *snapshot;
	if (!map)
		return INSTAR_INVAL;
	if (map->value_free)
		return INSTAR_UNSUPPORTED;
	enum instar_status status = open_image(&image, map->domain, fd);
	if (status != INSTAR_OK)
		return status;
	status = snapshot_open(map, thread, &snapshot);
	if (status == INSTAR_OK) {
		status = write_snapshot(&image, snapshot, thread);
		int saved = errno;
		instar_snapshot_close(snapshot, thread);
		errno = saved;
	}
	close_image(&image, map->domain);
	return status;
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

static enum instar_status read_head(struct image *image)
{
	struct head head;
	enum instar_status status = read_all(image->fd, &head, sizeof head);
	if (status != INSTAR_OK)
		return status;
	image->checksum = checksum_of(image, &head, offsetof(struct head, checksum));
	bool good = memcmp(head.magic, magic, sizeof magic) == 0 && le32toh(head.version) == FORMAT_VERSION && !head.zero &&
		    le64toh(head.checksum) == image->checksum;
	return good ? INSTAR_OK : INSTAR_CORRUPT;
}

/* The next block, or the end, whole: *n entries are in it. */
static enum instar_status read_block(struct image *image, uint32_t *n)
{
	struct block *block = image->block;
	size_t start = offsetof(struct block, entry);
	uint64_t checksum;
	enum instar_status status = read_all(image->fd, block, start);
	if (status != INSTAR_OK)
		return status;
	*n = le32toh(block->n);
	if (*n > BLOCK_ENTRIES || le32toh(block->check) != check_of(image, block))
		return INSTAR_CORRUPT;
	size_t body = body_bytes(*n);
	status = read_all(image->fd, block->entry, body - start + sizeof checksum);
	if (status != INSTAR_OK)
		return status;
	image->checksum = checksum_of(image, block, body);
	memcpy(&checksum, (unsigned char *)block + body, sizeof checksum);
	return le64toh(checksum) == image->checksum ? INSTAR_OK : INSTAR_CORRUPT;
}

static enum instar_status insert_block(instar_map *map, instar_thread *thread, const struct block *block, uint32_t n)
{
	enum instar_status status = INSTAR_OK;
	for (uint32_t i = 0; status == INSTAR_OK && i < n; i++)
		status = instar_insert(map, thread, le64toh(block->entry[i].key), le64toh(block->entry[i].value), NULL);
	return status == INSTAR_EXISTS ? INSTAR_CORRUPT : status; /* a map has no key twice */
}

static enum instar_status read_image(struct image *image, instar_map *map, instar_thread *thread)
{
	uint32_t n;
	enum instar_status status = read_head(image);
	while (status == INSTAR_OK) {
		status = read_block(image, &n);
		if (status != INSTAR_OK || !n)
			break;
		image->total += n;
		status = insert_block(map, thread, image->block, n);
	}
	if (status == INSTAR_OK && le64toh(image->block->entry[0].key) != image->total)
		status = INSTAR_CORRUPT;
	return status;
}

/* Into an empty map that nobody else knows. */
static enum instar_status load_into(instar_map *map, int fd)
{
	struct image image;
	instar_thread *thread = reclaim_self(map->domain);
	enum instar_status status = open_image(&image, map->domain, fd);
	if (status == INSTAR_OK) {
		status = read_image(&image, map, thread);
		close_image(&image, map->domain);
	}
	return status;
}

enum instar_status instar_load(instar_map **out, instar_domain *domain, const struct instar_map_opts *opts, int fd)
{
	instar_map *map;
	if (!out)
		return INSTAR_INVAL;
	*out = NULL;
	if (opts && opts->struct_size == sizeof *opts && opts->value_free)
		return INSTAR_UNSUPPORTED;
	enum instar_status status = instar_map_create(&map, domain, opts);
	if (status != INSTAR_OK)
		return status;
	status = load_into(map, fd);
	if (status == INSTAR_OK) {
		*out = map;
		return INSTAR_OK;
	}
	int saved = errno;
	instar_map_destroy(map);
	errno = saved;
	return status;
}

#else /* without libxxhash */

enum instar_status instar_save(instar_map *map, instar_thread *thread, int fd)
{
	(void)thread;
	(void)fd;
	return map ? INSTAR_UNSUPPORTED : INSTAR_INVAL;
}

enum instar_status instar_load(instar_map **out, instar_domain *domain, const struct instar_map_opts *opts, int fd)
{
	(void)domain;
	(void)opts;
	(void)fd;
	if (!out)
		return INSTAR_INVAL;
	*out = NULL;
	return INSTAR_UNSUPPORTED;
}

#endif
