#!/bin/sh
# The manual declares the functions that the public headers declare, parameter by parameter; each page's NAME lists
# those of its SYNOPSIS; the pages are without fault for man and groff; and what the README and doc/ name is there.
set -u
top=${srcdir:-.}
scratch=$(mktemp -d)
trap 'rm -rf "$scratch"' EXIT
number=0
failed=0

# result WHAT: fails if $scratch/log has anything in it.
result() {
	number=$((number + 1))
	if [ -s "$scratch/log" ]; then
		echo "not ok $number - $1"
		sed 's/^/# /' "$scratch/log"
		failed=1
	else
		echo "ok $number - $1"
	fi
}

# "TYPE NAME(PARAMETER, ...)" of every function, a line each.
declared() {
	cat "$top"/include/instar/*.h | sed '/^#/d' | tr '\n\t' '  ' | sed 's,\*/,\n,g' | sed 's,/\*.*,,' | tr '\n' ' ' |
		tr ';' '\n' | sed -n 's/.*INSTAR_API //p' | sed 's/  */ /g; s/\* \([a-z]\)/*\1/g'
}
described() {
	awk '
	/^\.Ft / { type = substr($0, 5); gsub(/"/, "", type) }
	/^\.Fo / { line = type (type ~ /\*$/ ? "" : " ") $2 "("; comma = ""; inside = 1 }
	inside && /^\.Fa / {
		n = split(substr($0, 5), parameter, /" *"|"/)
		for (i = 1; i <= n; i++)
			if (parameter[i] != "" && parameter[i] != " ") {
				line = line comma parameter[i]
				comma = ", "
			}
	}
	/^\.Fc/ { print line ")"; inside = 0 }' "$@"
}

declared | LC_ALL=C sort >"$scratch/declared"
described "$top"/doc/instar*.3 | LC_ALL=C sort >"$scratch/described"
diff -u "$scratch/declared" "$scratch/described" >"$scratch/log"
[ -s "$scratch/declared" ] || echo "no declarations found" >"$scratch/log"
result "the manual declares what the headers declare"

for page in "$top"/doc/instar*.3; do
	name=${page##*/}
	{ echo "${name%.3}"; sed -n 's/^\.Fo //p' "$page"; } | awk '!seen[$0]++' >"$scratch/synopsis"
	sed -n '/^\.Sh NAME/,/^\.Nd/s/^\.Nm \([a-z_]*\).*/\1/p' "$page" | diff "$scratch/synopsis" - | sed "s/^/$name: /"
done >"$scratch/log"
result "each page's name section lists its calls"

for page in "$top"/doc/*.[13]; do
	if command -v man >/dev/null; then
		man --warnings -E UTF-8 -l "$page" 2>&1 >/dev/null
	fi
	if command -v groff >/dev/null; then
		groff -ww -mandoc -Tutf8 -z "$page" 2>&1
		groff -mandoc -Tutf8 "$page" 2>/dev/null | grep -H --label="${page##*/}" '””'
	fi
done >"$scratch/log"
if command -v groff >/dev/null; then
	result "man and groff find no fault with the pages, and no quotation in a quotation"
else
	number=$((number + 1))
	echo "ok $number # SKIP no groff on this machine"
fi

grep -ohE '[iI][nN][sS][tT][aA][rR]_[A-Za-z_]*[A-Za-z]' "$top/README.md" "$top"/doc/*.md | sort -u |
	while read -r name; do
		grep -qw "$name" "$top"/include/instar/*.h || echo "no $name in the headers"
	done >"$scratch/log"
result "the calls and constants that README.md and doc/ name exist"
for file in $(grep -ohE '`(src|reclaim|include|examples|doc|tests|tools)/[A-Za-z_./-]*`' "$top/README.md" "$top"/doc/*.md |
	tr -d '`' | sort -u); do
	[ -e "$top/$file" ] || [ "$file" = reclaim/NAME.h ] || echo "no $file"
done >"$scratch/log"
result "so do the files"
echo "1..$number"
exit $failed
