# tests/tools/tree.sh - for the tests of the source checkers: a small source tree to plant violations in.

root=$(cd "${srcdir:-.}" && pwd)
tree=$(mktemp -d)
trap 'rm -rf "$tree"' EXIT
number=0

# plant FILE: writes stdin there.
plant() {
	mkdir -p "$tree/$(dirname "$1")"
	cat >"$tree/$1"
}

result() {
	number=$((number + 1))
	echo "$1 $number - $2"
}

# finds TOOL TEXT: the tool fails and prints a line with TEXT.
finds() {
	if printed=$("$root/tools/$1" "$tree" 2>&1); then
		result "not ok" "$1 finds: $2"
	elif printf '%s\n' "$printed" | grep -qF -e "$2"; then
		result "ok" "$1 finds: $2"
	else
		result "not ok" "$1 finds: $2"
		printf '%s\n' "$printed" | sed 's/^/# /'
	fi
}

# accepts TOOL TREE WHAT
accepts() {
	if printed=$("$root/tools/$1" "$2" 2>&1); then
		result "ok" "$1 accepts $3"
	else
		result "not ok" "$1 accepts $3"
		printf '%s\n' "$printed" | sed 's/^/# /'
	fi
}

# done_testing: the plan, and the status.
done_testing() {
	echo "1..$number"
}
