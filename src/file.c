/*
 * src/file.c - saving and loading a map of numbers: the image's unit is an entry, key u64 and value u64.
 */
#include <endian.h>
#include <errno.h>

#include <instar/file.h>
#include <instar/iter.h>

#include "src/image.h"
#include "src/order.h"
#include "src/state.h"

#if defined(HAVE_XXHASH)

enum { BLOCK_ENTRIES = BLOCK_BYTES / sizeof(struct instar_entry), SECTION_ENTRIES = 256 };

_Static_assert(sizeof(struct instar_entry) == 16, "without gaps");

static struct instar_entry *entries_of(const struct image *image)
{
	return (struct instar_entry *)(void *)image->block->units;
}

/* ---- writing ---- */

static enum instar_status write_entries(struct image *image, size_t n)
{
	struct instar_entry *entry = entries_of(image);
	for (size_t i = 0; i < n; i++) {
		entry[i].key = htole64(entry[i].key);
		entry[i].value = htole64(entry[i].value);
	}
	return image_write_block(image, n);
}

/* As snapshot_scan, which has a section at most for each call. */
static enum instar_status fill_block(struct image *image, instar_snapshot *snapshot, instar_thread *thread,
				     uint64_t *cursor, size_t *n)
{
	enum instar_status more = INSTAR_OK;
	size_t some;
	for (*n = 0; more == INSTAR_OK && *n < BLOCK_ENTRIES; *n += some) {
		size_t room = BLOCK_ENTRIES - *n;
		more = instar_snapshot_scan(snapshot, thread, cursor, entries_of(image) + *n,
					    room < SECTION_ENTRIES ? room : SECTION_ENTRIES, &some);
	}
	return more;
}

static enum instar_status write_snapshot(struct image *image, instar_snapshot *snapshot, instar_thread *thread)
{
	uint64_t cursor = 0, total = 0;
	enum instar_status status = image_write_head(image), more = INSTAR_OK;
	while (status == INSTAR_OK && more == INSTAR_OK) {
		size_t n;
		more = fill_block(image, snapshot, thread, &cursor, &n);
		status = write_entries(image, n);
		total += n;
	}
	if (status != INSTAR_OK)
		return status;
	return more == INSTAR_NOTFOUND ? image_write_end(image, total) : more;
}

enum instar_status instar_save(instar_map *map, instar_thread *thread, int fd)
{
	struct image image;
	instar_snapshot *snapshot;
	if (!map)
		return INSTAR_INVAL;
	if (map->value_free)
		return INSTAR_UNSUPPORTED;
	enum instar_status status = image_open(&image, map->domain, fd, IMAGE_NUMBERS, sizeof(struct instar_entry));
	if (status != INSTAR_OK)
		return status;
	status = snapshot_open(map, thread, &snapshot);
	if (status == INSTAR_OK) {
		status = write_snapshot(&image, snapshot, thread);
		int saved = errno;
		instar_snapshot_close(snapshot, thread);
		errno = saved;
	}
	image_close(&image, map->domain);
	return status;
}

/* ---- reading ---- */

static enum instar_status insert_entries(instar_map *map, instar_thread *thread, struct order *order,
					 const struct instar_entry *entry, size_t n)
{
	enum instar_status status = INSTAR_OK;
	for (size_t i = 0; status == INSTAR_OK && i < n; i++) {
		uint64_t key = le64toh(entry[i].key);
		order_see(order, map, thread, key);
		status = instar_insert(map, thread, key, le64toh(entry[i].value), NULL);
	}
	return status == INSTAR_EXISTS ? INSTAR_CORRUPT : status; /* a map has no key twice */
}

static enum instar_status read_image(struct image *image, instar_map *map, instar_thread *thread)
{
	struct order order = { .most = image_most_entries(image, sizeof(struct instar_entry)) };
	uint64_t total = 0, told = 0;
	enum instar_status status = image_read_head(image);
	for (size_t n = 1; status == INSTAR_OK && n; total += n) {
		status = image_read_block(image, &n, &told);
		if (status == INSTAR_OK)
			status = insert_entries(map, thread, &order, entries_of(image), n);
	}
	return status == INSTAR_OK && told != total ? INSTAR_CORRUPT : status;
}

/* Into an empty map that nobody else knows. */
static enum instar_status load_into(instar_map *map, int fd)
{
	struct image image;
	bool made;
	enum instar_status status = image_open(&image, map->domain, fd, IMAGE_NUMBERS, sizeof(struct instar_entry));
	if (status != INSTAR_OK)
		return status;
	instar_thread *thread = reclaim_borrow(map->domain, &made);
	status = read_image(&image, map, thread);
	reclaim_give_back(thread, made);
	image_close(&image, map->domain);
	return status;
}

enum instar_status instar_load(instar_map **out, instar_domain *domain, const struct instar_map_opts *opts, int fd)
{
	instar_map *map;
	if (!out)
		return INSTAR_INVAL;
	*out = NULL;
	enum instar_status status = instar_map_create(&map, domain, opts);
	if (status != INSTAR_OK)
		return status;
	status = map->value_free ? INSTAR_UNSUPPORTED : load_into(map, fd);
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
