/* stress/stall.c - catching a thread in a migration. */
#include "stress/stall.h"

#include <errno.h>
#include <limits.h>
#include <pthread.h>
#include <semaphore.h>
#include <signal.h>
#include <stdlib.h>
#include <unistd.h>

struct stall_thread {
	const struct subject *subject;
	struct map *map;
	uint64_t seed;
	size_t enough, at_most; /* keys */
	pthread_t thread;
	_Atomic size_t inserted;
	size_t wrong; /* answers */
	atomic_bool stop, done;
};

static int door[2]; /* a byte lets the handler return */
static sem_t caught;

static void sleep_here(int signal)
{
	int saved = errno;
	char byte;

	(void)signal;
	sem_post(&caught);
	while (read(door[0], &byte, 1) < 0 && errno == EINTR)
		continue;
	errno = saved;
}

/* Of no worker: nobody else removes it. */
static uint64_t key_of(const struct stall_thread *stall, size_t i)
{
	return population_new_key(stall->seed, UINT_MAX, i);
}

static void *fill(void *argument)
{
	struct stall_thread *stall = argument;
	struct map_thread *thread = stall->subject->attach(stall->map);

	for (size_t i = 0; thread && i < stall->at_most && !stall->stop; i++) {
		uint64_t key = key_of(stall, i);

		stall->wrong += !stall->subject->insert(stall->map, thread, key, value_of(key, 0));
		stall->inserted = i + 1;
	}
	stall->done = true;
	while (!stall->stop) /* signals must find the thread alive */
		usleep(1000);
	if (thread)
		stall->subject->detach(stall->map, thread);
	return NULL;
}

static bool migrating(const struct stall_thread *stall)
{
	struct map_figures figures;

	stall->subject->figures(stall->map, &figures);
	return figures.migrating;
}

static void open_door(void)
{
	while (write(door[1], "", 1) < 0 && errno == EINTR)
		continue;
}

/* Sends the signal while a migration runs, until the thread sleeps inside one. */
static bool catch(struct stall_thread *stall)
{
	while (!stall->done) {
		if (stall->inserted < stall->enough || !migrating(stall))
			continue;
		pthread_kill(stall->thread, SIGUSR1);
		while (sem_wait(&caught) != 0)
			continue;
		if (migrating(stall) && !stall->done)
			return true;
		open_door();
	}
	return false;
}

struct stall_thread *stall_catch(const struct subject *subject, struct map *map, const struct population *population)
{
	struct stall_thread *stall = calloc(1, sizeof(*stall));
	struct sigaction action = { .sa_handler = sleep_here, .sa_flags = SA_RESTART };

	if (!stall)
		return NULL;
	stall->subject = subject;
	stall->map = map;
	stall->seed = population->seed;
	stall->enough = population->entries / 16; /* few beside the workers' */
	stall->at_most = population->entries;
	if (pipe(door) != 0 || sem_init(&caught, 0, 0) != 0 || sigaction(SIGUSR1, &action, NULL) != 0 ||
	    pthread_create(&stall->thread, NULL, fill, stall) != 0) {
		free(stall);
		return NULL;
	}
	if (catch(stall))
		return stall;
	stall->stop = true;
	pthread_join(stall->thread, NULL);
	free(stall);
	return NULL;
}

void stall_release(struct stall_thread *stall)
{
	stall->stop = true;
	open_door();
	pthread_join(stall->thread, NULL);
}

bool stall_end(struct stall_thread *stall)
{
	struct map_thread *thread = stall->subject->attach(stall->map);
	size_t wrong = stall->wrong;

	for (size_t i = 0; thread && i < stall->inserted; i++) {
		uint64_t key = key_of(stall, i), value;

		wrong += !stall->subject->remove(stall->map, thread, key, &value) || value != value_of(key, 0);
	}
	if (thread)
		stall->subject->detach(stall->map, thread);
	free(stall);
	return thread && wrong == 0;
}
