/*
 * tests/model/picture.h - addresses, slots, headers and calls as people read them, and the trace of a trial.
 */
#ifndef MODEL_PICTURE_H
#define MODEL_PICTURE_H

#include "tests/model/transition.h"

enum { LINE = 256 };

static bool find_spot(const void *p, struct spot *out);

static char key_letter(unsigned k)
{
	return (char)(k < KEYS_OF_HOME ? 'a' + k : 'A' + (k - KEYS_OF_HOME));
}

/* The key whose hash ends so: a letter, or * for a filler. */
static char letter_of(word low)
{
	for (unsigned k = 0; k < MAX_KEYS; k++)
		if (world.used[k] && (world.hash[k] & (((word)1 << HASH_BITS) - 1)) == low)
			return key_letter(k);
	return '*';
}

static void describe_slot(char out[LINE], struct pair e)
{
	static const char *const tags[] = { "TOMB", "LIVE", "DEAD", "SEALED" };
	int n;
	if (e.first == 0) {
		snprintf(out, LINE, "EMPTY");
		return;
	}
	if (q_tag(e.first) == TAG_FREE) {
		word stamp = q_stamp(e.first);
		if (stamp == STAMP_UNFINISHED || stamp == STAMP_NEVER || stamp == STAMP_ANYTIME)
			n = snprintf(out, LINE, "TOMB(%s", stamp == STAMP_UNFINISHED ? "unfinished"
						      : stamp == STAMP_NEVER ? "never" : "anytime");
		else
			n = snprintf(out, LINE, "TOMB(%u", (unsigned)stamp);
		snprintf(out + n, (size_t)(LINE - n), q_d(e.first) ? ", d %u)" : ")", q_d(e.first));
		return;
	}
	n = snprintf(out, LINE, "%s(%c", tags[q_tag(e.first)], letter_of(q_hash(e.first)));
	if (q_d(e.first))
		snprintf(out + n, (size_t)(LINE - n), ", d %u) %u", q_d(e.first), (unsigned)e.second);
	else
		snprintf(out + n, (size_t)(LINE - n), ", g %u) %u", q_g(e.first), (unsigned)e.second);
}

static void describe_header(char out[LINE], struct pair e)
{
	static const char *const states[] = { "UNBORN", "STILLBORN", "OPEN", "FROZEN" };
	int n = snprintf(out, LINE, "%s p ", states[ctrl_state(e.first)]);
	for (unsigned i = 0; i < SLOTS; i++)
		out[n++] = (char)('0' + ctrl_p(e.first, i));
	n += snprintf(out + n, (size_t)(LINE - n), " version %u", (unsigned)ctrl_version(e.first));
	for (word dir = e.second; dir && n < LINE - 16; dir &= dir - 1)
		n += snprintf(out + n, (size_t)(LINE - n), " L%u", (unsigned)mask_first_location(dir));
}

const char *subject_address(const void *p)
{
	static char text[LINE];
	struct spot s;
	if (find_spot(p, &s)) {
		int n = snprintf(text, sizeof text, "2^%u table, home %zu, ", s.table->log2_homes, s.bucket);
		if (s.slot < 0)
			snprintf(text + n, sizeof text - (size_t)n, "header");
		else
			snprintf(text + n, sizeof text - (size_t)n, "slot %d", s.slot);
	} else if (p == &world.map->root) {
		snprintf(text, sizeof text, "root");
	} else if (arena_holds(p)) {
		for (unsigned i = 0; i < arena_blocks; i++) {
			size_t at = (size_t)((const char *)p - (const char *)arena_block[i].memory);
			if (at < arena_block[i].size)
				snprintf(text, sizeof text, "block %u of %zu bytes, at %zu", i, arena_block[i].size, at);
		}
	} else {
		snprintf(text, sizeof text, "%p", p);
	}
	return text;
}

/* A write: "0: i a 1: T1 claim: 2^7 table, home 124, slot 0: EMPTY -> LIVE(a, g 1) 1". */
static const char *picture_of(unsigned thread, const struct spot *s, const char *name, uint64_t old, uint64_t new)
{
	static char text[4 * LINE];
	char before[LINE], after[LINE];
	struct pair from = { (word)old, (word)(old >> WORD_BITS) }, to = { (word)new, (word)(new >> WORD_BITS) };
	if (s->slot < 0) {
		describe_header(before, from);
		describe_header(after, to);
	} else {
		describe_slot(before, from);
		describe_slot(after, to);
	}
	const char *where = s->slot < 0 ? subject_address(&s->table->buckets[s->bucket].header)
					: subject_address(&s->table->buckets[s->bucket].slot[s->slot]);
	snprintf(text, sizeof text, "thread %u: %s: %s: %s -> %s", thread, name ? name : "?", where, before, after);
	return text;
}

/* ---- the trace ---- */

static void indent(unsigned thread)
{
	printf("#   %*s", (int)(thread < MAX_THREADS ? thread : 0) * 4, "");
}

static void trace_picture(const char *picture)
{
	indent(trial.current);
	printf("%s\n", picture);
}

static void trace_call(const struct call *c)
{
	indent(c->thread);
	printf("%s %u calls %c", c->thread == OBSERVER ? "observer" : "thread", c->thread, c->verb);
	if (c->key < MAX_KEYS)
		printf(" %c %u %u", key_letter(c->key), (unsigned)c->a, (unsigned)c->b);
	printf("\n");
}

static void trace_answer(unsigned thread, enum instar_status status, uint64_t out)
{
	indent(thread);
	printf("   answers %s %u\n", instar_status_name(status), (unsigned)out);
}

static void trace_step(unsigned step)
{
	if (!trial.active)
		return;
	indent(trial.current);
	printf("   step %s\n", step_name(step));
}

void subject_trace_switch(char kind, unsigned thread)
{
	indent(thread);
	printf("%s thread %u\n", kind == 'f' ? "-- a waiting store is made:" : kind == 'p' ? "-- parked for ever:"
			       : "-- goes on:", thread);
}

void subject_trace_access(const char *what, const void *p, uint64_t v)
{
	static const bool loads = false;
	if (!loads && what[0] == 'l')
		return;
	indent(trial.current);
	printf("   %s", what);
	if (p)
		printf(" %s", subject_address(p));
	printf(" (%llx)\n", (unsigned long long)v);
}

#endif
