/*
 * src/snapshot.c - the calls on snapshots: numbering, listing, and the engine's functions.
 */
#include "src/state.h"
#include "src/step.h"

static __thread char this_opener; /* its address tells the thread, in a child process, too */

/* Lists a snapshot before its root is swapped, and counts it before it gives it a number: src/park.h
 * counts on both. */
static void list_snapshot(instar_map *map, instar_snapshot *s)
{
	pthread_mutex_lock(&map->snapshots_lock);
	fetch_add_seq_cst(&map->open_snapshots, 1);
	s->number = load_relaxed(&map->last_snapshot) + 1;
	store_seq_cst(&map->last_snapshot, s->number);
	s->next = map->snapshots;
	map->snapshots = s;
	pthread_mutex_unlock(&map->snapshots_lock);
}

/* The number of the oldest snapshot still open; with none, that of the next: it may open before the caller
 * acts on the answer. */
static uint64_t unlist_snapshot(instar_map *map, instar_snapshot *s)
{
	pthread_mutex_lock(&map->snapshots_lock);
	uint64_t oldest = load_relaxed(&map->last_snapshot) + 1;
	for (instar_snapshot **p = &map->snapshots; *p;) {
		if (*p == s) {
			*p = s->next;
			continue;
		}
		if ((*p)->number < oldest)
			oldest = (*p)->number;
		p = &(*p)->next;
	}
	fetch_sub_seq_cst(&map->open_snapshots, 1);
	pthread_mutex_unlock(&map->snapshots_lock);
	return oldest;
}

enum instar_status snapshot_open(instar_map *map, instar_thread *thread, instar_snapshot **out)
{
	if (thread && thread->domain != map->domain)
		return INSTAR_INVAL;
	instar_snapshot *s = reclaim_alloc(map->domain, sizeof *s, sizeof(void *));
	if (!s)
		return INSTAR_NOMEM;
	s->map = map;
	s->opener = &this_opener;
	list_snapshot(map, s);
	enum instar_status status = map->engine->snapshot_open(map, thread, &s->table);
	if (status == INSTAR_OK)
		*out = s;
	else
		instar_snapshot_close(s, thread); /* others may have parked something for it */
	return status;
}

enum instar_status instar_snapshot_open(instar_map *map, instar_thread *thread, instar_snapshot **out)
{
	if (out)
		*out = NULL;
	if (!map || !out)
		return INSTAR_INVAL;
	enum instar_status status = snapshot_open(map, thread, out);
	if (status == INSTAR_OK)
		(*out)->given = true;
	return status;
}

/* Those of calls of other threads.  The forking thread may be in one, too: in a destructor that the call ran. */
static void forget_lost(instar_map *map)
{
	for (instar_snapshot **p = &map->snapshots; *p;) {
		if ((*p)->given || (*p)->opener == &this_opener) {
			p = &(*p)->next;
			continue;
		}
		*p = (*p)->next;
		fetch_sub_seq_cst(&map->open_snapshots, 1);
	}
}

void snapshots_fork(instar_map *map, enum fork_side side)
{
	if (side == FORK_PREPARE) {
		pthread_mutex_lock(&map->snapshots_lock);
		return;
	}
	if (side == FORK_CHILD)
		forget_lost(map);
	pthread_mutex_unlock(&map->snapshots_lock);
}

void instar_snapshot_close(instar_snapshot *snapshot, instar_thread *thread)
{
	if (!snapshot)
		return;
	uint64_t oldest = unlist_snapshot(snapshot->map, snapshot);
	STEP(CLOSING);
	snapshot->map->engine->snapshot_close(snapshot, thread, oldest);
	reclaim_free(snapshot->map->domain, snapshot, sizeof *snapshot, sizeof(void *));
}

enum instar_status instar_snapshot_get(instar_snapshot *snapshot, instar_thread *thread, uint64_t key, uint64_t *value)
{
	if (!snapshot || (word)key != key)
		return INSTAR_INVAL;
	uint64_t h = hash_of(&snapshot->map->hash, (word)key);
	return snapshot->map->engine->snapshot_get(snapshot, thread, h, value);
}

enum instar_status instar_snapshot_scan(instar_snapshot *snapshot, instar_thread *thread, uint64_t *cursor,
					struct instar_entry *out, size_t capacity, size_t *n)
{
	if (n)
		*n = 0;
	if (!snapshot || !cursor || !out || !capacity || !n)
		return INSTAR_INVAL;
	enum instar_status status;
	size_t some = 0;
	do {
		status = snapshot->map->engine->snapshot_scan(snapshot, thread, cursor, out + *n, capacity - *n, &some);
		*n += some;
	} while (status == INSTAR_OK && *n < capacity);
	return status;
}

enum instar_status instar_snapshot_count(instar_snapshot *snapshot, instar_thread *thread, size_t *n)
{
	struct instar_entry entries[256];
	enum instar_status status;
	uint64_t cursor = 0;
	size_t some;
	if (!n)
		return INSTAR_INVAL;
	*n = 0;
	do {
		status = instar_snapshot_scan(snapshot, thread, &cursor, entries, sizeof entries / sizeof entries[0],
					      &some);
		*n += some;
	} while (status == INSTAR_OK);
	return status == INSTAR_NOTFOUND ? INSTAR_OK : status;
}

enum instar_status instar_count(instar_map *map, instar_thread *thread, size_t *exact)
{
	instar_snapshot *snapshot;
	enum instar_status status = map && exact ? snapshot_open(map, thread, &snapshot) : INSTAR_INVAL;
	if (status != INSTAR_OK)
		return status;
	status = instar_snapshot_count(snapshot, thread, exact);
	instar_snapshot_close(snapshot, thread);
	return status;
}
