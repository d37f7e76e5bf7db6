#!/bin/sh
# The commands of instar-stress: a small comparison to its page, counts against coreutils, mistakes in one line.
tool=${INSTAR_STRESS:-./instar-stress}
work=$(mktemp -d) || exit 99
trap 'rm -rf "$work"' EXIT
number=0

# result STATUS NAME
result() {
	number=$((number + 1))
	if [ "$1" -eq 0 ]; then echo "ok $number - $2"; else echo "not ok $number - $2"; fi
}

# The arguments are a mistake: status 2 and one line.
mistake() {
	"$tool" "$@" >"$work/out" 2>"$work/err"
	[ $? -eq 2 ] && [ "$(wc -l <"$work/err")" -eq 1 ] && [ ! -s "$work/out" ]
	result $? "one line and status 2: $*"
}

# lost NAMED ARGUMENT...: what cannot be written to NAMED is told in one line, with status 2.
lost() {
	named=$1
	shift
	"$tool" "$@" >"$work/out" 2>"$work/err"
	[ $? -eq 2 ] && [ "$(grep -c "$named.* could not be written" "$work/err")" -eq 1 ] &&
		! grep -q "Report: .*$named\$" "$work/out"
	result $? "a full disk is noticed: $*"
}

# The same answer as coreutils.
counts_right() {
	"$tool" count --versus "$@" >"$work/out" 2>"$work/err"
	result $? "coreutils agree: count $*"
}

mistake
mistake nonsense
mistake compare --nonsense
mistake compare --threads 0
mistake compare --threads 1,x
mistake compare --schemes nonsense
mistake compare --maps nonsense
mistake compare --workloads nonsense
mistake compare --shard 3/2
mistake compare --shard 1/-1
mistake compare --keys "$work/none"
mistake compare --cells "$work/none"
mistake compare --plan --cells "$work"
mistake compare --plan --reference nonsense
mistake compare --plan --schemes ebr --maps mutex64 --reference mutex
mistake compare --runs
mistake compare --entries 1 --threads 2
mistake compare --plan --schemes none --maps raw --workloads boxed
mistake compare argument
mistake run
mistake run nonsense
mistake run hit --map nonsense
mistake run hit --entries 2 --threads 3
mistake run memory --map raw
mistake report
mistake report "$work/none"
: >"$work/no-cells"
mistake compare --plan --cells "$work/no-cells"
mistake report --out "$work/page" "$work/no-cells"
mistake report --out "$work/page" "$work"
mistake count
mistake count "$work/none"
mistake count "$work"
mistake count --delimiter ab /dev/null
mistake count --delimiter '
' /dev/null
echo once | "$tool" count --versus /dev/stdin >"$work/out" 2>"$work/err"
[ $? -eq 2 ] && [ "$(wc -l <"$work/err")" -eq 1 ] && [ ! -s "$work/out" ]
result $? "one line and status 2: count --versus of a pipe"
mistake bench --runs x
mistake bench --workload nosuch
mistake bench --workload boxed
mistake bench --out "$work/none/results"
mistake reclaim argument
mistake reclaim --schemes nonsense
mistake torture argument
mistake torture --schemes nonsense
mistake torture --duration 0
mistake torture --duration 5x
mistake torture --threads 65
mistake torture --rounds 0
mistake torture --seed -1
mistake torture --record "$work/none/round"

printf 'a b a\n\n  c\tb:c:d a\n:x:\na' >"$work/small"
printf 'a:b\na\n\na:b:c' >"$work/other"
: >"$work/empty"
awk 'BEGIN { for (i = 0; i < 300000; i++) { x = (x * 1103515245 + 12345) % 2147483648; print x % 7919, "k" x % 997 } }' \
	>"$work/large"
counts_right "$work/small" "$work/other"
counts_right --lines "$work/small" "$work/other" "$work/empty"
counts_right --field 2 --delimiter : "$work/small" "$work/other"
counts_right --field 4 --delimiter : "$work/small" "$work/other"
counts_right "$work/large"
counts_right --lines --threads 3 "$work/large"
counts_right --field 1 --delimiter ' ' --top 10 "$work/large" "$work/small"
counts_right "$work/empty"
# Lines that are as long as some of the pieces that threads take, and longer.
awk 'BEGIN { for (i = 0; i < 900000; i++) printf "%s%s", "w" i % 977, i % 300000 == 299999 || i == 10 ? "\n" : " " }' >"$work/long"
counts_right "$work/long"
counts_right --lines "$work/long" "$work/small"
(read -r _ && "$tool" count - ) <"$work/small" >"$work/out"
tail -n +2 "$work/small" >"$work/rest"
"$tool" count "$work/rest" | cmp -s - "$work/out"
result $? "count: of standard input what others have not read"

if "$tool" compare --plan --schemes ck-hp >"$work/out" 2>&1; then
	"$tool" compare --schemes ck-hp --maps none --workloads hit --threads 31 --entries 1000 --runs 1 --out "$work/limit" >"$work/out" 2>"$work/err"
	[ $? -eq 0 ] && [ ! -s "$work/err" ] && grep -q 'instar/ck-hp *n/a (limit)$' "$work/out" && ! grep -q FAILED "$work/out"
	result $? "a scheme that does not serve so many threads: n/a, and no failure"
fi

small="--schemes ebr --maps mutex64 --threads 2 --seconds 0.01 --runs 2"
# shellcheck disable=SC2086 # the words of $small are arguments
"$tool" compare $small --keys "$work/large" --seed 12345678901 --out "$work/all" >"$work/out" 2>"$work/err"
result $? "a comparison over the words of a file"
grep -q '"environment"' "$work/all/results.jsonl" && grep -q '</html>' "$work/all/report.html" &&
	[ "$(wc -l <"$work/all/results.csv")" -eq "$(wc -l <"$work/all/results.jsonl")" ]
result $? "it leaves results.jsonl, results.csv and a page"
grep -q ',12345678901,' "$work/all/results.csv"
result $? "whole numbers stay whole in results.csv"
grep -q 'src=\|href="http\|@import' "$work/all/report.html"
[ $? -ne 0 ]
result $? "the page needs nothing from elsewhere"

# shellcheck disable=SC2086
"$tool" compare $small --workloads hit,mix50 --entries 5000 --plan >"$work/plan"
[ "$(wc -l <"$work/plan")" -eq 8 ]
result $? "a plan has a line for each cell"
mistake compare --plan --cells "$work/plan" --runs 3
for shard in 1 2 3; do
	"$tool" compare --cells "$work/plan" --shard $shard/3 --plan | sed 's/"map":"[^"]*",//' | sort | uniq -c
done | awk '$1 != 2 { split_up++ } END { exit split_up || NR != 4 }'
result $? "a shard has all maps of a column or none"
for shard in 1 2 3; do
	"$tool" compare --cells "$work/plan" --shard $shard/3 --out "$work/shard$shard" >/dev/null 2>&1 || echo failed
done >"$work/err"
cp "$work/shard1/results.jsonl" "$work/shard1.before"
cat "$work"/shard?/results.jsonl | grep -c '"mops"' >"$work/out"
[ ! -s "$work/err" ] && [ "$(cat "$work/out")" -eq 8 ]
result $? "shards run every cell of a plan once"
"$tool" compare --cells "$work/plan" --out "$work/shard1" >/dev/null 2>"$work/err" && grep -q 'earlier results are kept' "$work/err" &&
	[ "$(cat "$work"/shard1/results-*.jsonl | grep -c '"mops"')" -eq "$(grep -c '"mops"' "$work/shard1.before")" ]
result $? "results of an earlier run stay"
mv "$work/shard1.before" "$work/shard1/results.jsonl"
"$tool" report --out "$work/merged.html" "$work"/shard?/results.jsonl >"$work/out" 2>/dev/null &&
	grep -q 'mix50' "$work/out" && grep -q '</html>' "$work/merged.html"
result $? "results of shards go into one page"

# result_of MAP RUN ["MEMBER": VALUE], the line of a cell.
result_of() {
	printf '{"map":"%s","workload":"hit","threads":1,"entries":1000,"seconds":1,"seed":1,"run":%s,%s}\n' "$@"
}
# shellcheck disable=SC2016 # for gnuplot's shell
result_of '`touch injected`' 0 '"mops":1' >"$work/command"
mistake report "$work/command"
result_of mutex64 0 '"failure":"<script>"' >"$work/failed"
"$tool" report --out "$work/failed.html" "$work/failed" >/dev/null 2>&1
result $(($? != 1)) "the report of a cell that failed: status 1"
grep -q '&lt;script&gt;' "$work/failed.html" && [ "$(grep -c '<script>' "$work/failed.html")" -eq 1 ]
result $? "a failure's text is text on the page"

(result_of mutex64 0 '"mops":1'; result_of mutex64 1 '"mops":2' | head -c 50) >"$work/cut"
"$tool" report --out "$work/cut.html" "$work/cut" >"$work/out" 2>"$work/err" && grep -q 'last line is cut off' "$work/err" &&
	grep -q 'one repetition: how far' "$work/out"
result $? "a last line that is not whole is left out, and said so"

# whole_number MEMBER: what does not fit in a 32-bit int is not taken for what is left of it.
whole_number() {
	sed "s/\"$1\":[0-9]*/\"$1\":$((1 << 32 | 1))/" "$work/plan" >"$work/wide"
	mistake compare --plan --cells "$work/wide"
}
whole_number threads
whole_number run

# relation WANTED NAME FILE...: of mutex to mutex64.
relation() {
	wanted=$1 name=$2
	shift 2
	"$tool" report --out "$work/related.html" "$@" 2>/dev/null | awk '$1 == "mutex" { print $2 }' >"$work/out"
	[ "$(cat "$work/out")" = "$wanted" ]
	result $? "$name"
}
for run in 0 1 2; do
	result_of mutex64 $run "\"mops\":$((1 << run))" >>"$work/first"
done
for run in 1 2 0; do
	result_of mutex $run "\"mops\":$((3 << run))" >>"$work/second"
done
cat "$work/first" "$work/second" >"$work/both"
(echo '{"environment":{}}'; cat "$work/first"; echo '{"environment":{}}'; cat "$work/second") >"$work/joined"
relation 3.00x "figures are related repetition by repetition, in whatever order they stand" "$work/both"
relation - "without a reference there is no relation" "$work/second"
mistake report --reference mutex64 "$work/second"
relation - "figures of two machines are not related" "$work/first" "$work/second"
relation - "figures of two machines are not related, in one file either" "$work/joined"

# On Linux only is there a device that is always full.
if [ -c /dev/full ]; then
	for command in "--help" "compare --help" "count $work/small" "count --versus $work/small" "report --out $work/page $work/all/results.jsonl" \
		"run hit --entries 1000 --seconds 0.01" "compare --plan"; do
		# shellcheck disable=SC2086 # the words of $command are arguments
		"$tool" $command >/dev/full 2>"$work/err"
		[ $? -eq 2 ] && [ "$(grep -c 'standard output could not be written' "$work/err")" -eq 1 ]
		result $? "a full disk behind standard output is noticed: $command"
	done
	lost /dev/full report --out /dev/full "$work/all/results.jsonl"
	for file in results.jsonl results.csv report.html; do
		mkdir "$work/full-$file"
		ln -s /dev/full "$work/full-$file/$file"
		# shellcheck disable=SC2086
		lost $file compare $small --workloads hit --entries 1000 --out "$work/full-$file"
	done
fi

"$tool" run churn --threads 2 --entries 5000 --seconds 0.05 >"$work/out" 2>/dev/null && grep -q '"mops"' "$work/out"
result $? "a single run prints its figures"

# raw WORKLOAD ENTRIES: what is in memory before the clock starts and after it stops, in MiB.
raw() {
	"$tool" cell "{\"map\": \"raw\", \"workload\": \"$1\", \"threads\": 1, \"entries\": $2, \"seconds\": 0.01, \"seed\": 1}" |
		sed 's/.*"before":\([0-9]*\),"after":\([0-9]*\).*/\1 \2/' | awk '{ print int($1 / 1048576), int($2 / 1048576) }'
}
raw fill-cold 100000 >"$work/out"
raw latency-cold 100000 >>"$work/out"
awk '$1 > 2 || $2 < 4 || $2 > 24 { wrong++ } END { exit wrong || NR != 2 }' "$work/out"
result $? "raw's pages are as many as the entries want, and first touched while the clock runs: MiB $(tr '\n' ' ' <"$work/out")"

# ended_by SIGNAL STATUS ARGUMENT...: ignored until the command takes it, and sent until it has ended; not to the shell that
# becomes the command, which may take it for its own end and clear up.
ended_by() {
	signal=$1 wanted=$2
	shift 2
	trap '' "$signal"
	"$tool" "$@" >"$work/out" 2>/dev/null &
	trap - "$signal"
	until readlink /proc/$!/exe | grep -q 'instar-stress$' || ! kill -0 $! 2>/dev/null; do sleep 0.1; done
	while kill -"$signal" $! 2>/dev/null; do sleep 0.1; done
	wait $!
	[ $? -eq "$wanted" ] && [ -s "$work/out" ]
	result $? "SIG$signal: it ends in order, with status $wanted: $*"
}
ended_by INT 130 run hit --entries 1000 --seconds 600
ended_by TERM 143 run hit --entries 1000 --seconds 600
ended_by INT 130 bench --small --workload hit --seconds 600

"$tool" torture --schemes ebr --rounds 1 --steps 2000 --record "$work/round" >/dev/null 2>&1 &&
	"$tool" replay --rounds 2 "$work/round" >"$work/out" &&
	grep -q 'linearizable' "$work/out" && grep -q 'no violation in 2 rounds of ebr' "$work/out"
result $? "replay: a round that was recorded is judged and run again"
sh -c '"$1" torture --schemes ebr --rounds 1 --steps 1000M --seed 5 2>"$2" & sleep 1; kill -ABRT $!; wait $!' \
	sh "$tool" "$work/err" >/dev/null 2>&1
grep -q 'crashed over ebr: again: --schemes ebr --rounds 1 --seed 5' "$work/err"
result $? "torture: a crash tells the round"
record() {
	printf '{"torture":{"version":1,"scheme":"ebr","seed":1,"threads":2,"steps":1},"history":[%s]}' "$1"
}
# key, a, b, out, kind (2 insert, 0 get), status (0 OK, 2 NOTFOUND), blind, hashed, begin, end
insert='[7,1,0,0,2,0,true,false,0,3]'
record "[$insert],[[7,0,0,1,0,0,false,false,1,2]]" >"$work/good"
record "[$insert],[[7,0,0,1,0,0,false,false,1,2],[7,0,0,0,0,2,false,false,4,5]]" >"$work/bad"
"$tool" replay --rounds 0 "$work/good" >"$work/out" && grep -q ': linearizable' "$work/out"
result $? "replay: an order that explains a history is found"
"$tool" replay --rounds 0 "$work/bad" >"$work/out"
[ $? -eq 1 ] && grep -q 'VIOLATION: no order explains them' "$work/out"
result $? "replay: a key that vanishes is a violation"
record "[$insert,$insert]" >"$work/twice"
record "[[7]]" >"$work/short"
sed "s/\"version\":1/\"version\":$((1 << 32 | 1))/" "$work/good" >"$work/version"
sed "s/,2,0,true/,$((1 << 32 | 2)),0,true/" "$work/good" >"$work/kind"
for file in twice short version kind empty none; do
	mistake replay "$work/$file"
done

# Its pending insert must not be taken for a key that a worker lost.  On a busy machine the catch may take some attempts.
asleep_or_let_go() {
	for attempt in 1 2 3 4 5 6 7 8 9 10; do
		"$tool" cell "{\"map\": \"instar/ebr\", \"workload\": \"mix50\", \"threads\": 2, \"entries\": 100000,
			\"seconds\": 0.05, \"seed\": $1, \"stall\": \"$2\"}" >"$work/cell" 2>&1
		grep -q 'no thread could be caught' "$work/cell" || break
	done
	cat "$work/cell"
}
for seed in 1 2 3 4 5 6 7 8; do
	for stall in parked released; do
		asleep_or_let_go $seed $stall
	done
done >"$work/out"
[ "$(grep -c '"mops"' "$work/out")" -eq 16 ]
result $? "a thread caught in a migration, asleep or let go: all keys are accounted for"

PATH=/nowhere "$tool" report --out "$work/plain.html" "$work/all/results.jsonl" >/dev/null 2>"$work/err" &&
	grep -q 'gnuplot was not found' "$work/err" && ! grep -q '<svg' "$work/plain.html"
result $? "without gnuplot the page says so"

# A second of processor time is not enough for one of its cells.
# shellcheck disable=SC3045 # dash, bash and ksh have it
(ulimit -t 1 && "$tool" bench --small --workload hit --runs 1 --seconds 5) >"$work/out" 2>/dev/null
[ $? -eq 1 ] && grep -q '^hit *FAILED$' "$work/out" && grep -q '^FAILED: instar/ebr, hit' "$work/out" && ! grep -q SHORT "$work/out"
result $? "bench: a cell that failed is no figure, and no success"

"$tool" reclaim --schemes ebr --runs 1 --seconds 0.01 >"$work/out" 2>&1 &&
	awk '$1 == "leak" && NF == 13 && $4 == 1 && $5 == "-" { leak++ } $1 == "ebr" && NF == 13 && $2 > 0 { ebr++ }
	     END { exit !(leak == 1 && ebr == 1) }' "$work/out"
result $? "reclaim: a line for the scheme and one for leak"
sed 's/^/# /' "$work/out"

"$tool" torture --duration 3 >"$work/out" 2>&1
result $? "three seconds of torture: $(tail -n 1 "$work/out")"
sed 's/^/# /' "$work/out"
"$tool" torture --schemes ebr,leak --rounds 2 --seed 7 --threads 3 --steps 2k >"$work/out" 2>&1 &&
	grep -q 'no violation: 2 rounds over 2 schemes, up to 3 threads.* seed 7: 0.0 M steps' "$work/out"
result $? "rounds are chosen by seed, schemes and length"
echo "1..$number"
