#!/bin/sh
# tools/check-abi finds a function that is gone, and nothing wrong with one that is new.
. "${srcdir:-.}/tests/tools/tree.sh"

command -v abidiff >/dev/null && command -v "${CC:-cc}" >/dev/null || {
	echo "1..0 # SKIP no abidiff, or no compiler"
	exit 0
}

# installed PREFIX: stdin is the library.
installed() {
	mkdir -p "$tree/$1/lib" "$tree/$1/include"
	cat >"$tree/$1/lib.c"
	"${CC:-cc}" -g -shared -fPIC -o "$tree/$1/lib/libinstar.so" "$tree/$1/lib.c"
}

# agrees STATUS OLD NEW WHAT
agrees() {
	"$root/tools/check-abi" "$tree/$2" "$tree/$3" >"$tree/out" 2>&1
	if [ $? -eq "$1" ]; then result "ok" "$4"; else result "not ok" "$4"; sed 's/^/# /' "$tree/out"; fi
}

echo 'int get(int key) { return key; } int put(int key) { return key; }' | installed old
echo 'int get(int key) { return key; } int put(int key) { return key; } int more(void) { return 0; }' | installed more
echo 'int get(int key) { return key; }' | installed less
agrees 0 old old "check-abi: the same"
agrees 0 old more "check-abi: a function more is no harm"
agrees 1 old less "check-abi: a function less is"
agrees 2 old none "check-abi: no library there"
done_testing
