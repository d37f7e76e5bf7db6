/*
 * src/bytes_file.c - saving and loading a map of byte-string keys: the image's unit is a byte.
 *
 * The units of all blocks, one after the other, are the entries: value u64, length u32, the key's bytes.  An entry
 * may go on in the next block; the last one ends where the last block does.
 *
 * Neither hashes nor seed are in an image.  What a key's length says is believed only as far as bytes follow: its
 * buffer grows with them, so no key can ask for more memory than the image has bytes.
 */
#include <endian.h>
#include <errno.h>
#include <string.h>

#include <instar/file.h>

#include "src/bytes.h"
#include "src/image.h"
#include "src/order.h"

#if defined(HAVE_XXHASH)

/* The stream of units: `at` in the block, which has n of them (reading). */
struct stream {
	struct image image;
	size_t at, n;
	uint64_t entries;
};

/* An entry's head. */
struct entry_head {
	uint64_t value;
	uint32_t length;
} __attribute__((packed));

_Static_assert(sizeof(struct entry_head) == 12, "without gaps");

/* ---- writing ---- */

static enum instar_status put(struct stream *s, const void *from, size_t bytes)
{
	const unsigned char *p = from;
	enum instar_status status = INSTAR_OK;
	while (bytes && status == INSTAR_OK) {
		size_t room = BLOCK_BYTES - s->at, part = bytes < room ? bytes : room;
		memcpy(s->image.block->units + s->at, p, part);
		p += part;
		bytes -= part;
		s->at += part;
		if (s->at == BLOCK_BYTES) {
			status = image_write_block(&s->image, s->at);
			s->at = 0;
		}
	}
	return status;
}

static enum instar_status write_bundle(struct stream *s, const struct bundle *b)
{
	const struct item *it = bundle_first(b);
	enum instar_status status = INSTAR_OK;
	for (uint32_t i = 0; i < b->count && status == INSTAR_OK; i++, it = item_next(it)) {
		struct entry_head head = { htole64(it->value), htole32(it->length) };
		status = put(s, &head, sizeof head);
		if (status == INSTAR_OK)
			status = put(s, it->key, it->length);
		s->entries++;
	}
	return status;
}

static enum instar_status write_snapshot(struct stream *s, instar_snapshot *snapshot, instar_thread *thread)
{
	enum { BUNDLES_AT_ONCE = 64 };
	struct instar_entry bundles[BUNDLES_AT_ONCE];
	uint64_t cursor = 0;
	enum instar_status status = image_write_head(&s->image), more = INSTAR_OK;
	while (status == INSTAR_OK && more == INSTAR_OK) {
		size_t n;
		more = instar_snapshot_scan(snapshot, thread, &cursor, bundles, BUNDLES_AT_ONCE, &n);
		for (size_t i = 0; i < n && status == INSTAR_OK; i++)
			status = write_bundle(s, (const struct bundle *)(uintptr_t)bundles[i].value);
	}
	if (status == INSTAR_OK)
		status = image_write_block(&s->image, s->at);
	if (status != INSTAR_OK)
		return status;
	return more == INSTAR_NOTFOUND ? image_write_end(&s->image, s->entries) : more;
}

enum instar_status instar_bmap_save(instar_bmap *map, instar_thread *thread, int fd)
{
	struct stream s = { .at = 0 };
	instar_snapshot *snapshot; /* of the bundles, which it keeps */
	if (!bmap_thread(map, &thread))
		return INSTAR_INVAL;
	if (map->release.value_free)
		return INSTAR_UNSUPPORTED;
	enum instar_status status = image_open(&s.image, map->domain, fd, IMAGE_BYTES, 1);
	if (status != INSTAR_OK)
		return status;
	status = snapshot_open(map->map, thread, &snapshot);
	if (status == INSTAR_OK) {
		status = write_snapshot(&s, snapshot, thread);
		int saved = errno;
		instar_snapshot_close(snapshot, thread);
		errno = saved;
	}
	image_close(&s.image, map->domain);
	return status;
}

/* ---- reading ---- */

/* More units are in the block; *end: the image is over. */
static enum instar_status look_ahead(struct stream *s, bool *end)
{
	uint64_t told = 0;
	*end = false;
	if (s->at < s->n)
		return INSTAR_OK;
	enum instar_status status = image_read_block(&s->image, &s->n, &told);
	s->at = 0;
	if (status != INSTAR_OK)
		return status;
	*end = s->n == 0;
	return *end && told != s->entries ? INSTAR_CORRUPT : INSTAR_OK;
}

static enum instar_status take(struct stream *s, void *to, size_t bytes)
{
	unsigned char *p = to;
	while (bytes) {
		bool end;
		enum instar_status status = look_ahead(s, &end);
		if (end)
			return INSTAR_CORRUPT;
		if (status != INSTAR_OK)
			return status;
		size_t rest = s->n - s->at, part = bytes < rest ? bytes : rest;
		memcpy(p, s->image.block->units + s->at, part);
		p += part;
		bytes -= part;
		s->at += part;
	}
	return INSTAR_OK;
}

/* Where keys are put together. */
struct buffer {
	instar_domain *domain;
	unsigned char *bytes;
	size_t size;
};

/* Room for at least `used` bytes more than the `used` there are.  false: no memory. */
static bool buffer_grow(struct buffer *buffer, size_t used)
{
	size_t size = used < BLOCK_BYTES ? BLOCK_BYTES : 2 * used;
	if (size <= buffer->size)
		return true;
	unsigned char *bytes = reclaim_alloc(buffer->domain, size, sizeof(void *));
	if (!bytes)
		return false;
	if (used)
		memcpy(bytes, buffer->bytes, used);
	reclaim_free(buffer->domain, buffer->bytes, buffer->size, sizeof(void *));
	buffer->bytes = bytes;
	buffer->size = size;
	return true;
}

static enum instar_status take_key(struct stream *s, struct buffer *buffer, size_t length)
{
	enum instar_status status = INSTAR_OK;
	for (size_t used = 0, part; used < length && status == INSTAR_OK; used += part) {
		if (used == buffer->size && !buffer_grow(buffer, used))
			return INSTAR_NOMEM;
		part = length < buffer->size ? length - used : buffer->size - used;
		status = take(s, buffer->bytes + used, part);
	}
	return status;
}

static enum instar_status read_image(struct stream *s, instar_bmap *map, instar_thread *thread, struct buffer *buffer)
{
	struct order order = { .most = image_most_entries(&s->image, sizeof(struct entry_head)) };
	enum instar_status status = image_read_head(&s->image);
	while (status == INSTAR_OK) {
		struct entry_head head;
		bool end;
		status = look_ahead(s, &end);
		if (status != INSTAR_OK || end)
			return status;
		status = take(s, &head, sizeof head);
		uint32_t length = status == INSTAR_OK ? le32toh(head.length) : 0;
		if (status == INSTAR_OK)
			status = take_key(s, buffer, length);
		if (status == INSTAR_OK)
			order_see(&order, map->map, thread, instar_bmap_hash(map, buffer->bytes, length));
		if (status == INSTAR_OK)
			status = instar_bmap_insert(map, thread, buffer->bytes, length, le64toh(head.value), NULL);
		s->entries++;
	}
	return status == INSTAR_EXISTS ? INSTAR_CORRUPT : status; /* a map has no key twice */
}

/* Into an empty map that nobody else knows. */
static enum instar_status load_into(instar_bmap *map, int fd)
{
	struct stream s = { .at = 0 };
	struct buffer buffer = { .domain = map->domain };
	enum instar_status status = image_open(&s.image, map->domain, fd, IMAGE_BYTES, 1);
	if (status != INSTAR_OK)
		return status;
	bool made;
	instar_thread *thread = reclaim_borrow(map->domain, &made);
	status = read_image(&s, map, thread, &buffer);
	int saved = errno;
	reclaim_give_back(thread, made);
	reclaim_free(map->domain, buffer.bytes, buffer.size, sizeof(void *));
	errno = saved;
	image_close(&s.image, map->domain);
	return status;
}

enum instar_status instar_bmap_load(instar_bmap **out, instar_domain *domain, const struct instar_bmap_opts *opts,
				    int fd)
{
	instar_bmap *map;
	if (!out)
		return INSTAR_INVAL;
	*out = NULL;
	enum instar_status status = instar_bmap_create(&map, domain, opts);
	if (status != INSTAR_OK)
		return status;
	status = map->release.value_free ? INSTAR_UNSUPPORTED : load_into(map, fd);
	if (status == INSTAR_OK) {
		*out = map;
		return INSTAR_OK;
	}
	int saved = errno;
	bmap_unmake(map); /* nobody else knew it */
	errno = saved;
	return status;
}

#else /* without libxxhash */

enum instar_status instar_bmap_save(instar_bmap *map, instar_thread *thread, int fd)
{
	(void)thread;
	(void)fd;
	return map ? INSTAR_UNSUPPORTED : INSTAR_INVAL;
}

enum instar_status instar_bmap_load(instar_bmap **out, instar_domain *domain, const struct instar_bmap_opts *opts,
				    int fd)
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
