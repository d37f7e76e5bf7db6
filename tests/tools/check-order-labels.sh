#!/bin/sh
# tools/check-order-labels finds a label whose partner is missing, deaf or unnamed.
. "${srcdir:-.}/tests/tools/tree.sh"

clean() {
	rm -rf "$tree"/*
	mkdir -p "$tree/include"
	plant src/publish.c <<-'EOF'
		/* ORD:publish — release; pairs with ORD:see (lookup.c),
		 * ORD:adopt (scheme.h); carries the slot */
		/* ORD:both - acq_rel; pairs with ORD:both; carries all */
		int order; /* ORDER: no label */
	EOF
	plant src/lookup.c <<-'EOF'
		int x; /* ORD:see — acquire; pairs with ORD:publish (publish.c); as ORD:adopt */
	EOF
	plant reclaim/scheme.h <<-'EOF'
		/*
		 * ORD:adopt — acquire; pairs with
		 * ORD:publish (publish.c); carries the slot
		 */
	EOF
	printf '| ORD:%s |\n' publish see adopt both alone | plant doc/memory-model.md
}

clean
accepts check-order-labels "$tree" "a clean tree"
accepts check-order-labels "$root" "this tree"

clean
rm "$tree/reclaim/scheme.h"
finds check-order-labels "src/publish.c:1: ORD:publish pairs with ORD:adopt, which is defined nowhere"
finds check-order-labels "src/lookup.c:1: ORD:adopt is defined nowhere"

clean
sed 's/pairs with ORD:publish/pairs with ORD:see/' "$tree/src/lookup.c" >"$tree/new"
mv "$tree/new" "$tree/src/lookup.c"
finds check-order-labels "src/publish.c:1: ORD:publish pairs with ORD:see, which does not name it back"

clean
echo '/* ORD:alone — release; carries nothing */' >>"$tree/src/lookup.c"
finds check-order-labels "src/lookup.c:2: ORD:alone names no partner"

clean
echo '/* see ORD:nowhere */' >>"$tree/src/lookup.c"
finds check-order-labels "src/lookup.c:2: ORD:nowhere is defined nowhere"

clean
sed 's/^| ORD:see |/See ORD:see/' "$tree/doc/memory-model.md" >"$tree/new"
mv "$tree/new" "$tree/doc/memory-model.md"
finds check-order-labels "src/lookup.c:1: ORD:see has no row in doc/memory-model.md"

done_testing
