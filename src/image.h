/*
 * src/image.h - the image of a map in a file.  All numbers are little-endian, at any alignment.
 *
 *	head    magic (8 bytes), version u32, kind u32, checksum u64
 *	blocks  n u32, check u32, n units, checksum u64                            1 <= n, at most BLOCK_BYTES of units
 *	end     0 u32, check u32, number of all entries u64, checksum u64
 *
 * What a unit is and how entries lie in them is said by who writes that kind: src/file.c, src/bytes_file.c.
 *
 * A checksum is XXH3 of what precedes it in its part, seeded with the checksum of the part before: so parts
 * left out, repeated or out of order are found like damage within one.  `check`, of n alone, is looked at
 * before n units are waited for.  Every part tells its length, so no byte is read beyond the image.
 */
#ifndef INSTAR_IMAGE_H
#define INSTAR_IMAGE_H

#include "reclaim/contract.h"

enum { BLOCK_BYTES = 1 << 16 };

enum image_kind { IMAGE_NUMBERS = 0, IMAGE_BYTES = 1 };

/* The checksum lies behind the last unit. */
struct block {
	uint32_t n, check;
	_Alignas(8) unsigned char units[BLOCK_BYTES + sizeof(uint64_t)];
};

/* One image being written or read. */
struct image {
	int fd;
	enum image_kind kind;
	size_t unit;       /* bytes of one */
	uint64_t checksum; /* of the part before */
	struct block *block;
};

/* OK, NOMEM. */
enum instar_status image_open(struct image *image, instar_domain *domain, int fd, enum image_kind kind, size_t unit);

/* errno survives it. */
void image_close(struct image *image, instar_domain *domain);

/* OK; IO, errno tells why. */
enum instar_status image_write_head(struct image *image);
enum instar_status image_write_block(struct image *image, size_t n); /* the first n units in the block */
enum instar_status image_write_end(struct image *image, uint64_t entries);

/* Entries of at least so many bytes that may come, to make room for: what the file has, a guess where that is none. */
uint64_t image_most_entries(const struct image *image, size_t bytes);

/* OK; IO; CORRUPT.  A block is read whole: *n units are in it; 0: that was the end, *entries the number there. */
enum instar_status image_read_head(struct image *image);
enum instar_status image_read_block(struct image *image, size_t *n, uint64_t *entries);

#endif
