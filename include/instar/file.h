/*
 * instar/file.h - a map's entries to a file and back.
 *
 * An image is a moment of the map: saving reads a snapshot while writers go on.  It does not depend on the
 * machine, the scheme or the seed, which it does not tell; damage anywhere in it is found.  Nothing of it
 * needs seeking: pipes and sockets work, and several images may follow one another.
 *
 * The calls block as long as the descriptor does, start over when a signal interrupts them, and need a
 * library built with libxxhash (else UNSUPPORTED).
 */
#ifndef INSTAR_FILE_H
#define INSTAR_FILE_H

#include <instar/bytes.h>
#include <instar/map.h>

#ifdef __cplusplus
extern "C" {
#endif

/*
 * A map of numbers.  Writes it, as it was at one moment of the call, from the descriptor's position on.  Any number of
 * threads may use the map meanwhile.  thread: as in map.h.
 * OK: everything was written (not synced: fsync is the caller's); IO: errno tells why, a part may have been
 * written, which load will not take; UNSUPPORTED: a boxed map; NOMEM; INVAL.
 * SIGPIPE is not blocked.
 */
INSTAR_API enum instar_status instar_save(instar_map *map, instar_thread *thread, int fd);

/*
 * A new map in `domain` (NULL: the default domain) from the image at the descriptor's position; on OK that
 * is behind the image.  opts: as for instar_map_create, NULL for defaults; the seed is theirs, or fresh.  With the seed of the
 * map that was saved, from what is no file: give opts->capacity if there may be more than 2^24 entries, or it is FULL.
 * CORRUPT: not an image, damaged or cut short; IO: reading failed, errno tells why; FULL: more entries than
 * opts->max_capacity allows; UNSUPPORTED: opts asks for a boxed map; NOMEM; INVAL.
 * On failure *out is NULL and nothing is left behind.
 */
INSTAR_API enum instar_status instar_load(instar_map **out, instar_domain *domain, const struct instar_map_opts *opts,
					  int fd);

/*
 * A map of byte-string keys: the same statuses and rules.  Its image is of another kind (each is CORRUPT to the other's
 * load), and tells neither hash nor seed: the map that is loaded has those of opts.
 */
INSTAR_API enum instar_status instar_bmap_save(instar_bmap *map, instar_thread *thread, int fd);
INSTAR_API enum instar_status instar_bmap_load(instar_bmap **out, instar_domain *domain,
					       const struct instar_bmap_opts *opts, int fd);

#ifdef __cplusplus
}
#endif
#endif
