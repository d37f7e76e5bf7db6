/*
 * stress/torture_objects.c - objects in the boxed map that know whether they are alive.
 *
 * Their memory stays until the round is over, so a reader that comes too late sees a corpse, not a crash.
 */
#include <sched.h>
#include <stdlib.h>
#include <time.h>

#include "stress/torture_parts.h"

#define ALIVE 0x616c69766521u
#define DEAD 0x636f72707365u

struct object {
	struct object *next;
	uint64_t key, state; /* state is atomic */
	bool given;          /* to the map or the reclaimer */
};

static struct object *make(struct torture *torture, uint64_t key)
{
	struct object *object = malloc(sizeof(*object));

	if (!object)
		abort();
	*object = (struct object){ NULL, key, ALIVE, true };
	object->next = __atomic_load_n(&torture->objects, __ATOMIC_RELAXED);
	while (!__atomic_compare_exchange_n(&torture->objects, &object->next, object, true, __ATOMIC_RELEASE,
					    __ATOMIC_RELAXED))
		continue;
	return object;
}

void torture_object_destroy(void *pointer, void *context)
{
	struct object *object = pointer;
	struct torture *torture = context;

	if (__atomic_exchange_n(&object->state, DEAD, __ATOMIC_RELAXED) != ALIVE)
		torture_violation(torture, "an object was destroyed twice");
	torture_count(&torture->destroyed, 1);
}

static void look(struct torture *torture, const struct object *object, uint64_t key)
{
	if (__atomic_load_n(&object->state, __ATOMIC_RELAXED) != ALIVE)
		torture_violation(torture, "an object was destroyed in the middle of a section that reads it");
	if (object->key != key)
		torture_violation(torture, "key %llu gave the object of key %llu", (unsigned long long)key,
				  (unsigned long long)object->key);
}

/* Takes an object out and retires it as any user would. */
static void take(struct hand *hand, uint64_t key)
{
	struct torture *torture = hand->torture;
	instar_thread *thread = hand->thread;
	enum instar_status status;
	uint64_t old;

	if (!thread && instar_thread_self(torture->domain, &thread) != INSTAR_OK)
		return;
	if (instar_take(torture->boxed, thread, key, &old) != INSTAR_OK)
		return;
	look(torture, (struct object *)(uintptr_t)old, key);
	do
		status = instar_retire(thread, (void *)(uintptr_t)old, sizeof(struct object), torture_object_destroy,
				       torture);
	while (torture_refused(torture, status));
	if (status != INSTAR_OK)
		torture_violation(torture, "retire outside of every section: %s", instar_status_name(status));
}

void torture_object_write(struct hand *hand)
{
	struct torture *torture = hand->torture;
	uint64_t key = rng_below(&hand->rng, OBJECT_KEYS);
	enum instar_status status;
	struct object *object;

	hand->calls++;
	switch (rng_below(&hand->rng, 8)) {
	case 0:
		take(hand, key);
		break;
	case 1:
	case 2:
		instar_remove(torture->boxed, hand->thread, key, NULL);
		break;
	case 3:
		object = make(torture, key);
		status = instar_insert(torture->boxed, hand->thread, key, (uintptr_t)object, NULL);
		object->given = status == INSTAR_OK;
		break;
	default:
		object = make(torture, key);
		status = instar_put(torture->boxed, hand->thread, key, (uintptr_t)object, NULL);
		object->given = status == INSTAR_OK || status == INSTAR_EXISTS;
		if (!object->given && !torture_refused(torture, status))
			torture_violation(torture, "put of an object: %s", instar_status_name(status));
	}
}

enum { LOOKS = 20, YIELD_ONE_IN = 64 };

/* The key's object stays what it is for as long as the section. */
static void watch(struct torture *torture, instar_thread *thread, uint64_t key, unsigned milliseconds, bool yields)
{
	void *object;

	instar_enter(thread);
	if (instar_get_ref(torture->boxed, thread, key, &object) == INSTAR_OK) {
		for (unsigned i = 0; i < LOOKS; i++)
			look(torture, object, key);
		if (yields)
			sched_yield();
		if (milliseconds)
			nanosleep(&(struct timespec){ 0, milliseconds * 1000000 }, NULL);
		look(torture, object, key);
	}
	instar_leave(thread);
}

void torture_object_read(struct hand *hand)
{
	instar_thread *thread = hand->thread;
	uint64_t key = rng_below(&hand->rng, OBJECT_KEYS);

	if (!thread && instar_thread_self(hand->torture->domain, &thread) != INSTAR_OK)
		return;
	hand->calls++;
	watch(hand->torture, thread, key, 0, !rng_below(&hand->rng, YIELD_ONE_IN));
}

void torture_park(struct torture *torture, instar_thread *thread, uint64_t key, unsigned milliseconds)
{
	if (!thread && instar_thread_self(torture->domain, &thread) != INSTAR_OK)
		return;
	watch(torture, thread, key, milliseconds, false);
	torture_count(&torture->sum.parked, 1);
}

void torture_objects_end(struct torture *torture)
{
	uint64_t given = 0;

	for (struct object *object = torture->objects, *next; object; object = next) {
		next = object->next;
		given += object->given;
		if (object->given != (object->state == DEAD))
			torture_violation(torture, "an object that was%s the map's is %s in the end",
					  object->given ? "" : " never", object->given ? "alive" : "destroyed");
		free(object);
	}
	if (given != torture->destroyed)
		torture_violation(torture, "%llu objects, %llu destroyed", (unsigned long long)given,
				  (unsigned long long)torture->destroyed);
	torture->sum.objects = given;
}
