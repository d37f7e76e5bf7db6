/*
 * tests/model/lock.h - the mutexes of the source under test, as fibers can take them.
 */
#ifndef MODEL_LOCK_H
#define MODEL_LOCK_H

static int model_mutex_lock(pthread_mutex_t *mutex)
{
	uint64_t *cell = (uint64_t *)(void *)mutex, is_free = 0;
	while (!cas_acq_rel(cell, &is_free, 1)) {
		cpu_pause();
		is_free = 0;
	}
	return 0;
}

static int model_mutex_unlock(pthread_mutex_t *mutex)
{
	store_release((uint64_t *)(void *)mutex, 0);
	return 0;
}

#define pthread_mutex_lock model_mutex_lock
#define pthread_mutex_unlock model_mutex_unlock

#endif
