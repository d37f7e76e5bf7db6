/*
 * tests/conc/every_instruction.c - a signal handler that comes between any two instructions of a call: what it calls
 * neither ends the section that it interrupted nor leaves one open.  `make check-stress` tries every instruction of all
 * calls, `.ci/run` of those where it matters most and some of the others, `make check` of two.
 *
 * While a handler stands there, after its calls, the main thread clears the map and frees the table that was left if it can,
 * or removes all objects of a boxed map and frees them.  If the section was ended too early, the call goes on in memory that
 * is not there any more.  What a handler refers to stays to the end of the user's section that it interrupted: at that
 * end the main thread tries once more, before the section looks at it.
 */
#include "tests/support/tap.h"

#include <time.h>
#include <unistd.h>

#include "tests/support/mapped.h"
#include "tests/support/rng.h"
#include "tests/support/sanitizer.h"
#include "tests/support/single_step.h"
#include "tests/support/world.h"

#if CAN_SINGLE_STEP

/* With AddressSanitizer each call has several times the instructions. */
#ifdef __SANITIZE_ADDRESS__
enum { STRIDES = 7 };
#else
enum { STRIDES = 1 };
#endif
enum { KEYS = 4, ROUNDS = 40, PINGS = 12, PING_NS = 20000, LAST_PINGS = 100000, STRIDE = STRIDES * 11 };
enum { NO_CALL_IS_LONGER = 1 << 20 };

static struct world world;
static instar_thread *stepped; /* the stepper's handle */
static uintptr_t shown = 1;
static bool is_boxed; /* the map's values are boxes, a page each */

/* ---- what is interrupted, and what the handler calls ---- */

static void join(void)
{
	if (instar_thread_self(world.domain, &stepped) != INSTAR_OK)
		abort();
}

static void get_hit(void)
{
	uint64_t value;

	instar_get(world.map, stepped, 1, &value);
}

static void get_miss(void)
{
	instar_contains(world.map, stepped, KEYS + 1);
}

static void section(void)
{
	instar_enter(stepped);
	instar_leave(stepped);
}

static void nested_sections(void)
{
	void *object;

	instar_enter(stepped);
	get_hit();
	instar_enter(stepped);
	instar_protect(stepped, (void *const *)&shown, &object);
	instar_leave(stepped);
	instar_leave(stepped);
}

static void batch(void)
{
	uint64_t keys[KEYS] = { 0, 1, 2, 3 }, values[KEYS];
	uint8_t found[KEYS];

	instar_get_many(world.map, stepped, keys, KEYS, values, found);
}

static void put_again(void)
{
	instar_put(world.map, stepped, 1, 1, NULL);
}

static void come_and_go(void)
{
	instar_insert(world.map, stepped, KEYS + 2, 1, NULL);
	instar_remove(world.map, stepped, KEYS + 2, NULL);
}

static void look_at(uint64_t key)
{
	void *object;

	if (instar_get_ref(world.map, stepped, key, &object) == INSTAR_OK && *(volatile uint64_t *)object != key)
		abort();
}

static void references(void)
{
	instar_enter(stepped);
	look_at(1);
	look_at(2);
	instar_leave(stepped);
}

enum { KEPT = 3 };
static volatile sig_atomic_t inside;
static const uint64_t *volatile kept; /* referred to by a handler, in the section that it interrupted */

static void refer_and_keep(void)
{
	void *object;

	get_hit();
	instar_enter(stepped);
	if (instar_get_ref(world.map, stepped, KEPT, &object) == INSTAR_OK && inside)
		kept = object;
	instar_leave(stepped);
}

/* Meanwhile all objects went, and new ones came, in a later era. */
static void refer_to_what_came_since(void)
{
	if (inside)
		stepper_stand();
	refer_and_keep();
}

static void section_with_a_handlers_reference(void)
{
	kept = NULL;
	instar_enter(stepped);
	inside = true;
	get_hit();
	look_at(1);
	get_hit();
	inside = false;
	if (kept) {
		stepper_stand();
		if (*(const volatile uint64_t *)kept != KEPT)
			abort();
	}
	instar_leave(stepped);
}

static void all_that_a_handler_may(void)
{
	get_hit();
	get_miss();
	nested_sections();
	if (is_boxed)
		references();
	get_hit();
}

static const struct {
	const char *name;
	void (*call)(void);
	unsigned stride; /* where there is no time for each */
	bool boxed;
	void (*handler)(void); /* if not all_that_a_handler_may */
} calls[] = {
	{ "get", get_hit, STRIDES, false, NULL },
	{ "a section", section, STRIDES, false, NULL },
	{ "contains, a miss", get_miss, STRIDE, false, NULL },
	{ "sections in sections", nested_sections, STRIDE, false, NULL },
	{ "get_many", batch, STRIDE, false, NULL },
	{ "put", put_again, STRIDE, false, NULL },
	{ "insert and remove", come_and_go, STRIDE, false, NULL },
	{ "references", references, STRIDE, true, NULL },
	{ "a handler's reference", section_with_a_handlers_reference, STRIDES, true, refer_and_keep },
	{ "the same, to what came since", section_with_a_handlers_reference, STRIDE, true, refer_to_what_came_since },
};

/* ---- the main thread ---- */

static uint64_t new_object(uint64_t key)
{
	uint64_t *object = instar_box_alloc(world.domain, sizeof(*object), NULL);

	if (!object)
		abort();
	*object = key;
	return (uintptr_t)object;
}

static void fill(instar_thread *t)
{
	for (uint64_t key = 0; key < KEYS; key++)
		instar_put(world.map, t, key, is_boxed ? new_object(key) : key, NULL);
}

static void empty(instar_thread *t)
{
	if (!is_boxed && instar_clear(world.map, t) != INSTAR_OK)
		abort();
	for (uint64_t key = 0; is_boxed && key < KEYS; key++)
		instar_remove(world.map, t, key, NULL);
}

/* A ping may take its time to be answered. */
static bool all_is_freed(instar_thread *t, unsigned pings)
{
	unsigned rounds = world.scheme->uses_signals ? pings : ROUNDS;
	struct instar_reclaim_stats stats;

	empty(t);
	do {
		instar_thread_quiescent(t);
		instar_poll(t, 1000);
		if (world.scheme->uses_signals)
			nanosleep(&(struct timespec){ 0, PING_NS }, NULL);
		instar_domain_stats(world.domain, &stats);
	} while (stats.pending_objects && --rounds);
	return !stats.pending_objects;
}

enum outcome { ENDED, FREED, HELD, LEFT_OPEN };

/* The call once; the handler after n instructions. */
static enum outcome interrupt(instar_thread *t, unsigned long n, void (*handler)(void))
{
	enum outcome outcome = ENDED;

	fill(t);
	if (stepper_stands(n, handler)) {
		outcome = all_is_freed(t, PINGS) ? FREED : HELD;
		if (handler == refer_to_what_came_since)
			fill(t);
		while (stepper_goes_on())
			all_is_freed(t, PINGS);
	}
	return all_is_freed(t, LAST_PINGS) ? outcome : LEFT_OPEN;
}

static struct {
	const char *scheme, *call;
	unsigned long n;
} now;

static void crashed(int number)
{
	(void)number;
	ok(false, "%s: %s: after instruction %lu the handler ended the section", now.scheme, now.call, now.n);
	_exit(1);
}

static void interrupt_everywhere(instar_thread *t, void (*handler)(void), unsigned stride, uint64_t seed)
{
	enum outcome outcome;
	unsigned held = 0;

	interrupt(t, NO_CALL_IS_LONGER, NULL); /* functions are bound */
	now.n = seed % stride + 1;
	do {
		outcome = interrupt(t, now.n, handler);
		held += outcome == HELD;
		now.n += stride;
	} while (outcome == FREED || outcome == HELD);
	if (outcome == LEFT_OPEN)
		diag("%s: %s: after instruction %lu the handler left a section open", now.scheme, now.call,
		     now.n - stride);
	ok(outcome == ENDED && (held || !world.scheme->section_protects_all),
	   "%s: %s: a handler at any of %lu instructions, every %u. (%u times nothing could be freed)", now.scheme, now.call,
	   now.n, stride, held);
}

/* What came since is told from what was there before by schemes of eras only. */
static unsigned stride_of(size_t call, const struct instar_scheme_info *scheme)
{
	if (test_scale() > 1)
		return 1;
	if (calls[call].boxed && only_kinds())
		return STRIDE;
	if (calls[call].handler == refer_to_what_came_since && scheme->wants_births)
		return STRIDES;
	return calls[call].stride;
}

static void run(const struct instar_scheme_info *scheme, void *arg)
{
	struct instar_domain_opts opts = INSTAR_DOMAIN_OPTS_INIT;
	struct instar_map_opts map_opts = INSTAR_MAP_OPTS_INIT;
	const uint64_t *seed = arg;
	instar_thread *t;

	opts.allocator = &mapped_allocator;
	if (!strcmp(scheme->family, "none") || !strcmp(scheme->family, "lock") || scheme->process_wide) {
		skip(1, "%s: frees nothing, or takes locks, or a library's worker frees", scheme->name);
		return;
	}
	for (size_t i = 0; i < sizeof calls / sizeof calls[0]; i++) {
		now.scheme = scheme->name;
		now.call = calls[i].name;
		is_boxed = calls[i].boxed;
		map_opts.value_free = is_boxed ? instar_box_free : NULL;
		if (!world_open(&world, scheme, &opts, &map_opts) || instar_thread_attach(world.domain, &t) != INSTAR_OK)
			abort();
		stepper_start(join, calls[i].call);
		interrupt_everywhere(t, calls[i].handler ? calls[i].handler : all_that_a_handler_may,
				     stride_of(i, scheme), *seed);
		stepper_end();
		instar_thread_detach(t);
		if (!world_close(&world))
			ok(false, "%s: %s: nothing is left", scheme->name, calls[i].name);
	}
}

int main(void)
{
	uint64_t seed = test_seed();

	signal(SIGSEGV, crashed);
	each_scheme(run, &seed);
	return done_testing();
}

#endif
