/*
 * src/bytes_scan.h - bundles in the order of the inline map, handed out key by key.
 *
 * A cursor is one of the inline map's: it stands between hashes.  So the keys of one hash are handed out
 * together, whole bundle by whole bundle, and one that does not fit is left for the next call.  A place
 * within a bundle would not do: writes to it move the keys that follow.
 *
 * So more keys of one hash than there is room for are FULL, and not a part of them.  No other cursor of 64 bits can
 * spare callers that: to survive growth, and removals on both sides of it, a cursor may depend on nothing but the
 * keys already met, so it stands for a rank of all byte strings; there are more of those than cursors, so some two
 * share a rank, and between them no cursor can stand.  With a good hash n keys hold any two of one hash with
 * probability below n^2 / 2^65, 10^-7 for two million keys, and more than k of one hash as good as never.
 *
 * Each key present throughout is met once.  Its hash is in the inline map throughout, for a bundle that
 * keeps a key is only ever replaced, never removed; so the inline map's scan meets it once, and whichever bundle
 * it finds there has the key.  The same says at most once of the others.
 */
#ifndef INSTAR_BYTES_SCAN_H
#define INSTAR_BYTES_SCAN_H

#include "src/bytes.h"

/* Where bundles come from: the map itself, or a snapshot of it. */
struct bundle_source {
	const instar_bmap *map;
	instar_thread *thread;
	instar_snapshot *snapshot; /* NULL: the map */
	uint64_t last;             /* of the map: the last hash */
};

/* As instar_bmap_scan, of what the caller has checked and keeps alive. */
enum instar_status bundles_scan(const struct bundle_source *source, uint64_t *cursor, struct instar_bmap_entry *out,
				size_t capacity, size_t *n);

/* The number of keys.  OK, or a failure. */
enum instar_status bundles_count(const struct bundle_source *source, size_t *n);

#endif
