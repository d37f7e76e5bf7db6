#!/bin/sh
# Has spin explore tests/model/migration.pml (two minutes, 2 GB), whole and with each of its rules left out.  TAP; exits
# with 1 if something is not as it should be.
model=$(cd "${srcdir:-.}" && pwd)/tests/model/migration.pml
cc=${CC:-cc}
work=$(mktemp -d) || exit 99
trap 'rm -rf "$work"' EXIT
cd "$work" || exit 99
number=0 failed=0

command -v spin >/dev/null || { echo "1..0 # SKIP spin is not installed"; exit 0; }

# explore CASE RULE: prints how many errors spin found; nothing if it could not say.
explore() {
	rm -f pan
	spin "-DCALLS_OF=$1" ${2:+"-D$2"} -a "$model" >log 2>&1 &&
		$cc -O2 -w -DSAFETY -DCOLLAPSE -o pan pan.c >>log 2>&1 && ./pan -m100000 -w24 >log 2>&1
	grep -q 'max search depth too small\|out of memory' log || sed -n 's/.*errors: \([0-9]*\)$/\1/p' log
}

result() {
	number=$((number + 1))
	if [ "$1" -eq 0 ]; then
		echo "ok $number - $2"
	else
		echo "not ok $number - $2"
		sed 's/^/# /' log
		failed=1
	fi
}

for calls in 1 2; do
	[ "$(explore $calls)" = 0 ]
	result $? "calls $calls: the protocol holds in all $(sed -n 's/ *\([0-9.e+]*\) states, stored.*/\1/p' log) states"
done
for rule in $(sed -n 's/^ \*   \([A-Z_]\{6,\}\) .*/\1/p' "$model"); do
	[ "$(explore 2 "$rule")" = 1 ] || [ "$(explore 1 "$rule")" = 1 ]
	result $? "without $rule it does not: $(sed -n 's/^pan:1: \(.*\) (at .*/\1/p' log | cut -c 1-60)"
done
echo "1..$number"
exit $failed
