#!/bin/sh
# What bash offers for a half-written command line of instar-stress.
top=${srcdir:-.}
tool=${INSTAR_STRESS:-./instar-stress}
if ! command -v bash >/dev/null; then
	echo "1..0 # SKIP no bash on this machine"
	exit 0
fi
number=0
failed=0

# offers "WANTED ..." WORD...: for the last word, after those before it, exactly these.
offers() {
	wanted=$1
	shift
	# shellcheck disable=SC2016 # for the inner shell
	got=$(bash -c '. "$1/stress/completion/instar-stress" && shift
		program=$1 && shift
		COMP_WORDS=("$program" "$@") COMP_CWORD=$#
		_instar_stress "$program" "${COMP_WORDS[COMP_CWORD]}" "${COMP_WORDS[COMP_CWORD - 1]}"
		echo "${COMPREPLY[*]}"' bash "$top" "$tool" "$@" 2>&1)
	number=$((number + 1))
	if [ "$got" = "$wanted" ]; then
		echo "ok $number - $*"
	else
		echo "not ok $number - $*"
		echo "# wanted: $wanted"
		echo "# got: $got"
		failed=1
	fi
}

offers "compare run report count torture replay bench reclaim --help --version" ""
offers "compare count" co
offers "mix90 mix50" run mix
offers "--minutes --maps" compare --m
offers "--quick" compare --q
offers "--scheme" count --s
offers leak compare --schemes le
offers leak count --scheme = le
offers ebr,leak compare -s ebr,le
offers "grow-warm grow-cold" compare --workloads = grow
offers "mutex mutex64" compare -m mu
offers "instar/leak" run -m instar/l
offers "both" compare --reuse b
offers "" compare --runs ""
offers "" count some-file
echo "1..$number"
exit $failed
