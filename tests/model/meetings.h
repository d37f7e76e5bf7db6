/*
 * tests/model/meetings.h - which transitions have met: one thread made the first while another was in the call that then
 * made the second, both of one home (its prefix of the hashes, in whatever tables) or of one slot.
 *
 * A run that begins as an earlier one did is not looked at as far as that: what was noted there is still there.
 */
#ifndef MODEL_MEETINGS_H
#define MODEL_MEETINGS_H

#include "tests/model/transition.h"

/* T1 ... T12 by their numbers; T13 is a reader's, and writes nothing. */
enum kind { NO_KIND, MEETS_T12 = 12, MEETS_T14, MEETS_T15, MEETS_T16, MEETS_CLEAR, MEETS_SNAPSHOT, KINDS };

enum { MAX_NOTES = 1 << 14 };

/* One write. */
struct note {
	enum kind kind;
	unsigned thread, log2_homes;
	size_t home;
	const void *slot;
};

static struct note notes[MAX_NOTES];
static unsigned notes_n, call_began[MAX_THREADS + 1];
static bool have_met[KINDS][KINDS];

static void meetings_begin_run(void)
{
	notes_n = 0;
}

static void meetings_begin_call(unsigned thread)
{
	call_began[thread] = notes_n;
}

static enum kind kind_named(const char *name)
{
	int number = atoi(name + 1);
	return number == 16 ? MEETS_T16 : (enum kind)number;
}

static enum kind kind_of_root(unsigned thread)
{
	const struct call *call = history_current(thread);
	return call && call->verb == 'C' ? MEETS_CLEAR : call && call->verb == 'N' ? MEETS_SNAPSHOT : MEETS_T14;
}

/* One home lies in the other's part of the hashes, or it is one slot.  What is done to the root or a prev, in no bits, is
 * done to all. */
static bool meet(const struct note *a, const struct note *b)
{
	const struct note *fine = a->log2_homes > b->log2_homes ? a : b, *coarse = fine == a ? b : a;
	return fine->home >> (fine->log2_homes - coarse->log2_homes) == coarse->home || (a->slot && a->slot == b->slot);
}

/* The next write of the run; a run's beginning that is known passes NULL. */
static void meetings_note(const struct note *note)
{
	if (notes_n == MAX_NOTES)
		run_fail("more than %d writes", MAX_NOTES);
	if (note) {
		notes[notes_n] = *note;
		for (unsigned i = call_began[note->thread]; note->kind && i < notes_n; i++)
			if (notes[i].thread != note->thread && meet(&notes[i], note))
				have_met[notes[i].kind][note->kind] = true;
	}
	notes_n++;
}

static struct note note_of_spot(unsigned thread, const struct spot *s, const char *name, const void *p, struct pair old,
				struct pair new)
{
	struct note note = { kind_named(name), thread, s->table->log2_homes, s->bucket, NULL };
	if (s->slot >= 0) {
		word q = q_tag(new.first) == TAG_FREE ? old.first : new.first;
		note.home = (size_t)(spot_home(s, q) - s->table->buckets);
		note.slot = p;
	}
	return note;
}

unsigned subject_tell_meetings(void)
{
	static const char *const names[KINDS] = { "", "T1", "T2", "T3", "T4", "T5", "T6", "T7", "T8", "T9", "T10", "T11", "T12",
						  "T14", "T15", "T16", "a clear", "a snapshot" };
	unsigned missing = 0;
	for (unsigned i = 1; i < KINDS; i++)
		for (unsigned k = 1; k < KINDS; k++)
			if (!have_met[i][k]) {
				printf("# nobody made %s while another was in the call that then made %s\n", names[i], names[k]);
				missing++;
			}
	return missing;
}

#endif
