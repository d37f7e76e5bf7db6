#!/bin/sh
# Compiles and runs a user's program against the installed tree, found with pkg-config, as C11, C17, C23 and
# C++17, with each compiler there is, shared and static; each public header compiles alone; the examples build; the
# manual is found.
set -u
scratch=$(mktemp -d)
trap 'rm -rf "$scratch"' EXIT
number=0
failed=0
if [ -n "${DESTDIR:-}" ]; then
	PKG_CONFIG_SYSROOT_DIR=$DESTDIR
	export PKG_CONFIG_SYSROOT_DIR
fi
PKG_CONFIG_PATH=${DESTDIR:-}$pkgconfigdir${PKG_CONFIG_PATH:+:$PKG_CONFIG_PATH}
LD_LIBRARY_PATH=${DESTDIR:-}$libdir${LD_LIBRARY_PATH:+:$LD_LIBRARY_PATH}
export PKG_CONFIG_PATH LD_LIBRARY_PATH
strict="-Wall -Wextra -Wpedantic -Wundef -Wshadow -Werror"
strict_c="$strict -Wstrict-prototypes"

# result WHAT: of the command before, whose output is in $scratch/log.
result() {
	status=$?
	number=$((number + 1))
	if [ $status = 0 ]; then
		echo "ok $number - $1"
	else
		echo "not ok $number - $1"
		sed 's/^/# /' "$scratch/log"
		failed=1
	fi
}

# try COMPILER LANGUAGE STANDARD PROGRAM HEADERS: the program, and every header alone.
try() {
	[ "$2" = c ] && warnings=$strict_c || warnings=$strict
	# shellcheck disable=SC2086
	$1 -x "$2" "-std=$3" $warnings $cflags "$srcdir/tests/install/$4" -x none -o "$scratch/user" $libs -pthread \
		>"$scratch/log" 2>&1 && "$scratch/user" >>"$scratch/log" 2>&1
	result "$1 -std=$3: $4 compiles and runs"
	for header in "$includedir"/instar/$5; do
		# shellcheck disable=SC2086
		echo "#include <instar/${header##*/}>" |
			$1 -x "$2" "-std=$3" $warnings $cflags -fsyntax-only - >"$scratch/log" 2>&1 || break
	done
	[ ! -s "$scratch/log" ]
	result "$1 -std=$3: each header alone, $5"
}

# build_examples COMPILER STANDARD: those whose libraries are there.
build_examples() {
	for example in "$srcdir"/examples/*.c; do
		needs=
		if grep -q '<pcap/' "$example"; then
			needs=$(pkg-config --cflags --libs libpcap 2>/dev/null) || continue
		fi
		# shellcheck disable=SC2086
		$1 "-std=$2" $strict_c $cflags "$example" -o "$scratch/example" $libs $needs -pthread || break
	done >"$scratch/log" 2>&1
	[ ! -s "$scratch/log" ]
	result "$1 -std=$2: the examples compile"
}

# refuse COMPILER CASE: the C++ program does not compile with CASE defined.
refuse() {
	# shellcheck disable=SC2086
	! $1 -std=c++17 $cflags "-D$2" -fsyntax-only "$srcdir/tests/install/user.cpp" 2>"$scratch/log" &&
		grep -q "static.assert" "$scratch/log"
	result "$1: $2 does not compile"
}

cflags=$(pkg-config --cflags instar 2>"$scratch/log") && libs=$(pkg-config --libs instar 2>>"$scratch/log")
result "pkg-config finds instar"
includedir=$(pkg-config --variable=includedir instar)
[ $failed = 0 ] || exit 1
includedir=${DESTDIR:-}${includedir#"${DESTDIR:-}"}

for compiler in gcc clang; do
	command -v $compiler >/dev/null || continue
	try $compiler c c11 user.c '*.h'
	try $compiler c c17 user.c '*.h'
	try $compiler c c2x user.c '*.h'
	build_examples $compiler c11
	build_examples $compiler c17
done
for compiler in g++ clang++; do
	if ! command -v $compiler >/dev/null; then
		number=$((number + 1))
		echo "ok $number # SKIP no $compiler on this machine"
		continue
	fi
	try $compiler c++ c++17 user.c '*.h'
	try $compiler c++ c++17 user.cpp '*.hpp'
	refuse $compiler TOO_LARGE
	refuse $compiler PADDED
	refuse $compiler PADDED_CAS
	refuse $compiler PADDED_REMOVE_IF
	refuse $compiler THROWING_DESTRUCTOR
done

if [ -f "${DESTDIR:-}$libdir/libinstar.a" ]; then
	static=$(pkg-config --libs --static instar | sed 's/-linstar/-l:libinstar.a/')
	# shellcheck disable=SC2086
	$CC -std=gnu11 $cflags "$srcdir/tests/install/user.c" -o "$scratch/user" $static >"$scratch/log" 2>&1 &&
		LD_LIBRARY_PATH= "$scratch/user" >>"$scratch/log" 2>&1
	result "the static library: a program"
	# Names with two underscores are the sanitizers' and the compiler's.
	! nm -g --defined-only "${DESTDIR:-}$libdir/libinstar.a" 2>/dev/null | sed -n 's/.* [A-Z] //p' |
		grep -v '^instar_\|^__' >"$scratch/log"
	result "the static library: its names begin with instar_"
fi
# Every function of the headers has a page under its own name.
calls=$(sed '/^#/d' "$includedir"/instar/*.h | tr '\n\t' '  ' | grep -o 'INSTAR_API [^;(]*(' |
	sed 's/ *($//; s/.*[ *]//')
for call in $calls; do
	if command -v man >/dev/null; then
		man -M "${DESTDIR:-}$mandir" -w 3 "$call"
	else
		cat "${DESTDIR:-}$mandir/man3/$call.3"
	fi >/dev/null
done >"$scratch/log" 2>&1
[ ! -s "$scratch/log" ]
result "each call's page is found by its name"
echo "1..$number"
exit $failed
