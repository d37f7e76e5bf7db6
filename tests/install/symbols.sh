#!/bin/sh
# The shared library exports exactly the functions that the public headers declare INSTAR_API.
set -u
[ -f "${LIBINSTAR_SO:-}" ] || {
	echo "1..0 # SKIP no shared library in this build"
	exit 0
}
scratch=$(mktemp -d)
trap 'rm -rf "$scratch"' EXIT
echo 1..3

cat "${srcdir:-.}"/include/instar/*.h | sed '/^#/d' | tr '\n\t' '  ' | grep -o 'INSTAR_API [^;(]*(' |
	sed 's/ *($//; s/.*[ *]//' | LC_ALL=C sort >"$scratch/declared"
# Names with two underscores are the sanitizers' and the compiler's.
nm -D --defined-only "$LIBINSTAR_SO" | sed 's/.* //; /^__/d; /^INSTAR_0/d' >"$scratch/versions"
sed 's/@.*//' "$scratch/versions" | LC_ALL=C sort >"$scratch/exported"

if [ -s "$scratch/declared" ] && diff -u "$scratch/declared" "$scratch/exported" >"$scratch/diff"; then
	echo "ok 1 - exported are the $(wc -l <"$scratch/declared") functions declared"
else
	echo "not ok 1 - exported are the functions declared"
	sed 's/^/# /' "$scratch/diff"
fi

if grep -v '@@INSTAR_0$' "$scratch/versions" >"$scratch/unversioned"; then
	echo "not ok 2 - each has a version"
	sed 's/^/# /' "$scratch/unversioned"
else
	echo "ok 2 - each has a version"
fi

soname=$(readelf -d "$LIBINSTAR_SO" | sed -n 's/.*(SONAME).*\[\(.*\)\]/\1/p')
flags=$(readelf -d "$LIBINSTAR_SO" | grep FLAGS_1)
case $soname,$flags in
libinstar.so.0,*NODELETE*) echo "ok 3 - its SONAME is libinstar.so.0 and it stays loaded" ;;
*) echo "not ok 3 - its SONAME is libinstar.so.0 and it stays loaded # $soname $flags" ;;
esac
