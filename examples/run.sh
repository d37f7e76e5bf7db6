#!/bin/sh
# Runs the examples and looks at what they say.
#
# Environment: nothing.  Run in the build directory.

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

echo 1..6

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

exit $failed
