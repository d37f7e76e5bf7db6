/*
 * tests/model/migration.pml - the core of the protocol for spin: one key, its home in a table and in the table that
 * follows: claim, publish, erase, resurrect, freeze, seal, birth, the end of the migration; and a reader.
 * T-numbers and words are those of DESIGN.md.  Sequentially consistent; every CAS is one step, so is every load with what its thread then does by itself.
 *
 * Checked, over all interleavings of a migration and -DCALLS_OF=1: two insertions and an erasure, or 2: an insertion,
 * an erasure and a reader (every writer helps):
 *   - I1  at most one slot of a home shows the key
 *   - I7  the birth shows what the source holds, and nothing else
 *   - linearizability: T2, T5 find the key absent, T7 finds the very value; every other answer was true at some
 *     moment of its call
 *   - nobody waits: no invalid end state
 *
 * -DRULE leaves a rule out, and spin must find an error then (tests/model/spin.sh runs all):
 *   ANY_HEADER     T2 expects the header of now, not the one that was scanned
 *   NO_SECOND_LOOK after a failed T2 the key is not looked for again
 *   NO_FREEZE      T10 is left out
 *   SEAL_CLAIMS    T11 seals what is not visible, too
 *   DEAD_STAYS     T11 leaves DEAD, which T5 may then bring back
 *   EARLY_END      T15 does not wait for the birth
 *   FROZEN_SOURCE  a reader that asks the source first believes it when it is FROZEN, too
 *   ONE_LOOK       a reader at an UNBORN home without prev does not load ctrl again
 *   THROUGH_FROZEN a claim is published in a FROZEN home
 */
#define SLOTS 3
#define OLD 0
#define NEW 1

/* Home states, tags. */
#define UNBORN 0
#define OPEN 1
#define FROZEN 2
#define EMPTY 0
#define LIVE 1
#define DEAD 2
#define SEALED 3
#define TOMB 4

/* ctrl: | version | p bits :3 | state :2 |; slot: | value :3 | g :1 | tag :3 | */
#define STATE(c) ((c) & 3)
#define P(c, i) (((c) >> (2 + (i))) & 1)
#define FLIP(c, i) (((c) ^ (1 << (2 + (i)))) + 32)
#define WITH_STATE(c, s) (((c) & ~3) | (s))
#define SLOT(tag, g, v) ((tag) | ((g) << 3) | ((v) << 4))
#define TAG(s) ((s) & 7)
#define G(s) (((s) >> 3) & 1)
#define V(s) ((s) >> 4)
#define WITH_TAG(s, t) (((s) & ~7) | (t))
#define AT(t, i) slot[(t) * SLOTS + (i)]
#define VISIBLE(s, c, i) (G(s) == P(c, i) && (TAG(s) == LIVE || TAG(s) == DEAD || TAG(s) == SEALED))
#define SHOWN(t, i) (VISIBLE(AT(t, i), ctrl[t], i) -> 1 : 0)

#define CALLS 4
short ctrl[2];
byte slot[6];
bool root_is_new, prev_is_null;

/* The map as its callers may think of it, and what each call under way has seen it to be: bit v for value v, bit 0
 * for absent. */
byte abstract;
byte seen[CALLS];

inline begin(me) { d_step { seen[me] = 1 << abstract } }
inline becomes(v) {
	abstract = v;
	seen[0] = seen[0] | (1 << v);
	seen[1] = seen[1] | (1 << v);
	seen[2] = seen[2] | (1 << v);
	seen[3] = seen[3] | (1 << v)
}
inline check_one_visible(t) { assert(SHOWN(t, 0) + SHOWN(t, 1) + SHOWN(t, 2) <= 1) }

inline cas_slot(t, i, expected, desired, done) {
	d_step {
		done = (AT(t, i) == expected);
		if
		:: done -> AT(t, i) = desired
		:: else
		fi
	}
}

/* T10, T11 of the old home, then its entry, if it has one, is placed in the new one and T12 shows it. */
inline give_birth() {
	c = ctrl[OLD];
#ifndef NO_FREEZE
	d_step { /* a CAS that fails is made again */
		if
		:: STATE(ctrl[OLD]) == OPEN -> ctrl[OLD] = WITH_STATE(ctrl[OLD], FROZEN) + 32
		:: else
		fi;
		c = ctrl[OLD]
	};
#endif
	arrived = 0;
	i = 0;
	do
	:: atomic { i == SLOTS -> break }
	:: i < SLOTS ->
		atomic {
		s = AT(OLD, i);
		if
#ifdef SEAL_CLAIMS
		:: TAG(s) == EMPTY || TAG(s) == TOMB -> i++
#else
		:: !VISIBLE(s, c, i) -> i++
#endif
		:: else ->
			if
			:: TAG(s) == SEALED -> arrived = s; i++
			:: TAG(s) == LIVE -> todo = true
			:: TAG(s) == DEAD ->
#ifdef DEAD_STAYS
				i++
#else
				todo = true
#endif
			:: else -> i++ /* SEAL_CLAIMS only */
			fi
		fi
		};
		atomic {
		if
		:: todo ->
			todo = false;
			if
			:: TAG(s) == LIVE -> cas_slot(OLD, i, s, WITH_TAG(s, SEALED), done)
			:: else -> cas_slot(OLD, i, s, SLOT(TOMB, 0, 0), done)
			fi;
			if
			:: done && TAG(s) == LIVE -> arrived = WITH_TAG(s, SEALED); i++
			:: done && TAG(s) != LIVE -> i++
			:: else
			fi
		:: else
		fi
		}
	od;
	own = SLOTS;
	shows = SLOTS;
	i = 0;
	do
	:: atomic { !arrived || i == SLOTS || shows != SLOTS -> break }
	:: arrived && i < SLOTS && shows == SLOTS ->
		atomic {
			s = AT(NEW, i);
			if
			:: s == SLOT(LIVE, 1, V(arrived)) -> shows = i /* adopted */
			:: s != SLOT(LIVE, 1, V(arrived)) && s != SLOT(EMPTY, 0, 0) -> i++
			:: else -> todo = true
			fi
		};
		atomic {
			if
			:: todo && STATE(ctrl[NEW]) != UNBORN -> todo = false; break
			:: else
			fi
		};
		atomic {
			if
			:: todo ->
				todo = false;
				cas_slot(NEW, i, SLOT(EMPTY, 0, 0), SLOT(LIVE, 1, V(arrived)), done);
				if
				:: done -> own = i; shows = i
				:: else
				fi
			:: else
			fi
		}
	od;
	if
	:: arrived && shows == SLOTS -> skip /* too late */
	:: else ->
		d_step {
			if
			:: ctrl[NEW] == UNBORN ->
				ctrl[NEW] = (arrived -> FLIP(OPEN, shows) : OPEN + 32);
				check_one_visible(NEW);
				assert(abstract == (arrived -> V(arrived) : 0)); /* I7 */
				own = SLOTS
			:: else
			fi
		}
	fi;
	if
	:: own != SLOTS -> /* T4 by a late helper */
		c = ctrl[NEW];
		atomic {
			s = AT(NEW, own);
			if
			:: TAG(s) == LIVE && !VISIBLE(s, c, own) -> AT(NEW, own) = SLOT(TOMB, 0, 0)
			:: else
			fi
		}
	:: else
	fi
}

/* Which table to act on, born or with a birth given: t. */
inline find_table() {
	if
	:: !root_is_new -> t = OLD
	:: else ->
		t = NEW;
		if
		:: STATE(ctrl[NEW]) == UNBORN -> give_birth()
		:: else
		fi
	fi
}

/* The visible slot under header c of table t: at, with content s; SLOTS if there is none. */
inline look() {
	at = 0;
	s = 0;
	do
	:: atomic { at == SLOTS -> break }
	:: atomic { at < SLOTS ->
		s = AT(t, at);
		if
		:: VISIBLE(s, c, at) -> break
		:: else -> at++
		fi
	   }
	od
}

#define LOCALS short c; byte s, t, i, at, own, shows, arrived; bool done, todo

proctype insert(byte me; byte v)
{
	LOCALS;
	byte mine = SLOTS, claim;

	begin(me);
again:
	mine = SLOTS;
	find_table();
	c = ctrl[t];
scan:
	look();
	if
	:: at < SLOTS && TAG(s) == DEAD -> /* T5 */
		d_step {
			done = (AT(t, at) == s);
			if
			:: done -> AT(t, at) = SLOT(LIVE, G(s), v); assert(abstract == 0); becomes(v)
			:: else
			fi
		};
		if
		:: done -> goto inserted
		:: else -> c = ctrl[t]; goto scan
		fi
	:: at < SLOTS && TAG(s) == LIVE -> goto exists
	:: at < SLOTS && TAG(s) == SEALED -> goto exists
	:: at == SLOTS ->
#ifndef THROUGH_FROZEN
		if
		:: STATE(c) == FROZEN -> goto again /* the claim, if there is one, stays */
		:: else
		fi;
#endif
		skip
	fi;
	if
	:: mine == SLOTS -> /* T1 */
		d_step { /* EMPTY never comes back, so looking and claiming can be one step */
			mine = 0;
			do
			:: mine == SLOTS -> break
			:: mine < SLOTS && AT(t, mine) == SLOT(EMPTY, 0, 0) ->
				claim = SLOT(LIVE, 1 - P(c, mine), v);
				AT(t, mine) = claim;
				break
			:: else -> mine++
			od
		};
		if
		:: mine == SLOTS -> goto no_room
		:: else
		fi
	:: else
	fi;
publish: /* T2 */
	skip;
#ifdef ANY_HEADER
	c = ctrl[t];
#endif
	d_step {
		done = (ctrl[t] == c && P(c, mine) != G(claim));
		if
		:: done -> ctrl[t] = FLIP(c, mine); check_one_visible(t); assert(abstract == 0); becomes(v)
		:: else
		fi
	};
	if
	:: done -> goto end
	:: else -> c = ctrl[t]
	fi;
#ifdef NO_SECOND_LOOK
	if
	:: STATE(c) == OPEN -> goto publish
	:: else
	fi;
#endif
	goto scan;
exists:
	assert(seen[me] & ~1);
inserted: /* T4 */
	if
	:: mine < SLOTS -> cas_slot(t, mine, claim, SLOT(TOMB, 0, 0), done)
	:: else
	fi;
no_room:
end:
	skip
}

proctype erase(byte me)
{
	LOCALS;

	begin(me);
again:
	find_table();
	c = ctrl[t];
	look();
	if
	:: at < SLOTS && TAG(s) == LIVE -> /* T7 */
		d_step {
			done = (AT(t, at) == s);
			if
			:: done -> AT(t, at) = WITH_TAG(s, DEAD); assert(abstract == V(s)); becomes(0)
			:: else
			fi
		};
		if
		:: done
		:: else -> goto again
		fi
	:: at < SLOTS && TAG(s) == SEALED -> goto again
	:: else ->
		if
		:: STATE(c) == FROZEN -> goto again
		:: else -> assert(seen[me] & 1)
		fi
	fi
}

proctype get(byte me)
{
	LOCALS;

	begin(me);
	if
	:: !root_is_new -> t = OLD
	:: else -> t = NEW
	fi;
	if
	:: t == NEW && !prev_is_null -> /* not handed out yet */
		c = ctrl[OLD];
		if
#ifdef FROZEN_SOURCE
		:: true -> t = OLD; goto known
#else
		:: STATE(c) == OPEN -> t = OLD; goto known
		:: else -> skip
#endif
		fi
	:: true -> skip
	fi;
	c = ctrl[t];
	if
	:: t == NEW && STATE(c) == UNBORN ->
		if
		:: !prev_is_null -> t = OLD
		:: else -> skip
		fi;
#ifdef ONE_LOOK
		if
		:: t == NEW -> goto absent
		:: else
		fi;
#endif
		c = ctrl[t]
	:: else
	fi;
known:
	look();
	if
	:: at < SLOTS && TAG(s) != DEAD -> assert(seen[me] & (1 << V(s))); goto end
	:: else
	fi;
absent:
	assert(seen[me] & 1);
end:
	skip
}

/* T14, then a birth and T15. */
proctype migrate()
{
	LOCALS;

	root_is_new = true;
#ifndef EARLY_END
	give_birth();
	assert(STATE(ctrl[NEW]) != UNBORN);
#endif
	prev_is_null = true
}

init {
	atomic {
		ctrl[OLD] = OPEN;
		run insert(0, 1);
#if CALLS_OF == 1
		run insert(1, 2);
		run erase(2);
#else
		run erase(1);
		run get(2);
#endif
		run migrate()
	}
}
