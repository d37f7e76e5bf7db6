#!/bin/sh
# tools/check-layers finds each kind of forbidden dependency, planted alone, and nothing in a clean tree.
. "${srcdir:-.}/tests/tools/tree.sh"

clean() {
	rm -rf "$tree"/*
	mkdir -p "$tree/examples" "$tree/stress" "$tree/tests"
	plant reclaim/schemes.def <<-'EOF'
		INSTAR_SCHEME(tortoise, none)
		INSTAR_SCHEME(hare, ck)
	EOF
	plant include/instar/map.h <<-'EOF'
		#include <stdint.h>
		#include <instar/status.h>
	EOF
	plant src/map.c <<-'EOF'
		/* The tortoise may be named in a comment,
		 * #include "stress/runner.h" may stand there, too. */
		#include <instar/map.h>
		#include "reclaim/contract.h"
		#include "src/table.h"
		#include RECLAIM_SCHEME_FILE
		int shared; /* "share" is not the hare */
	EOF
	plant reclaim/hare.h <<-'EOF'
		#include <ck_epoch.h>
		#include "reclaim/contract.h"
	EOF
	plant tests/unit/words.c <<-'EOF'
		#include "src/table.h"
	EOF
}

clean
accepts check-layers "$tree" "a clean tree"
accepts check-layers "$root" "this tree"

# forbids FILE TARGET
forbids() {
	clean
	echo "#  include $2" >>"$tree/$1" || exit 1
	finds check-layers "may not include $2"
}
forbids include/instar/map.h '"src/table.h"'
forbids include/instar/map.h '<urcu.h>'
forbids src/map.c '"reclaim/hare.h"'
forbids src/map.c '"stress/runner.h"'
forbids src/map.c '<ck_epoch.h>'
forbids reclaim/hare.h '"src/table.h"'
forbids stress/runner.c '"src/table.h"'
forbids stress/runner.c '"reclaim/port.h"'
forbids examples/count.c '"reclaim/contract.h"'
forbids examples/count.c '<urcu.h>'

clean
echo 'static const char *favourite = "tortoise";' >>"$tree/src/map.c"
finds check-layers 'src/map.c:8: src/ names a scheme'
clean
echo 'extern int reclaim_scheme_hare;' >>"$tree/src/map.c"
finds check-layers 'src/map.c:8: src/ names a scheme'

done_testing
