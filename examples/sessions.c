/*
 * sessions.c - a session store: threads log users in and touch their sessions, a sweeper ends those that nobody has
 * touched for a while.
 *
 * The map is session id -> time of the last touch.  instar_retain removes a session only as the sweeper saw it: one
 * that is touched while the sweeper looks at it stays.
 */
#define _POSIX_C_SOURCE 200809L
#include <inttypes.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <time.h>

#include <instar/instar.h>

enum { WORKERS = 3, USERS = 1000, TICKS = 60, LIFE = 10 /* ticks */ };

static struct {
	instar_map *sessions;
	uint64_t ticks;   /* atomic; a real store would ask the clock */
	uint64_t log_ins; /* atomic */
	bool failed;      /* atomic */
} store;

static uint64_t now(void)
{
	return __atomic_load_n(&store.ticks, __ATOMIC_RELAXED);
}

static void log_in(uint64_t session)
{
	if (instar_insert(store.sessions, NULL, session, now(), NULL) == INSTAR_OK)
		__atomic_fetch_add(&store.log_ins, 1, __ATOMIC_RELAXED);
	else
		__atomic_store_n(&store.failed, true, __ATOMIC_RELAXED);
}

/* False: the session has ended. */
static bool touch(uint64_t session)
{
	return instar_replace(store.sessions, NULL, session, now(), NULL) == INSTAR_OK;
}

/* Each worker has users of its own: all log in, the even ones stay busy, the odd ones go away. */
static void *work(void *arg)
{
	uint64_t first = (uint64_t)(uintptr_t)arg * USERS;

	for (uint64_t user = first; user < first + USERS; user++)
		log_in(user);
	while (now() < TICKS)
		for (uint64_t user = first; user < first + USERS; user += 2)
			if (!touch(user))
				log_in(user);
	return NULL;
}

static bool is_alive(uint64_t session, uint64_t touched, void *ctx)
{
	const uint64_t *time = ctx;

	(void)session;
	return touched + LIFE > *time;
}

/* How many sessions ended now. */
static size_t sweep(void)
{
	uint64_t time = now();
	size_t ended = 0;

	instar_retain(store.sessions, NULL, is_alive, &time, &ended);
	return ended;
}

static size_t run_store(void)
{
	pthread_t workers[WORKERS];
	size_t ended = 0;

	for (uintptr_t i = 0; i < WORKERS; i++)
		if (pthread_create(&workers[i], NULL, work, (void *)i))
			exit(1);
	while (now() < TICKS) {
		nanosleep(&(struct timespec){ 0, 1000000 }, NULL);
		__atomic_fetch_add(&store.ticks, 1, __ATOMIC_RELAXED);
		ended += sweep();
	}
	for (unsigned i = 0; i < WORKERS; i++)
		pthread_join(workers[i], NULL);
	return ended;
}

int main(void)
{
	size_t early, late;

	if (instar_map_create(&store.sessions, NULL, NULL) != INSTAR_OK)
		return 1;
	early = run_store();
	store.ticks += LIFE;
	late = sweep();
	printf("%" PRIu64 " log-ins, %zu sessions ended on the way, %zu at the end, %zu are left\n", store.log_ins,
	       early, late, instar_size(store.sessions));
	store.failed |= store.log_ins != early + late || instar_size(store.sessions);
	instar_map_destroy(store.sessions);
	return store.failed;
}
