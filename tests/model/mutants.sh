#!/bin/sh
# Plants the bugs of mutants.list and of ../mutants/list one by one in a copy of the sources and has the explorer
# look for them.
#
#   tests/model/mutants.sh [PREFIX...]     those whose names begin so; all by default
#
# Exits with 1 if one of mutants.list survives, with 2 if one cannot be planted any more or the unchanged sources fail.
# Of the other list it tells which the explorer finds: that list's own tests find the rest.
set -eu
here=$(cd "$(dirname "$0")" && pwd)
root=$(cd "$here/../.." && pwd)
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
cc="${CC:-cc} -O1 -std=gnu11 -w -D_GNU_SOURCE -DINSTAR_HALF_WIDTH -DINSTAR_STEPS -DPORT_SHIM -DINSTAR_BUCKET_SLOTS=3 -DTOKEN_SECTIONS=1 -DDEBRA_SECTIONS=1 -DHYALINE_S_PATIENCE=1"
cc="$cc -DENGINE_NAME=engine_model -I$work -I$work/include"
limit=300 # seconds
survived=0 stale=0 killed=0

copy() {
	mkdir -p "$work/tests"
	(cd "$root" && tar cf - include src reclaim tests/model tests/support) | (cd "$work" && tar xf -)
}

# build SUBJECT: spec, or a scheme.
build() {
	case $1 in
	spec) flags='-DRECLAIM_SCHEME_FILE="tests/model/spec_scheme.h" -DMODEL_RECLAIM_FILE="tests/model/spec_domain.h"' ;;
	*) flags="-DRECLAIM_SCHEME=$1 -DRECLAIM_SCHEME_FILE=\"reclaim/$1.h\" -DMODEL_RECLAIM_FILE=\"tests/model/real_domain.h\"" ;;
	esac
	# shellcheck disable=SC2086 # lists
	$cc $flags -c -o "$work/subject.o" "$work/tests/model/subject.c" &&
		$cc -o "$work/explorer" "$work"/*.o
}

build_rest() {
	for part in arena explorer history memory scenarios schedule search; do
		# shellcheck disable=SC2086
		$cc -c -o "$work/$part.o" "$work/tests/model/$part.c"
	done
}

# explore ARGUMENTS: sets status.
explore() {
	status=0
	timeout "$limit" "$work/explorer" -x "$@" >"$work/log" 2>&1 || status=$?
}

# What is to find the bugs finds none where there is none.
check_unchanged() {
	while read -r key rest; do
		case $key in
		name) name=$rest ;;
		by) ! wanted "$name" "$@" || echo "$rest" ;;
		esac
	done <"$here/mutants.list" | sort -u >"$work/searches"
	while read -r subject arguments; do
		build "$subject" >"$work/log" 2>&1 || { cat "$work/log"; exit 2; }
		# shellcheck disable=SC2086 # a list
		explore $arguments </dev/null
		[ "$status" -eq 0 ] || { echo "fails in the unchanged sources ($status): $subject $arguments"; tail -20 "$work/log"; exit 2; }
	done <"$work/searches"
}

# judge NAME MUST SUBJECT ARGUMENTS
judge() {
	name=$1 must=$2 subject=$3
	shift 3
	if ! build "$subject" >"$work/log" 2>&1; then
		echo "STALE     $name: does not compile"
		stale=$((stale + must))
		return
	fi
	explore "$@"
	if ! grep -q '^not ok' "$work/log"; then
		echo "SURVIVED  $name (status $status)"
		survived=$((survived + must))
		return
	fi
	echo "killed    $name: $(sed -n '/^# again: --replay/{s/^# again: --replay //;p;q;}' "$work/log" | cut -c 1-60)"
	echo "          $(sed -n '/^# [a-z0-9-]* (/{s/^# [^:]*: //;p;q;}' "$work/log" | cut -c 1-150)"
	killed=$((killed + 1))
}

# plant NAME FILE EXPRESSION MUST SUBJECT ARGUMENTS
plant() {
	target=$work/$2
	cp -p "$root/$2" "$target"
	sed -i "$3" "$target"
	if cmp -s "$target" "$root/$2"; then
		echo "STALE     $1: the expression changes nothing in $2"
		stale=$((stale + $4))
	else
		mutant=$1 must=$4
		shift 4
		judge "$mutant" "$must" "$@"
	fi
	cp -p "$root/$file" "$work/$file"
}

wanted() {
	[ $# -gt 1 ] || return 0
	mutant=$1
	shift
	for prefix; do
		case $mutant in "$prefix"*) return 0 ;; esac
	done
	return 1
}

copy
build_rest
check_unchanged "$@"
for list in "$here/mutants.list" "$here/../mutants/list"; do
	must=1
	[ "$list" = "$here/mutants.list" ] || must=0
	[ -f "$list" ] || continue
	while read -r key rest; do
		case $key in
		name) name=$rest ;;
		file) file=$rest ;;
		edit) edit=$rest ;;
		by)
			[ $must -eq 1 ] || case $file in reclaim/*) rest=ebr ;; *) rest=spec ;; esac
			# shellcheck disable=SC2086 # a list
			! wanted "$name" "$@" || plant "$name" "$file" "$edit" "$must" $rest </dev/null
			;;
		esac
	done <"$list"
done
echo "$killed killed, $survived survived, $stale could not be planted"
[ "$stale" -eq 0 ] || exit 2
[ "$survived" -eq 0 ]
