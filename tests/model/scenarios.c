/*
 * tests/model/scenarios.c - see scenario.h.  What meets what.
 */
#include "tests/model/scenario.h"

const struct scenario scenarios[] = {
	/* ---- one table: natives ---- */
	{ "insert-insert", "T2 against T2 of one key", "", { "ia1", "ia2" }, 3, 0 },
	{ "insert-insert-insert", "three T2 of one key", "", { "ia1", "ia2", "ia3" }, 2, 0 },
	{ "insert-other", "T2 against T2 of two keys", "", { "ia1 ga", "ib2 gb" }, 3, 0 },
	{ "insert-erase-insert", "T2, T7, T5 against the same", "", { "ia1 ea", "ia2 ea", "ga ga" }, 2, 0 },
	{ "erase-insert-get", "T7, T5, T6 under a reader", "ia1", { "ea ia2", "ra3", "ga ga" }, 2, 0 },
	{ "compare", "T6 by cas, remove_if, fetch_add", "ia1", { "ca12 xa2", "ca13 fa1", "ga" }, 2, 0 },
	{ "count", "T6 by fetch_add, T2 by fetch_add", "", { "fa1 fa1", "fa2 fa2" }, 3, 0 },
	{ "lost-then-dead", "a lost T2 finds the key DEAD: T5 and T4", "", { "ia1 ga", "ia2 ea" }, 3, 0 },
	{ "withdraw-reuse", "T4, and the slot at once another key's", "", { "ia1", "ia2", "ib3 eb" }, 2, 0 },
	{ "resurrect-bury", "T5 against T8", "ia1 ea", { "ia2 ga", "ib1 gb" }, 3, 0 },
	{ "resurrect-bury-get", "T5, T7 against T8 under a reader", "ia1 ea", { "ia2 ea", "ib1 eb", "ga" }, 2, 0 },
	{ "bury-bury", "T8 against T8", "ia1 ea", { "ib1", "ic1", "ia2" }, 2, 0 },
	{ "claim-tomb", "two T1 of an elapsed TOMB", "ia1 ea ib1", { "ic1", "id1", "ia2" }, 2, 0 },
	{ "reuse-reader", "T1 of a TOMB while a reader holds the old key's slot", "ia1",
	  { "ga", "ea ib2 ic3" }, 3, 0 },
	{ "reuse-writer", "T1 of a TOMB while a writer holds the old header", "ia1", { "ea ib2", "ic3", "ia4 ga" }, 2, 0 },
	{ "reuse-erase", "T8, T1, T2 while a writer is about to change the old key", "ia1",
	  { "ea ib2 ic3", "pa5" }, 3, 0 },

	/* ---- one table: displaced entries ---- */
	{ "displace", "T3 against T3 of one key", "Fa0", { "ia1", "ia2" }, 3, 0 },
	{ "displace-other", "T3 against T3 of two keys", "Fa0", { "ia1 ea", "ib2 ga" }, 3, 0 },
	{ "last-native", "T2 against T3: one native slot is left", "Fa1", { "ia1 ga", "ib2 gb" }, 3, 0 },
	{ "guest-native", "a T3 and the buddy's T2 want one slot", "Fa0 FA1", { "ia1 ga", "iA2 gA" }, 3, 0 },
	{ "displaced-life", "T3, T7, T5 against T6 under a reader", "Fa0 ia1", { "ea ia2", "pa3", "ga ga" }, 2, 0 },
	{ "resurrect-unlist", "T5 against T9", "Fa0 ia1 ea", { "ia2 ga", "iA1" }, 3, 0 },
	{ "finish-burial", "T9 finished by another who meets it", "Fa0 ia1 ea", { "iA1", "ic1" }, 3, 0 },
	{ "finish-burial-2", "T9 met by two, and the key back", "Fa0 ia1 ea", { "iA1", "ic1", "ia2" }, 2, 0 },
	{ "unlist-publish", "the header CAS of T9 against T3", "Fa0 ia1 ea", { "iA1", "ic1 gc" }, 3, 0 },
	{ "unlist-filter", "T9 computes the filter anew while T3 adds to it", "Fa0 ia1 ie2 ea", { "iA1", "ii3 gi", "ge" }, 2, 0 },
	{ "unlist-dead", "T9 of one while another stays listed DEAD, and comes back", "Fa0 ia1 ic2 ea ec", { "iA1", "ic3 gc" }, 3, 0 },
	{ "guest-reuse", "T9, then its slot another's, under a reader", "Fa0 ia1", { "ea iA1 iB2", "ga", "ic3" }, 2, 0 },

	/* ---- migration: freeze and seal ---- */
	{ "virgin-freeze", "T2 of a virgin home against its T10", "", { "ia1", "G R Ba ga" }, 2, 0 },
	{ "publish-freeze", "T2 against T10", "ic1", { "ia1 ga", "G R Ba" }, 2, 0 },
	{ "displace-freeze", "T3 against T10", "Fa0", { "ia1 ga", "P R Ba" }, 2, 0 },
	{ "update-seal", "T6 against T11", "ia1", { "pa2 ga", "P R Ba" }, 2, 0 },
	{ "erase-seal", "T7, T5 against T11", "ia1", { "ea ia2", "P R Ba ga" }, 2, 0 },
	{ "resurrect-seal", "T5 against T11 of a DEAD", "ia1 ea", { "ia2 ga", "G R Ba" }, 2, 0 },
	{ "resurrect-seal-3", "T5, T7 against T11 under a reader", "ia1 ea", { "ia2 ea", "P R Ba", "ga ga" }, 1, 0 },
	{ "displaced-seal", "T6, T7 against T11 of a displaced entry", "Fa0 ia1", { "pa2 ea", "P R Ba", "ga" }, 1, 0 },
	{ "unlist-seal", "T9 against T10, T11", "Fa0 ia1 ea", { "iA1", "P R Ba", "ia2" }, 1, 0 },
	{ "bury-seal", "T8 against T11", "ia1 ea", { "ic1 gc", "P R Ba", "ia2" }, 1, 0 },

	/* ---- migration: birth ---- */
	{ "helpers", "two helpers of one birth", "ia1 ic2 G R", { "Ba", "Ba ga" }, 2, 0 },
	{ "helpers-twins", "two births with one source", "ia1 ib2 G R", { "Ba gb", "Bb ga" }, 2, 0 },
	{ "helpers-get", "two helpers under a reader", "ia1 ic2 G R", { "Ba", "Ba", "ga gc" }, 2, 0 },
	{ "late-withdraw", "a helper claims after T12, and the key goes", "ia1 G R", { "Ba", "Ba ea ic2" }, 2, 0 },
	{ "late-reuse", "the late helper's slot comes into use", "ia1 ic2 G R", { "Ba", "ea ie3 ia4", "gc" }, 2, 0 },
	{ "late-adopt", "a third adopts the late helper's claim", "ia1 ic2 G R", { "Ba", "Ba", "Ba ea" }, 2, 0 },
	{ "birth-displaced", "births that displace", "Fa0 ia1 ic2 P R", { "Ba", "Ba ea", "ga" }, 1, 0 },
	{ "birth-dead", "DEAD entries do not move, and come back", "ia1 ea ic2 G R", { "Ba ga", "ia3 ea" }, 2, 0 },
	{ "birth-insert", "writers give birth first", "ia1 G R", { "ia2 pa3", "ea", "ga" }, 2, 0 },
	{ "birth-guest", "a birth and a T3 want one slot", "Fa0 ia1 P R FA1", { "Ba ga", "iA2 gA" }, 2, 0 },

	/* ---- migration: from end to end ---- */
	{ "grow-read", "T15 against a reader at UNBORN", "ia1 ib2 G R", { "ga gb", "M" }, 2, 0 },
	{ "grow-end", "two end one migration, a third writes", "ia1 G R", { "M", "M", "ea ia2" }, 2, 0 },
	{ "grow-write", "a writer holds the old root", "ia1", { "pa2 ea", "G R M" }, 1, 0 },
	{ "purge-read", "a purge under a reader", "ia1 ea ic1 P R", { "ga gc", "M" }, 2, 0 },
	{ "shrink", "two sources of one birth", "ia1 iA2 S R", { "Ba gA", "BA ga" }, 2, 8 },
	{ "shrink-write", "a shrink under writers", "ia1 iA2 S R", { "ea", "pA3", "gA ga" }, 1, 8 },
	{ "shrink-end", "a shrink ends under a reader", "ia1 iA2 S R", { "M", "ga gA", "eA" }, 1, 8 },
	{ "two-tables", "two T14 at once", "ia1", { "G R Ba", "P R Ba" }, 2, 0 },
	{ "twice", "a migration, and the next", "ia1 G R", { "M P R Ba", "ga ea" }, 1, 0 },
	{ "no-room", "no slot is left: T14 by the insertion", "Fa0 Oa1", { "ia1 ga", "ib2" }, 1, 0 },

	/* ---- migration: stillborn homes ---- */
	{ "stillborn", "T16 against itself", "Fa0 ia1 P R Oa1", { "Ba ga", "Ba" }, 2, 0 },
	{ "stillborn-read", "T16 under readers, rescue by a chain of three", "Fa0 ia1 P R Oa1", { "Ba Ba Ba", "ga ga" }, 2, 0 },
	{ "stillborn-write", "T16 and rescue by writers", "Fa0 ia1 P R Oa1", { "pa2", "ea", "ga" }, 1, 0 },
	{ "stillborn-birth", "T16 against T12: the last slot comes and goes", "Fa0 ia1 P R Oa2 FA1", { "Ba ga", "iA2 eA" }, 1, 0 },
	{ "stillborn-race", "one helper finds room, another none", "Fa0 ia1 P R Oa2 FA1", { "Ba", "Ba", "iA2" }, 1, 0 },
	{ "stillborn-shrink", "two full homes into one", "Fa1 ia1 FA1 iA2 S R Oa1", { "Ba ga", "eA gA" }, 1, 8 },
	{ "stillborn-end", "the rescue ends: both tables before are retired", "Fa0 ia1 P R Oa1 Ba Ba R", { "M", "ga ea" }, 2, 0 },
	{ "stillborn-unborn", "homes of the middle table never born", "Fa0 ia1 iA1 P R Oa2 Ba Ba", { "BA gA", "ga iA2" }, 2, 0 },

	/* ---- clear and snapshot ---- */
	{ "clear-write", "a clear against T6, T7", "ia1", { "C", "pa2 ga" }, 2, 0 },
	{ "clear-insert", "a clear against T1, T2 of two keys", "", { "ia1 ib2", "C ga" }, 2, 0 },
	{ "clear-clear", "two clears, and a writer", "ia1", { "C", "C", "ea ia2" }, 1, 0 },
	{ "clear-grow", "a clear against T15: who retires the table before", "ia1 G R", { "C ga", "M" }, 2, 0 },
	{ "clear-birth", "a clear against births, under a reader", "ia1 G R", { "C", "pa2", "ga" }, 1, 0 },
	{ "clear-stillborn", "a clear of a chain of three", "Fa0 ia1 P R Oa1 Ba Ba", { "C ga", "M" }, 1, 0 },
	{ "snapshot-write", "a snapshot against T6, T7", "ia1 ib2", { "N", "pa3 eb", "gb" }, 1, 0 },
	{ "snapshot-insert", "a snapshot against T2 of two keys", "", { "N", "ia1 ib2" }, 1, 0 },
	{ "snapshot-read", "a reader after the swap, a writer from before", "ia1", { "N", "pa2", "ga ga" }, 1, 0 },
	{ "snapshot-twice", "two snapshots", "ia1", { "N", "N ga", "ea" }, 0, 0 },
	{ "snapshot-clear", "a snapshot against a clear", "ia1 ib1", { "N", "C", "ia2" }, 1, 0 },
	{ "snapshot-clear-end", "a snapshot's table: T15 and a clear give it up, one of them", "ia1", { "N", "C", "M" }, 1, 0 },
	{ "snapshot-grow", "a snapshot during a migration", "ia1 G R", { "N", "pa2 ga" }, 1, 0 },

	/* ---- the miss filter ---- */
	{ "filter-insert", "the bits against T2 of one key", "W", { "ia1 ga", "ia2 ga" }, 3, 0 },
	{ "filter-other", "the bits against T2 of two keys: each looks for the other's", "W", { "ia1 gc", "ic2 ga" }, 3, 0 },
	{ "filter-homes", "the same in two homes", "W", { "ia1 gA", "iA2 ga" }, 3, 0 },
	{ "filter-get", "a reader sees a key, and then does not miss it", "W", { "ia1", "ga ga" }, 3, 0 },
	{ "filter-displace", "the bits against T3", "W Fa0", { "ia1 ga", "ia2 ga" }, 2, 0 },
	{ "filter-dead", "T5 of a key whose bits are there", "W ia1 ea", { "ia2 ea", "ga ga" }, 2, 0 },
	{ "filter-stale", "the bits of a key that is gone, its slot another's", "W ia1", { "ea ib2 ic3", "ga gc" }, 2, 0 },
	{ "filter-freeze", "T2 against T10", "W ic1", { "ia1 ga", "G R Ba" }, 2, 0 },
	{ "filter-birth", "two helpers of one birth, under a reader", "W ia1 ic2 G R", { "Ba gc", "Ba", "ga gc" }, 2, 0 },
	{ "filter-twins", "two births with one source", "W ia1 ib2 G R", { "Ba gb", "Bb ga" }, 2, 0 },
	{ "filter-late", "a late helper's bits", "W ia1 G R", { "Ba", "Ba ea ic2 gc ga" }, 2, 0 },
	{ "filter-end", "T15 against a reader", "W ia1 ib2 G R", { "ga gb", "M" }, 2, 0 },
	{ "filter-write", "a writer ends the migration, and looks", "W ia1 G R", { "M ga", "ea ia2 ga" }, 2, 0 },
	{ "filter-virgin", "homes never born are empty", "W G R", { "ga ia1 ga", "M" }, 2, 0 },
	{ "filter-shrink", "two sources of one birth", "W ia1 iA2 S R", { "Ba gA", "M ga" }, 2, 8 },
	{ "filter-stillborn", "T16 under a reader, rescue by a chain of three", "W Fa0 ia1 P R Oa1", { "Ba Ba Ba", "ga ga" }, 2, 0 },
	{ "filter-clear", "a clear against T6, T7", "W ia1", { "C ga", "pa2 ga" }, 2, 0 },
	{ "filter-snapshot", "a reader after the swap, a writer from before", "W ia1", { "N", "pa2", "ga ga" }, 1, 0 },

	/* ---- tables are freed ---- */
	{ "free-filter", "a root is cleared away and freed under a reader of its filter", "W ia1", { "ga gb", "C v v v v" }, 2, 0 },
	{ "free-read", "a root is cleared away and freed under a reader", "ia1", { "ga", "C v v v v" }, 2, 0 },
	{ "free-write", "a root is cleared away and freed under writers", "ia1", { "pa2 ia3", "C v v v v" }, 2, 0 },
	{ "free-later", "a root put up while a reader begins is cleared away and freed under it", "ia1", { "ga", "v C C v v" }, 3, 0 },
	{ "free-before", "a migration ends and its source is freed under a reader", "ia1 G R", { "ga", "M v v v v" }, 2, 0 },
	{ "free-birth", "a migration ends and its source is freed under a helper", "ia1 G R", { "pa2", "M v v v v" }, 2, 0 },

	/* ---- the reclaimer by itself ---- */
	{ "object", "an object is freed under a reader?", "", { "w w", "u v v v v" }, 3, 0 },
	{ "object-two", "two readers, two objects", "", { "w", "w", "u v u v v v" }, 2, 0 },
	{ "object-advance", "two advance at once", "", { "w", "u v v v", "v v v" }, 2, 0 },
	{ "object-nested", "a reader is also who retires", "", { "w u w v v v", "w u v v v" }, 2, 0 },
	{ "stamp", "a stamp elapses", "", { "s", "v v v v z" }, 3, 0 },
	{ "stamp-section", "a stamp elapses while a later section is open", "", { "s", "v v v v z", "s" }, 3, 0 },
	{ "stamp-advance", "two advance at once while a section begins", "", { "s", "v v z", "v w" }, 4, 0 },
	{ "stamp-late", "sections that begin before the stamp's section ends", "", { "s", "v v v z", "w w" }, 2, 0 },
};

const unsigned scenarios_n = sizeof scenarios / sizeof scenarios[0];
