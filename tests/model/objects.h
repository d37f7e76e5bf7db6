/*
 * tests/model/objects.h - the reclaimer by itself: objects behind one pointer, and stamps.
 *
 *   w   reads the object in a section, twice          u   puts another there and retires it
 *   k   refers to it in a section of the user's,      b   as u, but puts a box there, whose birth is known
 *       and to what is there then, and reads both    o   as u, by a store that may be late: for one who retires
 *   s   takes a stamp in a section                    z   asks whether it has elapsed
 *   v   tries to advance, and frees what may be
 */
#ifndef MODEL_OBJECTS_H
#define MODEL_OBJECTS_H

struct cell {
	uintptr_t object, first;        /* now, and at first; u and b are not mixed */
	bool held;                      /* K */
	/* Of the last stamp. */
	uint64_t stamp;
	uint64_t taken_in;              /* the number of the section it was taken in */
	uint64_t ended;                 /* the moment when that ended; 0: it has not */
	/* Of each thread: the moment when its section had begun; 0: it is in none. */
	uint64_t inside[MAX_THREADS + 1];
	uint64_t moment;
};

static void destroy_cell_object(void *ptr, void *ctx)
{
	(void)ctx;
	memory_free(ptr, CACHE_LINE);
}

static void replace_object(instar_thread *t)
{
	void *object = memory_alloc(CACHE_LINE, CACHE_LINE);
	void *old = (void *)exchange_seq_cst(&world.cell->object, (uintptr_t)object);
	instar_retire(t, old, CACHE_LINE, destroy_cell_object, NULL);
}

#ifdef MODEL_HAS_BOXES
static void replace_by_box(instar_thread *t)
{
	void *box = instar_box_alloc(t->domain, CACHE_LINE, NULL);
	void *old = (void *)exchange_seq_cst(&world.cell->object, (uintptr_t)box);
	bool is_box = (uintptr_t)old != world.cell->first;
	instar_retire(t, old, CACHE_LINE, is_box ? instar_box_free : destroy_cell_object, NULL);
}
#else
#define replace_by_box replace_object
#endif

static uint64_t next_moment(void)
{
	model_learn(++world.cell->moment);
	return world.cell->moment;
}

/* The contract counts a section as begun when enter has returned, and as ended when leave is called. */
static void begin_section(instar_thread *t)
{
	section_enter(t);
	world.cell->inside[trial.current] = next_moment();
}

static void end_section(instar_thread *t)
{
	world.cell->inside[trial.current] = 0;
	section_leave(t);
}

static void read_object(instar_thread *t)
{
	begin_section(t);
	const uint64_t *object = (const uint64_t *)scheme_protect(t, PROTECT_ROOT, &world.cell->object);
	load_relaxed(object);
	load_relaxed(object);
	end_section(t);
}

#ifdef SCHEME_TAKES_REFERENCES
#define user_enter real_scheme->enter
#define user_leave real_scheme->leave
#define user_refer real_scheme->refer
#else
#define user_enter section_enter
#define user_leave section_leave
#define user_refer(t, source, object) (*(object) = load_seq_cst(source))
#endif

static void hold_object(instar_thread *t)
{
	uintptr_t object;
	user_enter(t);
	user_refer(t, &world.cell->object, &object);
}

static void refer_to_objects(instar_thread *t)
{
	uintptr_t first, second;
	user_enter(t);
	user_refer(t, &world.cell->object, &first);
	load_relaxed((const uint64_t *)first);
	user_refer(t, &world.cell->object, &second);
	load_relaxed((const uint64_t *)second);
	load_relaxed((const uint64_t *)first);
	user_leave(t);
}

static void replace_by_store(instar_thread *t)
{
	void *object = memory_alloc(CACHE_LINE, CACHE_LINE);
	void *old = (void *)load_relaxed(&world.cell->object);
	user_enter(t);
	store_release(&world.cell->object, (uintptr_t)object);
	instar_retire(t, old, CACHE_LINE, destroy_cell_object, NULL);
	user_leave(t);
}

static void take_stamp(instar_thread *t)
{
	struct cell *cell = world.cell;
	begin_section(t);
	store_seq_cst(&cell->stamp, scheme_grace_now(t));
	cell->ended = 0;
	cell->taken_in = cell->inside[trial.current];
	load_seq_cst(&cell->object);
	if (cell->taken_in == cell->inside[trial.current])
		cell->ended = next_moment();
	end_section(t);
}

/* Inside a section of its own, as the map asks. */
static void ask_stamp(instar_thread *t)
{
	struct cell *cell = world.cell;
	begin_section(t);
	uint64_t stamp = load_seq_cst(&cell->stamp);
	if (stamp && scheme_grace_elapsed(t, stamp) && stamp == cell->stamp) {
		if (!cell->ended)
			run_fail("a stamp has elapsed while the section is open in which it was taken");
		for (unsigned i = 0; i < MAX_THREADS; i++)
			if (cell->inside[i] && cell->inside[i] < cell->ended)
				run_fail("a stamp has elapsed while thread %u is in a section that began before the end of "
					 "the section in which it was taken", i);
	}
	end_section(t);
}

static void make_object_op(instar_thread *t, char verb)
{
	switch (verb) {
	case 'w': read_object(t); break;
	case 'u': replace_object(t); break;
	case 'o': replace_by_store(t); break;
	case 'k': refer_to_objects(t); break;
	case 'b': replace_by_box(t); break;
	case 's': take_stamp(t); break;
	case 'z': ask_stamp(t); break;
	default: poll_for_model(t);
	}
}

#endif
