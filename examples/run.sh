#!/bin/sh
# Runs the examples and looks at what they say.
#
# Environment: srcdir, the top of the source tree.  Run in the build directory.

number=0
failed=0

# ok WHAT: the result of the command before it.
ok()
{
	result=$?
	number=$((number + 1))
	if [ $result -ne 0 ]; then
		failed=1
		printf 'not '
	fi
	printf 'ok %d - %s\n' "$number" "$1"
}

# skip WHAT WHY
skip()
{
	number=$((number + 1))
	echo "ok $number - $1 # SKIP $2"
}

top=${srcdir:-.}
scratch=$(mktemp -d) || exit 99
trap 'rm -rf "$scratch"' EXIT

[ "$(examples/first)" = 2 ]
ok 'first: counts to two'
sed -n '/^```c$/,/^```$/p' "$top/README.md" | sed '/^```/d' | cmp -s - "$top/examples/first.c"
ok 'first: it is the program that README.md shows'

words=$(awk 'BEGIN { for (i = 1; i <= 3000; i++) { printf "The word%d,the %s", i % 500, i % 3 ? "\n" : "-" } }' |
	examples/word_count -t 4)
[ "$(echo "$words" | awk '$2 == "the" { print $1 }')" = 6000 ]
ok 'word_count: a word that is everywhere'
[ "$(echo "$words" | awk '$2 != "the" { n++; if ($1 != 6) exit 1 } END { print n }')" = 500 ]
ok 'word_count: 500 words, six times each'

lines=$(awk 'BEGIN { for (i = 0; i < 20000; i++) print "line", i * i % 1000; printf "no newline" }')
[ "$(printf '%s' "$lines" | examples/dedup)" = "$(printf '%s' "$lines" | awk '!seen[$0]++')" ]
ok 'dedup: each line once, in the order of the first ones'
[ -z "$(examples/dedup </dev/null)" ]
ok 'dedup: nothing from nothing'

examples/sessions | grep -q ' 0 are left$'
ok 'sessions: every one that began has ended'

examples/settings | grep -q ' 0 torn or old ones read, 8 still allocated$'
ok 'settings: none torn, none left over'

if [ -x examples/cache ]; then
	examples/cache | grep -q ' 0 wrong, 0 left over$'
	ok 'cache: every page right, none left over'
else
	skip cache 'built without xxHash'
fi

if [ -x examples/flows ]; then
	tests/support/write_capture 300 >"$scratch/capture" && examples/flows "$scratch/capture" >"$scratch/flows"
	ok 'flows: reads a capture'
	sort "$scratch/flows" >"$scratch/got"
	awk 'BEGIN {
		for (i = 0; i < 300; i++)
			printf "%d packets %d bytes %s 10.0.0.1:%d > 10.0.0.2:80\n", i + 1, i ? (i + 1) * (100 + i) : 9000,
				i % 3 ? "tcp" : "udp", 1000 + i
	}' | sort | cmp -s - "$scratch/got"
	ok 'flows: each flow, its packets and bytes'
	head -c 5000 "$scratch/capture" >"$scratch/short"
	! examples/flows "$scratch/short" >/dev/null 2>&1
	ok 'flows: a damaged capture is told'
else
	skip flows 'built without libpcap or xxHash'
fi

echo "1..$number"
exit $failed
