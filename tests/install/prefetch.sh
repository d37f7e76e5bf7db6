#!/bin/sh
# What is meant to fetch ahead does so in the library as built: gcc takes a function that only prefetches for one
# without effect, and once dropped all of it, which no other test sees.
so=${LIBINSTAR_SO:?}
if [ ! -f "$so" ] || ! objdump -d "$so" >/dev/null 2>&1; then
	echo "1..0 # SKIP no shared library, or no objdump"
	exit 0
fi
number=0

# fetches WHAT FUNCTIONS: an extended expression of names, one of which must hold the instruction.
fetches() {
	number=$((number + 1))
	objdump -d --no-show-raw-insn "$so" | awk -v names="^<($2)[.>]" '
		/^[0-9a-f]+ </ { inside = $2 ~ names }
		inside && /prefetch|prfm/ { n++ }
		END { exit !n }' && echo "ok $number - $1" || echo "not ok $number - $1"
}

echo 1..4
fetches "a batch of lookups" "engine_get_many|lookup_run"
fetches "a batch of writes" "engine_write_many|write_run"
fetches "instar_prefetch" "engine_prefetch|prefetch_home"
fetches "a migration" "help_migration|prefetch_birth|finish_migrations"
